// Fractions of a second: a column a second, a row for each bucket in it, as in FlameScope: what happens at the same moment of every second, or
// for a part of one, is a pattern here and lost in a line of time.

const HEAT_ROW_PX = 9, LEAST_HEAT_PX = 44, MOST_HEAT_ROWS = 50, HEAT_LEVELS = 10;

// How many buckets make a second; 0: they do not.
function bucketsPerSecond({ bucketS }) {
    const count = Math.round(1 / bucketS);
    return count > 1 && count <= MOST_HEAT_ROWS && Math.abs(count * bucketS - 1) < 1e-6 ? count : 0;
}

function heatHeight(rows) {
    return rows * Math.max(HEAT_ROW_PX, Math.ceil(LEAST_HEAT_PX / rows)) + 4;
}

// The columns in sight; where a pixel has several seconds, of as many. ret: { perColumn: buckets, from: first column, sums, within: in the range }
function sumHeat(view, rows, { window, width }) {
    const { timeline: { whole }, selection } = view, [first, end] = selection.buckets();
    const perColumn = Math.max(Math.ceil(window.count / rows / width), 1) * rows, from = Math.floor(window.first / perColumn);
    const size = (Math.ceil(window.end / perColumn) - from) * rows, sums = new Float64Array(size), within = new Uint8Array(size);
    for (let i = firstEntry(whole, 0, from * perColumn); i < whole.start[1] && whole.bucket[i] < from * perColumn + size / rows * perColumn; i++) {
        const bucket = whole.bucket[i], at = (Math.floor(bucket / perColumn) - from) * rows + bucket % rows;
        sums[at] += whole.weight[i];
        within[at] |= bucket >= first && bucket < end ? 1 : 0;
    }
    return { perColumn, from, sums, within };
}

// Dark: much.
function drawHeat(view, chart, lane, y, plot) {
    const { timeline, model } = view, { context, colours } = chart, { rows } = lane, high = (lane.height - 4) / rows;
    const { perColumn, from, sums, within } = sumHeat(view, rows, plot), most = highest([sums]);
    const paths = Array.from({ length: HEAT_LEVELS + 1 }, () => [new Path2D(), new Path2D()]);
    timeline.mostHeat = most / 1e9 / (perColumn / rows * model.bucketS);
    sums.forEach((value, at) => {
        if (value > 0) {
            const bucket = (from + Math.floor(at / rows)) * perColumn;
            const left = Math.max(xOfBucket(plot, bucket), plot.left), wide = Math.min(xOfBucket(plot, bucket + perColumn), plot.left + plot.width) - left;
            paths[Math.ceil(HEAT_LEVELS * value / most)][within[at]].rect(left, y + 2 + at % rows * high, Math.max(wide - (wide > 4 ? 1 : 0), 0.75), high - (high > 5 ? 1 : 0));
        }
    });
    context.fillStyle = colours.heat;
    paths.forEach((pair, level) => pair.forEach((path, inside) => {
        context.globalAlpha = (0.08 + 0.92 * level / HEAT_LEVELS) * (inside ? 1 : 0.25);
        context.fill(path);
    }));
    context.globalAlpha = 1;
    const label = (row, text) => drawName(chart, { name: text, height: 2 }, y + 1 + (row + 0.5) * high, plot);
    label(0, `0${FIXED}ms`);
    label(rows - 1, `${Math.round((rows - 1) * model.bucketS * 1000)}${FIXED}ms`);
}

// Where a bucket is in the lane of fractions of a second.
function heatBox(view, lane, bucket) {
    const { plot } = view.timeline, { rows } = lane, high = (lane.height - 4) / rows, second = Math.floor(bucket / rows);
    const x = xOfBucket(plot, second * rows);
    return { x, wide: Math.max(xOfBucket(plot, (second + 1) * rows) - x, 2), y: 2 + bucket % rows * high, high };
}
