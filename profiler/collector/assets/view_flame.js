registerView({
    name: "flame", title: "Flame", key: "3", sections: ["flame"],
    keys: [["← ↑ → ↓", "walk from frame to frame"], ["Enter", "zoom to the frame"], ["Esc", "back to what was shown before"], ["s", "to the source of the frame"],
        ["0", "everything again"]],
    show: view => { showFlame(view); },
    follow: view => showZoom(view, true),
    write: (view, parameters) => writeFlameState(view.flame, parameters),
    read: (view, parameters) => readFlameState(view.flame, parameters),
});
