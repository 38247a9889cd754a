// Before and after in one frame with a divider to drag, or side by side when the operation changed the shape.

let divider_percent = 50;

// ret: the picture, loaded; null when this browser cannot show it.
async function loadPicture(url, alt) {
    const picture = make("img", { src: url, alt, draggable: false });
    try {
        await picture.decode();
    } catch {
        return null;
    }
    return picture;
}

function frame(picture) {
    const pair = make("div", { className: "pair" }, picture);
    pair.style.setProperty("--ratio", picture.naturalWidth / picture.naturalHeight);
    pair.style.setProperty("--width", picture.naturalWidth);
    pair.style.setProperty("--density", devicePixelRatio);
    return pair;
}

function badge(text, side) {
    return make("span", { className: `badge ${side}`, textContent: text, ariaHidden: "true" });
}

function moveDivider(pair, percent) {
    const divider = pair.querySelector(".divider");
    divider_percent = Math.min(100, Math.max(0, percent));
    pair.style.setProperty("--at", `${divider_percent}%`);
    divider.setAttribute("aria-valuenow", Math.round(divider_percent));
    divider.setAttribute("aria-valuetext", `${Math.round(divider_percent)} % before`);
}

const DIVIDER_STEPS = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10, Home: -100, End: 100 };

function onDividerKey(event, pair) {
    const step = DIVIDER_STEPS[event.key];
    if (step) {
        event.preventDefault();
        moveDivider(pair, divider_percent + step);
    }
}

function addDivider(pair) {
    const divider = make("div", { className: "divider", role: "slider", tabIndex: 0, ariaLabel: "Divider: before on the left, after on the right",
        ariaValueMin: "0", ariaValueMax: "100", ariaOrientation: "horizontal" });
    const follow = event => {
        const box = pair.getBoundingClientRect();
        moveDivider(pair, 100 * (event.clientX - box.left) / box.width);
    };
    divider.addEventListener("keydown", event => onDividerKey(event, pair));
    pair.addEventListener("pointerdown", event => {
        // A finger on a picture larger than its frame pans it; the divider itself can always be dragged.
        if (event.button !== 0 || (event.pointerType === "touch" && event.target !== divider && by("compare").classList.contains("actual"))) {
            return;
        }
        pair.setPointerCapture(event.pointerId);
        divider.focus({ preventScroll: true });
        follow(event);
        event.preventDefault();
    });
    pair.addEventListener("pointermove", event => pair.hasPointerCapture(event.pointerId) && follow(event));
    pair.append(divider);
    moveDivider(pair, divider_percent);
}

// before, after: loaded <img>; before may be null (not shown by this browser), after too (nothing processed yet).
function showPictures(before, after) {
    const compare = by("compare");
    if (!before && !after) {
        compare.replaceChildren(make("p", { className: "nopreview", textContent: "This browser cannot show the picture. The service may be able to read it all the same." }));
        return;
    }
    before?.classList.add("before");
    after?.classList.add("after");
    if (!before || !after) {
        compare.replaceChildren(frame(before || after));
    } else if (before.naturalWidth === after.naturalWidth && before.naturalHeight === after.naturalHeight) {
        const pair = frame(before);
        pair.classList.add("both");
        pair.append(after, badge("Before", "left"), badge("After", "right"));
        const focused = compare.contains(document.activeElement);
        addDivider(pair);
        compare.replaceChildren(pair);
        if (focused) {
            pair.querySelector(".divider").focus({ preventScroll: true });
        }
    } else {
        const left = frame(before), right = frame(after);
        left.append(badge("Before", "left"));
        right.append(badge("After", "left"));
        compare.replaceChildren(make("div", { className: "sides" }, make("figure", {}, left), make("figure", {}, right)));
    }
}
