"""``pytest --hang-timeout``: a test that hangs fails with what it hangs in, and the run ends.

hangspy notices it from outside, looks into it, and interrupts the process as Ctrl-C does. Here that becomes the failure of the test.
"""

from time import CLOCK_MONOTONIC, clock_gettime

import pytest


class Hangs:
    """Asks after each phase of a test that lasted for too long whether it was interrupted for that."""

    def __init__(self, judge, timeout_s):
        self._judge, self._timeout_s, self._clock = judge, timeout_s, clock_gettime
        #: What a phase hung in, in words, until its report is made.
        self._hung = {}

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item):
        began = self._clock(CLOCK_MONOTONIC)
        self._look(item, "setup", began, (yield))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item):
        began = self._clock(CLOCK_MONOTONIC)
        self._look(item, "call", began, (yield))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item):
        began = self._clock(CLOCK_MONOTONIC)
        self._look(item, "teardown", began, (yield))

    def _look(self, item, when, began, outcome):
        if self._clock(CLOCK_MONOTONIC) - began < self._timeout_s:
            return
        text = self._judge.hang()
        if text:
            # An interrupt would end the run without a word about the test.
            outcome.force_result(None)
            self._hung[when] = text
            item.session.shouldfail = "a test hung"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item, call):
        text = self._hung.pop(call.when, None)
        if text:
            item.add_report_section(call.when, "hangspy", text)
            call.excinfo = _failure(text.splitlines()[0])


def _failure(words):
    try:
        pytest.fail(words, pytrace=False)
    except pytest.fail.Exception:
        return pytest.ExceptionInfo.from_current()
