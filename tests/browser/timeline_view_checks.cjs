// Drives the Timeline view in Chromium; prints TAP. Run by test_timeline_view.py: node timeline_view_checks.cjs MODULES CHROMIUM PLAN.json;
// PLAN: { hotline, saved: the fleet's profile, pages: { kind: path } }. What a cell of the grid says is asked from `hotline view --json`.

const fs = require("fs");
const path = require("path");
const { spawnSync } = require("child_process");
const { check, show, run } = require("./harness.cjs");
const { plain, count, openReport, close, chosenSamples, violations } = require("./report_tools.cjs");
const { range, at, drag, countDrawing } = require("./timeline_tools.cjs");
const [, , modules, chromium, planPath] = process.argv;
const axeSource = fs.readFileSync(path.join(modules, "axe-core", "axe.min.js"), "utf8");
const plan = JSON.parse(fs.readFileSync(planPath, "utf8"));

const CANVAS = ".time-scroll canvas", GRID = ".time-scroll", GUTTER = 168, AXIS = 20;
const open = async (browser, kind, { hash = "", ...options } = {}) => openReport(browser, plan.pages[kind], { hash: "#view=timeline" + hash, ...options });
const press = async (page, ...keys) => { for (const key of keys) { await page.keyboard.press(key); } };
const state = page => page.evaluate(() => Object.fromEntries(new URLSearchParams(location.hash.slice(1))));
const legend = page => page.$$eval(".time-legend li", all => all.map(one => one.textContent));

// What the cell in focus says: its lane, and its words.
const cell = page => page.$eval(GRID, grid => {
    const one = document.getElementById(grid.getAttribute("aria-activedescendant"));
    return { lane: one.previousElementSibling.textContent, text: one.textContent.replace(/[\u00a0\u202f]/g, " "), row: one.parentNode.getAttribute("aria-rowindex") };
});

let asked = 0;
function collector(...options) {
    const target = path.join(path.dirname(plan.saved), `part${asked++}.json`);
    const told = spawnSync(plan.hotline, ["view", plan.saved, "--json", "-o", target, ...options], { encoding: "utf8" });
    return told.status === 0 ? JSON.parse(fs.readFileSync(target, "utf8")) : /no samples? /.test(told.stderr) ? { self_check: { samples: 0 }, wait: { samples: 0, seconds: 0 } } : told;
}

// "12.3 to 12.4 s: CPU time 90.0 ms, 9 samples, ..." -> { range: "12.3..12.4", ms, samples }
function readAmount(text, name = "CPU time") {
    const time = /^([\d.]+) to ([\d.]+) s: /.exec(text), amount = new RegExp(name + " ([\\d.]+) (ms|s), ([\\d ]+) samples?").exec(text);
    return { range: time && `${time[1]}..${time[2]}`, ms: amount && Number(amount[1]) * (amount[2] === "s" ? 1000 : 1), samples: amount ? count(amount[3]) : 0 };
}

async function toLane(page, name) {
    await press(page, ...Array(40).fill("ArrowUp"));
    for (let i = 0; i < 60 && (await cell(page)).lane !== name; i++) {
        await press(page, "ArrowDown");
    }
    check((await cell(page)).lane === name, `the keyboard reaches the lane ${name}`);
}

async function checkAmount(page, what, ...options) {
    const text = (await cell(page)).text, found = readAmount(text), json = collector("--range=" + found.range, ...options).self_check;
    check(found.samples === json.samples && (found.samples === 0 || Math.abs(found.ms - json.cpu_seconds_sampled * 1000) < 0.06), `${what}: ${text} for ${json.samples} samples, ${json.cpu_seconds_sampled} s`);
    return found.samples;
}

