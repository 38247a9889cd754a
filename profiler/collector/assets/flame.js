// The flame graph: what is in sight of it, the mouse, the keyboard. `from`..`to` is the CPU time that fills its width; `root` is the frame zoomed
// to, which the fragment keeps; panning and zooming by the wheel move from..to freely until the next step.
//
// To a screen reader it is a tree of which the item in focus exists: two elements take turns, because only a change of aria-activedescendant
// is spoken.

const MOST_SCREEN = 0.62, LEAST_ROWS = 9, GLIDE_MS = 160, WHEEL_STEP = 1.0016, CLOSEST_PX_NS = 1000, TABLE_FRAMES = 40;
const FLAME_STYLES = ["icicle", "flame", "table"];

function makeFlame(view) {
    const { model } = view;
    const flame = {
        view, model, title: view.title, tree: null, sum: null, weights: null, names: null, forms: [], hues: null, matches: null,
        style: "icicle", upward: false, wanted: "", root: 0, trail: [], selected: 0, chosen: false, hovered: null,
        from: 0, to: 1, width: 1, height: 1, shownRows: 1, drawing: 0, glide: null, dragged: false,
    };
    flame.hues = [true, false].map(own => model.modules.path.map(path => moduleHue(path, own))); // as own code, as a library
    makeFlameElements(flame);
    return flame;
}

function makeFlameElements(flame) {
    const { view } = flame;
    flame.canvas = make("canvas", { "aria-hidden": "true" });
    flame.context = flame.canvas.getContext("2d");
    flame.items = ["flame-item-0", "flame-item-1"].map(id => make("div", { id, role: "treeitem", class: "unseen" }));
    flame.space = make("div", { class: "flame-space" }, flame.canvas, ...flame.items);
    flame.scroll = make("div", {
        class: "flame-scroll", role: "tree", tabindex: "0", "aria-label": "Flame graph of CPU time", "aria-describedby": "flame-hint",
        "aria-keyshortcuts": "ArrowUp ArrowDown ArrowLeft ArrowRight Enter Escape s 0", onkeydown: event => onFlameKey(view, event),
        onscroll: () => redraw(flame),
        onfocus: () => speak(flame),
    }, flame.space);
    flame.tip = make("div", { class: "tip", "aria-hidden": "true", hidden: true });
    flame.crumbs = make("ol");
    flame.found = make("p", { class: "found" });
    flame.buttons = FLAME_STYLES.map(style => make("button", { type: "button", onclick: () => setFlameStyle(view, style) },
        style[0].toUpperCase() + style.slice(1)));
    flame.bar = make("div", { class: "flame-bar" }, make("nav", { "aria-label": "Zoom" }, flame.crumbs), flame.found,
        make("div", { class: "styles", role: "group", "aria-label": "Drawn as" }, ...flame.buttons));
    flame.panel = make("div", { class: "frame" });
    flame.legend = make("p", { class: "legend" });
    flame.graph = make("div", { class: "graph" }, flame.scroll, flame.legend, flame.panel);
    flame.paths = make("div", { class: "paths" });
    listenToMouse(flame);
    new ResizeObserver(() => requestAnimationFrame(() => layOut(flame))).observe(flame.bar);
    addEventListener("resize", () => layOut(flame));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
        flame.colours = null;
        showLegend(flame);
        redraw(flame);
    });
}

// ret: the share of CPU time that the search finds, in words.
function showFlame(view) {
    const { flame, sum } = view;
    const body = document.querySelector("#flame > .body");
    if (sum.all.samples === 0) {
        body.replaceChildren(make("p", { class: "empty" }, "No samples."));
        return "0" + FIXED + "%";
    }
    flame.tree = flame.tree || makeFlameTree(view.model);
    if (flame.sum !== sum) {
        flame.sum = sum;
        flame.weights = weighFlame(flame.tree, sum);
    }
    if (flame.graph.parentNode !== body) {
        body.replaceChildren(flame.bar, flame.graph, flame.paths);
        document.body.append(flame.tip);
        for (const title of [byId("flame-title")]) {
            title.textContent = "Flame graph";
        }
    }
    const found = findMatches(view);
    if (!flame.chosen) {
        flame.selected = flame.weights.hottest;
    }
    showPaths(view);
    showZoom(view, false);
    return found;
}

// Bring root, selection and style onto the screen.
function showZoom(view, glide) {
    const { flame } = view;
    if (!flame.sum || view.sum.all.samples === 0) {
        return;
    }
    flame.root = rootOf(flame);
    flame.upward = flame.style === "flame";
    flame.graph.hidden = flame.style === "table";
    flame.paths.classList.toggle("shown", flame.style === "table");
    flame.buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(FLAME_STYLES[i] === flame.style)));
    showCrumbs(view);
    showLegend(flame);
    showFrame(view);
    speak(flame);
    moveTo(flame, flame.weights.start[flame.root], flame.weights.start[flame.root] + flame.weights.total.cpu[flame.root], glide);
}

