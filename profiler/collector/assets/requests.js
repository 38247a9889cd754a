// Spans and durations -> the numbers of requests for a selection. The same rules as request_summary.c and profile_select.c.

const STEPS_PER_DOUBLE = 16, QUANTILES = [50, 95, 99]; // latency_scale.h

function latencyStep(us) {
    const power = Math.floor(Math.log2(Math.max(us, STEPS_PER_DOUBLE)));
    return Math.floor((power - 4) * STEPS_PER_DOUBLE + us / 2 ** (power - 4));
}

// In microseconds: where a step begins. Its middle stands for the durations in it.
function latencyFrom(step) {
    return step < STEPS_PER_DOUBLE ? step : (STEPS_PER_DOUBLE + step % STEPS_PER_DOUBLE) * 2 ** (Math.floor(step / STEPS_PER_DOUBLE) - 1);
}

function latencyOf(step) {
    return (latencyFrom(step) + latencyFrom(step + 1)) / 2;
}

// Which spans and durations the selection leaves, and what they cost: every condition but the chosen spans themselves, so that those not
// chosen stay in sight. Durations are counted for the whole run: where a time, a thread or a place in the code is selected, they are not known.
function findRequests(view) {
    const { model } = view, { spans, latencies } = model;
    const selection = view.selection.copy();
    selection.spans.clear();
    const key = selection.text();
    if (view.requests.found && view.requests.found.key === key) {
        return view.requests.found;
    }
    const sets = selection.tagSets(), inCode = selection.function !== NONE || selection.line !== NONE;
    const found = view.requests.found = {
        key, selection, known: selection.range === null && selection.threads.size === 0 && !inCode,
        cost: costsOf(model, selection, model.cellsOf.cpu), wait: shares(spans.count), listed: [], latencies: [],
    };
    if (model.cellsOf.wait) {
        found.wait = costsOf(model, selection, model.cellsOf.wait);
    }
    const { range, threads } = selection;
    for (let i = 1; i < spans.count; i++) {
        const matches = (!sets || sets[spans.tagSet[i]]) && (threads.size === 0 || threads.has(spans.thread[i])) &&
            (!range || (spans.beginS[i] + spans.wallS[i] >= range[0] && spans.beginS[i] < range[1]));
        if (found.cost.samples[i] + found.wait.samples[i] > 0 || (matches && !inCode)) {
            found.listed.push(i);
        }
    }
    found.listed.sort((a, b) => spans.wallNs[b] - spans.wallNs[a] || a - b);
    for (let i = 0; found.known && i < latencies.name.length; i++) {
        if (!sets || sets[latencies.tagSet[i]]) {
            found.latencies.push(i);
        }
    }
    return found;
}

// By span; [0]: what is in none.
function costsOf(model, selection, cells) {
    return weighCells(cells, selection.cells(cells), model.spans.count, i => cells.span[i]);
}

// What a span cost, by thread, the most first: [{ thread, cpu, samples, wait }].
function bandsOf(view, span) {
    const { model } = view, { selection } = findRequests(view), bands = new Map();
    for (const [member, cells] of [["cpu", model.cellsOf.cpu], ["wait", model.cellsOf.wait]].filter(([, known]) => known)) {
        const chosen = selection.cells(cells);
        for (let i = 0; i < cells.node.length; i++) {
            if (cells.span[i] === span && (!chosen || chosen[i])) {
                const thread = cells.thread[i], band = bands.get(thread) || { thread, cpu: 0, samples: 0, wait: 0 };
                band[member] += cells.weight[i];
                band.samples += member === "cpu" ? cells.samples[i] : 0;
                bands.set(thread, band);
            }
        }
    }
    return [...bands.values()].sort((a, b) => b.cpu - a.cpu || b.wait - a.wait || a.thread - b.thread);
}

// How long requests took, by group. groupsOf(name, tag set) -> the groups that such requests are in: any values.
// ret: Map of group -> { group, count, p50, p95, p99, max, exact, steps: Map of step -> count, cpu, samples, kept }; durations in ns, cpu of its kept ones.
function requestRows(model, found, groupsOf) {
    const { spans, latencies } = model, rows = new Map();
    const rowOf = group => {
        if (!rows.has(group)) {
            rows.set(group, { group, count: 0, p50: 0, p95: 0, p99: 0, max: 0, exact: false, steps: new Map(), cpu: 0, samples: 0, kept: 0 });
        }
        return rows.get(group);
    };
    for (const i of found.latencies) {
        for (const group of groupsOf(latencies.name[i], latencies.tagSet[i])) {
            const { steps } = rowOf(group);
            steps.set(latencies.step[i], (steps.get(latencies.step[i]) || 0) + latencies.count[i]);
        }
    }
    rows.forEach(measureRow);
    for (const i of found.listed) {
        for (const group of groupsOf(spans.name[i], spans.tagSet[i])) {
            const row = rowOf(group), ns = spans.wallNs[i];
            row.kept++;
            row.cpu += found.cost.cpu[i];
            row.samples += found.cost.samples[i];
            if (row.count > 0 && !spans.running[i] && (row.exact ? ns > row.max : latencyStep(ns / 1e3) === latencyStep(row.max / 1e3))) {
                row.max = ns;
                row.exact = true;
            }
        }
    }
    return rows;
}

// Quantiles by nearest rank.
function measureRow(row) {
    const steps = [...row.steps].sort((a, b) => a[0] - b[0]);
    row.count = steps.reduce((sum, [, count]) => sum + count, 0);
    let seen = 0, next = 0;
    for (const [step, count] of steps) {
        seen += count;
        for (; next < QUANTILES.length && seen >= Math.ceil(row.count * QUANTILES[next] / 100); next++) {
            row["p" + QUANTILES[next]] = 1e3 * latencyOf(step);
        }
        row.max = 1e3 * latencyOf(step);
    }
}

// Three digits that count, in milliseconds: "0.123", "12.3", "1 234".
function durationText(ns) {
    const ms = Math.round(ns / 1e3) / 1e3; // as exact as the JSON
    return ms >= 99.95 ? countText(ms) : ms.toFixed(ms < 0.9995 ? 3 : ms < 9.995 ? 2 : 1);
}

function durationCell(ns, title) {
    return make("td", { class: "n", title }, ns > 0 ? durationText(ns) : null);
}