// The numbers under the cursor are those of the collector, in every kind of lane, at every zoom.
async function checkNumbers(browser) {
    for (const [viewport, hash] of [[{ width: 1360, height: 1000 }, ""], [{ width: 420, height: 900 }, ""], [{ width: 1360, height: 1000 }, "&time-zoom=30..42"]]) {
        const page = await open(browser, "fleet", { viewport, hash });
        let samples = 0;
        await page.focus(GRID);
        for (const region of ["eu-north", "us-east", "ap-south</script><img src=x onerror=alert(1)>"]) {
            await toLane(page, region);
            await press(page, "Home", "PageDown", ...(hash ? [] : ["PageDown", "PageDown"]), "ArrowRight");
            samples += await checkAmount(page, region, "--tag=region=" + region);
            await press(page, "End");
            samples += await checkAmount(page, region, "--tag=region=" + region);
        }
        await toLane(page, "Within the second");
        samples += await checkAmount(page, "all");
        for (const [thread, id] of [["worker-1 (5001)", 5001], ["worker-3 (5003)", 5003]]) {
            await toLane(page, thread);
            await press(page, "PageUp");
            for (let i = 0; i < 30 && readAmount((await cell(page)).text).samples === 0; i++) {
                await press(page, "ArrowLeft");
            }
            samples += await checkAmount(page, thread, "--thread=" + id);
            const found = readAmount((await cell(page)).text), waited = readAmount((await cell(page)).text, "waiting"), { wait } = collector("--range=" + found.range, "--thread=" + id);
            check(waited.samples === wait.samples && Math.abs((waited.ms || 0) - wait.seconds * 1000) < 0.06, `${thread} waits ${waited.ms} ms for ${wait.seconds} s`);
        }
        check(samples > 30, `${viewport.width} ${hash}: most of which have samples: ${samples}`);
        await close(page, "numbers");
    }
    const page = await open(browser, "fleet", { hash: "&time-by=function&range=12..30&tag=" + encodeURIComponent('["region","eu-north"]') });
    const json = collector("--range=12..30", "--tag=region=eu-north");
    const found = await page.$$eval(".time-legend button", all => all.map(one => `${one.querySelector("bdi").textContent} ${one.querySelector("b").textContent} ${one.title}`));
    check(json.functions.filter(one => one.self_samples > 0).every(one => found.some(text => plain(text).startsWith(`${one.name}() ${one.self_percent.toFixed(1)} % ${count(String(one.self_samples))} of`))),
        "the legend's numbers are those of the selection: " + found);
    await close(page, "the legend");
}

