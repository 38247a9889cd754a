// A range of time chosen on an element that shows time, by mouse and by keyboard. While it is being chosen it is a draft, which the element
// draws; then it is the range of the selection, for every view.
//
// By keyboard the element is a slider whose value is a range: arrows move it, Shift with an arrow moves its end, Page keys take ten steps,
// Home and End go to the edges, Enter applies, Esc gives the draft up, or ends the range.

const DRAG_START_PX = 4, EDGE_GRAB_PX = 5, RANGE_KEYS = "ArrowLeft ArrowRight Shift+ArrowLeft Shift+ArrowRight PageUp PageDown Home End Enter Escape";

// how: { bucketsAt: event => [first, end), xOf: bucket -> clientX or null, limits: () => [first, end), steps: () => { unit, key: buckets },
//        words: buckets -> text, redraw: () => {}, press: event => true if it is no place of time, click: optional: event => true if
//        the click (no drag) was not one of time, hover: event or null => {} }
function makeTimeControl(view, element, how) {
    const control = { view, element, how, draft: null, drag: null };
    element.addEventListener("pointerdown", event => beginDrag(control, event));
    element.addEventListener("pointermove", event => moveDrag(control, event));
    element.addEventListener("pointerup", event => endDrag(control, event));
    element.addEventListener("pointercancel", () => dropDraft(control));
    element.addEventListener("pointerleave", () => how.hover(null));
    element.addEventListener("keydown", event => onTimeKey(control, event));
    element.addEventListener("blur", () => dropDraft(control));
    return control;
}

// What is drawn as the range: the draft, or the selection's.
function drawnRange(control) {
    const { selection } = control.view;
    return control.draft || (selection.range ? selection.buckets() : null);
}

function setDraft(control, draft) {
    control.draft = draft;
    sayRange(control);
    control.how.redraw();
}

function dropDraft(control) {
    control.drag = null;
    if (control.draft) {
        setDraft(control, null);
    }
}

function applyRange(control, [first, end]) {
    const { bucketS } = control.view.model;
    control.drag = null;
    control.draft = null;
    control.how.hover(null);
    changeSelection(control.view, one => one.setRange(first * bucketS, end * bucketS));
}

function sayRange(control) {
    const { element, view, how } = control, range = drawnRange(control);
    const [from, to] = how.limits();
    if (element.getAttribute("role") === "slider") {
        element.setAttribute("aria-valuemin", String(from));
        element.setAttribute("aria-valuemax", String(to));
        element.setAttribute("aria-valuenow", String(range ? range[0] : from));
        element.setAttribute("aria-valuetext", range ? how.words(range) + (control.draft ? ", Enter shows it" : "") : `all the time, ${lengthText(view.model.bucketCount * view.model.bucketS)}`);
    }
}

// -- by mouse -----------------------------------------------------------------------------------------------------------------------

// Near an edge of the range that edge is moved, else a new range begins.
function anchorOf(control, event) {
    const { view, how } = control;
    if (view.selection.range && how.xOf) {
        const [first, end] = view.selection.buckets();
        if (Math.abs(how.xOf(end) - event.clientX) <= EDGE_GRAB_PX) {
            return [first, first + 1];
        }
        if (Math.abs(how.xOf(first) - event.clientX) <= EDGE_GRAB_PX) {
            return [end - 1, end];
        }
    }
    return how.bucketsAt(event);
}

function beginDrag(control, event) {
    if (event.button === 0 && !control.how.press(event)) {
        control.drag = { x: event.clientX, y: event.clientY, anchor: anchorOf(control, event), moved: false };
        control.element.setPointerCapture(event.pointerId); // it may leave the element
    }
}

function moveDrag(control, event) {
    const { drag } = control;
    if (!drag) {
        control.how.hover(event);
        return;
    }
    drag.moved = drag.moved || Math.abs(event.clientX - drag.x) + Math.abs(event.clientY - drag.y) >= DRAG_START_PX;
    if (drag.moved) {
        const here = control.how.bucketsAt(event);
        setDraft(control, [Math.min(drag.anchor[0], here[0]), Math.max(drag.anchor[1], here[1])]);
        showTimeTip(control.view, event, [control.how.words(control.draft)]);
    }
}

function endDrag(control, event) {
    const { drag, draft } = control;
    if (drag && !drag.moved && control.how.click && control.how.click(event)) {
        control.drag = null;
    } else if (drag) {
        applyRange(control, drag.moved && draft ? draft : control.how.bucketsAt(event));
    }
}

// -- by keyboard --------------------------------------------------------------------------------------------------------------------

function onTimeKey(control, event) {
    const { view, draft } = control, range = drawnRange(control);
    let handled = true;
    if (event.ctrlKey || event.altKey || event.metaKey) {
        return;
    }
    if ((event.key === "Enter" || event.key === " ") && draft) {
        applyRange(control, draft);
    } else if (event.key === "Escape" && draft) {
        dropDraft(control);
    } else if (event.key === "Escape" && range) {
        changeSelection(view, one => { one.range = null; });
    } else if (event.key !== "Escape") {
        handled = moveDraft(control, event.key, event.shiftKey, range);
    } else {
        handled = false;
    }
    if (handled) {
        event.preventDefault();
        event.stopPropagation();
    }
}

// ret: the key is one of those that move.
function moveDraft(control, key, extend, range) {
    const [from, to] = control.how.limits(), steps = control.how.steps(), step = steps[key];
    if (step === undefined && key !== "Home" && key !== "End") {
        return false;
    }
    const [first, end] = range || [from, Math.min(from + steps.unit, to)], size = end - first;
    const clamp = (value, least, most) => Math.min(Math.max(value, least), most);
    if (extend) {
        setDraft(control, [first, clamp(key === "Home" ? first + steps.unit : key === "End" ? to : end + step, Math.min(first + steps.unit, to), to)]);
    } else {
        const moved = clamp(key === "Home" || (!range && key !== "End") ? from : key === "End" ? to : first + step, from, Math.max(to - size, from));
        setDraft(control, [moved, Math.min(moved + size, to)]);
    }
    return true;
}
