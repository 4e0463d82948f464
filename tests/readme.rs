//! The README tells the truth: its troubleshooting headings are literal messages, its exit codes and verbs are the real ones.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use clap::CommandFactory;
use hangspy::cli::Arguments;
use hangspy::error::{Error, ExitCode, Gate};
use hangspy::words::topics;

const README: &str = include_str!("../README.md");

/// Where the messages about which process is meant are worded; their numbers and names vary.
const FINDING: &str = include_str!("../src/target/find.rs");

/// The lines between a heading of the second level and the next one.
fn section(title: &str) -> impl Iterator<Item = &'static str> {
    let body = README.split("\n## ").find_map(|section| section.strip_prefix(title));
    body.unwrap_or_else(|| panic!("the README has no section `{title}`")).lines()
}

/// One error of every kind that a user can meet, as it is printed.
fn messages() -> Vec<String> {
    let io = || io::Error::from(io::ErrorKind::PermissionDenied);
    let errors = [
        Error::NoSuchProcess { pid: 1 },
        Error::Exited { pid: 1 },
        Error::NotPermitted { pid: 1, gate: Gate::OtherUser },
        Error::NotPython { pid: 1, name: "x".to_owned(), reason: "x".to_owned() },
        Error::UnknownPython { pid: 1, reason: "x".to_owned() },
        Error::Output { path: PathBuf::from("x"), source: io() },
        Error::Capture { path: PathBuf::from("x"), reason: "x".to_owned() },
    ];
    errors.iter().map(|error| format!("error: {error}")).collect()
}

#[test]
fn troubleshooting_headings_are_literal_messages() {
    let messages = messages();
    let headings: Vec<&str> = section("Troubleshooting").filter_map(|line| line.strip_prefix("### ")).collect();
    for heading in &headings {
        let is_said = FINDING.contains(heading) || messages.iter().any(|message| message.contains(heading));
        assert!(is_said, "no message contains `{heading}`");
    }
    for message in &messages {
        assert!(headings.iter().any(|heading| message.contains(heading)), "the README does not explain `{message}`");
    }
}

#[test]
fn every_exit_code_is_listed() {
    let listed: BTreeSet<u8> =
        section("Exit codes").filter_map(|line| line.strip_prefix("| ")?.split_once(" |")?.0.parse().ok()).collect();
    let of_these_verbs = [
        ExitCode::Done,
        ExitCode::Finding,
        ExitCode::Usage,
        ExitCode::NotPermitted,
        ExitCode::NoProcess,
        ExitCode::NotPython,
        ExitCode::CannotTell,
        ExitCode::Bug,
        ExitCode::Interrupted,
    ];
    assert_eq!(listed, of_these_verbs.map(|code| code as u8).into(), "the table of exit codes is not the enum's");
}

#[test]
fn every_verb_is_in_the_table() {
    let verbs: Vec<&str> = section("Verbs").filter(|line| line.starts_with("| `hangspy")).collect();
    // What is hidden is typed by nobody: the plugin of pytest starts it.
    let command = Arguments::command();
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()).map(clap::Command::get_name) {
        // Diagnosing is what `hangspy` does without a verb, which is how the table shows it.
        let shown = verb == "diagnose" || verbs.iter().any(|line| line.contains(&format!("`hangspy {verb}")));
        assert!(shown, "the README's table has no line for `hangspy {verb}`");
    }
}

#[test]
fn the_tables_of_kinds_and_causes_are_those_of_the_vocabulary() {
    let listed: Vec<&str> = section("Kinds and causes").filter(|line| line.starts_with("| `")).collect();
    let rows: Vec<String> = topics().iter().map(|topic| format!("| `{}` | {} |", topic.word, topic.meaning)).collect();
    assert_eq!(listed, rows, "copy the rows of src/words into the README:\n{}\n", rows.join("\n"));
}
