// Call tree + cells + selection -> tables. The same rules as summarize.c, which explains them.

const DOMINATING = 0.8;

function shares(count) {
    return { cpu: new Float64Array(count), samples: new Float64Array(count) };
}

function add(to, index, cpu, samples) {
    to.cpu[index] += cpu;
    to.samples[index] += samples;
}

// selection: null is everything. cells: those of the metric shown, or of another.
// ret.chosen: null, or per cell whether it is selected.
function summarize(model, selection, cells = model.cells) {
    const { frames, tree, lines } = model;
    const functionCount = model.functions.name.length;
    const fileCount = model.files.path.length;
    const sum = {
        model, cells,
        chosen: selection && selection.cells(cells),
        all: { cpu: 0, samples: 0 },
        split: shares(4), // own code, libraries, kernel, elsewhere
        own: shares(lines.count), library: shares(lines.count), system: shares(lines.count),
        cpu: shares(lines.count), self: shares(lines.count), total: shares(lines.count),
        lineFunction: new Int32Array(lines.count).fill(NONE),
        functionSelf: shares(functionCount), functionTotal: shares(functionCount), functionCpu: shares(functionCount),
        fileCpu: shares(fileCount), fileTotal: shares(fileCount),
        tagSets: shares(model.tagSets.length),
    };
    const { chosen } = sum;
    const columns = [sum.own, sum.library, sum.system];
    const subtree = shares(tree.count);
    const decided = new Float64Array(frames.file.length);
    for (let i = 0; i < cells.node.length; i++) {
        if (chosen && !chosen[i]) {
            continue;
        }
        const node = cells.node[i], cpu = cells.weight[i], samples = cells.samples[i];
        sum.all.cpu += cpu;
        sum.all.samples += samples;
        add(sum.tagSets, cells.tagSet[i], cpu, samples);
        add(subtree, node, cpu, samples);
        if (node > 0) {
            add(sum.self, frames.lineId[tree.frame[node]], cpu, samples);
            add(sum.functionSelf, frames.function[tree.frame[node]], cpu, samples);
        }
        const decider = tree.own[node];
        const column = decider === NONE ? 3 : cells.kernel[i] ? 2 : decider === node ? 0 : 1;
        add(sum.split, column, cpu, samples);
        if (decider !== NONE) {
            const frame = tree.frame[decider];
            add(columns[column], frames.lineId[frame], cpu, samples);
            add(sum.cpu, frames.lineId[frame], cpu, samples);
            add(sum.functionCpu, frames.function[frame], cpu, samples);
            decided[frame] += cpu;
            if (frames.file[frame] >= 0) {
                add(sum.fileCpu, frames.file[frame], cpu, samples);
            }
        }
    }
    const weight = new Float64Array(frames.file.length);
    for (let i = tree.count - 1; i > 0; i--) {
        add(subtree, tree.parent[i], subtree.cpu[i], subtree.samples[i]);
        weight[tree.frame[i]] += subtree.cpu[i];
    }
    sum.subtree = subtree;
    addTotals(sum, subtree);
    nameLines(sum, decided, weight);
    addOrders(sum);
    addTags(sum);
    return sum;
}

// Depth first: what is on the path already is not counted again below.
function addTotals(sum, subtree) {
    const { frames, tree, lines, functions, files } = sum.model;
    const lineDepth = new Uint32Array(lines.count);
    const functionDepth = new Uint32Array(functions.name.length);
    const fileDepth = new Uint32Array(files.path.length);
    const enter = node => {
        const frame = tree.frame[node], cpu = subtree.cpu[node], samples = subtree.samples[node];
        if (lineDepth[frames.lineId[frame]]++ === 0) {
            add(sum.total, frames.lineId[frame], cpu, samples);
        }
        if (functionDepth[frames.function[frame]]++ === 0) {
            add(sum.functionTotal, frames.function[frame], cpu, samples);
        }
        if (frames.file[frame] >= 0 && fileDepth[frames.file[frame]]++ === 0) {
            add(sum.fileTotal, frames.file[frame], cpu, samples);
        }
    };
    const leave = node => {
        const frame = tree.frame[node];
        lineDepth[frames.lineId[frame]]--;
        functionDepth[frames.function[frame]]--;
        if (frames.file[frame] >= 0) {
            fileDepth[frames.file[frame]]--;
        }
    };
    let node = tree.child[0];
    while (node !== 0) {
        enter(node);
        if (tree.child[node] !== 0) {
            node = tree.child[node];
            continue;
        }
        leave(node);
        while (tree.sibling[node] === 0 && tree.parent[node] !== 0) {
            node = tree.parent[node];
            leave(node);
        }
        node = tree.sibling[node];
    }
}

// A line is called after the function that decided most of it.
function nameLines(sum, decided, weight) {
    const { frames } = sum.model;
    const best = new Int32Array(sum.model.lines.count).fill(NONE);
    for (let i = 0; i < frames.file.length; i++) {
        const line = frames.lineId[i], now = best[line];
        if (now === NONE || decided[i] > decided[now] || (decided[i] === decided[now] && weight[i] > weight[now])) {
            best[line] = i;
            sum.lineFunction[line] = frames.function[i];
        }
    }
}

