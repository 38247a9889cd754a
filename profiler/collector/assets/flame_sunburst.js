// Boxes -> rings: the frame zoomed to is the hub, what it calls the ring around it. Angles are CPU time, clockwise from the top.

const HUB_PART = 0.17, WIDEST_RING_PX = 72, LEAST_RING_LETTERS_PX = 13, ROUND = 2 * Math.PI;

// Where the rings are: { x, y, hub, ring } in px.
function measureSunburst(flame) {
    const radius = Math.min(flame.width, flame.height) / 2 - 3;
    const rings = Math.max(flame.rows.below - 1 - flame.tree.row[flame.root], 1);
    const hub = Math.max(radius * HUB_PART, 26);
    return { x: flame.width / 2, y: flame.height / 2, hub, ring: Math.min((radius - hub) / rings, WIDEST_RING_PX), rings };
}

// The inner radius of a row's ring; the root's is the hub.
function ringInner(flame, place, row) {
    return place.hub + (row - flame.tree.row[flame.root] - 1) * place.ring;
}

const SUNBURST = {
    height: flame => Math.max(Math.min(flame.width, Math.floor(innerHeight * MOST_SCREEN)), 240),

    draw(flame) {
        const { context, colours, tree } = flame, place = measureSunburst(flame);
        context.font = colours.font;
        context.textBaseline = "middle";
        context.textAlign = "center";
        const rootRow = tree.row[flame.root];
        for (let row = rootRow + 1; row <= rootRow + place.rings && row < tree.callerRow; row++) {
            const inner = ringInner(flame, place, row), around = ROUND * (inner + place.ring);
            forEachBox(flame, row, around, (id, end, count, left, right) => drawArc(flame, place, id, count, inner, left / around, right / around));
        }
        drawHub(flame, place);
        outlineArc(flame, place, flame.hovered, colours.ink, 1);
        outlineArc(flame, place, flame.selected, colours.focus, 2.5);
    },

    boxAt(flame, x, y) {
        const place = measureSunburst(flame);
        const dx = x - place.x, dy = y - place.y, radius = Math.hypot(dx, dy);
        if (radius < place.hub) {
            return { id: flame.root, last: flame.root, count: 1 };
        }
        const ring = Math.floor((radius - place.hub) / place.ring) + 1, row = flame.tree.row[flame.root] + ring;
        if (ring > place.rings || row >= flame.tree.callerRow) {
            return null;
        }
        const around = ROUND * (ringInner(flame, place, row) + place.ring);
        const part = (Math.atan2(dx, -dy) / ROUND + 1) % 1;
        return boxInRow(flame, row, around, part * around);
    },

    reveal() {},
};

function arcPath(context, place, inner, outer, begin, end) {
    const turn = part => part * ROUND - Math.PI / 2;
    context.beginPath();
    context.arc(place.x, place.y, outer, turn(begin), turn(end));
    context.arc(place.x, place.y, inner, turn(end), turn(begin), true);
    context.closePath();
}

function drawArc(flame, place, id, count, inner, left, right) {
    const { context, colours, tree } = flame;
    const begin = Math.max(left, 0), end = Math.min(right, 1), outer = inner + place.ring - 1;
    const kernel = count === 1 && tree.function[id] === IN_KERNEL, faded = isFaded(flame, id, count);
    arcPath(context, place, inner, outer, begin, end);
    context.fillStyle = count > 1 ? colours.more : faded && !kernel ? colours.look.grey : frameFill(flame, id);
    context.fill();
    const length = (end - begin) * ROUND * outer;
    if (length > 3) {
        context.strokeStyle = colours.panel;
        context.lineWidth = 1;
        context.stroke();
    }
    if (count === 1) {
        markArc(flame, place, id, inner, outer, begin, end, length);
        labelArc(flame, place, id, inner, outer, begin, end, kernel, faded);
    }
}

