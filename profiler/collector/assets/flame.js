// The flame graph: what the reader has chosen of it, and the steps from there to the screen.
//
//   call tree --forest--> transformed --turn--> frames --selection--> weights --form--> canvas
//
// The choice: style, inverted, steps (transforms), folds (all recursion collapsed), of (the sandwich's function), depth and cut-off, colour,
// beside (the table of functions), wanted (the frame zoomed to, by its name). All of it is in the fragment; panning and zooming by the wheel
// move from..to freely until the next step.

const FLAME_STYLES = { icicle: "Icicle", flame: "Flame", sunburst: "Sunburst", sandwich: "Sandwich", table: "Table" };
const SUNBURST_DEPTH = 10;

// prefix: of its ids and of its names in the fragment. compare: null, or the comparison that it is drawn for.
function makeFlame(view, prefix = "", compare = null) {
    const flame = {
        view, model: view.model, title: view.title, prefix, compare, change: null,
        style: "icicle", inverted: false, steps: [], folds: false, of: "", depth: null, cut: 0, colour: compare ? "change" : "module", beside: false, wanted: "",
        cells: null, forest: null, shape: null, shapeOf: "", tree: null, treeOf: "", sum: null, weights: null, names: null,
        forms: [], paint: null, matches: null, root: 0, trail: [], selected: 0, chosen: false, hovered: null,
        form: ICICLE, upward: false, depthShown: 0, rows: { below: 1, above: 0 },
        from: 0, to: 1, width: 1, height: 1, drawing: 0, glide: null, dragged: false,
    };
    makeFlameElements(flame);
    return flame;
}

function makeFlameElements(flame) {
    const { view } = flame;
    flame.canvas = make("canvas", { "aria-hidden": "true" });
    flame.context = flame.canvas.getContext("2d");
    flame.items = ["flame-item-0", "flame-item-1"].map(id => make("div", { id: flame.prefix + id, role: "treeitem", class: "unseen" }));
    flame.space = make("div", { class: "flame-space" }, flame.canvas, ...flame.items);
    flame.scroll = make("div", {
        class: "flame-scroll", role: "tree", tabindex: "0", "aria-label": "Flame graph", "aria-describedby": flame.prefix + "flame-hint",
        "aria-keyshortcuts": "ArrowUp ArrowDown ArrowLeft ArrowRight Enter Escape s i r w f m c d 0 Shift+F10", onkeydown: event => onFlameKey(view, event),
        onscroll: () => redraw(flame),
        onfocus: () => { if (flame.tree) { speak(flame); } },
    }, flame.space);
    flame.tip = make("div", { class: "tip", "aria-hidden": "true", hidden: true });
    flame.bar = makeFlameBar(flame);
    flame.panel = make("div", { class: "frame" });
    flame.legend = make("p", { class: "legend" });
    flame.none = make("p", { class: "empty", hidden: true }, "No samples are left: remove one of the changes above.");
    flame.side = make("div", { class: "flame-beside" });
    flame.graph = make("div", { class: "graph" }, make("div", { class: "flame-canvas" }, makeMinimap(flame), flame.scroll, flame.legend), flame.side, flame.panel);
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
    byId("flame-title").textContent = "Flame graph";
    return placeFlame(view, body);
}

function placeFlame(view, body) {
    const { flame } = view;
    if (flame.graph.parentNode !== body) {
        body.replaceChildren(flame.bar, flame.none, flame.graph, flame.paths);
        document.body.append(flame.tip);
    }
    updateFlame(view);
    const found = findMatches(view);
    showZoom(view, false);
    return found;
}

// -- from the call tree to weights --------------------------------------------------------------------------------------------------

function turnOf(flame) {
    return flame.style === "sandwich" ? "both" : flame.inverted ? "callers" : "callees";
}

// The function in the middle of a sandwich: the one chosen, or the one with the most self time.
function sandwichName(flame, sum) {
    const { name } = flame.model.functions;
    const hottest = sum.functionSelf.cpu.reduce((best, cpu, id) => cpu > sum.functionSelf.cpu[best] ? id : best, 0);
    return name.includes(flame.of) ? flame.of : name[hottest];
}

