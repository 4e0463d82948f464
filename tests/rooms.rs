//! The walls between the rooms: who may name whom, what a pure room may not say, and how long a file may be.
//!
//! When a test here fails, move the code to the room it belongs to; widen a table only on purpose and say so in the
//! commit.
#![expect(clippy::expect_used, reason = "a tree that cannot be read ends with what went wrong")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use hangspy::libraries;

/// Room and the rooms that it may name.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("figures", &[]),
    ("fuzzing", &["attach", "journal", "layout", "memory", "os", "read", "suite"]),
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
    ("ledger", &["aggregate"]),
    ("words", &["aggregate", "classify", "figures", "libraries", "snapshot"]),
    ("report", &["aggregate", "classify", "figures", "libraries", "snapshot", "words"]),
    ("render", &["error", "figures", "ledger", "report", "snapshot", "words"]),
    ("journal", &["error", "snapshot"]),
    ("gateway", &["error", "os", "render"]),
    (
        "drive",
        &[
            "aggregate",
            "attach",
            "error",
            "figures",
            "gateway",
            "journal",
            "ledger",
            "libraries",
            "memory",
            "os",
            "read",
            "render",
            "report",
            "snapshot",
            "source",
            "target",
            "words",
        ],
    ),
    ("source", &["error", "libraries", "report"]),
    ("suite", &["attach", "drive", "error", "figures", "memory", "os", "read", "render", "report", "snapshot"]),
    ("cli", &["drive", "error", "gateway", "suite", "target"]),
];

/// Rooms that are functions of data and nothing else.
const PURE: &[&str] = &["figures", "libraries", "classify", "aggregate", "ledger", "words", "report", "render"];

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

/// The paths of a tree of names: `a::b` and `a::c::D` of `a::{b, c::D as E}`.
fn paths_of(tree: &str) -> Vec<String> {
    let Some((outer, group)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap_or_default().trim().to_owned()];
    };
    let group = group.rsplit_once('}').map_or(group, |(group, _)| group);
    let (mut depth, mut parts) = (0_usize, vec![String::new()]);
    for letter in group.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        match (letter, depth, parts.last_mut()) {
            (',', 0, _) => parts.push(String::new()),
            (_, _, Some(part)) => part.push(letter),
            (_, _, None) => {}
        }
    }
    let inner = parts.iter().filter(|part| !part.trim().is_empty()).flat_map(|part| paths_of(part));
    inner.map(|inner| format!("{}{inner}", outer.trim())).collect()
}

/// The file that a path names something of, seen from a file: `read/stacks/frames` of `super::frames::LiveFrame`. A folder's contents page
/// is no file: what it hands on is looked at where it comes from.
fn file_named(from: &str, path: &str, files: &BTreeSet<String>) -> Option<String> {
    let mut at: Vec<&str> = from.split('/').collect();
    let mut names = path.split("::").peekable();
    if names.next_if_eq(&"crate").is_some() {
        at.clear();
    } else {
        names.peek().filter(|first| **first == "super")?;
        while names.next_if_eq(&"super").is_some() {
            at.pop();
        }
    }
    at.extend(names);
    (1..=at.len()).rev().map(|length| at[..length].join("/")).find(|file| files.contains(file))
}

