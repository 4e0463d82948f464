"""A hangspy of our own beside this process: started before its first test, asked at the end of each, ended with the run.

The program looks from outside; what happens in this process is a line written to a pipe and a line read from another. Functions are kept where
a test cannot replace them, as those that patch modules (freezegun, pyfakefs, monkeypatch) would.
"""

import json
import os
import select
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from time import CLOCK_MONOTONIC, clock_gettime

#: Names the program, where it is not the one that was installed with this plugin.
PROGRAM = "HANGSPY_PROGRAM"
#: How long the program may take to attach, and to answer, seconds. Both are a matter of milliseconds on a quiet machine.
PATIENCE_TO_BEGIN_S = 30.0
PATIENCE_S = 10.0
#: Of three looks in a row two are one interval apart: see ``TestLimits`` of the program.
LOOKS = 3
LOOKS_PER_SECOND = 100
#: Where it is only seen whether a test ends.
LEAST_LOOKS_PER_SECOND = 10
MOST_LOOKS_PER_SECOND = 1000
#: The shortest limit, seconds.
SHORTEST_S = LOOKS / MOST_LOOKS_PER_SECOND

_PR_SET_PTRACER = 0x59616D61
_YAMA = "/proc/sys/kernel/yama/ptrace_scope"


class Unseen(Exception):
    """This process is not looked at; says why."""


def program():
    """The path of the program."""
    named = os.environ.get(PROGRAM)
    places = [named] if named else [os.path.join(path, "hangspy") for path in _folders()]
    found = next((place for place in places if os.access(place, os.X_OK)), None) or (None if named else shutil.which("hangspy"))
    if not found:
        raise Unseen("there is no program hangspy in %s; install it: %s -m pip install hangspy" % (places[0], sys.executable))
    return found


def _folders():
    yield sysconfig.get_path("scripts")
    yield os.path.dirname(sys.executable)
    scheme = "%s_user" % os.name
    if scheme in sysconfig.get_scheme_names():
        yield sysconfig.get_path("scripts", scheme)


class Beside:
    """The program while it looks at this process."""

    def __init__(self, folder, limit_s, shortest_s, hang_s, terminal):
        """Starts it.

        ``limit_s`` is for how long tests may block a loop, ``shortest_s`` the shortest limit that any of them has; ``None`` when that is
        not judged. ``hang_s`` is for how long they may last, and ``terminal`` a descriptor to tell of those that had to be killed.
        """
        # What a test could replace is kept here.
        self._write, self._read, self._pid_of_this, self._poll, self._clock = os.write, os.read, os.getpid, select.poll, clock_gettime
        self._loads, self._owner, self._rest = json.loads, os.getpid(), b""
        words = [program(), "beside", str(os.getpid()), "--marks", folder]
        if limit_s is not None:
            rate = min(max(LOOKS_PER_SECOND, int(LOOKS / shortest_s) + 1), MOST_LOOKS_PER_SECOND)
            words += ["--max-stall", "%.6fms" % (limit_s * 1000), "--rate", str(rate)]
        else:
            words += ["--rate", str(LEAST_LOOKS_PER_SECOND)]
        if hang_s is not None:
            words += ["--hang-timeout", "%.6fms" % (hang_s * 1000), "--terminal", "/proc/self/fd/%d" % terminal]
        with tempfile.TemporaryFile() as complaints:
            try:
                # In a session of its own: Ctrl-C is for the tests.
                self._process = subprocess.Popen(
                    words,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=complaints,
                    start_new_session=True,
                    bufsize=0,
                    pass_fds=() if terminal is None else (terminal,),
                )
            except OSError as error:
                raise Unseen("%s cannot be run: %s" % (words[0], error))
            _let_look(self._process.pid)
            begun = self._ask("begin", PATIENCE_TO_BEGIN_S)
            if begun is None or begun["unseen"]:
                self.end()
                complaints.seek(0)
                said = complaints.read().decode("utf-8", "replace").strip()
                raise Unseen(begun["unseen"] if begun else said or "hangspy did not answer")

    def asked(self, test, limit_s):
        """What the test did: the functions that blocked a loop, and what it hung in; ``None`` when there is no answer."""
        answer = self._ask("test %d %.6f" % (test, limit_s * 1000), PATIENCE_S)
        while answer is not None and answer["test"] != test:
            answer = self._line(self._clock(CLOCK_MONOTONIC) + PATIENCE_S)
        return answer

    def end(self, wait=True):
        """Ends it; without waiting where it waits for this process, whose test hung."""
        if self._pid_of_this() != self._owner:
            return
        self._process.stdin.close()
        if not wait:
            return
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _ask(self, line, patience_s):
        # A fork of this process is not looked at.
        if self._pid_of_this() != self._owner:
            return None
        try:
            self._write(self._process.stdin.fileno(), line.encode() + b"\n")
        except OSError:
            return None
        return self._line(self._clock(CLOCK_MONOTONIC) + patience_s)

    def _line(self, until):
        """The next answer; ``None`` when the program has ended, or does not answer in time."""
        answers = self._process.stdout.fileno()
        poll = self._poll()
        poll.register(answers, select.POLLIN)
        while b"\n" not in self._rest:
            left = until - self._clock(CLOCK_MONOTONIC)
            if left <= 0 or not poll.poll(left * 1000):
                return None
            more = self._read(answers, 1 << 16)
            if not more:
                return None
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        return self._loads(line.decode())


def _let_look(pid):
    """Says to a kernel with Yama that our own child may look at us, which it allows a parent only."""
    try:
        with open(_YAMA) as scope:
            if scope.read().strip() != "1":
                return
        import ctypes

        words = [ctypes.c_ulong(word) for word in (pid, 0, 0, 0)]
        ctypes.CDLL(None).prctl(ctypes.c_int(_PR_SET_PTRACER), *words)
    except (ImportError, OSError):
        # No Yama, or a Python without ctypes: then the program says which gate is closed.
        pass
