"""Test points in TAP: each function marked @test is one point; it fails by raising."""
import sys
import traceback

_tests = []


class Skip(Exception):
    """Raised by a test that cannot run here; the text says why."""


def test(function):
    _tests.append(function)
    return function


def equal(got, expected, what=""):
    if got != expected:
        raise AssertionError("%s: got %r, expected %r" % (what or "value", got, expected))


def true(condition, what):
    if not condition:
        raise AssertionError(what)


def run():
    """Run the tests, those named on the command line only if any are; exit."""
    chosen = [f for f in _tests if not sys.argv[1:] or f.__name__ in sys.argv[1:]]
    failed = 0
    print("1..%d" % len(chosen))
    for number, function in enumerate(chosen, 1):
        name = "%d - %s" % (number, function.__name__)
        try:
            function()
            print("ok " + name)
        except Skip as why:
            print("ok %s # SKIP %s" % (name, why))
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print("not ok " + name)
            for line in traceback.format_exc().splitlines():
                print("# " + line)
        sys.stdout.flush()
    sys.exit(1 if failed else 0)
