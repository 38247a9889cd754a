// Drives the findings, their prompts, and what the source view tells of a line, in Chromium; prints TAP. Run by test_answers_report.py:
// node answers_checks.cjs MODULES CHROMIUM PLAN.json
// PLAN: { pages: { kind: path }, selections: [{ kind, arguments: ["key=value", "--range=A..B"], json }] }; the JSON is the collector's of the same selection.

const fs = require("fs");
const path = require("path");
const { check, open: openAddress, show, run } = require("./harness.cjs");
const [, , modules, chromium, planPath] = process.argv;
const axeSource = fs.readFileSync(path.join(modules, "axe-core", "axe.min.js"), "utf8");
const plan = JSON.parse(fs.readFileSync(planPath, "utf8"));

const plain = text => text.replace(/[\u00a0\u202f]/g, " ").replace(/’/g, "'");
const hashOf = (list, more = {}) => "#" + new URLSearchParams([...list.map(one => one.startsWith("--range=") ? ["range", one.slice(8)] : ["tag", JSON.stringify(one.split("="))]), ...Object.entries(more)]);

async function open(browser, kind, hash = "", options = {}) {
    const page = await openAddress(browser, "file://" + plan.pages[kind] + hash, "file:", { viewport: { width: 1360, height: 900 }, permissions: ["clipboard-read", "clipboard-write"], ...options });
    if (options.javaScriptEnabled !== false) {
        await page.waitForSelector("html[data-ready]");
    }
    return page;
}

async function close(page, what) {
    check(page.noise.length === 0, `${what}: no console message, no violation, no request but the file ${page.noise.slice(0, 3)}`);
    await page.context().close();
}

async function checkAxe(page, what) {
    await page.evaluate(axeSource);
    const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    const serious = found.violations.filter(one => ["serious", "critical"].includes(one.impact));
    check(serious.length === 0, `${what}: axe finds nothing serious ${JSON.stringify(serious.map(one => [one.id, one.nodes[0].html.slice(0, 200)]))}`);
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
    check(measured.startsWith("How it was measured:\n- Samples: 1 406, 0 lost\n- Rate: 99.2 Hz, asked 100 per CPU second\n") && measured.split("\n").length === facts.length + 1, "how it was measured: " + measured);
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
    await page.click("#glance .more button");
    check(await page.isVisible("#functions"), "a button shows all of them");
    await close(page, "the hottest functions");
}

run(modules, chromium, [checkNumbers, checkFollowing, checkPrompts, checkGlance, checkOthers]);
