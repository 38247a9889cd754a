// Drives the strip of time and the timeline in Chromium; prints TAP. Run by test_timeline_report.py: node timeline_checks.cjs MODULES CHROMIUM
// PLAN.json; PLAN: { pages: { kind: path }, ranges: [{ range: "A..B", tag: "key=value", json }] of the fleet }.

const fs = require("fs");
const path = require("path");
const { check, show, run } = require("./harness.cjs");
const { plain, openReport, close, chosenSamples, violations } = require("./report_tools.cjs");
const { range, at, drag, slider, countDrawing } = require("./timeline_tools.cjs");
const [, , modules, chromium, planPath] = process.argv;
const axeSource = fs.readFileSync(path.join(modules, "axe-core", "axe.min.js"), "utf8");
const plan = JSON.parse(fs.readFileSync(planPath, "utf8"));
const open = (browser, kind, options) => openReport(browser, plan.pages[kind], options);

const STRIP = "#strip canvas", SLIDER = "#strip [role=slider]";
const readJson = one => JSON.parse(fs.readFileSync(one.json, "utf8"));

// The strip is there in every view, whatever is scrolled; a range by mouse, link, Back.
async function checkStripByMouse(browser) {
    const page = await open(browser, "fleet");
    const colours = await page.$eval(STRIP, canvas => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return new Set(new Uint32Array(data.buffer)).size;
    });
    check(colours > 8, `the strip is painted: ${colours} colours`);
    for (const name of await page.$$eval("#tabs a", all => all.map(tab => tab.dataset.view))) {
        await show(page, name);
        await page.evaluate(() => scrollTo(0, 1e6));
        check(await page.$eval(STRIP, canvas => { const box = canvas.getBoundingClientRect(); return box.top > 0 && box.bottom < 160 && document.elementFromPoint(box.left + 50, box.top + 10) === canvas; }),
            `it stays in sight in ${name}`);
    }
    await show(page, "overview");
    const all = await page.textContent("h1");
    await page.mouse.move(...await at(page, STRIP, 0.205, 12));
    check(/^12\.3 to 12\.4 s.*CPUs/.test(plain(await page.textContent(".time-tip"))), "the tip: " + plain(await page.textContent(".time-tip")));
    await drag(page, await at(page, STRIP, 12.05 / 60, 12), await at(page, STRIP, 29.95 / 60, 12));
    check(JSON.stringify(await range(page)) === "[12,30]", "a drag is a range on the edges of buckets: " + await range(page));
    const json = readJson(plan.ranges.find(one => one.range === "12..30" && !one.tag));
    check(await chosenSamples(page) === json.self_check.samples, `of as many samples as the collector finds: ${await chosenSamples(page)} for ${json.self_check.samples}`);
    check(plain(await page.textContent("#filter .pill")) === "12 to 30 s×", "and a pill: " + await page.textContent("#filter .pill"));
    await drag(page, await at(page, STRIP, 30 / 60, 12), await at(page, STRIP, 19.95 / 60, 12));
    check(JSON.stringify(await range(page)) === "[12,20]", "its edge can be moved: " + await range(page));
    await page.mouse.click(...await at(page, STRIP, 5.35 / 60, 12));
    check(JSON.stringify(await range(page)) === "[5.3,5.4]", "a click is one bucket: " + await range(page));
    const link = page.url();
    await page.goBack();
    await page.goBack();
    check(JSON.stringify(await range(page)) === "[12,30]", "Back is the range before");
    await page.goBack();
    check(await range(page) === null && await page.textContent("h1") === all, "and then everything");
    await page.goto("about:blank");
    await page.goto(link);
    await page.waitForSelector("html[data-ready]");
    check(JSON.stringify(await range(page)) === "[5.3,5.4]" && (await slider(page, SLIDER)).text.startsWith("5.3 to 5.4"), "a link keeps it: " + (await slider(page, SLIDER)).text);
    await page.reload();
    await page.waitForSelector("html[data-ready]");
    check(page.url() === link && await chosenSamples(page) > 0, "so does a reload");
    await page.click("#filter .pill");
    check(await range(page) === null, "the pill ends it");
    await drag(page, await at(page, STRIP, 0.5, 12), await at(page, STRIP, -0.05, 300));
    check(JSON.stringify(await range(page)) === "[0,30.1]", "a drag may leave the strip: " + await range(page));
    await page.mouse.move(...await at(page, STRIP, 0.5, 12));
    await page.mouse.down();
    await page.mouse.move(...await at(page, STRIP, 0.7, 12));
    await page.focus(SLIDER);
    await page.keyboard.press("Escape");
    await page.mouse.up();
    check(JSON.stringify(await range(page)) === "[0,30.1]", "Escape gives a drag up");
    await close(page, "the strip by mouse");
}

