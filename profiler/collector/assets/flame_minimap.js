// The whole graph, small, above the part of it that is shown: where one is. Drawn once per tree and selection, then copied; a frame in it is at
// least a pixel wide. A press or a drag on it moves what is shown.

const MINIMAP_PX = 44, MINIMAP_ROWS = 40;

function makeMinimap(flame) {
    const map = flame.map = { canvas: make("canvas", { class: "minimap", "aria-hidden": "true" }), picture: document.createElement("canvas"), of: "" };
    map.context = map.canvas.getContext("2d");
    const move = event => {
        if (event.buttons & 1) {
            const area = map.canvas.getBoundingClientRect(), all = flame.weights.total.cpu[0];
            const middle = (event.clientX - area.left) / area.width * all, half = (flame.to - flame.from) / 2;
            pan(flame, middle - half, middle + half);
        }
    };
    map.canvas.addEventListener("pointerdown", event => {
        map.canvas.setPointerCapture(event.pointerId);
        move(event);
    });
    map.canvas.addEventListener("pointermove", move);
    return map.canvas;
}

// Of use only while a part is shown.
function drawMinimap(flame) {
    const { map, weights, width } = flame, all = weights.total.cpu[0];
    const shown = flame.form === ICICLE && flame.tree.turn !== "both" && flame.to - flame.from < all;
    map.canvas.style.visibility = shown ? "visible" : "hidden";
    map.canvas.classList.toggle("shown", shown);
    if (!shown) {
        return;
    }
    const { context } = map, ratio = devicePixelRatio || 1;
    sizeCanvas(map.canvas, width, MINIMAP_PX, () => { map.painted = null; });
    if (map.painted !== flame.paint || map.colours !== flame.colours || map.upward !== flame.upward) {
        paintMinimap(flame);
    }
    const left = flame.from / all * width, right = flame.to / all * width;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, MINIMAP_PX);
    context.globalAlpha = 0.35;
    context.drawImage(map.picture, 0, 0, width, MINIMAP_PX);
    context.globalAlpha = 1;
    context.drawImage(map.picture, left * ratio, 0, Math.max((right - left) * ratio, 1), map.picture.height, left, 0, Math.max(right - left, 1), MINIMAP_PX);
    context.strokeStyle = flame.colours.focus;
    context.lineWidth = 2;
    context.strokeRect(Math.max(left, 1), 1, Math.max(Math.min(right, width - 1) - Math.max(left, 1), 3), MINIMAP_PX - 2);
}

function paintMinimap(flame) {
    const { map, tree, weights, width, colours } = flame, ratio = devicePixelRatio || 1;
    map.painted = flame.paint;
    map.colours = colours;
    map.upward = flame.upward;
    sizeCanvas(map.picture, width, MINIMAP_PX, () => {});
    const context = map.picture.getContext("2d");
    const rows = Math.min(tree.rows.length - 1, MINIMAP_ROWS), high = MINIMAP_PX / rows;
    const whole = { ...flame, from: 0, to: weights.total.cpu[0] };
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, MINIMAP_PX);
    for (let row = 0; row < rows; row++) {
        forEachBox(whole, row, width, (id, last, count, left, right) => {
            context.fillStyle = count > 1 ? colours.look.grey : frameFill(flame, id);
            context.fillRect(left, (flame.upward ? rows - 1 - row : row) * high, Math.max(right - left, 1), high);
        });
    }
}
