// Tables for a selection, and that of the hottest lines: sortable, searchable, a page at a time.

const FIRST_ROWS = { lines: 15, tags: 50, durations: 12, slowest: 25, "compare-functions": 15, "compare-lines": 15 }, MORE_ROWS = 100;

// columns: { name, class, title, by: row -> number (larger first) or text, cell: row -> td }
// more: { of: row -> attributes of its <tr>, after: row -> more <tr>, always: rows that are shown however far down they are, sorted: called
// after the reader sorted }
function showTable(view, id, rows, columns, emptyText, more = {}) {
    const state = view.tables[id] || (view.tables[id] = { shown: FIRST_ROWS[id], sort: 0 });
    const body = document.querySelector(`#${id} > .body`);
    if (rows.length + (more.always || []).length === 0) {
        body.replaceChildren(make("p", { class: "empty" }, emptyText));
        return;
    }
    const again = () => showTable(view, id, rows, columns, emptyText, more);
    const focused = body.contains(document.activeElement) ? document.activeElement.dataset.name : undefined;
    const by = columns[Math.abs(state.sort) - 1]; // none: as they come
    const sorted = by && by.by ? [...rows].sort(comparison(by, state.sort < 0)) : rows;
    const head = make("tr", null, ...columns.map((column, i) => headCell(column, i + 1, state, again, more.sorted)));
    const shown = sorted.slice(0, state.shown);
    shown.push(...(more.always || []).filter(row => !shown.includes(row)));
    const list = make("tbody", null, ...shown.flatMap(row => [make("tr", more.of && more.of(row), ...columns.map(column => column.cell(row))), ...(more.after ? more.after(row) : [])]));
    const parts = [make("table", { class: id === "lines" ? "hot" : id }, make("thead", null, head), list)];
    const left = rows.length - state.shown;
    if (left > 0) {
        const button = make("button", { type: "button", onclick: () => { state.shown += MORE_ROWS; again(); } },
            `Show ${countText(Math.min(left, MORE_ROWS))} more`);
        parts.push(make("p", { class: "more" }, button, left > MORE_ROWS ? ` of ${countText(left)}` : null));
    }
    body.replaceChildren(...parts);
    const same = focused && [...body.querySelectorAll("[data-name]")].find(element => element.dataset.name === focused);
    if (same) {
        same.focus();
    }
}

// How tables are sorted, in the fragment. ids: of each how many columns; only those with `by` are ever sorted by.
function writeSorts(tables, ids, parameters) {
    for (const id of Object.keys(ids).filter(one => tables[one].sort !== 0)) {
        parameters.set("sort-" + id, String(tables[id].sort));
    }
}

function readSorts(tables, ids, parameters) {
    for (const [id, columns] of Object.entries(ids)) {
        const sort = Number(parameters.get("sort-" + id));
        tables[id].sort = Number.isInteger(sort) && Math.abs(sort) <= columns ? sort : 0;
    }
}

function comparison(column, reverse) {
    const sign = reverse ? -1 : 1;
    return (a, b) => {
        const left = column.by(a), right = column.by(b);
        return sign * (typeof left === "number" ? right - left : compareText(left, right));
    };
}

function headCell(column, number, state, again, sorted = () => {}) {
    const active = Math.abs(state.sort) === number;
    const sort = active ? ((state.sort > 0) === (column.class !== undefined && column.class.startsWith("n")) ? "descending" : "ascending") : null;
    const attributes = { scope: "col", class: column.class, "aria-sort": sort };
    if (!column.by) {
        return make("th", { ...attributes, title: column.title }, column.name);
    }
    const press = () => {
        state.sort = active && state.sort > 0 ? -number : number;
        again();
        sorted();
        document.querySelector(`#${state.id} thead th:nth-child(${number}) button`).focus();
    };
    return make("th", attributes, make("button", { type: "button", title: column.title || "sort by this column", onclick: press }, column.name));
}

function showLines(view) {
    const { sum } = view;
    const { functions, lines } = sum.model;
    const name = line => functions.name[sum.lineFunction[line]];
    const tagText = line => sum.lineTag[line] === NONE ? "" : sum.tags[sum.lineTag[line]].key + " = " + sum.tags[sum.lineTag[line]].value;
    const hottest = sum.hottestLine === NONE ? 0 : percentOf(sum, sum.cpu.cpu[sum.hottestLine]);
    const rows = sum.hotLines.filter(line => view.matches(name(line), placeText(sum, line), lines.file[line], tagText(line)));
    const columns = [
        { name: sum.model.metric.column, class: "n", title: `share of the ${sum.model.metric.time} whose innermost frame in own code is this line`,
            by: line => sum.cpu.cpu[line], cell: line => shareCell(sum, sum.cpu.cpu[line], sum.cpu.samples[line]) },
        { name: "±", class: "n wide", title: "half of the 95 % confidence interval, in percentage points", cell: line => errorCell(sum, sum.cpu.cpu[line]) },
        { name: "samples", class: "n", title: "samples the share rests on", by: line => sum.cpu.samples[line], cell: line => countCell(sum.cpu.samples[line]) },
        { name: "own, library, system", class: "split", title: "own code, libraries called from here, kernel",
            cell: line => make("td", { class: "split" }, lineBar(sum, line, hottest)) },
        { name: "function", title: "the function the line is in", by: name, cell: line => make("td", { class: "name" }, makeFunction(name(line))) },
        { name: "line", title: "file and line", by: line => placeText(sum, line).replace(/\d+$/, number => number.padStart(9, "0")),
            cell: line => make("td", { class: "name" }, makePlace(sum, line)) },
        { name: "while", class: "wide", title: "the tag that at least 80 % of the line’s samples carry", by: tagText,
            cell: line => make("td", { class: "wide" }, sum.lineTag[line] === NONE ? null : makeTag(sum.tags[sum.lineTag[line]].key, sum.tags[sum.lineTag[line]].value)) },
    ];
    if (sum.model.tags.length === 0) {
        columns.pop();
    }
    if (view.waits) {
        const { cpu, samples } = view.waits.cpu;
        columns.splice(4, 0, { name: "waits, s", class: "n", title: "seconds that threads were blocked in calls made from this line", by: line => cpu[line],
            cell: line => make("td", { class: "n", title: samples[line] > 0 ? plural(samples[line], "sample") : null }, secondsText(cpu[line])) });
    }
    showTable(view, "lines", rows, columns, view.query ? "No line matches." :
        sum.hottestLine === NONE ? "No samples in the program’s own code." : "No line reaches the threshold.");
    return rows.length;
}

function lineBar(sum, line, scale) {
    return makeBar([["own", percentOf(sum, sum.own.cpu[line])], ["lib", percentOf(sum, sum.library.cpu[line])],
        ["sys", percentOf(sum, sum.system.cpu[line])]], scale);
}
