// Drives the flame graph in Chromium; prints TAP. Run by test_flame.py: node flame_checks.cjs MODULES CHROMIUM PLAN.json
// PLAN: [{ kind, tags, page, json }]; the JSON is what the collector computes for the tags.

const fs = require("fs");
const path = require("path");
const { check, open: openAddress, run } = require("./harness.cjs");
const { count, readFrame, press, pressOn, tourFlame, compareFlame, placeOf, settled } = require("./flame_tools.cjs");
const [, , modules, chromium, planPath] = process.argv;
const axeSource = fs.readFileSync(path.join(modules, "axe-core", "axe.min.js"), "utf8");
const plan = JSON.parse(fs.readFileSync(planPath, "utf8")).map(part => ({ ...part, data: JSON.parse(fs.readFileSync(part.json, "utf8")) }));
const [service, blur] = plan;
const known = (data, name) => data.functions.find(one => one.name === name);

async function open(browser, { page: file, tags }, options = "", { width = 1360, ...more } = {}) {
    const chosen = tags.map(tag => "&tag=" + encodeURIComponent(JSON.stringify(tag.split("=")))).join("");
    const page = await openAddress(browser, "file://" + file + "#view=flame" + chosen + options, "file:", { viewport: { width, height: 900 }, ...more });
    await page.waitForSelector("html[data-ready]");
    return page;
}

async function close(page, what) {
    check(page.noise.length === 0, `${what}: no console message, no request, no violation ${page.noise.slice(0, 3)}`);
    await page.context().close();
}

// The page's own word: playwright learns of a changed fragment a little later.
const address = page => page.evaluate(() => location.href);
const reload = async page => {
    const link = await address(page);
    await page.goto("about:blank");
    await page.goto(link);
    await page.waitForSelector("html[data-ready]");
};
const percent = value => value <= 0 ? "0" : value < 0.05 ? "<0.1" : value.toFixed(1);
const steps = page => page.$$eval(".flame-step", all => all.map(one => one.firstChild.textContent.trim() + " " + one.querySelector("code").textContent));
const words = async page => (await readFrame(page)).words.replace(/\u00a0/g, " ");
const style = (page, name) => page.click(`.styles [data-style="${name}"]`);

// The frame with this name, by keyboard.
async function walkTo(page, name) {
    const met = await tourFlame(page);
    await page.focus(".flame-scroll");
    await page.keyboard.press("Home");
    const wanted = met.find(frame => frame.name === name + "()");
    for (let level = 1; level < wanted.level; level++) {
        await page.keyboard.press("ArrowDown");
    }
    await pressOn(page, "ArrowLeft");
    for (let now = await readFrame(page); now.id !== wanted.id; now = await press(page, "ArrowRight")) {}
}

// -- the numbers of each form -------------------------------------------------------------------------------------------------------