async function checkStripByKeyboard(browser) {
    const page = await open(browser, "fleet");
    await page.focus("#search");
    const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-label"));
    for (let i = 0; i < 12 && await focused() !== "Time range"; i++) {
        await page.keyboard.press("Tab");
    }
    const first = await slider(page, SLIDER);
    check(await focused() === "Time range" && first.min === 0 && first.max === 600 && plain(first.text) === "all the time, 60 s", "Tab reaches it: " + first.text);
    check(/^CPU time over 60 s, most from .* CPUs\. Arrow keys/.test(plain(await page.textContent("#strip-words"))), "in words: " + plain(await page.textContent("#strip-words")));
    for (const key of ["ArrowRight", "ArrowRight", "PageUp", "Shift+ArrowRight", "Shift+PageUp"]) {
        await page.keyboard.press(key);
    }
    const draft = await slider(page, SLIDER);
    check(plain(draft.text).startsWith("6.6 to 13.8 s, ") && draft.text.endsWith(", Enter shows it") && draft.now === 66 && await range(page) === null, "arrows move, Shift extends: " + draft.text);
    await page.keyboard.press("Enter");
    check(JSON.stringify(await range(page)) === "[6.6,13.8]" && await focused() === "Time range", "Enter applies, the focus stays: " + await range(page));
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Escape");
    check(JSON.stringify(await range(page)) === "[6.6,13.8]" && plain((await slider(page, SLIDER)).text).startsWith("6.6 to"), "Escape gives up what was not applied");
    await page.keyboard.press("Shift+ArrowLeft");
    await page.keyboard.press("End");
    check(plain((await slider(page, SLIDER)).text).startsWith("53.4 to 60 s"), "End goes to the end: " + (await slider(page, SLIDER)).text);
    await page.keyboard.press("Shift+Home");
    await page.keyboard.press("Space");
    check(JSON.stringify(await range(page)) === "[53.4,54]", "Shift+Home makes it short: " + await range(page));
    await page.keyboard.press("Escape");
    check(await range(page) === null && await focused() === "Time range", "Escape shows all the time");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Tab");
    check(plain((await slider(page, SLIDER)).text) === "all the time, 60 s", "leaving it gives the draft up");
    await page.click("#metric button:nth-child(2)");
    check(/^Waiting over .* waiting\./.test(plain(await page.textContent("#strip-words"))), "it follows the metric: " + plain(await page.textContent("#strip-words")));
    await close(page, "the strip by keyboard");
}

// The numbers of a range and of a tag within it are the collector's, and the strip has no place where there is nothing to choose.
async function checkRanges(browser) {
    for (const one of plan.ranges) {
        const json = readJson(one), hash = new URLSearchParams({ ...(one.range && { range: one.range }), ...(one.tag && { tag: JSON.stringify(one.tag.split("=")) }) });
        const page = await open(browser, "fleet", { hash: "#" + hash });
        const expected = json.functions.reduce((sum, known) => sum + known.self_samples, 0);
        const found = one.range || one.tag ? await chosenSamples(page) : null;
        check(one.range || one.tag ? found === expected : found === null, `${one.range} ${one.tag}: ${found} samples for ${expected}`);
        await page.context().close();
    }
    check(plan.ranges.filter(one => readJson(one).functions.length > 0).length >= 8, "most of which have samples");
    for (const kind of ["few", "empty"]) {
        const page = await open(browser, kind);
        check(!await page.$("#strip"), `${kind}: no strip over a single bucket`);
        await close(page, kind);
    }
    for (const kind of ["service", "hostile"]) {
        const page = await open(browser, kind, { viewport: { width: 390, height: 800 }, colorScheme: "dark" });
        const found = await violations(page, axeSource);
        check(found.length === 0, `${kind}: axe finds nothing serious ${found}`);
        check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${kind}: no sideways scrolling`);
        await page.emulateMedia({ media: "print" });
        check(await page.isHidden("#strip"), `${kind}: not on paper`);
        await close(page, kind);
    }
}

run(modules, chromium, [checkStripByMouse, checkStripByKeyboard, checkRanges]);
