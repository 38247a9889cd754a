// Is a difference of two samplings more than chance? The formulas of profile_diff.h over plain arrays, as diff_judge.c has them. A side:
// { samples, cpu }; an item: what it cost on both sides.

const JUDGE_LEAST_SAMPLES = 16, JUDGE_BATCHES = 32, JUDGE_LONG_BATCHES = 8, JUDGE_LEAST_BATCHES = 4, JUDGE_SAMPLES_PER_BATCH = 5;
const WRONG_AT_MOST = 0.05;
const RUN_TO_RUN_SHARE = 0.02, RUN_TO_RUN_SECONDS = 0.10; // what two runs of the same work differ by at equal samples

// Time buckets -> at most `most` batches of about equal CPU time, none empty: { of: bucket -> batch, cpu: [of each batch] }.
function judgeBatches(bucketCpu, most) {
    const total = bucketCpu.reduce((sum, cpu) => sum + cpu, 0), cpu = [];
    let before = 0, last = NONE;
    const of = Uint32Array.from(bucketCpu, own => {
        const batch = total > 0 ? Math.floor((before + own / 2) * most / total) : 0;
        before += own;
        if (own > 0 && batch !== last) {
            cpu.push(0);
            last = batch;
        }
        if (cpu.length > 0) {
            cpu[cpu.length - 1] += own;
        }
        return Math.max(cpu.length - 1, 0);
    });
    return { of, cpu };
}

// f: how many times larger than binomial the variance is. batches, items: per side, of all samples and of the item.
function judgeOverDispersion(sides, batches, costs, items) {
    let observed = 0, binomial = 0;
    sides.forEach((side, s) => {
        const weight = side.cpu / side.samples, share = costs[s] / side.cpu, all = batches[s].cpu, count = all.length;
        let sum = 0;
        for (let i = 0; i < count; i++) {
            sum += ((items[s][i] - share * all[i]) / weight) ** 2;
        }
        observed += sum * count / (count - 1);
        binomial += side.samples * share * (1 - share);
    });
    return binomial > 0 && observed > binomial ? observed / binomial : 1;
}

// The upper quantile of the normal distribution (Abramowitz & Stegun 26.2.23).
function normalQuantile(tail) {
    const t = Math.sqrt(-2 * Math.log(tail));
    return t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}

// The two-sided quantile of Student's distribution for 1 - 0.05 / compared (26.7.5).
function judgeQuantile(compared, n) {
    const z = normalQuantile(WRONG_AT_MOST / 2 / Math.max(compared, 1)), square = z * z;
    return z + z * (square + 1) / 4 / n + z * ((5 * square + 16) * square + 3) / 96 / n ** 2 + z * (((3 * square + 19) * square + 17) * square - 15) / 384 / n ** 3;
}

// Half the width of the interval around b - a: as a fraction of the total, or in ns. factor: K.
function judgeHalfWidth(sides, costs, factor, normalize) {
    let variance = 0, larger = 0;
    sides.forEach((side, s) => {
        const weight = side.cpu / side.samples, samples = costs[s] / weight, share = (samples + 1) / (side.samples + 2);
        variance += normalize ? share * (1 - share) / side.samples : weight * weight * (samples + 1);
        larger = Math.max(larger, normalize ? costs[s] / side.cpu : costs[s]);
    });
    return Math.sqrt(factor * variance) + (normalize ? RUN_TO_RUN_SHARE : RUN_TO_RUN_SECONDS) * larger;
}
