// Source views: files hottest first, each rendered when it is opened, its rows only around sampled lines until the reader asks for more.

const FIRST_FILES = 10, MORE_FILES = 25, OPEN_FILES = 3, AROUND = 3, GAP_STEP = 400, WHOLE_STEP = 4000, LONGEST_LINE = 2000, HEAT_STEPS = 8, LEAST_HOT = 0.05;

function showSource(view) {
    const { sum } = view;
    const state = view.source;
    const body = document.querySelector("#source > .body");
    const files = listedFiles(view);
    const parts = files.slice(0, state.shown).map((file, i) => makeFileView(view, file, i < OPEN_FILES && sum.fileCpu.samples[file] > 0));
    if (files.length === 0) {
        parts.push(make("p", { class: "empty" }, view.query ? "No file matches." : sum.hottestLine === NONE ? "No samples in the program’s own code." : "No file is listed."));
    }
    const left = files.length - state.shown;
    if (left > 0) {
        const more = make("button", { type: "button", onclick: () => { state.shown += MORE_FILES; showSource(view); } },
            `Show ${countText(Math.min(left, MORE_FILES))} more files`);
        parts.push(make("p", { class: "more" }, more, left > MORE_FILES ? ` of ${countText(left)}` : null));
    }
    body.replaceChildren(...parts);
    showFilesTree(view);
    placePanel(view);
    return files.length;
}

// Hottest first, of those that the search finds.
function listedFiles(view) {
    return view.sum.hottestLine === NONE ? [] : view.sum.hotFiles.filter(file => view.matchesFile(file));
}

function makeFileView(view, file, openByDefault) {
    const { sum } = view;
    const { files } = sum.model;
    const percent = percentText(percentOf(sum, sum.fileCpu.cpu[file]));
    const path = shortPath(sum.model, files.path[file]);
    const slash = path.lastIndexOf("/") + 1;
    const details = make("details", { class: "file", "data-file": file },
        make("summary", { title: files.path[file] },
            make("b", { class: "n", title: samplesText(sum, sum.fileCpu.cpu[file], sum.fileCpu.samples[file]) }, percent ? percent + FIXED + "%" : "–"), " ",
            make("span", { class: "path" }, path.slice(0, slash), make("span", { class: "base" }, path.slice(slash))), fileTotals(view, file)));
    const open = view.source.open.has(file) ? view.source.open.get(file) : openByDefault;
    details.addEventListener("toggle", () => {
        view.source.open.set(file, details.open);
        fillFileView(view, details, file);
    });
    details.open = open;
    if (open) {
        fillFileView(view, details, file);
    }
    return details;
}

// What a file's lines took, and how that splits: at its head.
function fileTotals(view, file) {
    const { sum, waits } = view, parts = fileSplit(sum, file), names = ["own", "library", "system"];
    const said = names.flatMap((name, i) => parts[i] > 0 ? [`${name} ${percentText(percentOf(sum, parts[i]))}`] : []);
    said.push(`total ${percentText(percentOf(sum, sum.fileTotal.cpu[file])) || "0"} %`, ...(waits && waits.fileCpu.cpu[file] > 0 ? [`waits ${secondsText(waits.fileCpu.cpu[file])} s`] : []));
    return make("span", { class: "file-totals" }, splitBar(sum, parts, percentOf(sum, sum.fileCpu.cpu[sum.hotFiles[0]])), said.join(", "));
}

const SUBTOTALS = 12;

// Its functions, hottest first, each with what it took and a link to its hottest line.
function functionTotals(view, file) {
    const { sum } = view, { files, functions } = sum.model, ids = new Set();
    for (let line = files.firstLine[file]; line < files.firstLine[file + 1]; line++) {
        if (sum.cpu.samples[line] > 0) {
            ids.add(sum.lineFunction[line]);
        }
    }
    const { cpu, samples } = sum.functionCpu, found = [...ids].sort((a, b) => cpu[b] - cpu[a] || a - b);
    return found.length < 2 ? null : make("ul", { class: "subtotals", "aria-label": "Its functions" }, ...found.slice(0, SUBTOTALS).map(id => {
        const line = hottestLineIn(sum, id);
        return make("li", { title: samplesText(sum, cpu[id], samples[id]) }, make("a", { href: `#F${sum.model.lines.file[line]}L${sum.model.lines.line[line]}` }, makeFunction(functions.name[id])), make("b", null, percentText(percentOf(sum, cpu[id])) + FIXED + "%"));
    }), found.length > SUBTOTALS ? make("li", null, `${countText(found.length - SUBTOTALS)} more`) : null);
}

