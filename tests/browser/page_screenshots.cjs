// Pictures of the upload page as people meet it: node page_screenshots.cjs MODULES CHROMIUM ADDRESS FOLDER PICTURES
const path = require("path");
const { check, open, run } = require("./harness.cjs");
const [, , modules, chromium, home, folder, pictures] = process.argv;

const settled = async (page, act) => {
    await page.$eval("#status", status => { status.textContent = ""; });
    await act();
    await page.waitForFunction(() => /^Done: /.test(document.getElementById("status").textContent));
    await page.mouse.move(0, 0);
};
const sample = (page, name) => settled(page, () => page.click(`#samples button:has-text("${name}")`));
const operation = (page, name) => settled(page, () => page.click(`label[for=op-${name}]`));

const SHOTS = {
    "page-light": [{}, async () => {}],
    "page-dark": [{ colorScheme: "dark" }, async () => {}],
    "page-plain": [{ javaScriptEnabled: false }, async () => {}],
    "page-result": [{}, async page => { await sample(page, "Noisy night"); await operation(page, "noise_reduction"); }],
    "page-result-dark": [{ colorScheme: "dark" }, async page => { await sample(page, "Spheres"); await operation(page, "edge_detect"); }],
    "page-rotate": [{}, async page => { await sample(page, "Facade"); await operation(page, "rotate"); }],
    "page-narrow": [{ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 }, async page => { await sample(page, "Portrait"); await operation(page, "enhance"); }],
    "page-alpha": [{ colorScheme: "dark" }, async page => {
        await page.setInputFiles("#image", path.join(pictures, "badge.png"));
        await page.selectOption("#format", "png");
        await settled(page, () => page.click("#process"));
    }],
    "page-error": [{}, async page => {
        await sample(page, "Portrait");
        await page.fill("#radius", "500");
        await page.click("#process");
        await page.waitForSelector("#radius-error:not([hidden])");
    }],
    "page-bad-file": [{}, async page => {
        await page.setInputFiles("#image", { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("These are not pixels.") });
        await page.waitForSelector("#image-error:not([hidden])");
    }],
};

async function takeAll(browser) {
    for (const [name, [options, reach]] of Object.entries(SHOTS)) {
        const page = await open(browser, home + "/", home + "/", options);
        await reach(page);
        const target = path.join(folder, name + ".png");
        await page.screenshot({ path: target, fullPage: true, animations: "disabled" });
        check(page.noise.length === 0, target);
        await page.context().close();
    }
}

run(modules, chromium, [takeAll]);
