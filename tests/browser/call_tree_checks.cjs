// Drives the call tree in Chromium; prints TAP. Run by test_call_tree_report.py: node call_tree_checks.cjs MODULES CHROMIUM PLAN.json
// PLAN: { pages: { kind: path }, selections: [{ kind, tags: ["key=value"], json }] }; the JSON is what the collector computes for the tags.

const fs = require("fs");
const path = require("path");
const { check, run } = require("./harness.cjs");
const { openReport, close, violations } = require("./report_tools.cjs");
const [, , modules, chromium, planPath] = process.argv;
const axeSource = fs.readFileSync(path.join(modules, "axe-core", "axe.min.js"), "utf8");
const plan = JSON.parse(fs.readFileSync(planPath, "utf8"));

const GRID = "#tree [role=treegrid]";
const hashOf = (tags, more = {}) => "#" + new URLSearchParams([["view", "tree"], ...tags.map(tag => ["tag", JSON.stringify(tag.split("="))]), ...Object.entries(more)]);

const open = (browser, kind, hash = "#view=tree", options = {}) => openReport(browser, plan.pages[kind], { hash, ...options });

// The rows that exist, from top to bottom: all of them where the tree fits the box.
function readRows(page) {
    return page.$$eval("#tree .rows > [role=row]", rows => rows.map(row => {
        const [total, , self, samples, name, at] = [...row.children].map(cell => cell.textContent);
        return { row: Number(row.dataset.row), level: Number(row.getAttribute("aria-level")), expanded: row.getAttribute("aria-expanded"), selected: row.getAttribute("aria-selected") === "true",
            total, self, samples: Number(samples.replace(/\D/g, "")), name: name.replace(/^[▸▾]|↻$/g, ""), at };
    }));
}

const focused = async page => (await readRows(page)).find(row => row.selected);
const percentText = value => value <= 0 ? "" : value < 0.05 ? "<0.1" : value.toFixed(1);
const shows = (text, value) => [value, value - 1e-5, value + 1e-5].some(near => text === percentText(near));
const functionText = name => name.includes("(") || name.includes("+0x") ? name : name + "()";

// Open everything, by keyboard, from the first row on.
async function openAll(page) {
    await page.focus(GRID);
    await page.keyboard.press("Home");
    const rowCount = () => page.$eval(GRID, grid => Number(grid.getAttribute("aria-rowcount")) - 1);
    for (let i = 0; i < await rowCount(); i++) {
        const now = await page.$eval("#tree .rows > [aria-selected=true]", row => row.getAttribute("aria-expanded"));
        if (now === "false") {
            await page.keyboard.press("ArrowRight");
        }
        await page.keyboard.press("ArrowDown");
    }
    await page.$eval(GRID, grid => { grid.style.height = "9000px"; });
    await page.waitForTimeout(50);
    return readRows(page);
}

// Samples per function: of rows that are not below a row of the same function.
function samplesOf(rows) {
    const above = [], found = new Map();
    for (const row of rows) {
        above.length = row.level - 1;
        if (!above.includes(row.name)) {
            found.set(row.name, (found.get(row.name) || 0) + row.samples);
        }
        above.push(row.name);
    }
    return found;
}

// The tree adds up to the collector's numbers, whichever way round.
async function checkNumbers(browser) {
    for (const { kind, tags, json: file } of plan.selections) {
        const json = JSON.parse(fs.readFileSync(file, "utf8"));
        const named = `${kind} ${tags.join(" ")}`;
        const page = await open(browser, kind, hashOf(tags));
        const rows = await openAll(page);
        const names = new Set(json.functions.map(one => one.name));
        if (names.size === json.functions.length && kind !== "hostile") { // two functions of one name are one here
            const found = samplesOf(rows);
            const wrong = json.functions.filter(one => found.get(functionText(one.name)) !== one.samples);
            check(rows.length > 0 && wrong.length === 0, `${named}: rows of each function have its samples ${wrong.slice(0, 3).map(one => `${one.name} ${one.samples}: ${found.get(functionText(one.name))}`)}`);
        } else {
            check(rows.length > 0, `${named}: ${rows.length} rows`);
        }
        await page.click("#tree [data-turn=callers]");
        await page.click("#tree .toggles button:nth-child(2)");
        const roots = (await readRows(page)).filter(row => row.level === 1);
        const selves = json.functions.filter(one => one.self_percent > 0);
        check(kind === "hostile" || (roots.length >= selves.length && selves.every(one => roots.some(row => row.name === functionText(one.name) && shows(row.total, one.self_percent)))),
            `${named}: bottom up the roots are the functions with self time: ${roots.slice(0, 3).map(row => row.name + " " + row.total)}`);
        await close(page, named);
    }
}

