// How many requests took how long: a histogram over a scale on which each doubling is as wide. A click on it asks for slower ones only.

const BARS_PER_DOUBLE = 4, LOWEST_BAR = 2, TICK_GAP = 12; // both in percent: one among ten thousand is seen, too; labels do not meet

// all: the row of all requests of the selection, or undefined
function showLatencies(view, all) {
    const { chart } = view.requests;
    chart.hidden = !all || all.count === 0;
    if (chart.hidden) {
        chart.replaceChildren();
        return;
    }
    const bars = new Map(), barOf = us => BARS_PER_DOUBLE * Math.log2(Math.max(us, 1));
    for (const [step, count] of all.steps) {
        const bar = Math.floor(barOf(latencyOf(step)));
        bars.set(bar, (bars.get(bar) || 0) + count);
    }
    const first = Math.min(...bars.keys()) - 1, end = Math.max(...bars.keys()) + 2;
    const fromUs = bar => 2 ** (bar / BARS_PER_DOUBLE), place = us => 100 * (barOf(us) - first) / (end - first);
    const svg = document.createElementNS(SVG, "svg"), most = Math.max(...bars.values());
    for (const [bar, count] of [...bars].sort((a, b) => a[0] - b[0])) {
        svg.append(makeLatencyBar(place(fromUs(bar)), 100 / (end - first), Math.max(100 * count / most, LOWEST_BAR), fromUs(bar),
            `${plural(count, "request")}: ${durationText(1e3 * fromUs(bar))} to ${durationText(1e3 * fromUs(bar + 1))} ms`));
    }
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", `Durations of ${plural(all.count, "request")}, from ${durationText(1e3 * fromUs(first + 1))} to ${durationText(1e3 * fromUs(end - 1))} ms`);
    const marks = QUANTILES.map(percent => makeMark(place(all["p" + percent] / 1e3), "p" + percent));
    chart.replaceChildren(make("div", { class: "bars", onclick: event => onLatencyClick(view, event) }, svg, ...marks), make("div", { class: "ticks dim", "aria-hidden": "true" }, ...ticksOf(place)));
    markSlower(view);
}

function makeLatencyBar(left, width, height, fromUs, text) {
    const rect = document.createElementNS(SVG, "rect"), title = document.createElementNS(SVG, "title");
    title.textContent = text;
    rect.append(title);
    for (const [name, value] of Object.entries({ x: left, width: width * 0.92, y: 100 - height, height })) {
        rect.setAttribute(name, value.toFixed(3) + "%");
    }
    rect.dataset.fromMs = String(Number((fromUs / 1e3).toPrecision(3)));
    return rect;
}

function makeMark(left, text) {
    const mark = make("i", { class: `${left > 90 ? "left " : ""}mark-${text}` }, make("span", null, text));
    mark.style.left = left.toFixed(2) + "%";
    return mark;
}

// 1, 10, 100 ms, and 2 and 5 between them where there is room.
function ticksOf(place) {
    const inside = [], free = at => at >= 0 && at <= 97 && inside.every(one => Math.abs(one.at - at) >= TICK_GAP);
    for (const digit of [1, 5, 2]) {
        for (let power = -3; power < 8; power++) {
            const ms = Number((digit * 10 ** power).toPrecision(1)), at = place(1e3 * ms);
            if (free(at)) {
                inside.push({ at, text: ms >= 1e3 ? `${ms / 1e3}${FIXED}s` : `${ms}${FIXED}ms` });
            }
        }
    }
    return inside.map(({ at, text }) => {
        const tick = make("span", null, text);
        tick.style.left = at.toFixed(2) + "%";
        return tick;
    });
}

function onLatencyClick(view, event) {
    const bar = event.target.closest("rect");
    if (bar) {
        setSlower(view, Number(bar.dataset.fromMs) === view.requests.slower ? 0 : Number(bar.dataset.fromMs));
        publish(view);
    }
}

// What is faster than the reader asks for is pale.
function markSlower(view) {
    for (const bar of view.requests.chart.querySelectorAll("rect")) {
        bar.classList.toggle("faster", Number(bar.dataset.fromMs) < view.requests.slower);
    }
}
