// Keyboard, help.

const KEYS = [
    ["/", "search functions, lines and files"],
    ["n", "next hot line"],
    ["N", "previous hot line"],
    ["Esc", "close help, end the search, show all samples: one step back"],
    ["?", "this list"],
];

function listKeys() {
    const tabs = VIEWS.filter(one => one.tab);
    return [...tabs.map(one => [one.key, one.title]), ...KEYS,
        ...tabs.flatMap(one => (one.keys || []).map(([key, text]) => [key, `${one.title}: ${text}`]))];
}

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
        make("dl", null, ...listKeys().flatMap(([key, text]) => [make("dt", null, make("kbd", null, key)), make("dd", null, text)])),
        make("form", { method: "dialog" }, make("button", { type: "submit" }, "Close"))));
}

function stepHotLine(view, step) {
    const { sum } = view;
    const listed = new Set(listedFiles(view));
    const places = sum.hotLines.filter(line => sum.model.lines.line[line] > 0 && listed.has(sum.model.lines.file[line]));
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

function stepFound(view, step) {
    (viewNamed(view.current).find || stepHotLine)(view, step);
}

function escape(view) {
    const search = byId("search");
    if (search.value) {
        search.value = "";
        setQuery(view, "");
    } else if (document.activeElement === search) {
        search.blur();
    } else if (!view.selection.isEmpty()) {
        changeSelection(view, one => one.clear());
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
        n: () => stepFound(view, 1),
        N: () => stepFound(view, -1),
        "?": () => byId("help").showModal(),
        0: () => resetZoom(view),
        ...Object.fromEntries(VIEWS.filter(one => one.tab).map(one => [one.key, () => openView(view, one.name)])),
        ...(viewNamed(view.current).actions || (() => ({})))(view),
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
        event.preventDefault(); // it is not pressed on what gets the focus now
        stepFound(view, event.shiftKey ? -1 : 1);
    }
}
