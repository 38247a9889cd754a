// The reader's changes to the stacks, as in the Firefox Profiler; each is a pill that can be taken off again, and in the fragment. They change
// which frames are drawn, never what the percentages are of.

const TRANSFORMS = {
    focus: { key: "f", menu: "Focus on function", pill: "only below", why: "stacks begin at it; samples without it are left out", make: focusFunction },
    path: { key: "F", menu: "Focus on this call path", pill: "only this path to", why: "samples that did not come this way are left out", make: focusPath },
    merge: { key: "m", menu: "Merge function into its callers", pill: "merged", why: "its self time goes to its callers, its callees are theirs", make: mergeFunction },
    collapse: { key: "c", menu: "Collapse function", pill: "collapsed", why: "what it calls becomes its self time", make: collapseFunction },
    recursion: { key: "R", menu: "Collapse recursion of it", pill: "recursion collapsed of", why: "each stack has it once", make: collapseRecursion },
    drop: { key: "d", menu: "Drop samples with it", pill: "without", why: "samples with it on the stack are left out", make: dropFunction },
};

// One step: { kind, name, path }: a function's name, or for a call path also the frame's name in the fragment.
function transformForest(forest, model, steps, foldsAll) {
    const shaped = steps.reduce((from, step) => TRANSFORMS[step.kind].make(from, keysNamed(model, step.name), step, model), forest);
    return foldsAll ? collapseRecursion(shaped, null) : shaped;
}

// Per function whether it has this name: two files may each have their own.
function keysNamed(model, name) {
    return Uint8Array.from(model.functions.name, known => known === name ? 1 : 0);
}

function isOf(forest, id, wanted) {
    return forest.key[id] !== forest.kernelKey && wanted[forest.key[id] >> 1] === 1;
}

function focusFunction(forest, wanted) {
    return reshapeForest(forest, NONE, (made, id, above) =>
        above !== NONE ? made.find(above, forest.key[id], forest.own[id]) : isOf(forest, id, wanted) ? made.find(0, forest.key[id], forest.own[id]) : NONE);
}

function focusPath(forest, wanted, step, model) {
    const names = pathNames(forest, model);
    return reshapeForest(forest, NONE, (made, id, above) =>
        above !== NONE ? made.find(above, forest.key[id], forest.own[id]) : names[id] === step.path ? made.find(0, forest.key[id], forest.own[id]) : NONE);
}

function mergeFunction(forest, wanted) {
    return reshapeForest(forest, 0, (made, id, above) =>
        above === NONE || isOf(forest, id, wanted) ? above : made.find(above, forest.key[id], forest.own[id]));
}

function collapseFunction(forest, wanted) {
    return reshapeForest(forest, 0, (made, id, above) =>
        above === NONE || (above > 0 && isOf(made, above, wanted)) ? above : made.find(above, forest.key[id], forest.own[id]));
}

function dropFunction(forest, wanted) {
    return reshapeForest(forest, 0, (made, id, above) =>
        above === NONE || isOf(forest, id, wanted) ? NONE : made.find(above, forest.key[id], forest.own[id]));
}

// A function that is on the path already is that frame again; what lies between is below it. wanted null: every function.
function collapseRecursion(forest, wanted) {
    return reshapeForest(forest, 0, (made, id, above) => {
        const key = forest.key[id];
        if (above !== NONE && key !== forest.kernelKey && (!wanted || wanted[key >> 1])) {
            for (let at = above; at > 0; at = made.parent[at]) {
                if (made.key[at] >> 1 === key >> 1) {
                    return at;
                }
            }
        }
        return above === NONE ? NONE : made.find(above, key, forest.own[id]);
    });
}

// -- in the fragment ----------------------------------------------------------------------------------------------------------------

// "merge:memcpy", "path:k2x9f...:worker_run"
function stepText(step) {
    return step.kind === "path" ? `path:${step.path}:${step.name}` : `${step.kind}:${step.name}`;
}

// ret: null if it is none, or of a function that this profile does not have: a link may be of another run.
function readStep(text, model) {
    const parts = /^(\w+):([^]*)$/.exec(text);
    if (!parts || !Object.hasOwn(TRANSFORMS, parts[1])) {
        return null;
    }
    const path = parts[1] === "path" ? /^(\w+):([^]*)$/.exec(parts[2]) : null;
    const name = path ? path[2] : parts[2];
    return model.functions.name.includes(name) && (path !== null) === (parts[1] === "path") ? { kind: parts[1], name, path: path ? path[1] : null } : null;
}
