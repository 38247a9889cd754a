// Measures a report in Chromium: node bench_report.cjs MODULES CHROMIUM REPORT.html load|use RUNS. Prints JSON: an array of runs, each
// { name: number }. Run by bench_report.py. A run is a browser of its own: nothing is in a cache but what the system keeps of the file.

const fs = require("fs");
const path = require("path");
const { FLAGS } = require("../browser/harness.cjs");
const [, , modules, chromium, report, use, runs] = process.argv;
const playwright = require(path.join(modules, "playwright-core"));

const FRAMES = 120;

// In the page, before its own scripts.
function watch() {
    window.seen = { ready: 0, long: [] };
    new MutationObserver((_, observer) => {
        if (document.documentElement.dataset.ready) {
            window.seen.ready = performance.now();
            observer.disconnect();
        }
    }).observe(document, { attributes: true, subtree: true, attributeFilter: ["data-ready"] });
    new PerformanceObserver(list => window.seen.long.push(...list.getEntries().map(task => task.duration))).observe({ type: "longtask", buffered: true });
}

// In the page: one turn of the wheel per frame of the animation. kind: in, out, side or down. ret: ms between frames, ms that the page's own
// code took of each.
function turnWheel({ kind, frames }) {
    const scroll = document.querySelector(".flame-scroll"), canvas = scroll.querySelector("canvas"), area = canvas.getBoundingClientRect();
    const request = window.requestAnimationFrame.bind(window);
    const spent = [], between = [];
    let busy = 0, last = 0, count = 0;
    window.requestAnimationFrame = callback => request(now => {
        const begin = performance.now();
        callback(now);
        busy += performance.now() - begin;
    });
    const turns = {
        in: { deltaY: -40, ctrlKey: true }, out: { deltaY: 40, ctrlKey: true }, side: i => ({ deltaX: (i >> 5) % 2 ? -60 : 60 }),
        down: i => { scroll.scrollTop += (i >> 5) % 2 ? -60 : 60; },
    };
    return new Promise(resolve => {
        const step = now => {
            if (count > 0) {
                between.push(now - last);
                spent.push(busy);
            }
            last = now;
            busy = 0;
            if (count++ === frames) {
                window.requestAnimationFrame = request;
                resolve({ between, spent });
                return;
            }
            const begin = performance.now();
            const turn = typeof turns[kind] === "function" ? turns[kind](count) : turns[kind];
            if (turn) {
                scroll.dispatchEvent(new WheelEvent("wheel", { bubbles: true, cancelable: true, clientX: area.left + area.width * 0.4, clientY: area.top + 90, ...turn }));
            }
            busy += performance.now() - begin;
            request(step);
        };
        request(step);
    });
}

// In the page: how long a click keeps the page from drawing, ms.
function clickOn(selector) {
    const element = document.querySelector(selector), begin = performance.now();
    element.click();
    return new Promise(resolve => requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - begin))));
}

function inOrder(numbers) {
    return [...numbers].sort((a, b) => a - b);
}

function perSecond(between) {
    return 1000 * between.length / between.reduce((sum, ms) => sum + ms, 0);
}

// KiB of the process that shows the page: { VmRSS, VmHWM: the most of it since its start, RssAnon and VmSwap: together what Chromium's task
// manager calls the memory footprint, without the browser's own files, which all processes share }.
async function rendererMemory(browser) {
    const session = await browser.newBrowserCDPSession();
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const used = processInfo.filter(one => one.type === "renderer").map(one => {
        const status = fs.readFileSync(`/proc/${one.id}/status`, "utf8");
        return Object.fromEntries(["VmRSS", "VmHWM", "RssAnon", "VmSwap"].map(name => [name, Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)[1])]));
    });
    return used.sort((a, b) => b.VmHWM - a.VmHWM)[0];
}

async function scriptHeap(page) {
    const session = await page.context().newCDPSession(page);
    await session.send("HeapProfiler.collectGarbage");
    await session.send("Performance.enable");
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(metric => metric.name === "JSHeapUsedSize").value;
}

// Until it can be used.
async function load(page, found) {
    await page.addInitScript(watch);
    await page.goto("file://" + report);
    await page.waitForSelector("html[data-ready]");
    await page.waitForTimeout(300);
    Object.assign(found, await page.evaluate(() => ({
        first_paint_ms: performance.getEntriesByName("first-contentful-paint")[0].startTime,
        ready_ms: window.seen.ready, longest_task_ms: Math.max(0, ...window.seen.long), elements: document.querySelectorAll("*").length,
    })));
}

async function useFlame(page, found) {
    found.open_flame_ms = await page.evaluate(clickOn, '#tabs [data-view="flame"]');
    await page.waitForTimeout(300);
    const between = [], spent = [];
    for (const kind of ["down", "in", "side", "out"]) {
        const frames = await page.evaluate(turnWheel, { kind, frames: FRAMES });
        found[`${kind}_fps`] = perSecond(frames.between);
        between.push(...frames.between);
        spent.push(...frames.spent);
    }
    Object.assign(found, { fps: perSecond(between), frame_ms: inOrder(spent)[spent.length >> 1], slow_frame_ms: inOrder(spent)[Math.floor(spent.length * 0.95)] });
    found.flame_tag_ms = await page.evaluate(clickOn, '#filter .by-tag .chip:not([aria-pressed="true"])');
}

async function run() {
    const browser = await playwright.chromium.launch({ executablePath: chromium, args: FLAGS }), found = {};
    const blank = await (await browser.newContext()).newPage();
    await blank.goto("about:blank");
    found.blank_mb = (await rendererMemory(browser)).VmRSS / 1024;
    await blank.close();
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 860 } })).newPage();
    await load(page, found);
    found.loaded_mb = (await rendererMemory(browser)).VmRSS / 1024;
    found.heap_mb = await scriptHeap(page) / 2 ** 20;
    if (use === "use") {
        found.tag_ms = await page.evaluate(clickOn, "#filter .chip:not(.all)");
        found.all_ms = await page.evaluate(clickOn, "#filter .all");
        await useFlame(page, found);
        found.flame_heap_mb = await scriptHeap(page) / 2 ** 20;
    }
    const memory = await rendererMemory(browser);
    found.most_mb = memory.VmHWM / 1024;
    found.footprint_mb = (memory.RssAnon + memory.VmSwap) / 1024;
    await browser.close();
    return found;
}

(async () => {
    const all = [];
    for (let i = 0; i < Number(runs); i++) {
        all.push(await run());
    }
    console.log(JSON.stringify(all));
})();
