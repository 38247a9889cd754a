// The strip below the tabs: CPU time (or waiting) over the whole run, of everything and, before it, of the selection. A range chosen in it is
// the range of every view; what it draws is the selection without its range, so that one sees where else there is something of it.

const STRIP_PX = 44, STRIP_PLOT_PX = 30, STRIP_STEPS = 100;

function makeStrip(view) {
    const { model } = view;
    if (model.bucketCount < 2) {
        return;
    }
    const strip = view.strip = { plot: null, everything: null, selected: null, most: 0 };
    strip.slider = make("div", { class: "strip-range", role: "slider", tabindex: "0", "aria-label": "Time range", "aria-describedby": "strip-words", "aria-keyshortcuts": RANGE_KEYS });
    strip.words = make("p", { id: "strip-words", class: "unseen" });
    strip.element = make("div", { id: "strip", role: "group", "aria-label": "Time" }, strip.slider, strip.words);
    strip.chart = makeChart(strip.slider, chart => drawStrip(view, chart));
    strip.control = makeTimeControl(view, strip.slider, {
        bucketsAt: event => bucketsAtX(strip.plot, event.clientX - strip.chart.canvas.getBoundingClientRect().left),
        xOf: bucket => strip.chart.canvas.getBoundingClientRect().left + xOfBucket(strip.plot, bucket),
        limits: () => [0, model.bucketCount],
        steps: () => stripSteps(Math.max(Math.round(model.bucketCount / STRIP_STEPS), 1)),
        words: range => `${bucketsText(model, range)}, ${perTimeText(model, meanOf(strip, range))}`,
        redraw: strip.chart.redraw,
        press: () => false,
        hover: event => hoverStrip(view, event),
    });
    byId("top").append(strip.element);
    new ResizeObserver(() => showStrip(view)).observe(strip.element);
}

function stripSteps(unit) {
    return { unit, ArrowLeft: -unit, ArrowDown: -unit, ArrowRight: unit, ArrowUp: unit, PageUp: 10 * unit, PageDown: -10 * unit };
}

// After every change of the selection, the metric or the width.
function showStrip(view) {
    const { strip, model } = view;
    const width = strip ? strip.slider.clientWidth : 0;
    if (width < 1) {
        return;
    }
    const window = makeWindow(model, [0, model.bucketCount], width), chosen = chosenAtAnyTime(view);
    const sum = which => perTime(window, sumColumns(model.cells, which, window, 1, () => 0)[0]);
    strip.plot = { window, left: 0, width };
    strip.everything = sum(null);
    strip.selected = chosen ? sum(chosen) : strip.everything;
    strip.most = highest([strip.everything]);
    strip.chart.width = width;
    strip.chart.height = STRIP_PX;
    const best = strip.selected.indexOf(highest([strip.selected]));
    strip.words.textContent = `${model.metric.label} over ${lengthText(model.bucketCount * model.bucketS)}, most from ` +
        `${bucketsText(model, [edgeOf(window, best), edgeOf(window, best + 1)])}: ${perTimeText(model, strip.selected[best])}. ` +
        "Arrow keys move a range, with Shift its end; Enter shows only that time, Escape all of it.";
    sayRange(strip.control);
    strip.chart.redraw();
}

// Of the selection, over some buckets.
function meanOf({ plot: { window }, selected }, [first, end]) {
    let sum = 0;
    for (let i = columnOf(window, first); i <= columnOf(window, end - 1); i++) {
        sum += selected[i] * (Math.min(edgeOf(window, i + 1), end) - Math.max(edgeOf(window, i), first));
    }
    return sum / (end - first);
}

function drawStrip(view, chart) {
    const { plot, everything, selected, most, control } = view.strip, { colours } = chart;
    if (selected !== everything) {
        paintArea(chart, plot, everything, STRIP_PLOT_PX, STRIP_PLOT_PX - 3, most || 1, colours.quiet);
    }
    paintArea(chart, plot, selected, STRIP_PLOT_PX, STRIP_PLOT_PX - 3, most || 1, colours.heat);
    paintAxis(chart, plot, STRIP_PLOT_PX, STRIP_PLOT_PX, `highest ${perTimeText(view.model, most)}`);
    paintRange(chart, plot, drawnRange(control), 0, STRIP_PLOT_PX);
}

function hoverStrip(view, event) {
    const { strip, model } = view;
    if (!event || !strip.plot) {
        hideTimeTip(view);
        return;
    }
    const range = strip.control.how.bucketsAt(event), column = columnOf(strip.plot.window, range[0]);
    const parts = [make("b", null, bucketsText(model, range)), perTimeText(model, strip.selected[column])];
    if (strip.selected !== strip.everything) {
        parts.push(`of ${perTimeText(model, strip.everything[column])} in all`);
    }
    showTimeTip(view, event, [...parts, make("em", null, "drag to choose a range, click for this time")]);
}