async function checkMouse(browser) {
    const page = await open(browser, "service");
    const first = await readRows(page);
    check(first[0].level === 1 && first[0].expanded === "true" && first.some(row => row.name === "denoise_row()" && row.level > 2), `the heaviest path is open: ${first.map(row => row.name)}`);
    await page.click("#tree .rows > [data-row='2'] .twisty");
    const closed = await readRows(page);
    check(closed.length < first.length && closed[2].expanded === "false", `a click on its arrow closes a row: ${first.length} to ${closed.length}`);
    const link = page.url();
    check(link.includes("open="), "the address says what is open");
    await page.goBack();
    check((await readRows(page)).length === first.length, "Back opens it again");
    await page.goForward();
    check((await readRows(page)).length === closed.length, "Forward closes it");
    await page.reload();
    await page.waitForSelector("html[data-ready]");
    check(page.url() === link && JSON.stringify((await readRows(page)).map(row => row.name)) === JSON.stringify(closed.map(row => row.name)), "a reload keeps it");
    await page.dblclick("#tree .rows > [data-row='2'] .name code");
    check((await readRows(page)).length === first.length, "a double click opens it");
    await page.click("#tree .rows > [data-row='3'] code", { button: "right" });
    check((await page.$$eval(".menu [role=menuitem]", items => items.map(item => item.firstChild.textContent))).includes("Go to its source"), "the right button has a menu");
    await page.click(".menu [role=menuitem]:has-text('Only samples with it')");
    const row = (await readRows(page)).find(one => one.name === "denoise_row()");
    check(row.total === "100.0" && (await page.textContent("#filter .pill")).includes("denoise_row"), `only samples with it: ${row.total}`);
    await page.click("#tree [data-turn=callers]");
    check(page.url().includes("tree=callers") && (await readRows(page))[0].level === 1, "bottom up is in the address");
    await page.goBack();
    check(!page.url().includes("tree=callers") && (await readRows(page))[0].name === "start_thread()", "and Back turns it round");
    await close(page, "by mouse");
}

async function checkKeys(browser) {
    const page = await open(browser, "service", "");
    await page.keyboard.press("5");
    check(await page.isVisible(GRID), "5 opens the call tree");
    await page.focus(GRID);
    const all = await readRows(page);
    await page.keyboard.press("ArrowDown");
    check((await focused(page)).row === 1, "down");
    await page.keyboard.press("ArrowLeft");
    check((await focused(page)).expanded === "false" && (await readRows(page)).length === 2 + all.filter(row => row.level === 2).length - 1, "left closes");
    await page.keyboard.press("ArrowLeft");
    check((await focused(page)).row === 0, "left again goes to the caller");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("*");
    check((await readRows(page)).some(row => row.name === "denoise_row()"), "* opens the heaviest path");
    await page.keyboard.press("End");
    check((await focused(page)).row === (await readRows(page)).length - 1, "End");
    await page.keyboard.press("Home");
    for (let i = 0; (await focused(page)).name !== "denoise_row()" && i < 20; i++) {
        await page.keyboard.press("ArrowDown");
    }
    check(await page.$eval(GRID, grid => document.getElementById(grid.getAttribute("aria-activedescendant")).textContent.includes("denoise_row")), "the row in focus is told");
    await page.keyboard.press("Shift+F10");
    check(await page.$eval(".menu", menu => menu.contains(document.activeElement)), "Shift+F10 opens the menu");
    await page.keyboard.press("Escape");
    check(await page.$eval(GRID, grid => grid === document.activeElement) && await page.$(".menu") === null, "Escape closes it");
    await page.keyboard.press("s");
    check(await page.isVisible("#view-source") && await page.$eval("tr.here", row => row.querySelector("th").textContent !== ""), "s goes to the source");
    await page.goBack();
    check(await page.isVisible(GRID) && (await focused(page)).name === "denoise_row()", "Back is the tree, at the same row");
    await page.focus(GRID);
    await page.keyboard.press("w");
    check(await page.isVisible("#view-flame") && page.url().includes("of=denoise_row") && (await page.textContent("#view-flame .frame h3")).includes("denoise_row"), "w puts it between callers and callees");
    await page.goBack();
    await page.focus(GRID);
    await page.keyboard.press("f");
    check((await page.textContent("#filter .pill")).includes("denoise_row"), "f selects its samples");
    await page.keyboard.press("Escape");
    await page.focus(GRID);
    await page.keyboard.press("i");
    check(page.url().includes("tree=callers"), "i turns it round");
    await close(page, "by keyboard");
}

