// How the profile was measured, where it is from, how to read it: the static facts.

registerView({
    name: "about", title: "About", key: "9", sections: ["self-check", "about"],
    show: () => {},
});
