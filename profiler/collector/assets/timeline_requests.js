// Requests over time: in rows in which none overlaps another, and what each cost.

// Per span what it took of the selection at any time: { cpu, samples, wait }.
function costsOfSpans(view) {
    const { model } = view, weigh = key => {
        const cells = model.cellsOf[key];
        return cells ? weighCells(cells, chosenAtAnyTime(view, key), model.spans.count, i => cells.span[i] > 0 ? cells.span[i] : NONE) : shares(model.spans.count);
    };
    const { cpu, samples } = weigh("cpu");
    return { cpu, samples, wait: weigh("wait").cpu };
}

// Those that the selection is about: by their tags and thread; of a function or a line, those with samples there.
function requestsOf(view, costs) {
    const { model, selection } = view, { spans } = model, sets = selection.tagSets();
    const through = selection.function !== NONE || selection.line !== NONE, ids = [];
    for (let id = 1; id < spans.count; id++) {
        if ((!sets || sets[spans.tagSet[id]]) && (selection.threads.size === 0 || selection.threads.has(spans.thread[id]) || costs.samples[id] > 0) &&
            (selection.spans.size === 0 || selection.spans.has(id)) && (!through || costs.samples[id] > 0 || costs.wait[id] > 0)) {
            ids.push(id);
        }
    }
    return ids.sort((a, b) => spans.beginS[a] - spans.beginS[b] || a - b);
}

function endOfSpan({ beginS, wallS }, id) {
    return beginS[id] + wallS[id];
}

// ret: { costs, count, rows: [ids by begin] }
function makeRequests(view) {
    const { spans } = view.model, costs = costsOfSpans(view), ids = requestsOf(view, costs), rows = [], ends = [];
    for (const id of ids) {
        let row = ends.findIndex(end => end <= spans.beginS[id]);
        row = row < 0 ? ends.length : row;
        ends[row] = endOfSpan(spans, id);
        rows[row] = rows[row] || [];
        rows[row].push(id);
    }
    return { costs, count: ids.length, rows };
}

// The last of a row that began at `s` or before: its place in the row, or NONE.
function requestBefore(spans, row, s) {
    let low = 0, high = row.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (spans.beginS[row[middle]] <= s) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low - 1;
}

function matchesRequest(view, id) {
    const { spans, tagSets, tags } = view.model;
    return view.matches(spanText(view.model, id), spans.id[id], spans.requestId[id], spans.name[id], ...tagSets[spans.tagSet[id]].map(tag => tags[tag].value));
}

// What a reader is told of one, a line each.
function requestWords(view, id) {
    const { model, timeline: { requests: { costs } } } = view, { spans } = model;
    const tags = model.tagSets[spans.tagSet[id]].map(tag => `${model.tags[tag].key} = ${model.tags[tag].value}`).join(", ");
    const cost = [`CPU time ${millisecondsText(costs.cpu[id] / 1e9)}`, plural(costs.samples[id], "sample"),
        ...(model.cellsOf.wait ? [`waiting ${millisecondsText(costs.wait[id] / 1e9)}`] : [])];
    return [spanText(model, id) + (spans.running[id] ? " so far, still running" : ""), cost.join(", "),
        `begins at ${clockText(spans.beginS[id], 0)}${spans.thread[id] >= 0 ? ", thread " + threadText(model, spans.thread[id]) : ""}`,
        `id ${spans.id[id]}${spans.requestId[id] ? ", request " + spans.requestId[id] : ""}`, ...(tags ? [tags] : [])];
}

// Only its samples; again: everything.
function chooseRequest(view, id) {
    const only = view.selection.spans.size === 1 && view.selection.spans.has(id);
    changeSelection(view, one => {
        one.clear();
        if (!only) {
            one.spans.add(id);
        }
    });
}
