// The chosen picture and the settings -> the result on screen, at a press or as the settings change.

const LIVE_DELAY_MS = 250;     // a slider on its way is not a request each
const PROGRESS_DELAY_MS = 200; // what is faster needs no progress bar

let result = null, running = null, live_timer = 0;

function forgetResult() {
    if (result) {
        URL.revokeObjectURL(result.url);
        result = null;
    }
    by("result").hidden = by("download").hidden = by("again").hidden = true;
}

function showCommand() {
    by("curl").textContent = curlCommand(chosen);
}

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
    announce(""); // so that the same words are read out again
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
