// Forest -> frames of the flame graph, numbered row by row and from left to right, so that a row is a range of numbers and so are the callees
// of a frame. The order is that of the whole profile, heaviest first: a filter changes how wide frames are, not which is left of which.
//
// Three kinds: "callees" from the root downwards; "callers", the inverted tree; "both", the sandwich, whose callers are rows of their own
// behind those of the callees: they grow from the same root the other way.

const NO_FUNCTION = -1, IN_KERNEL = -2; // of a frame without a function: the root, the kernel
const OWN_FRAME = 1, INLINED_FRAME = 2;

// turn: "callees", "callers" or "both", then around the functions called `name`. shape: the forest as the reader has transformed it.
function makeFlameTree(model, shape, turn, name) {
    const { cells } = model;
    const callees = turn === "both" ? sandwichForests(shape, keysNamed(model, name), cells) : null;
    const forest = callees ? callees.below : turn === "callers" ? invertForest(shape, cells) : shape;
    let tree = numberFrames(forest, weighForest(forest, cells));
    if (callees) {
        tree = joinCallers(tree, numberFrames(callees.above, weighForest(callees.above, cells)));
    }
    tree.turn = turn;
    if (turn === "both") {
        const known = tree.function[0] = model.functions.name.indexOf(name);
        tree.flags[0] = known >= 0 && model.modules.own[model.functions.module[known]] ? OWN_FRAME : 0;
    }
    tree.shape = shape;
    tree.least = turn === "callees" ? 0 : (callees ? callees.above : forest).least;
    tree.again = countRecursion(tree, model.functions.name.length);
    return tree;
}

// Breadth first, the heaviest callee first. A frame's callees are child[id] .. end[id] - 1.
function numberFrames(forest, weight) {
    const { count } = forest;
    const first = new Uint32Array(count + 1), callees = new Uint32Array(count);
    for (let id = 1; id < count; id++) {
        first[forest.parent[id] + 1]++;
    }
    for (let id = 0; id < count; id++) {
        first[id + 1] += first[id];
    }
    const next = first.slice();
    for (let id = 1; id < count; id++) {
        callees[next[forest.parent[id]]++] = id;
    }
    const tree = {
        count, parent: new Uint32Array(count), child: new Uint32Array(count), end: new Uint32Array(count), row: new Uint32Array(count),
        function: new Int32Array(count), flags: new Uint8Array(count), rows: [0, 1], callersFrom: count, callerRow: 0, ofCaller: null,
    };
    const order = new Uint32Array(count), number = new Uint32Array(count);
    tree.function[0] = NO_FUNCTION;
    let filled = 1;
    for (let at = 0; at < count; at++) {
        const below = callees.subarray(first[order[at]], first[order[at] + 1]);
        if (below.length > 1) {
            below.sort((a, b) => weight[b] - weight[a] || forest.key[a] - forest.key[b]);
        }
        number[order[at]] = at;
        tree.child[at] = filled;
        for (const id of below) {
            const key = forest.key[id], kernel = key === forest.kernelKey;
            tree.parent[filled] = at;
            tree.row[filled] = tree.row[at] + 1;
            tree.function[filled] = kernel ? IN_KERNEL : key >> 1;
            tree.flags[filled] = kernel ? 0 : (forest.own[id] ? OWN_FRAME : 0) | (key & 1 ? INLINED_FRAME : 0);
            order[filled++] = id;
        }
        tree.end[at] = filled;
        if (at + 1 === tree.rows[tree.rows.length - 1] && filled > at + 1) {
            tree.rows.push(filled);
        }
    }
    tree.callerRow = tree.rows.length - 1;
    tree.ofCell = forest.ofCell.map(id => id === NONE ? NONE : number[id]);
    return tree;
}

// The callers of the root behind its callees: their rows are callerRow and after, their frames callersFrom and after.
function joinCallers(below, above) {
    const count = below.count + above.count - 1, shift = below.count - 1;
    const moved = (from, to) => {
        const column = new from.constructor(count);
        column.set(from);
        column.set(to, below.count);
        return column;
    };
    const shifted = column => column.slice(1).map(id => id > 0 ? id + shift : 0);
    const rowShift = below.rows.length - 2;
    return {
        ...below, count,
        parent: moved(below.parent, shifted(above.parent)),
        child: moved(below.child, shifted(above.child)),
        end: moved(below.end, shifted(above.end)),
        row: moved(below.row, above.row.slice(1).map(row => row + rowShift)),
        function: moved(below.function, above.function.slice(1)),
        flags: moved(below.flags, above.flags.slice(1)),
        rows: [...below.rows, ...above.rows.slice(2).map(end => end + shift)],
        callersFrom: below.count, callersEnd: above.end[0] + shift,
        ofCaller: above.ofCell.map(id => id > 0 ? id + shift : NONE),
    };
}

// Steps from the root; negative towards the callers of a sandwich.
function levelOf(tree, id) {
    return tree.row[id] < tree.callerRow ? tree.row[id] : tree.callerRow - 1 - tree.row[id];
}

// A frame's neighbours further from the root: [first, end). up: of a sandwich's root, its callers.
function furtherFrames(tree, id, up) {
    return id === 0 && up && tree.ofCaller ? [tree.callersFrom, tree.callersEnd] : [tree.child[id], tree.end[id]];
}

