// Frames -> one canvas of the size of the view. Only what is in sight is drawn: the rows scrolled to, of each the range that a binary search
// finds, and neighbours too narrow to be seen as one hatched box. Hue tells the module (warm: the program's own, cool: libraries), strength how
// much of the CPU time the frame itself took; kernel, inlined frames and matches differ in form, not in hue alone.

const ROW_PX = 20, LEAST_PX = 0.5, MERGE_PX = 2, TEXT_PX = 26, STRENGTHS = 8;
const HUES = { own: [12, 34], library: [165, 320] };
const LOOK = {
    light: { saturation: [34, 90], lightness: [91, 69], grey: "hsl(40 8% 90%)" },
    dark: { saturation: [16, 62], lightness: [21, 38], grey: "hsl(40 4% 19%)" },
};

// The page's colours as they are now (the theme may change), and what is made from them.
function readColours(element) {
    const style = getComputedStyle(element);
    const named = name => style.getPropertyValue(name).trim();
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    return {
        look: dark ? LOOK.dark : LOOK.light, ink: named("--ink"), dim: named("--dim"), line: named("--line"), focus: named("--focus"), panel: named("--panel"),
        kernel: makeHatch(named("--kernel-ground"), named("--kernel"), 1), more: makeHatch(named("--faint"), named("--elsewhere"), -1),
        font: `11.5px ${named("--mono")}`, fills: new Map(),
    };
}

function makeHatch(ground, lines, direction) {
    const tile = document.createElement("canvas");
    const size = tile.width = tile.height = 6;
    const context = tile.getContext("2d");
    context.fillStyle = ground;
    context.fillRect(0, 0, size, size);
    context.strokeStyle = lines;
    context.lineWidth = 1.4;
    for (let at = -size; at <= 2 * size; at += size) {
        context.beginPath();
        context.moveTo(at, direction > 0 ? size + 1 : -1);
        context.lineTo(at + size + 2, direction > 0 ? -1 : size + 1);
        context.stroke();
    }
    return context.createPattern(tile, "repeat");
}

// The same module has the same hue in every report: of its name, without the version that follows ".so".
function moduleHue(path, own) {
    const [from, to] = own ? HUES.own : HUES.library;
    const name = baseName(path).replace(/\.so[.\d]*$/, "");
    return from + hashText(name) % (to - from);
}

function frameFill(colours, hue, strength) {
    const name = hue * (STRENGTHS + 1) + strength;
    let fill = colours.fills.get(name);
    if (!fill) {
        const { saturation, lightness } = colours.look, part = strength / STRENGTHS;
        fill = `hsl(${hue} ${saturation[0] + part * (saturation[1] - saturation[0])}% ${lightness[0] + part * (lightness[1] - lightness[0])}%)`;
        colours.fills.set(name, fill);
    }
    return fill;
}

function hueOf(flame, id) {
    return flame.hues[flame.tree.flags[id] & OWN_FRAME ? 0 : 1][flame.model.functions.module[flame.tree.function[id]]];
}

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

