// A menu: of the right mouse button, of Shift+F10 and of a "⋯" button. Arrows walk it, Escape and Tab close it, a letter does what it does
// without the menu.

// actions: [{ text, key, why, run, off }, null for a line between]; back: where the focus goes when it closes.
function openMenu(view, { label, actions, back, x, y }) {
    closeMenu(view);
    const items = actions.map(action => action === null ? make("li", { role: "separator" }) :
        make("li", { role: "menuitem", tabindex: "-1", title: action.why, "aria-disabled": action.off ? "true" : null,
            onclick: () => runAction(view, action) }, make("span", null, action.text), action.key ? make("kbd", null, action.key) : null));
    const element = make("ul", { class: "menu", role: "menu", "aria-label": label }, ...items);
    view.menu = { element, back };
    element.addEventListener("keydown", event => onMenuKey(view, event, actions, items));
    element.addEventListener("focusout", event => {
        if (!element.contains(event.relatedTarget)) {
            closeMenu(view);
        }
    });
    document.body.append(element);
    element.style.left = Math.max(Math.min(x, innerWidth - element.offsetWidth - 8), 8) + "px";
    element.style.top = Math.max(Math.min(y, innerHeight - element.offsetHeight - 8), 8) + "px";
    const first = items.find(item => item.getAttribute("role") === "menuitem" && !item.hasAttribute("aria-disabled"));
    first.focus();
}

// ret: where the focus belongs.
function closeMenu(view) {
    const { menu } = view;
    view.menu = null;
    if (menu) {
        menu.element.remove();
    }
    return menu && menu.back;
}

function leaveMenu(view) {
    const back = closeMenu(view);
    if (back) {
        back.focus({ preventScroll: true });
    }
}

function runAction(view, action) {
    if (!action.off) {
        leaveMenu(view);
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
        leaveMenu(view);
    } else if (action) {
        runAction(view, action);
    }
}
