"""The pytest plugin: inert until ``pytest --hangspy`` or ``hangspy test`` asks for it.

Under ``hangspy test`` it says to the hangspy around it which test runs. With ``--hangspy`` it starts one beside each process that runs tests, and
tests that block an event loop for too long fail; with ``--hang-timeout`` so do tests that hang.
"""

import os
import shutil
import tempfile
from contextlib import contextmanager

import pytest

#: Set by ``hangspy test``: the folder in which each process that runs tests has a file.
FOLDER = "HANGSPY_MARKS"
DEFAULT_LIMIT = "50ms"

_SETUP, _CALL, _TEARDOWN = 1, 2, 3
_MARKERS = [
    'max_stall(limit): how long this test may block an event loop under `pytest --hangspy`: max_stall("200ms")',
    "allow_blocking(reason): this test may block an event loop, for this reason",
]
#: The run that this process is about. A run inside of a test (``pytester``) belongs to that test.
_running = None


def pytest_addoption(parser):
    group = parser.getgroup("hangspy", "blocked event loops")
    group.addoption(
        "--hangspy",
        nargs="?",
        const=DEFAULT_LIMIT,
        metavar="LIMIT",
        help="fail tests that block an event loop for longer than this (%s)" % DEFAULT_LIMIT,
    )
    group.addoption("--hang-timeout", metavar="LENGTH", help="end the run when a test lasts for so long, such as 60s, and tell what it hangs in")
    parser.addini("hangspy_allow", "functions that may block an event loop, each `module:function: reason`", type="linelist", default=[])


def pytest_configure(config):
    global _running
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    limit, hang, folder = config.getoption("hangspy", None), config.getoption("hang_timeout", None), os.environ.get(FOLDER)
    if (limit or hang or folder) and _running is None:
        _running = _Run(config, folder, limit, hang)


def pytest_unconfigure(config):
    global _running
    if _running is not None and _running.config is config:
        _running.end()
        _running = None


def pytest_terminal_summary(terminalreporter, config):
    if _running is not None and _running.config is config and _running.limit:
        from hangspy.judge import summarize

        summarize(terminalreporter, _running.limit)


@pytest.fixture(scope="session")
def hangspy_pause():
    """Lets a test alone for a while: ``with hangspy_pause(): app = make_app()``."""

    @contextmanager
    def pause():
        if _running is None or _running.marks is None:
            yield
        else:
            with _running.marks.paused():
                yield

    return pause


class _Run:
    """A run of pytest that is looked at, and the plugins of ours in it."""

    def __init__(self, config, folder, limit, hang):
        self.config, self.limit, self.marks = config, limit, None
        self._plugins, self._own_folder, self._judge = [], None, None
        limit_s = _seconds("--hangspy", limit, "; in front of paths it needs its value: --hangspy=50ms tests") if limit else None
        hang_s = _seconds("--hang-timeout", hang) if hang else None
        allowed = self._allowed()
        from hangspy.marks import MarkFile

        try:
            if not folder:
                folder = self._own_folder = tempfile.mkdtemp(prefix="hangspy-marks-")
            self.marks = MarkFile(folder)
        except OSError as error:
            words = "hangspy is not told which test runs: %s" % error
            if limit or hang:
                raise pytest.UsageError(words)
            config.issue_config_time_warning(pytest.PytestConfigWarning(words), 2)
            return
        self._add(Marker(self.marks), "hangspy-marker")
        if limit or hang:
            from hangspy.judge import Judge

            self._judge = Judge(self.marks, folder, limit_s, allowed, hang_s)
            self._add(self._judge, "hangspy-judge")
        if hang:
            from hangspy.hang import Hangs

            self._add(Hangs(self._judge, hang_s), "hangspy-hangs")

    def _allowed(self):
        from hangspy.limits import Allowed, Wrong

        try:
            return [Allowed(line) for line in self.config.getini("hangspy_allow")]
        except Wrong as error:
            raise pytest.UsageError(str(error))

    def _add(self, plugin, name):
        self.config.pluginmanager.register(plugin, name)
        self._plugins.append(plugin)

    def end(self):
        for plugin in self._plugins:
            self.config.pluginmanager.unregister(plugin)
        if self._judge:
            self._judge.end()
        if self._own_folder:
            shutil.rmtree(self._own_folder, ignore_errors=True)


def _seconds(option, text, hint=""):
    from hangspy.beside import SHORTEST_S
    from hangspy.limits import Wrong, seconds

    try:
        return seconds(text, SHORTEST_S)
    except Wrong as error:
        raise pytest.UsageError("%s: %s%s" % (option, error, hint))


class Marker:
    """Writes down each phase of each test."""

    def __init__(self, marks):
        self._marks = marks

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        # What a test starts is its own: another pytest that it runs has no file, and counts for this test.
        os.environ.pop(FOLDER, None)
        yield
        self._marks.write(0)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item):
        # A test that is run again for having failed is another one.
        self._marks.begin()
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