function frameLabel(flame, id, width) {
    const room = Math.floor((width - 8) / flame.letterPx);
    const forms = frameForms(flame, id), percent = percentOf(flame.sum, flame.weights.total.cpu[id]).toFixed(1) + FIXED + "%";
    const text = forms.find(form => form.length <= room);
    if (text === undefined) {
        const shortest = forms[forms.length - 1];
        return room < 3 ? "" : shortest.slice(0, room - 1) + "…";
    }
    const marked = flame.tree.again[id] > 0 && text.length + 2 <= room ? "↻ " + text : text;
    return marked.length + percent.length + 2 <= room ? `${marked}  ${percent}` : marked;
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

// Calls box(first, last, count, left, right) for every box of a row in sight, from left to right; count 1: a frame.
function forEachBox(flame, row, box) {
    const { start, total } = flame.weights;
    const { from, to, width } = flame;
    const scale = width / (to - from), end = flame.tree.rows[row + 1];
    let first = 0, last = 0, count = 0, left = 0, right = 0;
    const flush = () => {
        if (count > 0 && right - left >= LEAST_PX) {
            box(first, last, count, left, right);
        }
        count = 0;
    };
    for (let id = firstRightOf(flame, row, from); id < end && start[id] < to; id++) {
        if (total.cpu[id] === 0) {
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

// Rows on the canvas: the root's is the topmost of an icicle and the lowest of a flame.
function rowTop(flame, row) {
    return (flame.upward ? flame.shownRows - 1 - row : row) * ROW_PX - flame.scroll.scrollTop;
}

function rowAt(flame, y) {
    const line = Math.floor((y + flame.scroll.scrollTop) / ROW_PX);
    return flame.upward ? flame.shownRows - 1 - line : line;
}

function drawFlame(flame) {
    const { context, width, height, colours } = flame;
    const ratio = devicePixelRatio || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = colours.font;
    context.textBaseline = "middle";
    const one = rowAt(flame, 0), other = rowAt(flame, height);
    const last = Math.min(Math.max(one, other), flame.shownRows - 1);
    for (let row = Math.max(Math.min(one, other), 0); row <= last; row++) {
        const top = rowTop(flame, row);
        forEachBox(flame, row, (id, end, count, left, right) => drawBox(flame, id, count, left, top, right));
    }
    outline(flame, flame.hovered, colours.ink, 1);
    outline(flame, flame.selected, colours.focus, 2);
}

function drawBox(flame, id, count, left, top, right) {
    const { context, colours, tree, weights } = flame;
    const x = Math.max(left, 0), width = Math.min(right, flame.width) - x;
    const inner = width > 3 ? width - 1 : width; // a gap between neighbours
    const kernel = count === 1 && tree.function[id] === IN_KERNEL;
    const above = tree.depth[id] < tree.depth[flame.root]; // what was zoomed away from, seen in part
    const faded = above || (flame.matches !== null && (count > 1 || !flame.matches[id]));
    if (count > 1) {
        context.fillStyle = colours.more;
    } else if (kernel) {
        context.fillStyle = colours.kernel;
    } else if (faded || tree.function[id] < 0) {
        context.fillStyle = colours.look.grey;
    } else {
        const most = weights.self.cpu[weights.hottest];
        const strength = most > 0 ? Math.ceil(STRENGTHS * Math.sqrt(weights.self.cpu[id] / most)) : 0;
        context.fillStyle = frameFill(colours, hueOf(flame, id), strength);
    }
    context.fillRect(x, top, inner, ROW_PX - 1);
    if (count === 1 && flame.matches !== null && flame.matches[id]) {
        context.fillStyle = colours.focus;
        context.fillRect(x, top + ROW_PX - 4, inner, 3);
    }
    if (count === 1 && tree.flags[id] & INLINED_FRAME && inner > 8) {
        context.strokeStyle = colours.dim;
        context.lineWidth = 1;
        context.setLineDash([3, 3]);
        context.strokeRect(x + 0.5, top + 0.5, inner - 1, ROW_PX - 2);
        context.setLineDash([]);
    }
    if (width >= TEXT_PX) {
        const text = count > 1 ? `${countText(count)} more` : frameLabel(flame, id, width);
        drawLabel(flame, text, x, top, inner, kernel, faded);
    }
}

function drawLabel(flame, text, x, top, width, onHatch, faded) {
    const { context, colours } = flame;
    if (text === "" || text.length * flame.letterPx > width) {
        return;
    }
    if (onHatch) { // letters need a quiet ground
        context.fillStyle = colours.panel;
        context.fillRect(x + 2, top + 3, text.length * flame.letterPx + 4, ROW_PX - 7);
    }
    context.fillStyle = faded ? colours.dim : colours.ink;
    context.fillText(text, x + 4, top + ROW_PX / 2, Math.max(width - 6, 1));
}

function outline(flame, id, colour, thickness) {
    const { context, tree, weights } = flame;
    if (id === null || weights.total.cpu[id] === 0) {
        return;
    }
    const scale = flame.width / (flame.to - flame.from);
    const left = Math.max((weights.start[id] - flame.from) * scale, 0);
    const right = Math.min((weights.start[id] + weights.total.cpu[id] - flame.from) * scale, flame.width);
    if (right < left) {
        return;
    }
    context.strokeStyle = colour;
    context.lineWidth = thickness;
    context.strokeRect(left + thickness / 2, rowTop(flame, tree.depth[id]) + thickness / 2, Math.max(right - left - thickness - 1, 2), ROW_PX - 1 - thickness);
}
