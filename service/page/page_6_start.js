// Choosing a picture, processing it, and everything that may happen meanwhile.

const LIVE_DELAY_MS = 250;     // a slider on its way is not a request each
const PROGRESS_DELAY_MS = 200; // what is faster needs no progress bar

// The picture { file, name, kind, bytes, width, height, url, element, sample, sent }, its result, what is under way.
let chosen = null, result = null, running = null, live_timer = 0;

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

function forgetResult() {
    if (result) {
        URL.revokeObjectURL(result.url);
        result = null;
    }
    by("result").hidden = by("download").hidden = by("again").hidden = true;
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
    const problem = await pictureProblem(file);
    forgetPicture();
    clearProblems();
    if (problem) {
        showFieldProblem("image", problem, false);
        return false;
    }
    const url = URL.createObjectURL(file), mine = { file, name: file.name, bytes: file.size, kind: await kindOf(file), url, sample, sent };
    chosen = mine;
    setFile(file);
    mine.element = await loadPicture(url, `Before: ${file.name}`);
    if (chosen !== mine) {
        return false; // another one was chosen meanwhile
    }
    mine.width = mine.element?.naturalWidth;
    mine.height = mine.element?.naturalHeight;
    document.documentElement.classList.add("chosen");
    by("compare").hidden = by("tools").hidden = false;
    by("zoom").hidden = !mine.element;
    by("name").replaceChildren(make("b", { textContent: mine.name }), ` ${mine.width ? sizeText(mine) + ", " : ""}${bytesText(mine.bytes)}`);
    moveChooser(by("zoom"), "Another file");
    showPictures(mine.element, null);
    markSample();
    showCommand();
    announce(`${mine.name} is chosen`);
    return true;
}

function showCommand() {
    by("curl").textContent = curlCommand(chosen);
}

// ---- processing ----

function cancel() {
    clearTimeout(live_timer);
    running?.abort();
    running = null;
    by("progress").hidden = by("cancel").hidden = true;
}

function showProgress(share) {
    const bar = by("progress-bar"), sending = share !== null && share < 1;
    if (sending) {
        bar.value = share;
    } else {
        bar.removeAttribute("value");
    }
    by("progress-label").textContent = sending ? `Sending, ${Math.floor(100 * share)} %` : "Processing";
}

// explicit: somebody pressed the button, and the focus may go to what is wrong.
async function process(explicit) {
    cancel();
    clearProblems();
    if (!chosen) {
        showFieldProblem("image", "No image selected", explicit);
        return;
    }
    if (!checkSettings(explicit)) {
        markStale();
        return;
    }
    const mine = running = new AbortController(), picture = chosen;
    const timer = setTimeout(() => {
        if (running === mine) {
            by("progress").hidden = by("cancel").hidden = false;
            announce("Processing");
        }
    }, PROGRESS_DELAY_MS);
    showProgress(0);
    try {
        const reply = await upload(picture, settings(), mine.signal, share => running === mine && showProgress(share));
        picture.sent = true;
        await take(picture, reply, () => running === mine);
    } catch (problem) {
        if (problem !== null && running === mine) {
            markStale();
            showProblem(problem instanceof Error ? { error: problem.message } : problem, explicit);
        }
    } finally {
        clearTimeout(timer);
        if (running === mine) {
            running = null;
            by("progress").hidden = by("cancel").hidden = true;
        }
    }
}

// Show what came back, if nothing newer is under way.
async function take(picture, reply, isWanted) {
    const url = URL.createObjectURL(reply.blob);
    const element = await loadPicture(url, `After: ${operationTitle()}`);
    if (!isWanted()) {
        URL.revokeObjectURL(url);
        return;
    }
    forgetResult();
    result = { ...reply, url, element, kind: reply.blob.type, bytes: reply.blob.size, width: element?.naturalWidth, height: element?.naturalHeight };
    showPictures(picture.element, element);
    showResult(picture, result);
    Object.assign(by("download"), { href: url, download: reply.name, hidden: false });
    by("again").hidden = false;
    announce(`Done: ${operationTitle()}, ${sizeText(result)}, ${bytesText(result.bytes)}`);
}

// The result on screen is not what the settings say.
function markStale() {
    by("compare").firstElementChild?.classList.toggle("stale", Boolean(result));
}

function onSetting(event) {
    const name = event.target.name;
    if (!name || name === "image") {
        return;
    }
    clearFieldProblem(name);
    showCommand();
    clearTimeout(live_timer);
    if (by("live").checked && chosen?.sent) {
        live_timer = setTimeout(process, LIVE_DELAY_MS, false);
    } else {
        markStale();
    }
}

// ---- ways in ----

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

function addTools() {
    by("cancel").addEventListener("click", () => {
        cancel();
        announce("Cancelled");
        by("process").focus();
    });
    by("zoom").addEventListener("click", () => {
        const actual = by("compare").classList.toggle("actual");
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
