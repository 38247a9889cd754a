// Cells -> sums over time. A window is the time on the screen, in buckets, divided into columns of whole buckets: as many as there are pixels
// for, so that what is drawn is bounded by the screen, however long the run.

// [first, end) in buckets; most: columns
function makeWindow(model, [first, end], most) {
    const count = end - first;
    return { first, end, count, columns: Math.min(count, Math.max(Math.floor(most), 1)), bucketS: model.bucketS };
}

function columnOf(window, bucket) {
    return Math.floor((bucket - window.first) * window.columns / window.count);
}

// The first bucket of a column.
function edgeOf(window, column) {
    return window.first + Math.ceil(column * window.count / window.columns);
}

function isIn(window, bucket) {
    return bucket >= window.first && bucket < window.end;
}

// chosen: as of Selection.cells().   rowOf: cell -> row, or NONE.   ret: per row the weight of every column.
function sumColumns(cells, chosen, window, rows, rowOf) {
    const sums = Array.from({ length: rows }, () => new Float64Array(window.columns));
    for (let i = 0; i < cells.node.length; i++) {
        if (isIn(window, cells.bucket[i]) && (!chosen || chosen[i])) {
            const row = rowOf(i);
            if (row !== NONE) {
                sums[row][columnOf(window, cells.bucket[i])] += cells.weight[i];
            }
        }
    }
    return sums;
}

// Weights -> CPUs in use at a time (of waiting: threads that wait), in place.
function perTime(window, sums) {
    for (let i = 0; i < sums.length; i++) {
        sums[i] /= (edgeOf(window, i + 1) - edgeOf(window, i)) * window.bucketS * 1e9;
    }
    return sums;
}

function highest(sums) {
    return sums.reduce((most, row) => row.reduce((a, b) => Math.max(a, b), most), 0);
}

// The selection without its range, per cell: what a chart over all the time shows. null: all of them. Made once per version of the view.
function chosenAtAnyTime(view, key = view.model.metric.key) {
    const kept = view.chosenAtAnyTime;
    if (!kept || kept.version !== view.version || kept.selection !== view.selection) {
        view.chosenAtAnyTime = { version: view.version, selection: view.selection, of: new Map() };
    }
    const { of } = view.chosenAtAnyTime;
    if (!of.has(key)) {
        const free = view.selection.copy();
        free.range = null;
        of.set(key, free.cells(view.model.cellsOf[key]));
    }
    return of.get(key);
}

// "0.95 CPUs"; of waiting "0.95 threads"
function perTimeText(model, value) {
    const number = value > 0 && value < 0.005 ? "<0.01" : value.toFixed(value < 9.995 ? 2 : 1);
    return `${number}${FIXED}${model.metric.key === "wait" ? "waiting" : "CPUs"}`;
}

function bucketsText(model, [first, end]) {
    return rangeText([first * model.bucketS, end * model.bucketS]);
}

// "100 ms", "2 s"
function lengthText(s) {
    return s < 1 ? `${Number((s * 1e3).toFixed(3))}${FIXED}ms` : `${Number(s.toFixed(3))}${FIXED}s`;
}
