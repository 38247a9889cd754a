// What the reader has chosen, in the URL's fragment, so that Back works and a copied link restores the view: tags (tag=, without=), the search
// (q=), CPU time or waiting (metric=), the frame that fills the flame graph (zoom=) and how it is drawn (as=).

function stateHash(view) {
    const parameters = new URLSearchParams();
    view.filter.write(parameters);
    if (view.query) {
        parameters.set("q", view.query);
    }
    if (view.model.metric !== METRICS[0]) {
        parameters.set("metric", view.model.metric.key);
    }
    writeFlameState(view.flame, parameters);
    const text = parameters.toString();
    return text && "#" + text;
}

// One step that Back undoes. The letters of one search are one step.
function publish(view, isSearch) {
    const hash = stateHash(view);
    const typing = isSearch && view.query !== "";
    const step = typing && history.state && history.state.search ? "replaceState" : "pushState";
    history[step](typing ? { search: true } : null, "", hash || location.pathname + location.search);
}

// A fragment is either a line (F3L88) or a state. first: nothing is shown yet.
function followHash(view, first) {
    const line = /^#F(\d+)L(\d+)$/.exec(location.hash);
    if (line && !first) {
        return goToLine(view, Number(line[1]), Number(line[2]));
    }
    const parameters = new URLSearchParams(line ? "" : location.hash.slice(1));
    const tags = view.filter.text(), query = view.query;
    view.filter.read(parameters);
    const turned = setMetric(view, parameters.get("metric") || "cpu");
    view.query = (parameters.get("q") || "").slice(0, 200).trim().toLowerCase();
    readFlameState(view.flame, parameters);
    if (view.query !== query) {
        byId("search").value = view.query;
    }
    if (first || turned || view.filter.text() !== tags) {
        showAll(view);
    } else if (view.query !== query) {
        showQuery(view);
    } else {
        showZoom(view, true);
    }
    return line ? goToLine(view, Number(line[1]), Number(line[2])) : false;
}
