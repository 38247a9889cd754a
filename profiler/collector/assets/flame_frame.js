// What the flame graph says in words: the frame chosen, the tooltip, the way to the frame zoomed to, the legend, and the heaviest frames as a
// table.

const FRAME_LINES = 6, LAST_CRUMBS = 4, LEGEND_MODULES = 5, DEEPEST_INDENT = 24;

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
    const { tree, weights } = flame;
    const self = flameSelf(tree, weights, id);
    const words = [frameName(flame, id), sharePercent(flame, weights.total.cpu[id]) + ` of ${flame.model.metric.of}`, "self " + sharePercent(flame, self.cpu),
        plural(weights.total.samples[id], "sample")];
    return [...words, ...frameMarks(flame, id)].join(", ");
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
        return [make("b", null, `${countText(box.count)} narrow frames`), make("span", null, `${sharePercent(flame, cpu)} together; double-click to zoom to them`)];
    }
    const { id } = box;
    const self = flameSelf(tree, weights, id);
    const known = tree.function[id];
    return [make("b", null, frameName(flame, id)),
        known >= 0 ? make("span", { class: "place" }, declaredAt(model, known)) : null,
        make("span", null, `${sharePercent(flame, weights.total.cpu[id])} total, ${sharePercent(flame, self.cpu)} self, ` +
            samplesText(flame.sum, weights.total.cpu[id], weights.total.samples[id])),
        ...frameMarks(flame, id).map(mark => make("em", null, mark))].filter(part => part);
}

// -- the frame chosen ---------------------------------------------------------------------------------------------------------------

// The lines of a frame that were on the stack, heaviest first: [{ line, cpu, samples }]
function linesOfFrame(flame, id) {
    const { tree, frames } = flame.model;
    const { subtree } = flame.sum;
    const found = new Map();
    for (let node = 1; node < tree.count; node++) {
        if (flame.tree.ofNode[node] === id && subtree.samples[node] > 0) {
            const line = frames.lineId[tree.frame[node]];
            const share = found.get(line) || { line, cpu: 0, samples: 0 };
            share.cpu += subtree.cpu[node];
            share.samples += subtree.samples[node];
            found.set(line, share);
        }
    }
    return [...found.values()].sort((a, b) => b.cpu - a.cpu || a.line - b.line);
}

function hasSource(model, line) {
    return model.lines.file[line] !== NONE && model.lines.line[line] > 0;
}

