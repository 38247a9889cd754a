// The panel of a line: who calls it, what it calls, what it is inlined into. A click on a line with samples opens it below, another closes it; by keyboard
// the arrows walk such lines, Enter opens and Esc closes. panel=FILE:LINE in the fragment.

const PANEL_ROWS = 8;

function lineButton(view, file, line) {
    return make("button", { type: "button", class: "line", tabindex: "-1", "aria-expanded": "false", "aria-label": `line ${line}: callers and callees`, title: "callers and callees", onclick: () => togglePanel(view, file, line) }, String(line));
}

function togglePanel(view, file, line) {
    const { panel } = view.source;
    view.source.panel = panel && panel.file === file && panel.line === line ? null : { file, line };
    publish(view);
    placePanel(view);
}

// Where it belongs, once the rows are there. One line of each table can be reached by Tab: the panel's, or the first.
function placePanel(view) {
    const section = byId("source"), { panel } = view.source;
    for (const old of section.querySelectorAll("tr.panel")) {
        old.remove();
    }
    const row = panel ? byId(`F${panel.file}L${panel.line}`) : null;
    for (const table of section.querySelectorAll("table.source")) {
        const buttons = [...table.querySelectorAll("button.line")], open = buttons.find(button => button.closest("tr") === row);
        buttons.forEach(button => {
            button.setAttribute("aria-expanded", String(button === open));
            button.tabIndex = button === (open || buttons[0]) ? 0 : -1;
        });
    }
    if (row && row.querySelector("button.line")) {
        row.after(make("tr", { class: "panel" }, make("td", { colspan: String(row.cells.length) }, ...panelParts(view, idOfLine(view.model, panel.file, panel.line)))));
    }
}

function idOfLine({ files, lines }, file, line) {
    let id = files.firstLine[file];
    while (lines.line[id] < line) {
        id++;
    }
    return id;
}

function panelParts(view, line) {
    const { sum, waits, model } = view, around = neighboursOf(sum, line);
    const function_ = sum.lineFunction[line], text = `${headlinePercent(percentOf(sum, sum.cpu.cpu[line]))} % of ${model.metric.of} in ${functionText(model.functions.name[function_])}, ${placeText(sum, line)}`;
    const finding = { sum, line, function: function_, cpu: sum.cpu.cpu[line], samples: sum.cpu.samples[line], text };
    const chains = around.chains.filter(chain => chain.frames.length > 1);
    return [
        make("div", { class: "around" },
            neighbourTable(sum, "Called from", around.callers, caller => caller.function === NONE ? ["the thread begins here"] : [makeFunction(model.functions.name[caller.function]), " ", makePlace(sum, caller.line), caller.inlined ? make("small", null, " inlined there") : null]),
            neighbourTable(sum, "Its time goes to", around.callees, callee => calleeParts(sum, callee)),
            chains.length > 0 ? neighbourTable(sum, "Inlined", chains, chain => chainParts(sum, chain.frames)) : null,
            waits && waits.cpu.samples[line] > 0 ? neighbourTable(waits, `Blocked ${secondsText(waits.cpu.cpu[line])} s`, neighboursOf(waits, line).callees, callee => calleeParts(waits, callee)) : null),
        make("p", null, make("button", { type: "button", class: "prompt", onclick: () => changeSelection(view, selection => { selection.line = line; }) }, "only samples through this line"), " ", promptButton(text, () => promptText(view, finding))),
    ];
}

function neighbourTable(sum, title, rows, cells) {
    const left = rows.length - PANEL_ROWS;
    return make("table", null, make("caption", null, title, left > 0 ? `, ${countText(left)} more` : null), make("tbody", null,
        ...rows.slice(0, PANEL_ROWS).map(row => make("tr", null, shareCell(sum, row.cpu, row.samples), make("td", { class: "name" }, ...cells(row).filter(part => part))))));
}

function calleeParts(sum, callee) {
    if (callee.function === NONE) {
        return [callee.kernel ? "the kernel" : "the line itself"];
    }
    const line = hottestLineIn(sum, callee.function), known = line !== NONE && sum.lineFunction[line] === callee.function;
    return [makeFunction(sum.model.functions.name[callee.function]), " ", known ? makePlace(sum, line) : make("span", { class: "place dim" }, declaredAt(sum.model, callee.function)), callee.inlined ? make("small", null, " inlined") : null];
}

// "transform_row() dct.c:28 in denoise_row() dct.c:55"
function chainParts(sum, chain) {
    const { frames, functions } = sum.model;
    return chain.flatMap((frame, i) => [i > 0 ? " in " : null, makeFunction(functions.name[frames.function[frame]]), " ", makePlace(sum, frames.lineId[frame])]);
}

// On a line, anywhere but where text is being marked or something else is pressed.
function onSourceClick(view, event) {
    const row = event.target.closest("tr[id]"), button = row && row.querySelector("button.line");
    if (button && !event.target.closest("button, a") && getSelection().isCollapsed) {
        button.click();
        button.focus({ preventScroll: true });
    }
}

function onSourceKey(view, event) {
    const { target, key } = event, row = target.closest("tr[id]");
    if (key === "Escape" && view.source.panel) {
        const { file, line } = view.source.panel, button = (byId(`F${file}L${line}`) || target).querySelector("button.line");
        togglePanel(view, file, line);
        event.stopPropagation();
        if (button) {
            button.focus({ preventScroll: true });
        }
    } else if (row && (target === row || target.matches("button.line")) && !event.ctrlKey && !event.metaKey && !event.altKey) {
        const rows = [...row.parentNode.rows].filter(one => one === row || one.querySelector("button.line")), now = rows.indexOf(row);
        const next = { ArrowDown: rows[now + 1], ArrowUp: rows[now - 1] }[key];
        if (next) {
            event.preventDefault();
            (next.querySelector("button.line") || next).focus();
        } else if (target === row && (key === "Enter" || key === " ") && row.querySelector("button.line")) {
            event.preventDefault();
            row.querySelector("button.line").click();
        }
    }
}