function fillFileView(view, details, file) {
    if (!details.open || details.dataset.filled) {
        return;
    }
    details.dataset.filled = "1";
    details.append(...fileParts(view, details, file));
    placePanel(view);
}

// Text of line number `line` (from 1), undefined where the report does not carry it.
function sourceText(model, file, line) {
    const pieces = model.sources[file];
    if (!pieces) {
        return undefined;
    }
    const split = model.sourceLines || (model.sourceLines = new Map());
    let lines = split.get(file);
    if (!lines) {
        lines = new Map();
        for (let i = 0; i < pieces.length; i += 3) {
            const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(model.sources.text.subarray(pieces[i + 1], pieces[i + 2]));
            text.split("\n").forEach((line, j) => lines.set(pieces[i] + j, clean(line.replace(/\r$/, ""))));
        }
        split.set(file, lines);
    }
    return lines.get(line);
}

// Why a file has no text.
function missingText({ files }, file) {
    return files.lines[file] > 0 ? "The text did not fit into this report." : files.missing[file] || "Source not found: keep it at that path, or say where it is with --source-root=DIR.";
}

// Those with CPU time, and those that are only waited on where that is shown beside it.
function sampledLines(sum, file, waits) {
    const { files, lines } = sum.model;
    const found = new Map();
    for (let id = files.firstLine[file]; id < files.firstLine[file + 1]; id++) {
        const sampled = sum.total.samples[id] > 0 && percentOf(sum, sum.total.cpu[id]) >= sum.model.threshold;
        if (lines.line[id] > 0 && (sampled || (waits && waits.cpu.samples[id] > 0))) {
            found.set(lines.line[id], id);
        }
    }
    return found;
}

// The numbers of the lines to show, ascending: sampled ones, their surroundings, and what the reader opened.
function chooseLines(view, file, sampled) {
    const { model } = view.sum;
    const chosen = new Set();
    for (const line of sampled.keys()) {
        chosen.add(line);
        const around = model.reduced ? 0 : AROUND;
        for (let i = Math.max(1, line - around); i <= line + around; i++) {
            if (sourceText(model, file, i) !== undefined) {
                chosen.add(i);
            }
        }
    }
    for (const [from, to] of view.source.ranges.get(file) || []) {
        for (let i = from; i <= to; i++) {
            if (sourceText(model, file, i) !== undefined) {
                chosen.add(i);
            }
        }
    }
    return [...chosen].sort((a, b) => a - b);
}

function fileParts(view, details, file) {
    const { sum } = view;
    const { files } = sum.model;
    const sampled = sampledLines(sum, file, view.waits);
    const parts = [];
    const beyond = files.lines[file] > 0 ? [...sampled.keys()].filter(line => line > files.lines[file]).length : 0;
    if (!sum.model.sources[file]) {
        parts.push(make("p", { class: "missing" }, missingText(sum.model, file)));
    } else if (beyond > 0) {
        parts.push(make("p", { class: "missing" }, `Sampled lines beyond its end: ${beyond}. This is not the version that was compiled.`));
    }
    const table = make("table", { class: "source" }, make("thead", null, make("tr", null,
        make("th", { scope: "col" }, "line"),
        make("th", { scope: "col", class: "n", title: "the program counter was on this line" }, "own %"),
        make("th", { scope: "col", class: "n", title: "in a library called from this line" }, "library %"),
        make("th", { scope: "col", class: "n", title: "in the kernel, called from this line" }, "system %"),
        make("th", { scope: "col", class: "n t", title: "this line was on the stack, counted once" }, "total %"),
        view.waits ? make("th", { scope: "col", class: "n", title: "seconds that threads were blocked in calls made from this line" }, "waits, s") : null,
        make("th", { scope: "col" }, "code",
            sum.model.sources[file] && !sum.model.reduced ? make("button", { type: "button", class: "whole", onclick: () => openRange(view, details, file, 1, WHOLE_STEP) }, "whole file") : null))),
    fileRows(view, details, file, sampled));
    parts.push(functionTotals(view, file), make("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": "Source of " + files.path[file] }, table));
    return parts.filter(part => part);
}

