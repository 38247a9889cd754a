// The slow requests of a real run of image-service, picked in the page; prints TAP. Run by test_service_requests.py: node
// service_requests_checks.cjs MODULES CHROMIUM PLAN.json; PLAN: { page, whole, parts: [{ ids, json }] }, JSON of `hotline view`.

const fs = require("fs");
const { check, show, readGrid, run } = require("./harness.cjs");
const { count, openReport, close, chosenSamples } = require("./report_tools.cjs");
const { rows, hash, pressed, same, spanRow, spansIn, showAllRows, checkBands } = require("./requests_tools.cjs");
const [, , modules, chromium, planPath] = process.argv;
const plan = JSON.parse(fs.readFileSync(planPath, "utf8"));
const read = path => JSON.parse(fs.readFileSync(path, "utf8"));
const whole = read(plan.whole);

async function checkList(browser) {
    const page = await openReport(browser, plan.page, { hash: "#view=requests" });
    await showAllRows(page);
    const listed = await spansIn(page, 6), wanted = whole.spans.map(span => spanRow(span).slice(0, 6)).sort();
    check(same(listed, wanted), `the ${wanted.length} requests are those of the JSON ${listed.filter((row, i) => !same(row, wanted[i])).join("; ")} for ${wanted.filter((row, i) => !same(row, listed[i])).join("; ")}`);
    await page.selectOption("#durations-by", "operation");
    const found = Object.fromEntries((await rows(page, "durations")).map(row => [row[0], Number(row[1])]));
    const expected = whole.requests.values.filter(row => row.key === "operation").map(row => [`operation = ${row.value}`, row.count]);
    check(same(found, Object.fromEntries(expected)) && expected.length === 2, "counted by operation: " + JSON.stringify(found));
    await close(page, "the list");
}

// Self samples of every function that the page lists, as [name, samples of total].
async function functionsIn(page) {
    await show(page, "functions");
    return (await readGrid(page, "#functions")).map(row => [row[4].replace(/\(\)$/, ""), row[3]]);
}

async function checkPicked(browser) {
    for (const { ids, json } of plan.parts) {
        const part = read(json), page = await openReport(browser, plan.page);
        await show(page, "requests");
        for (const id of ids) {
            await page.click(`#slowest [data-name="span ${id}"]`);
        }
        check(same((await pressed(page)).sort(), [...ids].sort()), "picked: " + await hash(page));
        const ofSpans = part.spans.reduce((sum, span) => sum + span.samples, 0);
        check(await chosenSamples(page) === part.self_check.samples && part.self_check.samples === ofSpans && ofSpans > 0, `exactly their samples are left: ${await chosenSamples(page)} of ${whole.self_check.samples}`);
        await checkBands(page, part);
        const helpers = await page.$$eval("#slowest .band small", all => all.filter(one => one.textContent === "worked for it").length);
        const threads = part.threads.filter(thread => thread.samples > 0).length;
        check(ids.length > 1 || helpers === threads - part.threads.filter(thread => thread.samples > 0 && thread.tid === part.spans[0].tid).length, `${helpers} helpers in ${threads} threads`);
        const found = await functionsIn(page), expected = part.functions.map(one => [one.name, one.samples]);
        check(same(found.map(([name, samples]) => [name, count(samples)]).sort(), expected.map(([name, samples]) => [name.replace(/\(\)$/, ""), samples]).sort()), `and every function has its: ${found.length}, ${found[0]}`);
        await close(page, ids.join());
    }
    const helped = plan.parts.map(part => read(part.json)).filter(part => part.threads.filter(thread => thread.samples > 0).length > 1);
    check(helped.length > 0, `helpers computed bands of ${helped.length} of them`);
}

run(modules, chromium, [checkList, checkPicked]);
