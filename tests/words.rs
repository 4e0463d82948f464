//! The vocabulary is whole: every kind and cause has its words and its page, and what a page shows as Python is Python.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use hangspy::words::{CAUSES, KINDS, Part, SECTIONS, Topic, cause, kind, parts, topics};
use serde_json::Value;

/// Every word that the contract has: serde names them all when it is given none of them.
fn contract<T: serde::de::DeserializeOwned>() -> BTreeSet<String> {
    let complaint = serde_json::from_str::<T>("\"?\"").err().expect("`?` is no word").to_string();
    let (_, listed) = complaint.split_once("expected one of ").expect("serde lists the words");
    listed.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_word_of_the_contract_has_its_row() {
    let kinds: BTreeSet<String> = KINDS.iter().map(|of| kind(*of).word.to_owned()).collect();
    assert_eq!(kinds, contract::<hangspy::report::Kind>());
    let causes: BTreeSet<String> = CAUSES.iter().map(|of| cause(*of).word.to_owned()).collect();
    assert_eq!(causes, contract::<hangspy::report::Cause>());
    assert!(KINDS.is_sorted(), "the worst kind stands first");
    for of in KINDS {
        assert_eq!(serde_json::to_value(of).expect("a word"), kind(of).word, "the row is another kind's");
        assert_eq!(kind(of).label, kind(of).word.to_uppercase().replace('-', " "));
    }
    for of in CAUSES {
        assert_eq!(serde_json::to_value(of).expect("a word"), cause(of).word, "the row is another cause's");
        assert!(!cause(of).phrase.is_empty(), "{} has no phrase", cause(of).word);
    }
}

/// What no application declares: that hangspy cannot tell, and why it cannot.
const OF_NO_APPLICATION: [&str; 2] = ["cannot-tell", "unknown"];

#[test]
fn every_word_of_the_contract_is_found_in_some_application() {
    let apps = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/apps");
    let mut found: BTreeSet<String> = OF_NO_APPLICATION.map(str::to_owned).into();
    for app in std::fs::read_dir(apps).expect("there are applications") {
        let Ok(text) = std::fs::read_to_string(app.expect("an application").path().join("truth.json")) else {
            continue;
        };
        let truth: Value = serde_json::from_str(&text).expect("a truth is JSON");
        // What hangspy does not tell yet shows nothing.
        if truth["open"].is_null() {
            let besides = truth["besides"].as_array().into_iter().flatten();
            for finding in besides.chain([&truth]) {
                let listed = ["kinds", "cause", "therefore"].map(|key| finding[key].as_array());
                let words = listed.into_iter().flatten().flatten().chain([&finding["kind"]]);
                found.extend(words.filter_map(Value::as_str).map(str::to_owned));
            }
        }
    }
    let words = topics().iter().map(|topic| topic.word.to_owned()).collect();
    assert_eq!(found, words, "nothing shows that this word is told at all: take it out, or add an application");
}

#[test]
fn every_page_has_its_sections_and_names_words_that_exist() {
    let words: BTreeSet<&str> = topics().iter().map(|topic| topic.word).collect();
    for Topic { word, meaning, page, .. } in topics() {
        assert!(meaning.ends_with('.'), "{word}: the meaning is one sentence");
        let parts = parts(page);
        let headings: Vec<&str> = parts.iter().filter_map(heading).collect();
        assert_eq!(headings, SECTIONS, "{word}");
        let said = parts.split(|part| heading(part).is_some()).skip(1);
        assert!(said.into_iter().all(|section| !section.is_empty()), "{word}: a section says nothing");
        for part in &parts {
            // An item of what looks alike begins with the word that it tells apart, where there is one.
            let Part::Item(item) = part else { continue };
            let before = item.split(':').next().unwrap_or_default();
            for named in before.split('`').skip(1).step_by(2).filter(|named| named.contains('-')) {
                assert!(words.contains(named), "{word}: there is no `{named}`");
                assert_ne!(named, word, "{word} is not told apart from itself");
            }
        }
    }
}

fn heading(part: &Part) -> Option<&'static str> {
    match part {
        Part::Heading(title) => Some(*title),
        _ => None,
    }
}

#[test]
fn what_is_shown_as_python_is_python() {
    const CHECK: &str = "import ast, sys\nfor number, code in enumerate(sys.stdin.read().split('\\0')):\n    \
                         compile(code, f'example {number}', 'exec', ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)";
    let newest = interpreters::interpreters().pop().expect("some CPython 3.8 to 3.15 is installed");
    for Topic { word, page, .. } in topics() {
        let shown = parts(page).into_iter().filter_map(|part| match part {
            Part::Code { language: "python", lines, .. } => Some(lines.join("\n")),
            _ => None,
        });
        let shown: Vec<String> = shown.collect();
        let mut python = Command::new(&newest.path);
        let mut python = python.args(["-c", CHECK]).stdin(Stdio::piped()).spawn().expect("it starts");
        let mut input = python.stdin.take().expect("stdin is a pipe");
        input.write_all(shown.join("\0").as_bytes()).expect("it reads");
        drop(input);
        assert!(python.wait().expect("it ends").success(), "{word}: an example is not Python for {}", newest.name());
    }
}

#[test]
fn what_is_to_be_mended_is_shown_with_its_mending() {
    for Topic { word, page, .. } in topics() {
        let roles: Vec<&str> = parts(page).iter().filter_map(role).collect();
        assert!(roles.iter().all(|role| ["", "before", "after"].contains(role)), "{word}: {roles:?}");
        let has = |role| roles.contains(&role);
        assert_eq!(has("before"), has("after"), "{word}: what was wrong and what is right stand together");
    }
}

fn role(part: &Part) -> Option<&'static str> {
    match part {
        Part::Code { role, .. } => Some(*role),
        _ => None,
    }
}
