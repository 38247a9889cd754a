// The lanes that are in sight -> the canvas: names on the left, then time; the axis stays on top.

const NAME_PX = 10, UNFOUND_ALPHA = 0.45, LANES_OF_WORDS = ["title", "marks", "more"];

function groupFill(colours, hue) {
    return hue === NONE ? colours.strip : colours.look === LOOK.dark ? `hsl(${hue} 52% 58%)` : `hsl(${hue} 58% 50%)`;
}

function drawTimeline(view, chart) {
    const { timeline } = view, { context, colours } = chart, { plot, lanes } = timeline, top = timeline.scroll.scrollTop;
    if (!plot) {
        return;
    }
    paintAxis(chart, plot, chart.height, 2, "");
    context.strokeStyle = colours.line;
    context.strokeRect(-1, AXIS_PX - 0.5, chart.width + 2, chart.height);
    context.save();
    context.beginPath();
    context.rect(0, AXIS_PX, chart.width, chart.height - AXIS_PX);
    context.clip();
    const seen = lanes.list.map(lane => ({ lane, y: AXIS_PX + lane.top - top })).filter(({ lane, y }) => y < chart.height && y + lane.height > AXIS_PX);
    const draw = words => seen.filter(({ lane }) => words === LANES_OF_WORDS.includes(lane.kind)).forEach(({ lane, y }) => drawLane(view, chart, lane, y));
    draw(false);
    drawTimelineRange(view, chart, top);
    draw(true); // a range does not make them pale
    drawMarkLines(view, chart);
    drawCursor(view, chart, top);
    context.restore();
}

function drawLane(view, chart, lane, y) {
    const { timeline } = view, { plot } = timeline, { context, colours } = chart;
    if (lane.kind !== "title" && lane.kind !== "request") {
        context.fillStyle = colours.line;
        context.fillRect(0, y + lane.height - 1, chart.width, 1);
    }
    if (lane.id === timeline.cursor.id && timeline.byKey) {
        context.globalAlpha = 0.1;
        context.fillStyle = colours.focus;
        context.fillRect(0, y, chart.width, lane.height);
        context.globalAlpha = 1;
    }
    LANE_DRAW[lane.kind](view, chart, lane, y, plot);
}

function drawName(chart, lane, y, { left }, { fill = null, chosen = false, found = true } = {}) {
    const { context, colours } = chart;
    const font = left < GUTTER_PX ? colours.small : colours.words, x = fill ? 10 + NAME_PX : 8, middle = y + Math.min(lane.height / 2, 19);
    if (fill) {
        context.fillStyle = fill;
        context.fillRect(8, middle - NAME_PX / 2, NAME_PX - 1, NAME_PX - 1);
    }
    context.font = chosen ? "600 " + font : font;
    context.fillStyle = found ? colours.ink : colours.dim;
    context.globalAlpha = found ? 1 : UNFOUND_ALPHA;
    context.fillText(fitText(context, lane.name, left - x - 8), x + (fill ? 3 : 0), middle);
    context.globalAlpha = 1;
}

const LANE_DRAW = {
    title: (view, chart, lane, y) => {
        const { context, colours } = chart;
        const note = lane.note + (lane.most ? perTimeText(view.model, lane.most()) : "");
        context.font = "600 " + colours.words;
        context.fillStyle = colours.ink;
        context.fillText(lane.name, 8, y + 18);
        const after = 8 + context.measureText(lane.name).width + 12;
        context.font = colours.small;
        context.fillStyle = colours.dim;
        context.fillText(fitText(context, note, chart.width - after - 8), after, y + 18.5);
    },
    value: (view, chart, lane, y, plot) => {
        const { timeline } = view, fill = groupFill(chart.colours, lane.group.hue);
        paintArea(chart, plot, timeline.columns[lane.at], y + lane.height - 1, lane.height - 5, timeline.most || 1, fill);
        drawName(chart, lane, y, plot, { fill, found: view.matches(lane.name), chosen: lane.group.id !== NONE && timeline.groups.isChosen(lane.group.id) });
    },
    // From the whole down to the first: what is painted later covers.
    stack: (view, chart, lane, y, plot) => {
        const { columns, groups, most } = view.timeline;
        for (let at = columns.length - 1; at >= 0; at--) {
            paintArea(chart, plot, addColumns(columns.slice(0, at + 1)), y + lane.height - 1, lane.height - 8, most || 1, groupFill(chart.colours, groups.list[at].hue));
        }
        drawName(chart, { name: plural(columns.length, "value"), height: lane.height }, y, plot);
    },
    heat: drawHeat,
    thread: (view, chart, lane, y, plot) => {
        const { cpu, wait } = view.timeline.threads, high = lane.height - 3, { durationS } = view.model;
        const onCpu = rowColumns(cpu.rows, lane.thread, plot.window), full = durationS > 0 ? Math.max(Math.ceil(cpu.cpu[lane.thread] / 1e9 / durationS - 0.05), 1) : 1;
        if (wait) {
            paintArea(chart, plot, addColumns([onCpu, rowColumns(wait.rows, lane.thread, plot.window)]), y + lane.height - 1, high, full, chart.colours.kernel);
        }
        paintArea(chart, plot, onCpu, y + lane.height - 1, high, full, chart.colours.heat);
        drawName(chart, lane, y, plot, { found: view.matches(lane.name), chosen: view.selection.threads.has(lane.thread) });
    },
    more: (view, chart, lane, y, plot) => {
        const { context, colours } = chart;
        context.font = colours.words;
        context.fillStyle = colours.focus;
        context.fillText(lane.name, 8, y + lane.height / 2, plot.left + plot.width);
    },
    marks: (view, chart, lane, y, plot) => {
        const { context, colours } = chart;
        const all = marksIn(view, [plot.window.first, plot.window.end]), taken = [[0, plot.left]];
        drawName(chart, lane, y, plot);
        context.font = colours.small;
        context.fillStyle = colours.ink;
        for (const mark of [...all.filter(({ kind }) => kind === "deploy"), ...all.filter(({ kind }) => kind !== "deploy")]) { // where there is no room for both
            const x = xOfBucket(plot, mark.bucket), wide = context.measureText(mark.text).width + 8, at = x + wide > plot.left + plot.width ? x - wide : x;
            if (taken.every(([from, to]) => at + wide <= from || at >= to)) {
                context.fillText(mark.text, at + 4, y + lane.height / 2);
                taken.push([at, at + wide]);
            }
        }
    },
    request: drawRequests,
};

