// How the profile was measured: the static facts.

registerView({
    name: "about", title: "About", key: "9", sections: ["self-check"],
    show: () => {},
});
