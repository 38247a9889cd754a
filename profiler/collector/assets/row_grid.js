// A table whose rows are chosen, one at a time, and acted on: by mouse, by arrow keys, by a menu. Only the rows in sight exist (virtual_rows.js).
// To a screen reader it is a grid, or a tree grid.

const GRID_ROW_PX = 26, GRID_HEAD_PX = 32, GRID_SCREEN = 0.7;

// of: {
//     id, role, label, hint,         // names of the rows: ID-0...; the element #HINT says how it is used
//     row: i -> tr,                  // its cells get their roles here
//     chosen: i -> {},               // the row in focus is another one
//     name: i -> text,               // of the menu
//     actions: i -> [actions],       // of the menu (menu.js); one-letter keys work without it, too
//     keys: i -> { key: run },       // more keys
//     press: (i, event) -> {},       // a click, or a double click
// }
function makeRowGrid(view, of) {
    const grid = { view, of, at: 0, head: make("tr", { role: "row" }), body: make("tbody", { role: "rowgroup", class: "rows" }) };
    grid.box = make("table", {
        class: "grid-box " + of.id, role: of.role, tabindex: "0", "aria-label": of.label, "aria-describedby": of.hint, onkeydown: event => onGridKey(grid, event),
        onclick: event => onGridPress(grid, event), ondblclick: event => onGridPress(grid, event), oncontextmenu: event => onGridMenu(grid, event),
    }, make("thead", { role: "rowgroup" }, grid.head), grid.body);
    grid.rows = makeVirtualRows(grid.box, grid.body, GRID_ROW_PX, i => makeGridRow(grid, i));
    return grid;
}

// What it shows has changed. heads: th; at: the row in focus.
function setGrid(grid, heads, count, at) {
    const { box } = grid;
    heads.forEach(head => head.setAttribute("role", "columnheader"));
    grid.head.replaceChildren(...heads);
    box.setAttribute("aria-rowcount", String(count + 1));
    box.style.height = `min(${count * GRID_ROW_PX + GRID_HEAD_PX}px, ${100 * GRID_SCREEN}vh)`;
    grid.at = at;
    setRows(grid.rows, count, at);
    markGridRow(grid);
}

function makeGridRow(grid, i) {
    const row = grid.of.row(i);
    for (const cell of row.cells) {
        cell.setAttribute("role", "gridcell");
    }
    row.id = `${grid.of.id}-${i}`;
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", String(i + 2));
    row.setAttribute("aria-selected", String(i === grid.at));
    return row;
}

function markGridRow(grid) {
    const { box, rows, at } = grid, now = rows.made.get(at);
    for (const [i, row] of rows.made) {
        row.setAttribute("aria-selected", String(i === at));
    }
    if (now) {
        box.setAttribute("aria-activedescendant", now.id);
    } else {
        box.removeAttribute("aria-activedescendant");
    }
}

function chooseRow(grid, i) {
    const { rows } = grid;
    const at = Math.min(Math.max(i, 0), rows.count - 1);
    if (at >= 0) {
        grid.at = rows.kept = at;
        grid.of.chosen(at);
        revealRow(rows, at);
        drawRows(rows);
        markGridRow(grid);
    }
}

function gridRowAt(event) {
    const row = event.target instanceof Element ? event.target.closest("[data-row]") : null;
    return row ? Number(row.dataset.row) : NONE;
}

function onGridPress(grid, event) {
    const i = gridRowAt(event);
    if (i !== NONE) {
        chooseRow(grid, i);
        grid.of.press(i, event);
    }
}

function onGridMenu(grid, event) {
    const i = gridRowAt(event);
    if (i !== NONE) {
        event.preventDefault();
        chooseRow(grid, i);
        openGridMenu(grid, event.clientX, event.clientY);
    }
}

function openGridMenu(grid, x, y) {
    const actions = grid.of.actions(grid.at);
    if (actions.length > 0) {
        openMenu(grid.view, { label: grid.of.name(grid.at), actions, back: grid.box, x, y });
    }
}

function openMenuAtRow(grid) {
    const area = grid.rows.made.get(grid.at).querySelector(".name").getBoundingClientRect();
    openGridMenu(grid, area.left + 40, area.bottom);
}

function onGridKey(grid, event) {
    const { box, rows, at } = grid;
    if (event.ctrlKey || event.altKey || event.metaKey || event.target !== box || rows.count === 0) {
        return;
    }
    const page = Math.max(Math.floor(box.clientHeight / GRID_ROW_PX) - 2, 1);
    const letters = grid.of.actions(at).filter(action => action && action.key && action.key.length === 1);
    const actions = {
        ...Object.fromEntries(letters.map(action => [action.key, () => action.off || action.run()])),
        ArrowDown: () => chooseRow(grid, at + 1), ArrowUp: () => chooseRow(grid, at - 1), Home: () => chooseRow(grid, 0), End: () => chooseRow(grid, rows.count - 1),
        PageDown: () => chooseRow(grid, at + page), PageUp: () => chooseRow(grid, at - page),
        ContextMenu: () => openMenuAtRow(grid),
        ...(event.shiftKey ? { F10: () => openMenuAtRow(grid) } : {}),
        ...grid.of.keys(at),
    };
    if (Object.hasOwn(actions, event.key)) {
        event.preventDefault();
        event.stopPropagation();
        actions[event.key]();
    }
}
