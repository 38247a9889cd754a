// Cells -> rows that know what they have in each bucket: what is on the screen is then summed from the rows in sight only.

// The cells' indexes in the order of time; made once.
function inTimeOrder(model, cells) {
    if (!cells.inTimeOrder) {
        const { bucket } = cells, next = new Uint32Array(model.bucketCount + 1), order = new Uint32Array(bucket.length);
        for (let i = 0; i < bucket.length; i++) {
            next[bucket[i] + 1]++;
        }
        addUp(next);
        for (let i = 0; i < bucket.length; i++) {
            order[next[bucket[i]]++] = i;
        }
        cells.inTimeOrder = order;
    }
    return cells.inTimeOrder;
}

function addUp(counts) {
    for (let i = 1; i < counts.length; i++) {
        counts[i] += counts[i - 1];
    }
}

// chosen: as of Selection.cells().   rowOf: cell -> row, or NONE.
// ret: row r has the entries start[r] to start[r + 1] of bucket (rising), weight, samples.
function makeRows(model, cells, chosen, count, rowOf) {
    const sorted = inTimeOrder(model, cells), start = new Uint32Array(count + 1), last = new Int32Array(count).fill(NONE);
    const each = visit => {
        last.fill(NONE);
        for (let k = 0; k < sorted.length; k++) {
            const i = sorted[k], row = !chosen || chosen[i] ? rowOf(i) : NONE;
            if (row !== NONE) {
                visit(i, row, last[row] !== cells.bucket[i]);
                last[row] = cells.bucket[i];
            }
        }
    };
    each((i, row, fresh) => { start[row + 1] += fresh ? 1 : 0; });
    addUp(start);
    const size = start[count], next = start.slice(0, count);
    const rows = { count, start, bucket: new Uint32Array(size), weight: new Float64Array(size), samples: new Uint32Array(size) };
    each((i, row, fresh) => {
        const at = fresh ? next[row]++ : next[row] - 1;
        rows.bucket[at] = cells.bucket[i];
        rows.weight[at] += cells.weight[i];
        rows.samples[at] += cells.samples[i];
    });
    return rows;
}

// The first entry of a row that is not before the bucket.
function firstEntry({ start, bucket }, row, from) {
    let low = start[row], high = start[row + 1];
    while (low < high) {
        const middle = (low + high) >> 1;
        if (bucket[middle] < from) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

// What a row has in the buckets [first, end).
function sumRow(rows, row, [first, end]) {
    const sum = { cpu: 0, samples: 0 };
    for (let i = firstEntry(rows, row, first); i < rows.start[row + 1] && rows.bucket[i] < end; i++) {
        sum.cpu += rows.weight[i];
        sum.samples += rows.samples[i];
    }
    return sum;
}

// CPUs in use at a time, per column of the window.
function rowColumns(rows, row, window) {
    const sums = new Float64Array(window.columns);
    for (let i = firstEntry(rows, row, window.first); i < rows.start[row + 1] && rows.bucket[i] < window.end; i++) {
        sums[columnOf(window, rows.bucket[i])] += rows.weight[i];
    }
    return perTime(window, sums);
}
