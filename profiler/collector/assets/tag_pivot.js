// Samples and durations by the values of one tag key, or of two: what the view Tags shows.

const MOST_COLUMNS = 12; // of a pivot: of the hottest
const EVERY = "\u0000"; // the row of all; no value has such a character: data.js replaces it

function tagKeys(model) {
    return [...new Set(model.tags.map(tag => tag.key))].sort(compareText);
}

// The value that a tag set has of a key, or WITHOUT.
function valueIn(model, set, key) {
    const tag = model.tagSets[set].find(id => model.tags[id].key === key);
    return tag === undefined ? WITHOUT : model.tags[tag].value;
}

// How long the requests took, by group: Map of groupName() or pairName() -> as of requestRows(). Not known of a part of the requests.
function pivotDurations(view) {
    const { model, selection, pivot } = view, found = findRequests(view);
    if (!found.known || selection.spans.size > 0) {
        return new Map();
    }
    const keys = [pivot.rows, pivot.columns].filter(key => key !== null);
    return requestRows(model, found, (name, set) => {
        const groups = new Set(model.tagSets[set].map(id => groupName(model.tags[id].key, model.tags[id].value)));
        keys.forEach(key => groups.add(groupName(key, valueIn(model, set, key))));
        if (keys.length === 2) {
            groups.add(pairName(valueIn(model, set, keys[0]), valueIn(model, set, keys[1]))).add(groupName(EVERY, EVERY));
        }
        return groups;
    });
}

const groupName = (key, value) => JSON.stringify([key, value]), pairName = (row, column) => JSON.stringify([row, column, 2]);

// What has samples, or requests that ended under it: their last tags, which no sample needs to have. key: null for each value of every key.
// ret: rows { key, value, cpu, samples, line, lineCpu, lineSamples }, hottest first within a key.
function pivotRows(sum, key, durations) {
    const requests = row => (durations.get(groupName(row.key, row.value)) || { count: 0 }).count;
    const rows = sum.tags.filter(tag => (tag.samples > 0 || requests(tag) > 0) && (key === null || tag.key === key));
    rows.sort((a, b) => compareText(a.key, b.key) || b.cpu - a.cpu || requests(b) - requests(a) || compareText(a.value, b.value));
    const without = { key, value: WITHOUT, cpu: sum.all.cpu, samples: sum.all.samples, line: NONE, lineCpu: 0, lineSamples: 0 };
    for (const row of rows) {
        without.cpu -= row.cpu;
        without.samples -= row.samples;
    }
    return key !== null && (without.samples > 0 || requests(without) > 0) ? [...rows, without] : rows;
}

// The columns of a pivot and what its cells share. ret: { columns: [{ value, cpu, samples }], hidden: how many values have no column,
// shares: Map of pairName() -> { cpu, samples } }
function pivotCells(sum, { rows, columns: key }, durations) {
    const { model } = sum, all = pivotRows(sum, key, durations), cells = new Map();
    for (let set = 0; set < model.tagSets.length; set++) {
        if (sum.tagSets.samples[set] > 0) {
            const name = pairName(valueIn(model, set, rows), valueIn(model, set, key)), cell = cells.get(name) || { cpu: 0, samples: 0 };
            cell.cpu += sum.tagSets.cpu[set];
            cell.samples += sum.tagSets.samples[set];
            cells.set(name, cell);
        }
    }
    return { columns: all.slice(0, MOST_COLUMNS), hidden: Math.max(all.length - MOST_COLUMNS, 0), shares: cells };
}
