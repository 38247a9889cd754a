// The canvas of the flame graph: its size, what part of the graph is in sight, gliding from one zoom to the next. `from`..`to` is the CPU time
// that fills the width (or the circle). One canvas of the size of the view, however high the graph.

const MOST_SCREEN = 0.66, LEAST_ROWS = 9, GLIDE_MS = 160, CLOSEST_PX_NS = 1000;

function redraw(flame) {
    flame.drawing = flame.drawing || requestAnimationFrame(now => {
        flame.drawing = 0;
        stepGlide(flame, now);
        if (flame.weights && flame.width > 1 && flame.to > flame.from) {
            flame.colours = flame.colours || readColours(flame.scroll);
            const { context } = flame, ratio = devicePixelRatio || 1;
            context.setTransform(ratio, 0, 0, ratio, 0, 0);
            context.clearRect(0, 0, flame.width, flame.height);
            flame.form.draw(flame);
            drawMinimap(flame);
        }
    });
}

function stepGlide(flame, now) {
    const { glide } = flame;
    if (!glide) {
        return;
    }
    glide.began = glide.began || now;
    const part = Math.min((now - glide.began) / GLIDE_MS, 1), eased = 1 - (1 - part) ** 3;
    flame.from = part < 1 ? glide.oldFrom + eased * (glide.from - glide.oldFrom) : glide.from;
    flame.to = part < 1 ? glide.oldTo + eased * (glide.to - glide.oldTo) : glide.to;
    if (part < 1) {
        redraw(flame);
    } else {
        flame.glide = null;
    }
}

function moveTo(flame, from, to, glide) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    flame.glide = glide && !calm ? { from, to, oldFrom: flame.from, oldTo: flame.to, began: 0 } : null;
    if (!flame.glide) {
        flame.from = from;
        flame.to = to;
    }
    layOut(flame);
}

// The canvas has the size of the view; the space it scrolls in has all the rows in which something can be seen at this zoom.
function layOut(flame) {
    const width = flame.scroll.clientWidth;
    if (!flame.weights || width === 0) {
        return;
    }
    const { from, to } = flame.glide || flame;
    const bottom = flame.space.offsetHeight - flame.scroll.scrollTop, before = flame.rows;
    flame.width = width;
    flame.rows = countRows(flame, from, to, flame.form === SUNBURST ? width * Math.PI : width);
    const whole = flame.form.height(flame);
    const most = Math.max(Math.floor(innerHeight * MOST_SCREEN / ROW_PX), LEAST_ROWS) * ROW_PX;
    flame.height = flame.form === SUNBURST ? whole : Math.min(Math.max(whole, flame.root > 0 ? flame.height : 0), most);
    flame.scroll.style.height = flame.height + "px";
    flame.space.style.height = whole + "px";
    sizeCanvas(flame.canvas, width, flame.height, () => { flame.colours = null; });
    if (!flame.letterPx) {
        flame.colours = flame.colours || readColours(flame.scroll);
        flame.context.font = flame.colours.font;
        flame.letterPx = flame.context.measureText("0".repeat(100)).width / 100;
    }
    if (before.below !== flame.rows.below || before.above !== flame.rows.above) {
        if (flame.upward) {
            flame.scroll.scrollTop = flame.space.offsetHeight - bottom; // its root stays where it is
        } else if (flame.rows.above !== before.above) {
            flame.scroll.scrollTop = (flame.rows.above - 0.4 * flame.height / ROW_PX) * ROW_PX;
        }
    }
    redraw(flame);
}

function sizeCanvas(canvas, width, height, changed) {
    const ratio = devicePixelRatio || 1, wide = Math.round(width * ratio), high = Math.round(height * ratio);
    if (canvas.width !== wide || canvas.height !== high) {
        canvas.width = wide;
        canvas.height = high;
        canvas.style.width = width + "px";
        canvas.style.height = height + "px";
        changed();
    }
}

// Move from..to freely, inside of everything.
function pan(flame, from, to) {
    const all = flame.weights.total.cpu[0];
    const span = Math.min(Math.max(to - from, flame.width * CLOSEST_PX_NS), all);
    const left = Math.min(Math.max(from, 0), all - span);
    hideTip(flame);
    moveTo(flame, left, left + span, false);
}

function reveal(flame, id) {
    const { weights } = flame;
    flame.form.reveal(flame, id);
    const middle = weights.start[id] + weights.total.cpu[id] / 2, { from, to } = flame.glide || flame;
    if (middle < from || middle > to) {
        pan(flame, middle - (to - from) / 2, middle + (to - from) / 2);
    }
}

function isWhole(flame, id) {
    const { from, to } = flame.glide || flame;
    return from === flame.weights.start[id] && to === flame.weights.start[id] + flame.weights.total.cpu[id];
}
