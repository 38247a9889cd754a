// Tags as a pivot: by the values of every key, of one, or of one by another. A click selects.

registerView({
    name: "tags", title: "Tags", key: "7", sections: ["tags"],
    keys: [["← ↑ → ↓", "walk through the values"], ["Enter", "only samples with this tag, or with both"]],
    show: view => showTags(view),
    write: (view, parameters) => writePivot(view, parameters),
    read: (view, parameters) => readPivot(view, parameters),
    said: view => plural(shownRows(view, pivotRows(view.sum, view.pivot.rows, pivotDurations(view))).length, "value"),
});

const TAG_TABLES = { tags: MOST_COLUMNS + 10 };
const CELLS = [["share", "share"], ["count", "requests"], ["p50", "p50, ms"], ["p95", "p95, ms"], ["p99", "p99, ms"]];

function writePivot(view, parameters) {
    const { rows, columns, cells } = view.pivot;
    if (rows !== null) {
        parameters.set("rows", rows);
    }
    if (columns !== null) {
        parameters.set("columns", columns);
        if (cells !== "share") {
            parameters.set("cells", cells);
        }
    }
    writeSorts(view.tables, TAG_TABLES, parameters);
}

function readPivot(view, parameters) {
    const keys = tagKeys(view.model), known = name => keys.includes(parameters.get(name)) ? parameters.get(name) : null;
    const { pivot } = view, cells = parameters.get("cells");
    pivot.rows = known("rows");
    pivot.columns = pivot.rows === null || known("columns") === pivot.rows ? null : known("columns");
    pivot.cells = CELLS.some(([name]) => name === cells) ? cells : "share";
    readSorts(view.tables, TAG_TABLES, parameters);
}

function shownRows(view, rows) {
    return rows.filter(row => view.matches(`${row.key}=${row.value === WITHOUT ? "none" : row.value}`));
}

function showTags(view) {
    const { model, pivot, sum } = view;
    if (model.tags.length === 0) {
        return;
    }
    const durations = pivotDurations(view), rows = pivotRows(sum, pivot.rows, durations), matrix = pivot.columns === null ? null : pivotCells(sum, pivot, durations);
    showPivotBar(view, matrix);
    byId("tags").classList.toggle("matrix", matrix !== null);
    const columns = [
        { name: matrix ? `${pivot.rows} × ${pivot.columns}` : "tag", by: pivot.rows === null ? undefined : chipText, cell: row => make("td", null, row.value === EVERY ? "all" : tagButton(view, [[row.key, row.value]], makeTag(row.key, chipText(row)))) },
        ...(matrix ? matrixColumns(view, rows, matrix, durations) : []), ...tagColumns(view, matrix !== null), ...durationColumns(durations), ...(matrix ? [] : lineColumns(sum)),
    ];
    const total = { key: EVERY, value: EVERY, ...sum.all };
    showTable(view, "tags", shownRows(view, rows), columns, view.query ? "No tag matches." : "No samples with a tag.",
        { sorted: () => publish(view), always: matrix ? [total] : [], of: row => ({ class: row === total ? "total" : null }) });
}

// pairs: [[key, value], ...]: all of them are selected, or, where they are, none.
function tagButton(view, pairs, ...parts) {
    const { selection } = view, pressed = pairs.every(([key, value]) => selection.hasTag(key, value));
    const press = () => changeSelection(view, one => pairs.filter(([key, value]) => pressed || !one.hasTag(key, value)).forEach(([key, value]) => one.toggleTag(key, value)));
    return make("button", { type: "button", class: "link", "data-name": JSON.stringify(pairs), "aria-pressed": String(pressed), title: "show only samples with this", onkeydown: onTagKey, onclick: press }, ...parts);
}

// Arrows go to the neighbouring button of the table.
function onTagKey(event) {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) {
        return;
    }
    event.preventDefault();
    let cell = event.target.closest("td");
    do {
        const row = step[0] < 0 ? cell.parentElement.previousElementSibling : step[0] > 0 ? cell.parentElement.nextElementSibling : cell.parentElement;
        cell = row && row.cells[cell.cellIndex + step[1]];
    } while (cell && !cell.querySelector("button"));
    if (cell) {
        cell.querySelector("button").focus();
    }
}

