"""What a test may do: limits and exceptions, in markers and in the configuration."""

import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m)")


class Wrong(ValueError):
    """What somebody wrote means nothing; says what to write."""


def seconds(text, shortest_s=0.0):
    """Reads ``50ms``, ``1.5s`` or ``2m``."""
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if not found or not float(found.group(1)):
        raise Wrong("%r is not a duration; write it like 50ms, 1.5s or 2m" % (text,))
    length = float(found.group(1)) * _UNITS[found.group(2)]
    if length < shortest_s:
        raise Wrong("%s is too short to be told; the shortest is %gms" % (text, shortest_s * 1000))
    return length


def of_marker(marker, shortest_s):
    """The limit in ``@pytest.mark.max_stall("200ms")``, seconds."""
    words = dict(zip(["limit"], marker.args), **marker.kwargs)
    if len(marker.args) > 1 or set(words) != {"limit"}:
        raise Wrong('max_stall takes one duration: @pytest.mark.max_stall("200ms")')
    return seconds(words["limit"], shortest_s)


def reason_of_marker(marker):
    """The reason in ``@pytest.mark.allow_blocking(reason="...")``."""
    reason = marker.kwargs.get("reason")
    if marker.args or set(marker.kwargs) != {"reason"} or not isinstance(reason, str) or not reason.strip():
        raise Wrong('allow_blocking takes a reason: @pytest.mark.allow_blocking(reason="reads a small file once")')
    return reason


class Allowed:
    """A function in which loops may be blocked: ``shop.prices:load: reads a small file once``."""

    def __init__(self, line):
        module, _, rest = line.partition(":")
        function, _, reason = rest.partition(":")
        self.function, self.reason = function.strip(), reason.strip()
        path = module.strip().replace(".", "/")
        if not path or not self.function or not self.reason:
            raise Wrong("hangspy_allow: %r is not `module:function: reason`" % line)
        self._files = ("/%s.py" % path, "/%s/__init__.py" % path)

    def covers(self, stack):
        """Whether the function is on a stack: what it calls is its own. ``Class.method`` is a method of that class only."""
        return any(self._is(place["function"]) and place["file"].endswith(self._files) for place in stack)

    def _is(self, name):
        name = name.replace(".<locals>", "")
        return name == self.function or name.endswith("." + self.function)
