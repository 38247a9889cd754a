// Drives the view of tags in Chromium; prints TAP. Run by test_tags_report.py: node tags_checks.cjs MODULES CHROMIUM PLAN.json; PLAN: { pages:
// { kind: path }, selections: { name: { hash, json } } } of the fleet: what `hotline view` says about each selection.

const fs = require("fs");
const path = require("path");
const { check, show, run } = require("./harness.cjs");
const { plain, openReport, close, chosenSamples, violations } = require("./report_tools.cjs");
const { ms, number, hash, same } = require("./requests_tools.cjs");
const [, , modules, chromium, planPath] = process.argv;
const axeSource = fs.readFileSync(path.join(modules, "axe-core", "axe.min.js"), "utf8");
const plan = JSON.parse(fs.readFileSync(planPath, "utf8"));
const json = name => JSON.parse(fs.readFileSync(plan.selections[name].json, "utf8"));
const open = (browser, more = "", kind = "fleet", options = {}) => openReport(browser, plan.pages[kind], { hash: "#" + new URLSearchParams("view=tags&" + more), ...options });

const focused = page => page.evaluate(() => document.activeElement.dataset.name || document.activeElement.id);
// [{ heading: text }] of the rows
const table = page => page.$eval("#tags table", one => {
    const text = cell => cell.textContent.replace(/[\u00a0\u202f]/g, " ").trim(), heads = [...one.tHead.rows[0].cells].map(text);
    return [...one.tBodies[0].rows].map(row => Object.fromEntries([...row.cells].map((cell, i) => [heads[i], text(cell)])));
});
const percent = value => (value <= 0 ? "" : value < 0.05 ? "<0.1" : value.toFixed(1));

// What sets of tags have, by the value of a key: Map of value -> { percent, samples }.
function byValue(report, key, matches = () => true) {
    const found = new Map();
    for (const set of report.tags.sets.filter(one => one.samples > 0 && matches(one.tags))) {
        const value = set.tags[key] === undefined ? "none" : set.tags[key], row = found.get(value) || { percent: 0, samples: 0 };
        found.set(value, { percent: row.percent + set.cpu_percent, samples: row.samples + set.samples });
    }
    return found;
}

async function checkRows(browser) {
    for (const name of Object.keys(plan.selections)) {
        const report = json(name);
        for (const key of ["region", "commit"]) {
            const page = await open(browser, `${plan.selections[name].hash}&rows=${key}`);
            const shown = await table(page), expected = byValue(report, key), requests = new Map(report.requests.values.filter(row => row.key === key).map(row => [row.value, row]));
            const fine = shown.every(row => {
                const value = row.tag.replace(`${key} = `, ""), want = expected.get(value), seconds = want.percent / 100 * report.self_check.cpu_seconds_sampled;
                const took = requests.get(value);
                return row["CPU %"] === percent(want.percent) && number(row.samples) === want.samples && Math.abs(number(row["CPU s"]) - seconds) < 0.0051 && (took ?
                    number(row.requests) === took.count && same([row["p50 ms"], row["p95 ms"], row["p99 ms"]], [ms(took.p50_ms), ms(took.p95_ms), ms(took.p99_ms)]) : row.requests === undefined);
            });
            check(fine && shown.length === expected.size, `${name}, by ${key}: ${Object.values(shown[0]).join(" | ")}`);
            check(shown.every(row => /:\d+$/.test(row["its hottest line"])), "each with its hottest line");
            await close(page, `${name}, by ${key}`);
        }
    }
}

