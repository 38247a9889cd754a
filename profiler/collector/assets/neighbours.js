// What is around a line in the stacks of a selection: who calls it, what it calls, and what it is inlined into.

// ret: { callers: [{ line, function, inlined, cpu, samples }], callees: [{ function, inlined, kernel, cpu, samples }], chains: [{ frames: [frame...], cpu, samples }] },
// each heaviest first and adding up to the line's total. Of a recursion the outermost caller and the innermost callee count.
// caller.function NONE: the thread begins here. callee.function NONE: the line itself, or, with `kernel`, the kernel. A chain is the frames from the line's own to
// the one that it was compiled into.
function neighboursOf(sum, line) {
    const { model, cells, chosen } = sum;
    const { tree, frames } = model;
    const inner = new Int32Array(tree.count).fill(NONE), outer = inner.slice(), below = inner.slice();
    for (let i = 1; i < tree.count; i++) {
        const above = tree.parent[i], here = frames.lineId[tree.frame[i]] === line;
        inner[i] = here ? i : inner[above];
        outer[i] = outer[above] === NONE && here ? i : outer[above];
        below[i] = here ? NONE : inner[above] === above && above > 0 ? i : below[above];
    }
    const callers = new Map(), callees = new Map(), chains = new Map();
    for (let i = 0; i < cells.node.length; i++) {
        const node = cells.node[i];
        if (inner[node] !== NONE && (!chosen || chosen[i])) {
            const weigh = (map, [key, made]) => addNeighbour(map, key, made, cells.weight[i], cells.samples[i]);
            weigh(callers, callerOf(model, outer[node]));
            weigh(callees, calleeOf(model, below[node], cells.kernel[i]));
            weigh(chains, chainOf(model, inner[node]));
        }
    }
    const sorted = map => [...map.values()].sort((a, b) => b.cpu - a.cpu);
    return { callers: sorted(callers), callees: sorted(callees), chains: sorted(chains) };
}

function addNeighbour(map, key, made, cpu, samples) {
    const now = map.get(key) || { ...made(), cpu: 0, samples: 0 };
    now.cpu += cpu;
    now.samples += samples;
    map.set(key, now);
}

function callerOf({ tree, frames }, node) {
    const above = tree.parent[node], frame = tree.frame[above], inlined = frames.inlined[tree.frame[node]] === 1;
    const known = above > 0 ? { line: frames.lineId[frame], function: frames.function[frame], inlined } : { line: NONE, function: NONE, inlined: false };
    return [`${known.line} ${known.function} ${inlined}`, () => known];
}

function calleeOf({ tree, frames }, node, kernel) {
    const frame = tree.frame[node];
    const known = node === NONE ? { function: NONE, inlined: false, kernel: kernel === 1 } : { function: frames.function[frame], inlined: frames.inlined[frame] === 1, kernel: false };
    return [`${known.function} ${known.inlined} ${known.kernel}`, () => known];
}

function chainOf({ tree, frames }, node) {
    const chain = [tree.frame[node]];
    for (let at = node; frames.inlined[tree.frame[at]] && tree.parent[at] > 0; at = tree.parent[at]) {
        chain.push(tree.frame[tree.parent[at]]);
    }
    return [chain.join(" "), () => ({ frames: chain })];
}

function callerText(sum, caller) {
    return caller.function === NONE ? "the thread begins here" :
        `${functionText(sum.model.functions.name[caller.function])} ${placeText(sum, caller.line)}${caller.inlined ? " (inlined there)" : ""}`;
}

function calleeText(sum, callee) {
    return callee.function === NONE ? (callee.kernel ? "the kernel" : "the line itself") : functionText(sum.model.functions.name[callee.function]) + (callee.inlined ? " (inlined)" : "");
}
