// What is hot, first: the sentence and the findings (showHeadline() and showFindings() keep them up to date whatever view is open), the
// hottest lines and functions.

registerView({
    name: "overview", title: "Overview", key: "1", sections: ["overview", "lines"],
    show: (view, element) => {
        if (!byId("glance")) {
            element.append(make("section", { id: "glance", "aria-label": "Hottest functions" }), make("section", { id: "tag-glance", "aria-label": "By tag" }));
        }
        showLines(view);
        showGlance(view);
        showTagGlance(view);
    },
});
