// What happened at a moment: another commit runs (a deploy), another process has its first sample. Of the whole profile, whatever is selected.

const MOST_MARKS = 60, QUIET_START_S = 1;

// ret: [{ bucket, kind: "deploy" or "process", text }] in the order of time
function makeMarks(model) {
    return [...deployMarks(model), ...processMarks(model)].sort((a, b) => a.bucket - b.bucket).slice(0, MOST_MARKS);
}

function shortCommit(commit) {
    return /^[0-9a-f]{12,}$/.test(commit) ? commit.slice(0, 8) : commit;
}

// In time order: visit(bucket, commit)
function eachCommit(model, visit) {
    const ofSet = model.tagSets.map(set => set.map(tag => model.tags[tag]).find(tag => tag.key === COMMIT_KEY));
    if (ofSet.some(tag => tag)) {
        for (const i of inTimeOrder(model, model.cellsOf.cpu)) {
            const { bucket, tagSet } = model.cellsOf.cpu;
            if (ofSet[tagSet[i]]) {
                visit(bucket[i], ofSet[tagSet[i]].value);
            }
        }
    }
}

// A commit that others came before. One that was there already comes back when those seen since its last sample began after that and are gone
// for good: instances that run different commits side by side do not look like deploys.
function deployMarks(model) {
    const known = new Map(), marks = [];
    eachCommit(model, (bucket, commit) => {
        const one = known.get(commit) || { first: bucket, end: bucket, seen: NONE };
        one.end = bucket;
        known.set(commit, one);
    });
    eachCommit(model, (bucket, commit) => {
        const one = known.get(commit), since = [...known.values()].filter(other => other !== one && other.seen > one.seen);
        if (bucket !== one.seen) {
            const back = one.seen !== NONE && since.length > 0 && since.every(other => other.first > one.seen && other.end < bucket);
            if (back || (one.seen === NONE && since.some(other => other.seen < bucket))) {
                marks.push({ bucket, kind: "deploy", text: `deploy of ${shortCommit(commit)}` });
            }
            one.seen = bucket;
        }
    });
    return marks;
}

function processMarks(model) {
    const first = new Map(), { bucket, thread } = model.cellsOf.cpu;
    for (const i of inTimeOrder(model, model.cellsOf.cpu)) {
        const pid = model.threads.pid[thread[i]];
        if (!first.has(pid)) {
            first.set(pid, bucket[i]);
        }
    }
    return [...first].filter(([, at]) => first.size > 1 && at * model.bucketS >= QUIET_START_S)
        .map(([pid, at]) => ({ bucket: at, kind: "process", text: `first sample of process ${pid}` }));
}
