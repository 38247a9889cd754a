// Elements, words and numbers. The page works without this script; with it a picture is sent and shown without leaving the page.

const by = id => document.getElementById(id);

function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
        if (name in element) {
            element[name] = value;
        } else {
            element.setAttribute(name, value);
        }
    }
    element.append(...children);
    return element;
}

const NARROW_SPACE = "\u202f";

function bytesText(bytes) {
    if (bytes < 1024) {
        return `${bytes} bytes`;
    }
    const [value, unit] = bytes < 1 << 20 ? [bytes / 1024, "KB"] : [bytes / (1 << 20), "MB"];
    return `${value.toFixed(value < 10 ? 1 : 0)}${NARROW_SPACE}${unit}`;
}

function msText(ms) {
    return ms < 1000 ? `${ms.toFixed(ms < 100 ? 1 : 0)}${NARROW_SPACE}ms` : `${(ms / 1000).toFixed(2)}${NARROW_SPACE}s`;
}

// To be read out; what is on screen says it already.
function announce(text) {
    by("status").textContent = text;
}
