// What the flame graph says in words: the frame chosen, the tooltip, the way to the frame zoomed to, the legend, and the heaviest frames as a
// table.

const FRAME_LINES = 6, LEGEND_MODULES = 5, DEEPEST_INDENT = 24, TABLE_FRAMES = 40;

function declaredAt(model, id) {
    const { functions, modules } = model;
    return functions.path[id] === null ? modules.path[functions.module[id]] :
        shortPath(model, functions.path[id]) + (functions.line[id] > 0 ? ":" + functions.line[id] : "");
}

function frameName(flame, id) {
    return frameForms(flame, id)[0];
}

function sharePercent(flame, cpu) {
    return (percentText(percentOf(flame.sum, cpu)) || "0") + FIXED + "%";
}

// "denoise_row(), 47.1 % of CPU, self 12.0 %, 524 samples, inlined"
function frameWords(flame, id) {
    const { weights } = flame;
    const self = frameSelf(flame, id);
    const words = [frameName(flame, id), sharePercent(flame, weights.total.cpu[id]) + ` of ${flame.model.metric.of}`, self ? "self " + sharePercent(flame, self.cpu) : turnWords(flame, id),
        plural(weights.total.samples[id], "sample"), ...changeFacts(flame, id).map(([term, value]) => `${term} ${value}`)];
    return [...words, ...frameMarks(flame, id)].join(", ");
}

// What a frame took itself; null where frames are callers, which took nothing themselves.
function frameSelf(flame, id) {
    const { tree, weights } = flame;
    if (tree.turn === "callees" || (tree.turn === "both" && id < tree.callersFrom)) {
        return flameSelf(tree, weights, id);
    }
    return tree.turn === "callers" && tree.row[id] === 1 ? { cpu: weights.total.cpu[id], samples: weights.total.samples[id], kernelCpu: weights.kernel[id] } : null;
}

// Of a frame that is a caller: whose time it is.
function turnWords(flame, id) {
    const { tree } = flame;
    let at = id;
    while (tree.row[at] > 1 && tree.turn === "callers") {
        at = tree.parent[at];
    }
    return id === 0 ? "all self time" : tree.turn === "callers" ? `self time of ${frameName(flame, at)}, called this way` : `time in ${frameName(flame, 0)}, called this way`;
}

function frameMarks(flame, id) {
    const { tree } = flame;
    const times = tree.again[id];
    return [tree.flags[id] & INLINED_FRAME ? "inlined into its caller" : null,
        times > 0 ? `recursive: ${plural(times, "more call")} of it above` : null].filter(mark => mark);
}

function tipParts(flame, box) {
    const { tree, weights, model } = flame;
    if (box.count > 1) {
        let cpu = 0;
        for (let id = box.id; id <= box.last; id++) {
            cpu += weights.total.cpu[id];
        }
        return [make("b", null, `${countText(box.count)} narrow frames`), make("span", null, `${sharePercent(flame, cpu)} together${flame.form === ICICLE ? "; double-click to zoom to them" : ""}`)];
    }
    const { id } = box;
    const self = frameSelf(flame, id);
    const known = tree.function[id];
    return [make("b", null, frameName(flame, id)),
        known >= 0 ? make("span", { class: "place" }, declaredAt(model, known)) : null,
        known >= 0 ? make("span", { class: "place" }, "in " + baseName(model.modules.path[model.functions.module[known]])) : null,
        make("span", null, `${sharePercent(flame, weights.total.cpu[id])}${self ? ` total, ${sharePercent(flame, self.cpu)} self, ` : `: ${turnWords(flame, id)}; `}` +
            samplesText(flame.sum, weights.total.cpu[id], weights.total.samples[id])),
        flame.change ? make("b", { class: "change" }, changeFacts(flame, id).map(([term, value]) => `${term} ${value}`).join(", ")) : null,
        ...frameMarks(flame, id).map(mark => make("em", null, mark))].filter(part => part);
}

// -- the frame chosen ---------------------------------------------------------------------------------------------------------------

// The lines of a frame that were on the stack, heaviest first: [{ line, cpu, samples }]. A stack on which the frame stands for several calls
// (collapsed recursion) counts for the innermost.
function linesOfFrame(flame, id) {
    const { tree, frames } = flame.model;
    const { weights, sum } = flame, { cells } = sum, { shape } = flame;
    const known = flame.tree.function[id], caller = id >= flame.tree.callersFrom;
    const ofCell = caller ? flame.tree.ofCaller : flame.tree.ofCell;
    const begin = weights.start[id], end = begin + weights.total.cpu[id];
    const found = new Map();
    for (let i = 0; i < cells.node.length; i++) {
        const leaf = ofCell[i];
        if (leaf === NONE || !isChosen(sum, i) || weights.start[leaf] < begin || weights.start[leaf] >= end || !isUnder(flame, leaf, id)) {
            continue;
        }
        const wanted = shapeFrame(flame, shape.ofCell[i], id);
        let node = cells.node[i];
        while (node > 0 && (shape.ofNode[node] !== wanted || frames.function[tree.frame[node]] !== known)) {
            node = tree.parent[node];
        }
        if (node > 0) {
            const line = frames.lineId[tree.frame[node]], share = found.get(line) || { line, cpu: 0, samples: 0 };
            share.cpu += cells.weight[i];
            share.samples += cells.samples[i];
            found.set(line, share);
        }
    }
    return [...found.values()].sort((a, b) => b.cpu - a.cpu || a.line - b.line);
}