#[test]
fn the_readers_name_each_other_in_no_circle() {
    let code = |text: String| text.split("#[cfg(test)]\nmod ").next().expect("a first part").to_owned();
    let readers = sources().into_iter().filter(|(path, _)| room_of(path) == "read" && !path.ends_with("mod.rs"));
    let readers: Vec<(String, String)> = readers
        .map(|(path, text)| (path.with_extension("").to_string_lossy().into_owned(), code(text)))
        .filter(|(file, _)| !file.ends_with("tests") && !file.ends_with("fuzz"))
        .collect();
    let files: BTreeSet<String> = readers.iter().map(|(file, _)| file.clone()).collect();
    let named = |file: &String, text: &String| -> BTreeSet<String> {
        let uses = text.split("\nuse ").skip(1).filter_map(|rest| rest.split_once(';'));
        let paths = uses.flat_map(|(tree, _)| paths_of(&tree.replace('\n', " ")));
        paths.filter_map(|path| file_named(file, &path, &files)).filter(|other| other != file).collect()
    };
    let mut left: Vec<(&String, BTreeSet<String>)> =
        readers.iter().map(|(file, text)| (file, named(file, text))).collect();
    assert!(left.iter().map(|(_, named)| named.len()).sum::<usize>() > files.len(), "readers name each other");
    // Whoever names nobody that is left, or is named by nobody, is in no circle.
    loop {
        let files: BTreeSet<String> = left.iter().map(|(file, _)| (*file).clone()).collect();
        let named: BTreeSet<String> = left.iter().flat_map(|(_, named)| named.clone()).collect();
        let before = left.len();
        left.retain(|(file, names)| named.contains(*file) && names.iter().any(|other| files.contains(other)));
        if left.len() == before {
            break;
        }
    }
    assert!(left.is_empty(), "these name each other in a circle: {left:#?}");
}

/// Names of libraries that stand outside of their room all the same: file, names, and why.
const NAMED_ELSEWHERE: &[(&str, &[&str], &str)] = &[
    (
        "snapshot/process.rs",
        &[
            "uvicorn",
            "gunicorn",
            "hypercorn",
            "granian",
            "daphne",
            "django",
            "flask",
            "aiohttp",
            "celery",
            "rq",
            "dramatiq",
            "huey",
        ],
        "words of the report for servers",
    ),
    ("snapshot/event_loop.rs", &["asyncio", "uvloop"], "words of the report for loops"),
    ("aggregate/track.rs", &["trio"], "the same"),
    ("aggregate/jobs.rs", &["asyncio"], "the report's word for whose task it is"),
    ("aggregate/judges/healthy.rs", &["requests"], "what clients send, and the name of a list in the report"),
    ("read/requests/scope.rs", &["websocket"], "a kind of ASGI's scopes"),
    ("read/ends/references.rs", &["weakref.ProxyType"], "a type of CPython written in C"),
    ("read/census.rs", &["requests"], "the same"),
    ("report/gaps.rs", &["requests"], "the same"),
    ("aggregate/judges/pools.rs", &["dns"], "the service and the cause"),
    ("classify/detectors/name_lookup.rs", &["dns"], "the same"),
    ("words/pools.rs", &["dns"], "the same"),
    ("words/causes.rs", &["dns"], "the same"),
    ("attach/asyncio.rs", &["_asyncio"], "a part of CPython written in C, found among mapped files"),
    ("read/pools/name_lookups.rs", &["_cython_"], "how types begin that Cython makes, in whatever library"),
    ("snapshot/secrets/names.rs", &["jwt"], "what secrets are called"),
    ("source/module.rs", &[".py"], "how files of Python end"),
    ("target/command.rs", &[".py"], "how scripts end"),
    ("target/find.rs", &[".py"], "the same"),
];

/// The string literals of code, without those in comments and in tests.
fn literals(text: &str) -> Vec<(usize, String)> {
    let code = text.split("#[cfg(test)]\nmod ").next().expect("a first part");
    let without_comments = |line| if str::trim_start(line).starts_with("//") { "" } else { line };
    let code = code.lines().map(without_comments).collect::<Vec<_>>().join("\n").replace("'\"'", "' '");
    let (mut found, mut open, mut line) = (Vec::new(), None::<String>, 1);
    let mut letters = code.chars();
    while let Some(letter) = letters.next() {
        line += usize::from(letter == '\n');
        open = match (open, letter) {
            (Some(text), '"') => {
                found.push((line, text));
                None
            }
            (Some(text), '\\') => {
                line += usize::from(letters.next() == Some('\n'));
                Some(text + " ")
            }
            (Some(mut text), letter) => {
                text.push(letter);
                Some(text)
            }
            (None, '"') => Some(String::new()),
            (None, _) => None,
        };
    }
    found
}

