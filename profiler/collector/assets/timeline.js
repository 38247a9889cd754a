// The timeline: lanes over one axis of time. What the reader has chosen of it, and the steps from there to the screen.
//
//   cells --selection without its range--> rows (time_rows) --window--> lanes (timeline_lanes) --what is in sight--> canvas (timeline_draw)
//
// What the search does not find is pale.
//
// The choice: by (what is told apart), stacked, zoom ([first, end) in buckets, null: all the time), allThreads. All of it is in the fragment.
// One canvas of the size of the view, however many lanes.

const AXIS_PX = 20, LEAST_BUCKETS = 4, GUTTER_PX = 168, NARROW_PX = 620, NARROW_GUTTER_PX = 104, FIRST_THREADS = 8, MOST_OF_SCREEN = 0.72, ZOOM_STEP = 1.6, REST_MS = 250;

function timelineOf(view) {
    view.timeline = view.timeline || {
        by: defaultTimeKey(view.model), stacked: false, zoom: null, allThreads: false,
        version: NONE, groupedBy: "", groups: null, threads: null, requests: null, whole: null, marks: makeMarks(view.model),
        lanes: [], window: null, plot: null, columns: [], most: 0, mostHeat: 0,
        cursor: { id: "", bucket: 0, request: NONE }, byKey: false, hovered: null, onHeat: false, onName: false, scroll: null,
    };
    return view.timeline;
}

// changes: of by, stacked, zoom, allThreads. A step that Back undoes; how: "glide": none, and in the link when it has come to rest.
function setTimeline(view, changes, how) {
    const { timeline } = view;
    Object.assign(timeline, changes);
    clearTimeout(timeline.gliding);
    if (how === "glide") {
        timeline.gliding = setTimeout(() => publish(view, "replace"), REST_MS);
    } else {
        publish(view);
    }
    showTimeline(view);
}

function showTimeline(view) {
    const { timeline, sum } = view;
    if (timeline.version !== view.version) {
        timeline.version = view.version;
        timeline.groupedBy = "";
        timeline.threads = makeThreadRows(view);
        timeline.requests = makeRequests(view);
        timeline.whole = makeRows(view.model, view.model.cells, chosenAtAnyTime(view), 1, () => 0);
    }
    if (timeline.groupedBy !== timeline.by) {
        timeline.groupedBy = timeline.by;
        timeline.groups = makeTimeGroups(view, timeline.by);
    }
    showTimelineBar(view);
    showTimelineLegend(view);
    timeline.lanes = makeLanes(view);
    layOutTimeline(view);
    timeline.empty.hidden = sum.all.samples > 0;
}

function makeTimelineElements(view, element) {
    const { timeline } = view;
    timeline.items = [0, 1].map(i => {
        const name = make("div", { role: "rowheader" }), cell = make("div", { role: "gridcell", id: "time-cell-" + i });
        return { name, cell, row: make("div", { role: "row", class: "unseen" }, name, cell) };
    });
    timeline.space = make("div", { class: "time-space", role: "presentation" });
    timeline.chart = makeChart(timeline.space, chart => drawTimeline(view, chart));
    timeline.scroll = make("div", {
        class: "time-scroll", role: "grid", tabindex: "0", "aria-label": "Timeline", "aria-describedby": "time-hint", "aria-keyshortcuts": TIMELINE_KEYS,
        onscroll: () => timeline.chart.redraw(), onfocus: () => speakCursor(view), onblur: () => { timeline.byKey = false; timeline.chart.redraw(); },
        onkeydown: event => onTimelineKey(view, event), onclick: event => onLaneName(view, event), onwheel: event => onTimelineWheel(view, event),
    }, timeline.space, ...timeline.items.map(item => item.row));
    timeline.here = make("p", { class: "time-here", "aria-hidden": "true" },
        "Drag over time to choose a range, click for one time step, click a request or a name for only that. Arrow keys walk.");
    timeline.empty = make("p", { class: "empty" }, "No samples are selected.");
    element.append(make("section", { "aria-labelledby": "timeline-title" }, make("h2", { id: "timeline-title" }, "Timeline"),
        makeTimelineBar(view), timeline.empty, timeline.scroll, timeline.here, timeline.events = make("p", { class: "static time-events" }),
        make("p", { id: "time-hint", class: "unseen" }, "Arrow keys move over time and from lane to lane. With Shift they choose a range, Enter shows only that time. " +
            "On a request Enter shows only the request. Space selects the lane. Plus and minus zoom, 0 is all the time.")));
    timeline.control = makeTimeControl(view, timeline.scroll, timelineControl(view));
    new ResizeObserver(() => requestAnimationFrame(() => layOutTimeline(view))).observe(element);
    addEventListener("resize", () => layOutTimeline(view));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => showTimelineLegend(view)); // after the chart's own
}