// The frame that the fragment names, or its innermost caller with samples in this selection.
function rootOf(flame) {
    let id = 0;
    if (flame.wanted) {
        flame.names = flame.names || flameNames(flame.tree, flame.model);
        id = Math.max(flame.names.indexOf(flame.wanted), 0);
    }
    while (flame.weights.total.cpu[id] === 0 && id > 0) {
        id = flame.tree.parent[id];
    }
    return id;
}

function writeFlameState(flame, parameters) {
    if (flame.wanted) {
        parameters.set("zoom", flame.wanted);
    }
    if (flame.style !== FLAME_STYLES[0]) {
        parameters.set("as", flame.style);
    }
}

function readFlameState(flame, parameters) {
    const wanted = parameters.get("zoom") || "";
    if (wanted !== flame.wanted) {
        flame.trail = flame.trail.slice(0, -1);
    }
    flame.wanted = wanted;
    flame.style = FLAME_STYLES.includes(parameters.get("as")) ? parameters.get("as") : FLAME_STYLES[0];
}

function zoomTo(view, id) {
    const { flame } = view;
    flame.names = flame.names || flameNames(flame.tree, flame.model);
    if (flame.names[id] !== flame.wanted) {
        flame.trail.push(flame.wanted);
        flame.wanted = flame.names[id];
        publish(view);
    }
    showZoom(view, true);
}

function zoomBack(view) {
    const { flame } = view;
    if (!isWhole(flame, flame.root)) { // moved by the wheel
        showZoom(view, true);
    } else {
        flame.wanted = flame.trail.pop() || "";
        publish(view);
        showZoom(view, true);
    }
}

function resetZoom(view) {
    if (view.flame.sum) {
        zoomTo(view, 0);
    }
}

function isWhole(flame, id) {
    const { from, to } = flame.glide || flame;
    return from === flame.weights.start[id] && to === flame.weights.start[id] + flame.weights.total.cpu[id];
}

function setFlameStyle(view, style) {
    view.flame.style = style;
    publish(view);
    showZoom(view, false);
}

function isUnder(flame, id, root) {
    while (id > root) {
        id = flame.tree.parent[id];
    }
    return id === root;
}

// Which frames the search finds; what they cost together, frames below one found not counted again.
function findMatches(view) {
    const { flame, model } = view;
    const { tree, weights } = flame;
    flame.matches = null;
    flame.found.textContent = "";
    if (!view.query) {
        return "";
    }
    const { functions, modules } = model;
    const ofFunction = functions.name.map((name, id) => view.matches(name, declaredAt(model, id), modules.path[functions.module[id]]) ? 1 : 0);
    const kernel = view.matches("in the kernel") ? 1 : 0;
    flame.matches = new Uint8Array(tree.count);
    const covered = new Uint8Array(tree.count);
    let cpu = 0, frames = 0;
    for (let id = 1; id < tree.count; id++) {
        const match = tree.function[id] >= 0 ? ofFunction[tree.function[id]] : kernel;
        flame.matches[id] = match;
        frames += match && weights.total.cpu[id] > 0 ? 1 : 0;
        cpu += match && !covered[tree.parent[id]] ? weights.total.cpu[id] : 0;
        covered[id] = covered[tree.parent[id]] | match;
    }
    const share = (percentText(percentOf(flame.sum, cpu)) || "0") + FIXED + "%";
    flame.found.textContent = `${plural(frames, "frame")} found, ${share} of ${view.model.metric.of}`;
    return share;
}

// -- what is in sight ---------------------------------------------------------------------------------------------------------------

function redraw(flame) {
    flame.drawing = flame.drawing || requestAnimationFrame(now => {
        flame.drawing = 0;
        step(flame, now);
        flame.colours = flame.colours || readColours(flame.scroll);
        if (flame.sum && flame.width > 1) {
            drawFlame(flame);
        }
    });
}

