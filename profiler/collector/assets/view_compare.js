// Two selections of the profile beside each other, and as one coloured difference.

registerView({
    name: "compare", title: "Compare", key: "8", sections: ["compare"],
    keys: [["x", "swap A and B"], ["a, b", "take what is selected as A, as B"], ["u", "shares or CPU seconds"], ["o", "the flame graph as wide as the other side"]],
    show: (view, element) => {
        placeCompare(view, element);
        showCompare(view);
    },
    follow: (view, element) => {
        placeCompare(view, element);
        showCompare(view);
    },
    write: (view, parameters) => writeCompare(view, parameters),
    read: (view, parameters) => readCompare(view, parameters),
    actions: view => ({
        x: () => swapSides(view),
        a: () => view.selection.isEmpty() ? say("Nothing is selected.") : takeSelection(view, 0),
        b: () => view.selection.isEmpty() ? say("Nothing is selected.") : takeSelection(view, 1),
        u: () => setCompare(view, { normalize: !view.compare.normalize }),
        o: () => setCompare(view, { wide: 1 - view.compare.wide }),
    }),
    find: (view, step) => {
        const { inner, flame } = view.compare;
        return flame.matches && flame.matches.includes(1) ? select(inner, nextMatch(flame, step)) : stepHotLine(view, step);
    },
});

// In place of the static tables, where the report has them.
function placeCompare(view, element) {
    const { compare } = view;
    if (compare.parts) {
        return;
    }
    const button = (text, key, title, press) => make("button", { type: "button", title, "aria-keyshortcuts": key || null, onclick: press }, text);
    const table = (id, title) => make("div", { id }, make("h3", { class: "compare-title" }, title, " ", make("small", { class: "dim" }, parts[id] = make("span"))), make("div", { class: "body" }));
    const parts = compare.parts = {
        headline: make("p", { class: "compare-headline" }), certainty: make("p", { class: "dim" }), sides: make("div", { class: "sides" }), examples: make("div", { class: "chips" }),
        units: [["Shares", true, "percentage points of each side’s total: for sides of different length"], ["CPU seconds", false, "for two runs of the same work"]].map(
            ([text, normalize, title]) => button(text, "u", title, () => setCompare(view, { normalize }))),
        wide: SIDE_NAMES.map((name, i) => button(name, "o", `each frame as wide as its time in ${name}`, () => setCompare(view, { wide: i }))),
        graph: make("div", { class: "body" }), hidden: make("div", { class: "hidden-frames" }),
    };
    parts.bar = make("div", { class: "flame-controls" }, make("div", { class: "styles", role: "group", "aria-label": "Compared by" }, ...parts.units),
        make("div", { class: "toggles" }, button("Swap A and B ⇄", "x", "key x", () => swapSides(view))));
    parts.flame = make("div", { class: "compare-flame" }, make("div", { class: "flame-controls" }, make("h3", { class: "compare-title" }, "Where"),
        make("div", { class: "choosers" }, "Width", make("div", { class: "styles", role: "group", "aria-label": "Width of the flame graph" }, ...parts.wide))), parts.graph, parts.hidden);
    parts.found = make("div", null, table("compare-functions", "Functions"), parts.flame, table("compare-lines", "Lines"));
    const section = byId("compare") || make("section", { id: "compare", "aria-labelledby": "compare-title" });
    section.replaceChildren(make("h2", { id: "compare-title" }, "Compare"), parts.headline, parts.certainty, parts.sides, parts.examples, parts.bar, parts.found);
    element.append(section);
}

function showCompare(view) {
    const { compare } = view, { parts } = compare;
    if (!parts) {
        return;
    }
    updateCompare(view);
    parts.headline.replaceChildren(...compareHeadline(view), ".");
    parts.certainty.textContent = compareCertainty(view).join(" ");
    showSides(view);
    parts.units.forEach((button, i) => button.setAttribute("aria-pressed", String((i === 0) === compare.normalize)));
    parts.found.hidden = parts.bar.hidden = !compare.result;
    document.querySelector("#view-compare").classList.toggle("unused", !compare.result);
    if (compare.result) {
        showRows(view);
        showCompareFlame(view);
    }
}
