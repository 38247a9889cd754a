// What is compared: two selections, A and B, each within what is selected for the whole page. null: nothing is chosen for that side.
//
// In the fragment: a.tag=, b.range=... as the selection's own with a prefix; a.all=1: everything; a.none=1: nothing; normalize=, wide= (whose
// time is the width of the flame graph), and the flame graph's own with the prefix c. A report that `hotline diff` made begins with its two
// runs, any other with A = everything, B = nothing.

const COMPARE_TABLES = { "compare-functions": 8, "compare-lines": 8 };
const SIDES = ["a", "b"], SIDE_NAMES = ["A", "B"], DIFF_VALUES = ["before", "after"];

function makeCompare(view) {
    const compare = { sides: firstSides(view.model), normalize: firstNormalize(view.model), wide: 1, of: "", chosen: [], sums: [], result: null, parts: null };
    compare.inner = Object.assign(Object.create(view), { sum: view.whole }); // what the flame graph takes for the view
    compare.flame = compare.inner.flame = makeFlame(compare.inner, "c.", compare);
    return compare;
}

function firstSides(model) {
    const all = () => new Selection(model);
    if (!model.compare) {
        return [all(), null];
    }
    return DIFF_VALUES.map(value => {
        const side = all();
        side.toggleTag(model.compare.key, value);
        return side;
    });
}

function firstNormalize(model) {
    return model.compare ? model.compare.normalized : true;
}

function sideText(side) {
    return side && side.text();
}

function writeCompare({ compare, model, tables }, parameters) {
    firstSides(model).forEach((first, i) => {
        const side = compare.sides[i], name = SIDES[i] + ".";
        if (sideText(side) === sideText(first)) {
            return;
        }
        if (side === null || side.isEmpty()) {
            parameters.set(name + (side ? "all" : "none"), "1");
        } else {
            side.write(parameters, name);
        }
    });
    if (compare.normalize !== firstNormalize(model)) {
        parameters.set("normalize", compare.normalize ? "1" : "0");
    }
    if (compare.wide === 0) {
        parameters.set("wide", "a");
    }
    writeSorts(tables, COMPARE_TABLES, parameters);
    writeFlameState(compare.flame, parameters);
}

function readCompare({ compare, model, tables }, parameters) {
    compare.sides = firstSides(model).map((first, i) => {
        const name = SIDES[i] + ".", side = new Selection(model);
        side.read(parameters, name);
        return !side.isEmpty() || parameters.has(name + "all") ? side : parameters.has(name + "none") ? null : first;
    });
    const normalize = parameters.get("normalize");
    compare.normalize = normalize === "1" || (normalize !== "0" && firstNormalize(model));
    compare.wide = parameters.get("wide") === "a" ? 0 : 1;
    readSorts(tables, COMPARE_TABLES, parameters);
    readFlameState(compare.flame, parameters);
}

// One step that Back undoes.
function setCompare(view, changes) {
    Object.assign(view.compare, changes);
    publish(view);
    showCompare(view);
}

function setSide(view, i, side) {
    setCompare(view, { sides: view.compare.sides.map((old, at) => at === i ? side : old) });
}

function swapSides(view) {
    setCompare(view, { sides: [...view.compare.sides].reverse() });
    say("A and B are swapped.");
}

// The page's selection becomes a side, and ends: it would narrow both sides.
function takeSelection(view, i) {
    const { selection, compare } = view;
    compare.sides = compare.sides.map((old, at) => at === i ? selection.copy() : old);
    say(`${SIDE_NAMES[i]} is what was selected.`);
    changeSelection(view, one => one.clear());
}

// Make again what has changed since the last time.
function updateCompare(view) {
    const { compare, model, selection } = view, { cells } = model;
    const of = JSON.stringify([model.metric.key, selection.text(), ...compare.sides.map(sideText)]);
    if (compare.of !== of) {
        compare.of = of;
        compare.result = null;
        const within = selection.cells(cells);
        compare.chosen = compare.sides.map(side => side && meet(side.cells(cells), within));
        compare.sums = compare.sides.map((side, i) => side && (side.isEmpty() ? view.sum : summarize(model, { cells: () => compare.chosen[i] })));
    }
    if (!compare.result || compare.result.normalize !== compare.normalize) {
        compare.result = compare.sides.includes(null) ? null : compareCells(view, compare.chosen, compare.normalize);
        compare.flame.sum = null;
    }
}

// Of two choices of cells what both have; null: all.
function meet(one, other) {
    return one && other ? one.map((chosen, i) => chosen & other[i]) : one || other;
}
