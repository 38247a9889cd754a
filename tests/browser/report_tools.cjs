// What checks of a report share: opening it, what it says is selected, what axe finds.

const { check, open: openAddress } = require("./harness.cjs");

const plain = text => text.replace(/[\u00a0\u202f]/g, " ").trim();
const count = text => Number(text.replace(/[\u202f\u00a0 ]/g, ""));

async function openReport(browser, path, { hash = "", ...options } = {}) {
    const page = await openAddress(browser, "file://" + path + hash, "file://" + path, { viewport: { width: 1360, height: 900 }, ...options });
    if (options.javaScriptEnabled !== false) {
        await page.waitForSelector("html[data-ready]");
    }
    return page;
}

async function close(page, what) {
    check(page.noise.length === 0, `${what}: no console message, no violation, no request but the file ${page.noise.slice(0, 3)}`);
    await page.context().close();
}

// What is selected, as the page says it in the bar above the views.
async function chosenSamples(page) {
    const text = (await page.$(".chosen")) ? await page.innerText(".chosen") : "";
    const found = /, ([\d\u202f]+) of ([\d\u202f]+) samples/.exec(text);
    return found ? count(found[1]) : null;
}

// Serious ones, in words.
async function violations(page, axeSource) {
    await page.evaluate(axeSource);
    const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    return found.violations.filter(one => ["serious", "critical"].includes(one.impact)).map(one => `${one.id}: ${one.nodes[0].target} ${one.nodes[0].failureSummary}`);
}

module.exports = { plain, count, openReport, close, chosenSamples, violations };
