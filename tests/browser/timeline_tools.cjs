// What checks of the strip of time and of the timeline share.

const RANGE = /[#&]range=([\d.]+)\.\.([\d.]+)(&|$)/;

// [from, to] of the link; null: no range
async function range(page) {
    const found = RANGE.exec(await page.evaluate(() => location.hash));
    return found ? [Number(found[1]), Number(found[2])] : null;
}

// A place on a canvas: x by part of its width (0..1), y in pixels from the top.
async function at(page, selector, part, y) {
    const box = await page.$eval(selector, canvas => { const area = canvas.getBoundingClientRect(); return [area.left, area.top, area.width]; });
    return [box[0] + part * box[2], box[1] + y];
}

async function drag(page, from, to) {
    await page.mouse.move(...from);
    await page.mouse.down();
    await page.mouse.move((from[0] + to[0]) / 2, (from[1] + to[1]) / 2);
    await page.mouse.move(...to);
    await page.mouse.up();
}

const slider = (page, selector) => page.$eval(selector, one => ({ text: one.getAttribute("aria-valuetext"), now: Number(one.getAttribute("aria-valuenow")),
    min: Number(one.getAttribute("aria-valuemin")), max: Number(one.getAttribute("aria-valuemax")) }));

// From now on: the most rectangles in one frame of the animation, and how long frames took.
function countDrawing(page) {
    return page.evaluate(() => {
        window.drawn = { boxes: 0, most: 0, times: [] };
        for (const name of ["fillRect", "rect", "strokeRect", "fillText"]) {
            const draw = CanvasRenderingContext2D.prototype[name];
            CanvasRenderingContext2D.prototype[name] = function (...values) {
                window.drawn.boxes++;
                return draw.apply(this, values);
            };
        }
        const request = window.requestAnimationFrame;
        window.requestAnimationFrame = callback => request(now => {
            const begin = performance.now();
            window.drawn.boxes = 0;
            callback(now);
            window.drawn.times.push(performance.now() - begin);
            window.drawn.most = Math.max(window.drawn.most, window.drawn.boxes);
        });
    });
}

module.exports = { range, at, drag, slider, countDrawing };
