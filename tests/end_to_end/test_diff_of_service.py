#!/usr/bin/python3
"""hotline diff on real runs of image-service: a few pairs of what `make bench-diff` tries twenty of."""
import os
import sys
import tempfile

from tap import Skip, equal, run, test, true

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "bench"))
import bench_diff  # noqa: E402

ROUNDS = 24  # about 4 s of CPU time: enough samples for a verdict on functions that take a twentieth


def needs_a_plain_build():
    if os.environ.get("SAN"):
        raise Skip("a sanitizer's runtime and a preloaded library do not go together")


@test
def two_runs_of_the_same_work_are_not_different():
    needs_a_plain_build()
    with tempfile.TemporaryDirectory() as folder:
        wrong = bench_diff.same_work(folder, ROUNDS, pairs=2)
    true(wrong <= 1, "one in twenty pairs may be called different, not %d of two" % wrong)


@test
def mean_and_dct_differ_in_their_own_functions_only():
    needs_a_plain_build()
    with tempfile.TemporaryDirectory() as folder:
        right, others = bench_diff.methods(folder, ROUNDS)
    true(right >= 3, "functions of the two methods are named: %d" % right)
    equal(others, 0, "and no other")


run()
