// What can be done with a frame: the menu of the right mouse button, of Shift+F10 and of the "⋯" button. Arrows walk it, Escape and Tab close
// it, a letter does what it does in the graph.

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

function copyText(text) {
    const field = make("textarea", { class: "unseen", "aria-label": "to copy" });
    field.value = text;
    document.body.append(field);
    field.select();
    const fine = document.execCommand("copy"); // of a file: page, too, where the newer way is not allowed
    field.remove();
    say(fine ? "Copied." : "The browser does not let this page copy.");
}

function openFrameMenu(view, x, y) {
    const { flame } = view;
    closeFrameMenu(flame);
    hideTip(flame);
    const actions = frameActions(view);
    const items = actions.map(action => action === null ? make("li", { role: "separator" }) :
        make("li", { role: "menuitem", tabindex: "-1", title: action.why, "aria-disabled": action.off ? "true" : null,
            onclick: () => runAction(view, action) }, make("span", null, action.text), action.key ? make("kbd", null, action.key) : null));
    const menu = flame.menu = make("ul", { class: "menu", role: "menu", "aria-label": frameName(flame, flame.selected) }, ...items);
    menu.addEventListener("keydown", event => onMenuKey(view, event, actions, items));
    menu.addEventListener("focusout", event => {
        if (!menu.contains(event.relatedTarget)) {
            closeFrameMenu(flame);
        }
    });
    document.body.append(menu);
    menu.style.left = Math.max(Math.min(x, innerWidth - menu.offsetWidth - 8), 8) + "px";
    menu.style.top = Math.max(Math.min(y, innerHeight - menu.offsetHeight - 8), 8) + "px";
    const first = items.find(item => item.getAttribute("role") === "menuitem" && !item.hasAttribute("aria-disabled"));
    first.focus();
}

function closeFrameMenu(flame) {
    const { menu } = flame;
    flame.menu = null;
    if (menu) {
        menu.remove();
    }
}

function runAction(view, action) {
    if (!action.off) {
        closeFrameMenu(view.flame);
        view.flame.scroll.focus({ preventScroll: true });
        action.run();
    }
}

function onMenuKey(view, event, actions, items) {
    const active = items.filter((item, i) => actions[i] !== null && !actions[i].off);
    const now = active.indexOf(document.activeElement);
    const go = at => active[(at + active.length) % active.length].focus();
    const moves = { ArrowDown: () => go(now + 1), ArrowUp: () => go(now - 1), Home: () => go(0), End: () => go(-1) };
    const action = event.key === "Enter" || event.key === " " ? actions[items.indexOf(document.activeElement)] : actions.find(one => one && one.key === event.key);
    event.stopPropagation();
    if (event.ctrlKey || event.metaKey || event.altKey) {
        return;
    }
    event.preventDefault();
    if (Object.hasOwn(moves, event.key)) {
        moves[event.key]();
    } else if (event.key === "Escape" || event.key === "Tab") {
        closeFrameMenu(view.flame);
        view.flame.scroll.focus({ preventScroll: true });
    } else if (action) {
        runAction(view, action);
    }
}