async function checkCells(browser) {
    for (const name of Object.keys(plan.selections)) {
        const report = json(name), page = await open(browser, `${plan.selections[name].hash}&rows=region&columns=commit`);
        const shown = await table(page), rows = shown.filter(row => row["region × commit"] !== "all"), total = shown.at(-1), commits = [...byValue(report, "commit")];
        check(rows.every(row => commits.every(([commit]) => {
            const want = byValue(report, "region", tags => tags.commit === commit).get(row["region × commit"].replace("region = ", ""));
            return row[commit] === (want ? percent(want.percent) : "");
        })), `${name}, region by commit: ${Object.values(rows[0]).join(" | ")}`);
        check(commits.every(([commit, want]) => total[commit] === percent(want.percent)) && total["CPU %"] === "100.0", "and the sums of columns: " + Object.values(total).join(" | "));
        await close(page, name);
    }
    const report = json("whole"), page = await open(browser, "rows=region&columns=commit");
    for (const [cells, member] of [["count", "count"], ["p50", "p50_ms"], ["p95", "p95_ms"], ["p99", "p99_ms"]]) {
        await page.selectOption("#pivot-cells", { index: ["share", "count", "p50", "p95", "p99"].indexOf(cells) });
        const rows = (await table(page)).slice(0, -1);
        check(rows.every(row => report.requests.sets.filter(set => `region = ${set.tags.region}` === row["region × commit"]).every(set => (cells === "count" ?
            number(row[set.tags.commit]) === set.count : row[set.tags.commit] === ms(set[member])))), `cells of ${cells}: ${Object.values(rows[0]).slice(0, 3).join(" | ")}`);
    }
    const heats = await page.$$eval("#tags tr:not(.total) td.cell", all => all.map(cell => [parseFloat(cell.style.getPropertyValue("--hot")), Number(cell.textContent.replace(/[^\d.]/g, ""))]).sort((a, b) => a[1] - b[1]).map(pair => pair[0]));
    check(heats.at(-1) === 42 && same(heats, [...heats].sort((a, b) => a - b)), "the larger, the warmer: " + heats);
    await close(page, "cells");
}

async function checkMouse(browser) {
    const page = await open(browser), report = json("whole");
    await page.selectOption("#pivot-rows", "region");
    await page.focus("#pivot-columns");
    await page.selectOption("#pivot-columns", "commit");
    check((await hash(page)).includes("rows=region&columns=commit") && await focused(page) === "pivot-columns", "two choices make a pivot: " + await hash(page));
    await page.click("#tags tbody tr:nth-child(2) td.cell >> nth=0");
    const region = (await table(page))[0]["region × commit"].replace("region = ", ""), commit = await page.textContent("#tags th.cell");
    const want = byValue(report, "region", tags => tags.commit === commit).get(region);
    check(await chosenSamples(page) === want.samples && (await hash(page)).includes(JSON.stringify(["commit", commit])), `a cell selects both tags: ${await chosenSamples(page)} samples`);
    check(await page.getAttribute("#tags td.cell button", "aria-pressed") === "true", "and is pressed");
    await page.click("#tags td.cell button");
    check(await chosenSamples(page) === null, "a second click takes them back");
    await page.click("#tags .total td.cell button");
    check(await chosenSamples(page) === byValue(report, "commit").get(commit).samples, "the sum of a column selects its value");
    await page.goBack();
    await page.click("#tags th.cell button >> nth=1");
    const sorted = (await table(page)).slice(0, -1).map(row => number(Object.values(row)[2]));
    check(same(sorted, [...sorted].sort((a, b) => b - a)) && (await hash(page)).includes("sort-tags=3"), "a column sorts: " + sorted);
    await page.reload();
    await page.waitForSelector("html[data-ready]");
    check(same((await table(page)).slice(0, -1).map(row => number(Object.values(row)[2])), sorted) && await page.$eval("#pivot-columns", one => one.selectedOptions[0].text) === "commit", "a reload keeps all of it");
    await page.goBack();
    await page.goBack();
    await page.goBack();
    await page.goBack();
    check(!(await hash(page)).includes("columns="), "Back undoes it step by step: " + await hash(page));
    await page.selectOption("#pivot-rows", { index: 0 });
    check(!await page.$("#pivot-columns") && (await table(page)).length === 5, "every tag again");
    await close(page, "by mouse");
}

