// The two sides as cards: what each is, and how to choose it; examples while one is not chosen.

const MOST_EXAMPLES = 6, MOST_OPTIONS = 400;

function showSides(view) {
    const { compare } = view, { parts } = compare;
    const focused = parts.sides.contains(document.activeElement) ? document.activeElement.dataset.name : null;
    const groups = groupTags(view.whole);
    parts.sides.replaceChildren(...compare.sides.map((side, i) => makeSide(view, side, i, groups)));
    parts.examples.hidden = !compare.sides.includes(null);
    parts.examples.replaceChildren(...(compare.sides.includes(null) ? makeExamples(view, groups) : []));
    const again = focused && ([...parts.sides.querySelectorAll("[data-name]")].find(element => element.dataset.name === focused) || parts.sides.querySelector("[data-name]"));
    if (again) {
        again.focus();
    }
}

function makeSide(view, side, i, groups) {
    const { compare, model } = view, name = SIDE_NAMES[i], sum = compare.sums[i];
    const change = apply => {
        const changed = side ? side.copy() : new Selection(model);
        apply(changed);
        setSide(view, i, changed);
    };
    const pills = side ? pillsOf({ model, selection: side }).map(pill => makePill(view, pill, change, name)) : [];
    const button = (text, title, off, press) => make("button", { type: "button", "data-name": name + text, title, disabled: off, onclick: press }, text);
    const run = model.compare && model.compare.names[i], own = run && side && side.hasTag(model.compare.key, DIFF_VALUES[i]);
    return make("div", { class: "side", role: "group", "aria-label": name, "data-side": SIDES[i] },
        make("h3", null, make("b", { class: "letter" }, name), ...(pills.length > 0 ? pills : [side ? "everything" : "nothing yet"])),
        make("p", { class: "dim" }, side ? sideWords(view, sum) : "choose a tag below, or take what is selected", own ? [", ", run].join("") : null),
        make("div", { class: "pickers" }, ...makePickers(view, side, groups, name, change)),
        make("div", { class: "toggles" },
            button(`Take the selection as ${name}`, view.selection.isEmpty() ? "select something first: tags, a time range, a function" : `key ${SIDES[i]}`, view.selection.isEmpty(), () => takeSelection(view, i)),
            button("Everything", null, side !== null && side.isEmpty(), () => setSide(view, i, new Selection(model)))));
}

// "37.2 % of all CPU time, 12.30 s, 423 samples"
function sideWords(view, { all }) {
    return `${percentText(percentOf(view.whole, all.cpu)) || "0"}${FIXED}% of all ${view.model.metric.time}: ${(all.cpu / 1e9).toFixed(2)}${FIXED}s, ${plural(all.samples, "sample")}`;
}

// A list of values for each tag key, and of threads.
function makePickers(view, side, groups, name, change) {
    const { model, whole } = view;
    const picker = (label, options, chosen, choose) => {
        const texts = [chosen.length > 1 ? `${chosen.length} values` : "any", ...options.map(option => option.text)];
        const select = make("select", { "data-name": name + label, onchange: () => change(one => choose(one, options[select.selectedIndex - 1])) },
            ...texts.map(text => make("option", null, text)));
        select.selectedIndex = chosen.length === 1 ? chosen[0] + 1 : 0;
        return make("label", null, make("bdi", null, label), " ", select);
    };
    const ofKey = ({ key, values }) => {
        const options = values.slice(0, MOST_OPTIONS).map(tag => ({ value: tag.value, text: `${chipText(tag)}  ${percentText(percentOf(whole, tag.cpu)) || "0"} %` }));
        const chosen = options.map((option, at) => side && side.hasTag(key, option.value) ? at : NONE).filter(at => at !== NONE);
        return picker(key, options, chosen, (one, option) => option ? one.tags.set(key, new Set([option.value])) : one.tags.delete(key));
    };
    const threads = model.threads.name.slice(0, MOST_OPTIONS).map((own, id) => ({ value: id, text: threadText(model, id) }));
    return [...groups.map(ofKey), ...(threads.length > 1 ? [picker("thread", threads, side ? [...side.threads] : [], (one, option) => {
        one.threads = new Set(option ? [option.value] : []);
    })] : [])];
}

// Pairs that this profile has: the two hottest values of a tag, the halves of its time.
function makeExamples(view, groups) {
    const { model } = view;
    const example = (parts, sides) => make("button", { type: "button", class: "chip", onclick: () => {
        setCompare(view, { sides: sides.map(apply => {
            const side = new Selection(model);
            apply(side);
            return side;
        }) });
        view.compare.parts.sides.querySelector("[data-name]").focus();
    } }, ...parts);
    const made = groups.filter(group => group.values.length > 1).map(({ key, values: [a, b] }) => example(
        [make("bdi", null, key), ": ", make("bdi", null, chipText(a)), " with ", make("bdi", null, chipText(b))],
        [a, b].map(tag => side => side.toggleTag(key, tag.value))));
    if (model.bucketCount >= 2 * JUDGE_LEAST_BATCHES) {
        const middle = Math.round(model.bucketCount / 2) * model.bucketS, end = model.bucketCount * model.bucketS;
        made.splice(MOST_EXAMPLES - 1, 0, example(["the first half of the time with the second"], [[0, middle], [middle, end]].map(range => side => side.setRange(...range))));
    }
    return made.length > 0 ? [make("span", { class: "key" }, "For example"), ...made.slice(0, MOST_EXAMPLES)] : [];
}
