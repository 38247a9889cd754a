// When it was: lanes of values, threads and requests over one axis of time. In the fragment: time-by=, time-as=stack, time-zoom=A..B (seconds),
// time-threads=all.

registerView({
    name: "timeline", title: "Timeline", key: "6",
    available: model => model.bucketCount > 1,
    keys: [["← →", "move the cursor over time, from request to request"], ["↑ ↓", "from lane to lane"], ["Shift+← →", "choose a range, Enter shows it"],
        ["Enter", "only the time, or the request, under the cursor"], ["Space", "select the lane’s value or thread"], ["+ −", "zoom; 0: all the time"],
        ["z", "zoom in on the range or the request that is selected"], ["n, N", "to the requests that the search finds"]],
    show: (view, element) => {
        const { timeline } = view;
        if (!timeline.scroll) {
            makeTimelineElements(view, element);
        }
        showTimeline(view);
    },
    find: (view, step) => stepFoundRequest(view, step) || stepHotLine(view, step),
    write: (view, parameters) => {
        const { by, stacked, zoom, allThreads } = timelineOf(view), { bucketS } = view.model;
        const chosen = { by: by !== defaultTimeKey(view.model) && by, as: stacked && "stack",
            zoom: zoom && zoom.map(at => Number((at * bucketS).toFixed(6))).join(".."), threads: allThreads && "all" };
        for (const [name, value] of Object.entries(chosen)) {
            if (value) {
                parameters.set("time-" + name, value);
            }
        }
    },
    read: (view, parameters) => {
        const { model } = view, text = name => parameters.get("time-" + name) || "", found = /^(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)$/.exec(text("zoom"));
        const [first, end] = found ? [found[1], found[2]].map(s => Math.min(Math.round(Number(s) / model.bucketS), model.bucketCount)) : [0, 0];
        Object.assign(timelineOf(view), {
            by: timeKeys(model).includes(text("by")) ? text("by") : defaultTimeKey(model), stacked: text("as") === "stack", allThreads: text("threads") === "all",
            zoom: end - first >= Math.min(LEAST_BUCKETS, model.bucketCount) && end - first < model.bucketCount ? [first, end] : null,
        });
    },
});
