"""Turns rows and numbers into a Rust table, or into a listing for tests."""

from debug import DEBUG
from fields import CODE, END, FRAME, GENERATOR, GIL, INTERPRETER, LOCK, RUNTIME, TASK, THREAD, Rust
from objects import OBJECT
from probe import at

GROUPS = [
    ("runtime", "RuntimeOffsets", RUNTIME),
    ("interpreter", "InterpreterOffsets", INTERPRETER),
    ("gil", "GilOffsets", GIL),
    ("thread", "ThreadOffsets", THREAD),
    ("frame", None, FRAME),
    ("code", "CodeOffsets", CODE),
    ("object", "ObjectOffsets", OBJECT),
    ("generator", "GeneratorOffsets", GENERATOR),
    ("task", "TaskOffsets", TASK),
    ("lock", "LockOffsets", LOCK),
]


def is_choice(row):
    """Whether a row chooses between structures by version."""
    return any(isinstance(value, tuple) and isinstance(value[1], dict) for value in row.values())


def leaves(rows, minor, prefix=""):
    """(field, text) of every number of a group in one version."""
    for field, row in rows.items():
        held = at(row, minor)
        if is_choice(row):
            if held is not None:
                yield from leaves(held[1], minor, f"{prefix}{field.rstrip('?')}.")
        elif isinstance(held, tuple):
            for text in held:
                yield f"{prefix}{field}", text
        elif held is not None and held is not END and not isinstance(held, Rust):
            yield f"{prefix}{field.rstrip('?')}", held


def group_rows(rows, minor):
    """The rows of a group, whose `frame` is itself a choice."""
    return {"": rows} if rows is FRAME else rows


def debug_words(minor):
    """(variant of Field, text of its index) of every word of the debug offsets that is of use."""
    for field, row in DEBUG.items():
        member = at(row, minor)
        if member is not None:
            yield field, f"= offsetof(_Py_DebugOffsets, {member}) / 8"


def texts(minor):
    """Every text that a table of this version needs the value of."""
    fields = [text for _, _, rows in GROUPS for _, text in leaves(group_rows(rows, minor), minor)]
    return fields + [text for _, text in debug_words(minor)]


def end_of(rows, minor, numbers):
    """Eight bytes after the last number above the row that says END, rounded up to eight."""
    last = 0
    for field, row in rows.items():
        if at(row, minor) is END:
            return (last + 8 + 7) // 8 * 8
        for _, text in leaves({field: row}, minor):
            # `current_frame` of `_PyCFrame` is in another structure.
            if not text.startswith("_PyCFrame_"):
                last = max(last, numbers[text])
    raise ValueError("no END in these rows")


def value(field, held, rows, minor, numbers):
    """A number, flag or structure in Rust."""
    if held is END:
        text = str(end_of(rows, minor, numbers))
    elif isinstance(held, Rust):
        text = str(held)
    elif isinstance(held, tuple):
        text = "Some((" + ", ".join(str(numbers[part]) for part in held) + "))"
    else:
        text = str(numbers[held])
    return f"Some({text})" if field.endswith("?") else text


def structure(name, rows, minor, numbers):
    """A structure and its fields in Rust."""
    lines = []
    for field, row in rows.items():
        held = at(row, minor)
        plain = field.rstrip("?")
        if held is None:
            lines.append(f"{plain}: None,")
        elif is_choice(row):
            lines.append(f"{plain}: {structure(held[0], held[1], minor, numbers)},")
        else:
            lines.append(f"{plain}: {value(field, held, rows, minor, numbers)},")
    return f"{name} {{" + "\n".join(lines) + "}" + ")" * name.count("(")


def rust(minor, version, numbers):
    """The table of one version."""
    lines = [
        f"//! Offsets of CPython 3.{minor}, written by `scripts/offsets` from the headers of "
        f"{'.'.join(map(str, version))} for 64-bit Linux. Do not edit.",
        "",
        *(["use crate::layout::debug_offsets::Field;"] if any(debug_words(minor)) else []),
        "use crate::layout::*;",
        "use crate::snapshot::{Known, PythonVersion, Why};",
        "",
        f"/// Offsets of 3.{minor}, of a build with a GIL.",
        "pub(super) const OFFSETS: Offsets = Offsets {",
        f"version: PythonVersion {{ major: 3, minor: {minor}, patch: Known::Unknown(Why::NotRead) }},",
        "free_threaded: false,",
    ]
    for field, name, rows in GROUPS:
        if name is None:
            name, rows = at(rows, minor)
        lines.append(f"{field}: {structure(name, rows, minor, numbers)},")
    lines.append("};")
    words = [f"(Field::{field}, {numbers[text]})," for field, text in debug_words(minor)]
    if words:
        lines += ["", "/// Which word of `_Py_DebugOffsets` is which field.", "pub(super) const DEBUG_OFFSETS: &[(Field, usize)] = &["]
        lines += [*words, "];"]
    return "\n".join(lines)


def body(text):
    """The table without its first line, which names a patch release."""
    return text.split("\n", 1)[1] if "\n" in text else text


def listing(minor, numbers):
    """`group.field value` lines."""
    return "\n".join(
        f"{group}.{field.lstrip('.')} {numbers[text]}"
        for group, _, rows in GROUPS
        for field, text in leaves(group_rows(rows, minor), minor)
    )
