// What own code calls, by what it costs: allocation, copying, the kernel, libraries. The rules are those of called_code.c, which explains them.

const ALLOCATION = 0, COPY = 1, KERNEL = 2, LIBRARY = 3; // and above: one group for each module
const ALLOCATES = /^_*(libc_)?(malloc|calloc|realloc|reallocarray|free|cfree|memalign|posix_memalign|aligned_alloc|valloc|int_malloc|int_free|int_realloc|int_memalign|sysmalloc|systrim|unlink_chunk|tcache|operator new|operator delete)(?![A-Za-z0-9])/;
const COPIES = /^_*(libc_)?(memcpy|mempcpy|memmove|memset|memccpy|wmemcpy|wmemmove|wmemset|bcopy|bzero|strcpy|strncpy|stpcpy)(?![A-Za-z0-9])/;

// Per node the group of what runs there outside the kernel; NONE: own code, or none above it.
function calledGroups(model) {
    if (!model.calledGroups) {
        const { tree, frames, functions } = model;
        const kinds = functions.name.map(name => ALLOCATES.test(name) ? ALLOCATION : COPIES.test(name) ? COPY : NONE);
        const groups = new Int32Array(tree.count).fill(NONE);
        for (let i = 1; i < tree.count; i++) {
            const above = tree.parent[i], called = frames.function[tree.frame[i]];
            if (tree.own[i] !== i && tree.own[i] !== NONE) {
                const entered = tree.own[above] === above, kept = !entered && groups[above] < KERNEL;
                groups[i] = kept ? groups[above] : kinds[called] !== NONE ? kinds[called] : entered ? LIBRARY + functions.module[called] : groups[above];
            }
        }
        model.calledGroups = groups;
    }
    return model.calledGroups;
}

// ret: for allocation, copying, the kernel and the library that takes most: { cpu, samples, module, line, lineCpu }; samples 0: none of it.
function findCalled(sum) {
    const { model, cells, chosen } = sum;
    const { tree, frames } = model;
    const groups = calledGroups(model);
    const found = shares(LIBRARY + model.modules.path.length), lines = new Map();
    for (let i = 0; i < cells.node.length; i++) {
        const node = cells.node[i], decider = tree.own[node];
        const group = decider === NONE ? NONE : cells.kernel[i] && (groups[node] === NONE || groups[node] >= KERNEL) ? KERNEL : groups[node];
        if (group !== NONE && (!chosen || chosen[i])) {
            add(found, group, cells.weight[i], cells.samples[i]);
            const line = frames.lineId[tree.frame[decider]], key = group * model.lines.count + line;
            lines.set(key, (lines.get(key) || 0) + cells.weight[i]);
        }
    }
    let library = LIBRARY;
    for (let i = LIBRARY; i < found.cpu.length; i++) {
        library = found.cpu[i] > found.cpu[library] ? i : library;
    }
    return [ALLOCATION, COPY, KERNEL, library].map(group => {
        const called = { cpu: found.cpu[group] || 0, samples: found.samples[group] || 0, module: group - LIBRARY, line: NONE, lineCpu: 0 };
        for (let line = 0; called.samples > 0 && line < model.lines.count; line++) {
            const cpu = lines.get(group * model.lines.count + line);
            if (cpu !== undefined && (called.line === NONE || cpu > called.lineCpu)) {
                called.line = line;
                called.lineCpu = cpu;
            }
        }
        return called;
    });
}

// The libraries that own code called, whatever they do there: [[module, CPU time]...], most first. Together they are the split's "libraries".
// What stands in between in the program's own file, such as an inlined wrapper of a header, is of the library it calls.
function findLibraries(sum) {
    const { model, cells, chosen } = sum, { tree, frames, functions } = model, cpu = new Map(), called = new Int32Array(tree.count);
    const moduleOf = node => functions.module[frames.function[tree.frame[node]]];
    for (let i = 1; i < tree.count; i++) {
        const above = tree.parent[i], decider = tree.own[above];
        called[i] = decider === NONE || decider === above || called[above] === moduleOf(decider) ? moduleOf(i) : called[above];
    }
    for (let i = 0; i < cells.node.length; i++) {
        const node = cells.node[i];
        if ((!chosen || chosen[i]) && !cells.kernel[i] && tree.own[node] !== NONE && tree.own[node] !== node) {
            cpu.set(called[node], (cpu.get(called[node]) || 0) + cells.weight[i]);
        }
    }
    return [...cpu].sort((a, b) => b[1] - a[1]);
}
