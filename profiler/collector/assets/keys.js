// Keyboard, search box, help.

const KEYS = [
    ["/", "search functions, lines and files"],
    ["n", "next hot line"],
    ["N", "previous hot line"],
    ["Esc", "close help, end the search, show all samples: one step back"],
    ["?", "this list"],
    ["← ↑ → ↓", "in the flame graph: walk from frame to frame"],
    ["Enter", "there: zoom to the frame"],
    ["Esc", "there: back to what was shown before"],
    ["s", "there: to the source of the frame"],
    ["0", "the whole flame graph again"],
];

function makeTools(view) {
    const search = make("input", {
        type: "search", id: "search", placeholder: "Search", "aria-label": "Search functions, lines and files", "aria-keyshortcuts": "/",
        autocomplete: "off", spellcheck: "false", oninput: () => setQuery(view, search.value),
    });
    const help = make("button", { type: "button", id: "help-button", title: "keys", "aria-label": "Keys", "aria-keyshortcuts": "?", onclick: () => byId("help").showModal() }, "?");
    const tools = byId("tools");
    tools.replaceChildren(search, help);
    tools.hidden = false;
    document.body.append(make("dialog", { id: "help", "aria-labelledby": "help-title" },
        make("h2", { id: "help-title" }, "Keys"),
        make("dl", null, ...KEYS.flatMap(([key, text]) => [make("dt", null, make("kbd", null, key)), make("dd", null, text)])),
        make("form", { method: "dialog" }, make("button", { type: "submit" }, "Close"))));
}

function setQuery(view, text) {
    const query = text.trim().toLowerCase();
    if (query === view.query) {
        return;
    }
    view.query = query;
    publish(view, true);
    const found = showQuery(view);
    say(query ? `${plural(found.functions, "function")}, ${plural(found.lines, "line")}, ${plural(found.files, "file")}; ${found.frames} of ${view.model.metric.of}` : "");
}

function stepHotLine(view, step) {
    const { sum } = view;
    const places = sum.hotLines.filter(line => sum.model.lines.file[line] !== NONE && sum.model.lines.line[line] > 0 &&
        view.source.rank.has(sum.model.lines.file[line]));
    if (places.length === 0) {
        say("No hot line here.");
        return;
    }
    const now = places.indexOf(view.hotLine);
    const next = now < 0 ? (step > 0 ? 0 : places.length - 1) : (now + step + places.length) % places.length;
    const line = view.hotLine = places[next];
    goToLine(view, sum.model.lines.file[line], sum.model.lines.line[line]);
    say(`${next + 1} of ${countText(places.length)}: ${percentText(percentOf(sum, sum.cpu.cpu[line]))} % ` +
        `${functionText(sum.model.functions.name[sum.lineFunction[line]])} ${placeText(sum, line)}`);
}

function escape(view) {
    const search = byId("search");
    if (search.value) {
        search.value = "";
        setQuery(view, "");
    } else if (document.activeElement === search) {
        search.blur();
    } else if (!view.filter.isEmpty()) {
        view.filter.clear();
    }
    say("");
}

function onKey(view, event) {
    if (event.ctrlKey || event.altKey || event.metaKey || byId("help").open) {
        return;
    }
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    const actions = {
        "/": () => byId("search").select(),
        n: () => stepHotLine(view, 1),
        N: () => stepHotLine(view, -1),
        "?": () => byId("help").showModal(),
        0: () => resetZoom(view),
    };
    if (event.key === "Escape") {
        escape(view);
    } else if (!typing && Object.hasOwn(actions, event.key)) {
        event.preventDefault();
        if (event.key === "/") {
            byId("search").focus();
        }
        actions[event.key]();
    } else if (event.target.id === "search" && event.key === "Enter") {
        stepHotLine(view, event.shiftKey ? -1 : 1);
    }
}
