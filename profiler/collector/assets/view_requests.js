// Requests: how long they took, and the slowest of them; one click leaves only the samples of one, in every view.

registerView({
    name: "requests", title: "Requests", key: "q", sections: ["requests"],
    keys: [["/", "find requests by id, method, path, name or tag"], ["n, N", "next, previous request"], ["Enter", "only the samples of this request, or all again"]],
    available: model => byId("requests") !== null,
    show: (view, element) => showRequests(view, element),
    write: (view, parameters) => writeRequests(view, parameters),
    read: (view, parameters) => readRequests(view, parameters),
    find: (view, step) => stepRequest(view, step),
    said: view => `${plural(slowestRows(view).length, "request")} of ${countText(findRequests(view).listed.length)} kept`,
});

const REQUEST_TABLES = { durations: 7, slowest: 7 };

function writeRequests({ requests, tables }, parameters) {
    if (requests.by !== null) {
        parameters.set("by", requests.by);
    }
    if (requests.slower > 0) {
        parameters.set("slower", String(requests.slower));
    }
    writeSorts(tables, REQUEST_TABLES, parameters);
}

function readRequests({ model, requests, tables }, parameters) {
    const by = parameters.get("by"), slower = Number(parameters.get("slower"));
    requests.by = model.tags.some(tag => tag.key === by) ? by : null;
    requests.slower = slower > 0 && slower < 1e9 ? slower : 0;
    readSorts(tables, REQUEST_TABLES, parameters);
}

function showRequests(view, element) {
    const { requests } = view;
    if (!requests.bar) {
        makeRequestBars(view);
    }
    const found = findRequests(view);
    const rows = requestRows(view.model, found, () => [null]);
    element.querySelector(".totals").textContent = totalsText(view, found, rows.get(null));
    showDurations(view, found);
    showLatencies(view, rows.get(null));
    showSlowest(view);
}

function makeRequestBars(view) {
    const { requests, model } = view;
    const choose = event => {
        requests.by = event.target.selectedIndex === 0 ? null : keys[event.target.selectedIndex - 1];
        view.tables.durations.shown = FIRST_ROWS.durations;
        showDurations(view, findRequests(view));
        publish(view);
    };
    const keys = [...new Set(model.tags.map(tag => tag.key))].sort(compareText);
    requests.keys = keys;
    requests.named = areNamed(model);
    requests.by_select = make("select", { id: "durations-by", onchange: choose }, make("option", null, "name and tags"), ...keys.map(key => make("option", null, key)));
    byId("durations").before(make("p", { class: "request-bar" }, make("label", null, "by ", requests.by_select)));
    const type = () => { setSlower(view, Number(requests.bar.value)); };
    requests.bar = make("input", { type: "number", min: "0", step: "any", id: "slower-than", placeholder: "0", inputmode: "decimal",
        oninput: type, onchange: () => publish(view), onkeydown: event => onSlowerKey(view, event) });
    requests.said = make("span", { class: "dim" });
    byId("slowest").before(make("p", { class: "request-bar" }, make("label", null, "slower than ", requests.bar, FIXED + "ms"), requests.said));
    requests.chart = make("div", { id: "latencies" });
    byId("requests").querySelector("h3").before(requests.chart);
}

function setSlower(view, ms) {
    view.requests.slower = ms > 0 && ms < 1e9 ? ms : 0;
    view.tables.slowest.shown = FIRST_ROWS.slowest;
    markSlower(view);
    showSlowest(view);
}

// Esc empties the field before it does anything else.
function onSlowerKey(view, event) {
    if (event.key === "Escape" && event.target.value !== "") {
        event.stopPropagation();
        event.target.value = "";
        setSlower(view, 0);
        publish(view);
    }
}