// The frame of the transformed stacks that frame `id` stands for in the stack that ends at `leaf`.
function shapeFrame(flame, leaf, id) {
    const { tree, shape } = flame;
    const path = [];
    for (let at = selfFrame(shape, leaf); at > 0; at = shape.parent[at]) {
        path.push(at);
    }
    if (tree.turn === "callers") {
        return path[tree.row[id] - 1];
    }
    path.reverse();
    const middle = tree.turn === "both" ? path.findIndex(at => shape.key[at] !== shape.kernelKey && flame.model.functions.name[shape.key[at] >> 1] === flame.model.functions.name[tree.function[0]]) : -1;
    return path[middle + levelOf(tree, id)];
}

function hasSource(model, line) {
    return model.lines.file[line] !== NONE && model.lines.line[line] > 0;
}

// flame: also the call tree, which has the same parts.
function goToFrame(view, flame = view.flame) {
    const { model } = view;
    const line = linesOfFrame(flame, flame.selected).map(share => share.line).find(id => hasSource(model, id));
    goToKnownLine(view, line === undefined ? NONE : line, "No line of this frame is known.");
}

function goToKnownLine(view, line, otherwise) {
    const { lines } = view.model;
    if (line === NONE) {
        say(otherwise);
    } else if (!goToLine(view, lines.file[line], lines.line[line])) {
        say(view.query ? "The search hides that file: Esc ends it." : "That file is not listed in this report.");
    }
}

function fact(term, value, text) {
    return make("div", { title: text }, make("dt", null, term), make("dd", null, value));
}

function showFrame(view) {
    const { flame, model, sum } = view;
    const { tree, weights } = flame;
    const id = flame.selected, known = tree.function[id];
    const self = frameSelf(flame, id), rootCpu = weights.total.cpu[flame.root];
    const facts = [
        ...changeFacts(flame, id).map(([term, value, text]) => fact(term, value, text)),
        fact("total", sharePercent(flame, weights.total.cpu[id]), self ? "this frame was on the stack, here" : turnWords(flame, id)),
        self ? fact("self", sharePercent(flame, self.cpu), "the program counter was in it, the kernel’s work for it included") : null,
        self && self.kernelCpu > 0 ? fact("in the kernel", sharePercent(flame, self.kernelCpu), "part of self") : null,
        fact("samples", countText(weights.total.samples[id]), "of total"),
        self ? fact("self samples", countText(self.samples), "of self") : null,
        id !== flame.root && flame.root > 0 && isUnder(flame, id, flame.root) ?
            fact("of the zoom", (percentText(100 * weights.total.cpu[id] / rootCpu) || "0") + FIXED + "%", "of the frame zoomed to") : null,
        fact("±", errorOf(sum, weights.total.cpu[id]).toFixed(1), "half of the 95 % confidence interval of total, in percentage points"),
        known >= 0 && sum.functionTotal.cpu[known] > weights.total.cpu[id] ?
            fact("everywhere", sharePercent(flame, sum.functionTotal.cpu[known]), "the function, wherever it was on the stack, counted once") : null,
    ];
    const lines = known >= 0 ? linesOfFrame(flame, id).filter(share => hasSource(model, share.line)) : [];
    const module = known >= 0 ? model.modules.path[model.functions.module[known]] : null;
    markBeside(flame);
    flame.panel.dataset.frame = String(id);
    flame.panel.replaceChildren(
        make("div", { class: "frame-head" }, make("h3", null, make("code", null, frameName(flame, id))),
            make("button", { type: "button", disabled: id === flame.root, onclick: () => { enterFrame(view, id); flame.scroll.focus(); } }, "Zoom ", make("kbd", null, "Enter")),
            lines.length > 0 ? make("button", { type: "button", onclick: () => goToFrame(view) }, "Source ", make("kbd", null, "s")) : null,
            makeMenuButton(view)),
        make("p", { class: "dim" }, known >= 0 ? [`${declaredAt(model, known)}${lines.length > 0 && model.functions.path[known] !== null ? `, in ${baseName(module)}` : ""}`,
            ...frameMarks(flame, id)].join("; ") : known === IN_KERNEL ? "system calls of the frame above" : "all stacks shown"),
        self ? "" : make("p", { class: "dim" }, sharePercent(flame, weights.total.cpu[id]) + ": " + turnWords(flame, id)),
        make("dl", { class: "frame-facts" }, ...facts),
        lines.length > 0 ? frameLines(view, lines) : "",
        make("p", { id: flame.prefix + "flame-hint", class: "dim hint" }, "Click a frame for its numbers, double-click to zoom, right-click for more, drag to move, Ctrl and wheel to zoom freely; ",
            "arrow keys walk, Enter zooms, Esc goes back, 0 shows everything."));
}

