// Drives the view of requests in Chromium; prints TAP. Run by test_requests_report.py: node requests_checks.cjs MODULES CHROMIUM PLAN.json;
// PLAN: { page, without, selections: { name: { hash, json } } }: the page of a fleet, one of a program that marks nothing, and for each
// selection what `hotline view` says about it.

const fs = require("fs");
const path = require("path");
const { check, show, run } = require("./harness.cjs");
const { plain, openReport, close, chosenSamples, violations } = require("./report_tools.cjs");
const { ms, number, rows, hash, focused, pressed, same, tagsText, spanRow, quantiles, spansIn, showAllRows, checkBands } = require("./requests_tools.cjs");
const [, , modules, chromium, planPath] = process.argv;
const axeSource = fs.readFileSync(path.join(modules, "axe-core", "axe.min.js"), "utf8");
const plan = JSON.parse(fs.readFileSync(planPath, "utf8"));
const json = name => JSON.parse(fs.readFileSync(plan.selections[name].json, "utf8"));
const hashOf = (name, more = "") => "#" + new URLSearchParams("view=requests&" + plan.selections[name].hash + more);
const open = (browser, hash = "#view=requests", options = {}) => openReport(browser, plan.page, { hash, ...options });

const whole = json("whole");
async function checkStatic(browser) {
    const page = await open(browser, "", { javaScriptEnabled: false });
    const slowest = await rows(page, "slowest"), sets = await rows(page, "durations");
    const expected = whole.spans.slice(0, 25).map(spanRow).map(([wall, cpu, samples, begin, name, id, wait, tags]) => [wall, cpu, wait, samples, name, tags, begin, id]);
    check(same(slowest, expected), "without JavaScript: the 25 slowest: " + slowest[0].join(" | "));
    check(same(sets.map(row => row.slice(1).map((text, i) => (i ? text : number(text)))), whole.requests.sets.map(row => [row.count, ...quantiles(row)])), "and durations by name and tags");
    check(plain(await page.textContent(".totals")).startsWith(`${ms(whole.requests.count)} requests ended`), await page.textContent(".totals"));
    check(await page.isVisible('#sections a[href="#requests"]'), "a link leads there");
    await close(page, "without JavaScript");
}

async function checkNumbers(browser) {
    const page = await open(browser);
    const totals = plain(await page.textContent(".totals")), { requests } = whole;
    check([ms(requests.count) + " requests ended", ...["p50", "p95", "p99", "max"].map(key => ms(requests[key + "_ms"]) + " ms")].every(text => totals.includes(text)), "the totals are the JSON's: " + totals);
    const sets = await rows(page, "durations");
    check(same(sets.map(row => [number(row[1]), ...row.slice(2, 6)]), requests.sets.map(row => [row.count, ...quantiles(row)])), "durations by name and tags are the JSON's");
    const kept = new Map();
    whole.spans.forEach(span => kept.set(tagsText(span.tags), (kept.get(tagsText(span.tags)) || 0) + span.cpu_ms / 1e3));
    check(sets.every(row => Math.abs(number(row[6]) - kept.get(row[0].replace(/^request /, ""))) < 0.0051), "with the CPU time of those kept: " + sets[0]);
    for (const key of ["region", "commit"]) {
        await page.selectOption("#durations-by", key);
        const found = await rows(page, "durations"), expected = requests.values.filter(row => row.key === key);
        check(same(found.map(row => [row[0], number(row[1]), ...row.slice(2, 6)]), expected.map(row => [`${key} = ${row.value}`, row.count, ...quantiles(row)])), `by ${key}: ` + found[0].join(" | "));
        const cpu = value => whole.spans.filter(span => span.tags[key] === value).reduce((sum, span) => sum + span.cpu_ms, 0) / 1e3;
        check(found.every((row, i) => Math.abs(number(row[6]) - cpu(expected[i].value)) < 0.0051), "with the CPU time of those kept: " + found[0][6]);
    }
    await showAllRows(page);
    const found = await spansIn(page);
    check(same(found, whole.spans.map(spanRow).sort()) && found.length === whole.requests.kept + 1, `all ${found.length} kept requests, as in the JSON`);
    await close(page, "numbers");
}

