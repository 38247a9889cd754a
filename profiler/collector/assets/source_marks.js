// Marks of the hot lines beside the page's scroll bar, where they are on the page: of a file that is closed, at its head. A click goes to the nearest.

const MOST_HOT_MARKS = 300;

function makeHotMarks(view, element) {
    const svg = document.createElementNS(SVG, "svg");
    svg.id = "marks";
    svg.setAttribute("aria-hidden", "true"); // for the keyboard there are n and N
    svg.addEventListener("click", event => {
        const y = event.offsetY / svg.clientHeight, marks = [...svg.children];
        const nearest = marks.reduce((best, mark) => Math.abs(mark.dataset.y - y) < Math.abs(best.dataset.y - y) ? mark : best, marks[0]);
        goToLine(view, ...nearest.dataset.at.split(" ").map(Number));
    });
    element.append(svg);
    new ResizeObserver(() => drawHotMarks(view, svg)).observe(byId("source"));
}

function drawHotMarks(view, svg) {
    const { sum } = view, { lines } = sum.model, height = document.documentElement.scrollHeight, marks = [];
    for (const line of view.current === "source" ? sum.hotLines.slice(0, MOST_HOT_MARKS) : []) {
        const file = lines.file[line], number = lines.line[line];
        const row = byId(`F${file}L${number}`), shown = row && row.offsetParent !== null ? row : document.querySelector(`#source details[data-file="${file}"]`);
        if (shown && number > 0) {
            const rect = document.createElementNS(SVG, "rect"), y = (shown.getBoundingClientRect().top + scrollY) / height;
            rect.setAttribute("class", "h" + heatOf(sum, line));
            rect.setAttribute("width", "100%");
            rect.setAttribute("height", "3");
            rect.setAttribute("y", (100 * y).toFixed(2) + "%");
            rect.dataset.y = String(y);
            rect.dataset.at = `${file} ${number}`;
            marks.push(rect);
        }
    }
    svg.replaceChildren(...marks.reverse()); // the hottest on top
}
