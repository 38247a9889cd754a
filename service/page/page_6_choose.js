// A file, however it comes -> the chosen picture.

// { file, name, kind, bytes, width, height, url, element, sample, sent }, and how often one was chosen.
let chosen = null, choices = 0;

const SIGNATURES = [["image/jpeg", /^\xff\xd8\xff/], ["image/png", /^\x89PNG\r\n\x1a\n/], ["image/webp", /^RIFF[^]{4}WEBP/],
    ["image/gif", /^GIF8[79]a/], ["image/bmp", /^BM/]];

async function kindOf(file) {
    const start = String.fromCharCode(...new Uint8Array(await file.slice(0, 12).arrayBuffer()));
    return SIGNATURES.find(([, signature]) => signature.test(start))?.[0] || "";
}

// Put a file into the form's own field, so that the form is what will be sent, script or not.
function setFile(file) {
    const transfer = new DataTransfer();
    if (file) {
        transfer.items.add(file);
    }
    by("image").files = transfer.files;
}

function forgetPicture() {
    cancel();
    forgetResult();
    if (chosen) {
        URL.revokeObjectURL(chosen.url);
        chosen = null;
    }
    setFile(null);
    by("compare").hidden = by("tools").hidden = true;
    document.documentElement.classList.remove("chosen");
    moveChooser(by("image-hint"), "Choose a file");
    markSample();
    showCommand();
}

function markSample() {
    for (const button of document.querySelectorAll("#samples button")) {
        button.setAttribute("aria-pressed", String(Boolean(chosen) && chosen.sample === button.dataset.path));
    }
}

async function pictureProblem(file) {
    if (file.size === 0) {
        return "The image file is empty";
    }
    if (file.size > Number(by("form").dataset.maxBytes)) {
        return `${file.name} is ${bytesText(file.size)}, and this service takes ${bytesText(Number(by("form").dataset.maxBytes))}`;
    }
    try {
        return await kindOf(file) ? "" : `${file.name} is not a JPEG, PNG, WebP, GIF or BMP image`;
    } catch {
        return `${file.name} cannot be read`; // a folder, for example
    }
}

// The way to choose a file is in the empty frame, then beside the picture's name.
function moveChooser(before, text) {
    const focused = document.activeElement === by("image");
    by("choose").lastElementChild.textContent = text;
    before.before(by("chooser"));
    if (focused) {
        by("image").focus({ preventScroll: true });
    }
}

// ret: whether it was taken.
async function choose(file, { sample = "", sent = false } = {}) {
    const choice = ++choices, problem = await pictureProblem(file);
    const kind = problem ? "" : await kindOf(file);
    if (choice !== choices) {
        return false; // another one was chosen meanwhile
    }
    forgetPicture();
    clearProblems();
    if (problem) {
        showFieldProblem("image", problem, false);
        return false;
    }
    const url = URL.createObjectURL(file), mine = { file, name: file.name, bytes: file.size, kind, url, sample, sent };
    chosen = mine;
    setFile(file);
    mine.element = await loadPicture(url, `Before: ${file.name}`);
    if (chosen !== mine) {
        return false;
    }
    mine.width = mine.element?.naturalWidth;
    mine.height = mine.element?.naturalHeight;
    document.documentElement.classList.add("chosen");
    by("compare").hidden = by("tools").hidden = false;
    by("zoom").hidden = !mine.element;
    by("name").replaceChildren(make("b", { textContent: mine.name }), ` ${mine.width ? sizeText(mine) + ", " : ""}${bytesText(mine.bytes)}`);
    moveChooser(by("zoom"), "Another file");
    showPictures(mine.element, result?.element); // somebody may have been faster than the preview
    markSample();
    showCommand();
    announce(`${mine.name} is chosen`);
    return true;
}

async function chooseSample(path) {
    try {
        const reply = await fetch(path);
        const blob = await reply.blob();
        if (await choose(new File([blob], path.split("/").pop(), { type: blob.type }), { sample: path, sent: true })) {
            process(false);
        }
    } catch {
        showProblem({ error: "The sample could not be fetched." });
    }
}

function addSamples() {
    for (const link of document.querySelectorAll("#samples a")) {
        const path = link.pathname;
        const button = make("button", { type: "button", "data-path": path, "aria-pressed": "false" }, ...link.childNodes);
        button.addEventListener("click", () => chooseSample(path));
        link.replaceWith(button);
    }
}

function chooseFirst(files) {
    const file = [...files].find(candidate => candidate.type.startsWith("image/")) || files[0];
    if (file) {
        choose(file);
    }
}

function acceptDrops() {
    const root = document.documentElement, hasFiles = event => event.dataTransfer.types.includes("Files");
    document.addEventListener("dragover", event => {
        if (hasFiles(event)) {
            event.preventDefault();
            event.dataTransfer.dropEffect = "copy";
            root.classList.add("over");
        }
    });
    document.addEventListener("dragleave", event => event.relatedTarget || root.classList.remove("over"));
    document.addEventListener("drop", event => {
        root.classList.remove("over");
        if (hasFiles(event)) {
            event.preventDefault();
            chooseFirst(event.dataTransfer.files);
        }
    });
    document.addEventListener("paste", event => {
        if (event.clipboardData.files.length > 0) {
            event.preventDefault();
            chooseFirst(event.clipboardData.files);
        }
    });
}
