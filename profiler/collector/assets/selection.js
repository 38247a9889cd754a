// Which samples the page is about: one selection for every view. Different conditions must all hold; the values of one tag key, several
// threads and several spans are alternatives.
//
//   range     [from_s, to_s] since the start, on the edges of time buckets; null: all the time
//   tags      key -> set of values; the value WITHOUT stands for "samples without this key"
//   threads   set of indexes of model.threads
//   spans     set of indexes of model.spans
//   function  index of model.functions: samples with it anywhere on the stack; NONE
//   line      index of model.lines, likewise; NONE
//
// A view changes it with changeSelection(view, selection => selection.threads.add(3)): one step that Back undoes. A Selection can also stand
// for itself, as the other side of a comparison: write() and read() take a prefix for their names in the fragment.

const WITHOUT = null; // the value that stands for "samples without this key"

class Selection {
    constructor(model) {
        this.model = model;
        this.clear();
    }

    clear() {
        this.range = null;
        this.tags = new Map();
        this.threads = new Set();
        this.spans = new Set();
        this.function = NONE;
        this.line = NONE;
    }

    isEmpty() {
        return this.range === null && this.tags.size === 0 && this.threads.size === 0 && this.spans.size === 0 && this.function === NONE && this.line === NONE;
    }

    copy() {
        const copy = Object.assign(new Selection(this.model), this);
        copy.range = this.range && [...this.range];
        copy.tags = new Map([...this.tags].map(([key, values]) => [key, new Set(values)]));
        copy.threads = new Set(this.threads);
        copy.spans = new Set(this.spans);
        return copy;
    }

    hasTag(key, value) {
        return this.tags.has(key) && this.tags.get(key).has(value);
    }

    toggleTag(key, value) {
        const values = this.tags.get(key) || new Set();
        if (!values.delete(value)) {
            values.add(value);
        }
        if (values.size > 0) {
            this.tags.set(key, values);
        } else {
            this.tags.delete(key);
        }
    }

    // To the buckets that from_s..to_s touches, at least one; everything is no range.
    setRange(fromS, toS) {
        const { bucketS, bucketCount } = this.model;
        const first = Math.min(Math.max(Math.floor(Math.min(fromS, toS) / bucketS + 1e-6), 0), bucketCount - 1);
        const end = Math.min(Math.max(Math.ceil(Math.max(fromS, toS) / bucketS - 1e-6), first + 1), bucketCount);
        this.range = first === 0 && end === bucketCount ? null : [first * bucketS, end * bucketS];
    }

    // [first, end) in buckets
    buckets() {
        const { bucketS, bucketCount } = this.model;
        return this.range ? this.range.map(s => Math.round(s / bucketS)) : [0, bucketCount];
    }

    write(parameters, prefix = "") {
        const { model } = this;
        const add = (name, value) => parameters.append(prefix + name, value);
        if (this.range) {
            add("range", this.range.map(s => String(Number(s.toFixed(6)))).join(".."));
        }
        for (const [key, values] of this.tags) {
            for (const value of values) {
                add(value === WITHOUT ? "without" : "tag", value === WITHOUT ? key : JSON.stringify([key, value]));
            }
        }
        this.threads.forEach(thread => add("thread", threadKey(model, thread)));
        this.spans.forEach(span => add("span", model.spans.id[span]));
        if (this.function !== NONE) {
            add("function", functionKey(model, this.function));
        }
        if (this.line !== NONE) {
            add("line", lineKey(model, this.line));
        }
    }

    text() {
        const parameters = new URLSearchParams();
        this.write(parameters);
        return parameters.toString();
    }

