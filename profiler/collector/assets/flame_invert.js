// Forest -> stacks from their other end: the inverted tree (a function's self time, and who called it) and the sandwich (one function with its
// callers above and its callees below).
//
// An inverted tree can be far larger than the tree itself: its frames are as many as all stacks are deep together. Where that is too much,
// callers of what weighs next to nothing are not followed.

const MOST_CLIMBS = 400000, LIGHTEST_PART = 1 / 20000;

// Follow callers upwards, all starts a step at a time, so that what a frame weighs is known before its callers are asked for.
// starts: [{ at: frame of `made`, from: frame of `forest`, weight }]; at becomes the last frame of its way up.
function climbCallers(made, forest, starts, depth) {
    const climbs = starts.reduce((sum, start) => sum + depth[start.from], 0);
    const all = starts.reduce((sum, start) => sum + start.weight, 0);
    const least = climbs > MOST_CLIMBS ? all * LIGHTEST_PART : 0;
    let weight = new Float64Array(0);
    for (let open = starts; open.length > 0;) {
        weight = new Float64Array(made.count);
        open.forEach(start => { weight[start.at] += start.weight; });
        open = open.filter(start => weight[start.at] >= least && forest.parent[start.from] > 0);
        for (const start of open) {
            start.from = forest.parent[start.from];
            start.at = made.find(start.at, forest.key[start.from], forest.own[start.from]);
        }
    }
    return least;
}

function forestDepth(forest) {
    const depth = new Uint32Array(forest.count);
    for (let id = 1; id < forest.count; id++) {
        depth[id] = depth[forest.parent[id]] + 1;
    }
    return depth;
}

// Self time is counted as in the tables: with what the kernel did for this very frame.
function selfFrame(forest, id) {
    return forest.key[id] === forest.kernelKey && forest.parent[id] > 0 ? forest.parent[id] : id;
}

function invertForest(forest, cells) {
    const made = growForest(forest.kernelKey);
    const ofLeaf = new Map();
    forest.ofCell.forEach((id, i) => {
        if (id > 0) {
            const from = selfFrame(forest, id);
            const start = ofLeaf.get(from) || { at: 0, from, weight: 0 };
            start.weight += cells.weight[i];
            ofLeaf.set(from, start);
        }
    });
    for (const start of ofLeaf.values()) {
        start.at = made.find(0, forest.key[start.from], forest.own[start.from]);
    }
    made.least = climbCallers(made, forest, [...ofLeaf.values()], forestDepth(forest));
    made.ofCell = forest.ofCell.map(id => id > 0 ? ofLeaf.get(selfFrame(forest, id)).at : id);
    return made;
}

// ret: { below, above }, two forests whose root is the function; what it called of itself is below its outermost call.
function sandwichForests(forest, wanted, cells) {
    const outermost = new Int32Array(forest.count).fill(NONE);
    for (let id = 1; id < forest.count; id++) {
        const inside = outermost[forest.parent[id]];
        outermost[id] = inside !== NONE ? inside : isOf(forest, id, wanted) ? id : NONE;
    }
    const below = reshapeForest(forest, NONE, (made, id, above) =>
        above !== NONE ? made.find(above, forest.key[id], forest.own[id]) : outermost[id] === id ? 0 : NONE);
    const weight = weighForest(forest, cells);
    const above = growForest(forest.kernelKey);
    const ofOutermost = new Map();
    outermost.forEach((outer, id) => {
        if (outer === id) {
            ofOutermost.set(id, { at: 0, from: id, weight: weight[id] });
        }
    });
    above.least = climbCallers(above, forest, [...ofOutermost.values()], forestDepth(forest));
    above.ofCell = forest.ofCell.map(id => id !== NONE && outermost[id] !== NONE ? ofOutermost.get(outermost[id]).at : NONE);
    return { below, above };
}
