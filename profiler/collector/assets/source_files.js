// The files as a tree of folders with heat bars. Folders fold; a file leads to its hottest line. Folders that hold nothing but one folder are one row.

const TREE_ALL_OPEN = 30, TREE_OPEN_PERCENT = 10;

// ret: { name, path, file, children, parts: [own, library, system] }, heaviest first.
function filesTree(view) {
    const { sum } = view, { files } = sum.model, root = { name: "", path: null, file: NONE, children: new Map(), parts: [0, 0, 0] };
    for (const file of listedFiles(view)) {
        const parts = fileSplit(sum, file), names = shortPath(sum.model, files.path[file]).split("/");
        let at = root;
        names.forEach((name, i) => {
            const last = i === names.length - 1, key = (last ? "/" : "") + name;
            at.children.set(key, at.children.get(key) || { name, path: names.slice(0, i + 1).join("/"), file: last ? file : NONE, children: new Map(), parts: [0, 0, 0] });
            at = at.children.get(key);
            at.parts = at.parts.map((cpu, part) => cpu + parts[part]);
        });
    }
    return foldChains(root);
}

// What lines of a file decided: own code, libraries called from there, the kernel.
function fileSplit(sum, file) {
    const { firstLine } = sum.model.files, add = shares => shares.cpu.subarray(firstLine[file], firstLine[file + 1]).reduce((all, cpu) => all + cpu, 0);
    return [add(sum.own), add(sum.library), add(sum.system)];
}

function foldChains(node) {
    let children = [...node.children.values()].map(foldChains);
    if (children.length === 1 && children[0].file === NONE && node.path !== null) {
        const [{ name, path }] = children;
        ({ children } = children[0]);
        node = { ...node, name: `${node.name}/${name}`, path };
    }
    return { ...node, children: Array.isArray(children) ? children.sort((a, b) => weightOf(b) - weightOf(a) || compareText(a.name, b.name)) : children };
}

function splitBar(sum, parts, scale) {
    return makeBar(["own", "lib", "sys"].map((name, i) => [name, percentOf(sum, parts[i])]), scale);
}

// focus: the path of the row that gets the focus.
function showFilesTree(view, focus) {
    const box = byId("files"), root = filesTree(view), allOpen = view.sum.hotFiles.length <= TREE_ALL_OPEN, rows = [];
    const scale = Math.max(1e-9, ...root.children.map(child => percentOf(view.sum, weightOf(child))));
    const walk = (node, level) => {
        const open = node.file === NONE ? isTreeOpen(view, node, allOpen) : null;
        rows.push(treeItem(view, node, level, open, scale));
        if (open) {
            node.children.forEach(child => walk(child, level + 1));
        }
    };
    root.children.forEach(child => walk(child, 1));
    const tree = make("ul", { role: "tree", "aria-label": "Files", onkeydown: event => onTreeKey(view, event) }, ...rows);
    box.querySelector("[role=tree]").replaceWith(tree);
    box.hidden = rows.length === 0;
    const first = rows.find(row => row.dataset.path === focus) || rows[0];
    if (first) {
        first.tabIndex = 0;
    }
    if (focus !== undefined) {
        first.focus();
    }
}

function weightOf(node) {
    return node.parts.reduce((all, cpu) => all + cpu, 0);
}

function isTreeOpen(view, node, allOpen) {
    const set = view.source.folders.get(node.path);
    return set === undefined ? allOpen || percentOf(view.sum, weightOf(node)) >= TREE_OPEN_PERCENT : set;
}

function treeItem(view, node, level, open, scale) {
    const { sum } = view;
    const item = make("li", { role: "treeitem", tabindex: "-1", title: node.path, "aria-level": String(level), "aria-expanded": open === null ? null : String(open), "data-path": node.path, "data-file": node.file === NONE ? null : String(node.file), onclick: () => pressTreeItem(view, item) },
        make("span", { class: "name" }, node.name || "/"), splitBar(sum, node.parts, scale), " ", make("span", { class: "n" }, percentText(percentOf(sum, weightOf(node)))));
    item.firstChild.style.paddingLeft = 0.8 * level + 0.2 + "rem";
    return item;
}

function setTreeOpen(view, item, open) {
    view.source.folders.set(item.dataset.path, open);
    showFilesTree(view, item.dataset.path);
}

function focusTreeItem(item) {
    item.parentNode.querySelector("[tabindex='0']").tabIndex = -1;
    item.tabIndex = 0;
    item.focus();
}

function pressTreeItem(view, item) {
    focusTreeItem(item);
    if (item.hasAttribute("aria-expanded")) {
        setTreeOpen(view, item, item.getAttribute("aria-expanded") === "false");
    } else {
        openFile(view, Number(item.dataset.file));
    }
}

// At its hottest line; at its head, where no line is known.
function openFile(view, file) {
    const { sum } = view, { files, lines } = sum.model;
    let best = NONE;
    for (const id of sampledLines(sum, file, view.waits).values()) {
        best = best === NONE || sum.cpu.cpu[id] > sum.cpu.cpu[best] || (sum.cpu.cpu[id] === sum.cpu.cpu[best] && sum.total.cpu[id] > sum.total.cpu[best]) ? id : best;
    }
    if (best !== NONE) {
        goToLine(view, file, lines.line[best]);
    } else {
        say(`No line of ${shortPath(sum.model, files.path[file])} has samples.`);
    }
}

function onTreeKey(view, event) {
    const item = event.target.closest("[role=treeitem]"), items = [...item.parentNode.children], now = items.indexOf(item);
    const level = one => Number(one.ariaLevel), open = one => one.getAttribute("aria-expanded"), go = to => to && focusTreeItem(to);
    const moves = {
        ArrowDown: () => go(items[now + 1]), ArrowUp: () => go(items[now - 1]), Home: () => go(items[0]), End: () => go(items[items.length - 1]),
        ArrowRight: () => open(item) === "false" ? setTreeOpen(view, item, true) : open(item) === "true" && go(items[now + 1]),
        ArrowLeft: () => open(item) === "true" ? setTreeOpen(view, item, false) : go(items.slice(0, now).reverse().find(one => level(one) < level(item))),
        Enter: () => pressTreeItem(view, item), " ": () => pressTreeItem(view, item),
    };
    if (Object.hasOwn(moves, event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        event.stopPropagation();
        moves[event.key]();
    }
}