async function checkSearch(browser) {
    const page = await open(browser, "service");
    await page.click("#tree .toggles button:nth-child(2)");
    check((await readRows(page)).length === 1, "all closed");
    await page.keyboard.press("/");
    await page.keyboard.type("threshold");
    check(/found/.test(await page.textContent("#tree .found")), await page.textContent("#tree .found"));
    await page.keyboard.press("Enter");
    const row = await focused(page);
    check(row.name === "threshold()" && row.level > 3, `the search opens the way to what it finds: ${row.name}`);
    const marked = await page.$$eval(".found-row", rows => rows.map(one => one.textContent));
    check(marked.length > 0 && marked.every(text => text.includes("threshold")), "which is marked");
    await page.click("#tree h2");
    await page.keyboard.press("n");
    check((await focused(page)).name === "threshold()", "n goes on to the next");
    await close(page, "the search");
}

// Thousands of rows: what exists is what is in sight.
async function checkLarge(browser) {
    const page = await open(browser, "large", "#view=tree&tree=callers");
    const folded = (await readRows(page)).at(-1);
    check(/\d more, each below/.test(folded.name), "what is light is one row: " + folded.name);
    await page.click(`#tree .rows > [data-row='${folded.row}'] .name`);
    const count = await page.$eval(GRID, grid => Number(grid.getAttribute("aria-rowcount")));
    const elements = () => page.$$eval("#tree .rows > *", rows => rows.length);
    check(count > 5000 && await elements() < 80, `of ${count} rows ${await elements()} are elements`);
    await page.$eval(GRID, grid => grid.scrollIntoView({ block: "center" }));
    for (const part of [0.5, 0.9, 0.1, 1]) {
        await page.$eval(GRID, (grid, at) => { grid.scrollTop = at * grid.scrollHeight; }, part);
        await page.waitForTimeout(100);
        const [shown, expected] = await page.$eval(GRID, grid => {
            const box = grid.getBoundingClientRect(), y = box.top + box.height / 2;
            const rows = grid.querySelector(".rows"), row = document.elementFromPoint(box.left + 300, y).closest("[data-row]");
            return [row && Number(row.dataset.row), Math.floor((y - rows.getBoundingClientRect().top) / 26)];
        });
        check(shown === expected && await elements() < 80, `scrolled to ${part}: row ${shown} is where row ${expected} belongs, ${await elements()} elements`);
    }
    await page.focus(GRID);
    await page.keyboard.press("Home");
    await page.keyboard.press("PageDown");
    const now = await focused(page);
    check(now.row > 10 && await page.$eval("#tree .rows > [aria-selected=true]", row => {
        const box = row.getBoundingClientRect(), grid = row.closest("[role=treegrid]").getBoundingClientRect();
        return box.top >= grid.top && box.bottom <= grid.bottom + 1;
    }), `PageDown: row ${now.row} is in sight`);
    await page.$eval(GRID, grid => { grid.scrollTop = grid.scrollHeight; });
    await page.waitForTimeout(100);
    check((await focused(page)).row === now.row, "the row in focus exists wherever the box is scrolled");
    await close(page, "a large tree");
}

