// Up to five findings in words, of what is selected. The rules and the words are those of finding_list.c and finding_words.c, which explain them. What is of the
// whole run (locks, the CPU limit) is in the static page; it stands as long as everything is selected.

const MOST_FINDINGS = 5, DOMINATES = 50, EVERYTHING = 98, MORE_THAN_ITS_PART = 2, MATTERS = 20, NEARLY_ALL = 0.9;
const FINDING_WORDS = {
    tag: "{t} takes {S} of CPU|; its hottest line is {l} in {f}",
    requests: "{t} takes {S} of CPU in {r} of the requests|; its hottest line is {l} in {f}",
    allocation: "{S} of CPU in memory allocation (malloc, free and their kin)|, {T} for {f}, {l}",
    copy: "{S} of CPU in copying and filling memory (memcpy, memset and their kin)|, {T} for {f}, {l}",
    kernel: "{S} of CPU in the kernel, in system calls|, {T} for {f}, {l}",
    library: "{S} of CPU in {n}, called from own code|, {T} from {f}, {l}",
    next: "{S} of CPU in {f}|, its hottest line {l}",
    wait: "Slow is not hot: threads were blocked for {w}|, {S} of it in calls from {f}, {l}",
};

// A finding about a line: { kind, sum, cpu, samples, thereCpu, line, function, ... }; sum: what `cpu` is a share of.
function findingAt(kind, sum, cpu, samples, line, thereCpu) {
    return { kind, sum, cpu, samples, thereCpu, line, function: line === NONE ? NONE : sum.lineFunction[line] };
}

function findCalledCode(sum) {
    return findCalled(sum).flatMap((called, i) => called.samples > 0 && standsOut(sum, called.cpu) ?
        [{ ...findingAt(["allocation", "copy", "kernel", "library"][i], sum, called.cpu, called.samples, called.line, called.lineCpu),
            name: i === LIBRARY ? baseName(sum.model.modules.path[called.module]) : null }] : []);
}

function findNext(sum, called) {
    const named = findHeadline(sum).function, { cpu, samples } = sum.functionCpu;
    const told = id => called.reduce((all, one) => all + (one.function === id ? one.thereCpu : 0), 0) >= NEARLY_ALL * cpu[id];
    let best = NONE;
    for (let id = 0; id < cpu.length; id++) {
        best = id !== named && samples[id] > 0 && (best === NONE || cpu[id] > cpu[best]) && !told(id) ? id : best;
    }
    if (best === NONE || !standsOut(sum, cpu[best])) {
        return [];
    }
    const line = hottestLineIn(sum, best);
    return [{ ...findingAt("next", sum, cpu[best], samples[best], line, sum.cpu.cpu[line]), function: best }];
}

// Per tag, how many requests ended under it, and `all`. Of a range, a thread or a function that is not known.
function countRequests(model, selection) {
    const counts = new Float64Array(model.tags.length), { latencies } = model;
    const known = !selection.range && selection.threads.size + selection.spans.size === 0 && selection.function === NONE && selection.line === NONE;
    const sets = selection.tagSets();
    let all = 0;
    for (let i = 0; known && i < latencies.count.length; i++) {
        const set = latencies.tagSet[i];
        if (!sets || sets[set]) {
            all += latencies.count[i];
            model.tagSets[set].forEach(tag => { counts[tag] += latencies.count[i]; });
        }
    }
    return { counts, all };
}

function findTag(sum, selection) {
    const { counts, all } = countRequests(sum.model, selection);
    const best = [null, null]; // [1]: beyond its part of the requests
    sum.tags.forEach((tag, id) => {
        const percent = percentOf(sum, tag.cpu), least = percent - errorOf(sum, tag.cpu), requests = all > 0 ? 100 * counts[id] / all : 0;
        const beyond = requests > 0 && percent >= MORE_THAN_ITS_PART * requests && least >= MATTERS ? 1 : 0;
        const score = beyond ? percent - requests : -percent, now = best[beyond];
        if (tag.samples > 0 && percent <= EVERYTHING && (beyond || least >= DOMINATES) && (!now || score > now.score || (score === now.score && compareTags(tag, now.tag) < 0))) {
            best[beyond] = { ...findingAt(requests > 0 ? "requests" : "tag", sum, tag.cpu, tag.samples, tag.line, tag.lineCpu), tag, requests, score };
        }
    });
    return best[1] || best[0] ? [best[1] || best[0]] : [];
}