// Whatever is selected, the list is the one of `hotline view` with the same selection, and the page has as many samples.
async function checkSelections(browser) {
    for (const name of Object.keys(plan.selections).filter(one => one !== "whole")) {
        const part = json(name), page = await open(browser, hashOf(name));
        check(await chosenSamples(page) === part.self_check.samples, `${name}: ${await chosenSamples(page)} samples`);
        const picked = await pressed(page);
        if (picked.length > 0) {
            const found = await page.$$eval("#slowest .picked", all => all.map(row => [...row.cells].slice(0, 3).map(cell => cell.textContent.replace(/[\u00a0\u202f]/g, " "))));
            check(same(found.sort(), part.spans.map(span => spanRow(span).slice(0, 3)).sort()), `${name}: the picked are the JSON's: ${found.join(" | ")}`);
            await checkBands(page, part);
        } else {
            await showAllRows(page);
            check(same(await spansIn(page), part.spans.map(spanRow).sort()), `${name}: ${part.spans.length} requests`);
        }
        const sets = await rows(page, "durations");
        check(picked.length > 0 || same(sets.filter(row => number(row[1]) > 0).map(row => number(row[1])), part.requests.sets.map(row => row.count)), `${name}: durations of ${part.requests.count}`);
        await close(page, name);
    }
}

async function checkMouse(browser) {
    const page = await open(browser, "");
    await show(page, "requests");
    await page.click("#slowest tbody tr:nth-child(3) td:nth-child(1)");
    const id = whole.spans[2].id;
    check(same(await pressed(page), [id]) && (await hash(page)).includes(`span=${id}`), "a click anywhere on a row picks it: " + await hash(page));
    check(await chosenSamples(page) === whole.spans[2].samples && /^GET|^POST/.test(plain(await page.textContent("#filter .pill"))), "only its samples are left: " + await chosenSamples(page));
    await page.click(`#slowest [data-name="span ${whole.spans[6].id}"]`);
    check(await chosenSamples(page) === whole.spans[2].samples + whole.spans[6].samples && (await pressed(page)).length === 2, "a second one, too");
    await page.click("#slowest .picked + .band ~ .band.last button >> text=flame graph");
    check(await page.isVisible("#view-flame") && await chosenSamples(page) === whole.spans[2].samples + whole.spans[6].samples, "its flame graph is one click away");
    for (let i = 0; i < 2; i++) {
        await page.goBack();
    }
    check(same(await pressed(page), [id]) && await page.isVisible("#view-requests"), "Back takes the second one away again");
    await page.reload();
    await page.waitForSelector("html[data-ready]");
    check(same(await pressed(page), [id]) && await chosenSamples(page) === whole.spans[2].samples, "a reload keeps the first");
    await page.click("#slowest .picked td:nth-child(2)");
    check(same(await pressed(page), []) && await chosenSamples(page) === null, "a second click shows all again");
    await page.click("#slowest tbody tr:nth-child(1) .request");
    await page.click("#slowest .band.last button >> text=its time");
    const begin = whole.spans[0].begin_s;
    check(new RegExp(`range=${Math.floor(begin * 10 + 1e-6) / 10}\\.\\.`).test(await hash(page)) && !(await hash(page)).includes("span="), "its time, of whatever request: " + await hash(page));
    await page.goBack();
    await page.click("#filter .pill");
    await page.selectOption("#durations-by", "region");
    await page.click("#durations tbody tr:nth-child(2) button");
    const value = (await rows(page, "durations"))[0][0].replace("region = ", "");
    check((await hash(page)).includes(JSON.stringify(["region", value])) && (await rows(page, "durations")).length === 1, "a click on a value selects it: " + await hash(page));
    check(await focused(page) === `region=${value}`, "and the focus stays: " + await focused(page));
    await close(page, "by mouse");
}

async function checkFilter(browser) {
    const page = await open(browser);
    await page.fill("#slower-than", "1500");
    await page.keyboard.press("Enter");
    const slow = whole.spans.filter(span => span.wall_ms >= 1500);
    check((await hash(page)).includes("slower=1500") && plain(await page.textContent("#slowest >> xpath=preceding-sibling::p[1]")).includes(`${slow.length} of ${whole.spans.length}`), "slower than 1500 ms: " + slow.length);
    await showAllRows(page);
    check(same(await spansIn(page), slow.map(spanRow).sort()), "these are listed");
    check(await page.$$eval("#latencies .faster", all => all.length) > 10, "faster ones are pale in the histogram");
    await page.click("#slowest th:nth-child(2) button");
    const cpu = (await rows(page, "slowest")).map(row => number(row[1]));
    check(same(cpu, [...cpu].sort((a, b) => b - a)) && (await hash(page)).includes("sort-slowest=2"), "sorted by CPU time: " + await hash(page));
    await page.click("#slowest th:nth-child(2) button");
    await page.reload();
    await page.waitForSelector("html[data-ready]");
    const again = (await rows(page, "slowest")).map(row => number(row[1]));
    check(same(again, [...again].sort((a, b) => a - b)) && await page.inputValue("#slower-than") === "1500" && await page.getAttribute("#slowest th:nth-child(2)", "aria-sort") === "ascending", "a reload keeps filter and order");
    await page.goBack();
    await page.goBack();
    check(!(await hash(page)).includes("sort-slowest") && (await hash(page)).includes("slower=1500") && number((await rows(page, "slowest"))[0][0]) === 3000, "Back: the slowest first again");
    await page.focus("#slower-than");
    await page.keyboard.press("Escape");
    check(!(await hash(page)).includes("slower") && (await rows(page, "slowest")).length === 25, "Escape empties the field");
    const bars = await page.$$eval("#latencies rect", all => all.reduce((sum, bar) => sum + Number(bar.textContent.split(" request")[0].replace(/\D/g, "")), 0));
    check(bars === whole.requests.count, `the histogram has all ${bars} requests`);
    await page.click("#latencies rect >> nth=-1", { position: { x: 2, y: 1 }, force: true });
    const least = Number(/slower=([\d.]+)/.exec(await hash(page))[1]);
    check(least > 2000 && least <= 3000, "a click on a bar asks for those at least as slow: " + least);
    await close(page, "the filter");
}