function fileRows(view, details, file, sampled) {
    const { sum } = view;
    const body = make("tbody");
    const last = sum.model.sources[file] ? sum.model.files.lines[file] : 0;
    let next = 1;
    for (const line of chooseLines(view, file, sampled)) {
        if (line > next) {
            body.append(gapRow(view, details, file, next, line - 1));
        }
        body.append(sourceRow(view, file, line, sampled.get(line)));
        next = line + 1;
    }
    if (next <= last) {
        body.append(gapRow(view, details, file, next, last));
    }
    return body;
}

// 0 (cold) .. HEAT_STEPS
function heatOf(sum, line) {
    const hottest = Math.max(sum.hottestLine === NONE ? 0 : sum.cpu.cpu[sum.hottestLine], LEAST_HOT * sum.all.cpu);
    return sum.cpu.cpu[line] > 0 ? Math.ceil(HEAT_STEPS * Math.sqrt(sum.cpu.cpu[line] / hottest)) : 0;
}

function sourceRow(view, file, line, id) {
    const { sum, waits } = view;
    const known = id !== undefined;
    const cell = (shares, name) => known ? shareCell(sum, shares.cpu[id], shares.samples[id], name) : make("td", { class: name ? "n " + name : "n" });
    const heat = known ? heatOf(sum, id) : 0;
    const text = sourceText(sum.model, file, line) || "";
    return make("tr", { id: `F${file}L${line}`, class: heat > 0 ? "h" + heat : null },
        make("th", { scope: "row" }, known ? lineButton(view, file, line) : String(line)),
        cell(sum.own), cell(sum.library), cell(sum.system), cell(sum.total, "t"),
        waits ? make("td", { class: "n" }, known ? secondsText(waits.cpu.cpu[id]) : null) : null,
        make("td", null, make("code", null, text.length > LONGEST_LINE ? text.slice(0, LONGEST_LINE) + " …" : text)));
}

function gapRow(view, details, file, from, to) {
    const count = to - from + 1;
    const has = sourceText(view.sum.model, file, from) !== undefined || sourceText(view.sum.model, file, to) !== undefined;
    const label = plural(count, "line");
    return make("tr", { class: "gap" }, make("td", { colspan: view.waits ? "7" : "6" }, has ?
        make("button", { type: "button", title: "show these lines", onclick: () => openRange(view, details, file, from, Math.min(to, from + GAP_STEP - 1)) }, "⋯ " + label) :
        "⋯ " + label));
}

// Adds lines to those a file shows; the view's place on the screen stays.
function openRange(view, details, file, from, to) {
    const ranges = view.source.ranges.get(file) || [];
    ranges.push([from, to]);
    view.source.ranges.set(file, ranges);
    const sampled = sampledLines(view.sum, file, view.waits);
    details.querySelector("tbody").replaceWith(fileRows(view, details, file, sampled));
    placePanel(view);
    const first = byId(`F${file}L${from}`);
    if (first) {
        first.tabIndex = -1;
        first.focus({ preventScroll: true });
    }
}

// To the source view, and there to a line. ret: whether there is such a line.
function goToLine({ page: view }, file, line) {
    if (!listedFiles(view).includes(file)) {
        return false;
    }
    const how = view.current === "source" ? "replace" : "";
    view.source.at = { file, line };
    switchTo(view, "source");
    publish(view, how);
    showCurrent(view);
    return revealLine(view);
}

// Bring the line of the link onto the screen, whatever has to be opened for it.
function revealLine(view) {
    const state = view.source;
    const rank = state.at ? listedFiles(view).indexOf(state.at.file) : -1;
    if (rank < 0) {
        return false;
    }
    const { file, line } = state.at;
    if (rank >= state.shown) {
        state.shown = rank + 1;
        showSource(view);
    }
    const details = document.querySelector(`#source details[data-file="${file}"]`);
    details.open = true;
    fillFileView(view, details, file);
    if (!byId(`F${file}L${line}`)) {
        openRange(view, details, file, Math.max(1, line - AROUND), line + AROUND);
    }
    const row = byId(`F${file}L${line}`);
    if (!row) {
        return false;
    }
    for (const other of document.querySelectorAll("tr.here")) {
        other.classList.remove("here");
    }
    row.classList.add("here");
    row.tabIndex = -1;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "center" });
    return true;
}
