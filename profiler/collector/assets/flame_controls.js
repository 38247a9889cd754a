// Around the graph: how it is drawn, depth, cut-off and colour, the changes to the stacks as pills, and the way to the frame zoomed to.

const DEPTHS = [0, 3, 5, 10, 15, 20, 40]; // 0: all
const CUTS = [{ part: 0, text: "none" }, { part: 1000, text: "1/1000" }, { part: 100, text: "1/100" }];
const LAST_CRUMBS = 4;

function makeFlameBar(flame) {
    const { view } = flame;
    const toggle = (text, key, title, flip) => make("button", { type: "button", title, "aria-keyshortcuts": key, onclick: flip }, text, " ", make("kbd", null, key));
    flame.crumbs = make("ol");
    flame.found = make("p", { class: "found" });
    flame.pills = make("ul", { class: "flame-steps", "aria-label": "Changes to the stacks" });
    flame.buttons = Object.entries(FLAME_STYLES).map(([style, text]) => make("button", { type: "button", "data-style": style,
        onclick: () => style === "sandwich" ? showSandwich(view, flame.selected) : setFlame(view, { style }) }, text));
    flame.invert = toggle("Inverted", "i", "from the functions with self time to their callers", () => setFlame(view, { inverted: !flame.inverted }));
    flame.fold = toggle("Collapse recursion", "r", "each function once in a stack", () => setFlame(view, { folds: !flame.folds }));
    flame.both = make("button", { type: "button", title: "the functions of the graph, beside it", onclick: () => setFlame(view, { beside: !flame.beside }) }, "Functions beside");
    const chooser = (label, values, choose) => {
        const select = make("select", { onchange: () => choose(values[select.selectedIndex][0]) }, ...values.map(([, text]) => make("option", null, text)));
        return { select, values, label: make("label", null, label, " ", select) };
    };
    flame.depths = chooser("Depth", [[null, "automatic"], ...DEPTHS.map(depth => [depth, depth === 0 ? "all" : String(depth)])], depth => setFlame(view, { depth }));
    flame.cuts = chooser("Cut-off", CUTS.map(cut => [cut.part, cut.text]), cut => setFlame(view, { cut }));
    flame.colouring = chooser("Colour", colourKeys(flame).map(key => [key, key.startsWith("tag:") ? "tag " + key.slice(4) : key === "self" ? "self time" : key]),
        colour => setFlame(view, { colour }));
    return make("div", { class: "flame-bar" },
        make("div", { class: "flame-controls" },
            make("div", { class: "styles", role: "group", "aria-label": "Drawn as" }, ...flame.buttons),
            make("div", { class: "toggles" }, flame.invert, flame.fold, flame.both),
            make("div", { class: "choosers" }, flame.depths.label, flame.cuts.label, flame.colouring.label)),
        make("div", { class: "flame-way" }, make("nav", { "aria-label": "Zoom" }, flame.crumbs), flame.found),
        flame.pills);
}

function showFlameBar(view) {
    const { flame } = view;
    const press = (button, on) => button.setAttribute("aria-pressed", String(on));
    flame.buttons.forEach(button => press(button, button.dataset.style === flame.style));
    press(flame.invert, flame.inverted);
    press(flame.fold, flame.folds);
    press(flame.both, flame.beside);
    flame.invert.disabled = flame.style === "sandwich";
    for (const [{ select, values }, value] of [[flame.depths, flame.depth], [flame.cuts, flame.cut], [flame.colouring, flame.colour]]) {
        select.selectedIndex = values.findIndex(([known]) => known === value);
    }
    showCrumbs(view);
    showPills(view);
}

function showPills(view) {
    const { flame } = view;
    const focused = [...flame.pills.querySelectorAll("button")].indexOf(document.activeElement);
    const pill = (step, i) => make("li", { class: "flame-step" }, `${TRANSFORMS[step.kind].pill} `, make("bdi", null, make("code", null, functionText(step.name))),
        make("button", { type: "button", title: "undo this", "aria-label": `Undo: ${TRANSFORMS[step.kind].pill} ${functionText(step.name)}`,
            onclick: () => setFlame(view, { steps: flame.steps.filter((other, at) => at !== i) }) }, "×"));
    const left = flame.weights.total, text = `${sharePercent(flame, left.cpu[0])} of ${flame.model.metric.of} left, ${plural(left.samples[0], "sample")}`;
    flame.pills.hidden = flame.steps.length === 0;
    flame.pills.replaceChildren(...flame.steps.map(pill),
        ...(flame.steps.length > 1 ? [make("li", null, make("button", { type: "button", class: "link", onclick: () => setFlame(view, { steps: [] }) }, "undo all"))] : []),
        make("li", { class: "dim" }, text));
    if (focused >= 0) {
        const buttons = flame.pills.querySelectorAll("button");
        (buttons[Math.min(focused, buttons.length - 1)] || flame.scroll).focus();
    }
}

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
    flame.crumbs.replaceChildren(crumb(0, flame.tree.turn === "both" ? shortName(0) : "everything"),
        ...(hidden > 0 ? [make("li", { class: "dim", title: `${plural(hidden, "frame")} between` }, "⋯")] : []),
        ...path.slice(hidden).map(id => crumb(id, shortName(id))));
}
