registerView({
    name: "tags", title: "Tags", key: "7", sections: ["tags"],
    show: view => showTags(view),
});