function markArc(flame, place, id, inner, outer, begin, end, length) {
    const { context, colours, tree } = flame;
    if (tree.function[id] >= 0 && !(tree.flags[id] & OWN_FRAME) && length > 8) {
        arcPath(context, place, inner, inner + EDGE_PX, begin, end);
        context.fillStyle = colours.edge;
        context.fill();
    }
    if (flame.matches !== null && flame.matches[id]) {
        arcPath(context, place, outer - 3, outer, begin, end);
        context.fillStyle = colours.focus;
        context.fill();
    }
    if (tree.flags[id] & INLINED_FRAME && length > 10) {
        arcPath(context, place, inner + 1, outer - 1, begin, end);
        context.strokeStyle = colours.dim;
        context.setLineDash([3, 3]);
        context.stroke();
        context.setLineDash([]);
    }
}

// Along the ring where it is wide enough, else outwards.
function labelArc(flame, place, id, inner, outer, begin, end, onHatch, faded) {
    const { context, colours, letterPx } = flame;
    const middle = (inner + outer) / 2, part = (begin + end) / 2, angle = part * ROUND;
    const chord = 2 * middle * Math.sin(Math.min((end - begin) * ROUND, Math.PI) / 2);
    const along = outer - inner >= LEAST_RING_LETTERS_PX && chord > outer - inner;
    const room = along ? Math.min(chord, 2 * Math.sqrt(Math.max(outer ** 2 - (middle + 5) ** 2, 0))) : (end - begin) * ROUND * middle >= 12 ? outer - inner : 0;
    const forms = frameForms(flame, id), fits = Math.floor((room - 6) / letterPx);
    const text = forms.find(form => form.length <= fits) || (fits >= 4 ? forms[forms.length - 1].slice(0, fits - 1) + "…" : "");
    if (!text) {
        return;
    }
    context.save();
    context.translate(place.x + middle * Math.sin(angle), place.y - middle * Math.cos(angle));
    const tilt = along ? angle : angle - Math.PI / 2; // never upside down
    context.rotate(Math.cos(tilt) < -1e-9 ? tilt + Math.PI : tilt);
    if (onHatch) {
        context.fillStyle = colours.panel;
        context.fillRect(-text.length * letterPx / 2 - 2, -7, text.length * letterPx + 4, 14);
    }
    context.fillStyle = faded ? colours.dim : colours.ink;
    context.fillText(text, 0, 0.5);
    context.restore();
}

function drawHub(flame, place) {
    const { context, colours, letterPx } = flame;
    context.beginPath();
    context.arc(place.x, place.y, place.hub - 2, 0, ROUND);
    context.fillStyle = flame.root > 0 ? frameFill(flame, flame.root) : colours.look.grey;
    context.fill();
    const forms = frameForms(flame, flame.root), room = Math.floor((2 * place.hub - 14) / letterPx);
    const text = forms.find(form => form.length <= room) || forms[forms.length - 1].slice(0, Math.max(room - 1, 1)) + "…";
    context.fillStyle = colours.ink;
    context.fillText(text, place.x, place.y - 8);
    context.fillStyle = colours.dim;
    context.fillText(sharePercent(flame, flame.weights.total.cpu[flame.root]), place.x, place.y + 8);
}

function outlineArc(flame, place, id, colour, thickness) {
    const { context, tree, weights } = flame;
    if (id === null || weights.total.cpu[id] === 0) {
        return;
    }
    context.strokeStyle = colour;
    context.lineWidth = thickness;
    const ring = tree.row[id] - tree.row[flame.root];
    if (id === flame.root) {
        context.beginPath();
        context.arc(place.x, place.y, place.hub - 2, 0, ROUND);
        context.stroke();
        return;
    }
    const span = flame.to - flame.from;
    const begin = Math.max((weights.start[id] - flame.from) / span, 0), end = Math.min((weights.start[id] + weights.total.cpu[id] - flame.from) / span, 1);
    if (ring > 0 && ring <= place.rings && end > begin) {
        const inner = ringInner(flame, place, tree.row[id]);
        arcPath(context, place, inner + thickness / 2, inner + place.ring - 1 - thickness / 2, begin, end);
        context.stroke();
    }
}
