//! `hangspy test` on the project in `fixtures/suite`: every seeded blocker is told with its test and function, and no clean test is
//! blamed.
//!
//! A test that blocks a loop says so in its name. On one CPython by default, on several with `HANGSPY_CROSS=full`.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Where the project is tested, and where else with `HANGSPY_CROSS=full`.
const HOME: &str = "tests-3.11";
const ELSEWHERE: [&str; 3] = ["tests-3.8", "tests-3.13", "tests-3.15"];
/// A fifth of what the blockers take: what keeps a machine busy keeps looks apart.
const LIMIT: &str = "100ms";

/// The interpreters that have pytest: label and path.
fn environments() -> Vec<(String, PathBuf)> {
    let everywhere = std::env::var("HANGSPY_CROSS").is_ok_and(|cross| cross == "full");
    let labels = std::iter::once(HOME).chain(ELSEWHERE.into_iter().filter(|_| everywhere));
    let output = Command::new(Path::new(ROOT).join("scripts/environments")).args(labels).output();
    let output = output.expect("scripts/environments needs python3 on PATH");
    assert!(output.status.success(), "scripts/environments {HOME} failed; run it by hand to see why");
    let index: Value = serde_json::from_slice(&output.stdout).expect("an index of environments");
    let made = index["environments"].as_array().expect("a list").iter();
    assert!(made.len() > 0, "{}", index["absent"]);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    made.map(|environment| (text(&environment["label"]), text(&environment["python"]).into())).collect()
}

fn hangspy(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hangspy"));
    command.arg("test").args(arguments).current_dir(Path::new(ROOT).join("fixtures/suite"));
    command.env("PYTHONPATH", Path::new(ROOT).join("python")).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Runs pytest in the project under hangspy.
fn run(python: &Path, words: &[&str]) -> (Output, Value) {
    let mut command = hangspy(&["--max-stall", LIMIT, "--json", "--"]);
    command.arg(python).args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]).args(words);
    let output = command.output().expect("hangspy runs");
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("no report: {error}: {}", String::from_utf8_lossy(&output.stderr)));
    (output, report)
}

/// The tests that ran, as pytest lists them.
fn collected(python: &Path, words: &[&str]) -> BTreeSet<String> {
    let mut command = Command::new(python);
    command.args(["-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider"]).args(words);
    command.current_dir(Path::new(ROOT).join("fixtures/suite")).env("PYTHONDONTWRITEBYTECODE", "1");
    let output = command.output().expect("pytest runs");
    let lines = String::from_utf8(output.stdout).expect("node ids are text");
    lines.lines().filter(|line| line.contains("::")).map(str::to_owned).collect()
}

/// Whether a test blocks its loop, by its name.
fn blocks(node: &str) -> bool {
    (node.contains("blocks") || node.contains("computes") || node.contains("[True-")) && !node.contains("[False-")
}

/// The function that is to blame in a test that blocks.
fn culprit(node: &str) -> &'static str {
    match node {
        _ if node.ends_with("test_blocks_itself") => "test_blocks_itself",
        _ if node.ends_with("test_nested_blocks") => "main",
        _ if node.ends_with("test_computes") => "count_up",
        _ => "load_prices",
    }
}

/// Tests that broke the limit, and the function that was blamed.
fn broken(report: &Value) -> BTreeSet<(String, String)> {
    let stalls = report["stalls"].as_array().expect("a list of stalls");
    let broken = stalls.iter().filter(|stall| stall["broken"] == true);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let function = |stall: &Value| {
        let name = text(&stall["verdict"]["blame"]["function"]);
        name.rsplit('.').next().unwrap_or_default().to_owned()
    };
    broken.map(|stall| (text(&stall["test"]["node"]), function(stall))).collect()
}

fn check(label: &str, python: &Path, words: &[&str], more: &[&str]) {
    let nodes = collected(python, words);
    assert!(nodes.iter().any(|node| blocks(node)) && nodes.iter().any(|node| !blocks(node)), "{label}: {nodes:?}");
    let with_plugin = [&["-p", "hangspy.pytest_plugin"], more, words].concat();
    let (output, report) = run(python, &with_plugin);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let expected: BTreeSet<(String, String)> =
        nodes.iter().filter(|node| blocks(node)).map(|node| (node.clone(), culprit(node).to_owned())).collect();
    assert_eq!(broken(&report), expected, "{label} {words:?}: {report:#}\n{said}");
    assert_eq!(report["exit"], 0, "{label}: {said}");
    assert_eq!(output.status.code(), Some(1), "{label}: a limit was broken and the tests passed");
    assert_eq!(report["window"]["tests"].as_u64(), u64::try_from(nodes.len()).ok(), "{label}: {said}");
    let excuses: BTreeSet<&str> =
        report["stalls"].as_array().expect("a list").iter().filter_map(|stall| stall["excuse"].as_str()).collect();
    if words.is_empty() {
        assert!(excuses.is_superset(&["fixture", "import"].into()), "{label}: {excuses:?}");
    }
}

