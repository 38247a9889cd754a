// Elements from data. Text only ever becomes a text node: no name can turn into markup.

const SVG = "http://www.w3.org/2000/svg";

// make("td", { class: "n", title }, child, "text"): null and undefined attributes and children are left out; `on*` are listeners.
function make(name, attributes, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
        if (value === null || value === undefined || value === false) {
            continue;
        }
        if (key.startsWith("on")) {
            element.addEventListener(key.slice(2), value);
        } else {
            element.setAttribute(key, value === true ? "" : value);
        }
    }
    for (const child of children) {
        if (child !== null && child !== undefined) {
            element.append(child);
        }
    }
    return element;
}

function byId(id) {
    return document.getElementById(id);
}

// parts: [class, percent]; the whole bar is `scale` percent.
function makeBar(parts, scale) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", "bar");
    svg.setAttribute("aria-hidden", "true");
    let x = 0;
    for (const [name, percent] of parts) {
        if (percent > 0 && scale > 0) {
            const rect = document.createElementNS(SVG, "rect");
            const width = 100 * percent / scale;
            rect.setAttribute("class", name);
            rect.setAttribute("height", "100%");
            rect.setAttribute("x", x.toFixed(2) + "%");
            rect.setAttribute("width", width.toFixed(2) + "%");
            svg.append(rect);
            x += width;
        }
    }
    return svg;
}

function makeFunction(name) {
    return make("code", null, functionText(name));
}

function makeTag(key, value) {
    return make("span", { class: "tag" }, make("bdi", null, key), " = ", make("bdi", null, value));
}

function shareCell(sum, cpu, samples, name) {
    return make("td", { class: name ? "n " + name : "n", title: samples > 0 ? samplesText(sum, cpu, samples) : null },
        percentText(percentOf(sum, cpu)));
}

function errorCell(sum, cpu) {
    return make("td", { class: "n dim wide" }, cpu > 0 ? errorOf(sum, cpu).toFixed(1) : null);
}

function countCell(count) {
    return make("td", { class: "n dim" }, countText(count));
}

function makePlace(sum, line) {
    const { lines } = sum.model;
    const file = lines.file[line], number = lines.line[line];
    if (file === NONE || number === 0) {
        return make("span", { class: "place" }, placeText(sum, line));
    }
    return make("a", { class: "place", href: `#F${file}L${number}` }, placeText(sum, line));
}

function say(text) {
    byId("status").textContent = text;
}

function copyText(text) {
    const field = make("textarea", { class: "unseen", "aria-label": "to copy" });
    field.value = text;
    document.body.append(field);
    field.select();
    const fine = document.execCommand("copy"); // of a file: page, too, where the newer way is not allowed
    field.remove();
    say(fine ? "Copied." : "The browser does not let this page copy.");
}