    // What the profile does not have is ignored: a link may be of another run.
    read(parameters, prefix = "") {
        const { model } = this;
        this.clear();
        const tags = new Set(model.tags.map(tag => JSON.stringify([tag.key, tag.value])));
        const keys = new Set(model.tags.map(tag => tag.key));
        const addTag = (key, value) => this.tags.set(key, (this.tags.get(key) || new Set()).add(value));
        const known = (index, apply) => index >= 0 && apply(index);
        const readers = {
            range: text => {
                const found = /^(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)$/.exec(text);
                if (found && model.bucketS > 0) {
                    this.setRange(Number(found[1]), Number(found[2]));
                }
            },
            tag: text => tags.has(text) && addTag(...JSON.parse(text)),
            without: text => keys.has(text) && addTag(text, WITHOUT),
            thread: text => known(indexOfKey(model.threads.name.length, id => threadKey(model, id), text), id => this.threads.add(id)),
            span: text => known(model.spans.id.indexOf(text, 1), id => this.spans.add(id)),
            function: text => known(indexOfKey(model.functions.name.length, id => functionKey(model, id), text), id => { this.function = id; }),
            line: text => known(indexOfKey(model.lines.count, id => lineKey(model, id), text), id => { this.line = id; }),
        };
        for (const [name, text] of parameters) {
            const plain = name.startsWith(prefix) ? name.slice(prefix.length) : "";
            if (Object.hasOwn(readers, plain)) {
                readers[plain](text);
            }
        }
    }

    // Per tag set whether it is selected; null: all of them.
    tagSets() {
        const { model, tags } = this;
        return tags.size === 0 ? null : Uint8Array.from(model.tagSets, set => {
            for (const [key, values] of tags) {
                const own = set.map(tag => model.tags[tag]).find(tag => tag.key === key);
                if (!values.has(own ? own.value : WITHOUT)) {
                    return 0;
                }
            }
            return 1;
        });
    }

    // Per node whether its stack holds the function and the line; null: all do.
    nodes() {
        const { tree, frames } = this.model;
        if (this.function === NONE && this.line === NONE) {
            return null;
        }
        const met = new Uint8Array(tree.count); // 1: the function, 2: the line
        met[0] = (this.function === NONE ? 1 : 0) | (this.line === NONE ? 2 : 0);
        for (let i = 1; i < tree.count; i++) {
            const frame = tree.frame[i];
            met[i] = met[tree.parent[i]] | (frames.function[frame] === this.function ? 1 : 0) | (frames.lineId[frame] === this.line ? 2 : 0);
        }
        return met.map(bits => bits === 3 ? 1 : 0);
    }

    // Per cell whether it is selected; null: all of them. cells: of any metric.
    cells(cells) {
        if (this.isEmpty()) {
            return null;
        }
        const sets = this.tagSets(), nodes = this.nodes(), [first, end] = this.buckets();
        const { threads, spans } = this;
        const chosen = new Uint8Array(cells.node.length);
        for (let i = 0; i < chosen.length; i++) {
            chosen[i] = (!sets || sets[cells.tagSet[i]]) && (!nodes || nodes[cells.node[i]]) && (!this.range || (cells.bucket[i] >= first && cells.bucket[i] < end)) &&
                (threads.size === 0 || threads.has(cells.thread[i])) && (spans.size === 0 || spans.has(cells.span[i])) ? 1 : 0;
        }
        return chosen;
    }
}

function changeSelection(view, change) {
    const selection = view.selection.copy();
    change(selection);
    setSelection(view, selection);
}

function setSelection({ page }, selection) {
    page.selection = selection;
    publish(page);
    showAll(page);
}

// -- names in links -----------------------------------------------------------------------------------------------------------------

function indexOfKey(count, keyOf, text) {
    for (let i = 0; i < count; i++) {
        if (keyOf(i) === text) {
            return i;
        }
    }
    return NONE;
}

function threadKey(model, thread) {
    return `${model.threads.pid[thread]}/${model.threads.tid[thread]}`;
}

function functionKey(model, id) {
    return JSON.stringify([model.functions.name[id], declaredAt(model, id)]);
}

// "operate/dct.c:88"; "" where the file is not known.
function lineKey(model, line) {
    const { lines, files } = model;
    return lines.file[line] === NONE ? "" : shortPath(model, files.path[lines.file[line]]) + ":" + lines.line[line];
}
