// Drives the findings, their prompts, and what the source view tells of a line, in Chromium; prints TAP. Run by test_answers_report.py:
// node answers_checks.cjs MODULES CHROMIUM PLAN.json
// PLAN: { pages: { kind: path }, selections: [{ kind, arguments: ["key=value", "--range=A..B"], json }] }; the JSON is the collector's of the same selection.

const fs = require("fs");
const path = require("path");
const { check, show, run } = require("./harness.cjs");
const { openReport, close, violations } = require("./report_tools.cjs");
const [, , modules, chromium, planPath] = process.argv;
const axeSource = fs.readFileSync(path.join(modules, "axe-core", "axe.min.js"), "utf8");
const plan = JSON.parse(fs.readFileSync(planPath, "utf8"));

const plain = text => text.replace(/[\u00a0\u202f]/g, " ").replace(/’/g, "'");
const hashOf = (list, more = {}) => "#" + new URLSearchParams([...list.map(one => one.startsWith("--range=") ? ["range", one.slice(8)] : ["tag", JSON.stringify(one.split("="))]), ...Object.entries(more)]);

const open = (browser, kind, hash = "", options = {}) => openReport(browser, plan.pages[kind], { hash, permissions: ["clipboard-read", "clipboard-write"], ...options });

async function checkAxe(page, what) {
    const found = await violations(page, axeSource);
    check(found.length === 0, `${what}: axe finds nothing serious ${found}`);
}

// [{ kind, text, certainty }] as on the page, the headline first.
async function readFindings(page) {
    const headline = await page.evaluate(() => ({ kind: "headline", text: document.querySelector("h1").textContent, certainty: document.getElementById("certainty").textContent }));
    const rest = await page.$$eval("#findings li", items => items.map(item => ({ kind: item.dataset.kind, text: item.firstElementChild.textContent, certainty: (item.querySelector("small") || { textContent: "" }).textContent })));
    return [headline, ...rest].map(one => ({ kind: one.kind, text: plain(one.text), certainty: plain(one.certainty) }));
}

// Digits of "1 234 of 5 678 samples", and the error.
const samplesIn = text => Number(((/([\d ]+) of [\d ]+ samples/.exec(text) || [])[1] || "0").replace(/ /g, ""));
const shownError = (text, error) => [error, error - 1e-5, error + 1e-5].some(near => text.includes(`± ${near.toFixed(1)} points`));

function compareFindings(shown, json, named) {
    check(JSON.stringify(shown.map(one => [one.kind, one.text])) === JSON.stringify(json.findings.map(one => [one.kind, plain(one.text)])),
        `${named}: the sentences are the JSON's: ${JSON.stringify(shown.map(one => one.text))} ${JSON.stringify(json.findings.map(one => one.text))}`);
    const wrong = shown.filter((one, i) => {
        const finding = json.findings[i];
        return finding.samples !== samplesIn(one.certainty) || (finding.share_percent !== null && one.kind !== "lock" && !shownError(one.certainty, finding.share_error_percent));
    });
    check(wrong.length === 0, `${named}: samples and errors are the JSON's ${JSON.stringify(wrong)}`);
}

async function checkNumbers(browser) {
    for (const { kind, arguments: list, json: file } of plan.selections) {
        const json = JSON.parse(fs.readFileSync(file, "utf8")), named = `${kind} ${list.join(" ")}`;
        const page = await open(browser, kind, hashOf(list));
        const shown = await readFindings(page);
        compareFindings(kind === "hostile" ? shown.map(one => ({ ...one, text: one.text.replace(/\ufffd+/g, "?") })) : shown,
            kind === "hostile" ? { findings: json.findings.map(one => ({ ...one, text: one.text.replace(/[\ufffd\u202e]+/g, "?") })) } : json, named);
        if (list.length === 0) {
            const still = await open(browser, kind, "", { javaScriptEnabled: false });
            check(JSON.stringify(await readFindings(still)) === JSON.stringify(shown), `${named}: the page without its script says the same`);
            await close(still, `${named} without JavaScript`);
        }
        await close(page, named);
    }
}

