// The call tree on the screen: an ARIA tree grid of which only the rows in sight exist. Arrows walk and open, as in any tree.

const DEEPEST_LEVEL = 30;

registerView({
    name: "tree", title: "Call tree", key: "5",
    keys: [["← ↑ → ↓", "walk, open and close"], ["*", "open the heaviest path"], ["Enter, s", "to the source of the row"], ["i", "callers instead of callees"],
        ["w", "sandwich: callers and callees of the function"], ["f", "only samples with the function"], ["Shift+F10", "what can be done with the row"]],
    show: (view, element) => showCalls(view, element),
    write: (view, parameters) => writeCalls(view.calls, parameters),
    read: (view, parameters) => readCalls(view.calls, parameters),
    find: (view, step) => stepCall(view, step),
});

function makeCallParts(view) {
    const { calls } = view;
    const toggle = (turn, text, title) => make("button", { type: "button", "data-turn": turn, title, onclick: () => turnCalls(view, turn) }, text);
    const parts = calls.parts = {
        turns: [toggle("callees", "Top down", "from the threads’ first functions to what they call"), toggle("callers", "Bottom up", "from the functions with self time to who called them")],
        found: make("p", { class: "found" }), note: make("p", { class: "dim" }),
        grid: makeRowGrid(view, {
            id: "call", role: "treegrid", label: "Call tree", hint: "calls-hint",
            row: i => makeCallRow(view, i),
            chosen: i => { calls.selected = calls.rows[i].id; calls.onRest = calls.rows[i].rest > 0; },
            name: i => frameName(calls, calls.rows[i].id),
            actions: i => callActions(view, calls.rows[i]),
            keys: i => callKeys(view, i),
            press: (i, event) => pressCall(view, i, event),
        }),
    };
    parts.bar = make("div", { class: "calls-bar flame-controls" }, make("div", { class: "styles", role: "group", "aria-label": "Which way" }, ...parts.turns),
        make("div", { class: "toggles" },
            make("button", { type: "button", title: "again, as it was at first", onclick: () => openCalls(view, null) }, "Heaviest path"),
            make("button", { type: "button", onclick: () => openCalls(view, new Set()) }, "Close all")), parts.found);
    parts.hint = make("p", { id: "calls-hint", class: "dim hint" }, "Click an arrow, or double-click a row, to open it; right-click for more. Arrow keys walk, → opens, ← closes, * opens the heaviest path, Enter shows the source.");
}

function showCalls(view, element) {
    const { calls } = view;
    if (!calls.parts) {
        makeCallParts(view);
        const { parts } = calls;
        element.append(make("section", { id: "tree", "aria-labelledby": "tree-title" }, make("h2", { id: "tree-title" }, "Call tree"), parts.bar, parts.note, parts.grid.box, parts.hint));
    }
    const { parts } = calls;
    updateCalls(view);
    findCalls(view);
    parts.turns.forEach(button => button.setAttribute("aria-pressed", String(button.dataset.turn === calls.turn)));
    const down = calls.turn === "callees";
    const cell = (name, title, text) => make("th", { class: name, title }, text);
    const heads = [cell("n", down ? "the function was on the stack, called this way" : "self time of the function at the top, called this way", "total %"),
        cell("n wide", "half of the 95 % confidence interval of total, in percentage points", "±"),
        cell("n", "the program counter was in it, the kernel’s work for it included", down ? "self %" : ""), cell("n", "of total", "samples"),
        cell("name", null, down ? "function, below its caller" : "function, below what it called"), cell("at wide", null, "declared at")];
    parts.note.textContent = calls.rows.length === 0 ? "No samples." : callNote(calls);
    parts.note.hidden = parts.note.textContent === "";
    parts.grid.box.hidden = parts.hint.hidden = calls.rows.length === 0;
    setGrid(parts.grid, heads, calls.rows.length, indexOfCall(calls));
}

function callNote(calls) {
    return calls.tree.least > 0 ? `Callers of what has less than ${100 * LIGHTEST_PART}${FIXED}% are not followed.` : "";
}

function makeCallRow(view, i) {
    const { calls, model, sum } = view;
    const row = calls.rows[i], share = callShare(calls, row), known = row.rest > 0 ? NO_FUNCTION : calls.tree.function[row.id];
    const cell = (name, text, title) => make("td", { class: name, title }, text);
    const percent = percentOf(sum, share.cpu);
    const heat = make("i", { class: "share", "aria-hidden": "true" });
    heat.style.width = percent.toFixed(2) + "%";
    const total = make("td", { class: "n total", title: samplesText(sum, share.cpu, share.samples) }, heat, make("b", null, percentText(percent)));
    const name = make("td", { class: "name" }, make("span", { class: "twisty", "aria-hidden": "true" }, row.open === null ? "" : row.open ? "▾" : "▸"),
        row.rest > 0 ? make("span", { class: "dim" }, `${countText(row.rest)} more, each below ${FOLDED_PERCENT}${FIXED}%`) :
            make("code", { class: known < 0 ? "dim" : calls.tree.flags[row.id] & OWN_FRAME ? "own" : null }, known < 0 ? frameName(calls, row.id) : functionText(model.functions.name[known])),
        known >= 0 && calls.tree.again[row.id] > 0 ? make("span", { class: "mark", title: frameMarks(calls, row.id).join("; ") }, "↻") : null);
    name.style.paddingLeft = `${0.35 + 1.05 * (Math.min(row.level, DEEPEST_LEVEL) - 1)}rem`;
    return make("tr", {
        class: calls.matches && known !== NO_FUNCTION && calls.matches[row.id] ? "found-row" : null, "aria-level": String(row.level),
        "aria-posinset": String(row.at), "aria-setsize": String(row.of), "aria-expanded": row.open === null ? null : String(row.open),
    }, total, cell("n dim wide", share.cpu > 0 ? errorOf(sum, share.cpu).toFixed(1) : null),
    cell("n", share.self ? percentText(percentOf(sum, share.self.cpu)) : null, share.self && share.self.samples > 0 ? samplesText(sum, share.self.cpu, share.self.samples) : null),
    cell("n dim", countText(share.samples)), name, cell("at dim wide", known >= 0 ? declaredAt(model, known) : null));
}