// The stacks of the metric shown, before any change to them.
function forestOf(flame) {
    const { model } = flame;
    if (flame.cells !== model.cells) {
        flame.cells = model.cells;
        flame.forest = makeForest(model);
        flame.shapeOf = flame.treeOf = "";
    }
    return flame.forest;
}

// Make again what has changed since the last time. ret: whether anything has.
function updateFlame(view) {
    const { flame, model, sum } = view;
    const forest = forestOf(flame);
    const shapeOf = JSON.stringify([flame.steps.map(stepText), flame.folds]);
    if (flame.shapeOf !== shapeOf) {
        flame.shapeOf = shapeOf;
        flame.shape = transformForest(forest, model, flame.steps, flame.folds);
        flame.treeOf = "";
    }
    const turn = turnOf(flame), name = turn === "both" ? sandwichName(flame, sum) : "";
    const treeOf = JSON.stringify([turn, name]), turned = flame.treeOf !== treeOf;
    const before = turned && flame.tree && flame.chosen ? flame.tree.function[flame.selected] : NO_FUNCTION;
    if (turned) {
        flame.treeOf = treeOf;
        flame.tree = makeFlameTree(model, flame.shape, turn, name);
        flame.names = null;
        flame.hovered = null;
    }
    if (turned || flame.sum !== sum) {
        flame.sum = sum;
        flame.weights = weighFlame(flame.tree, sum);
        flame.change = flame.compare && weighChange(flame);
        flame.paint = null;
        flame.linesOf = null;
        if (turned && turn === "both") {
            flame.selected = 0;
        } else if (turned) {
            flame.selected = heaviestOf(flame, before);
        }
        if (!flame.chosen && turn !== "both") {
            flame.selected = turn === "callers" ? heaviestFurther(flame, 0, false) : flame.weights.hottest;
        }
        findMatches(view);
        showPaths(view);
        return true;
    }
    return false;
}

// The heaviest frame of a function, else the one that it opens on.
function heaviestOf(flame, known) {
    const { tree, weights } = flame;
    let best = NONE;
    for (let id = 1; known >= 0 && id < tree.count; id++) {
        best = tree.function[id] === known && weights.total.cpu[id] > (best < 0 ? 0 : weights.total.cpu[best]) ? id : best;
    }
    flame.chosen = best !== NONE;
    return best === NONE ? weights.hottest : best;
}

// -- onto the screen ----------------------------------------------------------------------------------------------------------------

