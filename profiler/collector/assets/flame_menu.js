// What can be done with a frame of the graph: its menu.

function frameActions(view) {
    const { flame } = view;
    const { tree, selected } = flame;
    const known = tree.function[selected];
    const steps = Object.entries(TRANSFORMS).filter(([kind]) => kind !== "path" || tree.turn === "callees");
    return [
        { text: tree.turn === "both" ? "Put into the middle" : "Zoom to this frame", key: "Enter", run: () => enterFrame(view, selected), off: selected === flame.root },
        { text: "Go to its source", key: "s", run: () => goToFrame(view), off: known < 0 },
        { text: "Callers and callees (sandwich)", key: "w", run: () => showSandwich(view, selected), off: known < 0 },
        null,
        ...steps.map(([kind, step]) => ({ text: step.menu, key: step.key, why: step.why, run: () => addStep(view, kind, selected), off: known < 0 })),
        { text: "Only samples with it, in every view", run: () => changeSelection(view, selection => { selection.function = known; }), off: known < 0 },
        null,
        { text: "Copy function name", run: () => copyText(known < 0 ? frameName(flame, selected) : flame.model.functions.name[known]) },
        { text: "Copy stack", run: () => copyText(stackText(flame, selected)) },
    ];
}

// The frames from the root to this one, a line each.
function stackText(flame, id) {
    const lines = [];
    for (let at = id; at > 0 || (at === 0 && flame.tree.function[0] >= 0 && lines[lines.length - 1] !== frameName(flame, 0)); at = flame.tree.parent[at]) {
        lines.unshift(frameName(flame, at));
        if (at === 0) {
            break;
        }
    }
    return lines.join("\n");
}

function openFrameMenu(view, x, y) {
    const { flame } = view;
    hideTip(flame);
    openMenu(view, { label: frameName(flame, flame.selected), actions: frameActions(view), back: flame.scroll, x, y });
}
