// The slowest requests that are kept, as a table. A chosen one shows its bands below it: what each thread did for it.

function slowestRows(view) {
    const { model, requests } = view, { spans } = model;
    return findRequests(view).listed.filter(span => spans.wallNs[span] >= 1e6 * requests.slower && view.matches(spans.id[span], spans.requestId[span], spans.name[span],
        `${spans.method[span] || ""} ${spans.path[span] || ""}`, ...model.tagSets[spans.tagSet[span]].map(tag => `${model.tags[tag].key}=${model.tags[tag].value}`)));
}

function showSlowest(view) {
    const { requests, selection, tables } = view, found = findRequests(view), rows = slowestRows(view);
    if (document.activeElement !== requests.bar) {
        requests.bar.value = requests.slower > 0 ? String(requests.slower) : "";
    }
    requests.said.textContent = `${countText(rows.length)} of ${countText(found.listed.length)}`;
    requests.said.hidden = rows.length === found.listed.length;
    showTable(view, "slowest", rows, slowestColumns(view, found), view.query || requests.slower > 0 ? "No request matches." : "None was kept.", {
        of: span => ({ class: selection.spans.has(span) ? "picked" : null, onclick: event => onRequestClick(view, event, span) }),
        after: span => selection.spans.has(span) ? bandRows(view, span) : [],
        always: [...selection.spans],
        sorted: () => publish(view),
    });
}

function slowestColumns(view, found) {
    const { model } = view, { spans } = model, { cost, wait } = found;
    const slowest = spans.wallS[found.listed[0]] || 1;
    const columns = [
        { name: "wall ms", class: "n", title: "from begin to end", by: span => spans.wallS[span],
            cell: span => make("td", { class: "n", title: millisecondsExact(spans.wallS[span]) }, durationText(spans.wallNs[span])) },
        { name: "CPU ms", class: "n", title: "of all threads that worked for it", by: span => cost.cpu[span], cell: span => durationCell(cost.cpu[span], plural(cost.samples[span], "sample")) },
        { name: "samples", class: "n wide", title: "what the CPU time rests on", by: span => cost.samples[span], cell: span => make("td", { class: "n dim wide" }, countText(cost.samples[span])) },
        { name: "began, s", class: "n wide", title: "since the start", by: span => -spans.beginS[span], cell: span => make("td", { class: "n dim wide" }, spans.beginS[span].toFixed(3)) },
        { name: "request", by: span => requestName(model, span), cell: span => make("td", { class: "name" }, makeRequest(view, span)) },
        { name: "request id", class: "wide", by: span => spans.requestId[span] || "", cell: span => make("td", { class: "wide id" }, make("bdi", null, spans.requestId[span])) },
        { name: "tags", class: "wide", cell: span => make("td", { class: "wide" }, ...model.tagSets[spans.tagSet[span]].flatMap(tag => [makeTag(model.tags[tag].key, model.tags[tag].value), " "])) },
        { name: "CPU in wall", class: "split", title: "its time beside the slowest’s; coloured: as much of it as a processor worked for it",
            cell: span => make("td", { class: "split" }, makeBar([["own", Math.min(cost.cpu[span] / 1e9, spans.wallS[span])], ["out", spans.wallS[span] - cost.cpu[span] / 1e9]], slowest)) },
    ];
    if (model.cellsOf.wait) {
        columns.splice(6, 0, { name: "waits ms", class: "n", title: "blocked time, of all threads that worked for it", by: span => wait.cpu[span], cell: span => durationCell(wait.cpu[span]) });
    }
    return columns;
}

function millisecondsExact(s) {
    return (1e3 * s).toFixed(3) + FIXED + "ms";
}

function requestName(model, span) {
    const { spans } = model;
    return [spans.method[span], spans.path[span] === null ? spans.name[span] : spans.path[span]].filter(text => text).join(" ");
}

function makeRequest(view, span) {
    const { model, selection } = view, { spans } = model;
    return make("button", { type: "button", class: "link request", "data-name": "span " + spans.id[span], "aria-pressed": String(selection.spans.has(span)), title: "only the samples of this request" },
        make("bdi", null, requestName(model, span)), spans.path[span] !== null && view.requests.named ? make("small", null, " ", make("bdi", null, spans.name[span])) : null,
        spans.running[span] ? make("em", null, " still running") : null);
}

// Whether names say more than methods and paths do.
function areNamed({ spans }) {
    return spans.name.some((name, i) => i > 0 && name !== spans.name[1] && name !== spans.path[i]);
}

// Anywhere on the row, but not where text is being marked. Enter and Space press its button, which is on the row.
function onRequestClick(view, event, span) {
    if (event.target.closest("button") || getSelection().isCollapsed) {
        changeSelection(view, one => one.spans.delete(span) || one.spans.add(span));
    }
}

// One row for each thread, then what can be done next. The bands' CPU time adds up to the request's.
function bandRows(view, span) {
    const { model } = view, { spans } = model, bands = bandsOf(view, span), total = bands.reduce((sum, band) => sum + band.cpu, 0);
    const role = band => band.thread === spans.thread[span] ? "began it" : "worked for it";
    const rows = bands.map(band => make("tr", { class: "band" }, durationCellOf("n share", null, total > 0 ? percentText(100 * band.cpu / total) + FIXED + "%" : null),
        durationCellOf("n", plural(band.samples, "sample"), band.cpu > 0 ? durationText(band.cpu) : null), make("td", { class: "n dim wide" }, countText(band.samples)), make("td", { class: "wide" }),
        make("td", { class: "name" }, make("bdi", null, threadText(model, band.thread)), " ", make("small", null, role(band))), make("td", { class: "wide" }),
        ...(model.cellsOf.wait ? [durationCell(band.wait)] : []), make("td", { class: "wide" }), make("td", { class: "split" }, makeBar([["own", band.cpu]], total))));
    const action = (text, title, press) => make("button", { type: "button", title, onclick: press }, text);
    const end = spans.beginS[span] + spans.wallS[span];
    rows.push(make("tr", { class: "band last" }, make("td", { colspan: "9" }, bands.length === 0 ? "It has no samples. " : `${plural(bands.length, "thread")} worked for it: ${durationText(total)}${FIXED}ms of CPU. `,
        action("flame graph", "who called whom in it", () => openView(view, "flame")), action("its time", "every sample between its begin and its end, of whatever request", () => changeSelection(view, one => {
            one.spans.delete(span);
            one.setRange(spans.beginS[span], end);
        })), action("copy its id", "for hotline view --span=", () => copyText(spans.id[span])), make("code", null, spans.id[span]), spans.requestId[span] === null ? null : make("span", null, ", request id ", make("code", null, spans.requestId[span])))));
    return rows;
}

function durationCellOf(name, title, text) {
    return make("td", { class: name, title }, text);
}

function stepRequest(view, step) {
    const all = [...document.querySelectorAll("#slowest .request")];
    if (all.length === 0) {
        say("No request here.");
        return;
    }
    const now = all.indexOf(document.activeElement);
    const next = now < 0 ? (step > 0 ? 0 : all.length - 1) : (now + step + all.length) % all.length;
    all[next].focus();
    say(`${next + 1} of ${countText(all.length)}: ${all[next].textContent}`);
}
