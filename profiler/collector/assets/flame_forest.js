// Call tree -> forest: nodes of one function below one caller are one frame, whatever line the call stands on; what a stack spent in the
// kernel is a frame of its own at its end. The transforms, the inverted tree and the sandwich turn one forest into another.
//
// A forest: frame 0 is the root; `parent` is smaller than its frame; `key` is 2 * function + inlined, or kernelKey; ofCell, ofNode: the frame
// of each cell and node of the call tree, NONE where a transform dropped it.

function growForest(kernelKey) {
    const forest = { count: 1, kernelKey, parent: new Uint32Array(1024), key: new Uint32Array(1024), own: new Uint8Array(1024), ofCell: null, ofNode: null };
    const index = new Map();
    forest.find = (parent, key, own) => {
        const name = parent * (kernelKey + 1) + key;
        let id = index.get(name);
        if (id === undefined) {
            index.set(name, id = forest.count++);
            if (id === forest.parent.length) {
                for (const column of ["parent", "key", "own"]) {
                    const wider = new forest[column].constructor(2 * id);
                    wider.set(forest[column]);
                    forest[column] = wider;
                }
            }
            forest.parent[id] = parent;
            forest.key[id] = key;
        }
        forest.own[id] |= own;
        return id;
    };
    return forest;
}

function makeForest(model) {
    const { tree, frames, cells } = model;
    const forest = growForest(2 * model.functions.name.length);
    forest.ofNode = new Int32Array(tree.count);
    for (let i = 1; i < tree.count; i++) {
        const frame = tree.frame[i];
        forest.ofNode[i] = forest.find(forest.ofNode[tree.parent[i]], 2 * frames.function[frame] + frames.inlined[frame], frames.own[frame]);
    }
    forest.ofCell = Int32Array.from(cells.node, (node, i) => {
        const id = forest.ofNode[node];
        return cells.kernel[i] ? forest.find(id, forest.kernelKey, 0) : id;
    });
    return forest;
}

// A forest whose frames stand elsewhere. place(made, id, above): where frame `id` goes, given where its caller went: a frame of `made`, or
// NONE. root: where the samples without any frame go.
function reshapeForest(forest, root, place) {
    const made = growForest(forest.kernelKey);
    const to = new Int32Array(forest.count);
    to[0] = root;
    for (let id = 1; id < forest.count; id++) {
        to[id] = place(made, id, to[forest.parent[id]]);
    }
    const follow = id => id === NONE ? NONE : to[id];
    made.ofCell = forest.ofCell.map(follow);
    made.ofNode = forest.ofNode.map(follow);
    return made;
}

// What each frame weighs in the whole profile, its callees included: the order of frames does not depend on what is selected.
function weighForest(forest, cells) {
    const weight = new Float64Array(forest.count);
    forest.ofCell.forEach((id, i) => {
        if (id !== NONE) {
            weight[id] += cells.weight[i];
        }
    });
    for (let id = forest.count - 1; id > 0; id--) {
        weight[forest.parent[id]] += weight[id];
    }
    return weight;
}
