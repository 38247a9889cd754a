// Drives a report in Chromium by mouse and keyboard; prints TAP. Run by test_report.py: node report_checks.cjs MODULES CHROMIUM PLAN.json
// PLAN: { pages: { kind: path }, selections: [{ kind, tags: ["key=value"], json }] }; the JSON is what the collector computes for the tags.

const fs = require("fs");
const path = require("path");
const { check, open: openAddress, show, readGrid, run } = require("./harness.cjs");
const { count, readFrame, tourFlame, compareFlame, placeOf, settled } = require("./flame_tools.cjs");
const [, , modules, chromium, planPath] = process.argv;
const axeSource = fs.readFileSync(path.join(modules, "axe-core", "axe.min.js"), "utf8");
const plan = JSON.parse(fs.readFileSync(planPath, "utf8"));

function percentText(value) {
    return value <= 0 ? "" : value < 0.05 ? "<0.1" : value.toFixed(1);
}

// A value on the edge between two roundings may go either way.
function shows(text, value) {
    return [value, value - 1e-5, value + 1e-5].some(near => text === percentText(near));
}

async function open(browser, kind, { hash = "", ...options } = {}) {
    const page = await openAddress(browser, "file://" + plan.pages[kind] + hash, "file:", { viewport: { width: 1360, height: 900 }, ...options });
    if (options.javaScriptEnabled !== false) {
        await page.waitForSelector("html[data-ready]");
    }
    return page;
}

const tabs = page => page.$$eval("#tabs a", all => all.map(tab => tab.dataset.view));

// Cells of a table's body as text, a row each.
function readTable(page, id) {
    return id === "functions" ? readGrid(page, "#functions") : page.$$eval(`#${id} tbody tr`, rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim())));
}

async function readAll(page) {
    const tables = {};
    for (const [name, id] of [["overview", "lines"], ["functions", "functions"], ["tags", "tags"]]) {
        await show(page, name);
        for (let more; (more = await page.$(`#${id} .more:not(.copy) button`));) {
            await more.click();
        }
        tables[id] = await readTable(page, id);
    }
    await show(page, "source");
    for (let more; (more = await page.$("#source > .body > .more button"));) {
        await more.click();
    }
    await page.$$eval("#source details", all => all.forEach(details => { details.open = true; }));
    await page.waitForFunction(() => [...document.querySelectorAll("#source details")].every(details => details.dataset.filled));
    const files = await page.$$eval("#source details", all => all.map(details => ({
        path: details.querySelector("summary").title,
        percent: details.querySelector("summary b").innerText.replace(/[\u00a0 %–]/g, ""),
        rows: [...details.querySelectorAll("tbody tr[id]")].map(row => [...row.cells].map(cell => cell.innerText.trim())),
    })));
    return { ...tables, files };
}

