// The keyboard in the flame graph: arrows walk, Enter zooms, letters change the stacks. To a screen reader it is a tree of which the item in
// focus exists: two elements take turns, because only a change of aria-activedescendant is spoken.

function select(view, id) {
    const { flame } = view;
    flame.selected = id;
    flame.chosen = true;
    reveal(flame, id);
    showFrame(view);
    speak(flame);
    redraw(flame);
}

function isUnder(flame, id, root) {
    while (id > root) {
        id = flame.tree.parent[id];
    }
    return id === root;
}

// The neighbour in the row with samples, inside of the frame zoomed to.
function neighbour(flame, step) {
    const { tree, weights } = flame;
    const row = tree.row[flame.selected];
    for (let id = flame.selected + step; id >= tree.rows[row] && id < tree.rows[row + 1]; id += step) {
        if (weights.total.cpu[id] > 0) {
            return isUnder(flame, id, flame.root) ? id : flame.selected;
        }
    }
    return flame.selected;
}

// The heaviest of the frames further from the root; up: from a sandwich's root to its callers.
function heaviestFurther(flame, id, up) {
    const { weights } = flame;
    const [first, end] = furtherFrames(flame.tree, id, up);
    let best = id;
    for (let further = first; further < end; further++) {
        if (weights.total.cpu[further] > (best === id ? 0 : weights.total.cpu[best])) {
            best = further;
        }
    }
    return best;
}

// Up and down as the frames are drawn.
function vertical(flame, up) {
    const { tree, selected } = flame;
    const away = selected === 0 && tree.ofCaller ? true : levelOf(tree, selected) < 0 ? up : up === flame.upward;
    return away ? heaviestFurther(flame, selected, up) : tree.parent[selected];
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

function openMenuAtFrame(view) {
    const { flame } = view;
    const area = flame.scroll.getBoundingClientRect();
    openFrameMenu(view, area.left + Math.min(area.width / 3, 200), area.top + Math.min(area.height / 3, 80));
}

function onFlameKey(view, event) {
    const { flame } = view;
    if (event.ctrlKey || event.altKey || event.metaKey) {
        return;
    }
    const zoomed = flame.tree.turn === "both" ? flame.trail.length > 0 : flame.root !== 0 || !isWhole(flame, 0);
    const steps = Object.fromEntries(Object.entries(TRANSFORMS).map(([kind, { key }]) => [key, () => addStep(view, kind, flame.selected)]));
    const actions = {
        ArrowDown: () => select(view, vertical(flame, false)),
        ArrowUp: () => select(view, vertical(flame, true)),
        ArrowLeft: () => select(view, neighbour(flame, -1)),
        ArrowRight: () => select(view, neighbour(flame, 1)),
        Home: () => select(view, flame.root),
        Enter: () => enterFrame(view, flame.selected),
        s: () => goToFrame(view),
        i: () => setFlame(view, { inverted: !flame.inverted }),
        r: () => setFlame(view, { folds: !flame.folds }),
        w: () => showSandwich(view, flame.selected),
        ContextMenu: () => openMenuAtFrame(view),
        ...(event.shiftKey ? { F10: () => openMenuAtFrame(view) } : {}),
        ...steps,
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
    const [first, end] = id === 0 ? [0, 1] : furtherFrames(tree, tree.parent[id], levelOf(tree, id) < 0);
    const peers = [];
    for (let peer = first; peer < end; peer++) {
        if (weights.total.cpu[peer] > 0) {
            peers.push(peer);
        }
    }
    item.setAttribute("aria-level", String(Math.abs(levelOf(tree, id)) + 1));
    item.setAttribute("aria-posinset", String(peers.indexOf(id) + 1));
    item.setAttribute("aria-setsize", String(peers.length));
    item.setAttribute("aria-selected", "true");
    item.textContent = frameWords(flame, id);
    for (const other of flame.items) {
        other.hidden = other !== item;
    }
    scroll.setAttribute("aria-activedescendant", item.id);
}
