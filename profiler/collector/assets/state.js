// What the reader has chosen, in the URL's fragment, so that Back works and a copied link restores the page: the view (view=), the selection
// (range=, tag=, without=, thread=, span=, function=, line=), the search (q=), CPU time or waiting (metric=), and what views add of their own.

// The view that a report opens with.
function firstView(model) {
    return model.compare ? "compare" : TABS[0];
}

function stateHash(view, name = view.current) {
    const parameters = new URLSearchParams();
    if (name !== firstView(view.model)) {
        parameters.set("view", name);
    }
    view.selection.write(parameters);
    if (view.query) {
        parameters.set("q", view.query);
    }
    if (view.model.metric !== METRICS[0]) {
        parameters.set("metric", view.model.metric.key);
    }
    for (const one of VIEWS.filter(known => known.write)) {
        one.write(view, parameters);
    }
    const text = parameters.toString();
    return text && "#" + text;
}

// One step that Back undoes; none where nothing changed. how: "search": the letters of one search are one step; "replace": no step of its own.
function publish({ page: view }, how) {
    const hash = stateHash(view);
    if (hash !== view.hash) {
        const typing = how === "search" && view.query !== "";
        const step = how === "replace" || (typing && history.state && history.state.search) ? "replaceState" : "pushState";
        history[step](typing ? { search: true } : null, "", hash || location.pathname + location.search);
        view.hash = hash;
        refreshTabs(view);
    }
}

// A fragment is either a line (F3L88) or a state. first: nothing is shown yet.
function followHash(view, first) {
    const line = /^#F(\d+)L(\d+)$/.exec(location.hash);
    if (line && !first) {
        return goToLine(view, Number(line[1]), Number(line[2]));
    }
    const parameters = new URLSearchParams(line ? "" : location.hash.slice(1));
    const before = view.selection.text(), query = view.query;
    view.selection = new Selection(view.model);
    view.selection.read(parameters);
    const turned = setMetric(view, parameters.get("metric") || "cpu");
    view.query = (parameters.get("q") || "").slice(0, 200).trim().toLowerCase();
    for (const one of VIEWS.filter(known => known.read)) {
        one.read(view, parameters);
    }
    if (view.query !== query) {
        byId("search").value = view.query;
        view.version++;
    }
    switchTo(view, viewNamed(parameters.get("view")) ? parameters.get("view") : firstView(view.model));
    if (first || turned || view.selection.text() !== before) {
        refresh(view);
    }
    showCurrent(view, true);
    view.hash = stateHash(view);
    refreshTabs(view);
    return line ? goToLine(view, Number(line[1]), Number(line[2])) : false;
}