/// Whether a text is a name of Python's that is no ordinary word: of several words, or private.
fn is_name(text: &str) -> bool {
    let camel =
        || text.chars().zip(text.chars().skip(1)).any(|(a, b)| a.is_ascii_lowercase() && b.is_ascii_uppercase());
    let letters = text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    letters
        && !text.starts_with("__")
        && (text.trim_start_matches('_').contains('_') || text.starts_with('_') || camel())
}

/// What a literal names of a library, if it does: a file, a package, something in a package, a function or an attribute.
fn foreign(text: &str, names: &BTreeSet<String>) -> Option<&'static str> {
    let installed = |package: &str| libraries::role(package).is_some();
    let is_known = |package: &str| installed(package) || libraries::library(package).is_some();
    let private = |text: &str| {
        text.strip_prefix('_').is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_lowercase()))
    };
    let path = text.contains('/') && text.split(['/', '.']).skip(1).any(installed);
    let dotted = text.split_once('.').is_some_and(|(first, rest)| {
        is_known(first)
            && !rest.is_empty()
            && rest.chars().all(|letter| letter.is_alphanumeric() || "._".contains(letter))
    });
    match text {
        _ if text.contains(".py") => Some("a file"),
        _ if path => Some("a path"),
        _ if installed(text) || text == "asyncio" => Some("a package"),
        _ if dotted => Some("something in a package"),
        _ if is_name(text) && (private(text) || names.contains(text)) => Some("a function or an attribute"),
        _ => None,
    }
}

#[test]
fn no_library_is_named_outside_of_its_room() {
    let is_library = |path: &Path| room_of(path) == "libraries";
    let is_test = |path: &Path| path.to_string_lossy().ends_with("tests.rs");
    let (inside, outside): (Vec<_>, Vec<_>) =
        sources().into_iter().filter(|(path, _)| !is_test(path)).partition(|(path, _)| is_library(path));
    let names: BTreeSet<String> =
        inside.iter().flat_map(|(_, text)| literals(text)).map(|(_, text)| text).filter(|text| is_name(text)).collect();
    assert!(names.len() > 100, "the room of libraries has names");
    let mut unused: BTreeSet<(&str, &str)> =
        NAMED_ELSEWHERE.iter().flat_map(|(file, words, _)| words.iter().map(|word| (*file, *word))).collect();
    let mut wrong = Vec::new();
    for (path, text) in &outside {
        let file = path.to_string_lossy();
        for (line, literal) in literals(text) {
            let Some(what) = foreign(&literal, &names) else { continue };
            if !NAMED_ELSEWHERE.iter().any(|(allowed, words, _)| *allowed == file && words.contains(&literal.as_str()))
            {
                wrong.push(format!("{file}:{line}: {what} of a library: \"{literal}\""));
            }
            unused.retain(|(allowed, word)| (*allowed, *word) != (&*file, literal.as_str()));
        }
    }
    assert!(wrong.is_empty(), "what is known of libraries stands in src/libraries:\n{}", wrong.join("\n"));
    assert!(unused.is_empty(), "these are named no more: take them out of NAMED_ELSEWHERE: {unused:?}");
}

#[test]
fn names_of_libraries_are_seen() {
    let names = BTreeSet::from(["end_time".to_owned()]);
    for text in
        ["asyncio/tasks.py", "/uvloop/loop.", "uvicorn", "asyncio.tasks", "uvloop.loop.Loop", "_ready", "end_time"]
    {
        assert!(foreign(text, &names).is_some(), "{text}");
    }
    for text in ["/proc/self/stat", "collections.deque", "__exit__", "_", "self", "an_other", "wait 3.5 s", ""] {
        assert!(foreign(text, &names).is_none(), "{text}");
    }
    let text = "let a = '\"'; // \"not this\"\n    // \"nor this\"\nlet b = \"that \\\"one\";\n#[cfg(test)]\nmod tests { \"no\" }";
    let found = literals(text);
    assert_eq!(found.last(), Some(&(3, "that  one".to_owned())));
}

/// Rooms in which nothing looks into a text to decide: what is decided by is a fact of its own.
const OF_FACTS: &[&str] = &["aggregate", "report", "words", "render"];

