// What checks of the view of requests share: what it shows, and what the JSON of the same selection makes of it.

const { check } = require("./harness.cjs");

const number = text => Number(text.replace(/[^\d.-]/g, ""));
const rows = (page, id, part = "tr:not(.band)") => page.$$eval(`#${id} tbody ${part}`, all => all.map(row => [...row.cells].map(cell => cell.textContent.replace(/[\u00a0\u202f]/g, " ").trim())));
const hash = page => page.evaluate(() => decodeURIComponent(location.hash));
const focused = page => page.evaluate(() => document.activeElement.dataset.name || document.activeElement.id);
const pressed = page => page.$$eval("#slowest [aria-pressed=true]", all => all.map(button => button.dataset.name.slice(5)));

// Three digits that count.
const ms = value => (value <= 0 ? "" : value >= 99.95 ? String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, " ") : value.toFixed(value < 0.9995 ? 3 : value < 9.995 ? 2 : 1));
const tagsText = tags => Object.entries(tags).map(([key, value]) => `${key} = ${value}`).join(" ");
const spanRow = span => [ms(span.wall_ms) || "0.000", ms(span.cpu_ms), String(span.samples), span.begin_s.toFixed(3), [span.method, span.path || span.name].filter(one => one).join(" ") + (span.running ? " still running" : ""),
    span.request_id || "", ms(span.wait_ms), tagsText(span.tags)];
const quantiles = row => [ms(row.p50_ms), ms(row.p95_ms), ms(row.p99_ms), ms(row.max_ms)];
const spansIn = (page, end = 8) => rows(page, "slowest").then(all => all.map(row => row.slice(0, end)).sort());
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

async function showAllRows(page) {
    for (let more; (more = await page.$("#slowest .more button"));) {
        await more.click();
    }
}

// A request's CPU time is the sum of its bands, in its own thread and in helpers.
async function checkBands(page, part) {
    const found = await page.$$eval("#slowest tbody tr", all => all.filter(row => row.matches(".picked, .band")).map(row => ({ picked: row.matches(".picked"), last: row.matches(".last"),
        texts: [...row.cells].map(cell => cell.textContent) })));
    let bands = [];
    for (const row of found.reverse()) {
        if (row.picked) {
            const sum = bands.reduce((total, band) => total + number(band.texts[1]), 0);
            check(bands.length > 0 && Math.abs(sum - number(row.texts[1])) < 0.05 * bands.length && bands.reduce((total, band) => total + number(band.texts[2]), 0) === number(row.texts[2]),
                `its bands add up: ${bands.map(band => band.texts.slice(0, 5).join(" ")).reverse().join("; ")}`);
            bands = [];
        } else if (!row.last) {
            bands.push(row);
        }
    }
    const ofThreads = part.threads.filter(thread => thread.samples > 0).map(thread => thread.samples).sort();
    const shown = found.filter(row => !row.picked && !row.last);
    check(part.spans.length > 1 || same(shown.map(row => number(row.texts[2])).sort(), ofThreads), `as many samples in each thread as in the JSON: ${ofThreads}`);
}

module.exports = { ms, number, rows, hash, focused, pressed, same, tagsText, spanRow, quantiles, spansIn, showAllRows, checkBands };
