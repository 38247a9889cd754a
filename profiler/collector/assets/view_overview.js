// What is hot, first: the sentence (showHeadline() keeps it up to date whatever view is open) and the hottest lines.

registerView({
    name: "overview", title: "Overview", key: "1", sections: ["overview", "lines"],
    show: view => { showLines(view); },
});
