// A finding as text for whatever assistant the reader uses: the sentence and how sure it is, what the line costs and calls, its function's source as far as this
// report carries it, what was built and how it was measured.

const PROMPT_ABOVE = 60, PROMPT_BELOW = 30, PROMPT_NEIGHBOURS = 4;

// finding: { text, line, function, sum, cpu, samples }; without a sum it rests on no share; line NONE: it names none. certainty: an element instead of the sum.
function promptText(view, finding) {
    const parts = [
        `This is what hotline, a sampling profiler, found in the program ${view.title}. Explain what makes this place cost so much, propose a change with its code, and say how to measure that it helped. Say what you are not sure of.`,
        [`Finding: ${finding.text}`, certaintyLine(finding), `Samples: ${selectionText(view)}`].filter(line => line).join("\n"),
    ];
    if (finding.line !== NONE && finding.line !== undefined) {
        parts.push(lineFacts(view, finding), sourceFacts(view, finding));
    }
    parts.push("How it was measured:\n" + factLines().map(line => "- " + line).join("\n"));
    const warnings = [...document.querySelectorAll("#warnings li")].map(item => "- " + plainText(item).replace(/^(Warning|Note) /, ""));
    if (warnings.length > 0) {
        parts.push("What to know before trusting it:\n" + warnings.join("\n"));
    }
    return parts.join("\n\n").replace(/[\u00a0\u202f]/g, " ").replace(/’/g, "'") + "\n";
}

function certaintyLine({ sum, cpu, samples, certainty }) {
    return certainty ? "Certainty: " + plainText(certainty) :
        sum ? `Certainty: ${certaintyText(sum, cpu, samples)} (95 % interval), which stand for ${(sum.all.cpu / 1e9).toFixed(2)} s of ${sum.cells === sum.model.cellsOf.wait ? "waiting" : "CPU time"}` : "";
}

function selectionText(view) {
    const pills = pillsOf(view).map(pill => pill.say);
    return pills.length === 0 ? "all of the run" : pills.join("; ");
}

function promptPercent(sum, cpu) {
    return (percentText(percentOf(sum, cpu)) || "0") + " %";
}

function lineFacts(view, finding) {
    const { sum, waits, model } = view, { line } = finding;
    const percent = shares => promptPercent(sum, shares.cpu[line]);
    const text = [`Line: ${placeText(sum, line)} in ${functionText(model.functions.name[sum.lineFunction[line]])}: ${percent(sum.cpu)} of ${model.metric.of} ` +
        `(own code ${percent(sum.own)}, libraries called from it ${percent(sum.library)}, kernel ${percent(sum.system)}); on the stack in ${percent(sum.total)}`];
    if (waits) {
        text.push(`Blocked in calls made from it: ${(waits.cpu.cpu[line] / 1e9).toFixed(2)} s`);
    }
    const of = finding.sum || sum, around = neighboursOf(of, line);
    const list = (title, all, word) => all.length > 0 && text.push(`${title}: ` + all.slice(0, PROMPT_NEIGHBOURS).map(one => `${word(of, one)} ${promptPercent(of, one.cpu)}`).join("; "));
    list("Called from", around.callers, callerText);
    list("Its time goes to", around.callees, calleeText);
    return text.join("\n");
}

// [first, last] of the function's lines around a line, as far as declarations tell.
function functionRange(model, line, id) {
    const { lines, files, functions } = model;
    const number = lines.line[line], path = files.path[lines.file[line]];
    const begins = functions.line.reduce((all, at, i) => functions.path[i] === path && at > 0 ? [...all, at] : all, []);
    const declared = functions.path[id] === path && functions.line[id] <= number ? functions.line[id] : 0;
    const next = Math.min(...begins.filter(at => at > number), Infinity);
    return [Math.max(declared, number - PROMPT_ABOVE, 1), Math.min(next - 1, number + PROMPT_BELOW)];
}

// The lines of the function with their shares; or why they are not here.
function sourceFacts(view, finding) {
    const { sum, model } = view, { lines, files } = model, { line } = finding, file = lines.file[line];
    if (file === NONE) {
        return "Source: not known, the code has no line information.";
    }
    const [first, last] = functionRange(model, line, sum.lineFunction[line]);
    const sampled = sampledLines(sum, file), text = [];
    for (let number = first; number <= last; number++) {
        const code = sourceText(model, file, number), id = sampled.get(number);
        if (code !== undefined) {
            const share = id === undefined ? "" : percentText(percentOf(sum, sum.cpu.cpu[id]));
            text.push(`${number === lines.line[line] ? ">" : " "}${share.padStart(6)} ${String(number).padStart(6)}  ${code}`);
        }
    }
    const path = shortPath(model, files.path[file]);
    while (text.length > 0 && /^ *\d+ *$/.test(text[text.length - 1])) {
        text.pop(); // empty lines behind the function
    }
    return text.length === 0 ? `Source of ${path}: not in this report. ${missingText(model, file)}` : `Source of ${path} (% of ${model.metric.of}, line, code):\n\`\`\`\n${text.join("\n")}\n\`\`\``;
}

// "Rate: 99.2 Hz, asked 100 per CPU second", as About has it.
function factLines() {
    const rows = [...byId("provenance").rows].map(row => `${plainText(row.cells[0])}: ${plainText(row.cells[1])}`).filter(text => /^(Build id|Machine|hotline):/.test(text));
    return [...rows, ...[...document.querySelectorAll("#self-check .facts > div")].map(fact => {
        const [term, value] = fact.children, note = plainText(value.querySelector("small")), said = plainText(value);
        return `${plainText(term)}: ${said.slice(0, said.length - note.length).trim()}${note && ", " + note}`;
    })];
}
