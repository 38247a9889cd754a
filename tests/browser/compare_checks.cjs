// Drives the comparison of the report in Chromium; prints TAP. Run by test_compare_report.py: node compare_checks.cjs MODULES CHROMIUM PLAN.json;
// PLAN: { pages: { name: path }, runs: { seconds, shares: JSON of `hotline diff` }, parts: [{ kind, sides: [[name, value] of the fragment], json }] }.

const fs = require("fs");
const path = require("path");
const { check, show, run } = require("./harness.cjs");
const { plain, openReport, close, violations } = require("./report_tools.cjs");
const [, , modules, chromium, planPath] = process.argv;
const axeSource = fs.readFileSync(path.join(modules, "axe-core", "axe.min.js"), "utf8");
const plan = JSON.parse(fs.readFileSync(planPath, "utf8"));
const read = json => JSON.parse(fs.readFileSync(json, "utf8"));
const open = (browser, name, options) => openReport(browser, plan.pages[name], options);
const headline = async page => plain(await page.textContent(".compare-headline"));
const hash = page => page.evaluate(() => decodeURIComponent(location.hash));

function verdictOf(row) {
    return row.low === null ? "too few samples" : !row.significant ? "within noise" : row.kind !== "changed" ? row.kind : row.change > 0 ? "more" : "less";
}

// A number on the page, to as many digits as it has there: within half of the last one.
function near(text, value) {
    const shown = Number(text.replace("\u2212", "-").replace("+", "")), digits = (text.split(".")[1] || "").length;
    return text === "<0.1" ? value > 0 && value < 0.05 : Math.abs(shown - value) <= 0.5 * 10 ** -digits + 1e-6 && (shown === 0 || digits > 0);
}

