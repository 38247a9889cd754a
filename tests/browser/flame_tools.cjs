// What checks of the flame graph share: the frame in focus, walking through all frames, places on the canvas.

const count = text => Number(text.replace(/\u202f/g, ""));

// The frame in focus, as the panel and a screen reader have it.
function readFrame(page) {
    return page.evaluate(() => {
        const facts = Object.fromEntries([...document.querySelectorAll(".frame-facts div")].map(fact => [fact.querySelector("dt").textContent, fact.querySelector("dd").textContent]));
        const item = document.getElementById(document.querySelector(".flame-scroll").getAttribute("aria-activedescendant"));
        return { id: document.querySelector(".frame").dataset.frame, name: document.querySelector(".frame h3").textContent,
            level: Number(item.getAttribute("aria-level")), words: item.textContent, facts };
    });
}

async function press(page, key) {
    await page.keyboard.press(key);
    return readFrame(page);
}

// Press a key until the focus stays where it is. ret: the frames met, the one it began at first.
async function pressOn(page, key) {
    const met = [await readFrame(page)];
    for (let now; (now = await press(page, key)).id !== met[met.length - 1].id;) {
        met.push(now);
    }
    return met;
}

// Every frame of the flame graph by arrow keys, row by row: rightwards to its end, then leftwards to the first frame that calls any.
async function tourFlame(page) {
    await page.focus(".flame-scroll");
    await page.keyboard.press("Home");
    for (const all = []; ;) {
        const row = await pressOn(page, "ArrowRight");
        all.push(...row);
        let deeper = null;
        for (let i = row.length - 1; i >= 0 && !deeper; i--) {
            const now = await press(page, "ArrowDown");
            deeper = now.level > row[i].level ? now : null;
            if (!deeper) {
                await page.keyboard.press("ArrowLeft");
            }
        }
        if (!deeper) {
            return all;
        }
        await pressOn(page, "ArrowLeft");
    }
}

// Frames of one function together are the function, what it called of itself counted once. ret: what differs.
function compareFlame(frames, json) {
    const sums = new Map();
    for (const frame of frames) {
        const sum = sums.get(frame.name) || { total: 0, self: 0 };
        sum.total += frame.words.includes("recursive") ? 0 : count(frame.facts.samples);
        sum.self += count(frame.facts["self samples"]);
        sums.set(frame.name, sum);
    }
    const wrong = [];
    for (const known of json.functions) {
        const sum = sums.get(known.name + "()") || { total: 0, self: 0 };
        if (sum.total !== known.samples || sum.self !== known.self_samples) {
            wrong.push(`${known.name}: ${sum.total}/${sum.self} for ${known.samples}/${known.self_samples}`);
        }
    }
    const [root] = frames;
    if (json.scope.left_out.functions === 0 && count(root.facts.samples) !== json.functions.reduce((sum, known) => sum + known.self_samples, 0)) {
        wrong.push("the root: " + root.facts.samples);
    }
    return wrong;
}

const ROW = 20;

// The middle of a frame on the screen, by its row and where in it (0..1 of the width).
async function placeOf(page, row, part) {
    const area = await page.$eval(".flame-space canvas", canvas => { const box = canvas.getBoundingClientRect(); return [box.left, box.top, box.width]; });
    return [area[0] + part * area[2], area[1] + (row + 0.5) * ROW];
}

const settled = page => page.waitForTimeout(260); // the glide to a new zoom

module.exports = { count, readFrame, press, pressOn, tourFlame, compareFlame, placeOf, settled, ROW };