function timelineControl(view) {
    const { timeline } = view, { model } = view;
    return {
        bucketsAt: event => bucketsAtEvent(view, event),
        xOf: bucket => timeline.onHeat ? NaN : leftOf(timeline) + xOfBucket(timeline.plot, bucket),
        limits: () => [0, model.bucketCount],
        steps: () => ({ unit: 1 }),
        words: range => [bucketsText(model, range), amountText(view, sumRow(timeline.whole, 0, range), range)].join(": "),
        redraw: timeline.chart.redraw,
        press: event => pressTimeline(view, event),
        click: event => clickTimeline(view, event),
        hover: event => hoverTimeline(view, event),
    };
}

function leftOf(timeline) {
    return timeline.scroll.getBoundingClientRect().left + timeline.scroll.clientLeft;
}

function allBuckets(model) {
    return [0, model.bucketCount];
}

// After every change of what is shown, of the zoom and of the width.
function layOutTimeline(view) {
    const { timeline, model } = view, { scroll, chart, lanes } = timeline, width = scroll.clientWidth;
    if (width < 1 || !timeline.groups) {
        return;
    }
    const left = width < NARROW_PX ? NARROW_GUTTER_PX : GUTTER_PX, whole = AXIS_PX + lanes.height + 4;
    const window = makeWindow(model, timeline.zoom || allBuckets(model), width - left - 8);
    timeline.plot = { window, left, width: width - left - 8 };
    timeline.columns = timeline.groups.list.map(({ row }) => rowColumns(timeline.groups.rows, row, window));
    timeline.most = timeline.stacked ? highest([addColumns(timeline.columns)]) : highest(timeline.columns);
    chart.width = width;
    chart.height = Math.min(whole, Math.max(Math.floor(innerHeight * MOST_OF_SCREEN), 240));
    scroll.style.height = chart.height + 2 + "px";
    timeline.space.style.height = whole + "px";
    scroll.setAttribute("aria-colcount", String(window.columns));
    scroll.setAttribute("aria-rowcount", String(lanes.list.length));
    showEvents(view);
    chart.redraw();
}

function addColumns(columns) {
    const sums = new Float64Array(columns.length > 0 ? columns[0].length : 0);
    columns.forEach(row => row.forEach((value, i) => { sums[i] += value; }));
    return sums;
}

// The zoom to [first, end), inside of all the time. Everything is no zoom.
function zoomTime(view, [first, end], how) {
    const { model } = view, least = Math.min(LEAST_BUCKETS, model.bucketCount);
    const count = Math.min(Math.max(Math.round(end - first), least), model.bucketCount);
    const from = Math.min(Math.max(Math.round(first), 0), model.bucketCount - count);
    setTimeline(view, { zoom: count === model.bucketCount ? null : [from, from + count] }, how);
}

// factor below 1: closer; what is at bucket `at` stays where it is.
function zoomAround(view, at, factor, how) {
    const { window } = view.timeline.plot, part = Math.min(Math.max((at - window.first) / window.count, 0), 1);
    const count = factor < 1 ? Math.min(window.count * factor, window.count - 1) : Math.max(window.count * factor, window.count + 1);
    zoomTime(view, [at - part * count, at - part * count + count], how);
}

// What "Zoom in on it" means: the range, or the requests that are selected. null: neither.
function zoomTarget(view) {
    const { selection, model } = view, { spans, bucketS } = model, ids = [...selection.spans];
    if (selection.range || ids.length === 0) {
        return selection.range ? selection.buckets() : null;
    }
    const from = Math.min(...ids.map(id => spans.beginS[id])), to = Math.max(...ids.map(id => endOfSpan(spans, id))), around = (to - from) / 10;
    return [Math.floor((from - around) / bucketS), Math.ceil((to + around) / bucketS)];
}
