"""Asks a C compiler for the numbers of one interpreter."""

import os
import re
import subprocess
import tempfile

from fields import FIRST
from private import ALIASES, PRIVATE

HEADERS = """
#define Py_BUILD_CORE 1
#include <Python.h>
#include <frameobject.h>
#include <structmember.h>
#include <stddef.h>
#include <stdio.h>
"""
# Whatever of these a version has.
INTERNAL = [
    "pycore_pystate.h", "pycore_runtime.h", "pycore_interp.h", "pycore_gil.h", "pycore_frame.h", "pycore_dict.h",
    "pycore_moduleobject.h", "pycore_genobject.h", "pycore_llist.h", "pycore_lock.h", "pycore_semaphore.h",
    "pycore_tstate.h", "pycore_interpframe.h", "pycore_interpframe_structs.h", "pycore_code.h",
]


def at(versions, minor):
    """What holds in `minor`, of a mapping by first minor version."""
    holds = None
    for first in sorted(versions):
        if first <= minor:
            holds = versions[first]
    return holds


def expression(text, minor):
    """The C expression of a row's text."""
    if text.startswith("= "):
        return text[2:]
    if text.startswith("sizeof "):
        kind = text[len("sizeof "):]
        return f"sizeof({at(ALIASES[kind], minor) if kind in ALIASES else kind})"
    kind, member = text.split(":", 1)
    kind = at(ALIASES[kind], minor) if kind in ALIASES else kind
    return f"offsetof({kind}, {member})"


def source(texts, minor):
    """The C program that prints the value of every text."""
    lines = [HEADERS]
    for header in INTERNAL + (["opcode.h"] if minor <= 10 else []):
        where = header if header == "opcode.h" else f"internal/{header}"
        lines.append(f"#if __has_include(<{where}>)\n#include <{where}>\n#endif")
    lines += [f"/* {origin} */{declaration}" for first, origin, declaration in PRIVATE if FIRST <= first <= minor]
    lines.append("int main(void) {")
    lines += [f'    printf("%lld\\n", (long long)({expression(text, minor)}));' for text in texts]
    lines.append("    return 0;\n}")
    return "\n".join(lines)


def values(texts, minor, includes):
    """The value of every text, by compiling and running a program against the headers."""
    texts = list(dict.fromkeys(texts))
    with tempfile.TemporaryDirectory() as folder:
        program, binary = os.path.join(folder, "probe.c"), os.path.join(folder, "probe")
        with open(program, "w", encoding="utf-8") as file:
            file.write(source(texts, minor))
        arguments = [os.environ.get("CC", "cc"), "-w", "-std=gnu11", "-D_GNU_SOURCE", program, "-o", binary]
        for include in dict.fromkeys(includes):
            # Debian keeps pyconfig.h beside: include/ARCHITECTURE/python3.X, named relative to include/.
            arguments += ["-I", include, "-I", os.path.join(include, "internal"), "-idirafter", os.path.dirname(include)]
        built = subprocess.run(arguments, capture_output=True, text=True, check=False)
        if built.returncode != 0:
            errors = [line for line in built.stderr.splitlines() if re.search(r"error:", line)]
            raise SystemExit(f"3.{minor}: the headers in {includes[0]} have changed:\n" + "\n".join(errors[:20]))
        numbers = subprocess.run([binary], capture_output=True, text=True, check=True).stdout.split()
    return dict(zip(texts, map(int, numbers), strict=True))