// Of those that share a pixel one is drawn.
function drawRequests(view, chart, lane, y, plot) {
    const { spans } = view.model, { window } = plot, right = plot.left + plot.width;
    let drawn = plot.left;
    for (let at = Math.max(requestBefore(spans, lane.ids, window.first * window.bucketS), 0); at < lane.ids.length; at++) {
        const id = lane.ids[at], begin = xOfSeconds(plot, spans.beginS[id]), end = Math.min(Math.max(xOfSeconds(plot, endOfSpan(spans, id)), begin + 1.5), right);
        if (begin > right) {
            break;
        }
        if (end > drawn + 0.5) {
            drawRequest(view, chart, lane, id, { left: Math.max(begin, plot.left), top: y + 1, wide: end - Math.max(begin, plot.left), tall: lane.height - 3 });
            drawn = end;
        }
    }
}

// Pale: from begin to end; in full colour, from the ground: as much of it as was spent on a CPU.
function drawRequest(view, chart, lane, id, { left, top, wide, tall }) {
    const { timeline: { requests: { costs }, groups, cursor, byKey }, model, selection } = view, { context, colours } = chart;
    const spent = model.spans.wallS[id] > 0 ? Math.min(costs.cpu[id] / 1e9 / model.spans.wallS[id], 1) : 0, gap = wide > 4 ? 1 : 0;
    const group = groups.ofSet ? groups.list.find(one => one.id === groups.ofSet[model.spans.tagSet[id]]) : null;
    const found = matchesRequest(view, id);
    context.fillStyle = group ? groupFill(colours, group.hue) : colours.edge;
    context.globalAlpha = found ? 0.4 : 0.1;
    context.fillRect(left, top, wide - gap, tall);
    context.globalAlpha = found ? 1 : 0.2;
    context.fillRect(left, top + tall * (1 - spent), wide - gap, tall * spent);
    if (wide > 60) {
        context.font = colours.small;
        context.fillStyle = colours.ink;
        context.fillText(fitText(context, spanText(model, id), wide - 10), left + 4, top + tall / 2);
    }
    context.globalAlpha = 1;
    if (selection.spans.has(id) || (byKey && cursor.id === lane.id && cursor.request === id)) {
        context.strokeStyle = colours.focus;
        context.lineWidth = 2;
        context.strokeRect(left + 1, top, Math.max(wide - 2, 2), tall);
    }
}

function drawMarkLines(view, chart) {
    const { plot, marks } = view.timeline, { context, colours } = chart, { first, end } = plot.window;
    for (const mark of marks.filter(({ bucket }) => bucket >= first && bucket < end)) {
        context.strokeStyle = colours.ink;
        context.lineWidth = mark.kind === "deploy" ? 1.25 : 1;
        context.setLineDash(mark.kind === "deploy" ? [] : [2, 3]);
        context.beginPath();
        context.moveTo(Math.round(xOfBucket(plot, mark.bucket)) + 0.5, AXIS_PX);
        context.lineTo(Math.round(xOfBucket(plot, mark.bucket)) + 0.5, chart.height);
        context.stroke();
    }
    context.setLineDash([]);
}

// Over everything but fractions of a second, which are no line of time: they fade themselves.
function drawTimelineRange(view, chart, top) {
    const { plot, lanes, control } = view.timeline, { context } = chart, heat = lanes.list.find(lane => lane.kind === "heat");
    context.save();
    context.beginPath();
    context.rect(0, 0, chart.width, chart.height);
    if (heat) {
        context.rect(0, AXIS_PX + heat.top - top, chart.width, heat.height - 1);
    }
    context.clip("evenodd");
    paintRange(chart, plot, drawnRange(control), AXIS_PX, chart.height);
    context.restore();
}

// By keyboard a frame around what the cursor is on; by mouse a line through all lanes.
function drawCursor(view, chart, top) {
    const { timeline } = view, { plot, cursor, hovered } = timeline, { context, colours } = chart, lane = cursorLane(timeline);
    if (timeline.byKey && lane && lane.kind !== "more") {
        const [first, end] = cursorBuckets(view), heat = lane.kind === "heat" ? heatBox(view, lane, cursor.bucket) : null;
        const x = heat ? heat.x : xOfBucket(plot, first), wide = heat ? heat.wide : Math.max(xOfBucket(plot, end) - x, 2), y = AXIS_PX + lane.top - top + (heat ? heat.y : 0);
        context.strokeStyle = colours.focus;
        context.lineWidth = 2;
        context.strokeRect(x - 1, y, wide + 2, (heat ? heat.high : lane.height - 1));
    } else if (hovered && !timeline.control.drag) {
        context.fillStyle = colours.dim;
        context.fillRect(Math.round(hovered.x), AXIS_PX, 1, chart.height);
    }
}
