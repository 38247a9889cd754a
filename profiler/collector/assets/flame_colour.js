// What colour a frame has. By module: hue tells the module (warm: the program's own, cool: libraries) and, a little, the function, the same in
// every report; strength how much of the CPU time the frame itself took. By self time: one hue. By a tag: the value that most of the frame's
// time was spent for. Never by hue alone: kernel, library and inlined frames differ in form, too.

const STRENGTHS = 8, TAG_STRENGTH = 0.55, MOST_TAG_VALUES = 12, GOLDEN_ANGLE = 137.508, HEAT_HUE = 17, FUNCTION_HUES = 15;
const HUES = { own: [14, 38], library: [168, 318] };
const LOOK = {
    light: { saturation: [52, 92], lightness: [89, 67], grey: "hsl(40 8% 90%)" },
    dark: { saturation: [22, 62], lightness: [24, 41], grey: "hsl(40 4% 19%)" },
};

// The page's colours as they are now (the theme may change), and what is made from them.
function readColours(element) {
    const style = getComputedStyle(element);
    const named = name => style.getPropertyValue(name).trim();
    const dark = style.colorScheme === "dark" || (style.colorScheme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    return {
        look: dark ? LOOK.dark : LOOK.light, ink: named("--ink"), dim: named("--dim"), line: named("--line"), focus: named("--focus"), panel: named("--panel"),
        kernel: makeHatch(named("--kernel-ground"), named("--kernel"), 1), more: makeHatch(named("--faint"), named("--elsewhere"), -1),
        strip: named("--kernel"), edge: named("--library"), font: `11.5px ${named("--mono")}`, fills: new Map(),
    };
}

function makeHatch(ground, lines, direction) {
    const tile = document.createElement("canvas");
    const size = tile.width = tile.height = 6;
    const context = tile.getContext("2d");
    context.fillStyle = ground;
    context.fillRect(0, 0, size, size);
    context.strokeStyle = lines;
    context.lineWidth = 1.4;
    for (let at = -size; at <= 2 * size; at += size) {
        context.beginPath();
        context.moveTo(at, direction > 0 ? size + 1 : -1);
        context.lineTo(at + size + 2, direction > 0 ? -1 : size + 1);
        context.stroke();
    }
    return context.createPattern(tile, "repeat");
}

// The same module has the same hue in every report: of its name, without the version that follows ".so".
function moduleHue(path, own) {
    const [from, to] = own ? HUES.own : HUES.library;
    const name = baseName(path).replace(/\.so[.\d]*$/, "");
    return from + hashText(name) % (to - from);
}

function functionHue(model, known, own) {
    const hue = moduleHue(model.modules.path[model.functions.module[known]], own);
    return hue + hashText(model.functions.name[known]) % FUNCTION_HUES - (FUNCTION_HUES >> 1);
}

// Hues of the values of one tag, as different as so many can be: by the order of their names.
function tagHues(values) {
    return new Map([...values].sort(compareText).map((value, i) => [value, (210 + i * GOLDEN_ANGLE) % 360]));
}

// What each frame took of the selected samples with this tag.
function weighTag(flame, key, value) {
    const { model, tree, sum } = flame, { cells } = sum;
    const has = model.tagSets.map(tags => tags.some(id => model.tags[id].key === key && model.tags[id].value === value));
    const total = new Float64Array(tree.count);
    for (let i = 0; i < cells.node.length; i++) {
        for (const id of has[cells.tagSet[i]] && isChosen(sum, i) ? [tree.ofCell[i], tree.ofCaller ? tree.ofCaller[i] : NONE] : []) {
            total[id === NONE ? 0 : id] += id === NONE ? 0 : cells.weight[i];
        }
    }
    for (let id = tree.count - 1; id > 0; id--) {
        total[tree.parent[id]] += tree.parent[id] > 0 || id < tree.callersFrom ? total[id] : 0;
    }
    return total;
}

// Per frame the hue and strength of the tag value that most of it was spent for; strength 0: of no value more than half.
function colourByTag(flame, key) {
    const { model, tree, weights, sum } = flame;
    const values = sum.tags.filter(tag => tag.key === key && tag.cpu > 0).sort((a, b) => b.cpu - a.cpu).slice(0, MOST_TAG_VALUES);
    const hues = tagHues(values.map(tag => tag.value));
    const made = { values: values.map(tag => ({ value: tag.value, hue: hues.get(tag.value), cpu: tag.cpu })), hue: new Float32Array(tree.count), strength: new Uint8Array(tree.count) };
    for (const tag of values) {
        const total = weighTag(flame, key, tag.value);
        for (let id = 0; id < tree.count; id++) {
            const share = total[id] / weights.total.cpu[id];
            if (share > 0.5) {
                made.hue[id] = hues.get(tag.value);
                made.strength[id] = Math.round(STRENGTHS * (share - 0.3) / 0.7);
            }
        }
    }
    return made;
}

function colourKeys(flame) {
    return [...(flame.compare ? ["change"] : []), "module", "self", ...new Set(flame.model.tags.map(tag => "tag:" + tag.key))];
}

// What the colours of this tree and selection need to know; made when they change.
function prepareColours(flame) {
    const { model, tree, weights } = flame;
    flame.paint = {
        colour: flame.colour,
        hues: new Float32Array(2 * model.functions.name.length).fill(-1),
        tags: flame.colour.startsWith("tag:") ? colourByTag(flame, flame.colour.slice(4)) : null,
        most: weights.self.cpu[weights.hottest],
        parts: weights.self.cpu.map((cpu, id) => id < tree.callersFrom ? cpu : 0), // callers took nothing themselves
    };
    if (tree.turn === "callers") { // whose self time it is stands in the first row
        flame.paint.parts = weights.total.cpu.map((cpu, id) => tree.row[id] === 1 ? cpu : 0);
        flame.paint.most = flame.paint.parts.reduce((most, cpu) => Math.max(most, cpu), 0);
    }
}

function colourOf(colours, hue, strength) {
    const name = 1000 * Math.round(hue) + strength;
    let fill = colours.fills.get(name);
    if (!fill) {
        const { saturation, lightness } = colours.look, part = strength / STRENGTHS;
        fill = `hsl(${Math.round(hue)} ${saturation[0] + part * (saturation[1] - saturation[0])}% ${lightness[0] + part * (lightness[1] - lightness[0])}%)`;
        colours.fills.set(name, fill);
    }
    return fill;
}

function frameFill(flame, id) {
    const { paint, colours, tree, model } = flame;
    const known = tree.function[id];
    if (flame.colour === "change") {
        return changeFill(flame, id);
    }
    if (known === IN_KERNEL) {
        return colours.kernel;
    }
    if (known < 0) {
        return colours.look.grey;
    }
    if (paint.tags) {
        return paint.tags.strength[id] > 0 ? colourOf(colours, paint.tags.hue[id], paint.tags.strength[id] * TAG_STRENGTH) : colours.look.grey;
    }
    const strength = paint.most > 0 ? Math.min(Math.ceil(STRENGTHS * Math.sqrt(paint.parts[id] / paint.most)), STRENGTHS) : 0;
    if (flame.colour === "self") {
        return strength > 0 ? colourOf(colours, HEAT_HUE, strength) : colours.look.grey;
    }
    const own = tree.flags[id] & OWN_FRAME ? 1 : 0, at = 2 * known + own;
    if (paint.hues[at] < 0) {
        paint.hues[at] = functionHue(model, known, own === 1);
    }
    return colourOf(colours, paint.hues[at], strength);
}
