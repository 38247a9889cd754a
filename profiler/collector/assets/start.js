// Starts when the page is there: the static sections become views. Called last by the end of the script.

function showAll(view) {
    refresh(view);
    showCurrent(view);
}

// After a change of the selection or of the metric: the numbers, and what every view has above it.
function refresh(view) {
    view.sum = view.selection.isEmpty() ? view.whole : summarize(view.model, view.selection);
    view.waits = waitsBeside(view);
    view.hotLine = NONE;
    view.version++;
    showMetric(view);
    showFilter(view);
    showHeadline(view);
    showFindings(view);
    showStrip(view);
}

function makeView(model) {
    const view = {
        model,
        whole: summarize(model, null),
        selection: new Selection(model),
        title: document.querySelector("#top .what b").textContent,
        query: "",
        current: "",
        version: 0, // of what views show: selection, metric, search
        hash: "",
        tables: {},
        flame: null,
        strip: null,
        source: { shown: FIRST_FILES, open: new Map(), ranges: new Map(), folders: new Map(), at: null, panel: null },
        hotLine: NONE,
        menu: null,
        page: null,
        functionTable: null,
        matches: (...texts) => !view.query || texts.some(text => typeof text === "string" && text.toLowerCase().includes(view.query)),
        // A file matches by its path, or by a sampled function in it.
        matchesFile: file => view.matches(model.files.path[file]) || linesOfFile(view, file).some(line => view.matches(model.functions.name[view.sum.lineFunction[line]])),
    };
    for (const id of Object.keys(FIRST_ROWS)) {
        view.tables[id] = { id, shown: FIRST_ROWS[id], sort: 0 };
    }
    view.flame = makeFlame(view);
    view.calls = makeCalls(view);
    view.pivot = { rows: null, columns: null, cells: "share", bar: null };
    view.requests = { by: null, slower: 0, found: null, chart: null };
    view.page = view; // a part of the page may have a view of its own that inherits from this one
    view.compare = makeCompare(view);
    return view;
}

function linesOfFile(view, file) {
    return [...sampledLines(view.sum, file).values()];
}

// Links to lines keep the selection: the view changes, nothing else.
function onClick(view, event) {
    const link = event.target instanceof Element ? event.target.closest('a[href^="#"]') : null;
    const line = link && /^#F(\d+)L(\d+)$/.exec(link.getAttribute("href"));
    if (line && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && goToLine(view, Number(line[1]), Number(line[2]))) {
        event.preventDefault();
    } else if (link && link.classList.contains("skip")) {
        event.preventDefault();
        viewNamed(view.current).element.tabIndex = -1;
        viewNamed(view.current).element.focus();
    }
}

async function start() {
    const view = makeView(await readData());
    makeViews(view);
    makeTools(view);
    makeStrip(view);
    followHash(view, true);
    document.addEventListener("keydown", event => onKey(view, event));
    document.addEventListener("click", event => onClick(view, event));
    window.addEventListener("popstate", () => followHash(view, false));
    document.documentElement.dataset.ready = "1";
}
