// The rows of a comparison as two tables: significant differences first.

function showRows(view) {
    const { result, parts } = view.compare;
    for (const [id, rows] of [["compare-functions", result.functions], ["compare-lines", result.lines]]) {
        showTable(view, id, rows.filter(row => isListed(view, row)), compareColumns(view, id, rows), view.query ? "Nothing matches." : "No samples.", { sorted: () => publish(view) });
        const count = result.significant[id.slice(8)];
        parts[id].textContent = result.unjudged ? "" : `${countText(count)} of ${countText(rows.length)} ${count === 1 ? "differs" : "differ"} significantly`;
    }
}

function isListed({ model, whole, matches }, row) {
    const name = model.functions.name[row.function];
    return !model.functions.leftOut[row.function] && matches(name, row.line === NONE ? declaredAt(model, row.function) : placeText(whole, row.line), row.verdict);
}

// The hottest line of each function on both sides: where its row leads to.
function linesOfFunctions(result) {
    const best = new Map();
    for (const row of result.lines) {
        const now = best.get(row.function);
        if (row.line !== NONE && (!now || row.cpu[0] + row.cpu[1] > now.cpu[0] + now.cpu[1])) {
            best.set(row.function, row);
        }
    }
    return best;
}

function compareColumns(view, id, rows) {
    const { model, whole, compare } = view, { result } = compare, { normalize } = result;
    const unit = normalize ? "%" : "s", longest = rows.reduce((most, row) => Math.max(most, Math.abs(row.change) + row.half), 0);
    const ofFunction = linesOfFunctions(result), name = row => model.functions.name[row.function];
    const what = id === "compare-lines" ? "decided by this line" : "in the function itself";
    const cost = side => ({ name: `${SIDE_NAMES[side]} ${unit}`, class: "n", title: `${model.metric.time} of ${SIDE_NAMES[side]} ${what}`, by: row => row.cost[side], cell: row => make("td",
        { class: "n", title: `${countText(row.samples[side])} of ${countText(result.sides[side].samples)} samples, ${(row.cpu[side] / 1e9).toFixed(2)} s` }, costText(row.cost[side], normalize)) });
    const place = row => row.line !== NONE ? row.line : ofFunction.has(row.function) ? ofFunction.get(row.function).line : NONE;
    return [cost(0), cost(1),
        { name: "change", class: "n", title: `B − A, in ${normalize ? "percentage points of each side’s total" : "seconds"}`, by: row => row.change,
            cell: row => make("td", { class: "n change", title: row.half === null ? null : intervalText(row, normalize) }, signedText(row.change, normalize)) },
        { name: "± 95 %", class: "n", title: "half of the change’s 95 % interval, all rows together", by: row => row.half || 0,
            cell: row => make("td", { class: "n dim" }, row.half === null ? "" : row.half.toFixed(normalize ? 1 : 2)) },
        { name: "less, more", class: "split", title: "the change and its interval", cell: row => make("td", { class: "split" }, changeBar(row, longest)) },
        { name: "verdict", by: row => row.verdict, cell: row => make("td", { class: "verdict" }, make("span", { class: verdictClass(row), "aria-hidden": "true" }, VERDICTS[row.verdict]), row.verdict) },
        { name: "function", by: name, cell: row => make("td", { class: "name" }, makeFunction(name(row))) },
        { name: id === "compare-lines" ? "line" : "its hottest line", by: row => place(row) === NONE ? "" : placeText(whole, place(row)),
            cell: row => make("td", { class: "name" }, place(row) === NONE ? make("span", { class: "dim" }, declaredAt(model, row.function)) : makePlace(whole, place(row))) },
    ];
}

function intervalText(row, normalize) {
    return `from ${signedText(row.change - row.half, normalize, 1)} to ${signedText(row.change + row.half, normalize, 1)} ${changeUnit(normalize)}`;
}

function verdictClass(row) {
    return !row.significant ? "" : row.change > 0 ? "rise" : "fall";
}

// Less to the left, more to the right of the middle; the line is the interval.
function changeBar(row, longest) {
    const svg = makeBar([], 1), at = value => 50 + (longest > 0 ? 48 * value / longest : 0);
    const rect = (name, from, to, y, height) => {
        const element = document.createElementNS(SVG, "rect");
        for (const [key, value] of Object.entries({ class: name, x: Math.min(from, to).toFixed(2) + "%", width: Math.abs(to - from).toFixed(2) + "%", y, height })) {
            element.setAttribute(key, value);
        }
        svg.append(element);
    };
    rect(verdictClass(row) || "noise", 50, at(row.change), "0", "100%");
    if (row.half !== null) {
        rect("interval", at(row.change - row.half), at(row.change + row.half), "45%", "1.5");
    }
    rect("middle", 49.8, 50.2, "0", "100%");
    svg.setAttribute("class", "bar changes");
    return svg;
}
