// Above the lanes: what they tell apart, how, and the zoom; and the legend, whose numbers are of the selection.

function makeTimelineBar(view) {
    const { timeline, model } = view, keys = timeKeys(model);
    const button = (text, title, key, act) => make("button", { type: "button", title, "aria-keyshortcuts": key, onclick: act }, text);
    const middle = () => timeline.plot.window.first + timeline.plot.window.count / 2;
    timeline.keys = make("select", { onchange: () => setTimeline(view, { by: keys[timeline.keys.selectedIndex] }) },
        ...keys.map(by => make("option", null, by.startsWith("tag:") ? "tag " + by.slice(4) : by)));
    timeline.forms = [[false, "Lanes"], [true, "Stacked"]].map(([stacked, text]) =>
        button(text, stacked ? "one upon the other" : "a lane each", null, () => setTimeline(view, { stacked })));
    timeline.closer = button("+", "closer", "+", () => zoomAround(view, middle(), 1 / ZOOM_STEP));
    timeline.further = button("−", "further away", "-", () => zoomAround(view, middle(), ZOOM_STEP));
    timeline.zoomIn = button("Zoom in on it", "on the range or the request that is selected", "z", () => zoomTime(view, zoomTarget(view)));
    timeline.zoomOut = button("All the time", "no zoom", "0", () => setTimeline(view, { zoom: null }));
    timeline.shown = make("span", { class: "dim" });
    timeline.legend = make("ul", { class: "time-legend", "aria-label": "Values" });
    return make("div", { class: "flame-bar time-bar" },
        make("div", { class: "flame-controls" },
            make("label", { class: "choosers" }, "By ", timeline.keys),
            make("div", { class: "styles", role: "group", "aria-label": "Drawn as" }, ...timeline.forms),
            make("div", { class: "toggles", role: "group", "aria-label": "Zoom" }, timeline.further, timeline.closer, timeline.zoomIn, timeline.zoomOut), timeline.shown),
        timeline.legend);
}

function showTimelineBar(view) {
    const { timeline, model } = view, zoom = timeline.zoom || allBuckets(model);
    timeline.keys.selectedIndex = timeKeys(model).indexOf(timeline.by);
    timeline.forms.forEach((button, i) => button.setAttribute("aria-pressed", String(timeline.stacked === (i === 1))));
    timeline.zoomIn.disabled = !zoomTarget(view);
    timeline.zoomOut.disabled = timeline.further.disabled = !timeline.zoom;
    timeline.closer.disabled = zoom[1] - zoom[0] <= LEAST_BUCKETS;
    timeline.shown.textContent = timeline.zoom ? `${bucketsText(model, zoom)} of ${lengthText(model.bucketCount * model.bucketS)}` : "";
}

function showTimelineLegend(view) {
    const { timeline, sum } = view, { legend, groups, chart } = timeline;
    const focused = [...legend.querySelectorAll("button")].indexOf(document.activeElement);
    chart.colours = chart.colours || timeColours(chart.place);
    legend.replaceChildren(...groups.list.map(group => {
        const square = make("i");
        square.style.backgroundColor = groupFill(chart.colours, group.hue);
        const share = `${percentText(percentOf(sum, group.cpu)) || "0"}${FIXED}%`, parts = [square, make("bdi", null, group.name), " ", make("b", null, share),
            make("small", null, ` ± ${errorOf(sum, group.cpu).toFixed(1)}`)];
        const title = samplesText(sum, group.cpu, group.samples);
        return make("li", null, group.id === NONE ? make("span", { title }, ...parts) : make("button", { type: "button", class: "link", title: `${title}; ${groups.act}`,
            "aria-pressed": groups.by === "file" ? null : String(groups.isChosen(group.id)), onclick: () => groups.choose(group.id) }, ...parts));
    }));
    if (focused >= 0) {
        (legend.querySelectorAll("button")[focused] || timeline.scroll).focus();
    }
}