async function checkForms(browser) {
    for (const part of [service, blur]) {
        for (const form of ["icicle", "flame", "sunburst"]) {
            const page = await open(browser, part, form === "icicle" ? "" : "&as=" + form);
            const frames = form === "flame" ? [] : await tourFlame(page);
            const wrong = form === "flame" ? [] : compareFlame(frames, part.data);
            check(wrong.length === 0, `${part.tags} ${form}: ${frames.length} frames add up to the collector's functions ${wrong.slice(0, 3)}`);
            const colours = await page.$eval(".flame-space canvas", canvas =>
                new Set(new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size);
            check(colours > 20, `${part.tags} ${form}: it is painted, in ${colours} colours`);
            await close(page, form);
        }
    }
}

async function checkInverted(browser) {
    for (const part of [service, blur]) {
        const page = await open(browser, part);
        await page.focus(".flame-scroll");
        await page.keyboard.press("i");
        check(/inverted=1/.test((await address(page))) && await page.getAttribute(".toggles button", "aria-pressed") === "true", "i inverts");
        await page.keyboard.press("Home");
        await page.keyboard.press("ArrowDown");
        const met = await pressOn(page, "ArrowRight");
        const selves = part.data.functions.filter(one => one.self_samples > 0);
        const wrong = selves.filter(one => {
            const frame = met.find(shown => shown.name === one.name + "()" && shown.facts["self samples"] !== undefined);
            return !frame || count(frame.facts["self samples"]) !== one.self_samples || frame.facts.self.replace(/[\u00a0%]/g, "") !== percent(one.self_percent);
        });
        check(wrong.length === 0 && met.length === selves.length, `${part.tags}: its first row is the self time of every function ${wrong.map(one => one.name)}`);
        await pressOn(page, "ArrowLeft");
        const leaf = await readFrame(page);
        await page.keyboard.press("ArrowDown");
        check((await words(page)).includes(`self time of ${leaf.name}, called this way`), "below it who called: " + await words(page));
        await reload(page);
        check(await page.getAttribute(".toggles button", "aria-pressed") === "true", "a link keeps it");
        await close(page, "inverted");
    }
}

async function checkSandwich(browser) {
    const page = await open(browser, service);
    await page.focus(".flame-scroll");
    await page.keyboard.press("w");
    check(/as=sandwich&of=denoise_row$/.test((await address(page))) && await page.$eval(".styles [data-style=sandwich]", one => one.getAttribute("aria-pressed")) === "true", "w: " + (await address(page)).slice(-40));
    for (const name of ["denoise_row", "write", "worker_run", "decode_jpeg", "start_thread"]) {
        await page.evaluate(of => { location.hash = "view=flame&as=sandwich&of=" + of; }, name);
        await page.waitForFunction(of => document.querySelector(".frame h3").textContent === of + "()", name);
        await page.focus(".flame-scroll");
        await page.keyboard.press("Home");
        const middle = await readFrame(page), { samples, self_samples, total_percent } = known(service.data, name);
        // worker_run() calls itself: some of its self time is below.
        check(middle.name === name + "()" && count(middle.facts.samples) === samples && (name === "worker_run" || count(middle.facts["self samples"]) === self_samples) &&
            middle.facts.total.replace(/[\u00a0%]/g, "") === percent(total_percent), `${name} in the middle has the collector's numbers: ${JSON.stringify(middle.facts)}`);
        await page.keyboard.press("ArrowUp");
        if ((await readFrame(page)).name === middle.name) {
            check(name === "start_thread", `${name} has no callers`);
            continue;
        }
        const callers = await pressOn(page, "ArrowRight");
        check(callers.every(frame => frame.words.includes("called this way")) && callers.reduce((sum, frame) => sum + count(frame.facts.samples), 0) === samples,
            `${name}: its callers take all of it: ${callers.map(frame => `${frame.name} ${frame.facts.samples}`)}`);
    }
    await page.evaluate(() => { location.hash = "view=flame&as=sandwich&of=decode_jpeg"; });
    await page.waitForFunction(() => document.querySelector(".frame h3").textContent === "decode_jpeg()");
    await page.focus(".flame-scroll");
    await page.keyboard.press("ArrowDown");
    const callee = (await readFrame(page)).name;
    await page.keyboard.press("Enter");
    check((await readFrame(page)).name === callee && (await address(page)).endsWith("of=" + callee.slice(0, -2)), "Enter puts a callee into the middle: " + callee);
    await page.keyboard.press("Escape");
    check((await address(page)).endsWith("of=decode_jpeg"), "Escape goes back");
    await page.mouse.dblclick(...await placeOf(page, 0, 0.5));
    check(/of=start_thread$/.test((await address(page))), "a double click on a caller does, too: " + (await address(page)).slice(-30));
    await page.goBack();
    check((await address(page)).endsWith("of=decode_jpeg") && (await page.textContent(".flame-bar nav")) === "decode_jpeg", "Back undoes it");
    await close(page, "sandwich");
}

async function checkBeside(browser) {
    for (const part of [service, blur]) {
        const page = await open(browser, part);
        await page.click(".toggles button:has-text('Functions beside')");
        const rows = await page.$$eval(".flame-beside tbody tr", all => all.map(row => [...row.cells].map(cell => cell.textContent + "|" + (cell.title || ""))));
        const wrong = part.data.functions.filter(one => !rows.some(([self, total, name]) => name.startsWith(one.name + "()") && self.split("|")[0] === (one.self_percent > 0 ? percent(one.self_percent) : "") &&
            total.startsWith(percent(one.total_percent) + "|") && count(total.split("|")[1].split(" ")[0]) === one.samples));
        check(rows.length === part.data.functions.length && wrong.length === 0, `${part.tags}: the table beside has the collector's functions ${wrong.map(one => one.name)}`);
        await page.click(".flame-beside tbody button:has-text('worker_run')");
        check(await page.textContent(".frame h3") === "worker_run()" && await page.textContent(".flame-beside tr.here code") === "worker_run()", "a click chooses its frame");
        await page.click(".flame-beside th button:has-text('total')");
        check(await page.textContent(".flame-beside tbody tr code") === "start_thread()", "it sorts by total");
        await reload(page);
        check(await page.isVisible(".flame-beside table") && await page.isVisible(".flame-scroll"), "a link keeps both");
        await close(page, "both");
    }
}

// -- changes of the stacks ----------------------------------------------------------------------------------------------------------

async function checkSteps(browser) {
    const all = service.data.functions.reduce((sum, one) => sum + one.self_samples, 0);
    const samples = name => known(service.data, name).samples;
    const cases = [
        ["f", "only below denoise_row()", "denoise_row", samples("denoise_row")],
        ["d", "without denoise_row()", "denoise_row", all - samples("denoise_row")],
        ["m", "merged denoise_row()", "denoise_row", all],
        ["c", "collapsed denoise_row()", "denoise_row", all],
        ["R", "recursion collapsed of worker_run()", "worker_run", all],
        ["F", "only this path to decode_jpeg()", "decode_jpeg", samples("decode_jpeg")],
    ];
    for (const [key, pill, name, left] of cases) {
        const page = await open(browser, service);
        await walkTo(page, name);
        await page.keyboard.press(key);
        check((await steps(page)).join() === pill, `${key}: ${await steps(page)}`);
        const frames = await tourFlame(page), root = frames[0], named = frames.filter(frame => frame.name === name + "()");
        check(count(root.facts.samples) === left, `${pill}: ${root.facts.samples} samples are left of ${all}`);
        const expected = { f: 1, d: 0, m: 0, c: 1, R: 1, F: 1 }[key];
        check(named.length === expected && (key !== "c" || (named[0].facts["self samples"] === named[0].facts.samples)), `${pill}: ${named.length} frames of it`);
        if (key === "m") {
            const caller = frames.find(frame => frame.name === "denoise_image()");
            check(count(caller.facts["self samples"]) === known(service.data, name).self_samples, "its self time is its caller's");
        }
        await reload(page);
        check((await steps(page)).join() === pill && count((await tourFlame(page))[0].facts.samples) === left, `${pill}: a link keeps it`);
        await page.click(".flame-step button");
        check((await steps(page)).length === 0 && count((await tourFlame(page))[0].facts.samples) === all, `${pill}: its cross takes it off`);
        await page.goBack();
        check((await steps(page)).join() === pill, `${pill}: Back puts it on again`);
        await close(page, pill);
    }
    const page = await open(browser, service);
    await page.focus(".flame-scroll");
    await page.keyboard.press("r");
    const wrong = compareFlame(await tourFlame(page), service.data), runs = (await tourFlame(page)).filter(frame => frame.name === "worker_run()");
    check(wrong.length === 0 && runs.length === 1 && /fold=1/.test((await address(page))), `r collapses recursion, the totals stay ${wrong}`);
    await page.evaluate(() => { location.hash = "view=flame&do=drop:denoise_row&do=nonsense&do=merge:nobody&do=focus:&do=path:x:decode_jpeg&depth=7&cut=9&as=__proto__&colour=tag:x"; });
    await page.waitForFunction(() => document.querySelectorAll(".flame-step").length === 2);
    check(await page.isVisible(".empty:has-text('No samples are left')") && await page.isHidden(".flame-scroll"), "a link of another run: what is understood is done, and that nothing is left is said");
    await page.click(".flame-steps .link");
    check(await page.isVisible(".flame-scroll") && (await steps(page)).length === 0, "one button undoes all");
    await close(page, "links");
}

async function checkMenu(browser) {
    const page = await open(browser, service);
    const items = () => page.$$eval(".menu [role=menuitem]", all => all.map(one => one.firstChild.textContent));
    await page.mouse.click(...await placeOf(page, 3, 0.78), { button: "right" });
    check((await items()).length === 12 && await page.textContent(".frame h3") === "decode_jpeg()" && await page.getAttribute(".menu", "aria-label") === "decode_jpeg()",
        `right click opens the menu of the frame: ${await items()}`);
    await page.click(".menu [role=menuitem]:has-text('Drop samples')");
    check((await steps(page)).join() === "without decode_jpeg()" && await page.$(".menu") === null, "a click on an item does it");
    await page.goBack();
    check((await steps(page)).length === 0, "Back undoes it");
    await page.focus(".flame-scroll");
    await page.keyboard.press("Shift+F10");
    const focused = () => page.evaluate(() => document.activeElement.firstChild.textContent);
    const first = await focused();
    await page.keyboard.press("ArrowDown");
    check(first === "Zoom to this frame" && await focused() === "Go to its source", "Shift+F10 and arrows: " + await focused());
    await page.keyboard.press("End");
    check(await focused() === "Copy stack", "End");
    await page.keyboard.press("Escape");
    check(await page.$(".menu") === null && await page.evaluate(() => document.activeElement.className) === "flame-scroll", "Escape closes it and leaves the focus in the graph");
    await page.click(".frame-head [aria-haspopup=menu]");
    await page.evaluate(axeSource);
    const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
    check(found.violations.filter(one => ["serious", "critical"].includes(one.impact)).length === 0, "axe finds nothing serious with it open " + found.violations.map(one => one.id));
    await page.keyboard.press("m");
    check((await steps(page)).length === 1 && await page.$(".menu") === null, "the button opens it, a letter does what it says");
    await page.keyboard.press("Shift+F10");
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    check(await page.$$eval("#filter .pill", all => all.length) === 1 && /function=/.test((await address(page))), "the function is selected for every view: " + await page.$$eval("#filter .pill", all => all.map(one => one.textContent)));
    await close(page, "menu");
}

// -- the mouse, depth, colours ------------------------------------------------------------------------------------------------------

// A place in a ring of the sunburst: part of the turn from the top, radius as a part of the outermost.
async function ringPlace(page, part, radius) {
    const box = await (await page.$(".flame-space canvas")).boundingBox();
    const outer = Math.min(box.width, box.height) / 2 - 3;
    return [box.x + box.width / 2 + Math.sin(2 * Math.PI * part) * outer * radius, box.y + box.height / 2 - Math.cos(2 * Math.PI * part) * outer * radius];
}

async function checkSunburst(browser) {
    const page = await open(browser, service);
    await style(page, "sunburst");
    await settled(page);
    // hub 0.17, then 5 rings to 1: the fourth is that of denoise_row(), a 69 % arc
    await page.mouse.move(...await ringPlace(page, 0.3, 0.17 + 0.83 * 3.5 / 5));
    check(/^denoise_row\(\)/.test(await page.textContent(".tip")), "hover tells: " + await page.textContent(".tip"));
    await page.mouse.click(...await ringPlace(page, 0.78, 0.17 + 0.83 * 2.5 / 5));
    check(await page.textContent(".frame h3") === "decode_jpeg()", "a click chooses: " + await page.textContent(".frame h3"));
    await page.mouse.dblclick(...await ringPlace(page, 0.78, 0.17 + 0.83 * 2.5 / 5));
    await settled(page);
    const crumbs = () => page.textContent(".flame-bar nav");
    check(/decode_jpeg$/.test(await crumbs()), "a double click zooms: " + await crumbs());
    await page.mouse.move(...await ringPlace(page, 0.2, 0.3));
    check(/^decode_mcu\(\)|^jsimd/.test(await page.textContent(".tip")), "its callees are the ring around it: " + await page.textContent(".tip"));
    await page.mouse.dblclick(...await ringPlace(page, 0.5, 0.05));
    await settled(page);
    check(/worker_run$/.test(await crumbs()), "a double click on the hub zooms out");
    await page.mouse.click(...await ringPlace(page, 0.5, 0.99));
    await reload(page);
    check(/worker_run$/.test(await crumbs()) && /as=sunburst/.test((await address(page))), "a link keeps form and zoom");
    await close(page, "sunburst");
}

async function checkDepth(browser) {
    const page = await open(browser, service);
    const rows = () => page.$eval(".flame-space", space => Math.round(space.offsetHeight / 20));
    const whole = await rows();
    await page.selectOption(".choosers label:nth-child(1) select", "3");
    check(whole > 5 && await rows() === 4 && /depth=3/.test((await address(page))), `depth 3: ${whole} rows become ${await rows()}`);
    await page.goBack();
    check(await rows() === whole, "Back shows all");
    await page.selectOption(".choosers label:nth-child(2) select", "1/100");
    await settled(page);
    const shown = await page.evaluate(() => {
        const tree = document.querySelector(".flame-space canvas"), found = [];
        for (let x = 2; x < tree.clientWidth; x += 3) {
            const box = tree.getBoundingClientRect();
            tree.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX: box.left + x, clientY: box.top + 2.5 * 20 }));
            found.push(document.querySelector(".tip").hidden ? "" : document.querySelector(".tip b").textContent);
        }
        return [...new Set(found)];
    });
    check(/cut=100/.test((await address(page))) && shown.includes("worker_run()") && !shown.includes("epoll_wait()"), `cut-off 1/100 leaves out what has less: ${shown}`);
    for (const colour of ["self time", "tag operation"]) {
        await page.selectOption(".choosers label:nth-child(3) select", colour);
        check((await page.innerText(".legend")).includes(colour === "self time" ? "much" : "noise_reduction"), `coloured by ${colour}: ${(await page.innerText(".legend")).replace(/\n/g, " ")}`);
    }
    await reload(page);
    check(/colour=tag%3Aoperation/.test((await address(page))) && (await page.innerText(".legend")).includes("noise_reduction"), "a link keeps the colour");
    await close(page, "depth, cut-off, colour");
}

