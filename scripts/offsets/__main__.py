"""Writes `src/layout/tables/` from the headers of the interpreters on this machine.

    python3 scripts/offsets            write the tables of every version that has headers here
    python3 scripts/offsets --check    change nothing; fail when a table differs
    python3 scripts/offsets --print 3.12    one version to standard output, as `field value` lines

Needs a C compiler ($CC, else cc). Run it again for a new version of CPython after adding what differs to `fields.py`.
"""

import os
import subprocess
import sys

import emit
from fields import FIRST, LAST
from interpreters import interpreters
from probe import values

TABLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../src/layout/tables")


def tables():
    """(minor, full version, table) of every version that has headers here."""
    for minor in range(FIRST, LAST + 1):
        for version, includes in interpreters():
            if version[:2] == (3, minor):
                wanted = emit.texts(minor)
                yield minor, version, values(wanted, minor, includes)
                break
        else:
            print(f"3.{minor}: no interpreter with headers here, its table stays as it is", file=sys.stderr)


def formatted(text):
    """The text as rustfmt writes it."""
    configuration = os.path.join(TABLES, "../../..")
    return subprocess.run(["rustfmt", "--edition", "2024", "--config-path", configuration], input=text, text=True,
                          capture_output=True, check=True).stdout


def main(arguments):
    if arguments[:1] == ["--print"]:
        for minor, _, numbers in tables():
            if f"3.{minor}" == arguments[1]:
                print(emit.listing(minor, numbers))
        return 0
    differs = []
    for minor, version, numbers in tables():
        path = os.path.normpath(os.path.join(TABLES, f"v3_{minor}.rs"))
        text = formatted(emit.rust(minor, version, numbers))
        try:
            with open(path, encoding="utf-8") as file:
                same = emit.body(file.read()) == emit.body(text)
        except FileNotFoundError:
            same = False
        if same:
            continue
        differs.append(path)
        if arguments[:1] != ["--check"]:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            print(f"wrote {path}")
    return 1 if differs and arguments[:1] == ["--check"] else 0


sys.exit(main(sys.argv[1:]))
