// The table of functions: sorted by a column, searched, one row chosen; from a row to its source, to its callers and callees, to its samples.

registerView({
    name: "functions", title: "Functions", key: "4", sections: ["functions"],
    keys: [["Enter, w", "sandwich: callers and callees of the function"], ["s", "to its source"], ["f", "only samples with the function"],
        ["Shift+F10", "what can be done with the row"]],
    show: view => showFunctions(view),
});

function functionColumns(view) {
    const { sum } = view, { functions } = sum.model;
    const self = sum.functionSelf, total = sum.functionTotal;
    const declared = id => declaredAt(sum.model, id);
    return [
        { name: "self %", class: "n", title: "the program counter was in this function", by: id => self.cpu[id],
            cell: id => shareCell(sum, self.cpu[id], self.samples[id]), text: id => percentOf(sum, self.cpu[id]).toFixed(2) },
        { name: "±", class: "n wide", title: "half of the 95 % confidence interval of self, in percentage points", cell: id => errorCell(sum, self.cpu[id]),
            text: id => errorOf(sum, self.cpu[id]).toFixed(2) },
        { name: "total %", class: "n", title: "the function was on the stack, counted once however often it recurs", by: id => total.cpu[id],
            cell: id => shareCell(sum, total.cpu[id], total.samples[id]), text: id => percentOf(sum, total.cpu[id]).toFixed(2) },
        { name: "samples", class: "n", title: "samples of total", by: id => total.samples[id], cell: id => countCell(total.samples[id]), text: id => String(total.samples[id]) },
        { name: "function", by: id => functions.name[id], cell: id => make("td", { class: "name" }, makeFunction(functions.name[id])), text: id => functions.name[id] },
        { name: "declared at", title: "where the function is declared, or the module it is in", by: declared,
            cell: id => make("td", { class: "name dim" }, declared(id)), text: declared },
    ];
}

function makeFunctionGrid(view) {
    const table = view.functionTable = { id: "functions", sort: 0, ids: [], at: NONE, columns: [], grid: null };
    const at = i => table.ids[i];
    table.grid = makeRowGrid(view, {
        id: "function", role: "grid", label: "Functions", hint: "functions-hint",
        row: i => make("tr", null, ...table.columns.map(column => column.cell(at(i)))),
        chosen: i => { table.at = at(i); },
        name: i => functionText(view.model.functions.name[at(i)]),
        actions: i => functionActions(view, at(i)),
        keys: i => ({ Enter: () => openSandwich(view, at(i)) }),
        press: (i, event) => event.type === "dblclick" && openSandwich(view, at(i)),
    });
    return table;
}

function showFunctions(view) {
    const { sum, query } = view;
    const table = view.functionTable || makeFunctionGrid(view), { grid } = table;
    const body = document.querySelector("#functions > .body");
    const columns = table.columns = functionColumns(view);
    const rows = sum.hotFunctions.filter(id => matchesFunction(view, id));
    if (rows.length === 0) {
        body.replaceChildren(make("p", { class: "empty" }, query ? "No function matches." : sum.hottestFunction === NONE ? "No samples." : "No function is listed."));
        return;
    }
    table.ids = table.sort === 0 ? rows : [...rows].sort(comparison(columns[Math.abs(table.sort) - 1], table.sort < 0));
    if (grid.box.parentNode !== body) {
        body.replaceChildren(grid.box, make("p", { id: "functions-hint", class: "dim hint" }, "Double-click a function, or press Enter, for its callers and callees; right-click for more."),
            make("p", { class: "more copy" }, make("button", { type: "button", onclick: () => copyText(functionsText(table)) }, "Copy as CSV")));
    }
    setGrid(grid, columns.map((column, i) => headCell(column, i + 1, table, () => showFunctions(view))), table.ids.length, Math.max(table.ids.indexOf(table.at), 0));
}

function functionActions(view, id) {
    return [
        { text: "Callers and callees (sandwich)", key: "w", run: () => openSandwich(view, id) },
        { text: "Go to its source", key: "s", run: () => goToFunction(view, id) },
        { text: "Only samples with it, in every view", key: "f", run: () => changeSelection(view, selection => { selection.function = id; }) },
        null,
        { text: "Copy function name", run: () => copyText(view.model.functions.name[id]) },
    ];
}

// To the line of it that was on the stack most.
function goToFunction(view, id) {
    const { sum, model } = view;
    const { frames } = model;
    let best = NONE;
    for (let frame = 0; frame < frames.function.length; frame++) {
        const line = frames.lineId[frame];
        if (frames.function[frame] === id && hasSource(model, line) && (best === NONE || sum.total.cpu[line] > sum.total.cpu[best])) {
            best = line;
        }
    }
    goToKnownLine(view, best, "No line of this function is known.");
}

function functionsText({ columns, ids }) {
    const quoted = text => /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    return [columns.map(column => column.name), ...ids.map(id => columns.map(column => column.text(id)))].map(row => row.map(quoted).join(",") + "\n").join("");
}
