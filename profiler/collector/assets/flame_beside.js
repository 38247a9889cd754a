// The functions of the graph as a table beside it: self and total of the stacks as they are drawn. A click chooses the function's heaviest
// frame, the sandwich button puts it between its callers and callees.

const BESIDE_ROWS = 200;

// Of the stacks as transformed, whichever way they are turned: { self, total } per function, recursion counted once.
function functionShares(flame) {
    const { model, shape, sum } = flame;
    const count = model.functions.name.length;
    const made = { self: shares(count), total: shares(count) };
    const self = shares(shape.count), total = shares(shape.count);
    const { cells } = sum;
    for (let i = 0; i < cells.node.length; i++) {
        const id = shape.ofCell[i];
        if (id > 0 && isChosen(sum, i)) {
            add(self, selfFrame(shape, id), cells.weight[i], cells.samples[i]);
            add(total, id, cells.weight[i], cells.samples[i]);
        }
    }
    for (let id = shape.count - 1; id > 0; id--) {
        add(total, shape.parent[id], total.cpu[id], total.samples[id]);
    }
    for (let id = 1; id < shape.count; id++) {
        const key = shape.key[id], known = key >> 1;
        if (key !== shape.kernelKey && total.samples[id] > 0) {
            add(made.self, known, self.cpu[id], self.samples[id]);
            let above = shape.parent[id];
            while (above > 0 && shape.key[above] >> 1 !== known) {
                above = shape.parent[above];
            }
            add(made.total, known, above > 0 ? 0 : total.cpu[id], above > 0 ? 0 : total.samples[id]);
        }
    }
    return made;
}

function showBeside(view) {
    const { flame, model, sum } = view;
    flame.side.hidden = !flame.beside;
    if (!flame.beside) {
        return;
    }
    if (!flame.linesOf) {
        flame.linesOf = functionShares(flame);
    }
    const { self, total } = flame.linesOf;
    const bySelf = flame.besideSort !== "total";
    const found = order(model.functions.name.length, total.samples, bySelf ? self.cpu : total.cpu, bySelf ? total.cpu : self.cpu)
        .filter(id => !view.query || view.matches(model.functions.name[id], declaredAt(model, id)));
    const head = (text, key, title) => make("th", { scope: "col", class: "n", title, "aria-sort": bySelf === (key === "self") ? "descending" : null },
        make("button", { type: "button", onclick: () => { flame.besideSort = key; showBeside(view); } }, text));
    const rows = found.slice(0, BESIDE_ROWS).map(id => make("tr", { "data-function": String(id), class: flame.tree.function[flame.selected] === id ? "here" : null },
        shareCell(sum, self.cpu[id], self.samples[id]), shareCell(sum, total.cpu[id], total.samples[id]),
        make("td", { class: "name" }, make("button", { type: "button", class: "link", title: declaredAt(model, id), onclick: () => chooseFunction(view, id) }, makeFunction(model.functions.name[id])))));
    const left = found.length - rows.length;
    flame.side.replaceChildren(make("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": "Functions of the graph" },
        make("table", null, make("thead", null, make("tr", null, head("self %", "self", "the program counter was in it"),
            head("total %", "total", "it was on the stack"), make("th", { scope: "col" }, left > 0 ? `function (${countText(left)} more: search)` : "function"))),
        make("tbody", null, ...rows))));
}

// Choose the heaviest frame of a function, out of the zoom if it is not inside.
function chooseFunction(view, known) {
    const { flame } = view;
    if (flame.tree.turn === "both") {
        setFlame(view, { of: flame.model.functions.name[known] });
        return;
    }
    const id = heaviestOf(flame, known);
    flame.chosen = true;
    if (!isUnder(flame, id, flame.root)) {
        zoomTo(view, 0);
    }
    select(view, id);
}

function markBeside(flame) {
    const known = String(flame.tree.function[flame.selected]);
    for (const row of flame.side.querySelectorAll("tr[data-function]")) {
        row.classList.toggle("here", row.dataset.function === known);
    }
}
