// Boxes -> rows on a canvas of the size of the view, of which only those scrolled to are drawn. Icicle: the root on top; flame: the root lowest;
// sandwich: the function in the middle, its callers above, its callees below.

const ROW_PX = 20, TEXT_PX = 26, EDGE_PX = 3;

function lineOfRow(flame, row) {
    const { callerRow } = flame.tree, { below, above } = flame.rows;
    const line = row < callerRow ? above + row : above - 1 - (row - callerRow);
    return flame.upward ? below - 1 - line : line;
}

// NONE: no row is there.
function rowOfLine(flame, line) {
    const { below, above } = flame.rows;
    const place = flame.upward ? below - 1 - line : line;
    return line < 0 || line >= below + above ? NONE : place >= above ? place - above : flame.tree.callerRow + above - 1 - place;
}

function rowTop(flame, row) {
    return lineOfRow(flame, row) * ROW_PX - flame.scroll.scrollTop;
}

const ICICLE = {
    height: flame => (flame.rows.below + flame.rows.above) * ROW_PX,

    draw(flame) {
        const { context, colours, width, height } = flame;
        context.font = colours.font;
        context.textBaseline = "middle";
        context.textAlign = "left";
        const first = Math.floor(flame.scroll.scrollTop / ROW_PX), last = Math.floor((flame.scroll.scrollTop + height) / ROW_PX);
        for (let line = first; line <= last; line++) {
            const row = rowOfLine(flame, line);
            if (row !== NONE) {
                forEachBox(flame, row, width, (id, end, count, left, right) => drawBox(flame, id, count, left, line * ROW_PX - flame.scroll.scrollTop, right));
            }
        }
        if (flame.tree.ofCaller) { // the middle of the sandwich
            context.fillStyle = colours.ink;
            context.fillRect(0, rowTop(flame, 0) - 1, width, 1);
            context.fillRect(0, rowTop(flame, 0) + ROW_PX - 1, width, 1);
        }
        outlineBox(flame, flame.hovered, colours.ink, 1);
        outlineBox(flame, flame.selected, colours.focus, 2);
    },

    boxAt: (flame, x, y) => boxInRow(flame, rowOfLine(flame, Math.floor((y + flame.scroll.scrollTop) / ROW_PX)), flame.width, x),

    reveal(flame, id) {
        const { scroll } = flame, line = lineOfRow(flame, flame.tree.row[id]);
        if (line * ROW_PX < scroll.scrollTop + ROW_PX) {
            scroll.scrollTop = (line - 1) * ROW_PX;
        } else if ((line + 2) * ROW_PX > scroll.scrollTop + flame.height) {
            scroll.scrollTop = (line + 2) * ROW_PX - flame.height;
        }
    },
};

// Faded: what was zoomed away from, seen in part, and what the search does not find.
function isFaded(flame, id, count) {
    const { tree } = flame;
    const outside = tree.row[id] < tree.row[flame.root] && tree.row[flame.root] < tree.callerRow;
    return outside || (flame.matches !== null && (count > 1 || !flame.matches[id]));
}

function drawBox(flame, id, count, left, top, right) {
    const { context, colours, tree } = flame;
    const x = Math.max(left, 0), width = Math.min(right, flame.width) - x;
    const inner = width > 3 ? width - 1 : width; // a gap between neighbours
    const kernel = count === 1 && tree.function[id] === IN_KERNEL, faded = isFaded(flame, id, count);
    context.fillStyle = count > 1 ? colours.more : faded && !kernel ? colours.look.grey : frameFill(flame, id);
    context.fillRect(x, top, inner, ROW_PX - 1);
    if (count === 1) {
        markBox(flame, id, x, top, inner);
    }
    if (width >= TEXT_PX) {
        const text = count > 1 ? `${countText(count)} more` : frameLabel(flame, id, width);
        drawLabel(flame, text, x, top, inner, kernel, faded);
    }
}

// What the hue alone must not say: a bar at the left is a library, a dashed border inlined, a hatched strip time in the kernel.
function markBox(flame, id, x, top, width) {
    const { context, colours, tree, weights } = flame;
    const known = tree.function[id] >= 0;
    if (known && !(tree.flags[id] & OWN_FRAME) && width > 8) {
        context.fillStyle = colours.edge;
        context.fillRect(x, top, EDGE_PX, ROW_PX - 1);
    }
    if (tree.turn === "callers" && known && weights.kernel[id] > 0) {
        context.fillStyle = colours.kernel;
        context.fillRect(x, top + ROW_PX - 5, width * weights.kernel[id] / weights.total.cpu[id], 4);
    }
    if (flame.matches !== null && flame.matches[id]) {
        context.fillStyle = colours.focus;
        context.fillRect(x, top + ROW_PX - 4, width, 3);
    }
    if (tree.flags[id] & INLINED_FRAME && width > 8) {
        context.strokeStyle = colours.dim;
        context.lineWidth = 1;
        context.setLineDash([3, 3]);
        context.strokeRect(x + 0.5, top + 0.5, width - 1, ROW_PX - 2);
        context.setLineDash([]);
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
    context.fillText(text, x + 5, top + ROW_PX / 2, Math.max(width - 6, 1));
}

function outlineBox(flame, id, colour, thickness) {
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
    context.strokeRect(left + thickness / 2, rowTop(flame, tree.row[id]) + thickness / 2, Math.max(right - left - thickness - 1, 2), ROW_PX - 1 - thickness);
}
