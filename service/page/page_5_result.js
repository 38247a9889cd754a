// Times and sizes of a result.

const STAGES = new Set(["queue", "decode", "operate", "encode"]);

function showTiming(timing) {
    const known = timing.filter(([stage]) => STAGES.has(stage));
    const bar = make("div", { className: "bar", role: "img", ariaLabel: known.map(([stage, ms]) => `${stage} ${msText(ms)}`).join(", ") });
    const legend = make("ul");
    for (const [stage, ms] of known) {
        const part = make("i", { className: stage });
        part.style.flexGrow = ms;
        bar.append(part);
        legend.append(make("li", {}, make("i", { className: stage }), make("b", { textContent: msText(ms) }), ` ${stage}`));
    }
    by("timing").replaceChildren(bar, legend);
}

function fact(title, value, detail) {
    return make("div", {}, make("dt", { textContent: title }), make("dd", {}, value, make("small", { textContent: detail })));
}

const kindText = type => ({ "image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WebP", "image/gif": "GIF", "image/bmp": "BMP" })[type] || type;
const sizeText = picture => picture.width ? `${picture.width} × ${picture.height}` : "not shown here";

// picture, result: { width, height, kind, bytes }; result also timing, sent_ms and total_ms.
function showResult(picture, result) {
    const service_ms = result.timing.reduce((sum, [, ms]) => sum + ms, 0);
    const pixels = picture.width * picture.height;
    const worked_ms = service_ms - (result.timing.find(([stage]) => stage === "queue")?.[1] || 0);
    showTiming(result.timing);
    by("facts").replaceChildren(
        fact("Before", sizeText(picture), `${kindText(picture.kind)}, ${bytesText(picture.bytes)}`),
        fact("After", sizeText(result), `${kindText(result.kind)}, ${bytesText(result.bytes)}, ${Math.round(100 * result.bytes / picture.bytes)} % of before`),
        fact("In the service", msText(service_ms), pixels && worked_ms > 0 ? `${(pixels / worked_ms / 1000).toFixed(1)} megapixels per second` : "queue to last byte"),
        fact("Round trip", msText(result.total_ms), `of which ${msText(Math.max(0, result.total_ms - service_ms))} on the way`));
    by("result").hidden = false;
}