function frameLines(view, lines) {
    const { sum } = view;
    const rows = lines.slice(0, FRAME_LINES).map(share => {
        const file = sum.model.lines.file[share.line], number = sum.model.lines.line[share.line];
        return make("tr", null, shareCell(sum, share.cpu, share.samples), make("td", { class: "name" }, makePlace(sum, share.line)),
            make("td", { class: "text" }, make("code", null, (sourceText(sum.model, file, number) || "").trim().slice(0, 160))));
    });
    const left = lines.length - rows.length;
    return make("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": "Lines of this frame" },
        make("table", { class: "frame-lines" },
            make("thead", null, make("tr", null, make("th", { scope: "col", class: "n", title: "on the stack in this frame" }, "total %"),
                make("th", { scope: "col" }, "line of it"), make("th", { scope: "col" }, left > 0 ? `code (${countText(left)} more lines)` : "code"))),
            make("tbody", null, ...rows)));
}

function makeMenuButton(view) {
    return make("button", { type: "button", title: "what can be done with this frame (Shift+F10)", "aria-haspopup": "menu", "aria-label": "More to do with this frame", onclick: event => {
        const area = event.currentTarget.getBoundingClientRect();
        openFrameMenu(view, area.left, area.bottom + 2);
    } }, "⋯");
}

// -- around the graph ---------------------------------------------------------------------------------------------------------------

function showLegend(flame) {
    if (!flame.paint) {
        return;
    }
    flame.colours = flame.colours || readColours(flame.scroll);
    const form = (name, text) => make("span", null, make("i", { class: name }), text);
    const words = { module: "the stronger the colour, the more CPU time in the frame itself", self: "the stronger the colour, the more CPU time in the frame itself" };
    const cut = flame.tree.least > 0 ? `callers of what has less than ${100 * LIGHTEST_PART}${FIXED}% are not followed` : null;
    flame.legend.replaceChildren(...legendColours(flame).map(({ hue, strength, text, title }) => {
        const square = make("i");
        square.style.backgroundColor = strength > 0 ? colourOf(flame.colours, hue, strength) : flame.colours.look.grey;
        return make("span", { title }, square, make("bdi", null, text));
    }), form("kernel", "kernel"), form("library", "library"), form("inlined", "inlined"), form("narrow", "too narrow to tell apart"),
    make("span", { class: "dim" }, [words[flame.colour], cut].filter(part => part).join("; ")));
}

function legendColours(flame) {
    const { model, sum, paint } = flame;
    if (paint.tags) {
        return [...paint.tags.values.map(({ value, hue }) => ({ hue, strength: STRENGTHS * TAG_STRENGTH, text: value })), { strength: 0, text: "none of them more than half" }];
    }
    if (flame.colour === "change") {
        return changeLegend(flame);
    }
    if (flame.colour === "self") {
        return [1, 3, 5, 8].map(strength => ({ hue: HEAT_HUE, strength, text: strength === 1 ? "little" : strength === STRENGTHS ? "much" : "" }));
    }
    const weights = model.modules.path.map(() => 0);
    sum.functionSelf.cpu.forEach((cpu, id) => { weights[model.functions.module[id]] += cpu; });
    return [...weights.keys()].filter(id => weights[id] > 0).sort((a, b) => weights[b] - weights[a]).slice(0, LEGEND_MODULES).map(id => (
        { hue: moduleHue(model.modules.path[id], model.modules.own[id]), strength: STRENGTHS / 2, text: baseName(model.modules.path[id]), title: model.modules.path[id] }));
}

// The same table as the static page's.
function showPaths(view) {
    const { flame, sum } = view;
    const { tree, weights } = flame;
    const rows = heaviestFrames(tree, weights, TABLE_FRAMES).map(id => {
        const self = flameSelf(tree, weights, id);
        return make("tr", null, shareCell(sum, weights.total.cpu[id], weights.total.samples[id]), shareCell(sum, self.cpu, self.samples),
            make("td", { class: "name" }, make("span", { class: "depth", "aria-hidden": "true" }, "│ ".repeat(Math.min(tree.row[id] - 1, DEEPEST_INDENT))),
                makeFunction(sum.model.functions.name[tree.function[id]])));
    });
    const head = make("tr", null, make("th", { scope: "col", class: "n", title: "the function was on the stack, called this way" }, "total %"),
        make("th", { scope: "col", class: "n", title: "the program counter was in it" }, "self %"), make("th", { scope: "col" }, "function, below its caller"));
    flame.paths.replaceChildren(make("table", { class: "calls" }, make("thead", null, head), make("tbody", null, ...rows)));
}