// The table of functions is such a table, too.
async function checkFunctions(browser) {
    const page = await open(browser, "large", "#view=functions");
    const grid = "#functions [role=grid]", elements = () => page.$$eval("#functions tbody tr", rows => rows.length);
    const count = await page.$eval(grid, box => Number(box.getAttribute("aria-rowcount")));
    check(count > 5000 && await elements() < 80, `of ${count} functions ${await elements()} are elements`);
    await page.focus(grid);
    await page.keyboard.press("End");
    await page.waitForTimeout(100);
    check(await page.$eval(grid, box => document.getElementById(box.getAttribute("aria-activedescendant")).getAttribute("aria-rowindex") === box.getAttribute("aria-rowcount")) && await elements() < 80,
        `End is the last of them, ${await elements()} elements`);
    await page.keyboard.press("ArrowUp");
    const name = await page.$eval("#functions tr[aria-selected=true] code", code => code.textContent);
    await page.keyboard.press("Enter");
    check(await page.isVisible("#view-flame") && (await page.textContent("#view-flame .frame h3")).includes(name.slice(0, 20)), "Enter puts it between callers and callees: " + name);
    await page.goBack();
    check(await page.$eval("#functions tr[aria-selected=true] code", code => code.textContent) === name, "Back is the same row");
    await close(page, "many functions");
    const small = await open(browser, "service", "#view=functions");
    await small.click("#functions tbody tr:nth-child(3) code", { button: "right" });
    await small.click(".menu [role=menuitem]:has-text('Only samples with it')");
    check((await small.textContent("#filter .pill")).includes("box_row"), "the menu selects its samples: " + await small.textContent("#filter .pill"));
    await small.keyboard.press("Escape");
    await small.evaluate(() => { document.execCommand = () => { window.copied = document.activeElement.value; return true; }; });
    await small.click("#functions .copy button");
    const lines = (await small.evaluate(() => window.copied)).split("\n");
    check(lines[0] === "self %,±,total %,samples,function,declared at" && /^54\.\d\d,\d\.\d\d,69\.\d\d,770,denoise_row,service\/operate\/dct\.c:49$/.test(lines[1]), "as CSV: " + lines[1]);
    await small.focus("#functions [role=grid]");
    await small.keyboard.press("s");
    check(await small.isVisible("#view-source tr.here"), "s goes to the source");
    await small.goBack();
    await small.dblclick("#functions tbody tr:nth-child(2) code");
    check(await small.isVisible("#view-flame") && small.url().includes("of=transform_row"), "a double click is the sandwich");
    await small.emulateMedia({ media: "print" });
    await close(small, "functions");
}

async function checkOthers(browser) {
    for (const [kind, options] of [["hostile", {}], ["empty", {}], ["service", { viewport: { width: 400, height: 800 } }], ["service", { colorScheme: "dark" }]]) {
        const page = await open(browser, kind, "#view=tree", options);
        const width = options.viewport ? options.viewport.width : 1360;
        check(await page.evaluate(() => document.documentElement.scrollWidth) <= width, `${kind} ${JSON.stringify(options)}: the page is no wider than the screen`);
        if (kind === "hostile") {
            const rows = await openAll(page);
            check(rows.length > 0 && await page.evaluate(() => document.querySelectorAll("#tree img, #tree script").length) === 0, "names are text");
        }
        const found = await violations(page, axeSource);
        check(found.length === 0, `${kind} ${JSON.stringify(options)}: axe finds nothing serious ${found}`);
        await close(page, kind);
    }
    const page = await open(browser, "service", "#view=tree&tree=nonsense&open=zzz.%22%3E.0");
    check((await readRows(page)).length === 1, "a link of another run opens nothing that is not here");
    await close(page, "a wrong link");
}

run(modules, chromium, [checkNumbers, checkMouse, checkKeys, checkSearch, checkLarge, checkFunctions, checkOthers]);
