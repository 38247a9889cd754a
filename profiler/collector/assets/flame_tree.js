// Call tree -> frames of the flame graph. Nodes of one function below one caller are one frame, whatever line the call stands on; what a
// stack spent in the kernel is a frame of its own at its end.
//
// Frames are numbered row by row and from left to right, so that a row is a range of numbers and so are the callees of a frame. The order is
// that of the whole profile, heaviest first: a filter changes how wide frames are, not which is left of which.

const NO_FUNCTION = -1, IN_KERNEL = -2; // of a frame without a function: the root, the kernel
const OWN_FRAME = 1, INLINED_FRAME = 2;

function makeFlameTree(model) {
    const { tree, frames, cells } = model;
    const kernelKey = 2 * model.functions.name.length, keys = kernelKey + 1; // below one caller: each function, called or inlined
    const found = { count: 1, parent: new Uint32Array(2 * tree.count), key: new Uint32Array(2 * tree.count), own: new Uint8Array(2 * tree.count) };
    const index = new Map();
    const find = (parent, key) => {
        const name = parent * keys + key;
        let id = index.get(name);
        if (id === undefined) {
            index.set(name, id = found.count++);
            found.parent[id] = parent;
            found.key[id] = key;
        }
        return id;
    };
    const ofNode = new Uint32Array(tree.count);
    for (let i = 1; i < tree.count; i++) {
        const frame = tree.frame[i];
        ofNode[i] = find(ofNode[tree.parent[i]], 2 * frames.function[frame] + frames.inlined[frame]);
        found.own[ofNode[i]] |= frames.own[frame];
    }
    const ofCell = Uint32Array.from(cells.node, (node, i) => cells.kernel[i] ? find(ofNode[node], kernelKey) : ofNode[node]);
    const weight = new Float64Array(found.count);
    ofCell.forEach((id, i) => { weight[id] += cells.weight[i]; });
    for (let id = found.count - 1; id > 0; id--) {
        weight[found.parent[id]] += weight[id];
    }
    const { flame, number } = numberFrames(found, weight, kernelKey);
    flame.ofNode = ofNode.map(id => number[id]);
    flame.ofCell = ofCell.map(id => number[id]);
    flame.again = countRecursion(flame, model.functions.name.length);
    return flame;
}

// Breadth first, the heaviest callee first. A frame's callees are child[id] .. child[id + 1] - 1.
function numberFrames(found, weight, kernelKey) {
    const { count } = found;
    const first = new Uint32Array(count + 1), callees = new Uint32Array(count);
    for (let id = 1; id < count; id++) {
        first[found.parent[id] + 1]++;
    }
    for (let id = 0; id < count; id++) {
        first[id + 1] += first[id];
    }
    const next = first.slice();
    for (let id = 1; id < count; id++) {
        callees[next[found.parent[id]]++] = id;
    }
    const flame = {
        count, parent: new Uint32Array(count), child: new Uint32Array(count + 1), depth: new Uint32Array(count),
        function: new Int32Array(count), flags: new Uint8Array(count), rows: [0, 1],
    };
    const order = new Uint32Array(count), number = new Uint32Array(count);
    flame.function[0] = NO_FUNCTION;
    let filled = 1;
    for (let at = 0; at < count; at++) {
        const below = callees.subarray(first[order[at]], first[order[at] + 1]);
        if (below.length > 1) {
            below.sort((a, b) => weight[b] - weight[a] || found.key[a] - found.key[b]);
        }
        number[order[at]] = at;
        flame.child[at] = filled;
        for (const id of below) {
            flame.parent[filled] = at;
            flame.depth[filled] = flame.depth[at] + 1;
            flame.function[filled] = found.key[id] === kernelKey ? IN_KERNEL : found.key[id] >> 1;
            flame.flags[filled] = found.key[id] === kernelKey ? 0 : (found.own[id] ? OWN_FRAME : 0) | (found.key[id] & 1 ? INLINED_FRAME : 0);
            order[filled++] = id;
        }
        if (at + 1 === flame.rows[flame.rows.length - 1] && filled > at + 1) {
            flame.rows.push(filled);
        }
    }
    flame.child[count] = count;
    return { flame, number };
}

// How many frames of the same function each frame has above it.
function countRecursion(flame, functionCount) {
    const again = new Uint16Array(flame.count), open = new Uint16Array(functionCount);
    const next = flame.child.slice();
    let at = 0;
    for (;;) {
        if (next[at] < flame.child[at + 1]) {
            at = next[at]++;
            if (flame.function[at] >= 0) {
                again[at] = open[flame.function[at]]++;
            }
        } else if (at === 0) {
            return again;
        } else {
            if (flame.function[at] >= 0) {
                open[flame.function[at]]--;
            }
            at = flame.parent[at];
        }
    }
}

// What each frame took of a selection, and where it begins: in CPU time from the left.
function weighFlame(flame, sum) {
    const { cells } = sum;
    const self = shares(flame.count);
    for (let i = 0; i < cells.node.length; i++) {
        if (!sum.chosen || sum.chosen[i]) {
            add(self, flame.ofCell[i], cells.weight[i], cells.samples[i]);
        }
    }
    const total = { cpu: self.cpu.slice(), samples: self.samples.slice() };
    for (let id = flame.count - 1; id > 0; id--) {
        add(total, flame.parent[id], total.cpu[id], total.samples[id]);
    }
    const start = new Float64Array(flame.count);
    let hottest = 0;
    for (let id = 0; id < flame.count; id++) {
        let at = start[id];
        for (let callee = flame.child[id]; callee < flame.child[id + 1]; callee++) {
            start[callee] = at;
            at += total.cpu[callee];
        }
        hottest = flame.function[id] >= 0 && self.cpu[id] > self.cpu[hottest] ? id : hottest;
    }
    return { self, total, start, hottest };
}

// Self as the tables count it: with what the kernel did for this very frame.
function flameSelf(flame, weights, id) {
    let cpu = weights.self.cpu[id], samples = weights.self.samples[id], kernelCpu = 0;
    for (let callee = flame.child[id]; callee < flame.child[id + 1]; callee++) {
        if (flame.function[callee] === IN_KERNEL) {
            cpu += kernelCpu = weights.self.cpu[callee];
            samples += weights.self.samples[callee];
        }
    }
    return { cpu, samples, kernelCpu };
}

// A name for a frame that is the same in every report of the program: a hash of the functions from the root down to it.
function flameNames(flame, model) {
    const ofFunction = model.functions.name.map(hashText);
    const names = new Array(flame.count).fill("");
    const high = new Uint32Array(flame.count), low = new Uint32Array(flame.count);
    for (let id = 1; id < flame.count; id++) {
        const above = flame.parent[id], inlined = flame.flags[id] & INLINED_FRAME;
        const own = flame.function[id] >= 0 ? ofFunction[flame.function[id]] : 1;
        high[id] = Math.imul((high[above] ^ own) + inlined + 1, 0x9e3779b1) ^ low[above] >>> 15;
        low[id] = Math.imul((low[above] ^ own) + inlined + 7, 0x85ebca6b) ^ high[id] >>> 13;
        names[id] = high[id].toString(36) + low[id].toString(36).padStart(7, "0");
    }
    return names;
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
        for (let callee = flame.child[id]; callee < flame.child[id + 1]; callee++) {
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
