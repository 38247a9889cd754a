// The source files, and their tree. at=FILE:LINE in the fragment is the line that the reader went to, panel=FILE:LINE the one whose callers and callees are shown.

function readPlace(model, text) {
    const found = /^(.*):(\d+)$/.exec(text || "");
    const file = found ? model.files.path.findIndex(path => shortPath(model, path) === found[1]) : -1;
    return file < 0 ? null : { file, line: Number(found[2]) };
}

function makeSource(view, element) {
    const tree = make("details", { id: "files" }, make("summary", null, "Files"), make("ul", { role: "tree", "aria-label": "Files" }));
    tree.open = matchMedia("(min-width: 70rem)").matches;
    element.prepend(tree);
    element.addEventListener("click", event => onSourceClick(view, event));
    element.addEventListener("keydown", event => onSourceKey(view, event));
    makeHotMarks(view, element);
}

registerView({
    name: "source", title: "Source", key: "2", sections: ["source"],
    keys: [["Enter", "callers and callees of the line; arrows walk the lines"]],
    show: (view, element) => {
        if (!byId("files")) {
            makeSource(view, element);
        }
        showSource(view);
    },
    follow: view => {
        const { panel, at } = view.source;
        if (panel) { // its file must be open
            view.source.at = panel;
        }
        revealLine(view);
        view.source.at = at;
        placePanel(view);
    },
    write: (view, parameters) => {
        for (const name of ["at", "panel"]) {
            const place = view.source[name];
            if (place) {
                parameters.set(name, `${shortPath(view.model, view.model.files.path[place.file])}:${place.line}`);
            }
        }
    },
    read: (view, parameters) => {
        for (const name of ["at", "panel"]) {
            view.source[name] = readPlace(view.model, parameters.get(name));
        }
    },
});
