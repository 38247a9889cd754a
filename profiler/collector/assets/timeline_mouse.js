// The mouse in the timeline: a drag is a range, a click the time under it, a request, or the name of a lane; the wheel zooms and moves.

function laneAtEvent(view, event) {
    const { timeline } = view, box = timeline.scroll.getBoundingClientRect(), y = event.clientY - box.top - timeline.scroll.clientTop;
    return y < AXIS_PX ? undefined : timeline.lanes.list.find(lane => y + timeline.scroll.scrollTop - AXIS_PX < lane.top + lane.height);
}

function xOfEvent(view, event) {
    return event.clientX - leftOf(view.timeline);
}

function bucketsAtEvent(view, event) {
    const { timeline, model } = view, lane = laneAtEvent(view, event), heat = timeline.onHeat || (lane && lane.kind === "heat" && !timeline.control.drag);
    const plain = bucketsAtX(timeline.plot, xOfEvent(view, event));
    if (!heat) {
        return plain;
    }
    const of = timeline.lanes.list.find(one => one.kind === "heat"), { top } = timeline.scroll.getBoundingClientRect();
    const y = event.clientY - top - timeline.scroll.clientTop + timeline.scroll.scrollTop - AXIS_PX - of.top - 2;
    const row = Math.min(Math.max(Math.floor(y / ((of.height - 4) / of.rows)), 0), of.rows - 1);
    const bucket = Math.min(Math.floor(plain[0] / of.rows) * of.rows + row, model.bucketCount - 1);
    return [bucket, bucket + 1];
}

// ret: it is no place of time: the scroll bar, the names.
function pressTimeline(view, event) {
    const { timeline } = view, lane = laneAtEvent(view, event), x = xOfEvent(view, event);
    timeline.onHeat = Boolean(lane && lane.kind === "heat");
    timeline.onName = Boolean(timeline.plot && lane && (x < timeline.plot.left || lane.kind === "more"));
    timeline.byKey = false;
    return !timeline.plot || x > timeline.scroll.clientWidth || timeline.onName;
}

function requestAtEvent(view, lane, event) {
    const { plot } = view.timeline, { spans } = view.model, { window, left, width } = plot;
    const s = (window.first + (xOfEvent(view, event) - left) / width * window.count) * window.bucketS, slack = 2 * window.count * window.bucketS / width;
    const at = requestBefore(spans, lane.ids, s + slack);
    return at !== NONE && endOfSpan(spans, lane.ids[at]) + slack >= s ? lane.ids[at] : NONE;
}

// ret: the click was not one of time.
function clickTimeline(view, event) {
    const lane = laneAtEvent(view, event), id = lane && lane.kind === "request" ? requestAtEvent(view, lane, event) : NONE;
    if (id !== NONE) {
        view.timeline.control.how.hover(null);
        chooseRequest(view, id);
    }
    return id !== NONE || Boolean(lane && (lane.kind === "request" || lane.kind === "title"));
}

// A click that began there, too: a drag that ends on a name is none.
function onLaneName(view, event) {
    const lane = laneAtEvent(view, event);
    if (lane && view.timeline.onName && (xOfEvent(view, event) < view.timeline.plot.left || lane.kind === "more")) {
        chooseLane(view, lane);
    }
}

function hoverTimeline(view, event) {
    const { timeline } = view, lane = event ? laneAtEvent(view, event) : null, x = event ? xOfEvent(view, event) : 0;
    const inside = timeline.plot && x >= timeline.plot.left && x <= timeline.plot.left + timeline.plot.width;
    timeline.hovered = event && inside ? { x } : null;
    timeline.chart.redraw();
    timeline.scroll.classList.toggle("names", Boolean(lane && (lane.kind === "more" || (!inside && (lane.kind === "thread" || lane.kind === "value")))));
    if (!lane || lane.kind === "title" || lane.kind === "more" || (!inside && lane.kind !== "thread" && lane.kind !== "value")) {
        hideTimeTip(view);
    } else if (!inside) {
        showTimeTip(view, event, [make("b", null, lane.name), make("em", null, "click to select")]);
    } else if (lane.kind === "request") {
        const id = requestAtEvent(view, lane, event);
        id === NONE ? hideTimeTip(view) : showTimeTip(view, event, [...requestWords(view, id), make("em", null, "click: only this request")]);
    } else {
        const range = bucketsAtEvent(view, event);
        showTimeTip(view, event, [make("b", null, bucketsText(view.model, range)), lane.name, ...laneWords(view, lane, range)]);
    }
}

// With Ctrl: zoom at the pointer. Sideways: move.
function onTimelineWheel(view, event) {
    const { plot, zoom } = view.timeline;
    if (event.ctrlKey && plot) {
        event.preventDefault();
        const at = plot.window.first + Math.max(xOfEvent(view, event) - plot.left, 0) / plot.width * plot.window.count;
        zoomAround(view, at, event.deltaY < 0 ? 1 / ZOOM_STEP : ZOOM_STEP, "glide");
    } else if (zoom && Math.abs(event.deltaX || (event.shiftKey ? event.deltaY : 0)) > 0) {
        event.preventDefault();
        const by = Math.sign(event.deltaX || event.deltaY) * Math.max(Math.round(plot.window.count / 12), 1);
        zoomTime(view, [zoom[0] + by, zoom[1] + by], "glide");
    }
}
