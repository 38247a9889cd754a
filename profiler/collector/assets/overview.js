// The sentence of a selection, its certainty, and how the time splits; the hottest functions, beside the hottest lines.

const SPLIT = [
    ["own", "own code", "the program counter was in the program’s own code"],
    ["lib", "libraries", "in a library that own code had called"],
    ["sys", "kernel", "in a system call that own code had made"],
    ["out", "elsewhere", "on a stack without own code"],
];

function showHeadline(view) {
    const { sum } = view;
    const headline = findHeadline(sum);
    byId("headline").replaceChildren(...headlineParts(view, headline));
    document.title = view.model.compare ? document.title : `${byId("headline").textContent.replace(/\u00a0/g, " ")} – ${view.title}`;
    byId("certainty").textContent = sum.all.samples === 0 ? "" :
        (view.model.compare && view.selection.isEmpty() ? "Both runs together: " : "") + `± ${errorOf(sum, headline.cpu).toFixed(1)} points (95 % interval): ${countText(headline.samples)} of ` +
        `${countText(sum.all.samples)} samples, which stand for ${(sum.all.cpu / 1e9).toFixed(2)} s of ${sum.model.metric.time}.`;
    showSplit(view);
}

function headlineParts(view, headline) {
    const { sum } = view;
    if (headline.kind === "nothing") {
        return [view.selection.isEmpty() ? (sum.model.metric.key === "wait" ? "No waiting was sampled" : "No samples: the program used no CPU time while hotline was on") : "No samples in this selection"];
    }
    const share = make("strong", null, headlinePercent(percentOf(sum, headline.cpu)) + FIXED + "%");
    const name = headline.function === NONE ? null : makeFunction(sum.model.functions.name[headline.function]);
    if (headline.kind === "outside") {
        const parts = [share, ` of ${sum.model.metric.of} outside the program’s own code`];
        return name ? [...parts, ", most in ", name] : parts;
    }
    const parts = headline.kind === "flat" ? ["No line stands out: the hottest takes "] : [];
    parts.push(share, ` of ${sum.model.metric.of} in `, name, headline.kind === "function" ? ", spread over its lines, the hottest " : ", ");
    parts.push(headlinePlace(sum, headline.line));
    if (headline.tag !== NONE) {
        const tag = sum.tags[headline.tag];
        parts.push(", while ", makeTag(tag.key, tag.value));
    }
    return parts;
}

function headlinePlace(sum, line) {
    const { lines, files } = sum.model;
    const file = lines.file[line], number = lines.line[line];
    if (file === NONE) {
        return "at an unknown line";
    }
    const name = baseName(files.path[file]);
    return number === 0 ? name : make("a", { href: `#F${file}L${number}` }, `${name}:${number}`);
}

function showSplit(view) {
    const { sum, waits } = view;
    const parts = SPLIT.map(([name], i) => [name, percentOf(sum, sum.split.cpu[i])]);
    const legend = make("ul");
    SPLIT.forEach(([name, label, explanation], i) => {
        if (sum.split.samples[i] > 0) {
            const percent = percentText(percentOf(sum, sum.split.cpu[i]));
            legend.append(make("li", { title: `${explanation}: ${samplesText(sum, sum.split.cpu[i], sum.split.samples[i])}` },
                make("i", { class: name }), label + " ", make("b", null, percent + FIXED + "%"), ...(name === "lib" ? [make("small", null, librariesText(sum))] : [])));
        }
    });
    document.body.classList.toggle("part", !view.selection.isEmpty());
    byId("split").replaceChildren(...(sum.all.samples > 0 ? [makeBar(parts, 100), legend] : []), ...blockedParts(sum, waits));
}

// ": libjpeg.so.62 16.2, libc.so.6 3.4": those that have most of it. Their headers' code is inlined into the program.
function librariesText(sum) {
    const { path, own } = sum.model.modules;
    return ": " + findLibraries(sum).slice(0, 3).map(([module, cpu]) => `${own[module] ? "inlined" : baseName(path[module])} ${percentText(percentOf(sum, cpu))}`).join(", ");
}