async function checkMinimap(browser) {
    const page = await open(browser, service);
    check(await page.isHidden(".minimap"), "no minimap while all is shown");
    await page.mouse.dblclick(...await placeOf(page, 3, 0.78));
    await settled(page);
    check(await page.isVisible(".minimap"), "zoomed: a minimap");
    const map = await (await page.$(".minimap")).boundingBox();
    await page.mouse.move(map.x + map.width * 0.1, map.y + 10);
    await page.mouse.down();
    await page.mouse.up();
    await settled(page);
    await page.mouse.move(...await placeOf(page, 4, 0.5));
    check(/^denoise_row\(\)/.test(await page.textContent(".tip")), "a press on it shows that place: " + await page.textContent(".tip b"));
    await close(page, "minimap");
}

// -- names, sizes, everyone ---------------------------------------------------------------------------------------------------------

async function checkHostile(browser) {
    const page = await open(browser, plan[2]);
    const bad = () => page.evaluate(() => document.images.length + document.querySelectorAll("b[onclick]").length + document.scripts.length);
    const before = await bad();
    const frames = await tourFlame(page);
    let done = 0;
    for (const form of ["icicle", "sunburst", "sandwich", "flame"]) {
        await style(page, form);
        for (const key of ["m", "c", "f", "R"]) {
            await page.focus(".flame-scroll");
            await page.keyboard.press("Home");
            await page.keyboard.press("ArrowDown");
            await page.keyboard.press("Shift+F10");
            await page.keyboard.press(key);
            done += (await steps(page)).length;
        }
        await reload(page);
        if (await page.$(".flame-steps .link")) {
            await page.click(".flame-steps .link");
        }
    }
    await page.click(".toggles button:has-text('Functions beside')");
    for (const option of await page.$$eval(".choosers label:nth-child(3) option", all => all.map((one, i) => i))) {
        await page.selectOption(".choosers label:nth-child(3) select", { index: option });
    }
    check(frames.length > 3 && done > 8 && await bad() === before, `hostile names in ${done} pills, in menus, links, legends: text`);
    await close(page, "hostile");
}

