// The bar over the view Tags: which keys make rows and columns, what the cells tell, and two values to compare.

function showPivotBar(view, matrix) {
    const { model, pivot } = view, keys = tagKeys(model);
    if (!pivot.bar) {
        pivot.bar = make("div", { class: "pivot-bar" });
        document.querySelector("#tags > .body").before(pivot.bar);
    }
    const focused = pivot.bar.contains(document.activeElement) ? document.activeElement.id : null;
    const change = changes => {
        Object.assign(pivot, changes);
        view.tables.tags.sort = 0;
        showTags(view);
        publish(view);
    };
    const others = keys.filter(key => key !== pivot.rows);
    pivot.bar.replaceChildren(
        chooser("pivot-rows", "Rows", [null, ...keys], pivot.rows, key => key === null ? "every tag" : key, rows => change({ rows, columns: rows === pivot.columns || rows === null ? null : pivot.columns })),
        ...(pivot.rows === null || others.length === 0 ? [] : [chooser("pivot-columns", "Columns", [null, ...others], pivot.columns, key => key === null ? "none" : key, columns => change({ columns }))]),
        ...(pivot.columns === null || byId("requests") === null ? [] : [chooser("pivot-cells", "Cells", CELLS.map(([name]) => name), pivot.cells, name => CELLS.find(one => one[0] === name)[1], cells => change({ cells }))]),
        ...(matrix && matrix.hidden > 0 ? [make("span", null, `${countText(matrix.hidden)} more without a column`)] : []), ...comparer(view));
    if (focused && byId(focused)) {
        byId(focused).focus();
    }
}

function chooser(id, label, values, chosen, text, choose) {
    const select = make("select", { id, onchange: () => choose(values[select.selectedIndex]) }, ...values.map(value => make("option", null, text(value))));
    select.selectedIndex = Math.max(values.indexOf(chosen), 0);
    return make("label", null, label + " ", select);
}

// Two values of the rows' key, the hottest at first, and a link to the view that compares them.
function comparer(view) {
    const { pivot, whole } = view;
    const values = pivot.rows === null || !viewNamed("compare") ? [] : pivotRows(whole, pivot.rows, new Map()).map(row => row.value);
    if (values.length < 2) {
        return [];
    }
    if (!pivot.pair || pivot.pair.key !== pivot.rows) {
        pivot.pair = { key: pivot.rows, values: values.slice(0, 2) };
    }
    const link = make("a", { id: "pivot-compare" }, "compare");
    const point = () => { link.href = compareHash(view, pivot.pair.key, pivot.pair.values); };
    const pick = i => chooser("pivot-" + "ab"[i], i === 0 ? "A" : "B", values, pivot.pair.values[i], value => chipText({ value }), value => {
        pivot.pair.values[i] = value;
        point();
    });
    point();
    return [make("span", { class: "pivot-pair" }, pick(0), pick(1), link)];
}

// The rest of what is selected holds for both sides.
function compareHash(view, key, values) {
    const parameters = new URLSearchParams({ view: "compare" }), rest = view.selection.copy();
    rest.tags.delete(key);
    rest.write(parameters);
    values.forEach((value, i) => {
        const side = new Selection(view.model);
        side.tags.set(key, new Set([value]));
        side.write(parameters, "ab"[i] + ".");
    });
    return "#" + parameters;
}