async function checkFollowing(browser) {
    const page = await open(browser, "answers");
    const all = await readFindings(page);
    check(all.map(one => one.kind).join() === "headline,tag,library,copy,lock,throttled", "what is found: " + all.map(one => one.kind));
    await page.click("#filter .chip[data-name*=blur]");
    const blur = await readFindings(page);
    check(!blur.some(one => ["lock", "throttled"].includes(one.kind)) && blur.some(one => one.kind === "wait"), "the findings follow the selection: " + blur.map(one => one.kind));
    await page.goBack();
    check(JSON.stringify(await readFindings(page)) === JSON.stringify(all), "and Back");
    await page.click("#metric button:nth-child(2)");
    const waiting = await readFindings(page);
    check(waiting.slice(1).every(one => one.text.includes("of waiting")), "of waiting: " + waiting.map(one => one.text));
    await page.goBack();
    await page.click("#findings li[data-kind=library] a");
    check(await page.isVisible("#view-source") && await page.$eval("tr.here", row => row.id.endsWith("L88")), "a finding's line leads to its source");
    await page.goBack();
    check(await page.isVisible("#findings"), "Back is the overview");
    await close(page, "following");
}

const BOX_ROW = `Source of service/operate/blur.c (% of CPU, line, code):
\`\`\`
             4  static void box_row(const uint8_t *from, uint8_t *to, unsigned width_px, unsigned radius_px)
             5  {
             6      uint32_t sum = 0;
             7      for (unsigned x_px = 0; x_px < width_px; x_px++) {
>  21.6      8          sum += from[x_px + radius_px] - from[x_px];
    5.9      9          to[x_px] = (uint8_t)(sum / (2 * radius_px + 1));
            10      }
            11  }
\`\`\`
`;

async function copied(page, button) {
    await page.click(button);
    check(await page.textContent("#status") === "Copied.", "it says that it copied");
    return page.evaluate(() => navigator.clipboard.readText());
}

async function checkPrompts(browser) {
    const { json: file } = plan.selections.find(one => one.kind === "answers" && one.arguments.join() === "operation=blur");
    const json = JSON.parse(fs.readFileSync(file, "utf8")), finding = json.findings.find(one => one.kind === "next");
    const page = await open(browser, "answers", hashOf(["operation=blur"]));
    const text = await copied(page, "#findings [data-kind=next] .prompt");
    const facts = await page.$$eval("#self-check .facts > div", all => all.map(fact => fact.querySelector("dt").textContent));
    const [intro, found, line, source, measured, warnings] = text.split("\n\n");
    check(intro.startsWith("This is what hotline, a sampling profiler, found in the program image-service.") && text.split("\n\n").length === 6, "an introduction: " + intro);
    check(found === `Finding: ${finding.text}\nCertainty: ± ${finding.share_error_percent.toFixed(1)} points, ${finding.samples} of ${json.self_check.samples} samples (95 % interval), ` +
        `which stand for ${json.self_check.cpu_seconds_sampled.toFixed(2)} s of CPU time\nSamples: operation = blur`, "the finding, how sure it is, of which samples: " + found);
    check(line === "Line: service/operate/blur.c:8 in box_row(): 21.6 % of CPU (own code 21.6 %, libraries called from it 0 %, kernel 0 %); on the stack in 21.6 %\n" +
        "Blocked in calls made from it: 0.00 s\nCalled from: blur_image() service/operate/blur.c:16 21.6 %\nIts time goes to: the line itself 21.6 %", "the line: " + line);
    check(source + "\n" === BOX_ROW, "its function's source, with numbers: " + source);
    check(measured.startsWith(`How it was measured:\n- Machine: ${json.machine}\n- hotline: ${json.hotline}\n- Samples: 1 406, 0 lost\n- Rate: 99.2 Hz, asked 100 per CPU second\n`) && measured.split("\n").length === facts.length + 3, "how it was measured: " + measured);
    check(/^What to know before trusting it:\n- Source not found: /.test(warnings), "and what is wrong with it: " + warnings);
    await close(page, "a prompt");
    const whole = await open(browser, "answers");
    check((await copied(whole, "#ask .prompt")).includes("\nFinding: 37 % of CPU in denoise_row(), dct.c:66, while operation = noise_reduction\nCertainty: ± 2.5 points, 518 of 1 406 samples"), "the headline, too");
    await whole.focus("#findings [data-kind=throttled] .prompt");
    await whole.keyboard.press("Enter");
    const throttled = await whole.evaluate(() => navigator.clipboard.readText());
    check(throttled.includes("\nFinding: Slow is not hot: a CPU limit held the program up for 1.30 s while it ran for 15.0 s\nSamples: all of the run\n\nHow it was"), "by keyboard; a finding without a line");
    const library = await copied(whole, "#findings [data-kind=library] .prompt");
    check(library.includes("\n\nSource of service/decode/decode_jpeg.c: not in this report. Keep the sources at that path"), "source that is not here is not made up");
    const lock = await copied(whole, "#findings [data-kind=lock] .prompt");
    check(lock.includes("the lock queue_lock</script><img src=x onerror=alert(1)>, most in worker_run(), worker.c:52\nCertainty: 240 of 480 samples") && lock.includes("Line: service/work/worker.c:52"), "of a lock");
    await close(whole, "prompts");
}