async function checkMouse(browser) {
    const page = await open(browser, "fleet", { viewport: { width: 1360, height: 1200 } });
    const wide = await page.$eval(CANVAS, canvas => canvas.clientWidth), plot = wide - GUTTER - 8, x = s => (GUTTER + plot * s / 60) / wide;
    const { colours, busy } = await page.$eval(CANVAS, (canvas, [left, width, y]) => {
        const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
        return { colours: new Set(pixels).size, busy: [5, 15, 25, 35, 45, 55].map(s => pixels[y * canvas.width + Math.round(left + width * (s + 0.2) / 60)]) };
    }, [GUTTER, plot, AXIS + 18 + 30 + 25]);
    check(colours > 20, `it is painted: ${colours} colours`);
    check(busy[1] === busy[3] && busy[3] === busy[5] && busy[0] === busy[2] && busy[2] === busy[4] && busy[0] !== busy[1], "a region that alternates between busy and idle shows: " + busy);
    const whole = collector(), { samples } = whole.self_check, share = whole.tags.sets.filter(set => set.tags.region === "eu-north").reduce((sum, set) => sum + set.cpu_percent, 0) / 100;
    const half = 100 * 1.96 / (1 + 3.8416 / samples) * Math.sqrt(share * (1 - share) / samples + 3.8416 / (4 * samples * samples)); // Wilson's
    const entry = `eu-north ${(100 * share).toFixed(1)} % ± ${half.toFixed(1)}`;
    check(share > 0.3 && share < 0.5 && (await legend(page)).join("|").replace(/[\u00a0]/g, " ").includes(entry), `the legend has the collector's numbers, ${entry}: ${await legend(page)}`);
    check(/^Events: first sample of process 4343 at 1 s; deploy of b07d55aa at 36 s\.$/.test(plain(await page.textContent(".time-events"))), "a deploy is said, and another process: " + plain(await page.textContent(".time-events")));
    await page.mouse.move(...await at(page, CANVAS, x(15.25), AXIS + 18 + 30 + 10));
    const tip = plain(await page.textContent(".time-tip"));
    check(/^15\.2 to 15\.3 seu-northCPU time 110 ms, 11 samples, 1\.10 CPUs/.test(tip), "the tip: " + tip);
    await drag(page, await at(page, CANVAS, x(5), 100), await at(page, CANVAS, 20 / wide, AXIS + 18 + 30 + 20));
    check(JSON.stringify(await range(page)) === "[0,5.1]" && (await state(page)).tag === undefined, "a drag that ends on a name is a range: " + JSON.stringify(await state(page)));
    await page.goBack();
    await drag(page, await at(page, CANVAS, x(12.05), 100), await at(page, CANVAS, x(29.95), 140));
    check(JSON.stringify(await range(page)) === "[12,30]" && await chosenSamples(page) === collector("--range=12..30").self_check.samples, "a drag is a range: " + await range(page));
    await page.click(".time-bar button:has-text('Zoom in on it')");
    check((await state(page))["time-zoom"] === "12..30", "zoom in on it: " + JSON.stringify(await state(page)));
    await page.goBack();
    check((await state(page))["time-zoom"] === undefined, "Back zooms out");
    await page.goBack();
    check(await range(page) === null, "and ends the range");
    await page.mouse.click(...await at(page, CANVAS, 20 / wide, AXIS + 18 + 30 + 20));
    check((await state(page)).tag === '["region","eu-north"]', "a click on a name selects it: " + JSON.stringify(await state(page)));
    await page.click(".time-legend button >> nth=0");
    check((await state(page)).tag === undefined, "a click in the legend ends it");
    await page.selectOption(".time-bar select", { label: "function" });
    await page.click(".time-bar button:has-text('Stacked')");
    const link = page.url();
    check(JSON.stringify(await state(page)) === JSON.stringify({ view: "timeline", "time-by": "function", "time-as": "stack" }), "what is shown is in the link: " + link);
    await page.click(".time-legend button >> nth=1");
    check(/^\["flush_log"/.test((await state(page)).function) && await chosenSamples(page) > 0, "a function, too: " + JSON.stringify(await state(page)));
    await page.goto("about:blank");
    await page.goto(link);
    await page.waitForSelector("html[data-ready]");
    check(await page.$eval(".time-bar select", one => one.selectedOptions[0].textContent) === "function" && (await legend(page))[0].startsWith("find_nearest_driver()"), "a copied link restores it");
    await page.reload();
    await page.waitForSelector("html[data-ready]");
    check(page.url() === link, "so does a reload");
    await page.selectOption(".time-bar select", { label: "file" });
    await page.click(".time-legend button >> nth=0");
    check((await state(page)).view === "source", "a file leads to its source");
    await close(page, "by mouse");
}

async function checkHeat(browser) {
    const page = await open(browser, "fleet", { viewport: { width: 1360, height: 1200 } });
    const wide = await page.$eval(CANVAS, canvas => canvas.clientWidth), x = s => (GUTTER + (wide - GUTTER - 8) * s / 60) / wide, top = AXIS + 18 + 30 + 3 * 38 + 30;
    const from = await at(page, CANVAS, x(12.9), top + 2 + 3 * 9 + 4), to = await at(page, CANVAS, x(12.2), top + 2 + 6 * 9 + 4);
    await page.mouse.move(...from);
    check(/^12\.3 to 12\.4 s/.test(plain(await page.textContent(".time-tip"))), "a row is a fraction of the second: " + plain(await page.textContent(".time-tip")));
    await drag(page, from, to);
    check(JSON.stringify(await range(page)) === "[12.3,12.7]", "a drag within a second: " + await range(page));
    await close(page, "fractions of a second");
    const coarse = await open(browser, "service");
    await coarse.focus(GRID);
    await press(coarse, ...Array(40).fill("ArrowDown"));
    check((await cell(coarse)).lane !== "Within the second", "no fractions where time steps are seconds");
    await close(coarse, "coarse");
}

async function checkRequests(browser) {
    const page = await open(browser, "fleet", { viewport: { width: 1360, height: 1200 } });
    await page.focus(GRID);
    await toLane(page, "Requests, row 1");
    await press(page, "Home", "ArrowRight", "ArrowRight", "ArrowRight");
    const text = (await cell(page)).text, id = /id ([0-9a-f]{16})/.exec(text)[1], cost = /CPU time ([\d.]+) ms, (\d+) samples?/.exec(text);
    const span = collector().spans.find(one => one.id === id);
    check(span && text.includes(`${span.method} ${span.path}, `) && Number(cost[1]) === span.cpu_ms && Number(cost[2]) === span.samples, `a request: ${text} for ${JSON.stringify(span)}`);
    await press(page, "Enter");
    check((await state(page)).span === id && await chosenSamples(page) === collector("--span=" + id).self_check.samples, "Enter shows only its samples: " + JSON.stringify(await state(page)));
    await press(page, "z");
    check(/^\d/.test((await state(page))["time-zoom"]), "z zooms in on it: " + JSON.stringify(await state(page)));
    await page.goBack();
    await page.goBack();
    check((await state(page)).span === undefined, "Back shows all");
    const lanes = await page.$eval(GRID, grid => grid.scrollHeight), box = await page.$eval(CANVAS, canvas => canvas.clientWidth);
    await page.$eval(GRID, grid => { grid.scrollTop = 1e6; });
    const visible = await page.$eval(GRID, grid => grid.clientHeight);
    let found = "";
    for (let part = 0.3; part < 0.9 && !found; part += 0.013) { // one of the last row but two
        await page.mouse.move(...await at(page, CANVAS, part, Math.min(visible, lanes) - 4 - 17 * 3 + 8));
        const tip = await page.isVisible(".time-tip") ? plain(await page.textContent(".time-tip")) : "";
        found = /id ([0-9a-f]{16})/.exec(tip) ? tip : "";
        if (found) {
            await page.mouse.down();
            await page.mouse.up();
        }
    }
    check(found.includes("CPU time") && box > 0 && (await state(page)).span === /id ([0-9a-f]{16})/.exec(found)[1], "by mouse, too: " + found);
    await close(page, "requests");
}

async function checkKeyboard(browser) {
    const page = await open(browser, "fleet");
    await page.focus(".time-bar select");
    const focused = () => page.evaluate(() => document.activeElement.className);
    for (let i = 0; i < 14 && await focused() !== "time-scroll"; i++) {
        await press(page, "Tab");
    }
    check(await focused() === "time-scroll" && (await cell(page)).lane === "eu-north", "Tab reaches it: " + JSON.stringify(await cell(page)));
    await press(page, "ArrowRight", "ArrowRight", "PageDown");
    check((await cell(page)).text.startsWith("1.2 to 1.3 s: "), "arrows and pages move: " + (await cell(page)).text);
    await press(page, "Shift+ArrowRight", "Shift+PageDown");
    check(await range(page) === null && /^1\.2 to 2\.4 s: .*, Enter shows it$/.test(plain(await page.textContent("#status"))), "Shift extends: " + plain(await page.textContent("#status")));
    await press(page, "Enter");
    check(JSON.stringify(await range(page)) === "[1.2,2.4]" && await focused() === "time-scroll", "Enter applies, the focus stays: " + await range(page));
    await press(page, "ArrowRight", "Shift+ArrowRight", "Escape");
    check(JSON.stringify(await range(page)) === "[1.2,2.4]", "Escape gives up what was not applied");
    await press(page, "Escape");
    check(await range(page) === null, "then ends the range");
    await press(page, "Enter");
    check(JSON.stringify(await range(page)) === "[2.5,2.6]", "Enter is the time under the cursor: " + await range(page));
    await press(page, "Escape", "Space");
    check((await state(page)).tag === '["region","eu-north"]', "Space selects the lane: " + JSON.stringify(await state(page)));
    await press(page, "Escape");
    await press(page, "ArrowUp");
    await press(page, "ArrowRight");
    check((await cell(page)).text === "36 to 36.1 s: deploy of b07d55aa", "to the deploy: " + (await cell(page)).text);
    await press(page, "+", "+");
    const zoom = (await state(page))["time-zoom"].split("..").map(Number);
    check(zoom[0] < 36 && zoom[1] > 36 && zoom[1] - zoom[0] < 30, "+ zooms around the cursor: " + zoom);
    await press(page, "-");
    check((await state(page))["time-zoom"] !== zoom.join(".."), "- back");
    await press(page, "0");
    check((await state(page))["time-zoom"] === undefined, "0 is all the time");
    await press(page, "+", "Escape");
    check((await state(page))["time-zoom"] === undefined, "so is Escape");
    await toLane(page, "show all 14");
    const before = Number(await page.getAttribute(GRID, "aria-rowcount"));
    await press(page, "Enter");
    check((await state(page))["time-threads"] === "all" && Number(await page.getAttribute(GRID, "aria-rowcount")) === before + 6, "all threads: " + before);
    const top = await page.$eval(GRID, grid => grid.scrollTop);
    await press(page, ...Array(30).fill("ArrowDown"));
    check(await page.$eval(GRID, grid => grid.scrollTop) > top && (await cell(page)).lane.startsWith("Requests, row"), "what is below scrolls into sight: " + (await cell(page)).lane);
    await press(page, "?");
    check(plain(await page.textContent("#help")).includes("Timeline: from lane to lane"), "the list of keys has them");
    await press(page, "Escape");
    await page.click("#metric button:nth-child(2)");
    await page.focus(GRID);
    await toLane(page, "us-east");
    check(/: waiting 60\.0 ms, 3 samples, 0\.60 waiting$/.test((await cell(page)).text), "it follows the metric: " + (await cell(page)).text);
    await close(page, "by keyboard");
}

async function checkLooks(browser) {
    for (const [kind, options] of [["fleet", {}], ["fleet", { viewport: { width: 390, height: 800 }, colorScheme: "dark" }], ["hostile", { viewport: { width: 390, height: 800 } }], ["service", { colorScheme: "dark" }]]) {
        const page = await open(browser, kind, options);
        await page.focus(GRID);
        await press(page, "ArrowDown", "ArrowRight");
        const found = await violations(page, axeSource);
        check(found.length === 0, `${kind}: axe finds nothing serious ${found}`);
        check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${kind}: no sideways scrolling`);
        for (let i = 0; i < 30; i++) {
            await page.mouse.move(...await at(page, CANVAS, 0.02 + i / 31, 30 + i * 12));
        }
        check(!await page.$("#view-timeline img, #view-timeline b[onclick]"), `${kind}: names are text`);
        await page.emulateMedia({ media: "print" });
        check(await page.isHidden("#view-timeline"), `${kind}: not on paper`);
        await close(page, kind);
    }
    for (const kind of ["few", "empty"]) {
        const page = await openReport(browser, plan.pages[kind], { hash: "#view=timeline" });
        check(!await page.$('#tabs [data-view="timeline"]'), `${kind}: no timeline of a single time step`);
        await close(page, kind);
    }
    for (const hash of ["&time-by=__proto__&time-zoom=9..1&time-as=x&time-threads=1", "&time-zoom=0..1e9", "&thread=4242/5014", "&thread=4242/5014&time-as=stack", "&time-zoom=59.99..99999999999999999999", "&tag=" + encodeURIComponent('["region","eu-north"]') + "&range=0..5"]) {
        const page = await open(browser, "fleet", { hash });
        check(await page.isVisible(CANVAS), "a strange link does no harm: " + hash);
        await close(page, hash);
    }
}

// The search: n goes to the requests that it finds.
async function checkSearch(browser) {
    const page = await open(browser, "fleet", { hash: "&q=post" });
    const posts = collector().spans.filter(one => one.method === "POST").length;
    await page.focus("#tabs [data-view=timeline]");
    await press(page, "n", "n");
    const text = (await cell(page)).text;
    check(text.startsWith("POST /") && plain(await page.textContent("#status")) === `2 of ${posts} requests`, `the second of ${posts}: ${text}, ${await page.textContent("#status")}`);
    await press(page, "N");
    check((await cell(page)).text.startsWith("POST /") && (await cell(page)).text !== text, "and back: " + (await cell(page)).text);
    await close(page, "search");
}

// Commits one after the other and back are deploys; instances with different commits side by side are none.
async function checkMarks() {
    const source = ["time_rows", "timeline_marks"].map(name => fs.readFileSync(path.join(__dirname, `../../profiler/collector/assets/${name}.js`), "utf8")).join("\n");
    const makeMarks = new Function(`"use strict"; const NONE = -1, COMMIT_KEY = "commit";\n${source}\nreturn makeMarks;`)();
    const marks = (commits, pids = commits.map(() => 1)) => {
        const names = [...new Set(commits)], all = [...new Set(pids)], cells = { bucket: commits.map((_, i) => i), tagSet: commits.map(one => names.indexOf(one)), thread: pids.map(pid => all.indexOf(pid)) };
        return makeMarks({ bucketS: 1, bucketCount: commits.length, tags: names.map(value => ({ key: "commit", value })), tagSets: names.map((_, i) => [i]), threads: { pid: all }, cellsOf: { cpu: cells } })
            .map(mark => `${mark.bucket} ${mark.text}`).join(", ");
    };
    check(marks([..."aaabbb"]) === "3 deploy of b", "a deploy: " + marks([..."aaabbb"]));
    check(marks([..."aabbaa"]) === "2 deploy of b, 4 deploy of a", "and back: " + marks([..."aabbaa"]));
    check(marks([..."ababbab"]) === "1 deploy of b", "side by side: " + marks([..."ababbab"]));
    check(marks([..."aaaa"]) === "" && marks([]) === "", "none");
    check(marks(["0123456789abcdef", "fedcba9876543210"]) === "1 deploy of fedcba98", "a commit is short");
    check(marks([..."aaaa"], [7, 7, 9, 7]) === "2 first sample of process 9", "a process: " + marks([..."aaaa"], [7, 7, 9, 7]));
}

// What is drawn is what is in sight.
async function checkSize(browser) {
    const page = await open(browser, "large", { hash: "&time-threads=all&time-by=function" });
    check(await page.$eval(CANVAS, canvas => canvas.clientHeight <= innerHeight), "the canvas is no higher than the window");
    check(await page.$eval(GRID, grid => grid.scrollHeight > 1.3 * grid.clientHeight), "the lanes are");
    await countDrawing(page);
    await page.focus(GRID);
    await press(page, "ArrowRight", ...Array(40).fill("ArrowDown"), "+", "+", "-");
    await page.waitForTimeout(100);
    const drawn = await page.evaluate(() => window.drawn);
    check(drawn.most > 50 && drawn.most < 20000, `at most ${drawn.most} rectangles in a frame`);
    await show(page, "overview");
    await show(page, "timeline");
    check(await page.isVisible(CANVAS), "it is there again");
    await close(page, "large");
}

run(modules, chromium, [checkNumbers, checkMouse, checkHeat, checkRequests, checkKeyboard, checkSearch, checkMarks, checkLooks, checkSize]);
