// A long list in a box that scrolls: only the rows in sight are elements, however many there are. All rows are of one height.

const ROWS_BEYOND = 6; // above and below what is in sight: a step by key finds its row there
const PAPER_ROWS = 40; // the first ones, where nothing scrolls

// space: the element in `box` that the rows stand in. makeRow(index) -> element. `kept` is a row that exists wherever the box is scrolled to: the
// one in focus.
function makeVirtualRows(box, space, rowPx, makeRow) {
    const rows = { box, space, rowPx, makeRow, count: 0, kept: NONE, made: new Map() };
    box.addEventListener("scroll", () => drawRows(rows));
    new ResizeObserver(() => drawRows(rows)).observe(box);
    matchMedia("print").addEventListener("change", () => drawRows(rows));
    return rows;
}

// What the rows show has changed.
function setRows(rows, count, kept) {
    rows.count = count;
    rows.kept = kept;
    rows.made.clear();
    rows.space.replaceChildren();
    rows.space.style.height = count * rows.rowPx + "px";
    drawRows(rows);
}

function drawRows(rows) {
    const { box, rowPx, made, space } = rows;
    const paper = matchMedia("print").matches, top = box.scrollTop - space.offsetTop;
    const first = paper ? 0 : Math.max(Math.floor(top / rowPx) - ROWS_BEYOND, 0);
    const end = Math.min(paper ? PAPER_ROWS : Math.ceil((top + box.clientHeight) / rowPx) + ROWS_BEYOND, rows.count);
    for (const [i, element] of made) {
        if ((i < first || i >= end) && i !== rows.kept) {
            element.remove();
            made.delete(i);
        }
    }
    for (let i = first; i < end; i++) {
        addRow(rows, i);
    }
    if (rows.kept >= 0 && rows.kept < rows.count) {
        addRow(rows, rows.kept);
    }
}

// In their order, so that a reader of the page meets them as they are seen.
function addRow(rows, i) {
    if (!rows.made.has(i)) {
        const element = rows.makeRow(i);
        element.style.top = i * rows.rowPx + "px";
        element.dataset.row = String(i);
        rows.made.set(i, element);
        rows.space.insertBefore(element, [...rows.space.children].find(other => Number(other.dataset.row) > i) || null);
    }
}

function revealRow(rows, i) {
    const { box, rowPx, space } = rows;
    const head = space.offsetTop, top = head + i * rowPx;
    if (top - head < box.scrollTop) {
        box.scrollTop = top - head;
    } else if (top + rowPx > box.scrollTop + box.clientHeight) {
        box.scrollTop = top + rowPx - box.clientHeight;
    }
}