function tagColumns(view, narrow) {
    const { sum } = view, { metric } = view.model;
    return [
        { name: metric.column, class: "n", title: `share of the ${metric.time} shown`, by: row => row.cpu, cell: row => shareCell(sum, row.cpu, row.samples) },
        { name: "±", class: "n wide", title: "half of the 95 % confidence interval, in percentage points", cell: row => errorCell(sum, row.cpu) },
        { name: "samples", class: "n wide", by: row => row.samples, cell: row => make("td", { class: "n dim wide" }, row.samples > 0 ? countText(row.samples) : null) },
        { name: metric.column.replace("%", "s"), class: narrow ? "n wide" : "n", title: `seconds of ${metric.time}`, by: row => row.cpu, cell: row => make("td", { class: narrow ? "n wide" : "n" }, row.samples > 0 ? (row.cpu / 1e9).toFixed(2) : null) },
    ];
}

function lineColumns(sum) {
    const { functions } = sum.model;
    return [
        { name: "its hottest line", title: "the line that took most of the CPU time under this tag",
            cell: row => row.line === NONE ? make("td") : make("td", { class: "name" }, makeFunction(functions.name[sum.lineFunction[row.line]]), " ", makePlace(sum, row.line)) },
        { name: "of the tag %", class: "n", title: "the line’s share of the CPU time under this tag", by: row => row.lineCpu / (row.cpu || 1),
            cell: row => make("td", { class: "n", title: `${countText(row.lineSamples)} of ${countText(row.samples)} samples` }, percentText(100 * row.lineCpu / (row.cpu || 1))) },
    ];
}

function durationColumns(durations) {
    const of = row => durations.get(groupName(row.key, row.value)) || { count: 0, p50: 0, p95: 0, p99: 0 };
    const quantile = (member, title) => ({ name: member + " ms", class: "n wide", title, by: row => of(row)[member], cell: row => make("td", { class: "n wide" }, of(row).count > 0 ? durationText(of(row)[member]) : null) });
    return durations.size === 0 ? [] : [
        { name: "requests", class: "n wide", title: "that ended with this tag", by: row => of(row).count, cell: row => make("td", { class: "n dim wide" }, of(row).count > 0 ? countText(of(row).count) : null) },
        quantile("p50", "milliseconds; half of the requests were as fast, within 5 %"), quantile("p95", "95 % were as fast"), quantile("p99", "99 % were as fast"),
    ];
}

// A column for each value of the second key. The more of the largest cell, the warmer.
function matrixColumns(view, rows, matrix, durations) {
    const { pivot, sum } = view, none = { cpu: 0, samples: 0, count: 0, p50: 0, p95: 0, p99: 0 };
    const cellOf = (row, column) => {
        const name = pairName(row.value, column.value), share = row.value === EVERY ? column : matrix.shares.get(name) || none;
        const requests = durations.get(row.value === EVERY ? groupName(pivot.columns, column.value) : name) || none;
        return { share, requests, amount: pivot.cells === "share" ? share.cpu : requests[pivot.cells] };
    };
    const most = Math.max(...rows.flatMap(row => matrix.columns.map(column => cellOf(row, column).amount)), 1e-9);
    const text = amount => pivot.cells === "share" ? percentText(percentOf(sum, amount)) : amount <= 0 ? "" : pivot.cells === "count" ? countText(amount) : durationText(amount);
    return matrix.columns.map(column => ({
        name: chipText(column), class: "n cell", title: `${pivot.columns} = ${chipText(column)}: ${samplesText(sum, column.cpu, column.samples)}`, by: row => cellOf(row, column).amount,
        cell: row => {
            const { share, requests, amount } = cellOf(row, column), own = [pivot.columns, column.value];
            const title = [share.samples > 0 ? samplesText(sum, share.cpu, share.samples) : "no samples", requests.count > 0 ? plural(requests.count, "request") : null].filter(one => one).join("; ");
            const cell = make("td", { class: "n cell", title }, share.samples + requests.count > 0 ? tagButton(view, row.value === EVERY ? [own] : [[row.key, row.value], own], text(amount) || "–") : null);
            cell.style.setProperty("--hot", row.value === EVERY ? "0%" : (42 * amount / most).toFixed(1) + "%");
            return cell;
        },
    }));
}