// Bring root, selection and style onto the screen.
function showZoom(view, glide) {
    const { flame } = view;
    if (view.sum.all.samples === 0) {
        return;
    }
    const changed = updateFlame(view);
    const empty = flame.weights.total.cpu[0] === 0, table = flame.style === "table";
    flame.root = rootOf(flame);
    flame.upward = flame.style === "flame";
    flame.form = flame.style === "sunburst" ? SUNBURST : ICICLE;
    flame.depthShown = flame.depth !== null ? flame.depth : flame.form === SUNBURST ? SUNBURST_DEPTH : 0;
    if (!flame.paint || flame.paint.colour !== flame.colour) {
        prepareColours(flame);
    }
    flame.none.hidden = !empty;
    flame.graph.hidden = table || empty;
    flame.paths.classList.toggle("shown", table && !empty);
    flame.graph.classList.toggle("both", flame.beside);
    flame.graph.classList.toggle("round", flame.form === SUNBURST);
    showFlameBar(view);
    showBeside(view);
    if (empty) {
        return;
    }
    showLegend(flame);
    showFrame(view);
    speak(flame);
    moveTo(flame, flame.weights.start[flame.root], flame.weights.start[flame.root] + flame.weights.total.cpu[flame.root], glide && !changed);
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

// -- what the reader chooses --------------------------------------------------------------------------------------------------------

// changes: of the choice above. What changes the frames themselves ends the zoom.
function setFlame(view, changes) {
    const { flame } = view;
    Object.assign(flame, changes);
    if (["inverted", "steps", "folds", "of"].some(part => part in changes) || (changes.style && (changes.style === "sandwich") !== (flame.tree.ofCaller !== null))) {
        flame.wanted = "";
        flame.trail = [];
    }
    publish(view);
    showZoom(view, false);
}

// A transform of the function of a frame, or of the call path to it.
function addStep(view, kind, id) {
    const { flame, model } = view;
    const known = flame.tree.function[id];
    if (known < 0 || (kind === "path" && flame.tree.turn !== "callees")) {
        say(known < 0 ? "That is for functions: choose another frame." : "Call paths can be focused on from the root only: i turns the stacks back.");
        return;
    }
    flame.names = flame.names || flameNames(flame.tree, model);
    const name = model.functions.name[known], step = { kind, name, path: kind === "path" ? flame.names[id] : null };
    if (!flame.steps.some(other => stepText(other) === stepText(step))) {
        setFlame(view, { steps: [...flame.steps, step] });
        say(`${TRANSFORMS[kind].pill} ${functionText(name)}: ${TRANSFORMS[kind].why}.`);
    }
}

function showSandwich(view, id) {
    const { flame, model } = view;
    const known = flame.tree.function[id];
    setFlame(view, { style: "sandwich", of: known >= 0 ? model.functions.name[known] : flame.of });
}

// From another view: a function between its callers and its callees.
function openSandwich(view, known) {
    Object.assign(view.flame, { style: "sandwich", of: view.model.functions.name[known], wanted: "", trail: [] });
    switchTo(view, "flame");
    publish(view);
    showCurrent(view, true);
}

// Double click, Enter: zoom to a frame; in a sandwich its function comes to the middle.
function enterFrame(view, id) {
    const { flame } = view;
    if (flame.tree.turn !== "both") {
        zoomTo(view, id);
    } else if (flame.tree.function[id] >= 0 && id > 0) {
        const trail = [...flame.trail, { wanted: "", of: flame.of }];
        showSandwich(view, id);
        flame.trail = trail;
    }
}

function zoomTo(view, id) {
    const { flame } = view;
    flame.names = flame.names || flameNames(flame.tree, flame.model);
    if (flame.names[id] !== flame.wanted) {
        flame.trail.push({ wanted: flame.wanted, of: flame.of });
        flame.wanted = flame.names[id];
        publish(view);
    }
    showZoom(view, true);
}

function zoomBack(view) {
    const { flame } = view;
    if (isWhole(flame, flame.root)) { // else moved by the wheel
        const last = flame.trail.pop() || { wanted: "", of: flame.of };
        flame.wanted = last.wanted;
        flame.of = last.of;
        publish(view);
    }
    showZoom(view, true);
}

function resetZoom(page) {
    const view = page.current === "compare" ? page.compare.inner : page, { tree } = view.flame;
    if (["flame", "compare"].includes(page.current) && tree && tree.turn !== "both") {
        zoomTo(view, 0);
    }
}

// Per frame whether the search finds it.
function matchFrames(view, tree) {
    const { functions, modules } = view.model;
    const ofFunction = functions.name.map((name, id) => view.matches(name, declaredAt(view.model, id), modules.path[functions.module[id]]) ? 1 : 0);
    const kernel = view.matches("in the kernel") ? 1 : 0;
    return Uint8Array.from(tree.function, (known, id) => id === 0 ? 0 : known >= 0 ? ofFunction[known] : kernel);
}

// Which frames the search finds; what they cost together, frames below one found not counted again.
function findMatches(view) {
    const { flame } = view;
    const { tree, weights } = flame;
    flame.matches = null;
    flame.found.textContent = "";
    if (!view.query) {
        return "";
    }
    flame.matches = matchFrames(view, tree);
    const covered = new Uint8Array(tree.count);
    let cpu = 0, frames = 0;
    for (let id = 1; id < tree.count; id++) {
        const match = flame.matches[id];
        frames += match && weights.total.cpu[id] > 0 ? 1 : 0;
        cpu += match && !covered[tree.parent[id]] && id < tree.callersFrom ? weights.total.cpu[id] : 0;
        covered[id] = covered[tree.parent[id]] | match;
    }
    const share = (percentText(percentOf(flame.sum, cpu)) || "0") + FIXED + "%";
    flame.found.textContent = `${plural(frames, "frame")} found, ${share} of ${view.model.metric.of}`;
    return share;
}