async function checkOthers(browser) {
    for (const [kind, options] of [["answers", {}], ["hostile", {}], ["empty", {}], ["answers", { viewport: { width: 400, height: 800 } }], ["answers", { colorScheme: "dark" }]]) {
        const page = await open(browser, kind, "", options);
        const width = options.viewport ? options.viewport.width : 1360, named = `${kind} ${JSON.stringify(options)}`;
        check(await page.evaluate(() => document.documentElement.scrollWidth) <= width, `${named}: the page is no wider than the screen`);
        check(await page.evaluate(() => document.querySelectorAll("main img, main script").length) === 0, `${named}: names are text`);
        await checkAxe(page, named);
        await page.emulateMedia({ media: "print" });
        check(await page.evaluate(() => [...document.querySelectorAll(".prompt")].every(button => button.offsetParent === null)) && (kind === "empty" || await page.isVisible("#findings")), `${named}: on paper the findings stand without buttons`);
        await close(page, named);
    }
}

// The short table has the first of the whole one.
async function checkGlance(browser) {
    const page = await open(browser, "answers");
    const { json: file } = plan.selections[0], json = JSON.parse(fs.readFileSync(file, "utf8"));
    const rows = await page.$$eval("#glance tbody tr", all => all.map(row => [row.cells[0].textContent, row.cells[3].textContent, row.cells[4].textContent]));
    const expected = json.functions.slice(0, 10).map(one => [one.self_percent > 0 ? one.self_percent.toFixed(1) : "", String(one.samples), one.name + "()"]);
    check(JSON.stringify(rows) === JSON.stringify(expected), "the hottest functions are the JSON's: " + rows.slice(0, 2));
    check(plain(await page.textContent("#split")).endsWith(`on a CPU ${json.self_check.cpu_seconds_sampled.toFixed(1)} sblocked ${json.wait.seconds.toFixed(1)} s`), "and how threads' time splits: " + await page.textContent("#split"));
    for (const list of [[], ["operation=blur"], ["format=jpeg"]]) {
        const part = await open(browser, "answers", hashOf(list)), of = jsonOf(list);
        const tags = await part.$$eval("#tag-glance tbody tr", all => all.map(row => [...row.cells].map(cell => cell.textContent.replace(/[\u202f]/g, ""))));
        const told = of.requests.values.map(one => [`${one.key} = ${one.value}`, String(one.count), one.p50_ms, one.p95_ms, one.p99_ms]);
        check(told.every(([tag, count, ...ms]) => tags.some(row => row[0] === tag && row[1] === count && ms.every((value, i) => Math.abs(Number(row[2 + i]) - value) <= 0.006 * value))) && told.length > 0, `${list}: requests and quantiles by tag are the JSON's ${JSON.stringify(tags)} ${JSON.stringify(told)}`);
        const samples = new Map();
        of.tags.sets.forEach(set => Object.entries(set.tags).forEach(([key, value]) => samples.set(`${key} = ${value}`, (samples.get(`${key} = ${value}`) || 0) + set.samples)));
        check(tags.every(row => Number(row[7]) === samples.get(row[0])), `${list}: and their samples ${[...samples]}`);
        await close(part, "by tag " + list);
    }
    await page.click("#tag-glance button >> nth=0");
    check(page.url().includes("tag=") && await page.$eval("#tag-glance button[aria-pressed=true]", button => button.textContent.includes("=")), "a click on a tag selects it");
    await page.goBack();
    await page.click("#glance .more button");
    check(await page.isVisible("#functions"), "a button shows all of them");
    await close(page, "the hottest functions");
}

