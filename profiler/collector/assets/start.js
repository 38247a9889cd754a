// Starts when the page is there: the static tables are replaced by live ones. Called last by the end of the script.

function showAll(view) {
    view.sum = view.filter.isEmpty() ? view.whole : summarize(view.model, view.filter.sets());
    view.waits = waitsBeside(view);
    view.hotLine = NONE;
    showMetric(view);
    showFilter(view);
    showOverview(view);
    showTags(view);
    showQuery(view);
}

// What depends on the search, too.
function showQuery(view) {
    return { lines: showLines(view), functions: showFunctions(view), files: showSource(view), frames: showFlame(view) };
}

function makeView(model) {
    const view = {
        model,
        whole: summarize(model, null),
        title: document.querySelector("#top .what b").textContent,
        query: "",
        tables: {},
        flame: null,
        source: { shown: FIRST_FILES, open: new Map(), ranges: new Map(), files: [], rank: new Map() },
        hotLine: NONE,
        matches: (...texts) => !view.query || texts.some(text => typeof text === "string" && text.toLowerCase().includes(view.query)),
        // A file matches by its path, or by a sampled function in it.
        matchesFile: file => view.matches(model.files.path[file]) || linesOfFile(view, file).some(line => view.matches(model.functions.name[view.sum.lineFunction[line]])),
    };
    for (const id of ["lines", "functions", "tags"]) {
        view.tables[id] = { id, shown: FIRST_ROWS[id], sort: 0 };
    }
    view.filter = new Filter(model, () => {
        publish(view);
        showAll(view);
    });
    view.flame = makeFlame(view);
    return view;
}

function linesOfFile(view, file) {
    return [...sampledLines(view.sum, file).values()];
}

// Links to lines keep the filter: the page moves, the fragment stays.
function onClick(view, event) {
    const link = event.target instanceof Element ? event.target.closest('a[href^="#"]') : null;
    const line = link && /^#F(\d+)L(\d+)$/.exec(link.getAttribute("href"));
    if (line && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && goToLine(view, Number(line[1]), Number(line[2]))) {
        event.preventDefault();
    } else if (link && !line) {
        const target = byId(link.getAttribute("href").slice(1));
        if (target) {
            event.preventDefault();
            target.scrollIntoView();
            target.tabIndex = -1;
            target.focus({ preventScroll: true });
        }
    }
}

async function start() {
    const view = makeView(await readData());
    makeTools(view);
    followHash(view, true);
    document.addEventListener("keydown", event => onKey(view, event));
    document.addEventListener("click", event => onClick(view, event));
    window.addEventListener("popstate", () => followHash(view, false));
    document.documentElement.dataset.ready = "1";
}