// What is on screen against the collector's JSON of the same selection. ret: what differs.
function compare(shown, json) {
    const wrong = [];
    const expect = (fine, what) => fine || wrong.push(what);
    const own = json.files.flatMap(file => file.lines).filter(line => line.cpu_samples > 0)
        .map(line => ({ cpu: line.own_percent + line.library_percent + line.system_percent, samples: line.cpu_samples }))
        .filter(line => line.cpu >= json.scope.cpu_percent_threshold).sort((a, b) => b.cpu - a.cpu);
    if (own.length > 0) {
        expect(shown.lines.length >= own.length, `${shown.lines.length} lines for ${own.length}`);
        own.forEach((line, i) => shown.lines.length > i && expect(shows(shown.lines[i][0], line.cpu), `line ${i}: ${shown.lines[i][0]} for ${line.cpu}`));
        expect(shown.lines.reduce((sum, row) => sum + count(row[2]), 0) >= own.reduce((sum, line) => sum + line.samples, 0), "line samples");
    }
    expect(shown.functions.length === json.functions.length, `${shown.functions.length} functions for ${json.functions.length}`);
    json.functions.forEach((known, i) => {
        const row = shown.functions[i];
        expect(row && shows(row[0], known.self_percent) && shows(row[2], known.total_percent) && count(row[3]) === known.samples,
            `function ${known.name}: ${row}`);
    });
    const files = new Map(json.files.map(file => [file.path, file]));
    for (const file of shown.files) {
        const known = files.get(file.path);
        if (!known) {
            continue; // hostile paths are shown cleaned
        }
        expect(shows(file.percent, known.cpu_percent), `file ${file.path}: ${file.percent} for ${known.cpu_percent}`);
        const lines = new Map(known.lines.map(line => [String(line.line), line]));
        expect(known.lines.every(line => file.rows.some(row => row[0] === String(line.line))), `lines of ${file.path}`);
        for (const row of file.rows) {
            const line = lines.get(row[0]) || { own_percent: 0, library_percent: 0, system_percent: 0, total_percent: 0 };
            expect(shows(row[1], line.own_percent) && shows(row[2], line.library_percent) && shows(row[3], line.system_percent) &&
                shows(row[4], line.total_percent), `${file.path}: ${row.slice(0, 5)}`);
        }
    }
    expect(shown.files.length === json.files.length || own.length === 0, `${shown.files.length} files for ${json.files.length}`);
    const tags = new Map();
    for (const set of json.tags.sets) {
        for (const [key, value] of Object.entries(set.tags)) {
            const name = `${key} = ${value}`;
            tags.set(name, (tags.get(name) || 0) + set.samples);
        }
    }
    for (const row of shown.tags) {
        expect(!tags.has(row[0]) || tags.get(row[0]) === count(row[3]), `tag ${row[0]}: ${row[3]} for ${tags.get(row[0])}`);
    }
    return wrong;
}

// "key=value" -> the chip; "key=" is "none".
async function chip(page, tag) {
    const at = tag.indexOf("=");
    const name = JSON.stringify([tag.slice(0, at), tag.slice(at + 1) || null]);
    const handle = await page.evaluateHandle(wanted => {
        document.querySelector("#filter .by-tag").open = true;
        return [...document.querySelectorAll("#filter .chip")].find(element => element.dataset.name === wanted);
    }, name);
    return handle.asElement();
}

async function checkSelections(browser) {
    for (const { kind, tags, json: jsonPath } of plan.selections) {
        const json = JSON.parse(fs.readFileSync(jsonPath, "utf8"));
        const page = await open(browser, kind);
        for (const tag of tags) {
            await (await chip(page, tag)).click();
        }
        const name = `${kind}, ${tags.join(" ") || "everything"}`;
        const wrong = compare(await readAll(page), json);
        check(wrong.length === 0, `${name}: the numbers on screen are the collector's ${wrong.slice(0, 3).join("; ")}`);
        await show(page, "overview");
        const split = (await page.$$eval("#split li b", all => all.map(b => b.innerText.replace(/[\u00a0%]/g, "")))).join(" ");
        const parts = ["own_percent", "library_percent", "system_percent", "outside_percent"].map(part => json.self_check[part]).filter(part => part > 0);
        check(split === parts.map(percentText).join(" "), `${name}: split ${split}`);
        const named = (await page.$$eval("#split li small", all => all.map(one => one.textContent))).join(""), shares = [...named.matchAll(/\S+ ([\d.]+)(?:, |$)/g)].map(found => Number(found[1]));
        const together = shares.reduce((sum, one) => sum + one, 0), rounding = 0.051 * (shares.length + 1);
        check(shares.length === 3 ? together <= json.self_check.library_percent + rounding : Math.abs(together - json.self_check.library_percent) <= rounding, `${name}: the libraries are together their part of the split: ${named}`);
        check(await page.evaluate(() => document.body.classList.contains("part")) === tags.length > 0, `${name}: notes of the whole are said to be of the whole`);
        if (tags.length > 0) {
            const link = page.url();
            const headline = await page.textContent("h1");
            await page.reload();
            await page.waitForSelector("html[data-ready]");
            check(await page.textContent("h1") === headline && page.url() === link, `${name}: a reloaded link shows the same: ${headline}`);
        }
        if (kind !== "hostile" && json.functions.length > 0) {
            await show(page, "flame");
            const frames = await tourFlame(page);
            const differences = compareFlame(frames, json);
            check(differences.length === 0, `${name}: ${frames.length} frames met by keyboard add up to the collector's functions ${differences.slice(0, 3).join("; ")}`);
        }
        check(page.noise.length === 0, `${name}: no console message, no request, no violation ${page.noise.slice(0, 3)}`);
        await page.context().close();
    }
}