// How many frames of the same function each frame has between it and the root.
function countRecursion(tree, functionCount) {
    const again = new Uint16Array(tree.count), open = new Uint16Array(functionCount);
    const next = tree.child.slice();
    if (tree.function[0] >= 0) {
        open[tree.function[0]] = 1;
    }
    for (const begin of tree.ofCaller ? [0, 1] : [0]) {
        let at = 0;
        next[0] = begin ? tree.callersFrom : tree.child[0];
        const end = id => id > 0 ? tree.end[id] : begin ? tree.callersEnd : tree.end[0];
        for (;;) {
            if (next[at] < end(at)) {
                at = next[at]++;
                if (tree.function[at] >= 0) {
                    again[at] = open[tree.function[at]]++;
                }
            } else if (at === 0) {
                break;
            } else {
                if (tree.function[at] >= 0) {
                    open[tree.function[at]]--;
                }
                at = tree.parent[at];
            }
        }
    }
    return again;
}

function isChosen(sum, cell) {
    return !sum.chosen || sum.chosen[cell] === 1;
}

// What each frame took of a selection, and where it begins: in CPU time from the left.
function weighFlame(tree, sum) {
    const { cells } = sum;
    const self = shares(tree.count), kernel = new Float64Array(tree.count);
    const put = (id, i) => {
        if (id !== NONE) {
            add(self, id, cells.weight[i], cells.samples[i]);
            kernel[id] += cells.kernel[i] ? cells.weight[i] : 0;
        }
    };
    for (let i = 0; i < cells.node.length; i++) {
        if (isChosen(sum, i)) {
            put(tree.ofCell[i], i);
            if (tree.ofCaller) {
                put(tree.ofCaller[i], i);
            }
        }
    }
    const total = { cpu: self.cpu.slice(), samples: self.samples.slice() };
    for (let id = tree.count - 1; id > 0; id--) {
        if (tree.parent[id] > 0 || id < tree.callersFrom) { // the callers of a sandwich are all of its root once more
            add(total, tree.parent[id], total.cpu[id], total.samples[id]);
            kernel[tree.parent[id]] += kernel[id];
        }
    }
    const start = new Float64Array(tree.count);
    let hottest = 0;
    const spread = (from, end, at) => {
        for (let id = from; id < end; id++) {
            start[id] = at;
            at += total.cpu[id];
        }
    };
    for (let id = 0; id < tree.count; id++) {
        spread(tree.child[id], tree.end[id], start[id]);
        if (id === 0 && tree.ofCaller) {
            spread(tree.callersFrom, tree.callersEnd, 0);
        }
        hottest = tree.function[id] >= 0 && self.cpu[id] > self.cpu[hottest] && id < tree.callersFrom ? id : hottest;
    }
    return { self, total, start, kernel, hottest };
}

// Self as the tables count it: with what the kernel did for this very frame.
function flameSelf(tree, weights, id) {
    let cpu = weights.self.cpu[id], samples = weights.self.samples[id], kernelCpu = 0;
    for (let callee = tree.child[id]; callee < tree.end[id]; callee++) {
        if (tree.function[callee] === IN_KERNEL) {
            cpu += kernelCpu = weights.self.cpu[callee];
            samples += weights.self.samples[callee];
        }
    }
    return { cpu, samples, kernelCpu };
}

// A name for a frame that is the same in every report of the program: a hash of the functions from the root to it. parent, key: of a forest.
function pathNames({ count, parent, key, kernelKey }, model, callersFrom = count) {
    const ofFunction = model.functions.name.map(hashText);
    const names = new Array(count).fill("");
    const high = new Uint32Array(count), low = new Uint32Array(count);
    for (let id = 1; id < count; id++) {
        const above = parent[id], kernel = key[id] === kernelKey;
        const own = (kernel ? 1 : ofFunction[key[id] >> 1]) ^ (id >= callersFrom ? 0x5bd1e995 : 0), inlined = kernel ? 0 : 2 * (key[id] & 1);
        high[id] = Math.imul((high[above] ^ own) + inlined + 1, 0x9e3779b1) ^ low[above] >>> 15;
        low[id] = Math.imul((low[above] ^ own) + inlined + 7, 0x85ebca6b) ^ high[id] >>> 13;
        names[id] = high[id].toString(36) + low[id].toString(36).padStart(7, "0");
    }
    return names;
}

function flameNames(tree, model) {
    const kernelKey = 2 * model.functions.name.length;
    const key = Uint32Array.from(tree.function, (known, id) => known >= 0 ? 2 * known + (tree.flags[id] & INLINED_FRAME ? 1 : 0) : kernelKey);
    return pathNames({ count: tree.count, parent: tree.parent, key, kernelKey }, model, tree.callersFrom);
}

// FNV-1a
function hashText(text) {
    let hash = 0x811c9dc5;
    for (let i = 0; i < text.length; i++) {
        hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    }
    return hash >>> 0;
}

// The heaviest frames, each after its caller, as a walk meets them: what the static page shows (call_paths.c chooses the same ones).
function heaviestFrames(flame, weights, most) {
    const chosen = new Set(), open = [];
    const offer = id => {
        const below = [];
        for (let callee = flame.child[id]; callee < flame.end[id]; callee++) {
            if (flame.function[callee] !== IN_KERNEL && weights.total.samples[callee] > 0) {
                below.push(callee);
            }
        }
        open.push(...below.sort((a, b) => weights.total.cpu[b] - weights.total.cpu[a] || a - b));
    };
    offer(0);
    while (chosen.size < most && open.length > 0) {
        let best = 0;
        for (let i = 1; i < open.length; i++) {
            best = weights.total.cpu[open[i]] > weights.total.cpu[open[best]] ? i : best;
        }
        const [id] = open.splice(best, 1);
        chosen.add(id);
        offer(id);
    }
    const walk = [];
    const enter = id => {
        const below = [...chosen].filter(callee => flame.parent[callee] === id);
        for (const callee of below.sort((a, b) => weights.total.cpu[b] - weights.total.cpu[a] || a - b)) {
            walk.push(callee);
            enter(callee);
        }
    };
    enter(0);
    return walk;
}
