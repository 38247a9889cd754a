// What the page is about: CPU time, or waiting where hotline sampled that, too. Both are cells over the same call tree, so every view
// shows either.

const METRICS = [
    { key: "cpu", label: "CPU time", column: "CPU %", of: "CPU", time: "CPU time", button: "show CPU time" },
    { key: "wait", label: "Waiting", column: "wait %", of: "waiting", time: "waiting", button: "show where threads wait" },
];

function makeMetricButtons(view) {
    const buttons = METRICS.map(metric => make("button", {
        type: "button", class: "chip", "aria-pressed": String(view.model.metric === metric), title: metric.button,
        onclick: () => {
            setMetric(view, metric.key);
            publish(view);
            showAll(view);
        },
    }, metric.label));
    return make("div", { id: "metric", class: "chips", role: "group", "aria-label": "What is shown" }, ...buttons);
}

function showMetric(view) {
    if (view.model.cellsOf.wait) {
        const old = byId("metric"), made = makeMetricButtons(view);
        const focused = old ? [...old.children].indexOf(document.activeElement) : -1;
        if (old) {
            old.replaceWith(made);
        } else {
            byId("filter").before(made);
        }
        if (focused >= 0) {
            made.children[focused].focus();
        }
    }
}

// ret: it changed. What is shown is drawn by showAll().
function setMetric(view, key) {
    const { model } = view;
    const metric = METRICS.find(one => one.key === key && model.cellsOf[one.key]) || METRICS[0];
    if (model.metric === metric) {
        return false;
    }
    model.metric = metric;
    model.cells = model.cellsOf[metric.key];
    view.whole = summarize(model, null);
    view.flame.tree = null;
    view.flame.sum = null;
    view.flame.root = 0;
    view.flame.trail = [];
    return true;
}

// Blocked time beside the CPU time of the selection; null: it was not sampled, or is what is shown.
function waitsBeside(view) {
    const { model } = view;
    return model.cellsOf.wait && model.metric.key === "cpu" ? summarize(model, view.selection, model.cellsOf.wait) : null;
}

function secondsText(ns) {
    const s = ns / 1e9;
    return s <= 0 ? "" : s < 0.05 ? "<0.1" : s.toFixed(1);
}
