// The keyboard in the timeline. The cursor is a lane and the buckets of one column. To a screen reader it is a grid of which the cell
// under the cursor exists: two take turns, because only a change of aria-activedescendant is spoken.

const TIMELINE_KEYS = "ArrowLeft ArrowRight ArrowUp ArrowDown Shift+ArrowLeft Shift+ArrowRight PageUp PageDown Home End Enter Space Escape + - 0 z";

// -- the cursor ---------------------------------------------------------------------------------------------------------------------

function focusLanes(timeline) {
    return timeline.lanes.list.filter(lane => lane.id !== "");
}

function cursorLane(timeline) {
    const lanes = focusLanes(timeline);
    return lanes.find(lane => lane.id === timeline.cursor.id) || lanes.find(lane => lane.kind !== "marks");
}

// As many as share a pixel; fractions of a second are apart always.
function cursorBuckets(view) {
    const { timeline } = view, { window } = timeline.plot, { bucket } = timeline.cursor, lane = cursorLane(timeline);
    if (lane.kind === "heat" || !isIn(window, bucket)) {
        return [bucket, bucket + 1];
    }
    const column = columnOf(window, bucket);
    return [edgeOf(window, column), edgeOf(window, column + 1)];
}

function moveCursor(view, changes) {
    const { timeline } = view, { cursor, plot } = timeline, { count } = plot.window;
    timeline.byKey = true;
    Object.assign(cursor, { request: NONE }, changes);
    cursor.bucket = Math.min(Math.max(cursor.bucket, 0), view.model.bucketCount - 1);
    if (!isIn(plot.window, cursor.bucket)) {
        zoomTime(view, cursor.bucket < plot.window.first ? [cursor.bucket, cursor.bucket + count] : [cursor.bucket + 1 - count, cursor.bucket + 1], "glide");
    }
    const lane = cursorLane(timeline), { scroll, chart } = timeline;
    cursor.id = lane.id;
    if (lane.top < scroll.scrollTop) {
        scroll.scrollTop = Math.max(lane.top - LANE_PX.title, 0);
    } else if (AXIS_PX + lane.top + lane.height > scroll.scrollTop + chart.height) {
        scroll.scrollTop = AXIS_PX + lane.top + lane.height - chart.height + 4;
    }
    speakCursor(view);
    chart.redraw();
}

function speakCursor(view) {
    const { timeline } = view, lane = cursorLane(timeline), { cursor } = timeline;
    if (!timeline.plot || !lane) {
        return;
    }
    if (!cursor.id) {
        Object.assign(cursor, { id: lane.id, bucket: view.selection.range ? view.selection.buckets()[0] : timeline.plot.window.first });
    }
    const range = cursorBuckets(view), words = laneWords(view, lane, range);
    const item = timeline.items.find(one => one.cell.id !== timeline.scroll.getAttribute("aria-activedescendant"));
    item.name.textContent = lane.name;
    item.cell.textContent = lane.kind === "more" ? "Enter" : lane.kind === "request" ? words.join("; ") : `${bucketsText(view.model, range)}: ${words.join("; ")}`;
    item.row.setAttribute("aria-rowindex", String(timeline.lanes.list.indexOf(lane) + 1));
    item.cell.setAttribute("aria-colindex", String(isIn(timeline.plot.window, range[0]) ? columnOf(timeline.plot.window, range[0]) + 1 : 1));
    timeline.scroll.setAttribute("aria-activedescendant", item.cell.id);
    timeline.here.replaceChildren(make("b", null, make("bdi", null, item.name.textContent)), " ", make("bdi", null, item.cell.textContent));
}

// -- by keyboard --------------------------------------------------------------------------------------------------------------------

// To the next lane; from request to request and from event to event; else by columns.
function stepLane(view, step) {
    const { timeline } = view, lanes = focusLanes(timeline), at = lanes.indexOf(cursorLane(timeline));
    moveCursor(view, { id: lanes[Math.min(Math.max(at + step, 0), lanes.length - 1)].id });
}

