// The source files. at=FILE:LINE in the fragment is the line that the reader went to.

registerView({
    name: "source", title: "Source", key: "2", sections: ["source"],
    show: view => { showSource(view); },
    follow: view => { revealLine(view); },
    write: (view, parameters) => {
        const { at } = view.source;
        if (at) {
            parameters.set("at", `${shortPath(view.model, view.model.files.path[at.file])}:${at.line}`);
        }
    },
    read: (view, parameters) => {
        const found = /^(.*):(\d+)$/.exec(parameters.get("at") || "");
        const file = found ? view.model.files.path.findIndex(path => shortPath(view.model, path) === found[1]) : -1;
        view.source.at = file < 0 ? null : { file, line: Number(found[2]) };
    },
});