/// What looks into a text. Some of these look into lists as well: those are told by what stands in the parentheses.
const LOOKS: &[&str] = &[
    ".contains(\"",
    ".contains('",
    ".contains([",
    ".find(\"",
    ".find('",
    ".rfind(",
    ".split(",
    ".rsplit(",
    "split_once(",
    "strip_prefix(",
    "strip_suffix(",
    ".starts_with(",
    ".ends_with(",
    "trim_start_matches",
    "trim_end_matches",
    ".replace(",
    "== \"",
    "!= \"",
    "\" =>",
];

/// For files that are made for texts.
const ANY: usize = usize::MAX;

/// Files that look into texts all the same, in how many lines at most, and why: none of these texts is a sentence of ours.
const LOOKS_ALLOWED: &[(&str, usize, &str)] = &[
    ("aggregate/connections.rs", 5, "addresses and the kernel's words for states, as they are read"),
    ("aggregate/consumers.rs", 1, "a thread's name, which a program gave, without its number"),
    ("aggregate/dead_loops.rs", 1, "what could not be read, as `read` calls it"),
    ("aggregate/judges/deadlocked.rs", 1, "a function's name in Python"),
    ("aggregate/judges/descriptors.rs", 1, "a function's name in Python"),
    ("aggregate/judges/healthy.rs", 1, "what could not be read, as `read` calls it"),
    ("aggregate/judges/silent_peers.rs", 1, "the kernel's word for a protocol"),
    ("aggregate/judges/waiting_requests.rs", 3, "functions' names in Python"),
    ("aggregate/gil_ledger.rs", 1, "the beginning of a list of frames"),
    ("aggregate/slow_clients.rs", 1, "a method of HTTP"),
    ("aggregate/standing.rs", 1, "a method of HTTP"),
    ("render/doctor.rs", 6, "words of the contract of `hangspy doctor`, which no verdict is made of"),
    ("render/dump.rs", 2, "a thread's name, which a program gave, without its number"),
    ("render/explain.rs", 2, "the marks of a page of `hangspy explain`"),
    ("render/finding.rs", 1, "the indent of source lines"),
    ("render/page.rs", ANY, "spaces and line ends"),
    ("render/places.rs", ANY, "paths of files, functions' names in Python"),
    ("render/sanitize.rs", ANY, "what no text may bring to a terminal"),
    ("report/redact.rs", ANY, "what must not leave a machine is taken out of texts"),
    ("words/advice/calls.rs", 3, "functions' names in Python"),
    ("words/explain.rs", 2, "what a user typed, and words of the contract"),
    ("words/page.rs", ANY, "the marks of a page of `hangspy explain`"),
];

#[test]
fn nothing_looks_into_a_text_to_decide() {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for (path, text) in sources() {
        let file = path.to_string_lossy().into_owned();
        if !OF_FACTS.contains(&room_of(&path).as_str()) {
            continue;
        }
        let code = text.split("#[cfg(test)]\nmod ").next().expect("a first part");
        let looks = code_lines(code).filter(|(_, line)| LOOKS.iter().any(|look| line.contains(look)));
        let looks: Vec<String> = looks.map(|(number, line)| format!("{file}:{number}: {}", line.trim())).collect();
        if !looks.is_empty() {
            found.push((file, looks));
        }
    }
    let allowed = |file: &str| LOOKS_ALLOWED.iter().find(|(name, ..)| *name == file).map_or(0, |(_, lines, _)| *lines);
    let wrong: Vec<String> = found
        .iter()
        .filter(|(file, looks)| looks.len() > allowed(file))
        .map(|(file, looks)| {
            format!("{} allowed in {file}, {} found:\n  {}", allowed(file), looks.len(), looks.join("\n  "))
        })
        .collect();
    assert!(wrong.is_empty(), "decide by a fact, not by its sentence:\n{}", wrong.join("\n"));
    let unused = |(file, ..): &&(&str, usize, &str)| !found.iter().any(|(name, _)| name == file);
    let unused: Vec<&str> = LOOKS_ALLOWED.iter().filter(unused).map(|(file, ..)| *file).collect();
    assert!(unused.is_empty(), "these look into no text any more: {unused:?}");
}
