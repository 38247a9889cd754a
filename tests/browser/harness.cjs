// What browser checks share: TAP, Chromium, a page that notes every noise it makes.

const path = require("path");

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"];
let points = 0, failures = 0;

function check(fine, text) {
    points++;
    failures += fine ? 0 : 1;
    console.log(`${fine ? "ok" : "not ok"} ${points} - ${text.replace(/[\n#\u202f\u00a0]/g, " ")}`);
}

// page.noise: console messages, errors, policy violations, and requests that do not begin with `home`.
// prepare: runs in the page before its own scripts.
async function open(browser, address, home, { prepare = null, ...options } = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
    const page = await context.newPage();
    page.noise = [];
    page.requests = [];
    page.on("console", message => page.noise.push("console: " + message.text()));
    page.on("pageerror", error => page.noise.push("error: " + error.message));
    page.on("dialog", dialog => { page.noise.push("dialog: " + dialog.message()); dialog.dismiss(); });
    page.on("request", request => {
        page.requests.push(`${request.method()} ${request.url()}`);
        if (!request.url().startsWith(home) && !/^(blob|data):/.test(request.url())) {
            page.noise.push("request: " + request.url());
        }
    });
    if (options.javaScriptEnabled !== false) {
        await page.addInitScript(() => {
            window.noise_before = new Set(Object.getOwnPropertyNames(window));
            document.addEventListener("securitypolicyviolation", event => console.log("policy: " + event.violatedDirective));
        });
    }
    if (prepare) {
        await page.addInitScript(prepare);
    }
    await page.goto(address);
    return page;
}

// Open a view of the report by its tab.
async function show(page, name) {
    await page.click(`#tabs [data-view="${name}"]`);
}

// All rows of a table that makes only those in sight, or of the static page's: cells as text, a row each.
async function readGrid(page, selector) {
    const grid = await page.$(`${selector} .grid-box`);
    if (!grid) {
        return page.$$eval(`${selector} tbody tr`, rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim())));
    }
    const height = await grid.evaluate(box => { const before = box.style.height; box.style.height = "100000px"; return before; });
    await page.waitForFunction(box => box.tBodies[0].rows.length === Number(box.getAttribute("aria-rowcount")) - 1, grid);
    const rows = await grid.evaluate(box => [...box.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.innerText.trim())));
    await grid.evaluate((box, before) => { box.style.height = before; }, height);
    return rows;
}

// Run the parts in turn; a part that throws is a failed point. Ends the process.
async function run(modules, chromium, parts) {
    const playwright = require(path.join(modules, "playwright-core"));
    const browser = await playwright.chromium.launch({ executablePath: chromium, args: FLAGS });
    for (const part of parts) {
        try {
            await part(browser);
        } catch (error) {
            check(false, `${part.name}: ${error.stack.split("\n").slice(0, 6).join(" ")}`);
        }
    }
    await browser.close();
    process.exit(failures > 0 ? 1 : 0);
}

module.exports = { check, open, show, readGrid, run, FLAGS };
