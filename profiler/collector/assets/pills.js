// What is selected, in words: a pill for each condition, which removes it.

// [{ text: parts to show, say: for a screen reader, remove: selection => ... }]
function pillsOf(view) {
    const { model, selection } = view;
    const pills = [];
    if (selection.range) {
        const text = rangeText(selection.range);
        pills.push({ parts: [text], say: "time " + text, remove: one => { one.range = null; } });
    }
    for (const [key, values] of selection.tags) {
        for (const value of values) {
            const shown = value === WITHOUT ? "none" : value;
            pills.push({ parts: [make("bdi", null, key), " = ", make("bdi", null, shown)], say: `${key} = ${shown}`, remove: one => one.toggleTag(key, value) });
        }
    }
    for (const thread of selection.threads) {
        const text = threadText(model, thread);
        pills.push({ parts: ["thread ", make("bdi", null, text)], say: "thread " + text, remove: one => one.threads.delete(thread) });
    }
    for (const span of selection.spans) {
        const text = spanText(model, span);
        pills.push({ parts: [make("bdi", null, text)], say: text, remove: one => one.spans.delete(span) });
    }
    if (selection.function !== NONE) {
        const text = functionText(model.functions.name[selection.function]);
        pills.push({ parts: ["through ", make("code", null, text)], say: "through " + text, remove: one => { one.function = NONE; } });
    }
    if (selection.line !== NONE) {
        const text = lineKey(model, selection.line);
        pills.push({ parts: ["through ", make("code", null, text)], say: "through " + text, remove: one => { one.line = NONE; } });
    }
    return pills;
}

// change: what it removes the condition from; name: of that.
function makePill(view, pill, change = remove => changeSelection(view, remove), name = "") {
    return make("button", {
        type: "button", class: "pill", "data-name": name + "pill " + pill.say, "aria-label": `remove${name && ` from ${name}`}: ` + pill.say, title: "remove",
        onclick: () => change(pill.remove),
    }, ...pill.parts, make("span", { class: "remove", "aria-hidden": "true" }, "×"));
}

// "2.5 to 4 s"
function rangeText(range) {
    return range.map(s => String(Number(s.toFixed(3)))).join(" to ") + FIXED + "s";
}

function threadText(model, thread) {
    const { threads } = model;
    return threads.name[thread] ? `${threads.name[thread]} (${threads.tid[thread]})` : String(threads.tid[thread]);
}

// "GET /health, 12.3 ms"
function spanText(model, span) {
    const { spans } = model;
    const name = spans.method[span] !== null || spans.path[span] !== null ? [spans.method[span], spans.path[span]].filter(text => text).join(" ") : spans.name[span];
    return `${name}, ${millisecondsText(spans.wallS[span])}`;
}

function millisecondsText(s) {
    return s < 0.0995 ? `${(s * 1e3).toFixed(1)}${FIXED}ms` : s < 0.9995 ? `${(s * 1e3).toFixed(0)}${FIXED}ms` : `${s.toFixed(2)}${FIXED}s`;
}
