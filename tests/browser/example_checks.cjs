// Reads the example report (profile.html of the repository) as its readers do: from a file, by mouse and by keyboard; prints TAP.
// Run by test_example_report.py: node example_checks.cjs MODULES CHROMIUM PATH. What is expected is what the page says without its script.

const fs = require("fs");
const path = require("path");
const { check, open: openAddress, readGrid, run } = require("./harness.cjs");
const [, , modules, chromium, report] = process.argv;
const axeSource = fs.readFileSync(path.join(modules, "axe-core", "axe.min.js"), "utf8");

async function open(browser, options = {}) {
    const page = await openAddress(browser, "file://" + report, "file://" + report, { viewport: { width: 1360, height: 900 }, ...options });
    if (options.javaScriptEnabled !== false) {
        await page.waitForSelector("html[data-ready]");
    }
    return page;
}

async function close(page, what) {
    check(page.noise.length === 0 && page.requests.length === 1, `${what}: no console message, no violation, no request but the file ${page.noise.slice(0, 3)}`);
    await page.context().close();
}

// The example in the repository may be of a version that had its views one below the other.
async function show(page, name) {
    if (await page.$("#tabs")) {
        await page.click(`#tabs [data-view="${name}"]`);
        await page.evaluate(() => { document.querySelectorAll("#filter .by-tag").forEach(tags => { tags.open = true; }); });
    }
}

const headline = async page => (await page.textContent("h1")).replace(/\u00a0/g, " ");
const functions = async page => {
    await show(page, "functions");
    return (await readGrid(page, "#functions")).map(row => row[4]);
};
const chip = (page, value) => page.locator(`#filter .chip[data-name='["operation","${value}"]']`);
const operations = page => page.$$eval("#filter .chip", all => all.map(element => element.dataset.name).filter(name => name.startsWith('["operation",')).map(name => JSON.parse(name)[1]));

async function checkStatic(browser) {
    const plain = await open(browser, { javaScriptEnabled: false }), page = await open(browser);
    check(/^\d+ % of CPU in .*, while operation = \w+$/.test(await headline(plain)), "it opens with: " + await headline(plain));
    check(await headline(page) === await headline(plain), "with its script it says the same");
    const live = await functions(page), told = await functions(plain);
    check(live.length > 5 && told.length > 5 && JSON.stringify(live.slice(0, told.length)) === JSON.stringify(told.slice(0, live.length)), "and lists the same functions");
    const names = await operations(page);
    check(["blur", "edge_detect", "enhance", "grayscale", "noise_reduction", "rotate", "sharpen"].every(name => names.includes(name)), "a button for every operation: " + names);
    await close(plain, "without JavaScript");
    await close(page, "opened");
}

async function checkSource(browser) {
    const page = await open(browser), plain = await open(browser, { javaScriptEnabled: false });
    const here = () => page.$eval("tr.here", row => { const box = row.getBoundingClientRect(); return { id: row.id, code: row.querySelector("code").textContent, seen: box.top > 0 && box.bottom < innerHeight }; });
    await show(page, "source");
    const folders = await page.$$eval("#files [role=treeitem]", all => all.map(one => [one.querySelector(".name").textContent, one.dataset.path]));
    const absolute = folders.filter(([, place]) => place === "" || place.startsWith("/"));
    check(absolute.length > 0 && folders.every(([name, place]) => name !== "" && (place || "/").endsWith(name)), "every file and folder of the tree has its name: " + absolute);
    await show(page, "overview");
    const link = page.locator("#lines a.place").first();
    const id = (await link.getAttribute("href")).slice(1);
    await link.click();
    const clicked = await here();
    const known = await plain.$eval("#" + id, row => row.querySelector("code").textContent);
    check(clicked.id === id && clicked.seen && /\w/.test(clicked.code) && clicked.code === known, `a click on the hottest line shows it: ${clicked.code.trim()}`);
    await page.keyboard.press("n");
    const first = await here();
    await page.keyboard.press("n");
    const second = await here();
    check(first.seen && second.seen && first.id !== second.id, `n goes from line to line: ${first.id}, ${second.id}`);
    const anchor = (await page.getAttribute("h1 a", "href")).slice(1);
    await show(page, "overview");
    await page.click("h1 a");
    check((await here()).id === anchor && (await here()).seen, "the sentence on top leads to its line");
    await close(page, "source view");
    await close(plain, "without JavaScript");
}