const jsonOf = list => JSON.parse(fs.readFileSync(plan.selections.find(one => one.kind === "answers" && one.arguments.join() === list.join()).json, "utf8"));
const percentText = value => value <= 0 ? "" : value < 0.05 ? "<0.1" : value.toFixed(1);
const LINE = number => `#source tr[id$="L${number}"]`;

// { caption: [[percent, text]...] }
const readPanel = page => page.$$eval("#source tr.panel table", tables => Object.fromEntries(tables.map(table => [table.caption.textContent, [...table.tBodies[0].rows].map(row => [row.cells[0].textContent, row.cells[1].textContent])])));

async function checkPanel(browser) {
    for (const [list, place, callers, callees] of [
        [[], "service/decode/decode_jpeg.c:88", [[452, "worker_run() service/work/worker.c:52"]], [[235, "jsimd_idct_islow_avx2() /usr/lib/x86_64-linux-gnu/libjpeg.so.62.3.0"], [120, "_int_malloc() /usr/lib/x86_64-linux-gnu/libc.so.6"], [97, "decode_mcu() /usr/lib/x86_64-linux-gnu/libjpeg.so.62.3.0"]]],
        [["operation=blur"], "service/decode/decode_jpeg.c:88", [[241, "worker_run() service/work/worker.c:52"]], [[171, "jsimd_idct_islow_avx2() /usr/lib/x86_64-linux-gnu/libjpeg.so.62.3.0"], [45, "decode_mcu() /usr/lib/x86_64-linux-gnu/libjpeg.so.62.3.0"], [25, "_int_malloc() /usr/lib/x86_64-linux-gnu/libc.so.6"]]],
        [[], "service/work/tree.c:5", [[33, "worker_run() service/work/worker.c:52"]], [[33, "the line itself"]]],
        [[], "service/operate/dct.c:28", [[61, "denoise_row() service/operate/dct.c:55 inlined there"]], [[61, "the line itself"]]],
        [[], "service/operate/dct.c:55", [[76, "denoise_image() service/operate/dct.c:77"]], [[73, "transform_row() service/operate/dct.c:28 inlined"], [3, "the line itself"]]],
    ]) {
        const json = jsonOf(list), page = await open(browser, "answers", hashOf(list, { view: "source", panel: place })), panel = await readPanel(page);
        const shown = rows => JSON.stringify(rows.map(([samples, text]) => [percentText(100 * samples / json.self_check.samples), text]));
        check(JSON.stringify(panel["Called from"]) === shown(callers), `${list} ${place}: callers ${JSON.stringify(panel["Called from"])} ${shown(callers)}`);
        check(JSON.stringify(panel["Its time goes to"]) === shown(callees), `${list} ${place}: callees ${JSON.stringify(panel["Its time goes to"])} ${shown(callees)}`);
        const [, file, number] = /^(.*):(\d+)$/.exec(place), line = json.files.find(one => one.path.endsWith(file)).lines.find(one => one.line === Number(number));
        check(callers.reduce((sum, [samples]) => sum + samples, 0) === line.samples && callees.reduce((sum, [samples]) => sum + samples, 0) === line.samples, `${place}: they add up to the JSON's total, ${line.samples}`);
        check((place.endsWith("dct.c:28")) === ("Inlined" in panel), `${place}: inlined: ${JSON.stringify(panel.Inlined)}`);
        await close(page, `the panel of ${place}`);
    }
}

