// The bar above every view: what is selected, how much that is, and the tags to choose from. Values of one key are alternatives, different
// keys must all match.

const FIRST_CHIPS = 8, OPEN_KEYS = 3;

// The values of each key, hottest first, of the whole profile: they stay where they are when the selection changes. Keys that no sample
// has, such as a status that is known when the request ends, have nothing to choose from.
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
    return [...groups.values()].filter(group => group.samples > 0).sort((a, b) => compareText(a.key, b.key));
}

function showFilter(view) {
    const { selection, whole } = view;
    const bar = byId("filter");
    const focused = document.activeElement && bar.contains(document.activeElement) ? document.activeElement.dataset.name : null;
    const groups = groupTags(whole);
    const pills = pillsOf(view);
    bar.hidden = groups.length === 0 && pills.length === 0;
    const all = make("button", { type: "button", class: "chip all", "data-name": "all", "aria-pressed": String(selection.isEmpty()),
        onclick: () => changeSelection(view, one => one.clear()) }, "All samples");
    const share = selection.isEmpty() ? null : make("p", { class: "chosen" },
        `${percentText(percentOf(whole, view.sum.all.cpu)) || "0"}${FIXED}% of all ${view.model.metric.time}, ${countText(view.sum.all.samples)} of ` +
        `${countText(whole.all.samples)} samples. Percentages below are of these.`);
    bar.replaceChildren(make("div", { class: "chips" }, make("span", { class: "key" }, "Show"), all, ...pills.map(pill => makePill(view, pill))),
        ...(share ? [share] : []), ...(groups.length > 0 ? [makeGroups(view, groups)] : []));
    if (focused) {
        const again = [...bar.querySelectorAll("[data-name]")].find(element => element.dataset.name === focused);
        (again || all).focus();
    }
}

// Where there is room for it, until the reader opens or closes it.
function isFilterOpen(view, keys) {
    return view.filterOpen === undefined ? view.current === TABS[0] && keys <= OPEN_KEYS : view.filterOpen;
}

function showFilterOpen(view) {
    const bar = document.querySelector("#filter .by-tag");
    if (bar) {
        bar.open = isFilterOpen(view, Number(bar.dataset.keys));
    }
}

function makeGroups(view, groups) {
    const rows = groups.map(group => {
        const chips = group.values.filter((tag, i) => i < FIRST_CHIPS || view.selection.hasTag(tag.key, tag.value));
        const rest = group.values.filter(tag => !chips.includes(tag));
        return make("div", { class: "chips", role: "group", "aria-label": group.key },
            make("span", { class: "key" }, make("bdi", null, group.key)),
            ...chips.map(tag => makeChip(view, tag)),
            rest.length > 0 ? makeRest(view, rest) : null);
    });
    const bar = make("details", { class: "by-tag", open: isFilterOpen(view, groups.length), "data-keys": String(groups.length) },
        make("summary", { "data-name": "by tag", onclick: () => { view.filterOpen = !bar.open; } }, "by tag"), ...rows);
    return bar;
}

function chipText(tag) {
    return tag.value === WITHOUT ? "none" : tag.value;
}

function makeChip(view, tag) {
    return make("button", {
        type: "button", class: tag.value === WITHOUT ? "chip without" : "chip", "data-name": JSON.stringify([tag.key, tag.value]),
        "aria-pressed": String(view.selection.hasTag(tag.key, tag.value)), title: samplesText(view.whole, tag.cpu, tag.samples),
        onclick: () => changeSelection(view, one => one.toggleTag(tag.key, tag.value)),
    }, make("bdi", null, chipText(tag)), " ", make("small", null, (percentText(percentOf(view.whole, tag.cpu)) || "0") + FIXED + "%"));
}

function makeRest(view, rest) {
    const choose = event => {
        const tag = rest[event.target.selectedIndex - 1];
        changeSelection(view, one => one.toggleTag(tag.key, tag.value));
    };
    return make("select", { "aria-label": `more values of ${rest[0].key}`, onchange: choose },
        make("option", null, `${countText(rest.length)} more…`), ...rest.map(tag => make("option", null,
            `${chipText(tag)}  ${percentText(percentOf(view.whole, tag.cpu)) || "0"} %`)));
}
