// Two selections -> what each function and line costs in both, and a verdict on each difference: what profile_diff.c computes of two profiles.
// Functions are compared by self, lines by what they decided. Items are the functions, then the lines.

const TOO_FEW = "too few samples for a verdict on any difference";
const TOO_SHORT = "too short for a verdict on any difference: its samples lie in too few time buckets";
const VERDICTS = { more: "▲", new: "▲", less: "▼", gone: "▼", "within noise": "", "too few samples": "" };

// chosen: of each side null (every cell) or per cell whether it is in.   ret: { normalize, sides: [{ cpu, samples }], shared (samples in both),
// unjudged: null or why there are no verdicts, compared, functions: [row], lines: [row], significant: { functions, lines } }
function compareCells(view, chosen, normalize) {
    const c = countItems(view.model, chosen);
    const factors = findFactors(c);
    const functions = view.model.functions.name.length;
    const rows = (from, to) => diffRows(c, from, to, factors, normalize, view.whole.lineFunction);
    const made = { normalize, sides: c.sides, shared: c.shared, unjudged: c.unjudged, compared: factors ? factors.length : 0, functions: rows(0, functions), lines: rows(functions, c.count) };
    made.significant = { functions: countSignificant(made.functions), lines: countSignificant(made.lines) };
    return made;
}

function countSignificant(rows) {
    return rows.filter(row => row.significant).length;
}

// Calls each(side, cell, function's item, line's item) for every cell of each side; NONE: no such item.
function forEachItem({ model, chosen }, each) {
    const { cells, tree, frames } = model, functions = model.functions.name.length;
    for (const side of [0, 1]) {
        for (let i = 0; i < cells.node.length; i++) {
            if (!chosen[side] || chosen[side][i]) {
                const node = cells.node[i], decider = tree.own[node];
                each(side, i, node > 0 ? frames.function[tree.frame[node]] : NONE, decider > 0 ? functions + frames.lineId[tree.frame[decider]] : NONE);
            }
        }
    }
}

function countItems(model, chosen) {
    const count = model.functions.name.length + model.lines.count, { cells } = model;
    const c = { model, chosen, count, shared: 0, unjudged: null, items: [shares(count), shares(count)], sides: [{ cpu: 0, samples: 0 }, { cpu: 0, samples: 0 }],
        buckets: [new Float64Array(model.bucketCount), new Float64Array(model.bucketCount)], candidates: new Int32Array(count) };
    forEachItem(c, (side, i, ...items) => {
        const cpu = cells.weight[i], samples = cells.samples[i];
        for (const item of items) {
            if (item !== NONE) {
                add(c.items[side], item, cpu, samples);
            }
        }
        c.buckets[side][cells.bucket[i]] += cpu;
        c.sides[side].cpu += cpu;
        c.sides[side].samples += samples;
        c.shared += side === 1 && (!chosen[0] || chosen[0][i]) ? samples : 0;
    });
    let candidates = 0;
    for (let i = 0; i < count; i++) {
        c.candidates[i] = c.items[0].samples[i] + c.items[1].samples[i] >= JUDGE_LEAST_SAMPLES ? candidates++ : NONE;
    }
    c.candidateCount = candidates;
    return c;
}

// ret: K of each item that is compared; null, with c.unjudged: no verdicts.
function findFactors(c) {
    const [a, b] = c.sides, most = Math.floor(Math.min(a.samples, b.samples) / JUDGE_SAMPLES_PER_BATCH);
    if (most < JUDGE_LEAST_BATCHES || a.cpu === 0 || b.cpu === 0) {
        c.unjudged = TOO_FEW;
        return null;
    }
    const factors = new Float64Array(c.candidateCount);
    for (const batches of [JUDGE_BATCHES, JUDGE_LONG_BATCHES]) {
        if (!raiseFactors(c, Math.min(most, batches), factors)) {
            c.unjudged = TOO_SHORT;
            return null;
        }
    }
    return factors;
}

function raiseFactors(c, most, factors) {
    const batches = c.buckets.map(cpu => judgeBatches(cpu, most)), [before, after] = batches.map(side => side.cpu.length);
    if (Math.min(before, after) < JUDGE_LEAST_BATCHES) {
        return false;
    }
    const { bucket, weight } = c.model.cells;
    const ofItems = batches.map(side => new Float64Array(c.candidateCount * side.cpu.length));
    forEachItem(c, (side, i, ...items) => {
        for (const item of items) {
            if (item !== NONE && c.candidates[item] !== NONE) {
                ofItems[side][c.candidates[item] * batches[side].cpu.length + batches[side].of[bucket[i]]] += weight[i];
            }
        }
    });
    const quantile = judgeQuantile(c.candidateCount, before + after - 2);
    c.candidates.forEach((number, item) => {
        if (number !== NONE) {
            const own = batches.map((side, s) => ofItems[s].subarray(number * side.cpu.length, (number + 1) * side.cpu.length));
            factors[number] = Math.max(factors[number], judgeOverDispersion(c.sides, batches, c.items.map(side => side.cpu[item]), own) * quantile ** 2);
        }
    });
    return true;
}

// Of the items [from, to) that have samples: significant ones first, then the larger change.
function diffRows(c, from, to, factors, normalize, lineFunction) {
    const rows = [];
    for (let item = from; item < to; item++) {
        if (c.items[0].samples[item] + c.items[1].samples[item] > 0) {
            rows.push(diffRow(c, item, factors, normalize, lineFunction));
        }
    }
    return rows.sort((a, b) => b.significant - a.significant || Math.abs(b.change) - Math.abs(a.change) || a.function - b.function || a.line - b.line);
}

// cost, change, half: percentage points of the side, or seconds. half: null: too few samples.
function diffRow(c, item, factors, normalize, lineFunction) {
    const functions = c.model.functions.name.length, line = item < functions ? NONE : item - functions;
    const cpu = c.items.map(side => side.cpu[item]), samples = c.items.map(side => side.samples[item]);
    const cost = cpu.map((ns, s) => normalize ? c.sides[s].cpu > 0 ? 100 * ns / c.sides[s].cpu : 0 : ns * 1e-9);
    const change = cost[1] - cost[0], judged = factors && c.candidates[item] !== NONE;
    const half = judged ? judgeHalfWidth(c.sides, cpu, factors[c.candidates[item]], normalize) * (normalize ? 100 : 1e-9) : null;
    const significant = judged ? Math.abs(change) > half : false;
    const verdict = !judged ? "too few samples" : !significant ? "within noise" : samples[0] === 0 ? "new" : samples[1] === 0 ? "gone" : change > 0 ? "more" : "less";
    return { function: line === NONE ? item : lineFunction[line], line, cpu, samples, cost, change, half, significant, verdict };
}
