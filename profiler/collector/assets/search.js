// The search: what every view shows narrows to functions, lines and files that hold the text; how much time that is, is said.

function setQuery(view, text) {
    const query = text.trim().toLowerCase();
    if (query === view.query) {
        return;
    }
    view.query = query;
    view.version++;
    publish(view, "search");
    showCurrent(view);
    say(query ? (viewNamed(view.current).said || foundText)(view) : "");
}

// "3 functions, 2 lines, 1 file; 12.0 % of CPU"
function foundText(view) {
    const { sum, model } = view;
    const functions = sum.hotFunctions.filter(id => matchesFunction(view, id)).length;
    const lines = sum.hotLines.filter(line => matchesLine(view, line)).length;
    return `${plural(functions, "function")}, ${plural(lines, "line")}, ${plural(listedFiles(view).length, "file")}; ` +
        `${(percentText(percentOf(sum, foundCpu(view))) || "0") + FIXED}% of ${model.metric.of}`;
}

function matchesFunction(view, id) {
    return view.matches(view.model.functions.name[id], declaredAt(view.model, id));
}

function matchesLine(view, line) {
    return view.matches(placeText(view.sum, line), view.model.functions.name[view.sum.lineFunction[line]]);
}

// Time under what the search finds, what overlaps counted once: stacks that hold such a function, or end in the kernel when that is sought.
function foundCpu(view) {
    const { model, sum } = view;
    const { tree, frames, functions, modules } = model;
    const ofFunction = functions.name.map((name, id) => view.matches(name, declaredAt(model, id), modules.path[functions.module[id]]) ? 1 : 0);
    const kernel = view.matches("in the kernel");
    const met = new Uint8Array(tree.count);
    for (let i = 1; i < tree.count; i++) {
        met[i] = met[tree.parent[i]] | ofFunction[frames.function[tree.frame[i]]];
    }
    const { cells, chosen } = sum;
    let cpu = 0;
    for (let i = 0; i < cells.node.length; i++) {
        if ((!chosen || chosen[i]) && (met[cells.node[i]] || (kernel && cells.kernel[i]))) {
            cpu += cells.weight[i];
        }
    }
    return cpu;
}
