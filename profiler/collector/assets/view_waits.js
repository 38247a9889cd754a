// The static tables of waiting; they do not follow the selection, the metric switch does.

registerView({
    name: "waits", title: "Waits", key: "w", sections: ["waits"],
    available: model => model.cellsOf.wait !== null,
    show: () => {},
});
