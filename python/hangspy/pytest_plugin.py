"""The pytest plugin: says to a hangspy that looks from outside which test runs. Inert until ``hangspy test`` asks for it."""

import os

import pytest

#: Set by ``hangspy test``: the folder in which each process that runs tests has a file.
FOLDER = "HANGSPY_MARKS"

_SETUP, _CALL, _TEARDOWN = 1, 2, 3
#: Configuration and marker of the run that this process is about. A run inside of a test (``pytester``) belongs to that test.
_running = None


def pytest_configure(config):
    global _running
    folder = os.environ.get(FOLDER)
    if not folder or _running is not None:
        return
    from hangspy.marks import MarkFile

    try:
        marks = MarkFile(folder)
    except OSError as error:
        config.issue_config_time_warning(pytest.PytestConfigWarning("hangspy is not told which test runs: %s" % error), 2)
        return
    marker = Marker(marks)
    _running = config, marker
    config.pluginmanager.register(marker, "hangspy-marker")


def pytest_unconfigure(config):
    global _running
    if _running is not None and _running[0] is config:
        config.pluginmanager.unregister(_running[1])
        _running = None


class Marker:
    """Writes down each phase of each test."""

    def __init__(self, marks):
        self._marks = marks

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        # What a test starts is its own: another pytest that it runs has no file, and counts for this test.
        os.environ.pop(FOLDER, None)
        self._marks.begin()
        yield
        self._marks.write(0)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item):
        self._marks.write(_SETUP, item.nodeid)
        yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item):
        self._marks.write(_CALL, item.nodeid)
        yield
        # What comes now, such as the report of a failure, is not the test's.
        self._marks.write(0)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item):
        self._marks.write(_TEARDOWN, item.nodeid)
        yield