function totalsText(view, found, all) {
    const { model } = view;
    const kept = `${plural(found.listed.length, "request")} ${found.listed.length === 1 ? "is" : "are"} kept, with what ${found.listed.length === 1 ? "it" : "they"} cost` +
        (model.requests[3] > 0 ? `: only those slower than ${durationText(model.requests[3]) + FIXED}ms, as the run was asked` : ": the slowest") + ".";
    if (!found.known) {
        return "How long requests took is counted for the whole run and for tags, not for a time, a thread or a place in the code. " + kept;
    }
    if (!all || all.count === 0) {
        return "No request ended. " + kept;
    }
    const ms = ns => durationText(ns) + FIXED + "ms";
    return `${plural(all.count, "request")} ended: half of them within ${ms(all.p50)}, 95${FIXED}% within ${ms(all.p95)}, 99${FIXED}% within ${ms(all.p99)}; ` +
        `the slowest took ${ms(all.max)}. ${kept}`;
}

// -- how long they took, by name and tags or by the values of a tag -------------------------------------------------------------------

// Groups: of a tag, its index in model.tags; else [name, tag set] as text.
function showDurations(view, found) {
    const { model, requests } = view, { by } = requests;
    requests.by_select.selectedIndex = by === null ? 0 : requests.keys.indexOf(by) + 1;
    const groupsOf = by === null ? (name, set) => [JSON.stringify([name, set])] : (name, set) => model.tagSets[set].filter(tag => model.tags[tag].key === by);
    const rows = [...requestRows(model, found, groupsOf).values()];
    for (const row of rows) {
        const [name, set] = by === null ? JSON.parse(row.group) : [null, NONE];
        row.name = name;
        row.tags = (by === null ? model.tagSets[set] : [row.group]).map(tag => model.tags[tag]);
        row.text = [...(name === null ? [] : [name]), ...row.tags.map(tag => tag.key + "=" + tag.value)].join(" ");
    }
    rows.sort((a, b) => b.count - a.count || b.kept - a.kept || compareText(a.text, b.text));
    const shown = rows.filter(row => view.matches(row.text));
    const quantile = (name, member, title) => ({ name, class: "n", title, by: row => row[member], cell: row => durationCell(row[member]) });
    const columns = [
        { name: "request", by: row => row.text, cell: row => make("td", { class: "name" }, makeGroup(view, row)) },
        { name: "requests", class: "n", title: "that ended", by: row => row.count, cell: row => countCell(row.count) },
        quantile("p50 ms", "p50", "milliseconds; half of them were as fast, within 5 %"), quantile("p95 ms", "p95", "95 % were as fast, within 5 %"),
        quantile("p99 ms", "p99", "99 % were as fast, within 5 %"), quantile("max ms", "max", "the slowest"),
        { name: "CPU s, kept", class: "n", title: "CPU time of those that are kept", by: row => row.cpu,
            cell: row => make("td", { class: "n", title: `${plural(row.samples, "sample")} in ${plural(row.kept, "request")}` }, row.cpu > 0 ? (row.cpu / 1e9).toFixed(2) : null) },
    ];
    showTable(view, "durations", shown, columns, view.query ? "None matches." : "No request.", { sorted: () => publish(view) });
}

// A click selects its tags; where these are what is selected, all again.
function makeGroup(view, row) {
    const { selection } = view, { tags } = row;
    const parts = [row.name === null ? null : make("bdi", null, row.name), ...tags.flatMap(tag => [" ", makeTag(tag.key, tag.value)])];
    if (tags.length === 0) {
        return make("span", null, ...parts);
    }
    const pressed = tags.every(tag => selection.hasTag(tag.key, tag.value));
    const press = () => changeSelection(view, one => {
        for (const tag of tags) {
            if (pressed || !one.hasTag(tag.key, tag.value)) {
                one.toggleTag(tag.key, tag.value);
            }
        }
    });
    return make("button", { type: "button", class: "link", "data-name": row.text, "aria-pressed": String(pressed), title: "show only samples with this", onclick: press }, ...parts);
}
