//! The walls between the rooms: who may name whom, what a pure room may not say, and how long a file may be.
//!
//! When a test here fails, move the code to the room it belongs to; widen a table only on purpose and say so in the
//! commit.
#![expect(clippy::expect_used, reason = "a tree that cannot be read ends with what went wrong")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Room and the rooms that it may name.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("figures", &[]),
    ("snapshot", &[]),
    ("memory", &["error", "snapshot"]),
    ("os", &["error", "snapshot"]),
    ("layout", &["error", "memory", "snapshot"]),
    ("target", &["error", "libraries", "os", "snapshot"]),
    ("attach", &["error", "layout", "memory", "os", "snapshot"]),
    ("read", &["attach", "error", "layout", "libraries", "memory", "os", "snapshot"]),
    ("libraries", &["snapshot"]),
    ("classify", &["libraries", "snapshot"]),
    ("aggregate", &["classify", "figures", "libraries", "snapshot"]),
    ("words", &["aggregate", "classify", "figures", "libraries", "snapshot"]),
    ("report", &["aggregate", "classify", "figures", "libraries", "snapshot", "words"]),
    ("render", &["error", "figures", "report", "snapshot", "words"]),
    ("journal", &["error", "snapshot"]),
    (
        "drive",
        &[
            "attach",
            "error",
            "journal",
            "libraries",
            "memory",
            "os",
            "read",
            "render",
            "report",
            "snapshot",
            "target",
            "words",
        ],
    ),
    ("cli", &["drive", "error", "target"]),
];

/// Rooms that are functions of data and nothing else.
const PURE: &[&str] = &["figures", "libraries", "classify", "aggregate", "words", "report", "render"];

/// What a pure room never says.
const IMPURE_WORDS: &[&str] = &[
    "std::fs",
    "std::process",
    "std::net",
    "Instant::now",
    "SystemTime::now",
    "remoteprocess",
    "py_spy",
    "nix::",
    "unsafe",
];

/// No source file is longer.
const LONGEST_FILE: usize = 600;
/// Nine of ten source files are not longer.
const LONG_FILE: usize = 400;

fn source_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("src is readable") {
        let path = entry.expect("src is readable").path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Every source file: its path below `src`, and its text.
fn sources() -> Vec<(PathBuf, String)> {
    let inside = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("source files are UTF-8");
        (path.strip_prefix(source_root()).expect("a path below src").to_owned(), text)
    };
    rust_files(&source_root()).into_iter().map(inside).collect()
}

/// The room that a file belongs to: its first folder, or its own name.
fn room_of(path: &Path) -> String {
    let first = path.components().next().expect("a file").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Numbered lines without comments, so that prose may name what code may not.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines()).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// What stands first in a path: `snapshot` of `snapshot::Site`.
fn first_name(path: &str) -> String {
    path.trim_start().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

/// What a text names of this crate, and in which line: `crate::a::B`, and each of `crate::{a::B, c::{D, E}}`.
fn named_rooms(text: &str) -> Vec<(usize, String)> {
    let without_comments = |line| if str::trim_start(line).starts_with("//") { "" } else { line };
    let code = text.lines().map(without_comments).collect::<Vec<_>>().join("\n");
    let mut named = Vec::new();
    for (at, start) in code.match_indices("crate::") {
        let number = code[..at].matches('\n').count() + 1;
        let rest = &code[at + start.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            named.push((number, first_name(rest)));
            continue;
        };
        named.push((number, first_name(group)));
        let mut depth = 0_usize;
        for (at, letter) in group.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => named.push((number, first_name(&group[at + 1..]))),
                _ => {}
            }
        }
    }
    named
}

#[test]
fn groups_of_names_are_seen() {
    let text = "use crate::{\n    a::{B, c},\n    d,\n};\n// use crate::x;\nfn e() -> crate::f::G {}";
    let names: Vec<(usize, String)> = named_rooms(text).into_iter().filter(|(_, name)| !name.is_empty()).collect();
    assert_eq!(names, [(1, "a".to_owned()), (1, "d".to_owned()), (6, "f".to_owned())]);
}

#[test]
fn every_room_names_only_the_rooms_it_may() {
    let rooms: BTreeSet<&str> = MAY_NAME.iter().map(|(room, _)| *room).collect();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let room = room_of(&path);
        if room == "lib" || room == "main" {
            continue;
        }
        let Some((_, allowed)) = MAY_NAME.iter().find(|(name, _)| *name == room) else {
            wrong.push(format!("{}: `{room}` is not a room of the essay in src/lib.rs", path.display()));
            continue;
        };
        for (number, named) in named_rooms(&text) {
            if named != room && rooms.contains(named.as_str()) && !allowed.contains(&named.as_str()) {
                wrong.push(format!("{}:{number}: `{room}` may not name `{named}`", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "rooms name what they may not:\n{}", wrong.join("\n"));
}

#[test]
fn pure_rooms_touch_nothing() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if !PURE.contains(&room_of(&path).as_str()) {
            continue;
        }
        for (number, line) in code_lines(&text) {
            for word in IMPURE_WORDS.iter().filter(|word| line.contains(**word)) {
                wrong.push(format!("{}:{number}: a pure room says `{word}`", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "pure rooms are functions of data:\n{}", wrong.join("\n"));
}

#[test]
fn py_spy_is_named_in_one_file() {
    let says_py_spy = |text: &str| code_lines(text).any(|(_, line)| line.contains("py_spy::"));
    let naming: Vec<PathBuf> =
        sources().into_iter().filter(|(_, text)| says_py_spy(text)).map(|(path, _)| path).collect();
    assert!(naming.len() <= 1, "py-spy's API changes in patch releases; one file may name it, not {naming:?}");
}

#[test]
fn files_are_short() {
    let lengths: Vec<(usize, PathBuf)> =
        sources().into_iter().map(|(path, text)| (text.lines().count(), path)).collect();
    let longer_than = |limit: usize| lengths.iter().filter(move |(lines, _)| *lines > limit).collect::<Vec<_>>();
    let too_long = longer_than(LONGEST_FILE);
    assert!(too_long.is_empty(), "split these files by the nouns they hold: {too_long:?}");
    let long = longer_than(LONG_FILE);
    assert!(long.len() * 10 <= lengths.len(), "more than one file in ten is above {LONG_FILE} lines: {long:?}");
}