async function checkKeyboard(browser) {
    const page = await open(browser, "");
    await page.keyboard.press("q");
    check(await page.isVisible("#view-requests"), "q opens the view");
    const wanted = whole.spans[40];
    await page.keyboard.press("/");
    await page.keyboard.type(wanted.id.slice(-6));
    check(same((await spansIn(page)), [spanRow(wanted)]) && plain(await page.textContent("#status")).includes("1 request of 120 kept"), "the search finds one by its id: " + await page.textContent("#status"));
    await page.keyboard.press("Enter");
    check(await focused(page) === "span " + wanted.id, "Enter goes there");
    await page.keyboard.press("Enter");
    check(same(await pressed(page), [wanted.id]) && await focused(page) === "span " + wanted.id && await chosenSamples(page) === wanted.samples, "and again: only its samples; the focus stays: " + [await pressed(page), await focused(page), await chosenSamples(page), wanted.samples, wanted.id]);
    await page.keyboard.press("Enter");
    check(same(await pressed(page), []), "once more: all");
    await page.keyboard.press("Escape");
    check((await rows(page, "slowest")).length === 25, "Escape ends the search");
    await page.keyboard.press("n");
    const first = await focused(page);
    await page.keyboard.press("n");
    check(first.startsWith("span ") && (await focused(page)) !== first && /^\d+ of 25: /.test(plain(await page.textContent("#status"))), "n steps on: " + await page.textContent("#status"));
    await page.keyboard.press("Space");
    check((await pressed(page)).length === 1, "Space picks");
    await page.keyboard.press("Escape");
    check((await pressed(page)).length === 0, "Escape shows all again");
    await page.keyboard.press("?");
    check(plain(await page.textContent("#help")).includes("Requests: only the samples of this request"), "the list of keys has them");
    await close(page, "by keyboard");
}

async function checkLooks(browser) {
    for (const [colorScheme, width] of [["light", 1360], ["dark", 1360], ["light", 390], ["dark", 390]]) {
        const page = await open(browser, hashOf("two spans", "&by=region"), { colorScheme, viewport: { width, height: 800 } });
        const found = await violations(page, axeSource);
        check(found.length === 0, `${colorScheme}, ${width} px: axe finds nothing serious ${found}`);
        check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width} px: no sideways scrolling`);
        check(await page.$$eval("#requests :is(img, b, script)", all => all.length) === 0, "names stay text");
        await close(page, `${colorScheme}, ${width} px`);
    }
    const page = await open(browser, "");
    await page.emulateMedia({ media: "print" });
    await page.waitForFunction(() => document.querySelectorAll("#slowest tbody tr").length === 25);
    check(await page.isVisible("#slowest") && await page.isVisible("#latencies svg") && await page.isHidden("#slower-than"), "on paper: the tables and the histogram, no fields");
    await close(page, "print");
    const wrong = await open(browser, "#view=requests&by=__proto__&slower=-3&sort-slowest=99&sort-durations=x&span=0000000000000000&span=zz");
    check((await rows(wrong, "slowest")).length === 25 && await chosenSamples(wrong) === null, "what a link has wrong is ignored");
    await close(wrong, "a wrong link");
    const without = await openReport(browser, plan.without, { hash: "#view=requests" });
    check(!await without.$('#tabs [data-view="requests"]') && await without.isVisible("#view-overview"), "a program that marks none has no such view");
    await close(without, "without");
}

run(modules, chromium, [checkStatic, checkNumbers, checkSelections, checkMouse, checkFilter, checkKeyboard, checkLooks]);
