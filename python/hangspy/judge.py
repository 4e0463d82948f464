"""``pytest --hangspy``: a test that blocks an event loop for longer than it may fails, with what blocked it in its report."""

import os
from time import CLOCK_MONOTONIC, clock_gettime

import pytest

from hangspy import limits
from hangspy.beside import SHORTEST_S, Beside, Unseen

#: The title of our section in a report.
SECTION = "hangspy"
#: What is told of a test in its report, and so by xdist and in JUnit's file.
BLOCKED, ALLOWED, UNKNOWN = "hangspy_blocked", "hangspy_allowed", "hangspy_not_known"
_WORDS = [
    (BLOCKED, "tests that blocked an event loop for longer than they may: %d", "red"),
    (ALLOWED, "tests that did and are allowed to: %d", "green"),
    (UNKNOWN, "tests of which it is not known: %d", "yellow"),
]


class Judge:
    """Asks at the end of a test what it did."""

    def __init__(self, marks, folder, limit_s, allowed, hang_s):
        self._marks, self._folder, self._limit_s, self._allowed, self._hang_s = marks, folder, limit_s, allowed, hang_s
        self._hung = False
        self._beside = self._unseen = self._item = None
        # A test may replace clocks.
        self._clock, self._began = clock_gettime, 0.0

    def begin(self, session):
        """Starts the program before the first test: where no test runs, as in the process that only hands them out, there is none."""
        shortest_s = self._limit_s and min([self._limit_s] + [_marked(item) or self._limit_s for item in session.items])
        terminal = None if self._hang_s is None else _terminal(session.config)
        try:
            self._beside = Beside(self._folder, self._limit_s, shortest_s, self._hang_s, terminal)
        except Unseen as error:
            self._unseen = str(error)
        finally:
            if terminal is not None:
                os.close(terminal)

    def end(self):
        """Ends it."""
        if self._beside:
            self._beside.end(wait=not self._hung)

    def hang(self):
        """What the test that runs hung in, in words, if it was interrupted for that."""
        answer = self._beside and self._beside.asked(self._marks.tests, self._limit_s or self._hang_s)
        self._hung = bool(answer and answer["hang"])
        return answer["hang"] if self._hung else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item):
        if self._beside is None and self._unseen is None:
            self.begin(item.session)
        self._began = self._clock(CLOCK_MONOTONIC)
        if self._unseen:
            item.user_properties.append((UNKNOWN, self._unseen))
            # Tests that nobody looks at are not known to block nothing.
            item.session.shouldfail = "hangspy cannot look at this process"
            pytest.fail("hangspy cannot look at this process: %s" % self._unseen, pytrace=False)
        wrong = None
        try:
            self._rules(item)
        except limits.Wrong as error:
            wrong = str(error)
        if wrong:
            pytest.fail(wrong, pytrace=False)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_call(self, item):
        """After the test itself, as a part of it: it fails as by an assertion, for whatever reruns, expects or counts failures."""
        broken = self._judge(item)
        if broken:
            pytest.fail("\n".join(broken), pytrace=False)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item, call):
        # A test that failed by itself may have blocked a loop too.
        if call.when == "call" and self._item is not item:
            self._judge(item)
        if call.when == "teardown":
            self._item = None

    def _rules(self, item):
        """The limit of a test, and why it is allowed to break it."""
        marker, allowing = item.get_closest_marker("max_stall"), item.get_closest_marker("allow_blocking")
        limit_s = limits.of_marker(marker, SHORTEST_S) if marker else self._limit_s
        return limit_s, limits.reason_of_marker(allowing) if allowing else None

    def _judge(self, item):
        """Asks, and writes down the answer; returns what broke the limit, in words."""
        self._item = item
        if self._limit_s is None:
            return []
        limit_s, reason = self._rules(item)
        # Who ran for less did not block for longer; nothing is asked then, so that short tests stay short.
        if self._clock(CLOCK_MONOTONIC) - self._began < limit_s:
            return []
        answer = self._beside.asked(self._marks.tests, limit_s)
        if answer is None:
            item.user_properties.append((UNKNOWN, "hangspy did not answer"))
            return []
        broken = []
        for stall in answer["stalls"]:
            if not stall["broken"]:
                continue
            excuse = reason or next((one.reason for one in self._allowed if one.covers(stall["stack"])), None)
            words = stall["line"]
            if excuse:
                item.user_properties.append((ALLOWED, "%s; allowed: %s" % (words, excuse)))
            else:
                item.user_properties.append((BLOCKED, words))
                item.add_report_section("call", SECTION, stall["text"])
                broken.append("event loop %s (allowed: %gms)" % (words, limit_s * 1000))
        return broken


def _terminal(config):
    """A descriptor of what standard error was before pytest captured it."""
    with config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        return os.dup(2)


def _marked(item):
    """The limit that a test has of its own; one that makes no sense fails that test when its turn comes."""
    marker = item.get_closest_marker("max_stall")
    try:
        return limits.of_marker(marker, SHORTEST_S) if marker else None
    except limits.Wrong:
        return None


def summarize(reporter, limit):
    """A line at the end of the run, from the reports that came, also from other processes."""
    tests, ran = {}, False
    for reports in reporter.stats.values():
        for report in reports:
            ran = ran or getattr(report, "when", None) == "call"
            for name, _ in getattr(report, "user_properties", ()):
                tests.setdefault(name, set()).add(report.nodeid)
    said = [(words % len(tests[name]), colour) for name, words, colour in _WORDS if name in tests]
    if ran and not said:
        said = [("no test blocked an event loop for longer than it may", "green")]
    if said:
        reporter.write_sep("-", "hangspy, limit %s" % limit)
    for words, colour in said:
        reporter.write_line(words, **{colour: True})