#[test]
fn every_blocker_is_told_and_no_clean_test_is_blamed() {
    for (label, python) in environments() {
        check(&label, &python, &[], &[]);
        check(&label, &python, &["-o", "asyncio_mode=auto", "auto"], &["-n", "2"]);
    }
}

#[test]
fn pytest_without_the_plugin_is_told_by_process() {
    let (_, python) = environments().swap_remove(0);
    let (output, report) = run(&python, &["tests/test_anyio.py"]);
    assert_eq!(broken(&report), [(String::new(), "load_prices".to_owned())].into(), "{report:#}");
    assert_eq!(output.status.code(), Some(1));
    let processes = report["processes"].as_array().expect("a list");
    assert!(processes.iter().any(|process| process["lacks_plugin"] == true), "{report:#}");
}

#[test]
fn the_commands_own_end_counts_and_what_cannot_be_run_is_told() {
    for (arguments, code, words) in [
        (&["--", "sh", "-c", "exit 7"][..], 7, "no Python process of the command"),
        (&["--", "sh", "-c", "kill -9 $$"], 137, "no Python process of the command"),
        (&["--max-stall", "50ms", "--", "true"], 0, "no event loop was blocked"),
        (&["--", "hangspy-has-no-such-command"], 2, "error: there is no command hangspy-has-no-such-command"),
        (&["--max-stall", "5ms", "--", "true"], 2, "error: 100 looks per second tell no block shorter than 30 ms"),
        (&["pytest"], 2, "--"),
    ] {
        let output = hangspy(arguments).output().expect("hangspy runs");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}

/// Runs `pytest --hangspy`, which starts the program by itself.
fn with_hangspy(python: &Path, limit: &str, words: &[&str]) -> String {
    let mut command = Command::new(python);
    command.args(["-m", "pytest", "-p", "no:cacheprovider", "-p", "hangspy.pytest_plugin", "-rA", limit]).args(words);
    command.env("HANGSPY_PROGRAM", env!("CARGO_BIN_EXE_hangspy")).env("COLUMNS", "400");
    command.env("PYTHONPATH", Path::new(ROOT).join("python")).env("PYTHONDONTWRITEBYTECODE", "1");
    let output = command.current_dir(Path::new(ROOT).join("fixtures/suite")).output().expect("pytest runs");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

/// The tests that pytest says this of in its summary.
fn told_as(said: &str, outcome: &str) -> BTreeSet<String> {
    let lines = said.lines().filter_map(|line| line.strip_prefix(outcome)?.strip_prefix(' '));
    lines.map(|line| line.split(" - ").next().unwrap_or(line).to_owned()).filter(|line| line.contains("::")).collect()
}

#[test]
fn with_its_option_pytest_fails_what_blocks_and_nothing_else() {
    for (label, python) in environments() {
        for (words, more) in [(&[][..], &[][..]), (&["-o", "asyncio_mode=auto", "auto"], &["-n", "2"])] {
            let (failing, clean): (BTreeSet<_>, BTreeSet<_>) =
                collected(&python, words).into_iter().partition(|node| blocks(node));
            let said = with_hangspy(&python, &format!("--hangspy={LIMIT}"), &[more, words].concat());
            assert_eq!(told_as(&said, "FAILED"), failing, "{label}: {said}");
            assert_eq!(told_as(&said, "PASSED"), clean, "{label}: {said}");
            let counted = format!("event loop for longer than they may: {}\n", failing.len());
            assert!(said.contains(&counted), "{label}: {said}");
            assert!(said.contains("use await asyncio.sleep(...) instead of time.sleep(...)"), "{label}: {said}");
        }
    }
}

#[test]
fn tests_have_limits_and_reasons_of_their_own() {
    let (_, python) = environments().swap_remove(0);
    let junit = std::env::temp_dir().join(format!("hangspy-suite-{}.xml", std::process::id()));
    let allow = "hangspy_allow=test_limits:read_settings: a small file, read once";
    let junit_option = format!("--junitxml={}", junit.display());
    let said = with_hangspy(&python, &format!("--hangspy={LIMIT}"), &["-o", allow, &junit_option, "limits"]);
    let of =
        |names: &[&str]| names.iter().map(|name| format!("limits/test_limits.py::{name}")).collect::<BTreeSet<_>>();
    assert_eq!(told_as(&said, "FAILED"), of(&["test_blocks", "test_fails_by_itself_too"]), "{said}");
    assert_eq!(told_as(&said, "ERROR"), of(&["test_wrong_limit", "test_no_reason"]), "{said}");
    assert_eq!(told_as(&said, "XFAIL"), of(&["test_expected_to_block"]), "{said}");
    let clean = collected(&python, &["limits"]).into_iter().filter(|node| node.contains("clean")).collect();
    assert_eq!(told_as(&said, "PASSED"), clean, "{said}");
    for words in [
        "tests that did and are allowed to: 2",
        "allow_blocking takes a reason",
        "'a while' is not a duration; write it like 50ms, 1.5s or 2m",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let told = std::fs::read_to_string(&junit).expect("pytest wrote its file");
    std::fs::remove_file(&junit).expect("it is ours");
    assert_eq!(told.matches(r#"<property name="hangspy_blocked""#).count(), 3, "{told}");
    assert!(told.contains("allowed: a small file, read once"), "{told}");
}

#[test]
fn a_wrong_option_and_a_missing_program_are_told() {
    let (_, python) = environments().swap_remove(0);
    for (limit, words) in [
        (
            "--hangspy=soon",
            "'soon' is not a duration; write it like 50ms, 1.5s or 2m; in front of paths it needs its value",
        ),
        ("--hangspy=1ms", "1ms is too short to be told; the shortest is 3ms"),
        ("--hangspy", "hangspy_allow: 'shop' is not `module:function: reason`"),
    ] {
        let said = with_hangspy(&python, limit, &["-o", "hangspy_allow=shop", "limits"]);
        assert!(said.contains(words), "{limit}: {said}");
    }
    let mut command = Command::new(&python);
    command.args(["-m", "pytest", "-p", "no:cacheprovider", "-p", "hangspy.pytest_plugin", "--hangspy=50ms", "auto"]);
    command.env("HANGSPY_PROGRAM", "/hangspy-has-no-such-program").env("PYTHONPATH", Path::new(ROOT).join("python"));
    let output = command.current_dir(Path::new(ROOT).join("fixtures/suite")).output().expect("pytest runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("there is no program hangspy in /hangspy-has-no-such-program"), "{said}");
    assert!(said.contains("tests of which it is not known: 1") && output.status.code() == Some(1), "{said}");
}

#[test]
fn a_test_that_hangs_fails_with_what_it_hangs_in_and_the_run_ends() {
    let (_, python) = environments().swap_remove(0);
    for (name, outcome, words) in [
        ("endless_poll", "FAILED", &["test_hangs_in_an_endless_poll()  test_hangs.py"][..]),
        (
            "lock_of_another_task",
            "FAILED",
            &["waits for an asyncio.Lock held by", "main.<locals>.holder", "main.<locals>.wants()"],
        ),
        ("in_its_setup", "ERROR", &["hung in its setup for", "stuck()  test_hangs.py"]),
        ("swallows_interrupts", "", &["was killed"]),
    ] {
        let said = with_hangspy(&python, "--hang-timeout=2s", &["hangs", "-k", &format!("passes or {name}")]);
        for words in [&["  thread    ", "MainThread"], words].concat() {
            assert!(said.contains(words), "{name}, {words}: {said}");
        }
        if !outcome.is_empty() {
            let told = told_as(&said, outcome);
            assert!(told.len() == 1 && told.iter().all(|node| node.contains(name)), "{name}: {said}");
            assert_eq!(told_as(&said, "PASSED"), ["hangs/test_hangs.py::test_passes".to_owned()].into(), "{said}");
            assert!(!said.contains("HEALTHY"), "{name}: {said}");
        }
    }
}

#[test]
fn around_a_run_that_hangs_it_is_ended_and_kept() {
    let (_, python) = environments().swap_remove(0);
    let folder = std::env::temp_dir().join(format!("hangspy-hang-{}", std::process::id()));
    let mut command = hangspy(&["--hang-timeout", "2s", "-o", &folder.display().to_string(), "--"]);
    command.arg(&python).args(["-m", "pytest", "-p", "no:cacheprovider", "-p", "hangspy.pytest_plugin", "hangs"]);
    let output = command.args(["-k", "passes or thread_that_waits"]).output().expect("hangspy runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(2), "pytest's own for an interrupt: {said}");
    assert!(said.contains("KeyboardInterrupt") && said.contains("1 passed"), "pytest reports: {said}");
    let kept = std::fs::read(folder.join("tests.json")).expect("the report is kept");
    std::fs::remove_dir_all(&folder).expect("it is ours");
    let report: Value = serde_json::from_slice(&kept).expect("a report");
    let hang = &report["hangs"][0];
    assert_eq!(hang["test"]["node"], "hangs/test_hangs.py::test_hangs_in_a_thread_that_waits", "{report:#}");
    assert_eq!(hang["killed"], false);
    assert!(hang["report"]["threads"].as_array().is_some_and(|threads| threads.len() >= 2), "{hang:#}");
}