function step(flame, now) {
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
    if (!flame.sum || width === 0) {
        return;
    }
    const { from, to } = flame.glide || flame;
    const before = flame.shownRows, bottom = flame.space.offsetHeight - flame.scroll.scrollTop;
    flame.width = width;
    flame.shownRows = countRows(flame, from, to);
    const most = Math.max(Math.floor(innerHeight * MOST_SCREEN / ROW_PX), LEAST_ROWS);
    const rows = Math.min(Math.max(flame.shownRows, flame.root > 0 ? Math.round(flame.height / ROW_PX) : 0), most);
    flame.height = rows * ROW_PX;
    flame.scroll.style.height = flame.height + "px";
    flame.space.style.height = flame.shownRows * ROW_PX + "px";
    const ratio = devicePixelRatio || 1, wide = Math.round(width * ratio), high = Math.round(flame.height * ratio);
    if (flame.canvas.width !== wide || flame.canvas.height !== high) {
        flame.canvas.width = wide;
        flame.canvas.height = high;
        flame.canvas.style.width = width + "px";
        flame.canvas.style.height = flame.height + "px";
        flame.colours = null;
    }
    if (!flame.letterPx) {
        flame.colours = flame.colours || readColours(flame.scroll);
        flame.context.font = flame.colours.font;
        flame.letterPx = flame.context.measureText("0".repeat(100)).width / 100;
    }
    if (flame.upward && before !== flame.shownRows) {
        flame.scroll.scrollTop = flame.space.offsetHeight - bottom; // its root stays where it is
    }
    redraw(flame);
}

function countRows(flame, from, to) {
    const { tree, weights } = flame;
    const least = LEAST_PX * (to - from) / flame.width;
    let deepest = 0;
    for (let id = tree.count - 1; id > 0; id--) {
        if (tree.depth[id] > deepest && weights.total.cpu[id] >= least && weights.start[id] < to && weights.start[id] + weights.total.cpu[id] > from) {
            deepest = tree.depth[id];
        }
    }
    return deepest + 1;
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
    const { weights, scroll } = flame;
    const row = flame.upward ? flame.shownRows - 1 - flame.tree.depth[id] : flame.tree.depth[id];
    if (row * ROW_PX < scroll.scrollTop + ROW_PX) {
        scroll.scrollTop = (row - 1) * ROW_PX;
    } else if ((row + 2) * ROW_PX > scroll.scrollTop + flame.height) {
        scroll.scrollTop = (row + 2) * ROW_PX - flame.height;
    }
    const middle = weights.start[id] + weights.total.cpu[id] / 2, { from, to } = flame.glide || flame;
    if (middle < from || middle > to) {
        pan(flame, middle - (to - from) / 2, middle + (to - from) / 2);
    }
}

// -- the mouse ----------------------------------------------------------------------------------------------------------------------

// The box at a place on the canvas: { id, last, count }, or null.
function boxAt(flame, x, y) {
    const row = rowAt(flame, y);
    let found = null;
    if (row >= 0 && row < flame.shownRows) {
        forEachBox(flame, row, (id, last, count, left, right) => {
            if (x >= left - 1 && x < right + 1 && (!found || x >= left)) {
                found = { id, last, count };
            }
        });
    }
    return found;
}

function boxUnder(flame, event) {
    const area = flame.canvas.getBoundingClientRect();
    return boxAt(flame, event.clientX - area.left, event.clientY - area.top);
}

function listenToMouse(flame) {
    const { view, scroll, space } = flame;
    space.addEventListener("pointermove", event => onPointerMove(flame, event));
    space.addEventListener("pointerleave", () => hover(flame, null, null));
    space.addEventListener("pointerdown", event => {
        const { from, to } = flame.glide || flame;
        flame.drag = event.button === 0 && event.pointerType === "mouse" ? { x: event.clientX, y: event.clientY, from, to, top: scroll.scrollTop } : null;
        flame.dragged = false;
    });
    space.addEventListener("pointerup", () => { flame.drag = null; });
    space.addEventListener("click", event => {
        const box = flame.dragged ? null : boxUnder(flame, event);
        if (box && box.count === 1) {
            select(view, box.id);
        }
    });
    space.addEventListener("dblclick", event => {
        const box = boxUnder(flame, event);
        if (box && box.count === 1) {
            zoomTo(view, box.id);
        } else if (box) {
            const { start, total } = flame.weights;
            pan(flame, start[box.id], start[box.last] + total.cpu[box.last]);
        }
    });
    scroll.addEventListener("wheel", event => onWheel(flame, event), { passive: false });
}

function onPointerMove(flame, event) {
    const { drag } = flame;
    if (!drag) {
        hover(flame, boxUnder(flame, event), event);
        return;
    }
    const moved = event.clientX - drag.x;
    if (!flame.dragged && Math.abs(moved) + Math.abs(event.clientY - drag.y) > 4) {
        flame.dragged = true;
        event.currentTarget.setPointerCapture(event.pointerId);
    }
    if (flame.dragged) {
        const shift = -moved * (drag.to - drag.from) / flame.width;
        flame.scroll.scrollTop = drag.top - (event.clientY - drag.y);
        pan(flame, drag.from + shift, drag.to + shift);
    }
}