async function checkPanelUse(browser) {
    const page = await open(browser, "answers", "#view=source");
    await page.click(LINE(66) + " td:last-child");
    check((await readPanel(page))["Called from"][0][1].startsWith("denoise_image()") && page.url().includes("panel="), "a click on a line shows its callers");
    const link = page.url();
    await page.reload();
    await page.waitForSelector("html[data-ready]");
    check(page.url() === link && await page.isVisible("#source tr.panel"), "a reload keeps it");
    await page.goBack();
    check(await page.$("#source tr.panel") === null, "Back closes it");
    await page.goForward();
    check(await page.isVisible("#source tr.panel"), "Forward opens it");
    await page.click("#source tr.panel a.place >> nth=0");
    check(await page.$eval("tr.here", row => row.id.endsWith("L77")), "a caller's line leads there");
    await page.keyboard.press("Enter");
    check((await readPanel(page))["Called from"][0][1].startsWith("worker_run()"), "Enter opens the line in focus");
    await page.keyboard.press("Escape");
    check(await page.$("#source tr.panel") === null && await page.evaluate(() => document.activeElement.textContent === "77"), "Escape closes it, the focus is on the line");
    await page.keyboard.press("ArrowUp");
    check(await page.evaluate(() => document.activeElement.textContent === "66"), "up: the line with samples before");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    check(await page.$eval(LINE(66) + " button", button => button.getAttribute("aria-expanded")) === "true", "Enter on its number opens it, and says so");
    check((await copied(page, "#source .panel .prompt >> nth=1")).includes("\nFinding: 37 % of CPU in denoise_row(), service/operate/dct.c:66\nCertainty: ± 2.5 points, 518 of 1 406 samples"), "a line as a prompt");
    await page.click("#source .panel .prompt >> nth=0");
    check((await page.textContent("#filter .pill")).includes("dct.c:66") && (await readPanel(page))["Called from"][0][0] === "100.0", "only samples through it: the panel follows the selection");
    await checkAxe(page, "an open panel");
    await close(page, "the panel");
}

const treeItems = page => page.$$eval("#files [role=treeitem]", all => all.map(one => ({ name: one.querySelector(".name").textContent, percent: one.querySelector(".n").textContent, level: Number(one.getAttribute("aria-level")), open: one.getAttribute("aria-expanded"), focus: one === document.activeElement })));

async function checkTree(browser) {
    for (const list of [[], ["operation=blur"], ["--range=1..3"]]) {
        const json = jsonOf(list), page = await open(browser, "answers", hashOf(list, { view: "source" }));
        const wrong = (await treeItems(page)).filter(one => one.open === null && one.percent !== percentText(json.files.find(file => file.path.endsWith("/" + one.name)).cpu_percent));
        check(wrong.length === 0, `${list}: files have the JSON's shares ${JSON.stringify(wrong)}`);
        const totals = await page.$$eval("#source .subtotals li", all => all.map(item => [item.querySelector("code").textContent, item.querySelector("b").textContent.replace("\u00a0%", "")]));
        check(totals.every(([name, percent]) => percent === percentText(json.functions.find(one => one.name + "()" === name).cpu_percent)) && (list.length > 0 || totals.length >= 3), `${list}: functions have the JSON's shares ${totals}`);
        await close(page, "the tree of " + list);
    }
    const page = await open(browser, "answers", "#view=source");
    const all = await treeItems(page);
    check(all.map(one => one.name).join() === "service,operate,dct.c,blur.c,decode,decode_jpeg.c,work,worker.c,tree.c", "the tree: " + all.map(one => one.name));
    await page.click("#files [data-path='service/operate']");
    check((await treeItems(page)).length === all.length - 2 && (await treeItems(page))[1].open === "false", "a click folds a folder");
    for (const [key, expected] of [["ArrowRight", "operate"], ["ArrowRight", "dct.c"], ["ArrowDown", "blur.c"], ["ArrowLeft", "operate"], ["End", "tree.c"], ["ArrowUp", "worker.c"], ["Home", "service"]]) {
        await page.keyboard.press(key);
        const now = (await treeItems(page)).find(one => one.focus);
        check(now && now.name === expected, `${key}: ${now && now.name}`);
    }
    await page.keyboard.press("ArrowLeft");
    check((await treeItems(page)).length === 1, "left folds");
    await page.keyboard.press("Enter");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    check(await page.$eval("tr.here", row => row.id.endsWith("L66")) && page.url().includes("at="), "Enter on a file goes to its hottest line");
    const marks = await page.$$eval("#marks rect", all => all.length), lines = jsonOf([]).files.flatMap(file => file.lines.filter(line => line.own_percent + line.library_percent + line.system_percent > 0)).length;
    check(marks === lines, `a mark for each hot line: ${marks} ${lines}`);
    const box = await page.$eval("#marks", svg => { const mark = [...svg.children].find(one => one.dataset.at.endsWith(" 88")); const { left, top } = mark.getBoundingClientRect(); return { x: left + 3, y: top + 1 }; });
    await page.mouse.click(box.x, box.y);
    check(await page.$eval("tr.here", row => row.id.endsWith("L88")), "a click on a mark goes there");
    await close(page, "the tree");
}