// -- what the reader does -----------------------------------------------------------------------------------------------------------

function turnCalls(view, turn) {
    const { calls } = view;
    if (turn !== calls.turn) {
        calls.turn = turn;
        calls.opened = calls.wanted = null;
        changedCalls(view);
    }
}

// opened: a set of frames; null: the heaviest path.
function openCalls(view, opened) {
    view.calls.opened = opened;
    changedCalls(view);
}

function changedCalls(view) {
    showCalls(view, viewNamed("tree").element);
    publish(view);
}

function toggleCall(view, row) {
    const { calls } = view;
    if (row.rest > 0) {
        const { id } = row;
        calls.unfolded.add(id);
        calls.onRest = false;
        calls.selected = calleesOf(calls, id)[row.at - 1];
        showCalls(view, viewNamed("tree").element);
    } else if (row.open !== null) {
        const opened = new Set(openedNow(calls));
        if (!opened.delete(row.id)) {
            opened.add(row.id);
        }
        openCalls(view, opened);
    }
}

function openHeaviest(view, row) {
    const { calls } = view;
    if (row.rest === 0) {
        openCalls(view, new Set([...openedNow(calls), row.id, ...heaviestPath(calls, row.id)]));
    }
}

function pressCall(view, i, event) {
    const row = view.calls.rows[i], arrow = event.target.closest(".twisty") !== null;
    if (event.type === "dblclick" ? !arrow && row.rest === 0 : arrow || row.rest > 0) {
        toggleCall(view, row);
    }
}

function callActions(view, row) {
    const { calls, model } = view;
    const known = calls.tree.function[row.id];
    return row.rest > 0 ? [] : [
        { text: row.open ? "Close" : "Open", key: row.open ? "←" : "→", run: () => toggleCall(view, row), off: row.open === null },
        { text: "Open the heaviest path", key: "*", run: () => openHeaviest(view, row), off: row.open === null },
        null,
        { text: "Go to its source", key: "s", run: () => goToFrame(view, calls), off: known < 0 },
        { text: "Callers and callees (sandwich)", key: "w", run: () => openSandwich(view, known), off: known < 0 },
        { text: "Only samples with it, in every view", key: "f", run: () => changeSelection(view, selection => { selection.function = known; }), off: known < 0 },
        null,
        { text: "Copy function name", run: () => copyText(known < 0 ? frameName(calls, row.id) : model.functions.name[known]) },
        { text: "Copy stack", run: () => copyText(stackText(calls, row.id)) },
    ];
}

function callKeys(view, i) {
    const { calls } = view, { grid } = calls.parts, row = calls.rows[i];
    const above = calls.rows.findLastIndex((other, at) => at < i && other.level < row.level);
    return {
        ArrowRight: () => row.open ? chooseRow(grid, i + 1) : toggleCall(view, row),
        ArrowLeft: () => row.open ? toggleCall(view, row) : above >= 0 && chooseRow(grid, above),
        " ": () => toggleCall(view, row),
        Enter: () => row.rest > 0 ? toggleCall(view, row) : goToFrame(view, calls),
        i: () => turnCalls(view, calls.turn === "callees" ? "callers" : "callees"),
    };
}

// -- the search ---------------------------------------------------------------------------------------------------------------------

function findCalls(view) {
    const { calls } = view;
    calls.matches = view.query ? matchFrames(view, calls.tree) : null;
    const found = calls.matches ? calls.matches.reduce((sum, match, id) => sum + (match && calls.weights.total.samples[id] > 0 ? 1 : 0), 0) : 0;
    calls.parts.found.textContent = calls.matches ? `${plural(found, "call")} found: n and N go to ${found === 1 ? "it" : "them"}` : "";
}

// The next frame that the search finds, as the open tree would show it, its callers opened.
function stepCall(view, step) {
    const { calls } = view;
    if (!calls.matches || !calls.tree) {
        stepHotLine(view, step);
        return;
    }
    const order = [];
    const open = calleesOf(calls, 0).slice().reverse();
    while (open.length > 0) {
        const id = open.pop();
        if (calls.matches[id]) {
            order.push(id);
        }
        open.push(...calleesOf(calls, id).slice().reverse());
    }
    if (order.length === 0) {
        say("Nothing in the call tree matches.");
        return;
    }
    const at = order.indexOf(calls.selected);
    const next = at >= 0 ? (at + step + order.length) % order.length : step > 0 ? 0 : order.length - 1;
    showCall(view, order[next]);
    say(`${next + 1} of ${countText(order.length)}: ${frameWords(calls, order[next])}`);
}

function showCall(view, id) {
    const { calls } = view, { tree } = calls;
    const opened = new Set(openedNow(calls));
    for (let at = id; at > 0; at = tree.parent[at]) {
        const light = percentOf(calls.sum, calls.weights.total.cpu[at]) < FOLDED_PERCENT;
        if (light) {
            calls.unfolded.add(tree.parent[at]);
        }
        opened.add(tree.parent[at]);
    }
    calls.selected = id;
    calls.onRest = false;
    openCalls(view, opened);
    chooseRow(calls.parts.grid, indexOfCall(calls));
}
