"""Every number in the README's prose and where it comes from: a row of FACTS (read from what it describes, exactly), a row of MEASURED (what
`make follow-readme` measured, within a tolerance) or a pattern of NAMES (no figure: the name of a standard, a status, a port of an
example). A number that no row covers is an error, so that nobody adds a figure without a check.

A row's pattern is found exactly once, and every number in what it finds is in one of its groups.
"""
import math
import re

from readme_text import prose

NUMBER = re.compile(r"\d")

NAMES = [
    r"Debian 12", r"x86-64", r"aarch64", r"with gcc 12 and clang 14", r"glibc 2\.35", r"python3", r"16 bits", r"16-bit", r"1-bit", r"4xx",
    r"GET /health` \| 200", r"answered 500", r"never 500", r"exit status 0", r"all answered 200", r"/health 200", r"`NO_INSTALL=1 make demo`",
    r"as process 1 of", r"needs Linux 6\.12", r"perf_event_paranoid` at most 1", r"512 MB of Render's smallest plan", r"one too many with 503",
    r"microhttpd_server 8081", r"prefork_server 8083", r"--port 8084 --bind 127\.0\.0\.1", r"--on --for=30s",
]


# --- facts: each is told by a place in the repository or by what the programs say of themselves.

def setting(sources, name):
    """The default of a setting in `image-service --help`."""
    return re.search(r"^ +--%s +\S+ +(\S+)" % name, sources.service_help, re.M)[1]


def option(sources, name):
    """The number in parentheses that ends what `hotline --help` says of an option."""
    return re.search(r"%s[^\n]*\(([\d.]+)\)" % re.escape(name), sources.hotline_help)[1]


def field(sources, name, *keys):
    return ["%g" % sources.contract[name][key] for key in keys]


def headline(sources):
    """The sentence on top of profile.html, as the picture of it shows."""
    found = re.search(r'<h1 id="headline">(.*?)</h1>', sources.read("profile.html"), re.S)[1]
    return re.sub(r"<[^>]*>", "", found).replace("&nbsp;", " ").replace("\u00a0", " ").replace("\u202f", " ")


def few_samples(sources):
    return [re.search(r"FINDINGS_FEW_SAMPLES = (\d+)", sources.read("profiler/collector/findings.h"))[1]]


FACTS = [
    (r"The top of a report: (\d+) % of CPU in transform\(\), the hottest line dct\.c:(\d+), while operation = noise_reduction",
     lambda of: list(re.search(r"(\d+).% of CPU in transform\(\).*dct\.c:(\d+), while operation = noise_reduction", headline(of)).groups())),
    (r"until the profile holds (\d+) samples", lambda of: [re.search(r"samples_wanted=(\d+)", of.read("sample_images/demo"))[1]]),
    (r"the service on port (\d+)", lambda of: [re.search(r'"(\d+):\d+"', of.read("docker-compose.yaml"))[1]]),
    (r"at (\d+) samples per CPU second", lambda of: [option(of, "--frequency=HZ")]),
    (r"listens on port (\d+)", lambda of: [setting(of, "port")]),
    (r"`radius` in pixels, above (\d+) and at most (\d+) \((\d+)\)", lambda of: field(of, "radius", "exclusiveMinimum", "maximum", "default")),
    (r"`amount`, (\d+) to (\d+) \((\d+)\)", lambda of: field(of, "amount", "minimum", "maximum", "default")),
    (r"`color` \(([\d.]+)\), `contrast` \(([\d.]+)\), `sharpness` \(([\d.]+)\), each (\d+) to (\d+)",
     lambda of: [*field(of, "color", "default"), *field(of, "contrast", "default"), *field(of, "sharpness", "default", "minimum", "maximum")]),
    (r"counter-clockwise, (-\d+) to (\d+)", lambda of: field(of, "angle", "minimum", "maximum")),
    (r"the original app's (\d+) degrees there and back",
     lambda of: [re.search(r"the original's (\d+), -\d+, mirror", of.read("service/operate/operation.h"))[1]]),
    (r"`strength`, (\d+) to (\d+) \((\d+)\)", lambda of: field(of, "strength", "minimum", "maximum", "default")),
    (r"`quality`, (\d+) to (\d+) \((\d+)\)", lambda of: field(of, "quality", "minimum", "maximum", "default")),
    (r"sampled (\d+) times per second of CPU time", lambda of: [option(of, "--frequency=HZ")]),
    (r"`--profile-interval=(\d+)` rewrites the file every (\d+) seconds",
     lambda of: 2 * [re.search(r"--profile-interval=(\d+)", of.read("render.yaml"))[1]]),
    (r"can be believed from (\d+)\b", few_samples),
    (r"Fewer than (\d+) samples", few_samples),
    (r"`PROFILE_TOKEN` \((\d+) characters or more\)", lambda of: [re.search(r"PROFILE_TOKEN .*\((\d+) characters or more\)", of.service_help)[1]]),
    (r"rewrite the report every S seconds while the program runs \((\d+)\)", lambda of: [option(of, "--profile-interval=S")]),
    (r"call tree of an HTML report may be \((\d+)\)", lambda of: [option(of, "--max-nodes=N")]),
    (r"below their caller, never more than ([\d.]+) % of the CPU time",
     lambda of: ["%g" % (100 * float(re.search(r"PRUNED_AT_MOST = ([\d.]+);", of.read("profiler/collector/profile_prune.h"))[1]))]),
    (r"samples per second of CPU time \((\d+)\)", lambda of: [option(of, "--frequency=HZ")]),
]