// What differs between a row on the page and one of the JSON.
function rowProblems(shown, row, shares) {
    const [a, b, change, half, verdict, name] = shown.cells, sides = [row.before, row.after], own = "name" in row ? row.name : row.function;
    const fine = {
        a: near(a, shares ? row.before.percent : row.before.cpu_s), b: near(b, shares ? row.after.percent : row.after.cpu_s), change: near(change, row.change),
        half: row.low === null ? half === "" : near(half, (row.high - row.low) / 2), verdict: verdict === verdictOf(row), name: name === (/\(|\+0x/.test(own) ? own : own + "()"),
        samples: shown.samples.every((text, s) => text.startsWith(`${sides[s].samples} of `)),
        interval: !shown.interval || (row.low !== null && [1, 2].every(i => near(/^from (\S+) to (\S+) (points|s)$/.exec(shown.interval)[i], i === 1 ? row.low : row.high))),
    };
    return Object.keys(fine).filter(key => !fine[key]).map(key => `${key}: ${JSON.stringify(shown)} for ${JSON.stringify(row)}`);
}

const readRows = (page, table) => page.$$eval(`#compare-${table} tbody tr`, all => all.map(row => ({
    cells: [...row.cells].filter(cell => !cell.matches(".split")).map(cell => cell.textContent.replace(/^[▲▼]/, "").replace(/[\u00a0\u202f]/g, " ").trim()),
    interval: row.querySelector(".change").title || null, samples: [...row.cells].slice(0, 2).map(cell => cell.title.replace(/\u202f/g, "")),
})));

// Both tables against the JSON, row by row.
async function checkTables(page, json, shares, what) {
    const data = read(json);
    for (const table of ["functions", "lines"]) {
        const rows = await readRows(page, table), wrong = rows.flatMap((row, i) => rowProblems(row, data[table][i], shares));
        const told = rows.filter(row => row.interval).length, judged = page.scripted ? data[table].filter(row => row.low !== null).length : 0;
        check(rows.length === data[table].length && wrong.length === 0 && told === judged, `${what}: ${rows.length} ${table} as hotline diff has them ${wrong.slice(0, 2)}`);
    }
}

async function checkRuns(browser) {
    for (const name of ["seconds", "shares"]) {
        const page = await open(browser, name);
        page.scripted = true;
        check(await page.isVisible("#compare-functions") && await page.isHidden("#lines") && !await hash(page), `${name}: hotline diff's report opens with the comparison`);
        const data = read(plan.runs[name]), [worst] = data.functions, counted = data.functions.filter(row => row.significant).length;
        const text = await headline(page);
        check(text.startsWith(`B spends ${Math.abs(worst.change).toFixed(name === "shares" ? 1 : 2)} ${name === "shares" ? "points" : "s"} more in denoise_row() and `) &&
            text.includes(`; ${counted} functions and ${data.lines.filter(row => row.significant).length} lines differ significantly`), `${name}: ${text}`);
        check(new Set(data.functions.map(verdictOf)).size === 6, "the profiles have every verdict: " + data.functions.map(verdictOf));
        check(plain(await page.textContent("#compare")).includes(`${data.compared} functions and lines with 16 or more samples are compared`), `${data.compared} are compared`);
        check(plain(await page.textContent('[data-side="b"]')).includes("after.pb.gz"), "the sides are called as the files are");
        await checkTables(page, plan.runs[name], name === "shares", name);
        await page.keyboard.press("u");
        const other = name === "shares" ? "seconds" : "shares";
        await checkTables(page, plan.runs[other], other === "shares", `${name}, the other unit by a key`);
        check((await hash(page)) === `#normalize=${other === "shares" ? 1 : 0}`, "which the address has: " + await hash(page));
        await page.goBack();
        check(await headline(page) === text, "Back undoes it");
        await close(page, name);
        const still = await open(browser, name, { javaScriptEnabled: false });
        check(await headline(still) === text, "without JavaScript: the same sentence " + await headline(still));
        await checkTables(still, plan.runs[name], name === "shares", `${name}, without JavaScript`);
        await close(still, name + " without JavaScript");
    }
}

async function checkParts(browser) {
    for (const { kind, sides, json } of plan.parts) {
        const parameters = new URLSearchParams(sides);
        for (const unit of ["shares", "seconds"]) {
            const page = await open(browser, kind, { hash: `#view=compare&${parameters}${unit === "seconds" ? "&normalize=0" : ""}` });
            page.scripted = true;
            await checkTables(page, json[unit], unit === "shares", `${kind} ${sides.join(" ")} ${unit}`);
            const data = read(json[unit]);
            check(!data.unjudged || (await headline(page)) === `No verdict: ${data.unjudged}.`, `${data.unjudged || "judged"}: ${await headline(page)}`);
            await close(page, `${kind} ${sides.join(" ")}`);
        }
    }
}

// Sides by lists, examples, the page's selection, swapping; each a step that Back undoes and a link restores.
async function checkSides(browser) {
    const page = await open(browser, "fleet", { hash: "#view=compare" });
    page.scripted = true;
    check(await headline(page) === "Nothing is chosen for B yet." && plain(await page.textContent('[data-side="a"] h3')) === "Aeverything", "it begins with A = everything, B = nothing");
    check(await page.isHidden("#compare-functions"), "and no table yet");
    await page.emulateMedia({ media: "print" });
    check(await page.isHidden("#compare"), "which is not printed");
    await page.emulateMedia({ media: "screen" });
    await page.click('#compare .chip:has-text("region: eu-north with us-east")');
    check(/find_nearest_driver/.test(await headline(page)) && /a\.tag=\["region","eu-north"\]&b\.tag=\["region","us-east"\]/.test(await hash(page)), "an example: " + await headline(page));
    await page.keyboard.press("x");
    await checkTables(page, plan.parts[0].json.shares, true, "swapped by x");
    await page.focus('[data-side="a"] select[data-name="Aregion"]');
    await page.selectOption('[data-side="a"] select[data-name="Aregion"]', { index: 0 });
    check(!/a\.tag/.test(await hash(page)) && await page.evaluate(() => document.activeElement.dataset.name === "Aregion"), "any region: everything, the focus stays");
    check(/samples are in both A and B/.test(plain(await page.textContent("#compare"))), "it says that B is a part of A");
    await page.click('[data-side="b"] .pill');
    check(/b\.all=1/.test(await hash(page)) && /^No difference that is more than chance/.test(await headline(page)), "everything with everything: " + await headline(page));
    const link = await hash(page);
    for (const key of ["Alt+ArrowLeft", "Alt+ArrowLeft", "Alt+ArrowLeft"]) {
        await page.goBack();
    }
    check(/a\.tag=\["region","eu-north"\]&b\.tag=\["region","us-east"\]/.test(await hash(page)), `Back, three times: ${await hash(page)}`);
    await page.goBack();
    check(await headline(page) === "Nothing is chosen for B yet.", "and once more: nothing");
    await page.goto("about:blank");
    await page.goto("file://" + plan.pages.fleet + link);
    await page.waitForSelector("html[data-ready]");
    check(/^No difference/.test(await headline(page)), "a copied link: " + await headline(page));
    await page.reload();
    await page.waitForSelector("html[data-ready]");
    check(/^No difference/.test(await headline(page)), "a reload");
    await page.goto(`file://${plan.pages.fleet}#view=compare&range=0..36`);
    await page.waitForSelector("html[data-ready]");
    await page.reload();
    await page.waitForSelector("html[data-ready]");
    await page.keyboard.press("a");
    check(/a\.range=0\.\.36/.test(await hash(page)) && !/&range=/.test(await hash(page)), "the selection becomes A by a key: " + await hash(page));
    await page.goto(`file://${plan.pages.fleet}#view=compare&a.range=0..36&range=36..60`);
    await page.click('[data-side="b"] button:has-text("Take the selection as B")');
    check(/a\.range=0\.\.36&b\.range=36\.\.60$/.test(await hash(page)), "and B by a button: " + await hash(page));
    await checkTables(page, plan.parts[1].json.shares, true, "the first and the second part of the time");
    await page.click("#filter summary");
    await page.click('#filter .chip:has-text("us-east")');
    check(/Both sides are only what is selected above/.test(await page.textContent("#compare")), "what is selected narrows both sides");
    await close(page, "choosing sides");
}

async function checkRowsAndSearch(browser) {
    const page = await open(browser, "shares");
    await page.fill("#search", "box_row");
    check((await readRows(page, "functions")).length === 3 && (await readRows(page, "lines")).length === 3, "the search narrows both tables");
    await page.press("#search", "Escape");
    await page.click('#compare-functions th button:has-text("B %")');
    const column = (await readRows(page, "functions")).map(row => Number(row.cells[1].replace("<", "")));
    check(column.every((value, i) => i === 0 || value <= column[i - 1]) && await page.getAttribute("#compare-functions th:nth-child(2)", "aria-sort") === "descending", "sorted by B: " + column);
    await page.reload();
    await page.waitForSelector("html[data-ready]");
    check(await page.getAttribute("#compare-functions th:nth-child(2)", "aria-sort") === "descending", "still after a reload: " + await hash(page));
    await page.click('#compare-functions a:has-text("dct.c:66")');
    check(await page.$eval("tr.here", row => row.id.endsWith("L66")), "a row leads to the source");
    await page.goBack();
    check(await page.isVisible("#compare-functions"), "and Back to the comparison");
    await page.keyboard.press("1");
    await page.keyboard.press("8");
    check(await page.isVisible("#compare-functions"), "8 opens it");
    await close(page, "rows");
}

// What the flame graph says of the frame in focus.
async function frameWords(page) {
    return plain(await page.$eval(`#compare .flame-scroll`, tree => document.getElementById(tree.getAttribute("aria-activedescendant")).textContent));
}

// places: [part of the width, row]
const coloursAt = (page, places) => page.$eval("#compare .flame-space canvas", (canvas, all) => {
    const { width, height } = canvas, ratio = width / canvas.clientWidth, { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    return all.map(([part, row]) => [...data.slice(4 * (Math.round((row * 20 + 16.5) * ratio) * width + Math.round(part * width)), Infinity).slice(0, 3)]);
}, places);

async function checkFlame(browser) {
    const page = await open(browser, "shares");
    const { functions } = read(plan.runs.shares);
    const says = (text, name) => {
        const row = functions.find(one => one.name === name), found = /A (\S+) %, B (\S+) %, change (.) (\S+) points/.exec(text) || ["", "x", "x", "x", "x"];
        return near(found[1], row.before.percent) && near(found[2], row.after.percent) && found[3] === (row.change > 0 ? "▲" : "▼") && near(found[4], row.change);
    };
    await page.focus("#compare .flame-scroll");
    check((await frameWords(page)).startsWith("denoise_row()") && says(await frameWords(page), "denoise_row"), "the hottest frame: " + await frameWords(page));
    const met = [];
    for (let i = 0; i < 8; i++) {
        met.push(await frameWords(page));
        await page.keyboard.press("ArrowRight");
    }
    for (const name of ["transform_row", "box_row", "box_row_fast"]) {
        check(met.some(text => text.startsWith(name + "()") && says(text, name)), `${name} by arrow keys`);
    }
    await page.waitForTimeout(300);
    const [more, less, same] = await coloursAt(page, [[0.3, 2], [0.55, 2], [0.5, 1]]);
    check(more[0] > more[2] + 40 && less[2] > less[0] + 40 && Math.abs(same[0] - same[2]) < 12, `orange is more, blue is less, grey the same: ${more} ${less} ${same}`);
    check(plain(await page.textContent(".hidden-frames")).includes("Only in A, so not drawn:") && plain(await page.textContent(".hidden-frames")).includes("box_row_old() called by worker_run()"),
        "what is gone is listed: " + plain(await page.textContent(".hidden-frames")));
    const area = await page.$eval("#compare .flame-space canvas", canvas => { canvas.scrollIntoView({ block: "center" }); const box = canvas.getBoundingClientRect(); return [box.left, box.top, box.width]; });
    await page.mouse.move(area[0] + 0.55 * area[2], area[1] + 50);
    check(says(plain(await page.textContent(".tip:not([hidden])")), "transform_row"), "the tip says so: " + plain(await page.textContent(".tip:not([hidden])")));
    await page.mouse.dblclick(area[0] + 0.1 * area[2], area[1] + 50);
    check(/c\.zoom=/.test(await hash(page)) && !/[#&]zoom=/.test(await hash(page)), "zooming is of this graph: " + await hash(page));
    await page.keyboard.press("0");
    await page.keyboard.press("o");
    check(/wide=a/.test(await hash(page)) && plain(await page.textContent(".hidden-frames")).includes("Only in B, so not drawn:▲ +"), "as wide as A: " + plain(await page.textContent(".hidden-frames")));
    await page.click('#compare [data-style="sandwich"]');
    check(/c\.as=sandwich/.test(await hash(page)), "a sandwich of differences");
    await page.reload();
    await page.waitForSelector("html[data-ready]");
    check(await page.getAttribute('#compare [data-style="sandwich"]', "aria-pressed") === "true", "is still there after a reload");
    await page.click("#compare .frame-head button:last-child");
    await page.click('.menu [role=menuitem]:has-text("Only samples with it")');
    check(/function=/.test(await hash(page)) && await page.isVisible("#filter .pill"), "its menu selects for the whole page");
    await show(page, "flame");
    check(await page.getAttribute('#flame [data-style="icicle"]', "aria-pressed") === "true" && await page.$$eval(".flame-facts, .frame-facts", all => !all.some(one => one.offsetParent && one.textContent.includes("change"))),
        "the other flame graph is what it was");
    await close(page, "the flame graph");
}

async function checkEverywhere(browser) {
    for (const [name, part] of [["shares", ""], ["few", "&b.all=1"], ["empty", "&b.all=1"], ["hostile", "&b.range=0..0.4"], ["fleet", ""], ["large", '&a.tag=["customer","customer-1"]&b.tag=["customer","customer-2"]']]) {
        for (const [width, colorScheme] of [[1400, "light"], [390, "dark"]]) {
            const page = await open(browser, name, { hash: "#view=compare" + encodeURI(part), viewport: { width, height: 800 }, colorScheme });
            check(await page.isVisible("#compare"), `${name} ${width}: ${await headline(page)}`);
            const found = await violations(page, axeSource);
            check(found.length === 0, `axe finds nothing serious ${found}`);
            check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "no sideways scrolling");
            if (name === "shares") {
                await page.emulateMedia({ media: "print" });
                check(await page.$eval("#compare", one => one.getBoundingClientRect().bottom <= document.querySelector("#overview").getBoundingClientRect().top), "on paper it stands first");
                check(await page.isVisible("#compare-functions") && await page.isVisible("#compare-lines") && await page.isHidden("#compare select") && await page.isHidden("#compare .graph"),
                    "the tables are printed, what cannot be pressed on paper is not");
            }
            await close(page, name);
        }
    }
}

run(modules, chromium, [checkRuns, checkParts, checkSides, checkRowsAndSearch, checkFlame, checkEverywhere]);