function onWheel(flame, event) {
    const { from, to } = flame.glide || flame;
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey) {
        const area = flame.canvas.getBoundingClientRect();
        const part = (event.clientX - area.left) / flame.width, factor = WHEEL_STEP ** event.deltaY;
        const at = from + part * (to - from);
        event.preventDefault();
        pan(flame, at - (at - from) * factor, at + (to - at) * factor);
    } else if (sideways !== 0 && to - from < flame.weights.total.cpu[0]) {
        event.preventDefault();
        const shift = sideways * (to - from) / flame.width;
        pan(flame, from + shift, to + shift);
    }
}

function hover(flame, box, event) {
    const id = box && box.count === 1 ? box.id : null;
    if (id !== flame.hovered) {
        flame.hovered = id;
        redraw(flame);
    }
    flame.canvas.style.cursor = box ? "pointer" : "default";
    if (!box) {
        hideTip(flame);
        return;
    }
    flame.tip.hidden = false;
    flame.tip.replaceChildren(...tipParts(flame, box));
    const width = flame.tip.offsetWidth, height = flame.tip.offsetHeight;
    const left = Math.min(event.clientX + 14, innerWidth - width - 8), below = event.clientY + 20;
    flame.tip.style.left = Math.max(left, 8) + "px";
    flame.tip.style.top = (below + height > innerHeight - 8 ? event.clientY - height - 10 : below) + "px";
}

function hideTip(flame) {
    flame.tip.hidden = true;
}

// -- the keyboard -------------------------------------------------------------------------------------------------------------------

function select(view, id) {
    const { flame } = view;
    flame.selected = id;
    flame.chosen = true;
    reveal(flame, id);
    showFrame(view);
    speak(flame);
    redraw(flame);
}

// The neighbour in the row with samples, inside of the frame zoomed to.
function neighbour(flame, step) {
    const { tree, weights } = flame;
    const row = tree.depth[flame.selected];
    for (let id = flame.selected + step; id >= tree.rows[row] && id < tree.rows[row + 1]; id += step) {
        if (weights.total.cpu[id] > 0) {
            return isUnder(flame, id, flame.root) ? id : flame.selected;
        }
    }
    return flame.selected;
}

function heaviestCallee(flame, id) {
    const { tree, weights } = flame;
    let best = id;
    for (let callee = tree.child[id]; callee < tree.child[id + 1]; callee++) {
        if (weights.total.cpu[callee] > (best === id ? 0 : weights.total.cpu[best])) {
            best = callee;
        }
    }
    return best;
}

// The next frame that the search finds, row by row.
function nextMatch(flame, step) {
    const { tree, weights, matches } = flame;
    for (let i = 1; i <= tree.count; i++) {
        const id = (flame.selected + step * i + tree.count * 2) % tree.count;
        if (matches[id] && weights.total.cpu[id] > 0) {
            return id;
        }
    }
    return flame.selected;
}

function onFlameKey(view, event) {
    const { flame } = view;
    if (event.ctrlKey || event.altKey || event.metaKey) {
        return;
    }
    const inwards = () => select(view, heaviestCallee(flame, flame.selected));
    const outwards = () => select(view, flame.tree.parent[flame.selected]);
    const zoomed = flame.root !== 0 || !isWhole(flame, 0);
    const actions = {
        ArrowDown: flame.upward ? outwards : inwards,
        ArrowUp: flame.upward ? inwards : outwards,
        ArrowLeft: () => select(view, neighbour(flame, -1)),
        ArrowRight: () => select(view, neighbour(flame, 1)),
        Home: () => select(view, flame.root),
        Enter: () => zoomTo(view, flame.selected),
        s: () => goToFrame(view),
        ...(zoomed ? { Escape: () => zoomBack(view) } : {}),
        ...(flame.matches ? { n: () => select(view, nextMatch(flame, 1)), N: () => select(view, nextMatch(flame, -1)) } : {}),
    };
    if (Object.hasOwn(actions, event.key)) {
        event.preventDefault();
        event.stopPropagation();
        actions[event.key]();
    }
}

// Tell a screen reader which frame is in focus.
function speak(flame) {
    const { tree, weights, scroll } = flame;
    const id = flame.selected;
    const item = flame.items.find(element => element.id !== scroll.getAttribute("aria-activedescendant"));
    const parent = tree.parent[id];
    const peers = [];
    for (let peer = id === 0 ? 0 : tree.child[parent]; peer < (id === 0 ? 1 : tree.child[parent + 1]); peer++) {
        if (weights.total.cpu[peer] > 0) {
            peers.push(peer);
        }
    }
    item.setAttribute("aria-level", String(tree.depth[id] + 1));
    item.setAttribute("aria-posinset", String(peers.indexOf(id) + 1));
    item.setAttribute("aria-setsize", String(peers.length));
    item.setAttribute("aria-selected", "true");
    item.textContent = frameWords(flame, id);
    for (const other of flame.items) {
        other.hidden = other !== item;
    }
    scroll.setAttribute("aria-activedescendant", item.id);
}