async function checkEveryone(browser) {
    for (const [name, options] of [["light", {}], ["dark", { colorScheme: "dark" }], ["narrow", { width: 390 }]]) {
        const page = await open(browser, service, "&beside=1&do=merge:denoise_image", options);
        await page.evaluate(axeSource);
        const serious = [], wide = [];
        for (const form of ["icicle", "flame", "sunburst", "sandwich", "table"]) {
            await style(page, form);
            const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
            serious.push(...found.violations.filter(one => ["serious", "critical"].includes(one.impact)).map(one => `${form}: ${one.id} ${one.nodes[0].target}`));
            const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
            wide.push(...width[0] > width[1] ? [`${form} ${width}`] : []);
        }
        check(serious.length === 0 && wide.length === 0, `${name}: axe finds nothing serious, nothing scrolls sideways ${serious} ${wide}`);
        await close(page, name);
    }
}

// 200,000 nodes: what one frame of the animation draws is bounded by what the screen can show, whatever the form.
async function checkLarge(browser) {
    for (const options of ["", "&inverted=1", "&as=sunburst&depth=40", "&as=sandwich", "&as=flame&colour=tag:customer"]) {
        const page = await open(browser, plan[3], options);
        await page.evaluate(() => {
            window.drawn = { now: 0, most: 0, times: [] };
            for (const call of ["fillRect", "strokeRect", "fillText", "fill", "stroke"]) {
                const real = CanvasRenderingContext2D.prototype[call];
                CanvasRenderingContext2D.prototype[call] = function (...values) {
                    window.drawn.now++;
                    return real.apply(this, values);
                };
            }
            const request = window.requestAnimationFrame;
            window.requestAnimationFrame = callback => request(now => {
                const begin = performance.now();
                window.drawn.now = 0;
                callback(now);
                window.drawn.times.push(performance.now() - begin);
                window.drawn.most = Math.max(window.drawn.most, window.drawn.now);
            });
        });
        await page.focus(".flame-scroll");
        await page.mouse.move(...await placeOf(page, 5, 0.4));
        await page.keyboard.down("Control");
        for (let i = 0; i < 16; i++) {
            await page.mouse.wheel(0, i < 8 ? -160 : 160);
        }
        await page.keyboard.up("Control");
        for (let i = 0; i < 8; i++) {
            await page.mouse.wheel(0, i % 2 ? 900 : -300);
            await page.keyboard.press(i % 2 ? "ArrowDown" : "ArrowRight");
        }
        await settled(page);
        const { most, times, area } = await page.evaluate(() => {
            const canvas = document.querySelector(".flame-space canvas");
            return { ...window.drawn, area: [canvas.width, canvas.height] };
        });
        times.sort((a, b) => a - b);
        console.log(`# ${options}: ${times.length} frames drawn, median ${times[times.length >> 1].toFixed(1)} ms, longest ${times[times.length - 1].toFixed(1)} ms, at most ${most} calls`);
        const bound = 5 * Math.ceil(area[1] / 20 + 1) * area[0] / 2; // five calls for a box of 2 px
        check(times.length > 3 && most > 5 && most <= bound && area[0] <= 1360 && area[1] <= 900, `200,000 nodes${options}: at most ${most} calls in one frame, on a canvas of ${area}`);
        await close(page, options);
    }
}

run(modules, chromium, [checkForms, checkInverted, checkSandwich, checkBeside, checkSteps, checkMenu, checkSunburst, checkDepth, checkMinimap, checkHostile, checkEveryone, checkLarge]);