async function checkFlame(browser) {
    const page = await open(browser, "service");
    const crumbs = () => page.$$eval(".flame-bar nav li", all => all.map(item => item.textContent).join(" "));
    const chosen = () => page.textContent(".frame h3");
    await show(page, "flame");
    const colours = await page.$eval(".flame-space canvas", canvas => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return new Set(new Uint32Array(data.buffer)).size;
    });
    check(colours > 20, `the flame graph is painted: ${colours} colours`);
    check(await chosen() === "denoise_row()" && /46\.5\s*service\/operate\/dct\.c:66/.test(await page.innerText(".frame-lines")), "it opens on the hottest frame and its lines");
    const plain = await open(browser, "service", { javaScriptEnabled: false });
    await page.click(".styles button:has-text('Table')");
    check(JSON.stringify(await readTable(plain, "flame")) === JSON.stringify(await readTable(page, "flame .paths")) && (await readTable(page, "flame .paths")).length === 14,
        "its table is the static page's");
    check(await page.isHidden(".flame-scroll") && /as=table/.test(page.url()), "the table instead of the graph");
    await page.goBack();
    check(await page.isVisible(".flame-scroll") && await page.isHidden("#flame .paths"), "Back brings the graph");
    await plain.context().close();

    await page.mouse.move(...await placeOf(page, 3, 0.78));
    check(/^decode_jpeg\(\).*17\.3.*total, 0.*self, 192 of 1.113 samples/.test(await page.textContent(".tip")), "the tooltip: " + await page.textContent(".tip"));
    await page.mouse.click(...await placeOf(page, 3, 0.78));
    check(await chosen() === "decode_jpeg()" && !page.url().includes("zoom="), "a click chooses a frame");
    await page.mouse.dblclick(...await placeOf(page, 3, 0.78));
    await settled(page);
    check(await crumbs() === "everything start_thread worker_run decode_jpeg" && page.url().includes("zoom="), "a double click zooms: " + await crumbs());
    await page.mouse.click(...await placeOf(page, 4, 0.9));
    check(await chosen() === "jsimd_idct_islow_avx2()", "its callees fill the width: " + await chosen());
    const link = page.url();
    await page.click(".flame-bar button:has-text('worker_run')");
    await settled(page);
    check(await crumbs() === "everything start_thread worker_run", "the way back is a row of buttons");
    await page.goBack();
    check(await crumbs() === "everything start_thread worker_run decode_jpeg", "Back zooms as before");
    await page.goto("about:blank");
    await page.goto(link);
    await page.waitForSelector("html[data-ready]");
    check(await crumbs() === "everything start_thread worker_run decode_jpeg", "a link keeps the zoom");

    // By keyboard.
    await page.focus(".flame-scroll");
    await page.keyboard.press("Escape");
    check(await crumbs() === "everything", "Escape goes back to everything");
    await page.keyboard.press("Home");
    for (let i = 0; i < 4; i++) {
        await page.keyboard.press("ArrowDown");
    }
    check(await chosen() === "denoise_row()" && (await readFrame(page)).level === 5, "Down goes to the heaviest callee");
    check((await readFrame(page)).words.replace(/\u00a0/g, " ") === "denoise_row(), 69.2 % of CPU, self 54.7 %, 770 samples", "a screen reader hears: " + (await readFrame(page)).words);
    await page.keyboard.press("ArrowRight");
    check(await chosen() === "decode_mcu()", "Right goes to the neighbour: " + await chosen());
    await page.keyboard.press("ArrowUp");
    check(await chosen() === "decode_jpeg()", "Up goes to the caller");
    await page.keyboard.press("Enter");
    await page.keyboard.press("ArrowLeft");
    check(await chosen() === "decode_jpeg()" && await crumbs() === "everything start_thread worker_run decode_jpeg", "Enter zooms, neighbours end there");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
    check(await crumbs() === "everything start_thread worker_run decode_jpeg", "Escape is one step back");
    await page.keyboard.press("0");
    check(await crumbs() === "everything" && !page.url().includes("zoom="), "0 shows everything");
    await page.keyboard.press("Home");
    for (let i = 0; i < 4; i++) {
        await page.keyboard.press("ArrowDown");
    }
    await page.keyboard.press("s");
    check(await page.$eval("tr.here", row => row.id) === "F0L66" && page.url().includes("view=source"), "s goes to the frame's hottest line");
    await show(page, "flame");

    // Search: transform_row() and threshold() lie below denoise_row().
    await page.keyboard.press("/");
    await page.keyboard.type("row");
    const all = JSON.parse(fs.readFileSync(plan.selections[0].json, "utf8")).functions;
    const share = all.filter(known => ["denoise_row", "box_row"].includes(known.name)).reduce((sum, known) => sum + known.total_percent, 0);
    check((await page.innerText(".found")).replace(/\u00a0/g, " ") === `3 frames found, ${share.toFixed(1)} % of CPU`, "search counts what overlaps once: " + await page.innerText(".found"));
    check(/[#&]q=row(&|$)/.test(page.url()), "the search is in the link");
    await page.focus(".flame-scroll");
    await page.keyboard.press("n");
    const first = await chosen();
    await page.keyboard.press("n");
    check(first !== await chosen() && /row/.test(first) && /row/.test(await chosen()), `n goes from match to match: ${first}, ${await chosen()}`);
    await page.goBack();
    check(await page.inputValue("#search") === "" && await page.innerText(".found") === "", "Back ends the search, all its letters at once");
    await page.goForward();
    check(await page.inputValue("#search") === "row" && /^3 frames/.test(await page.innerText(".found")), "Forward searches again");
    await page.keyboard.press("Escape");
    check(await page.inputValue("#search") === "", "Escape ends it");

    // The filter: frames keep their places, the zoom stays.
    await page.focus(".flame-scroll");
    await page.keyboard.press("Home");
    await page.mouse.dblclick(...await placeOf(page, 2, 0.5));
    await settled(page);
    await (await chip(page, "operation=blur")).click();
    check(await crumbs() === "everything start_thread worker_run" && /zoom=/.test(page.url()) && /tag=/.test(page.url()), "a tag keeps the zoom");
    await page.click(".styles button:has-text('Flame')");
    const rows = await page.$eval(".flame-space", space => Math.round(space.offsetHeight / 20));
    await page.mouse.click(...await placeOf(page, rows - 1, 0.5));
    check(await chosen() === "image-service" && (await readFrame(page)).facts.samples === "192", "drawn as a flame its root is the lowest row, of the samples chosen only");
    await page.keyboard.press("ArrowUp");
    check(await chosen() === "start_thread()", "and Up goes to the callee");
    // Freely: Ctrl and wheel, drag.
    await page.mouse.move(...await placeOf(page, rows - 4, 0.3));
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -600);
    await page.keyboard.up("Control");
    await page.mouse.down();
    await page.mouse.move(...await placeOf(page, rows - 4, 0.8), { steps: 4 });
    await page.mouse.up();
    check(await crumbs() === "everything start_thread worker_run", "the wheel zooms and the mouse drags without a step in the history");
    await page.focus(".flame-scroll");
    await page.keyboard.press("Escape");
    await settled(page);
    check(page.noise.length === 0, "in silence " + page.noise);
    const tabbed = await page.evaluate(() => [...document.querySelectorAll("#flame button, #flame [tabindex]")].every(element => element.getClientRects().length === 0 || element.tabIndex >= 0));
    check(tabbed, "everything in it can be reached by Tab");
    await page.emulateMedia({ media: "print" });
    check(await page.isHidden(".graph") && await page.isVisible("#flame .paths"), "on paper it is a table");
    await page.context().close();
}

