// The embedded data -> arrays. The format is described in report_data.h.

const NONE = -1;

// What is no text (text_out.c has the same): control characters, and those that make a line read differently from what it is.
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

function clean(text) {
    return text.replace(CONTROLS, "\ufffd");
}

const { unpack } = document.currentScript; // see loader/load.js

async function readData() {
    return makeModel(readColumns(await unpack("profile-data")));
}

function makeModel(data) {
    const paths = data.paths.map(clean);
    const model = {
        unit: data.unit_ns,
        threshold: data.threshold, // in percent: what has less is not listed
        reduced: data.reduced === 1,
        prefix: clean(data.prefix),
        modules: { path: data.modules.path.map(clean), own: data.modules.own },
        functions: {
            name: data.functions.name.map(clean),
            path: Array.from(data.functions.path, path => path < 0 ? null : paths[path]),
            line: data.functions.line,
            module: data.functions.module,
            leftOut: data.functions.left_out,
        },
        files: {
            path: Array.from(data.files.path, path => paths[path]),
            missing: data.files.missing.map(text => text && clean(text)),
            lines: data.files.lines,
            leftOut: data.files.left_out,
        },
        frames: {
            function: data.frames.function, file: data.frames.file, line: data.frames.line,
            own: data.frames.flags.map(flags => flags & 1),
            inlined: data.frames.flags.map(flags => flags >> 1 & 1),
        },
        // Time: cell.bucket counts buckets of bucketS seconds since the start.
        bucketS: data.bucket_ns / 1e9,
        startedMs: data.started_unix_s * 1000,
        durationS: data.duration_s,
        staticTags: pairsOf(data.static_tags), // [{ key, value }]: of every sample
        threads: { pid: Array.from(data.threads.pid), tid: Array.from(data.threads.tid), name: data.threads.name.map(name => clean(name || "")) },
        spans: makeSpans(data.spans),
        requests: data.requests, // [ended, lost, ...]: see report_data.h
        latencies: { name: data.latencies.name.map(clean), tagSet: Array.from(data.latencies.tag_set), step: Array.from(data.latencies.step), count: Array.from(data.latencies.count) },
        cells: makeCells(data.cells, data.unit_ns),
        metric: METRICS[0],
        compare: data.compare && { ...data.compare, key: clean(data.compare.key), names: data.compare.names.map(name => name && clean(name)) },
        sources: makeSources(data),
    };
    model.cellsOf = { cpu: model.cells, wait: data.waits ? makeCells(data.waits, data.waits_unit_ns) : null };
    model.bucketCount = countBuckets(model);
    makeTree(model, data.nodes);
    makeLines(model);
    makeTags(model, data.tag_sets);
    return model;
}

function makeCells(data, unit) {
    const { tag_set: tagSet, weight, ...columns } = data;
    return { ...columns, tagSet, weight: Float64Array.from(weight, units => units * unit) };
}

// Per file: null, or [first line, its text's begin, end, first line, begin, end...] in `text`, which is UTF-8.
function makeSources({ files, pieces }) {
    const sources = Array.from(files.path, () => null);
    sources.text = pieces.text;
    let begin = 0;
    pieces.file.forEach((file, i) => {
        sources[file] = sources[file] || [];
        sources[file].push(pieces.line[i], begin, begin += pieces.bytes[i]);
    });
    return sources;
}

// Requests and jobs from begin to end; [0] is "no span". id: 16 hex digits.
function makeSpans(data) {
    const text = value => value === null ? null : clean(value);
    return {
        count: data.id.length,
        id: data.id,
        name: data.name.map(name => clean(name || "")),
        method: data.method.map(text), path: data.path.map(text), requestId: data.request_id.map(text), // null: none
        tagSet: Array.from(data.tag_set), thread: Array.from(data.thread),
        beginS: Float64Array.from(data.begin_us, us => us / 1e6),
        wallNs: Float64Array.from(data.wall_ns), wallS: Float64Array.from(data.wall_ns, ns => ns / 1e9),
        running: Array.from(data.running),
    };
}

function pairsOf(flat) {
    const pairs = [];
    for (let i = 0; i < flat.length; i += 2) {
        pairs.push({ key: clean(flat[i]), value: clean(flat[i + 1]) });
    }
    return pairs;
}

function countBuckets(model) {
    let count = model.bucketS > 0 ? Math.ceil(model.durationS / model.bucketS - 1e-9) : 0;
    for (const cells of Object.values(model.cellsOf)) {
        for (let i = 0; cells && i < cells.bucket.length; i++) {
            count = Math.max(count, cells.bucket[i] + 1);
        }
    }
    return Math.max(count, 1);
}

// Node 0 is the root and has no frame. Parents have smaller indexes than their children.
function makeTree(model, nodes) {
    const count = nodes.up.length + 1;
    const tree = {
        count,
        parent: new Uint32Array(count),
        frame: new Uint32Array(count),
        own: new Int32Array(count), // the innermost node in own code from here upwards
        child: new Uint32Array(count),
        sibling: new Uint32Array(count),
    };
    tree.own[0] = NONE;
    for (let i = 1; i < count; i++) {
        tree.parent[i] = i - nodes.up[i - 1];
        tree.frame[i] = nodes.frame[i - 1];
        tree.own[i] = model.frames.own[tree.frame[i]] ? i : tree.own[tree.parent[i]];
    }
    for (let i = count - 1; i > 0; i--) {
        tree.sibling[i] = tree.child[tree.parent[i]];
        tree.child[tree.parent[i]] = i;
    }
    model.tree = tree;
}

// Frames -> lines: by file and number; where the file is unknown one per function, after all others.
function makeLines(model) {
    const HIGH = 2 ** 32;
    const { frames } = model;
    const count = frames.file.length;
    const fileCount = model.files.path.length;
    const keys = new Float64Array(count);
    for (let i = 0; i < count; i++) {
        keys[i] = frames.file[i] < 0 ? fileCount * HIGH + frames.function[i] : frames.file[i] * HIGH + frames.line[i];
    }
    const sorted = Float64Array.from(new Set(keys)).sort();
    const index = new Map();
    sorted.forEach((key, i) => index.set(key, i));
    model.lines = {
        count: sorted.length,
        file: Int32Array.from(sorted, key => key < fileCount * HIGH ? Math.floor(key / HIGH) : NONE),
        line: Uint32Array.from(sorted, key => key < fileCount * HIGH ? key % HIGH : 0),
    };
    frames.lineId = Uint32Array.from(keys, key => index.get(key));
    model.files.firstLine = new Uint32Array(fileCount + 1);
    let line = 0;
    for (let file = 0; file < fileCount; file++) {
        model.files.firstLine[file] = line;
        while (line < sorted.length && model.lines.file[line] === file) {
            line++;
        }
    }
    model.files.firstLine[fileCount] = line;
}

// Tag sets -> distinct tags. An index beside names, because a tag may be called __proto__.
function makeTags(model, sets) {
    const index = new Map();
    model.tags = [];
    model.tagSets = sets.map(raw => {
        const flat = raw.map(clean);
        const tags = [];
        for (let i = 0; i < flat.length; i += 2) {
            const name = JSON.stringify([flat[i], flat[i + 1]]);
            if (!index.has(name)) {
                index.set(name, model.tags.length);
                model.tags.push({ key: flat[i], value: flat[i + 1], whole: 0 });
            }
            tags.push(index.get(name));
        }
        return tags;
    });
    for (let i = 0; i < model.cells.node.length; i++) {
        for (const tag of model.tagSets[model.cells.tagSet[i]]) {
            model.tags[tag].whole += model.cells.weight[i];
        }
    }
}
