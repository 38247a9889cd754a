// A report with waiting in it (--wall), by mouse and by keyboard: what the page says is what the JSON of the same run says; prints TAP.
// Run by test_waits_report.py: node waits_checks.cjs MODULES CHROMIUM REPORT.html REPORT.json BESIDE.html BESIDE.json; in the latter two
// one line computes and waits.

const fs = require("fs");
const path = require("path");
const { check, show, run } = require("./harness.cjs");
const { openReport, close, violations } = require("./report_tools.cjs");
const [, , modules, chromium, report, json, beside, besideJson] = process.argv;
const axeSource = fs.readFileSync(path.join(modules, "axe-core", "axe.min.js"), "utf8");
const data = JSON.parse(fs.readFileSync(json, "utf8"));

const open = (browser, hash = "", options = {}) => openReport(browser, report, { hash, ...options });

const texts = (page, selector) => page.$$eval(selector, all => all.map(element => element.textContent.replace(/\u00a0|\u202f/g, " ").trim()));
const rows = (page, table) => page.$$eval(`${table} tbody tr`, all => all.map(row => [...row.cells].map(cell => cell.textContent.replace(/\u00a0|\u202f/g, " ").trim())));
const hottest = data.wait.places.filter(place => place.file !== null);
const baseName = file => file.slice(file.lastIndexOf("/") + 1);

async function checkTables(browser) {
    const page = await open(browser, "", { javaScriptEnabled: false });
    const shown = await page.$$eval("#waits table", tables => tables.map(table => [...table.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.textContent.trim()))));
    check(shown.length === 2 && shown[0].length === data.wait.places.length, "without JavaScript: a row for each place that waited");
    data.wait.places.forEach((place, i) => {
        const row = shown[0][i];
        check(row[0] === place.wait_percent.toFixed(1) && row[1] === place.wait_s.toFixed(2) && row[3] === place.waits_in + "()" &&
            row[5].endsWith(`${baseName(place.file)}:${place.line}`), `${place.waits_in}: ${row.join(" | ")}`);
    });
    check(shown[1].length === data.locks.length && shown[1][0][0] === (data.locks[0].name || data.locks[0].address) && shown[1][0][1] === data.locks[0].wait_s.toFixed(2),
        "contended locks: " + shown[1].map(row => row.join(" | ")));
    await close(page, "without JavaScript");
}

async function checkMetric(browser) {
    const page = await open(browser);
    check((await page.textContent("h1")).includes("of CPU in"), "it opens with CPU time");
    await page.click("#metric button:nth-child(2)");
    const lines = await rows(page, "#lines");
    check((await page.textContent("h1")).includes("of waiting in"), "one click shows waiting: " + await page.textContent("h1"));
    check(lines[0][0] === hottest[0].wait_percent.toFixed(1) && lines[0].at(-1).endsWith(`:${hottest[0].line}`), "its hottest line is the JSON's: " + lines[0]);
    await show(page, "functions");
    check((await texts(page, "#functions tbody td:nth-child(5)"))[0].length > 0 && (await texts(page, "#functions tbody td:nth-child(1)"))[0] === hottest[0].wait_percent.toFixed(1),
        "and its functions are the calls that blocked");
    await show(page, "waits");
    check(await page.isVisible("#waits table") && await page.isHidden("#functions"), "the tables of waiting are a view");
    await show(page, "overview");
    const hash = await page.evaluate(() => location.hash);
    check(hash.includes("metric=wait"), "the address says so: " + hash);
    for (let i = 0; i < 4; i++) {
        await page.goBack();
    }
    check((await page.textContent("h1")).includes("of CPU in"), "Back shows CPU time again");
    const copied = await open(browser, hash);
    check((await copied.textContent("h1")).includes("of waiting in"), "a copied link shows waiting");
    await close(copied, "the copied link");
    await page.focus("#metric button:nth-child(2)");
    await page.keyboard.press("Enter");
    check((await page.textContent("h1")).includes("of waiting in") &&
        await page.evaluate(() => document.activeElement.textContent === "Waiting" && document.activeElement.getAttribute("aria-pressed") === "true"), "by keyboard, too; the focus stays");
    await page.click("#lines a.place >> nth=0");
    check(await page.$eval("tr.here", row => row.id.endsWith("L" + row.querySelector("th").textContent)), "a line that waited shows its source");
    const found = await violations(page, axeSource);
    check(found.length === 0, "axe finds nothing serious " + found);
    await close(page, "the switch");
}

async function checkColumn(browser) {
    const page = await openReport(browser, beside);
    const found = JSON.parse(fs.readFileSync(besideJson, "utf8"));
    const file = found.files.find(one => one.path.endsWith("/waits.c"));
    const line = file.lines.find(one => one.wait_s > 0.5);
    check(line && line.total_percent > 50, `the line computes and waits: ${JSON.stringify(line)}`);
    await show(page, "source");
    const cells = await page.$eval(`tr[id$="L${line.line}"]`, row => [...row.cells].map(cell => cell.textContent.trim()));
    check(cells.includes(line.wait_s.toFixed(1)) && cells.includes(line.total_percent.toFixed(1)), "the source view has both: " + cells);
    await show(page, "overview");
    const heads = await texts(page, "#lines thead th");
    check(heads.includes("waits, s"), "the hottest lines have a column for it: " + heads);
    await close(page, "the column");
}

run(modules, chromium, [checkTables, checkMetric, checkColumn]);
