"""The file in which a process says which test it runs, for a hangspy that looks at it from outside.

Little endian, one page:

====== ===== ===================================================
offset bytes
====== ===== ===================================================
0      8     ``MAGIC``
8      8     sequence: odd while the rest is written
16     8     how many tests have begun, this one included
24     4     the thread that runs it, as the kernel numbers it
28     4     the phase: 0 none, 1 setup, 2 call, 3 teardown, 4 paused
32     4     bytes of the node id
36     ...   the node id, UTF-8, its middle left out when it is long
====== ===== ===================================================

The stores of one thread are seen in their order on x86-64, so whoever reads an even sequence, the rest, and the same sequence again has
read one whole state. Nothing of the process is used for it but memory: no clock, no lock, no call that a test may have replaced.
"""

import mmap
import os
import struct
import threading
from contextlib import contextmanager

MAGIC = b"hangspy\x01"
SIZE = 4096
_BODY = struct.Struct("<QIII")
_SEQUENCE = struct.Struct("<Q")
_AT_SEQUENCE = 8
_AT_BODY = 16
_AT_NODE = _AT_BODY + _BODY.size
#: Bytes of a node id that are kept; of a longer one as many at its beginning and at its end.
LONGEST_NODE = SIZE - _AT_NODE

NONE, SETUP, CALL, TEARDOWN, PAUSED = range(5)


class MarkFile:
    """A process's own file in the folder that hangspy made."""

    def __init__(self, folder):
        """Makes the file, which takes its place when it is whole."""
        path = os.path.join(folder, "%d.mark" % os.getpid())
        unfinished = path + ".new"
        descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(descriptor, SIZE)
            self._memory = mmap.mmap(descriptor, SIZE)
        finally:
            os.close(descriptor)
        self._sequence = 0
        self._now = NONE, ""
        self._memory[: len(MAGIC)] = MAGIC
        os.rename(unfinished, path)
        #: How many tests have begun.
        self.tests = 0

    def begin(self):
        """Another test begins."""
        self.tests += 1

    def write(self, phase, node=""):
        """Says what runs from now on, in the calling thread."""
        self._now = phase, node
        text = short(node.encode("utf-8", "backslashreplace"))
        memory = self._memory
        _SEQUENCE.pack_into(memory, _AT_SEQUENCE, self._sequence + 1)
        _BODY.pack_into(memory, _AT_BODY, self.tests, threading.get_native_id(), phase, len(text))
        memory[_AT_NODE : _AT_NODE + len(text)] = text
        self._sequence += 2
        _SEQUENCE.pack_into(memory, _AT_SEQUENCE, self._sequence)

    @contextmanager
    def paused(self):
        """What happens inside is not the test's."""
        phase, node = self._now
        if phase != NONE:
            self.write(PAUSED, node)
        try:
            yield
        finally:
            self.write(phase, node)


def short(text, room=LONGEST_NODE):
    """The bytes of a node id as they fit: without its middle when it is long."""
    if len(text) <= room:
        return text
    gap = b"[...]"
    half = (room - len(gap)) // 2
    return text[:half] + gap + text[-half:]
