// The call tree as a table that opens row by row: each function below its caller, or each with its self time above who called it. It is the flame
// graph's forest without the reader's transforms, and a function that is here inlined and there called is one row.
//
// Callees are in the order of what they took of the selection. Where there are many, those with next to nothing fold into one row "n more".
// Until the reader opens or closes something the heaviest path is open. What is open is in the fragment (open=, names of pathNames()), which way
// round too (tree=callers).

const FOLDED_PERCENT = 0.1, NEVER_FOLDED = 20, PATH_PERCENT = 10, MOST_OPEN_IN_LINK = 120;

// model, title, forms, tree, shape, weights, sum, selected: as in the flame graph, whose words for a frame serve here, too.
function makeCalls(view) {
    return {
        model: view.model, title: view.title, forms: [], turn: "callees", opened: null, unfolded: new Set(), wanted: null,
        forest: null, shape: null, tree: null, weights: null, sum: null, names: null, callees: new Map(), rows: [], selected: 0, onRest: false, parts: null, matches: null,
    };
}

function mergeInlined(forest) {
    return reshapeForest(forest, 0, (made, id, above) => made.find(above, forest.key[id] & ~1, forest.own[id]));
}

// Make again what has changed since the last time.
function updateCalls(view) {
    const { calls, model, sum } = view;
    const forest = forestOf(view.flame);
    if (calls.forest !== forest || calls.tree.turn !== calls.turn) {
        if (calls.opened && calls.tree && calls.tree.turn === calls.turn) {
            calls.wanted = calls.wanted || namesOf(calls, calls.opened);
        }
        calls.shape = calls.forest === forest ? calls.shape : mergeInlined(forest);
        calls.forest = forest;
        calls.tree = makeFlameTree(model, calls.shape, calls.turn, "");
        calls.names = calls.sum = calls.opened = null;
        calls.unfolded.clear();
        calls.selected = 0;
    }
    if (calls.sum !== sum) {
        calls.sum = sum;
        calls.weights = weighFlame(calls.tree, sum);
        calls.callees.clear();
    }
    if (calls.wanted) {
        const wanted = new Set(calls.wanted);
        calls.opened = new Set(callNames(calls).flatMap((name, id) => wanted.has(name) ? [id] : []));
        calls.wanted = null;
    }
    calls.rows = callRows(calls);
    if (indexOfCall(calls) < 0) {
        calls.selected = calls.rows.length > 0 ? calls.rows[0].id : 0;
        calls.onRest = false;
    }
}

// The row in focus: of a frame, or of those folded below it.
function indexOfCall(calls) {
    return calls.rows.findIndex(row => row.id === calls.selected && row.rest > 0 === calls.onRest);
}

function callNames(calls) {
    calls.names = calls.names || flameNames(calls.tree, calls.model);
    return calls.names;
}

function namesOf(calls, ids) {
    const names = callNames(calls);
    return [...ids].map(id => names[id]);
}

// With samples in the selection, heaviest first.
function calleesOf(calls, id) {
    const { tree, weights, callees } = calls;
    if (!callees.has(id)) {
        const found = [];
        for (let callee = tree.child[id]; callee < tree.end[id]; callee++) {
            if (weights.total.samples[callee] > 0) {
                found.push(callee);
            }
        }
        callees.set(id, found.sort((a, b) => weights.total.cpu[b] - weights.total.cpu[a] || a - b));
    }
    return callees.get(id);
}

// The heaviest callee, and its, and so on, while that is a part worth the reader's look. ret: the frames that must be open.
function heaviestPath(calls, from) {
    const path = [], { cpu } = calls.weights.total;
    for (let id = from, next; (next = calleesOf(calls, id)[0]) !== undefined && percentOf(calls.sum, cpu[next]) >= PATH_PERCENT; id = next) {
        path.push(id);
    }
    return path;
}

function openedNow(calls) {
    return calls.opened || new Set(heaviestPath(calls, 0));
}

// ret: [{ id, level, rest, at, of, open }]: a frame, the at-th `of` its caller's; or, with rest > 0, so many callees of frame `id` folded.
function callRows(calls) {
    const rows = [], opened = openedNow(calls);
    const least = calls.sum.all.cpu * FOLDED_PERCENT / 100;
    const walk = (id, level) => {
        const all = calleesOf(calls, id);
        const light = calls.unfolded.has(id) ? -1 : all.findIndex((callee, i) => i >= NEVER_FOLDED && calls.weights.total.cpu[callee] < least);
        const shown = light < 0 || light === all.length - 1 ? all : all.slice(0, light);
        shown.forEach((callee, i) => {
            const leaf = calleesOf(calls, callee).length === 0;
            const open = leaf ? null : opened.has(callee);
            rows.push({ id: callee, level, rest: 0, at: i + 1, of: shown.length + (shown === all ? 0 : 1), open });
            if (open) {
                walk(callee, level + 1);
            }
        });
        if (shown !== all) {
            rows.push({ id, level, rest: all.length - light, at: light + 1, of: light + 1, open: null });
        }
    };
    walk(0, 1);
    return rows;
}

// What a row took, and itself: { cpu, samples, self }; self null where rows are callers.
function callShare(calls, row) {
    const { tree, weights } = calls;
    if (row.rest > 0) {
        const folded = calleesOf(calls, row.id).slice(-row.rest);
        const sum = column => folded.reduce((all, id) => all + weights.total[column][id], 0);
        return { cpu: sum("cpu"), samples: sum("samples"), self: null };
    }
    return { cpu: weights.total.cpu[row.id], samples: weights.total.samples[row.id], self: tree.turn === "callees" ? flameSelf(tree, weights, row.id) : null };
}

// -- in the fragment ----------------------------------------------------------------------------------------------------------------

function writeCalls(calls, parameters) {
    if (calls.turn !== "callees") {
        parameters.set("tree", calls.turn);
    }
    const names = calls.wanted || (calls.opened && calls.tree ? namesOf(calls, calls.opened).filter(name => name) : null);
    if (names) {
        parameters.set("open", names.slice(0, MOST_OPEN_IN_LINK).join("."));
    }
}

function readCalls(calls, parameters) {
    calls.turn = parameters.get("tree") === "callers" ? "callers" : "callees";
    calls.opened = null;
    calls.wanted = parameters.has("open") ? parameters.get("open").split(".").slice(0, MOST_OPEN_IN_LINK) : null;
}
