// The mouse on the flame graph: hover tells, click chooses, double click zooms, drag moves, Ctrl and wheel zoom freely, right click opens the
// menu.

const WHEEL_STEP = 1.0016, DRAG_PX = 4;

function boxUnder(flame, event) {
    const area = flame.canvas.getBoundingClientRect();
    return flame.weights ? flame.form.boxAt(flame, event.clientX - area.left, event.clientY - area.top) : null;
}

function listenToMouse(flame) {
    const { view, scroll, space } = flame;
    space.addEventListener("pointermove", event => onPointerMove(flame, event));
    space.addEventListener("pointerleave", () => hover(flame, null, null));
    space.addEventListener("pointerdown", event => {
        const { from, to } = flame.glide || flame;
        flame.drag = event.button === 0 && event.pointerType === "mouse" && flame.form === ICICLE ?
            { x: event.clientX, y: event.clientY, from, to, top: scroll.scrollTop } : null;
        flame.dragged = false;
    });
    space.addEventListener("pointerup", () => { flame.drag = null; });
    space.addEventListener("click", event => {
        const box = flame.dragged ? null : boxUnder(flame, event);
        if (box && box.count === 1) {
            select(view, box.id);
        }
    });
    space.addEventListener("dblclick", event => onDoubleClick(view, boxUnder(flame, event)));
    space.addEventListener("contextmenu", event => {
        const box = boxUnder(flame, event);
        if (box && box.count === 1) {
            event.preventDefault();
            select(view, box.id);
            openFrameMenu(view, event.clientX, event.clientY);
        }
    });
    scroll.addEventListener("wheel", event => onWheel(flame, event), { passive: false });
}

function onDoubleClick(view, box) {
    const { flame } = view;
    if (box && box.count > 1) {
        const { start, total } = flame.weights;
        pan(flame, start[box.id], start[box.last] + total.cpu[box.last]);
    } else if (box && flame.form === SUNBURST && box.id === flame.root) {
        enterFrame(view, flame.tree.parent[box.id]);
    } else if (box) {
        enterFrame(view, box.id);
    }
}

function onPointerMove(flame, event) {
    const { drag } = flame;
    if (!drag) {
        hover(flame, boxUnder(flame, event), event);
        return;
    }
    const moved = event.clientX - drag.x;
    if (!flame.dragged && Math.abs(moved) + Math.abs(event.clientY - drag.y) > DRAG_PX) {
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
    if (flame.form !== ICICLE || !flame.weights) {
        return;
    }
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