async function checkKeyboard(browser) {
    const page = await open(browser, "rows=region&columns=commit");
    await page.focus("#tags tbody tr button");
    const first = await focused(page);
    await page.keyboard.press("ArrowRight");
    const cell = await focused(page);
    await page.keyboard.press("ArrowDown");
    check(JSON.parse(first).length === 1 && JSON.parse(cell).length === 2 && JSON.parse(await focused(page)).length === 2 && await focused(page) !== cell, `arrows walk: ${first} ${cell} ${await focused(page)}`);
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    check(await focused(page) === cell && await chosenSamples(page) > 0, "Enter selects, the focus stays");
    await page.keyboard.press("Escape");
    check(await chosenSamples(page) === null, "Escape shows all");
    await page.keyboard.press("/");
    await page.keyboard.type("us-east");
    check((await table(page)).length === 2 && plain(await page.textContent("#status")) === "1 value", "the search narrows the rows: " + await page.textContent("#status"));
    await close(page, "by keyboard");
}

// A link to the view that compares, with both values, where that view is.
async function checkCompare(browser) {
    const page = await open(browser, 'rows=region&tag=["commit","b07d55aa"]&tag=["region","us-east"]');
    const compares = await page.$('#tabs [data-view="compare"]');
    check(Boolean(compares) === Boolean(await page.$("#pivot-compare")), "two values can be compared where there is a view for it");
    if (compares) {
        await page.selectOption("#pivot-a", "us-east");
        await page.selectOption("#pivot-b", "eu-north");
        const sides = new URLSearchParams((await page.getAttribute("#pivot-compare", "href")).slice(1));
        check(same([...sides], [["view", "compare"], ["tag", '["commit","b07d55aa"]'], ["a.tag", '["region","us-east"]'], ["b.tag", '["region","eu-north"]']]), "the link has both, and the rest of the selection: " + sides);
        await page.click("#pivot-compare");
        check(await page.isVisible("#view-compare") && plain(await page.textContent("#view-compare")).includes("eu-north"), "it opens the comparison");
        await page.goBack();
        check(await page.isVisible("#view-tags"), "Back returns");
    }
    await close(page, "to compare");
}

async function checkLooks(browser) {
    for (const [colorScheme, width] of [["light", 1360], ["dark", 390]]) {
        for (const [kind, more] of [["fleet", "rows=region&columns=commit"], ["fleet", ""], ["service", "rows=operation&columns=format"], ["large", "rows=customer"]]) {
            const page = await open(browser, more, kind, { colorScheme, viewport: { width, height: 800 } });
            const found = await violations(page, axeSource);
            check(found.length === 0, `${kind} ${more}, ${colorScheme}, ${width} px: axe finds nothing serious ${found}`);
            check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "no sideways scrolling");
            await close(page, kind);
        }
    }
    const page = await open(browser, "", "hostile");
    const keys = await page.$$eval("#pivot-rows option", all => all.length);
    for (let i = 1; i < keys; i++) {
        await page.selectOption("#pivot-rows", { index: i });
        await page.selectOption("#pivot-columns", { index: 1 });
    }
    check(keys > 5 && await page.$$eval("#tags :is(img, b:not(.bar b), script)", all => all.length) === 0 && (await table(page)).length > 1, `${keys} hostile keys make rows and columns, and stay text`);
    await close(page, "hostile");
    const wrong = await open(browser, "rows=__proto__&columns=region&cells=constructor&sort-tags=77");
    check((await table(wrong)).length === 5 && !await wrong.$("#pivot-columns"), "what a link has wrong is ignored");
    await close(wrong, "a wrong link");
    const empty = await open(browser, "", "empty");
    check(plain(await empty.textContent("#tags")).includes("sets no tags") && !await empty.$(".pivot-bar"), "without tags it says how to set them");
    await show(empty, "overview");
    await close(empty, "empty");
}

run(modules, chromium, [checkRows, checkCells, checkMouse, checkKeyboard, checkCompare, checkLooks]);