async function checkFlame(browser) {
    const page = await open(browser);
    const crumbs = () => page.$$eval(".flame-bar nav li", all => all.map(item => item.textContent));
    const chosen = () => page.textContent(".frame h3");
    await show(page, "flame");
    await page.$eval("#flame", section => section.scrollIntoView());
    const colours = await page.$eval(".flame-space canvas", canvas => new Set(new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size);
    check(colours > 20, `the flame graph is painted: ${colours} colours`);
    await page.focus(".flame-scroll");
    await page.keyboard.press("Home");
    const root = await chosen();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    const below = await chosen();
    check(root !== below && /\(\)$/.test(below), `Down goes to what is called: ${root}, ${below}`);
    await page.keyboard.press("Enter");
    check((await crumbs()).length > 1 && (await crumbs()).pop() + "()" === below, "Enter zooms: " + await crumbs());
    await page.keyboard.press("0");
    check((await crumbs()).join() === "everything", "0 shows everything");
    const box = await page.$eval(".flame-space canvas", canvas => { const area = canvas.getBoundingClientRect(); return [area.left, area.top, area.width]; });
    await page.mouse.move(box[0] + box[2] * 0.4, box[1] + 50);
    check(/total.*self.*samples/.test(await page.textContent(".tip")), "the tooltip: " + await page.textContent(".tip"));
    await page.mouse.dblclick(box[0] + box[2] * 0.4, box[1] + 50);
    check((await crumbs()).length > 1 && page.url().includes("zoom="), "a double click zooms: " + await crumbs());
    await page.goBack();
    check((await crumbs()).join() === "everything", "Back zooms out");
    await close(page, "flame graph");
}

async function checkSearchAndFilter(browser) {
    const page = await open(browser);
    const all = await headline(page), rows = (await functions(page)).length;
    await page.keyboard.press("/");
    await page.keyboard.type("transform");
    const found = await functions(page);
    check(found.length > 0 && found.length < rows && found.every(name => /transform/i.test(name)), `search by keyboard: ${found}`);
    await show(page, "flame");
    check(/\d frames? found/.test((await page.innerText(".found")).replace(/\u00a0/g, " ")), "also in the flame graph: " + await page.innerText(".found"));
    await page.focus("#search");
    await page.keyboard.press("Escape");
    check((await functions(page)).length === rows, "Escape ends it");
    await page.click("#search");
    await page.fill("#search", "jpeg");
    await show(page, "functions");
    const jpeg = await readGrid(page, "#functions");
    check(jpeg.length > 0 && jpeg.length < rows && jpeg.every(row => /jpeg/i.test(row[4] + row[5])), "search by mouse, names and places: " + jpeg.map(row => row[4] + " " + row[5]));
    await page.fill("#search", "");
    await chip(page, "blur").click();
    const blur = await headline(page);
    check(blur !== all && / while operation = blur$/.test(blur), "a filter by mouse: " + blur);
    check(!(await functions(page)).some(name => /^(transform|wiener_window)\(\)$/.test(name)), "without the denoiser's functions");
    await page.click('[data-name="all"]');
    check(await headline(page) === all, "the button shows everything");
    await chip(page, "noise_reduction").focus();
    await page.keyboard.press("Space");
    const denoise = await headline(page);
    check(/ while operation = noise_reduction$/.test(denoise) && (await functions(page)).slice(0, 3).includes("transform()"), "a filter by keyboard: " + denoise);
    await page.keyboard.press("Escape");
    check(await headline(page) === all, "Escape shows everything");
    await close(page, "search and filter");
}

async function checkForms(browser) {
    for (const [name, options] of [["light", {}], ["dark", { colorScheme: "dark" }], ["narrow", { viewport: { width: 390, height: 800 } }]]) {
        const page = await open(browser, options);
        await page.evaluate(axeSource);
        await show(page, "overview");
        const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
        const serious = found.violations.filter(violation => ["serious", "critical"].includes(violation.impact));
        check(serious.length === 0, `${name}: axe finds nothing serious ` + serious.map(violation => `${violation.id}: ${violation.nodes[0].target}`).join("; "));
        const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        check(width[0] <= width[1], `${name}: no sideways scrolling of the page (${width})`);
        const tables = await page.$$eval("#lines .body", all => all.map(body => body.scrollWidth - body.clientWidth));
        await show(page, "functions");
        tables.push(...await page.$$eval("#functions .body", all => all.map(body => body.scrollWidth - body.clientWidth)));
        check(tables.length === 2 && tables.every(hidden => hidden <= 0), `${name}: lines and functions with their places fit the screen (${tables})`);
        await close(page, name);
    }
}

run(modules, chromium, [checkStatic, checkSource, checkFlame, checkSearchAndFilter, checkForms]);