async function checkSourceOthers(browser) {
    for (const [kind, options] of [["hostile", {}], ["empty", {}], ["large", {}], ["answers", { viewport: { width: 400, height: 800 } }], ["answers", { colorScheme: "dark" }]]) {
        const page = await open(browser, kind, "#view=source&panel=src/</script>:2", options);
        const width = options.viewport ? options.viewport.width : 1360, named = `source of ${kind} ${JSON.stringify(options)}`;
        if (kind !== "empty") {
            await page.click("#source details[open] tr:has(button.line) th button >> nth=0");
            check(await page.isVisible("#source tr.panel"), `${named}: a panel opens`);
        }
        check(await page.evaluate(() => document.documentElement.scrollWidth) <= width, `${named}: the page is no wider than the screen`);
        check(await page.evaluate(() => document.querySelectorAll("main img, main script").length) === 0, `${named}: names are text`);
        if (kind !== "large") {
            await checkAxe(page, named);
        }
        await close(page, named);
    }
}

// The static facts are the JSON's, with and without the script.
async function checkAbout(browser) {
    for (const options of [{}, { javaScriptEnabled: false }, { viewport: { width: 400, height: 800 }, colorScheme: "dark" }]) {
        const page = await open(browser, "answers", "#view=about", options), json = jsonOf([]), named = `about ${JSON.stringify(options)}`;
        const rows = Object.fromEntries(await page.$$eval("#provenance tr", all => all.map(row => [row.cells[0].textContent, row.cells[1].textContent])));
        check(rows["Command line"] === json.command_line && rows.Machine === json.machine && rows.Host === json.host && rows.hotline === json.hotline && rows.Sources === "of every file", `${named}: provenance ${JSON.stringify(rows)}`);
        const missing = await page.$$eval("#missing tr", all => all.map(row => [...row.cells].map(cell => cell.textContent).join(" ")));
        check(missing.length === 2 && missing[0].startsWith("1 modules without lines") && missing[1].startsWith("2 files without text"), `${named}: what is missing: ${missing}`);
        check((await page.$$eval("#self-check details table tbody tr", all => all.map(row => row.cells[0].textContent.replace(" own code", "")))).slice(0, json.modules.length).join() === json.modules.map(one => one.path).join(), `${named}: the modules`);
        check(await page.isVisible(".glossary dt") && (await page.textContent("#about")).includes("MIT license"), `${named}: the glossary and the license`);
        check(await page.evaluate(() => document.documentElement.scrollWidth) <= (options.viewport ? 400 : 1360), `${named}: no wider than the screen`);
        if (options.javaScriptEnabled !== false) {
            await page.click("#self-check summary >> nth=0");
            await checkAxe(page, named);
        }
        await close(page, named);
    }
    const page = await open(browser, "empty", "#view=about");
    check((await page.textContent("#missing")).includes("Nothing that hotline knows of."), "nothing is missing in nothing");
    await close(page, "about an empty run");
}

run(modules, chromium, [checkAbout, checkPanel, checkPanelUse, checkTree, checkSourceOthers, checkNumbers, checkFollowing, checkPrompts, checkGlance, checkOthers]);
