// Which boxes are in sight: of each row the range that a binary search finds, neighbours too narrow to be seen as one box. What a box is called.

const LEAST_PX = 0.5, MERGE_PX = 2;

// "ns::Type<int>::method(int) const" -> that, without its parameters, and only "method": the longest that fits is shown.
function labelForms(name) {
    const plain = name.replace("operator()", "operator..").replaceAll("(anonymous namespace)", "{anonymous namespace}");
    const end = plain.indexOf("(");
    const bare = end > 0 ? name.slice(0, end) : name;
    let depth = 0, last = 0;
    for (let i = 0; i + 1 < bare.length; i++) {
        depth += bare[i] === "<" ? 1 : bare[i] === ">" ? -1 : 0;
        last = depth === 0 && bare.startsWith("::", i) ? i + 2 : last;
    }
    return [functionText(name), bare, bare.slice(last)];
}

function frameForms(flame, id) {
    const { tree, model } = flame;
    const known = tree.function[id];
    if (known < 0) {
        return known === IN_KERNEL ? ["in the kernel", "kernel"] : [flame.title];
    }
    return flame.forms[known] || (flame.forms[known] = labelForms(model.functions.name[known]));
}

// The longest form of the name that fits, with its percentage where there is room.
function frameLabel(flame, id, width) {
    const room = Math.floor((width - 8) / flame.letterPx);
    const forms = frameForms(flame, id), percent = sharePercent(flame, flame.weights.total.cpu[id]), mark = changeMark(flame, id);
    const text = forms.find(form => form.length <= room);
    if (text === undefined) {
        const shortest = forms[forms.length - 1];
        return room < 3 ? "" : shortest.slice(0, room - 1) + "…";
    }
    const marked = flame.tree.again[id] > 0 && text.length + 2 <= room ? "↻ " + text : text;
    const numbers = [percent + mark, mark.trim(), percent].find(number => number && marked.length + number.length + 2 <= room);
    return numbers ? `${marked}  ${numbers}` : marked;
}

// The first frame of a row that ends right of `cpu`.
function firstRightOf(flame, row, cpu) {
    const { start } = flame.weights;
    let low = flame.tree.rows[row], high = flame.tree.rows[row + 1];
    while (low < high) {
        const middle = low + high >>> 1;
        if (start[middle] + flame.weights.total.cpu[middle] > cpu) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

// What a frame must weigh to be drawn at all: the reader's cut-off.
function leastShown(flame) {
    return flame.cut > 0 ? flame.weights.total.cpu[0] / flame.cut : 0;
}

// Calls box(first, last, count, left, right) for every box of a row in sight, from left to right; count 1: a frame. width: that of from..to.
function forEachBox(flame, row, width, box) {
    const { start, total } = flame.weights;
    const { from, to } = flame;
    const scale = width / (to - from), end = flame.tree.rows[row + 1], least = leastShown(flame);
    let first = 0, last = 0, count = 0, left = 0, right = 0;
    const flush = () => {
        if (count > 0 && right - left >= LEAST_PX) {
            box(first, last, count, left, right);
        }
        count = 0;
    };
    for (let id = firstRightOf(flame, row, from); id < end && start[id] < to; id++) {
        if (total.cpu[id] === 0 || total.cpu[id] < least) {
            continue;
        }
        const x = (start[id] - from) * scale, next = x + total.cpu[id] * scale;
        if (next - x >= MERGE_PX) {
            flush();
            box(id, id, 1, x, next);
            continue;
        }
        if (count > 0 && x - right >= LEAST_PX) {
            flush();
        }
        if (count === 0) {
            first = id;
            left = x;
        }
        last = id;
        count++;
        right = next;
    }
    flush();
}

// The box of a row at a place of it, { id, last, count }, or null.
function boxInRow(flame, row, width, x) {
    let found = null;
    if (row !== NONE) {
        forEachBox(flame, row, width, (id, last, count, left, right) => {
            if (x >= left - 1 && x < right + 1 && (!found || x >= left)) {
                found = { id, last, count };
            }
        });
    }
    return found;
}

// How many rows below the root, and above that of a sandwich, have something to see at this zoom: a frame, or many narrow ones together.
function countRows(flame, from, to, width) {
    const { tree, weights } = flame;
    const pixel = (to - from) / width, least = leastShown(flame);
    const rootRow = tree.row[flame.root], most = flame.depthShown > 0 ? rootRow + flame.depthShown : Infinity;
    const rows = { below: 1, above: 0 };
    for (let row = 1; row < tree.rows.length - 1; row++) {
        let widest = 0, together = 0;
        for (let id = tree.rows[row]; id < tree.rows[row + 1]; id++) {
            const begin = weights.start[id], cpu = weights.total.cpu[id];
            if (cpu > 0 && cpu >= least && begin < to && begin + cpu > from) {
                widest = Math.max(widest, cpu);
                together += cpu;
            }
        }
        if (widest >= LEAST_PX * pixel || together >= MERGE_PX * pixel) {
            const below = row < tree.callerRow;
            rows[below ? "below" : "above"] = below ? row + 1 : row - tree.callerRow + 1;
        }
    }
    return { below: Math.min(rows.below, most + 1), above: Math.min(rows.above, most) };
}