async function checkFilter(browser) {
    const page = await open(browser, "service");
    const all = await page.textContent("h1");
    const plain = await open(browser, "service", { javaScriptEnabled: false });
    check(await plain.textContent("h1") === all, "the script's sentence is the static one: " + all);
    check(await plain.textContent("#certainty") === await page.textContent("#certainty"), "and the certainty");
    for (const [name, id] of [["functions", "functions"], ["tags", "tags"], ["overview", "lines"]]) {
        await show(page, name);
        check(JSON.stringify(await readTable(plain, id)) === JSON.stringify(await readTable(page, id)), `the script's table of ${id} is the static one`);
    }
    check(await plain.isHidden("#filter") && await plain.isHidden("#tools") && await plain.isVisible("#source tr#F0L66"), "without JavaScript: no dead controls, the hot line in its source");
    await (await chip(page, "operation=blur")).click();
    const blur = await page.textContent("h1");
    check(/box_row\(\), blur\.c:8, while operation = blur/.test(blur), "filtered: " + blur);
    check((await page.title()).includes("box_row()"), "the title follows");
    await page.goBack();
    check(await page.textContent("h1") === all, "Back shows everything again");
    await page.goForward();
    check(await page.textContent("h1") === blur, "Forward filters again");
    // By keyboard: to the chip and press it.
    const focused = () => page.evaluate(() => document.activeElement.dataset.name || "");
    await page.focus("#search");
    for (let i = 0; i < 30 && await focused() !== '["operation","noise_reduction"]'; i++) {
        await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Space");
    check(await focused() === '["operation","noise_reduction"]', "a pressed chip keeps the focus");
    check(await (await chip(page, "operation=noise_reduction")).getAttribute("aria-pressed") === "true" &&
        await (await chip(page, "operation=blur")).getAttribute("aria-pressed") === "true", "values of one key are alternatives");
    await page.keyboard.press("Escape");
    check(await page.textContent("h1") === all && await page.getAttribute('[data-name="all"]', "aria-pressed") === "true", "Escape shows everything");
    await show(page, "tags");
    await page.click("#tags button:has-text('blur')");
    check(await page.textContent("h1") === blur, "a tag in the table filters, too");
    await page.click('[data-name="all"]');
    check(await page.textContent("h1") === all, "the button shows everything");
    check(page.noise.length === 0 && plain.noise.length === 0, "in silence " + page.noise);
    const added = await page.evaluate(() => Object.getOwnPropertyNames(window).filter(name => !window.noise_before.has(name) && name !== "noise_before" && isNaN(name)));
    check(added.length === 0, "no global was added " + added);
    await page.context().close();
    await plain.context().close();
}

// The tabs, by mouse and keyboard; the selection as pills; all of it in the link.
async function checkViews(browser) {
    const page = await open(browser, "service");
    const shown = () => page.$$eval(".view", all => all.filter(view => view.getClientRects().length > 0).map(view => view.dataset.view).join());
    const current = () => page.$$eval("#tabs [aria-current=page]", all => all.map(tab => tab.dataset.view).join());
    check(await shown() === "overview" && await current() === "overview", "it opens on the overview, alone");
    const names = await tabs(page);
    for (const name of names) {
        const key = await page.getAttribute(`#tabs [data-view="${name}"]`, "aria-keyshortcuts");
        await page.keyboard.press(key);
        check(await shown() === name && await current() === name && (name === "overview" || page.url().includes("view=" + name)), `${key} shows ${name}`);
    }
    await page.keyboard.press("?");
    const listed = await page.$$eval("#help dt", all => all.map(term => term.textContent));
    check(names.every((name, i) => listed[i] && listed[i].length === 1), "the list of keys has the tabs: " + listed);
    await page.keyboard.press("Escape");
    await show(page, "source");
    await page.goBack();
    check(await shown() === names[names.length - 1], "Back is the view before");
    await show(page, "flame");
    const href = await page.$eval('#tabs [data-view="tags"]', tab => tab.href);
    await page.goto("about:blank");
    await page.goto(href);
    await page.waitForSelector("html[data-ready]");
    check(await shown() === "tags", "a tab is a link");
    await page.keyboard.press("1");
    await (await chip(page, "operation=blur")).click();
    await (await chip(page, "format=jpeg")).click();
    const pills = () => page.$$eval("#filter .pill", all => all.map(pill => pill.getAttribute("aria-label")).join("; "));
    check(await pills() === "remove: operation = blur; remove: format = jpeg", "a pill for each condition: " + await pills());
    await show(page, "functions");
    check((await readTable(page, "functions")).length > 0 && !(await page.innerText("#functions")).includes("denoise_row"), "the selection holds in the next view");
    const link = page.url();
    await page.click("#filter .pill >> nth=1");
    await page.focus("#filter .pill");
    await page.keyboard.press("Enter");
    check(await pills() === "" && (await page.innerText("#functions")).includes("denoise_row"), "a pill removes its condition, by mouse and by keyboard");
    await page.goto("about:blank");
    await page.goto(link);
    await page.waitForSelector("html[data-ready]");
    check(await shown() === "functions" && await pills() === "remove: operation = blur; remove: format = jpeg" && page.url() === link, "a link keeps the view and the selection");
    check(page.noise.length === 0, "in silence " + page.noise);
    await page.context().close();
}

// Time, threads, functions and lines: what a link selects is what the cells say.
async function checkConditions(browser) {
    const json = JSON.parse(fs.readFileSync(plan.selections[0].json, "utf8"));
    const samplesOf = async hash => {
        const page = await open(browser, "service", { hash: "#" + hash });
        const text = (await page.$(".chosen")) ? await page.innerText(".chosen") : "";
        const found = /, ([\d\u202f]+) of ([\d\u202f]+) samples/.exec(text);
        check(page.noise.length === 0, "in silence " + page.noise);
        await page.context().close();
        return found ? count(found[1]) : null;
    };
    const link = parameters => new URLSearchParams(parameters).toString();
    const parts = await Promise.all(["0..2", "2..5.2", "6..99"].map(range => samplesOf(link({ range }))));
    check(parts.every(part => part > 0) && parts[0] + parts[1] + parts[2] === 1113, "time ranges on the edges of buckets add up to everything: " + parts);
    const threads = await Promise.all(["4243", "4244", "4245"].map(tid => samplesOf(link({ thread: "4242/" + tid }))));
    check(threads.every(part => part > 0) && threads[0] + threads[1] + threads[2] === 1113, "threads too: " + threads);
    check(await samplesOf("thread=4242%2F4243&thread=4242%2F4244") === threads[0] + threads[1], "two threads are either");
    for (const known of json.functions.filter(one => one.file)) {
        const found = await samplesOf(link({ function: JSON.stringify([known.name, `${known.file.replace(/^.*\/service\//, "service/")}:${known.line}`]) }));
        check(found === known.samples || (found === null && known.samples === 1113), `through ${known.name}(): ${found} for ${known.samples}`);
    }
    const file = json.files.find(one => one.path.endsWith("dct.c"));
    for (const line of file.lines.slice(0, 4)) {
        const found = await samplesOf(link({ line: `service/operate/dct.c:${line.line}` }));
        check(found === line.samples, `through dct.c:${line.line}: ${found} for ${line.samples}`);
    }
    check(await samplesOf(link({ range: "x..y", thread: "1/1", span: "0", function: "[]", line: ":" })) === null, "what the profile does not have selects everything");
}

async function checkKeys(browser) {
    const page = await open(browser, "service");
    const here = () => page.$eval("tr.here", row => row.id).catch(() => "");
    await page.keyboard.press("n");
    check(await here() === "F0L66" && /1 of 12/.test(await page.textContent("#status")), "n goes to the hottest line: " + await page.textContent("#status"));
    check(await page.$eval("tr.here", row => { const box = row.getBoundingClientRect(); return box.top > 60 && box.bottom < innerHeight; }), "it is on screen");
    await page.keyboard.press("n");
    check(/2 of 12/.test(await page.textContent("#status")), "n again goes to the next");
    await page.keyboard.press("Shift+N");
    check(await here() === "F0L66", "N goes back");
    await page.keyboard.press("/");
    await page.keyboard.type("THRESH");
    check(/1 function, 1 line, 1 file; 3\.5.% of CPU$/.test(await page.textContent("#status")), "search says what it finds, whatever the case: " + await page.textContent("#status"));
    await page.keyboard.press("n");
    check(await page.inputValue("#search") === "THRESHn", "in the search box n is a letter");
    await page.keyboard.press("Backspace");
    await show(page, "functions");
    const functions = await readTable(page, "functions");
    check(functions.length === 1 && functions[0][4] === "threshold()", "search finds functions: " + functions.map(row => row[4]));
    await show(page, "overview");
    check((await readTable(page, "lines")).length === 1, "and lines");
    await page.focus("#search");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await page.keyboard.press("4");
    check((await readTable(page, "functions")).length === 13 && await page.inputValue("#search") === "", "Escape ends the search");
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    check(await page.isVisible("#help"), "? shows the keys");
    await page.keyboard.press("Escape");
    check(await page.isHidden("#help"), "Escape closes them");
    const byTotal = page.locator("#functions th button", { hasText: "total %" });
    await byTotal.click();
    const sorted = (await readTable(page, "functions")).map(row => Number(row[2].replace("<", "")));
    check(sorted.every((value, i) => i === 0 || value <= sorted[i - 1]) && await page.getAttribute("#functions th:nth-child(3)", "aria-sort") === "descending", "columns sort: " + sorted);
    await page.locator("#functions th button", { hasText: "total %" }).click();
    check((await readTable(page, "functions"))[0][2] !== "100.0" && await page.getAttribute("#functions th:nth-child(3)", "aria-sort") === "ascending", "and turn round");
    await page.keyboard.press("1");
    await page.click("#lines a.place >> nth=3");
    check(await here() === "F1L8", "a click on a line goes to its source");
    await page.$eval("#source details[data-file='0']", details => { details.open = true; });
    await page.click("#source details[data-file='0'] .gap button >> nth=0");
    check(await page.isVisible("#F0L1") && await page.evaluate(() => document.activeElement.id) === "F0L1", "a gap opens");
    await page.click("#source details[data-file='0'] .whole");
    const numbers = await page.$$eval("#source details[data-file='0'] tbody tr", rows => rows.map(row => row.cells[0].innerText));
    check(numbers.length === 79 && numbers.every((text, i) => text === String(i + 1)), "the whole file is there: " + numbers.length);
    check(page.noise.length === 0, "in silence " + page.noise);
    await page.context().close();
}

async function checkHostile(browser) {
    for (const javaScriptEnabled of [true, false]) {
        const page = await open(browser, "hostile", { javaScriptEnabled });
        const found = javaScriptEnabled ? await page.evaluate(() => [document.images.length, document.scripts.length, document.querySelectorAll("b[onclick]").length].join()) :
            [await page.locator("img").count(), await page.locator("script").count(), await page.locator("b[onclick]").count()].join();
        check(found === (javaScriptEnabled ? "0,5,0" : "0,4,0"), `hostile names are text, JavaScript ${javaScriptEnabled ? "on" : "off"}: ${found}`);
        if (javaScriptEnabled) {
            await page.click("#filter .by-tag summary");
            const chips = await page.$$("#filter .chip");
            for (let i = 0; i < chips.length; i++) {
                await page.locator("#filter .chip").nth(i).click();
                await page.locator('[data-name="all"]').click();
            }
            for (const name of await tabs(page)) {
                await show(page, name);
            }
            await page.keyboard.press("n");
            check(chips.length > 15 && await page.evaluate(() => document.images.length + document.scripts.length) === 5, `${chips.length} hostile tags as filters change nothing`);
        }
        check(page.noise.length === 0, "in silence " + page.noise);
        await page.context().close();
    }
    const page = await open(browser, "service", { hash: '#tag=["constructor","x"]&tag=nonsense&without=__proto__&%%%' });
    check(/denoise_row/.test(await page.textContent("h1")) && page.noise.length === 0, "a link with tags of another run shows everything");
    await page.context().close();
}

async function checkForms(browser) {
    for (const [name, options] of [["light", {}], ["dark", { colorScheme: "dark" }], ["narrow", { viewport: { width: 390, height: 800 } }]]) {
        for (const kind of ["service", "few", "empty", "hostile"]) {
            const page = await open(browser, kind, options);
            await page.evaluate(axeSource);
            const serious = [], wide = [];
            for (const tab of await tabs(page)) {
                await show(page, tab);
                const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
                serious.push(...found.violations.filter(violation => ["serious", "critical"].includes(violation.impact))
                    .map(violation => `${tab}: ${violation.id} (${violation.nodes.length}): ${violation.nodes[0].target} ${violation.nodes[0].failureSummary}`));
                const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
                wide.push(...width[0] > width[1] ? [`${tab}: ${width}`] : []);
            }
            check(serious.length === 0, `${kind}, ${name}: axe finds nothing serious in any view ` + serious.join("; "));
            check(wide.length === 0, `${kind}, ${name}: no sideways scrolling of the page ` + wide.join("; "));
            await page.context().close();
        }
    }
    const page = await open(browser, "service");
    await page.emulateMedia({ media: "print" });
    check(await page.isHidden("#tools") && await page.isHidden("#filter .chips") && await page.isVisible("#F0L66"), "printed: the source is there, the controls are not");
    await page.context().close();
}

// Browsers without DecompressionStream, or without this format of it, unpack by the script's own means.
async function checkOldBrowser(browser) {
    const noClass = () => { delete window.DecompressionStream; };
    const noFormat = () => { window.DecompressionStream = class { constructor(format) { throw new TypeError(format); } }; };
    for (const [kind, prepare] of [["service", noClass], ["large", noClass], ["empty", noFormat], ["hostile", noFormat]]) {
        const page = await open(browser, kind), aged = await open(browser, kind, { prepare });
        const texts = await Promise.all([page, aged].map(async one => {
            let text = "";
            for (const name of await tabs(one)) {
                await show(one, name);
                text += await one.innerText("main");
            }
            return text;
        }));
        check(texts[0] === texts[1] && texts[0].length > 500, `${kind}: the same page in a browser that cannot inflate`);
        check(aged.noise.length === 0, "in silence " + aged.noise);
        await page.context().close();
        await aged.context().close();
    }
}

async function checkLarge(browser) {
    const page = await open(browser, "large");
    const nodes = await page.evaluate(() => document.querySelectorAll("*").length);
    check(nodes < 12000, `1,000,000 samples in 2,000 files: ${nodes} elements`);
    await page.keyboard.press("n");
    check(await page.isVisible("tr.here"), "n works there");
    await page.click("#filter .by-tag summary");
    await page.selectOption("#filter select", { index: 3 });
    check(/\d/.test(await page.textContent("#filter .chosen")), "values beyond the first chips are in a list: " + await page.textContent("#filter .chosen"));
    await page.click('[data-name="all"]');
    await drawLarge(page);
    check(page.noise.length === 0, "in silence " + page.noise);
    await page.context().close();
}

// 200,000 nodes: what one frame of the animation draws is bounded by what the screen can show, not by the profile.
async function drawLarge(page) {
    await show(page, "flame");
    await page.evaluate(() => {
        window.drawn = { boxes: 0, most: 0, times: [] };
        const fill = CanvasRenderingContext2D.prototype.fillRect, request = window.requestAnimationFrame;
        CanvasRenderingContext2D.prototype.fillRect = function (...values) {
            window.drawn.boxes++;
            return fill.apply(this, values);
        };
        window.requestAnimationFrame = callback => request(now => {
            const begin = performance.now();
            window.drawn.boxes = 0;
            callback(now);
            window.drawn.times.push(performance.now() - begin);
            window.drawn.most = Math.max(window.drawn.most, window.drawn.boxes);
        });
    });
    await page.mouse.move(...await placeOf(page, 5, 0.4));
    await page.$eval(".flame-scroll", tree => { tree.scrollTop = 4000; });
    await page.keyboard.down("Control");
    for (let i = 0; i < 24; i++) {
        await page.mouse.wheel(0, i < 12 ? -160 : 160);
    }
    await page.keyboard.up("Control");
    for (let i = 0; i < 12; i++) {
        await page.mouse.wheel(0, i % 2 ? 900 : -300);
    }
    await settled(page);
    const { most, times, rows, width } = await page.evaluate(() => {
        const tree = document.querySelector(".flame-scroll");
        return { ...window.drawn, rows: Math.ceil(tree.clientHeight / 20) + 1, width: tree.clientWidth };
    });
    times.sort((a, b) => a - b);
    console.log(`# ${times.length} frames drawn: median ${times[times.length >> 1].toFixed(1)} ms, longest ${times[times.length - 1].toFixed(1)} ms, at most ${most} rectangles`);
    check(times.length > 10 && most > 20 && most <= rows * width, `200,000 nodes: at most ${most} rectangles in one frame`);
}

run(modules, chromium, [checkSelections, checkFilter, checkViews, checkConditions, checkKeys, checkFlame, checkHostile, checkForms, checkOldBrowser, checkLarge]);