# --- what is measured. A comparison gets two lists of numbers (or of lines) and says what is wrong.

def within(distance):
    """For shares and ratios, which a busy machine hardly moves."""
    return lambda said, found: all(abs(a - b) <= distance for a, b in zip(said, found))


def within_factor(factor):
    """For absolute times and sizes, which depend on the machine."""
    return lambda said, found: all(a > 0 and b > 0 and abs(math.log(a / b)) <= math.log(factor) for a, b in zip(said, found))


def same(said, found):
    return list(said) == list(found)


def time_line_shape(text):
    """The lines of a rehearsal without what differs from run to run: seconds, sizes, counts of samples, shares, which line of dct.c."""
    lines = [line.strip() for line in text.strip().splitlines()]
    for pattern, sign in ((r"^[\d.]+ s", "T s"), (r"\b\d+ (MB|KB|samples)\b", r"N \1"), (r"commit [0-9a-f]+(, \d+ uncommitted changes.*)?", "commit C"),
                          (r"[\d.]+ % \w+\(\) (service/operate/kernels/dct\.c):\d+", r"P % F() \1:L")):
        lines = [re.sub(pattern, sign, line) for line in lines]
    return lines


def same_time_line(said, found):
    return time_line_shape(said[0]) == time_line_shape(found[0])


def in_range(said, found):
    """said: the range over all processors that were measured. found: what was measured now and its sampling error, as an interval."""
    return said[0] <= found[1] and found[0] <= said[1]


def shares_in_ranges(said, found):
    """Pairs of lowest and highest; one processor varies by this much from run to run."""
    return all(said[i] - 0.6 <= found[i + 1] and found[i] <= said[i + 1] + 0.6 for i in range(0, len(said), 2))


def same_line_in_range(said, found):
    return said[0] == found[0] and in_range(said[1:], found[1:])


PROFILERS = 4


def same_profilers(said, found):
    """Of each profiler: lowest and highest ratio, lowest and highest percent, highest points. Costs agree where the ranges touch: what is stated
    is the range of all rounds on the processors seen, what is found that of this run's rounds. Percentages that differ by more than a factor
    of two from round to round confirm nothing. Points: at most as far from the truth as stated, give or take a point of sampling error."""
    said, found = ([values[i:i + 5] for i in range(0, 5 * PROFILERS, 5)] for values in (said, found))
    steady = all(0 < lowest <= highest < 2 * lowest for _, _, lowest, highest, _ in found)
    return steady and all(in_range(a[i:i + 2], b[i:i + 2]) for a, b in zip(said, found) for i in (0, 2)) and all(b[4] <= a[4] + 1 for a, b in zip(said, found))