function stepTime(view, step) {
    const { timeline, model: { spans, bucketS } } = view, lane = cursorLane(timeline), { cursor } = timeline;
    if (lane.kind === "request") {
        const at = lane.ids.indexOf(requestAt(view, lane, cursorBuckets(view))), before = requestBefore(spans, lane.ids, (cursor.bucket + 1) * bucketS - 1e-9);
        const next = at !== NONE ? at + step : step > 0 ? before + step : before + step + 1, id = lane.ids[Math.min(Math.max(next, 0), lane.ids.length - 1)];
        moveCursor(view, { bucket: Math.floor(spans.beginS[id] / bucketS + 1e-6), request: id });
    } else if (lane.kind === "marks") {
        const marks = timeline.marks.map(mark => mark.bucket).filter(bucket => step > 0 ? bucket > cursor.bucket : bucket < cursor.bucket);
        moveCursor(view, marks.length > 0 ? { bucket: step > 0 ? Math.min(...marks) : Math.max(...marks) } : {});
    } else {
        const [first, end] = cursorBuckets(view);
        moveCursor(view, { bucket: step > 0 ? end - 1 + step * (end - first) : first + step * (end - first) });
    }
}

// To the next request that the search finds, lane by lane. ret: whether there is one.
function stepFoundRequest(view, step) {
    const { timeline } = view, found = lane => (lane.ids || []).filter(id => matchesRequest(view, id)).map(id => ({ lane, id }));
    const all = view.query && timeline.plot ? timeline.lanes.list.flatMap(found) : [];
    if (all.length === 0) {
        return false;
    }
    const now = all.findIndex(one => one.id === timeline.cursor.request), next = all[(now < 0 ? (step > 0 ? 0 : all.length - 1) : now + step + all.length) % all.length];
    timeline.scroll.focus({ preventScroll: true });
    moveCursor(view, { id: next.lane.id, bucket: Math.floor(view.model.spans.beginS[next.id] / view.model.bucketS + 1e-6), request: next.id });
    say(`${all.indexOf(next) + 1} of ${countText(all.length)} requests`);
    return true;
}

// From where Shift was first held to the cursor.
function extendRange(view, step) {
    const { control } = view.timeline;
    const anchor = control.draft && control.anchor ? control.anchor : cursorBuckets(view);
    stepTime(view, step);
    const here = cursorBuckets(view);
    control.anchor = anchor;
    setDraft(control, [Math.min(anchor[0], here[0]), Math.max(anchor[1], here[1])]);
    say(`${control.how.words(control.draft)}, Enter shows it`);
}

function enterLane(view) {
    const { timeline } = view, lane = cursorLane(timeline), range = cursorBuckets(view);
    const request = lane.kind === "request" ? requestAt(view, lane, range) : NONE;
    if (lane.kind === "more") {
        setTimeline(view, { allThreads: !timeline.allThreads });
    } else if (request !== NONE) {
        chooseRequest(view, request);
    } else if (lane.kind !== "request") {
        applyRange(timeline.control, range);
    }
}

function chooseLane(view, lane) {
    if (lane.kind === "value" && lane.group.id !== NONE) {
        view.timeline.groups.choose(lane.group.id);
    } else if (lane.kind === "thread") {
        changeSelection(view, one => { one.threads.delete(lane.thread) || one.threads.add(lane.thread); });
    } else if (lane.kind === "more") {
        setTimeline(view, { allThreads: !view.timeline.allThreads });
    }
}

// What a range and its draft do with Enter and Escape, the control knows: it hears the key after this.
function onTimelineKey(view, event) {
    const { timeline } = view, { control, cursor, plot } = timeline;
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 };
    const middle = () => timeline.byKey ? cursor.bucket + 0.5 : plot.window.first + plot.window.count / 2;
    const actions = {
        ArrowUp: () => stepLane(view, -1), ArrowDown: () => stepLane(view, 1),
        Home: () => moveCursor(view, { bucket: plot.window.first }), End: () => moveCursor(view, { bucket: plot.window.end - 1 }),
        "+": () => zoomAround(view, middle(), 1 / ZOOM_STEP), "=": () => zoomAround(view, middle(), 1 / ZOOM_STEP), "-": () => zoomAround(view, middle(), ZOOM_STEP),
        0: () => setTimeline(view, { zoom: null }), z: () => zoomTarget(view) && zoomTime(view, zoomTarget(view)),
        " ": () => chooseLane(view, cursorLane(timeline)),
        ...(control.draft ? {} : { Enter: () => enterLane(view) }),
        ...(timeline.zoom && !drawnRange(control) ? { Escape: () => setTimeline(view, { zoom: null }) } : {}),
    };
    if (event.ctrlKey || event.altKey || event.metaKey || !plot) {
        return;
    }
    const step = Object.hasOwn(steps, event.key) ? steps[event.key] : 0;
    if (step === 0 && !Object.hasOwn(actions, event.key)) {
        return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (step !== 0) {
        (event.shiftKey ? extendRange : stepTime)(view, step);
    } else {
        actions[event.key]();
    }
}
