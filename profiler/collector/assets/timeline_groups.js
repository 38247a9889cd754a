// What the timeline tells apart: the values of a tag, functions by self time, or files. The most of them have a row each, the others share one.

const MOST_VALUES = 8, COMMIT_KEY = "commit"; // the tag of RENDER_GIT_COMMIT

function timeKeys(model) {
    return [...[...new Set(model.tags.map(tag => tag.key))].sort(compareText).map(key => "tag:" + key), "function", "file"];
}

function timeKeyText(by) {
    return by.startsWith("tag:") ? by.slice(4) : by;
}

// The tag with several values that most samples carry; a commit has its marks.
function defaultTimeKey(model) {
    const whole = new Map(), several = new Set();
    for (const tag of model.tags) {
        (whole.has(tag.key) ? several : new Set()).add(tag.key);
        whole.set(tag.key, (whole.get(tag.key) || 0) + tag.whole);
    }
    const keys = [...several].filter(key => key !== COMMIT_KEY).sort((a, b) => whole.get(b) - whole.get(a) || compareText(a, b));
    return keys.length > 0 ? "tag:" + keys[0] : "function";
}

// ret: { count, of: cells => cell -> id or NONE, name: id -> text, none: what is of no id, isChosen, choose: of an id, act: what that does }
function groupingBy(view, by) {
    return by === "function" ? groupByFunction(view) : by === "file" ? groupByFile(view) : groupByTag(view, by.slice(4));
}

function groupByFunction(view) {
    const { tree, frames, functions } = view.model;
    return {
        count: functions.name.length, none: "no function", act: "only samples through it",
        of: cells => i => cells.node[i] > 0 ? frames.function[tree.frame[cells.node[i]]] : NONE,
        name: id => functionText(functions.name[id]),
        isChosen: id => view.selection.function === id,
        choose: id => changeSelection(view, one => { one.function = one.function === id ? NONE : id; }),
    };
}

// A file has what its own lines took, and what they called in libraries and in the kernel: as `CPU %` in the tables.
function groupByFile(view) {
    const { tree, frames, files, lines } = view.model;
    return {
        count: files.path.length, none: "outside of own files", act: "to its source",
        of: cells => i => {
            const decider = tree.own[cells.node[i]];
            return decider === NONE ? NONE : Math.max(frames.file[tree.frame[decider]], NONE);
        },
        name: id => shortPath(view.model, files.path[id]),
        isChosen: () => false,
        choose: id => {
            const line = view.sum.ownLines.find(one => lines.file[one] === id);
            if (line === undefined || !goToLine(view, id, lines.line[line])) {
                say("No source of it is listed.");
            }
        },
    };
}

function groupByTag(view, key) {
    const { model } = view;
    const values = model.tags.filter(tag => tag.key === key).map(tag => tag.value);
    const ofSet = Int32Array.from(model.tagSets, set => {
        const own = set.map(tag => model.tags[tag]).find(tag => tag.key === key);
        return own ? values.indexOf(own.value) : values.length;
    });
    return {
        count: values.length + 1, none: "none", act: "only samples with it", ofSet,
        of: cells => i => ofSet[cells.tagSet[i]],
        name: id => id < values.length ? values[id] : "none",
        isChosen: id => view.selection.hasTag(key, id < values.length ? values[id] : WITHOUT),
        choose: id => changeSelection(view, one => one.toggleTag(key, id < values.length ? values[id] : WITHOUT)),
    };
}

function weighCells(cells, chosen, count, of) {
    const sums = shares(count);
    for (let i = 0; i < cells.node.length; i++) {
        const id = !chosen || chosen[i] ? of(i) : NONE;
        if (id !== NONE) {
            add(sums, id, cells.weight[i], cells.samples[i]);
        }
    }
    return sums;
}

// Ranked by all the time, so that a range does not change rows and colours; `cpu` and `samples` are of the selection with its range.
// ret: { list: [{ id, name, hue, cpu, samples }], rows, choose... }
function makeTimeGroups(view, by) {
    const { model } = view, { cells } = model, chosen = chosenAtAnyTime(view);
    const grouping = groupingBy(view, by), of = grouping.of(cells), { cpu, samples } = weighCells(cells, chosen, grouping.count, of);
    const ranked = order(grouping.count, samples, cpu, cpu), shown = ranked.slice(0, MOST_VALUES);
    const hues = tagHues(shown.map(grouping.name));
    const list = shown.map(id => ({ id, name: grouping.name(id), hue: hues.get(grouping.name(id)) }));
    const rowOfId = new Int32Array(grouping.count).fill(shown.length);
    shown.forEach((id, row) => { rowOfId[id] = row; });
    const others = ranked.length - shown.length;
    list.push({ id: NONE, name: others > 0 ? `${countText(others)} others` : grouping.none, hue: NONE });
    const rowOf = i => {
        const id = of(i);
        return id === NONE ? shown.length : rowOfId[id];
    };
    const now = weighCells(cells, view.sum.chosen, list.length, rowOf), rows = makeRows(model, cells, chosen, list.length, rowOf);
    list.forEach((one, row) => Object.assign(one, { row, cpu: now.cpu[row], samples: now.samples[row] }));
    return { ...grouping, by, rows, list: list.filter(({ row }) => rows.start[row + 1] > rows.start[row]), rowOfId };
}
