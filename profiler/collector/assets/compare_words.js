// The comparison in words: the headline, how sure it is, a change with its sign (html_compare.c writes the same).

const MINUS = "\u2212";

// "+12.3", "−0.4", in points of the total or in seconds; decimals: one more for the bounds of an interval.
function signedText(value, normalize, more = 0) {
    const text = Math.abs(value).toFixed((normalize ? 1 : 2) + more);
    return (Number(text) === 0 ? "" : value > 0 ? "+" : MINUS) + text;
}

function costText(cost, normalize) {
    return normalize ? percentText(cost) || "0" : cost.toFixed(2);
}

function changeUnit(normalize) {
    return normalize ? "points" : "s";
}

// "12.3 points more"
function changeWords(row, normalize) {
    return make("strong", { class: row.change > 0 ? "rise" : "fall" }, `${signedText(Math.abs(row.change), normalize).replace("+", "")}${FIXED}${changeUnit(normalize)} ${row.change > 0 ? "more" : "less"}`);
}

// "B spends 12.3 points more in denoise_row() and 3.1 points less in blur_row(); 3 functions and 5 lines differ significantly, ..."
function compareHeadline(view) {
    const { compare, whole } = view, { result } = compare;
    if (!result) {
        const missing = compare.sides.indexOf(null);
        return [`Nothing is chosen for ${SIDE_NAMES[missing]} yet`];
    }
    if (result.unjudged) {
        return [`No verdict: ${result.unjudged}`];
    }
    const { functions, lines } = result.significant;
    if (functions + lines === 0) {
        return [`No difference that is more than chance, in ${plural(result.compared, "function")} and lines`];
    }
    const rows = functions > 0 ? result.functions.slice(0, functions) : result.lines.slice(0, lines);
    const place = row => [" in ", makeFunction(view.model.functions.name[row.function]), ...(row.line === NONE ? [] : [" at ", makePlace(whole, row.line)])];
    const other = rows.find(row => row.change > 0 !== rows[0].change > 0);
    const counts = [[functions, "function"], [lines, "line"]].filter(([count]) => count > 0).map(([count, what]) => plural(count, what)).join(" and ");
    return ["B spends ", changeWords(rows[0], result.normalize), ...place(rows[0]), ...(other ? [" and ", changeWords(other, result.normalize), ...place(other)] : []),
        `; ${counts} ${functions + lines === 1 ? "differs" : "differ"} significantly, the rest is within noise`];
}

// What the verdicts rest on, and what they do not say.
function compareCertainty(view) {
    const { compare, model } = view, { result } = compare;
    if (!result) {
        return [];
    }
    const notes = [];
    if (!result.unjudged) {
        notes.push(`${countText(result.compared)} functions and lines with ${JUDGE_LEAST_SAMPLES} or more samples are compared. All verdicts together are wrong with 5${FIXED}% at most; ` +
            "what two runs of the same work differ by is allowed for.");
    }
    if (result.shared > 0) {
        notes.push(`${plural(result.shared, "sample")} ${result.shared === 1 ? "is" : "are"} in both A and B: the difference to the rest is larger than what is shown.`);
    }
    if (model.compare && model.compare.otherBuild) {
        notes.push("The program was built anew between the two runs: its lines may have moved.");
    }
    if (!view.selection.isEmpty()) {
        notes.push("Both sides are only what is selected above.");
    }
    return notes;
}
