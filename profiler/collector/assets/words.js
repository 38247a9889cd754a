// Numbers and names -> text, and the rules of the headline (findings.c has the same).

const NARROW = "\u202f", FIXED = "\u00a0";
const STANDS_OUT = 5, MOSTLY = 50, SPREAD_FACTOR = 1.5;

function countText(count) {
    return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, NARROW);
}

function plural(count, one) {
    return `${countText(count)} ${count === 1 ? one : one + "s"}`;
}

function percentText(percent) {
    return percent <= 0 ? "" : percent < 0.05 ? "<0.1" : percent.toFixed(1);
}

function headlinePercent(percent) {
    return percent > 0 && percent < 0.05 ? "less than 0.1" : percent.toFixed(percent < 9.95 ? 1 : 0);
}

function functionText(name) {
    return name.includes("(") || name.includes("+0x") ? name : name + "()";
}

function shortPath(model, path) {
    return model.prefix && path.startsWith(model.prefix) && path.length > model.prefix.length ? path.slice(model.prefix.length) : path;
}

function baseName(path) {
    const slash = path.lastIndexOf("/");
    return slash >= 0 && slash < path.length - 1 ? path.slice(slash + 1) : path;
}

// Without a file: the module.
function placeText(sum, line) {
    const { lines, files, modules, functions } = sum.model;
    if (lines.file[line] === NONE) {
        return modules.path[functions.module[sum.lineFunction[line]]];
    }
    const number = lines.line[line];
    return shortPath(sum.model, files.path[lines.file[line]]) + (number > 0 ? ":" + number : "");
}

function samplesText(sum, cpu, samples) {
    return `${countText(samples)} of ${countText(sum.all.samples)} samples, ± ${errorOf(sum, cpu).toFixed(1)}`;
}

function standsOut(sum, cpu) {
    return percentOf(sum, cpu) - errorOf(sum, cpu) >= STANDS_OUT;
}

// Of everything, where the function has none.
function hottestLineIn(sum, id) {
    const there = sum.ownLines.find(line => sum.lineFunction[line] === id);
    return there === undefined ? sum.hottestLine : there;
}

function findHeadline(sum) {
    const none = { kind: "nothing", cpu: 0, samples: 0, line: NONE, function: NONE, tag: NONE };
    if (sum.all.samples === 0) {
        return none;
    }
    if (sum.hottestLine === NONE || percentOf(sum, sum.split.cpu[3]) > MOSTLY) {
        return { ...none, kind: "outside", cpu: sum.split.cpu[3], samples: sum.split.samples[3], function: sum.hottestFunction };
    }
    const line = sum.hottestLine;
    const found = {
        kind: "line", line, function: sum.lineFunction[line], cpu: sum.cpu.cpu[line], samples: sum.cpu.samples[line], tag: sum.lineTag[line],
    };
    const { cpu, samples } = sum.functionCpu;
    const best = cpu.indexOf(cpu.reduce((a, b) => Math.max(a, b), 0));
    if (standsOut(sum, found.cpu) && cpu[best] < SPREAD_FACTOR * found.cpu) {
        return found;
    }
    if (standsOut(sum, cpu[best])) {
        const shown = hottestLineIn(sum, best);
        return { kind: "function", line: shown, function: best, cpu: cpu[best], samples: samples[best], tag: sum.lineTag[shown] };
    }
    return { ...found, kind: "flat" };
}