function goToFrame(view) {
    const { flame, model } = view;
    const line = linesOfFrame(flame, flame.selected).map(share => share.line).find(id => hasSource(model, id));
    if (line === undefined) {
        say("No line of this frame is known.");
    } else if (!goToLine(view, model.lines.file[line], model.lines.line[line])) {
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
    const self = flameSelf(tree, weights, id);
    const facts = [
        fact("total", sharePercent(flame, weights.total.cpu[id]), "this frame was on the stack, here"),
        fact("self", sharePercent(flame, self.cpu), "the program counter was in it, the kernel’s work for it included"),
        self.kernelCpu > 0 ? fact("in the kernel", sharePercent(flame, self.kernelCpu), "part of self") : null,
        fact("samples", countText(weights.total.samples[id]), "of total"),
        fact("self samples", countText(self.samples), "of self"),
        fact("±", errorOf(sum, weights.total.cpu[id]).toFixed(1), "half of the 95 % confidence interval of total, in percentage points"),
        known >= 0 && sum.functionTotal.cpu[known] > weights.total.cpu[id] ?
            fact("everywhere", sharePercent(flame, sum.functionTotal.cpu[known]), "the function, wherever it was on the stack, counted once") : null,
    ];
    const lines = known >= 0 ? linesOfFrame(flame, id).filter(share => hasSource(model, share.line)) : [];
    const module = known >= 0 ? model.modules.path[model.functions.module[known]] : null;
    flame.panel.dataset.frame = String(id);
    flame.panel.replaceChildren(
        make("div", { class: "frame-head" }, make("h3", null, make("code", null, frameName(flame, id))),
            make("button", { type: "button", disabled: id === flame.root, onclick: () => { zoomTo(view, id); flame.scroll.focus(); } }, "Zoom ", make("kbd", null, "Enter")),
            lines.length > 0 ? make("button", { type: "button", onclick: () => goToFrame(view) }, "Source ", make("kbd", null, "s")) : null),
        make("p", { class: "dim" }, known >= 0 ? [`${declaredAt(model, known)}${lines.length > 0 && model.functions.path[known] !== null ? `, in ${baseName(module)}` : ""}`,
            ...frameMarks(flame, id)].join("; ") : known === IN_KERNEL ? "system calls of the frame above" : "all stacks shown"),
        make("dl", { class: "frame-facts" }, ...facts),
        lines.length > 0 ? frameLines(view, lines) : "",
        make("p", { id: "flame-hint", class: "dim hint" }, "Click a frame for its numbers, double-click to zoom, drag to move, Ctrl and wheel to zoom freely; ",
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

// -- around the graph ---------------------------------------------------------------------------------------------------------------

function showCrumbs(view) {
    const { flame } = view;
    const path = [];
    for (let id = flame.root; id > 0; id = flame.tree.parent[id]) {
        path.unshift(id);
    }
    const hidden = Math.max(path.length - LAST_CRUMBS, 0);
    const crumb = (id, text) => make("li", null, id === flame.root ? make("span", { "aria-current": "true" }, text) :
        make("button", { type: "button", class: "link", title: "zoom out to " + frameName(flame, id), onclick: () => { zoomTo(view, id); flame.scroll.focus(); } }, text));
    const shortName = id => {
        const forms = frameForms(flame, id);
        return forms[forms.length - 1];
    };
    flame.crumbs.replaceChildren(crumb(0, "everything"), ...(hidden > 0 ? [make("li", { class: "dim", title: `${plural(hidden, "frame")} between` }, "⋯")] : []),
        ...path.slice(hidden).map(id => crumb(id, shortName(id))));
}

function showLegend(flame) {
    const { model, sum } = flame;
    if (!sum) {
        return;
    }
    flame.colours = flame.colours || readColours(flame.scroll);
    const weights = model.modules.path.map(() => 0);
    sum.functionSelf.cpu.forEach((cpu, id) => { weights[model.functions.module[id]] += cpu; });
    const modules = [...weights.keys()].filter(id => weights[id] > 0).sort((a, b) => weights[b] - weights[a]).slice(0, LEGEND_MODULES);
    const swatch = id => {
        const square = make("i");
        square.style.backgroundColor = frameFill(flame.colours, flame.hues[model.modules.own[id] ? 0 : 1][id], STRENGTHS / 2);
        return make("span", { title: model.modules.path[id] }, square, baseName(model.modules.path[id]));
    };
    flame.legend.replaceChildren(...modules.map(swatch), make("span", null, make("i", { class: "kernel" }), "kernel"),
        make("span", null, make("i", { class: "inlined" }), "inlined"), make("span", null, make("i", { class: "narrow" }), "too narrow to tell apart"),
        make("span", { class: "dim" }, "the stronger the colour, the more CPU time in the frame itself"));
}

// The same table as the static page's.
function showPaths(view) {
    const { flame, sum } = view;
    const { tree, weights } = flame;
    const rows = heaviestFrames(tree, weights, TABLE_FRAMES).map(id => {
        const self = flameSelf(tree, weights, id);
        return make("tr", null, shareCell(sum, weights.total.cpu[id], weights.total.samples[id]), shareCell(sum, self.cpu, self.samples),
            make("td", { class: "name" }, make("span", { class: "depth", "aria-hidden": "true" }, "│ ".repeat(Math.min(tree.depth[id] - 1, DEEPEST_INDENT))),
                makeFunction(sum.model.functions.name[tree.function[id]])));
    });
    const head = make("tr", null, make("th", { scope: "col", class: "n", title: "the function was on the stack, called this way" }, "total %"),
        make("th", { scope: "col", class: "n", title: "the program counter was in it" }, "self %"), make("th", { scope: "col" }, "function, below its caller"));
    flame.paths.replaceChildren(make("table", { class: "calls" }, make("thead", null, head), make("tbody", null, ...rows)));
}
