// What everything drawn over time shares: a canvas of the size of its place, its colours, the axis, areas, the range, the tip.
//
// A plot is where time is on a canvas: { window, left, width }.

const TICK_PX = 90, TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

// draw(chart): into chart.context, chart.width x chart.height; called once per frame at most. An element that is not shown has no width.
function makeChart(place, draw) {
    const chart = { place, canvas: make("canvas", { "aria-hidden": "true" }), width: 0, height: 0, colours: null, waiting: 0 };
    chart.context = chart.canvas.getContext("2d");
    chart.redraw = () => {
        chart.waiting = chart.waiting || requestAnimationFrame(() => {
            chart.waiting = 0;
            drawChart(chart, draw);
        });
    };
    place.append(chart.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
        chart.colours = null;
        chart.redraw();
    });
    return chart;
}

function drawChart(chart, draw) {
    const { context } = chart, ratio = devicePixelRatio || 1;
    if (chart.width < 1 || chart.height < 1) {
        return;
    }
    sizeCanvas(chart.canvas, chart.width, chart.height, () => { chart.colours = null; });
    chart.colours = chart.colours || timeColours(chart.place);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, chart.width, chart.height);
    context.textBaseline = "middle";
    context.textAlign = "left";
    draw(chart);
}

function timeColours(element) {
    const style = getComputedStyle(element), named = name => style.getPropertyValue(name).trim();
    return { ...readColours(element), heat: named("--heat"), quiet: named("--kernel-ground"), paper: named("--paper"), small: `11px ${named("--sans")}`, words: `12.5px ${named("--sans")}` };
}

function xOfBucket({ window, left, width }, bucket) {
    return left + (bucket - window.first) / window.count * width;
}

function xOfSeconds(plot, s) {
    return xOfBucket(plot, s / plot.window.bucketS);
}

// The buckets that a pixel stands for: one, or as many as share it.
function bucketsAtX({ window, left, width }, x) {
    const at = Math.min(Math.max((x - left) / width, 0), 1 - 1e-9) * window.count, perPixel = window.count / width;
    const first = window.first + Math.floor(perPixel > 1 ? Math.floor(at / perPixel) * perPixel : at);
    return [first, Math.min(first + Math.max(Math.ceil(perPixel), 1), window.end)];
}

// Columns as bars from the ground at `bottom`; `high` pixels are `scale`. One path, whatever the number of columns.
function paintArea(chart, plot, values, bottom, high, scale, fill) {
    const { context } = chart, { window } = plot;
    context.beginPath();
    for (let i = 0; i < values.length; i++) {
        if (values[i] > 0) {
            const left = xOfBucket(plot, edgeOf(window, i)), right = xOfBucket(plot, edgeOf(window, i + 1));
            const tall = Math.max(Math.min(values[i] / scale, 1) * high, 1);
            context.rect(left, bottom - tall, Math.max(right - left - (right - left > 4 ? 1 : 0), 0.75), tall);
        }
    }
    context.fillStyle = fill;
    context.fill();
}

// Seconds; from two minutes on minutes, from two hours on hours.
function clockText(s, step) {
    const two = value => String(value).padStart(2, "0");
    if (s < 120 || step < 1) {
        return `${Number(s.toFixed(3))}${FIXED}s`;
    }
    const hours = Math.floor(s / 3600), minutes = Math.floor(s / 60) % 60, seconds = Math.round(s % 60);
    return hours > 1 ? `${hours}:${two(minutes)}:${two(seconds)}${FIXED}h` : `${Math.floor(s / 60)}:${two(seconds)}${FIXED}min`;
}

function tickStep(seconds, width) {
    const least = seconds * TICK_PX / width, power = 10 ** Math.floor(Math.log10(least));
    return least > 1 ? TIME_STEPS.find(step => step >= least) || Math.ceil(least / 86400) * 86400 : [1, 2, 5, 10].map(part => part * power).find(step => step >= least * 0.999);
}

// Times below `y`, at its right end `note`; faint lines up to `top`.
function paintAxis(chart, plot, top, y, note) {
    const { context, colours } = chart, { first, end, count, bucketS } = plot.window;
    const step = tickStep(count * bucketS, plot.width);
    context.font = colours.small;
    const noteWide = context.measureText(note).width, right = plot.left + plot.width - noteWide - 12;
    context.fillStyle = colours.dim;
    context.fillText(note, plot.left + plot.width - noteWide, y + 8);
    for (let tick = Math.ceil(first * bucketS / step - 1e-6); tick * step <= end * bucketS + 1e-9; tick++) {
        const x = xOfSeconds(plot, tick * step), text = clockText(tick * step, step), wide = context.measureText(text).width;
        context.fillStyle = colours.line;
        context.fillRect(Math.round(x), top, 1, y - top + 3);
        if (x + wide + 4 < right) {
            context.fillStyle = colours.dim;
            context.fillText(text, x + 4, y + 8);
        }
    }
}

// What is outside of the range fades, its edges stand out.
function paintRange(chart, plot, range, top, bottom) {
    if (!range) {
        return;
    }
    const { context, colours } = chart, right = plot.left + plot.width;
    const from = Math.min(Math.max(xOfBucket(plot, range[0]), plot.left), right), to = Math.min(Math.max(xOfBucket(plot, range[1]), plot.left), right);
    context.globalAlpha = 0.62;
    context.fillStyle = colours.paper;
    context.fillRect(plot.left, top, from - plot.left, bottom - top);
    context.fillRect(to, top, right - to, bottom - top);
    context.globalAlpha = 1;
    context.strokeStyle = colours.focus;
    context.lineWidth = 1.5;
    context.strokeRect(from + 0.75, top + 0.75, Math.max(to - from - 1.5, 1.5), bottom - top - 1.5);
}

// As much of the text as fits, "…" for the rest.
function fitText(context, text, width) {
    let fits = text.length > 200 ? text.slice(0, 200) : text;
    while (fits.length > 1 && context.measureText(fits).width > width) {
        fits = fits.slice(0, fits.length > 20 ? Math.floor(fits.length * 0.8) : -2).trimEnd() + "…";
    }
    return fits;
}

// One tip for all charts. parts: elements and texts, a line each.
function showTimeTip(view, event, parts) {
    const tip = view.timeTip = view.timeTip || make("div", { class: "tip time-tip", "aria-hidden": "true" });
    document.body.append(tip);
    tip.hidden = false;
    tip.replaceChildren(...parts.map(part => typeof part === "string" ? make("span", null, part) : part));
    const left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8), below = event.clientY + 20;
    tip.style.left = Math.max(left, 8) + "px";
    tip.style.top = (below + tip.offsetHeight > innerHeight - 8 ? event.clientY - tip.offsetHeight - 10 : below) + "px";
}

function hideTimeTip(view) {
    if (view.timeTip) {
        view.timeTip.hidden = true;
    }
}
