registerView({
    name: "flame", title: "Flame", key: "3", sections: ["flame"],
    keys: [["← ↑ → ↓", "walk from frame to frame"], ["Enter", "zoom to the frame"], ["Esc", "back to what was shown before"], ["0", "everything again"],
        ["s", "to the source of the frame"], ["i", "invert the stacks"], ["r", "collapse recursion"], ["w", "sandwich: callers and callees of the function"],
        ["Shift+F10", "what can be done with the frame"], ...Object.values(TRANSFORMS).map(step => [step.key, step.menu.toLowerCase()]),
        ["n, N", "to what the search finds"]],
    show: view => { showFlame(view); },
    follow: view => showZoom(view, true),
    write: (view, parameters) => writeFlameState(view.flame, parameters),
    read: (view, parameters) => readFlameState(view.flame, parameters),
    find: (view, step) => view.flame.matches && view.flame.matches.includes(1) ? select(view, nextMatch(view.flame, step)) : stepHotLine(view, step),
});
