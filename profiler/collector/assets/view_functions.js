registerView({
    name: "functions", title: "Functions", key: "4", sections: ["functions"],
    show: view => { showFunctions(view); },
});
