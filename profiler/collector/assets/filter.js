// Which tags are selected: values of one key are alternatives, different keys must all match.

const FIRST_CHIPS = 8;
const WITHOUT = null; // the value that stands for "samples without this key"

class Filter {
    constructor(model, changed) {
        this.model = model;
        this.changed = changed;
        this.wanted = new Map(); // key -> Set of values
    }

    isEmpty() {
        return this.wanted.size === 0;
    }

    has(key, value) {
        return this.wanted.has(key) && this.wanted.get(key).has(value);
    }

    toggle(key, value) {
        const values = this.wanted.get(key) || new Set();
        if (!values.delete(value)) {
            values.add(value);
        }
        if (values.size > 0) {
            this.wanted.set(key, values);
        } else {
            this.wanted.delete(key);
        }
        this.changed();
    }

    clear() {
        this.wanted.clear();
        this.changed();
    }

    write(parameters) {
        for (const [key, values] of this.wanted) {
            for (const value of values) {
                parameters.append(value === WITHOUT ? "without" : "tag", value === WITHOUT ? key : JSON.stringify([key, value]));
            }
        }
    }

    text() {
        const parameters = new URLSearchParams();
        this.write(parameters);
        return parameters.toString();
    }

    // Tags that the profile does not have are ignored: a link may be of another run.
    read(parameters) {
        this.wanted.clear();
        const known = new Set(this.model.tags.map(tag => JSON.stringify([tag.key, tag.value])));
        const keys = new Set(this.model.tags.map(tag => tag.key));
        const add = (key, value) => this.wanted.set(key, (this.wanted.get(key) || new Set()).add(value));
        for (const [name, text] of parameters) {
            if (name === "tag" && known.has(text)) {
                add(...JSON.parse(text));
            } else if (name === "without" && keys.has(text)) {
                add(text, WITHOUT);
            }
        }
    }

    // Per tag set whether it is selected; null: all of them.
    sets() {
        if (this.isEmpty()) {
            return null;
        }
        return Uint8Array.from(this.model.tagSets, tags => {
            for (const [key, values] of this.wanted) {
                const own = tags.map(tag => this.model.tags[tag]).find(tag => tag.key === key);
                if (!values.has(own ? own.value : WITHOUT)) {
                    return 0;
                }
            }
            return 1;
        });
    }
}

// The values of each key, hottest first, of the whole profile: they stay where they are when the selection changes.
function groupTags(whole) {
    const groups = new Map();
    for (const tag of whole.tags) {
        if (!groups.has(tag.key)) {
            groups.set(tag.key, { key: tag.key, values: [], cpu: 0, samples: 0 });
        }
        const group = groups.get(tag.key);
        group.values.push(tag);
        group.cpu += tag.cpu;
        group.samples += tag.samples;
    }
    for (const group of groups.values()) {
        group.values.sort((a, b) => b.cpu - a.cpu || compareText(a.value, b.value));
        if (group.samples < whole.all.samples) {
            group.values.push({ key: group.key, value: WITHOUT, cpu: whole.all.cpu - group.cpu, samples: whole.all.samples - group.samples });
        }
    }
    return [...groups.values()].sort((a, b) => compareText(a.key, b.key));
}

function showFilter(view) {
    const { filter, whole } = view;
    const bar = byId("filter");
    const focused = document.activeElement && bar.contains(document.activeElement) ? document.activeElement.dataset.name : null;
    const groups = groupTags(whole);
    bar.hidden = groups.length === 0;
    const rows = groups.map(group => {
        const chips = group.values.filter((tag, i) => i < FIRST_CHIPS || filter.has(tag.key, tag.value));
        const rest = group.values.filter(tag => !chips.includes(tag));
        return make("div", { class: "chips", role: "group", "aria-label": group.key },
            make("span", { class: "key" }, make("bdi", null, group.key)),
            ...chips.map(tag => makeChip(view, tag)),
            rest.length > 0 ? makeRest(view, rest) : null);
    });
    const all = make("button", { type: "button", class: "chip all", "data-name": "all", "aria-pressed": String(filter.isEmpty()), onclick: () => filter.clear() }, "All samples");
    const chosen = groups.flatMap(group => group.values).filter(tag => filter.has(tag.key, tag.value));
    const share = filter.isEmpty() ? null : make("p", { class: "chosen" }, "Selected: ", ...chosen.flatMap(tag => [makeTag(tag.key, chipText(tag)), " "]),
        `– ${percentText(percentOf(whole, view.sum.all.cpu)) || "0"}${FIXED}% of all ${view.model.metric.time}, ${countText(view.sum.all.samples)} of ` +
        `${countText(whole.all.samples)} samples. Percentages below are of these.`);
    bar.replaceChildren(make("div", { class: "chips" }, make("span", { class: "key" }, "Show"), all), ...rows, ...(share ? [share] : []));
    if (focused) {
        const again = [...bar.querySelectorAll("[data-name]")].find(element => element.dataset.name === focused);
        if (again) {
            again.focus();
        }
    }
}

function chipText(tag) {
    return tag.value === WITHOUT ? "none" : tag.value;
}

function makeChip(view, tag) {
    return make("button", {
        type: "button", class: tag.value === WITHOUT ? "chip without" : "chip", "data-name": JSON.stringify([tag.key, tag.value]),
        "aria-pressed": String(view.filter.has(tag.key, tag.value)), title: samplesText(view.whole, tag.cpu, tag.samples),
        onclick: () => view.filter.toggle(tag.key, tag.value),
    }, make("bdi", null, chipText(tag)), " ", make("small", null, (percentText(percentOf(view.whole, tag.cpu)) || "0") + FIXED + "%"));
}

function makeRest(view, rest) {
    const choose = event => {
        const tag = rest[event.target.selectedIndex - 1];
        view.filter.toggle(tag.key, tag.value);
    };
    return make("select", { "aria-label": `more values of ${rest[0].key}`, onchange: choose },
        make("option", null, `${countText(rest.length)} more…`), ...rest.map(tag => make("option", null,
            `${chipText(tag)}  ${percentText(percentOf(view.whole, tag.cpu)) || "0"} %`)));
}
