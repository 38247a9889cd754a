// What went wrong, said where it can be put right: beside the field, at the picture, or below it.

// Errors that are about the picture though the service names no field.
const ABOUT_PICTURE = new Set(["unsupported_image", "invalid_image", "image_too_large", "payload_too_large"]);

function fieldControl(name) {
    const control = by("form").elements.namedItem(name);
    return control instanceof RadioNodeList ? control[0] : control;
}

function errorLine(name) {
    let line = by(`${name}-error`);
    if (!line) {
        line = make("p", { id: `${name}-error`, className: "error", role: "alert", hidden: true });
        fieldControl(name).closest(".field, fieldset").after(line);
    }
    return line;
}

function clearFieldProblem(name) {
    const line = by(`${name}-error`);
    if (line && !line.hidden) {
        line.hidden = true;
        line.textContent = "";
        fieldControl(name).removeAttribute("aria-invalid");
    }
}

function clearProblems() {
    for (const control of by("form").elements) {
        if (control.name) {
            clearFieldProblem(control.name);
        }
    }
    by("problem").hidden = true;
    by("problem").textContent = "";
}

function showFieldProblem(name, sentence, takeFocus) {
    const control = fieldControl(name), line = errorLine(name);
    line.hidden = false;
    line.textContent = sentence;
    control.setAttribute("aria-invalid", "true");
    if (name !== "image") {
        control.setAttribute("aria-describedby", line.id);
    }
    if (takeFocus) {
        control.focus();
    }
}

// problem: the service's JSON, { error, code, field }.
function showProblem(problem, takeFocus) {
    const field = problem.field || (ABOUT_PICTURE.has(problem.code) ? "image" : "");
    if (field && fieldControl(field)) {
        showFieldProblem(field, problem.error, takeFocus && field !== "image");
        return;
    }
    const box = by("problem");
    box.replaceChildren(problem.error, ...(problem.code ? [make("code", { textContent: problem.code })] : []));
    box.hidden = false;
}
