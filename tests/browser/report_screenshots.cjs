// Pictures of reports as people meet them: node report_screenshots.cjs MODULES CHROMIUM FOLDER KIND=PATH...
const path = require("path");
const { check, open, show, run } = require("./harness.cjs");
const [, , modules, chromium, folder, ...reports] = process.argv;

const WINDOW = { viewport: { width: 1280, height: 860 } };
const NARROW = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };
const DARK = { colorScheme: "dark" };
const top = async page => page.evaluate(() => scrollTo(0, 0));
const filterByOne = async page => page.locator("#filter .by-tag .chip").first().click();
const showFlame = async page => {
    await show(page, "flame");
    await page.focus(".flame-scroll");
    await page.keyboard.press("Home");
    for (let i = 0; i < 3; i++) {
        await page.keyboard.press("ArrowDown");
    }
};

// name: [which reports, options of the page, how to get there, whether the whole page]
const SHOTS = {
    "light": [/./, WINDOW, top, true],
    "dark": [/./, { ...WINDOW, ...DARK }, top, true],
    "narrow": [/./, NARROW, top, true],
    "plain": [/example|few/, { ...WINDOW, javaScriptEnabled: false }, async () => {}, true],
    "filtered": [/example/, WINDOW, filterByOne, false],
    "flame": [/example|service/, WINDOW, showFlame, false],
    "flame-dark": [/example/, { ...WINDOW, ...DARK }, showFlame, false],
    "zoomed": [/example/, WINDOW, async page => { await showFlame(page); await page.keyboard.press("Enter"); await page.waitForTimeout(300); }, false],
    "timeline": [/example|fleet/, WINDOW, async page => show(page, "timeline"), true],
    "timeline-dark": [/fleet/, { ...WINDOW, ...DARK }, async page => show(page, "timeline"), true],
    "timeline-narrow": [/fleet/, NARROW, async page => show(page, "timeline"), true],
    "search": [/example/, WINDOW, async page => { await page.keyboard.press("/"); await page.keyboard.type("jpeg"); await show(page, "flame"); }, false],
    "source": [/example|service/, WINDOW, async page => page.keyboard.press("n"), false],
    "source-dark": [/example/, { ...WINDOW, ...DARK }, async page => page.keyboard.press("n"), false],
    "help": [/example/, WINDOW, async page => page.keyboard.press("?"), false],
    ...Object.fromEntries(["tree", "functions", "requests", "tags", "compare", "about"].map(view => [view, [/example|fleet/, WINDOW, async page => show(page, view), true]])),
};

async function takeAll(browser) {
    for (const report of reports) {
        const [kind, file] = report.split("=");
        for (const [name, [kinds, options, reach, fullPage]] of Object.entries(SHOTS)) {
            if (!kinds.test(kind)) {
                continue;
            }
            const page = await open(browser, "file://" + file, "file://" + file, options);
            if (options.javaScriptEnabled !== false) {
                await page.waitForSelector("html[data-ready]");
            }
            await reach(page);
            const target = path.join(folder, `report-${kind}-${name}.png`);
            await page.screenshot({ path: target, fullPage, animations: "disabled" });
            check(page.noise.length === 0, target);
            await page.context().close();
        }
    }
}

run(modules, chromium, [takeAll]);
