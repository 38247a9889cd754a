// What checks of the strip and of the timeline share.

const { check, open: openAddress } = require("./harness.cjs");

const plain = text => text.replace(/[\u00a0\u202f]/g, " ").trim();
const count = text => Number(text.replace(/[\u202f\u00a0 ]/g, ""));
const RANGE = /[#&]range=([\d.]+)\.\.([\d.]+)(&|$)/;

async function openReport(browser, path, { hash = "", ...options } = {}) {
    const page = await openAddress(browser, "file://" + path + hash, "file:", { viewport: { width: 1360, height: 900 }, ...options });
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

// [from, to] of the link; null: no range
async function range(page) {
    const found = RANGE.exec(await page.evaluate(() => location.hash));
    return found ? [Number(found[1]), Number(found[2])] : null;
}

// A place on a canvas: x by part of its width (0..1), y in pixels from the top.
async function at(page, selector, part, y) {
    const box = await page.$eval(selector, canvas => { const area = canvas.getBoundingClientRect(); return [area.left, area.top, area.width]; });
    return [box[0] + part * box[2], box[1] + y];
}

async function drag(page, from, to) {
    await page.mouse.move(...from);
    await page.mouse.down();
    await page.mouse.move((from[0] + to[0]) / 2, (from[1] + to[1]) / 2);
    await page.mouse.move(...to);
    await page.mouse.up();
}

const slider = (page, selector) => page.$eval(selector, one => ({ text: one.getAttribute("aria-valuetext"), now: Number(one.getAttribute("aria-valuenow")),
    min: Number(one.getAttribute("aria-valuemin")), max: Number(one.getAttribute("aria-valuemax")) }));

async function violations(page, axeSource) {
    await page.evaluate(axeSource);
    const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    return found.violations.filter(one => ["serious", "critical"].includes(one.impact)).map(one => `${one.id}: ${one.nodes[0].target} ${one.nodes[0].failureSummary}`);
}

// From now on: the most rectangles in one frame of the animation, and how long frames took.
function countDrawing(page) {
    return page.evaluate(() => {
        window.drawn = { boxes: 0, most: 0, times: [] };
        for (const name of ["fillRect", "rect", "strokeRect", "fillText"]) {
            const draw = CanvasRenderingContext2D.prototype[name];
            CanvasRenderingContext2D.prototype[name] = function (...values) {
                window.drawn.boxes++;
                return draw.apply(this, values);
            };
        }
        const request = window.requestAnimationFrame;
        window.requestAnimationFrame = callback => request(now => {
            const begin = performance.now();
            window.drawn.boxes = 0;
            callback(now);
            window.drawn.times.push(performance.now() - begin);
            window.drawn.most = Math.max(window.drawn.most, window.drawn.boxes);
        });
    });
}

module.exports = { plain, count, openReport, close, chosenSamples, range, at, drag, slider, violations, countDrawing };