// told: the line that a lock's finding names.
function findWait(waits, told) {
    const line = waits ? waits.hottestLine : NONE;
    return line !== NONE && line !== told && standsOut(waits, waits.cpu.cpu[line]) ?
        [{ ...findingAt("wait", waits, waits.cpu.cpu[line], waits.cpu.samples[line], line, waits.cpu.cpu[line]), seconds: waits.all.cpu / 1e9 }] : [];
}

// most: how many there is place for; told: the line that the lock's finding, if any, names.
function findFindings(view, most, told) {
    const { sum, selection, waits } = view;
    const called = sum.model.metric.key === "cpu" ? findCalledCode(sum) : [];
    const slow = findWait(waits, told);
    const hot = [...findTag(sum, selection), ...[...called, ...findNext(sum, called)].sort((a, b) => b.cpu - a.cpu)]; // stable: equal ones in the order of kinds
    return [...hot.slice(0, most - slow.length), ...slow];
}

// ret: texts and elements.
function findingParts(finding) {
    const { sum } = finding, { functions, metric } = sum.model;
    const words = finding.line === NONE ? FINDING_WORDS[finding.kind].split("|")[0] : FINDING_WORDS[finding.kind].replace("|", "");
    const percent = cpu => headlinePercent(percentOf(sum, cpu)) + FIXED + "%";
    const places = {
        S: () => make("strong", null, percent(finding.cpu)),
        T: () => percent(finding.thereCpu),
        r: () => headlinePercent(finding.requests) + FIXED + "%",
        f: () => makeFunction(functions.name[finding.function]),
        l: () => headlinePlace(sum, finding.line),
        t: () => makeTag(finding.tag.key, finding.tag.value),
        n: () => make("code", null, finding.name),
        w: () => make("strong", null, finding.seconds.toFixed(finding.seconds < 10 ? 2 : 1) + FIXED + "s"),
    };
    return words.replace("CPU", metric.of).split(/[{}]/).map((text, i) => i % 2 ? places[text]() : text);
}

function certaintyText(sum, cpu, samples) {
    return `± ${errorOf(sum, cpu).toFixed(1)} points, ${countText(samples)} of ${countText(sum.all.samples)} samples`;
}

function promptButton(say, ask) {
    return make("button", { type: "button", class: "prompt", title: "the finding with its numbers, source and build, for an assistant", "aria-label": "copy as prompt: " + say, onclick: () => copyText(ask()) }, "copy as prompt");
}

function showFindings(view) {
    const { sum, model, selection } = view;
    const whole = selection.isEmpty() && model.metric.key === "cpu";
    const list = view.findingList = view.findingList || byId("findings") || make("ul", { id: "findings", "aria-label": "Findings" });
    view.runFindings = view.runFindings || [...list.querySelectorAll("[data-run]")];
    const ofRun = whole ? view.runFindings : [];
    const lock = ofRun.find(item => item.dataset.kind === "lock");
    const items = findFindings(view, MOST_FINDINGS - ofRun.length, lock ? linkedLine(view, lock).line : NONE).map(finding => {
        const text = make("span", null, ...findingParts(finding));
        return make("li", { "data-kind": finding.kind === "requests" ? "tag" : finding.kind }, text, " ", make("small", null, certaintyText(finding.sum, finding.cpu, finding.samples)), " ",
            promptButton(text.textContent, () => promptText(view, { ...finding, text: plainText(text) })));
    });
    for (const item of ofRun.filter(one => !one.querySelector("button"))) {
        const text = item.firstElementChild;
        item.append(" ", promptButton(text.textContent, () => promptText(view, { text: plainText(text), certainty: item.querySelector("small"), ...linkedLine(view, item) })));
    }
    list.replaceChildren(...items, ...ofRun);
    if (list.children.length > 0) {
        byId("split").after(list);
    } else {
        list.remove();
    }
    showHeadlinePrompt(view);
}

function showHeadlinePrompt(view) {
    const headline = findHeadline(view.sum), old = byId("ask");
    if (old) {
        old.remove();
    }
    if (headline.kind !== "nothing") {
        const text = plainText(byId("headline"));
        byId("certainty").after(make("p", { id: "ask" }, promptButton(text, () => promptText(view, { sum: view.sum, ...headline, text }))));
    }
}

// The line that a static finding names.
function linkedLine(view, item) {
    const line = Number(item.dataset.run);
    return { line, function: line === NONE ? NONE : view.sum.lineFunction[line] };
}

function plainText(element) {
    return element.textContent.replace(/[\u00a0\u202f]/g, " ");
}
