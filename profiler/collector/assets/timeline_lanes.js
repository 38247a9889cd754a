// The lanes, from top to bottom: marks, what CPU time is told apart by, fractions of a second, threads, requests.
//
// A lane: { id, kind, name, top, height, ... }. Titles are lanes that the cursor passes over.

const LANE_PX = { title: 30, marks: 18, value: 38, stack: 140, thread: 26, more: 24, request: 17 };

function makeThreadRows(view) {
    const { model } = view, count = model.threads.tid.length;
    const rowsOf = key => {
        const cells = model.cellsOf[key], chosen = cells && chosenAtAnyTime(view, key);
        return cells && { rows: makeRows(model, cells, chosen, count, i => cells.thread[i]), ...weighCells(cells, chosen, count, i => cells.thread[i]) };
    };
    const cpu = rowsOf("cpu"), wait = rowsOf("wait"), first = model.metric.key === "wait" ? wait : cpu, second = first === cpu ? wait || cpu : cpu;
    const samples = cpu.samples.map((n, thread) => n + (wait ? wait.samples[thread] : 0));
    return { cpu, wait, ids: order(count, samples, first.cpu, second.cpu) };
}

// ret: { list, height }
function makeLanes(view) {
    const { timeline, model } = view, { groups, threads, requests, marks } = timeline, list = [];
    const put = (kind, id, more) => list.push({ kind, id, name: "", note: "", height: LANE_PX[kind], ...more });
    if (marks.length > 0) {
        put("marks", "marks", { name: "Events" });
    }
    put("title", "", { name: `${model.metric.label} by ${timeKeyText(timeline.by)}`, note: "full height ", most: () => timeline.most });
    if (timeline.stacked) {
        put("stack", "stack", { name: "all of them" });
    } else {
        groups.list.forEach((group, at) => put("value", "value:" + group.id, { name: group.name, group, at }));
    }
    const rows = bucketsPerSecond(model);
    put("title", "", { name: "Within each second", note: `not known: this profile has time steps of ${lengthText(model.bucketS)}`,
        ...(rows > 0 && { note: `a column a second, ${plural(rows, "row")} of ${lengthText(model.bucketS)}, darkest `, most: () => timeline.mostHeat }) });
    if (rows > 0) {
        put("heat", "heat", { name: "Within the second", height: heatHeight(rows), rows });
    }
    const shown = timeline.allThreads ? threads.ids : threads.ids.slice(0, FIRST_THREADS);
    put("title", "", { name: "Threads", note: threads.wait ? "full height: all of the time; hatched: waiting" : "full height: one CPU" });
    shown.forEach(thread => put("thread", "thread:" + thread, { name: threadText(model, thread), thread }));
    if (threads.ids.length > FIRST_THREADS) {
        put("more", "more", { name: timeline.allThreads ? `show the ${FIRST_THREADS} hottest` : `show all ${countText(threads.ids.length)}` });
    }
    if (requests.rows.length > 0) {
        const which = model.spans.count - 1 > requests.count ? " of the selection" : "";
        put("title", "", { name: "Requests", note: `${plural(requests.count, "request")}${which}; in full colour: the part spent on a CPU` });
        requests.rows.forEach((ids, row) => put("request", "request:" + row, { name: `Requests, row ${row + 1}`, ids }));
    }
    let top = 0;
    for (const lane of list) {
        lane.top = top;
        top += lane.height;
    }
    return { list, height: top };
}

// -- in words -----------------------------------------------------------------------------------------------------------------------

// "CPU time 90.0 ms, 9 samples, 0.90 CPUs": of some buckets.
function amountText(view, { cpu, samples }, [first, end], metric = view.model.metric) {
    const { model } = view;
    return `${metric.time} ${millisecondsText(cpu / 1e9)}, ${plural(samples, "sample")}, ${perTimeText({ metric }, cpu / 1e9 / ((end - first) * model.bucketS))}`;
}

const LANE_WORDS = {
    marks: (view, lane, range) => marksIn(view, range).map(mark => mark.text),
    value: (view, lane, range) => [amountText(view, sumRow(view.timeline.groups.rows, lane.group.row, range), range)],
    stack: (view, lane, range) => {
        const { groups } = view.timeline, parts = groups.list.map(({ name, row }) => ({ name, ...sumRow(groups.rows, row, range) }));
        return [...LANE_WORDS.heat(view, lane, range), ...parts.filter(part => part.samples > 0)
            .map(({ name, cpu, samples }) => `${name}: ${millisecondsText(cpu / 1e9)}, ${plural(samples, "sample")}`)];
    },
    heat: (view, lane, range) => [amountText(view, sumRow(view.timeline.whole, 0, range), range)],
    thread: (view, lane, range) => ["cpu", "wait"].filter(key => view.timeline.threads[key])
        .map((key, i) => amountText(view, sumRow(view.timeline.threads[key].rows, lane.thread, range), range, METRICS[i])),
    more: () => [],
    request: (view, lane, range) => {
        const id = requestAt(view, lane, range);
        return id === NONE ? [] : requestWords(view, id);
    },
};

// What is in a lane at some time, a line each.
function laneWords(view, lane, range) {
    const words = LANE_WORDS[lane.kind](view, lane, range);
    return words.length > 0 ? words : lane.kind === "more" ? [] : ["nothing"];
}

function marksIn(view, [first, end]) {
    return view.timeline.marks.filter(mark => mark.bucket >= first && mark.bucket < end);
}

// The request of a lane that the cursor is on, or else one that is running in these buckets.
function requestAt(view, lane, [first, end]) {
    const { model: { spans, bucketS }, timeline: { cursor } } = view;
    if (lane.ids.includes(cursor.request) && first <= cursor.bucket && cursor.bucket < end) {
        return cursor.request;
    }
    const at = requestBefore(spans, lane.ids, end * bucketS - 1e-9);
    return at !== NONE && endOfSpan(spans, lane.ids[at]) >= first * bucketS ? lane.ids[at] : NONE;
}

// The events below the chart: the same as the marks, as text.
function showEvents(view) {
    const { events, marks } = view.timeline;
    const text = mark => `${mark.text} at ${clockText(mark.bucket * view.model.bucketS, 1)}`;
    events.textContent = marks.length > 0 ? `Events: ${marks.map(text).join("; ")}.` : "";
    events.hidden = marks.length === 0;
}