// How all threads' time splits, where waiting was sampled and is not what is shown.
function blockedParts(sum, waits) {
    if (!waits || waits.all.cpu <= 0) {
        return [];
    }
    const parts = [["run", "on a CPU ", sum.all.cpu / 1e9], ["wait", "blocked ", waits.all.cpu / 1e9]];
    return [makeBar(parts.map(([name, , s]) => [name, s]), (sum.all.cpu + waits.all.cpu) / 1e9), make("ul", null, ...parts.map(([name, label, s]) =>
        make("li", { title: "all threads together" }, make("i", { class: name }), label, make("b", null, s.toFixed(1) + FIXED + "s"))))];
}

const GLANCE_FUNCTIONS = 10, GLANCE_TAGS = 12;

// A short table: the whole one is a view of its own.
function showGlance(view) {
    const { sum } = view, { functions } = sum.model, { functionSelf: self, functionTotal: total } = sum;
    const found = sum.hotFunctions.filter(id => view.matches(functions.name[id], declaredAt(sum.model, id)));
    const rows = found.slice(0, GLANCE_FUNCTIONS).map(id => {
        const line = hottestLineIn(sum, id), known = line !== NONE && sum.lineFunction[line] === id;
        return make("tr", null, shareCell(sum, self.cpu[id], self.samples[id]), errorCell(sum, self.cpu[id]), shareCell(sum, total.cpu[id], total.samples[id]), countCell(total.samples[id]),
            make("td", { class: "name" }, makeFunction(functions.name[id])), make("td", { class: "name" }, known ? makePlace(sum, line) : make("span", { class: "place dim" }, declaredAt(sum.model, id))));
    });
    const left = found.length - rows.length;
    byId("glance").replaceChildren(make("h2", null, "Hottest functions"), make("div", { class: "body" }, rows.length === 0 ? make("p", { class: "empty" }, "None.") :
        make("table", { class: "functions" }, make("thead", null, make("tr", null, headOf("n", "self %", "the program counter was in it"), headOf("n wide", "±", "half of the 95 % confidence interval of self, in percentage points"),
            headOf("n", "total %", "it was on the stack"), headOf("n", "samples", "samples of total"), headOf(null, "function"), headOf(null, "its hottest line", "or where it is declared"))), make("tbody", null, ...rows))),
    left > 0 ? make("p", { class: "more" }, make("button", { type: "button", onclick: () => openView(view, "functions") }, `All ${countText(found.length)} functions`)) : "");
}

// What each tag cost, beside its requests and how long they took, where the program marks any.
function showTagGlance(view) {
    const { sum, model } = view, section = byId("tag-glance");
    const requests = model.latencies.count.length > 0 ? requestRows(model, findRequests(view), (name, set) => model.tagSets[set]) : null;
    const found = sum.tags.map((tag, id) => ({ ...tag, times: requests && requests.get(id) })).filter(tag => (tag.samples > 0 || tag.times) && view.matches(`${tag.key} = ${tag.value}`));
    found.sort((a, b) => compareText(a.key, b.key) || b.cpu - a.cpu || compareText(a.value, b.value));
    const times = tag => ["p50", "p95", "p99"].map(name => tag.times && tag.times.count > 0 ? durationCell(tag.times[name]) : make("td"));
    const rows = found.slice(0, GLANCE_TAGS).map(tag => make("tr", null, make("td", null, tagButton(view, [[tag.key, tag.value]], makeTag(tag.key, tag.value))),
        ...(requests ? [countCell(tag.times ? tag.times.count : 0), ...times(tag)] : []), shareCell(sum, tag.cpu, tag.samples), errorCell(sum, tag.cpu), countCell(tag.samples)));
    const heads = requests ? [headOf("n", "requests", "that ended under this tag"), ...["p50 ms", "p95 ms", "p99 ms"].map(text => headOf("n", text, "so many percent of the requests took no longer; right within 5 %"))] : [];
    section.hidden = found.length === 0;
    section.replaceChildren(make("h2", null, "By tag"), make("div", { class: "body" }, make("table", { class: "tags" }, make("thead", null, make("tr", null, headOf(null, "tag"), ...heads,
        headOf("n", model.metric.column), headOf("n wide", "±", "half of the 95 % confidence interval, in percentage points"), headOf("n", "samples"))), make("tbody", null, ...rows))),
    found.length > GLANCE_TAGS ? make("p", { class: "more" }, make("button", { type: "button", onclick: () => openView(view, "tags") }, `All ${countText(found.length)} tags`)) : "");
}

function headOf(name, text, title) {
    return make("th", { scope: "col", class: name, title }, text);
}
