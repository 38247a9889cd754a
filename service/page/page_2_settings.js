// The chosen operation and its settings -> form fields, and the command that sends the same.

function chosenOperation() {
    return by("form").elements.namedItem("operation").value;
}

function operationTitle() {
    return by(`op-${chosenOperation()}`).nextElementSibling.textContent;
}

// The controls that matter now: those of the operation and those of the result.
function settingsInEffect() {
    const format = by("format").value;
    return [...document.querySelectorAll(`[data-operation="${chosenOperation()}"] [name], .output [name]`)]
        .filter(control => control.name !== "quality" || format !== "png");
}

function isDefault(control) {
    if (control instanceof HTMLSelectElement) {
        return control.selectedOptions[0].defaultSelected;
    }
    return control.value === "" || (!("always" in control.dataset) && Number(control.value) === Number(control.getAttribute("value")));
}

// [name, value] of everything that is not the service's default.
function settings() {
    return [["operation", chosenOperation()], ...settingsInEffect().filter(control => !isDefault(control)).map(control => [control.name, control.value])];
}

function settingProblem(control) {
    if (control.type !== "number") {
        return "";
    }
    const { badInput, rangeUnderflow, rangeOverflow } = control.validity;
    const whole = control.step === "1";
    const fine = !badInput && !rangeUnderflow && !rangeOverflow && (!whole || Number.isInteger(Number(control.value)));
    return fine ? "" : `${control.name} must be a ${whole ? "whole number" : "number"} from ${control.min} to ${control.max}`;
}

// Mark what is out of range. ret: whether nothing is.
function checkSettings(takeFocus) {
    const wrong = settingsInEffect().map(control => [control, settingProblem(control)]).filter(([, sentence]) => sentence);
    wrong.forEach(([control, sentence], i) => showFieldProblem(control.name, sentence, takeFocus && i === 0));
    return wrong.length === 0;
}

// A slider beside each number, for the hand; it is the number that counts, and that keyboards and screen readers get.
function addSliders() {
    for (const control of document.querySelectorAll("[data-slider]")) {
        const [min, max, step] = control.dataset.slider.split(" ");
        const slider = make("input", { type: "range", min, max, step, tabIndex: -1, ariaHidden: "true" });
        const follow = () => { slider.value = control.value === "" ? min : control.value; };
        slider.addEventListener("input", () => {
            control.value = slider.value;
            control.dispatchEvent(new Event("input", { bubbles: true }));
        });
        control.addEventListener("input", follow);
        control.form.addEventListener("reset", () => setTimeout(follow));
        control.before(slider);
        follow();
    }
}

const shellWord = text => /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`;

// curl reads ',' and ';' in a file name as its own syntax unless the name is in double quotes.
function curlFile(name) {
    return /^[\w.-]+$/.test(name) ? (name === "-" ? "./-" : name) : `"${name.replace(/["\\]/g, "\\$&")}"`;
}

// picture: { name, kind, sample }, or null.
function curlCommand(picture) {
    const format = by("format").value;
    const written = format === "same" ? { "image/jpeg": "jpeg", "image/webp": "webp" }[picture ? picture.kind : "image/jpeg"] || "png" : format;
    const lines = [`curl -o processed_${chosenOperation()}.${written === "jpeg" ? "jpg" : written}`];
    lines.push(`  -F ${shellWord("image=@" + curlFile(picture ? picture.name : "picture.jpg"))}`);
    lines[1] += settings().map(([name, value]) => ` -F ${shellWord(`${name}=${value}`)}`).join("");
    lines.push(`  ${location.origin}/process`);
    const fetchSample = picture && picture.sample ? `curl -O ${location.origin}${picture.sample}\n` : "";
    return fetchSample + lines.join(" \\\n");
}

// navigator.clipboard is there on https and localhost only.
async function copyText(element) {
    if (navigator.clipboard) {
        await navigator.clipboard.writeText(element.textContent);
        return true;
    }
    const selection = getSelection();
    selection.selectAllChildren(element);
    return document.execCommand("copy");
}