MEASURED = [
    # pattern, what was measured, the comparison, and why it is as wide as it is
    (r"profiled / alone \| ([\d.]+) \| ([\d.]+) to ([\d.]+)", "cost_service_ratio", within(0.02),
     "pairs on the same work in turns: a ratio, with half a percent of noise"),
    (r"last report included \| ([\d.]+) % \| ([\d.]+) to ([\d.]+)", "cost_hotline_percent", within_factor(2.5),
     "a ratio of CPU times, but the reports cost the same in a short run as in a long one, and a busy machine doubled it"),
    (r"peak memory of hotline \| ([\d.]+) MiB \| ([\d.]+) to ([\d.]+):", "cost_hotline_mib", within_factor(4),
     "two modes, 8 and 31 MiB: libc's debug info is unpacked when a sample fell into libc"),
    (r"start-up delay \| ([\d.]+) ms \| ([\d.]+) to ([\d.]+)", "cost_start_ms", within(6),
     "milliseconds; a difference of two starts, of which a busy machine delays either"),
    (r"of the program's \| furthest.*?hotline " + r"\n[^\n]*? ".join(PROFILERS * [
        r"\| ([\d.]+) to ([\d.]+) \| ([\d.]+) to ([\d.]+) \| ([\d.]+) \|"]), "profilers", same_profilers,
     "the processors seen; of this one, the range of three rounds; shares have a point of sampling error"),
    (r"on ([\d.]+) to ([\d.]+) CPU seconds of decoding", "profiled_cpu_s", within_factor(2), "an absolute time"),
    (r"Decoding is ([\d.]+) to ([\d.]+) % of that program and encoding ([\d.]+) to ([\d.]+) %,", "codec_truth", shares_in_ranges,
     "shares by the CPU clock: of the processors seen, give or take what one varies by"),
    (r"The first report costs about (\d+) ms of CPU time", "first_report_ms", within_factor(2.5), "an absolute time"),
    (r"about (\d+) ms per megapixel and core", "dct_ms_per_megapixel", within_factor(2), "an absolute time, and of vector code"),
    (r"share of (\d+) % that runs in step with the tick reads (\d+) % by `timer` and (\d+) % by `perf`", "engine_shares", within(5),
     "shares, also the true one: a busy machine puts ticks and work off"),
    (r"take about (\d+) seconds of CPU time", "loop_cpu_s", within_factor(2), "an absolute time"),
    (r"which makes about (\d+) samples", "loop_samples", within_factor(2), "an absolute time in disguise"),
    (r"from nothing it takes about (\d+) s\)", "rehearsal_from_nothing_s", within_factor(3), "an absolute time, with downloads in it"),
    (r"```\n( +[\d.]+ s  clone.*?)```", "rehearsal_time_line", same_time_line, "the same steps in the same words; times, sizes: see below"),
    (r"(?<=docker build: )(\d+) MB", "rehearsal_image_mb", within_factor(1.1), "Debian's packages change a little"),
    (r"uploads leave (\d+) samples", "rehearsal_samples", within_factor(2), "an absolute time in disguise"),
    (r"report is rewritten: (\d+) KB", "rehearsal_report_kb", within_factor(1.5), "it grows with the number of functions that were met"),
    (r"([\d.]+) s  from the clone to the end", "rehearsal_s", within_factor(3), "an absolute time; the wait for the rewrite is up to 15 s of it"),
    (r"opens with `service/operate/kernels/box\.c`, line (\d+), the hottest of the loop of running sums, with (\d+) to (\d+) % of CPU", "scalar_line",
     same_line_in_range, "the line exactly; its share on the processors seen: on another one may be elsewhere, then the README is to be widened"),
    (r"took ([\d.]+) to ([\d.]+) times less", "blur_gain", in_range, "the processors seen; of this one, the quartiles of the pairs"),
    (r"the factor is ([\d.]+)\.", "dct_gain", within_factor(1.25), "a ratio of CPU times, a few minutes apart"),
]


def found_once(pattern, text):
    """The match; None unless there is exactly one."""
    found = list(re.finditer(pattern, text, re.S))
    return found[0] if len(found) == 1 else None


def problems(text):
    """text: the README. ret: sentences about rows that do not fit and numbers without a row."""
    text, wrong = prose(text), []
    rest = list(text)
    for pattern in [row[0] for row in FACTS + MEASURED] + NAMES:
        matches = list(re.finditer(pattern, text, re.S))
        if pattern not in NAMES and len(matches) != 1:
            wrong.append("found %d times, not once: %s" % (len(matches), pattern))
        if pattern in NAMES and not matches:
            wrong.append("not in the README any more: " + pattern)
        for match in matches:
            rest[match.start():match.end()] = [" " if NUMBER.match(letter) else letter for letter in rest[match.start():match.end()]]
    numbers = ["a number without a check, see tests/readme/figures.py: " + line.strip() for line in "".join(rest).splitlines() if NUMBER.search(line)]
    return wrong + numbers


def stated(pattern, text):
    """The groups of a row in the README, as numbers where they are."""
    groups = found_once(pattern, prose(text)).groups()
    return [float(group) if re.fullmatch(r"-?\d+(\.\d+)?", group) else group for group in groups]
