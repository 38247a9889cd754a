// Everything that can be pressed, and the beginning.

function addTools() {
    by("cancel").addEventListener("click", () => {
        cancel();
        announce("Cancelled");
        by("process").focus();
    });
    by("zoom").addEventListener("click", () => {
        const actual = by("compare").classList.toggle("actual");
        by("compare").tabIndex = actual ? 0 : -1; // to scroll it by keys
        by("zoom").setAttribute("aria-pressed", String(actual));
    });
    by("again").addEventListener("click", () => choose(new File([result.blob], result.name, { type: result.kind }), { sent: true }));
    by("copy").addEventListener("click", async () => {
        const copied = await copyText(by("curl")).catch(() => false);
        by("copy").textContent = copied ? "Copied" : "Select and copy";
        setTimeout(() => { by("copy").textContent = "Copy"; }, 2000);
        announce(copied ? "The command is copied" : "The command could not be copied");
    });
    document.addEventListener("keydown", event => {
        if (event.key === "Escape" && running) {
            cancel();
            announce("Cancelled");
        }
    });
}

function begin() {
    const form = by("form"), file = by("image");
    by("sigma").disabled = false;
    addSliders();
    addSamples();
    addTools();
    acceptDrops();
    form.addEventListener("submit", event => {
        event.preventDefault();
        process(true);
    });
    form.addEventListener("input", onSetting);
    file.addEventListener("change", () => file.files[0] ? choose(file.files[0]) : setFile(chosen?.file));
    showCommand();
    if (file.files[0]) { // kept by the browser over a reload
        choose(file.files[0]);
    }
}

// In the head, so that what needs no script never flashes up.
function start() {
    document.documentElement.classList.add("script");
    document.addEventListener("DOMContentLoaded", begin);
}