// Hottest first; of lines, functions and files only those that are listed.
function addOrders(sum) {
    const { model } = sum;
    const { functions, files } = model;
    const reaches = cpu => percentOf(sum, cpu) >= model.threshold;
    const lines = sum.ownLines = order(model.lines.count, sum.cpu.samples, sum.cpu.cpu, sum.total.cpu);
    const ids = order(functions.name.length, sum.functionTotal.samples, sum.functionSelf.cpu, sum.functionTotal.cpu);
    sum.hottestLine = lines.length > 0 ? lines[0] : NONE;
    sum.hottestFunction = ids.length > 0 ? ids[0] : NONE;
    sum.hotLines = lines.filter(line => reaches(sum.cpu.cpu[line]));
    sum.hotFunctions = ids.filter(id => !functions.leftOut[id] && reaches(sum.functionTotal.cpu[id]));
    sum.hotFiles = order(files.path.length, sum.fileTotal.samples, sum.fileCpu.cpu, sum.fileTotal.cpu)
        .filter(file => !files.leftOut[file] && reaches(sum.fileTotal.cpu[file]));
}

function order(count, samples, first, second) {
    const ids = [];
    for (let i = 0; i < count; i++) {
        if (samples[i] > 0) {
            ids.push(i);
        }
    }
    return ids.sort((a, b) => first[b] - first[a] || second[b] - second[a] || a - b);
}

// Each tag's share and hottest line, each line's dominating tag.
function addTags(sum) {
    const { model } = sum;
    const { tree, frames, lines } = model;
    const { cells } = sum;
    sum.tags = model.tags.map(tag => ({ ...tag, cpu: 0, samples: 0, line: NONE, lineCpu: 0, lineSamples: 0 }));
    model.tagSets.forEach((tags, set) => {
        for (const tag of tags) {
            sum.tags[tag].cpu += sum.tagSets.cpu[set];
            sum.tags[tag].samples += sum.tagSets.samples[set];
        }
    });
    sum.lineTag = new Int32Array(lines.count).fill(NONE);
    const perLine = new Map(); // line -> tag set -> weight, samples: few sets per line
    for (let i = 0; i < cells.node.length; i++) {
        const decider = tree.own[cells.node[i]], set = cells.tagSet[i];
        if (decider === NONE || model.tagSets[set].length === 0 || (sum.chosen && !sum.chosen[i])) {
            continue;
        }
        const line = frames.lineId[tree.frame[decider]];
        let weights = perLine.get(line);
        if (!weights) {
            perLine.set(line, weights = new Map());
        }
        const weight = weights.get(set);
        if (weight) {
            weight.cpu += cells.weight[i];
            weight.samples += cells.samples[i];
        } else {
            weights.set(set, { cpu: cells.weight[i], samples: cells.samples[i] });
        }
    }
    for (let line = 0; line < lines.count; line++) {
        if (perLine.has(line)) {
            judgeLine(sum, line, perLine.get(line));
        }
    }
}

function judgeLine(sum, line, weights) {
    const byTag = new Map();
    for (const [set, weight] of weights) {
        for (const tag of sum.model.tagSets[set]) {
            const now = byTag.get(tag) || { cpu: 0, samples: 0 };
            now.cpu += weight.cpu;
            now.samples += weight.samples;
            byTag.set(tag, now);
        }
    }
    let best = NONE;
    for (const [tag, weight] of byTag) {
        const info = sum.tags[tag];
        if (weight.cpu > info.lineCpu || info.line === NONE) {
            info.line = line;
            info.lineCpu = weight.cpu;
            info.lineSamples = weight.samples;
        }
        if (weight.cpu < DOMINATING * sum.cpu.cpu[line]) {
            continue;
        }
        if (best === NONE || saysMore(sum, byTag, tag, best)) {
            best = tag;
        }
    }
    sum.lineTag[line] = best;
}

// Which of two tags says more about a line: the rarer in the whole profile, whatever is selected; then the one that holds more of it.
function saysMore(sum, byTag, tag, rival) {
    const { tags } = sum.model;
    return (tags[tag].whole - tags[rival].whole || byTag.get(rival).cpu - byTag.get(tag).cpu || compareTags(tags[tag], tags[rival])) < 0;
}

function compareText(a, b) {
    return a < b ? -1 : a > b ? 1 : 0;
}

function compareTags(a, b) {
    return compareText(a.key, b.key) || compareText(a.value, b.value);
}

function percentOf(sum, cpu) {
    return sum.all.cpu > 0 ? 100 * cpu / sum.all.cpu : 0;
}

// Half of Wilson's 95 % interval, in points.
function errorOf(sum, cpu) {
    const n = sum.all.samples, z = 1.959964;
    if (n < 1) {
        return 0;
    }
    const p = percentOf(sum, cpu) / 100;
    return 100 * z / (1 + z * z / n) * Math.sqrt(p * (1 - p) / n + z * z / (4 * n * n));
}
