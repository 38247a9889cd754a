// The flame graph of a comparison: as wide as one side, coloured by how much more (orange) or less (blue) of the other's time a frame took. The
// sign stands in its label, too. What only the other side has is a list below.

const LESS_HUE = 212, MORE_HUE = 30, LEAST_SCALE = { true: 2, false: 0.05 }, MOST_HIDDEN = 12;

function showCompareFlame(view) {
    const { compare } = view, { inner, parts, sums, wide, flame } = compare;
    inner.sum = sums[wide];
    flame.scroll.setAttribute("aria-label", `Flame graph of the differences, as wide as ${SIDE_NAMES[wide]}`);
    parts.wide.forEach((button, i) => button.setAttribute("aria-pressed", String(i === wide)));
    const empty = inner.sum.all.samples === 0;
    parts.flame.hidden = empty;
    if (!empty) {
        placeFlame(inner, parts.graph);
    }
    showHidden(view);
}

// Per frame B − A, in points of each side or in seconds, and how large a change has the full colour.
function weighChange(flame) {
    const { sums, result: { normalize } } = flame.compare;
    const costs = sums.map(sum => {
        const { cpu, samples } = weighFlame(flame.tree, sum).total, unit = normalize ? (sum.all.cpu > 0 ? 100 / sum.all.cpu : 0) : 1e-9;
        return { cost: cpu.map(ns => ns * unit), samples };
    });
    const by = costs[1].cost.map((cost, id) => cost - costs[0].cost[id]);
    return { normalize, costs, by, most: by.reduce((most, change) => Math.max(most, Math.abs(change)), LEAST_SCALE[normalize]) };
}

function changeStrength({ by, most }, id) {
    return Math.round(STRENGTHS * Math.sqrt(Math.abs(by[id]) / most));
}

function changeFill(flame, id) {
    const { change, colours } = flame, strength = changeStrength(change, id);
    return strength > 0 ? colourOf(colours, change.by[id] > 0 ? MORE_HUE : LESS_HUE, strength) : colours.look.grey;
}

function arrowText(change, normalize) {
    const text = signedText(change, normalize);
    return text[0] === "+" ? "▲ " + text : text[0] === MINUS ? "▼ " + text : "= 0";
}

// Behind the label: " ▲ +12.3"
function changeMark({ change }, id) {
    return !change || Number(change.by[id].toFixed(change.normalize ? 1 : 2)) === 0 ? "" : "  " + arrowText(change.by[id], change.normalize);
}

// [name, value, explanation]
function changeFacts({ change }, id) {
    if (!change) {
        return [];
    }
    const { normalize, costs, by } = change, unit = FIXED + (normalize ? "%" : "s");
    return [...costs.map(({ cost, samples }, i) => [SIDE_NAMES[i], costText(cost[id], normalize) + unit, `of ${SIDE_NAMES[i]}, ${plural(samples[id], "sample")}`]),
        ["change", `${arrowText(by[id], normalize)}${FIXED}${changeUnit(normalize)}`, "B − A"]];
}

function changeLegend({ change }) {
    const step = (hue, strength, text) => ({ hue, strength, text });
    const most = signedText(change.most, change.normalize).slice(1) + FIXED + changeUnit(change.normalize);
    return [step(LESS_HUE, STRENGTHS, `▼ ${MINUS}${most} or more`), step(LESS_HUE, STRENGTHS / 2, "less in B"), step(0, 0, "the same"),
        step(MORE_HUE, STRENGTHS / 2, "more in B"), step(MORE_HUE, STRENGTHS, `▲ +${most} or more`)];
}

// Frames without any time on the side drawn, whose callers have some there.
function showHidden(view) {
    const { flame, parts, wide, inner, result } = view.compare, { tree, change } = flame, other = SIDE_NAMES[1 - wide];
    const hidden = [];
    if (!parts.flame.hidden) {
        const drawn = change.costs[wide].samples, absent = change.costs[1 - wide].samples;
        for (let id = 1; id < tree.count; id++) {
            if (drawn[id] === 0 && absent[id] > 0 && (drawn[tree.parent[id]] > 0 || tree.parent[id] === 0)) {
                hidden.push(id);
            }
        }
        hidden.sort((a, b) => Math.abs(change.by[b]) - Math.abs(change.by[a]));
    }
    const left = hidden.length - MOST_HIDDEN;
    parts.hidden.hidden = hidden.length === 0;
    parts.hidden.replaceChildren(make("p", { class: "dim" }, `Only in ${other}, so not drawn:`), make("ul", null, ...hidden.slice(0, MOST_HIDDEN).map(id => make("li", null,
        make("span", { class: change.by[id] > 0 ? "rise" : "fall" }, arrowText(change.by[id], result.normalize)), " ", make("code", null, frameName(inner.flame, id)),
        ...(tree.parent[id] > 0 ? [make("span", { class: "dim" }, " called by "), make("code", null, frameName(inner.flame, tree.parent[id]))] : []),
        make("span", { class: "dim" }, `, ${plural(change.costs[1 - wide].samples[id], "sample")}`))), left > 0 ? make("li", { class: "dim" }, `and ${countText(left)} more`) : null));
}
