//! Processes that `/proc` hides or numbers otherwise: never taken for another, and said so.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/refusal.rs"]
mod refusal;
#[path = "common/target.rs"]
mod target;

use std::fs;
use std::process::{Command, Output};

use refusal::{Binary, HUNG, PYTHON, STRANGER, USER, assert_refused, cannot_run, doctor, gates, hung, skip};
use target::Target;

/// A hung Python that is the first process of a pid namespace with a `/proc` of its own, and its number here.
fn in_a_namespace_of_its_own() -> Option<(Target, u32)> {
    let first = ["--pid", "--fork", "--kill-child", "--mount-proc"];
    if !Command::new("unshare").args(first).arg("true").status().is_ok_and(|code| code.success()) {
        skip("no pid namespaces here");
        return None;
    }
    let outer = Target::start(Command::new("unshare").args(first).args([PYTHON, "-c", HUNG]));
    let parent = outer.process().pid;
    let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).expect("it has a child");
    let inner = children.trim().parse().expect("the only child");
    Some((outer, inner))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_pid_namespace_below_ours_is_open() {
    if cannot_run() {
        return;
    }
    let Some((_outer, inner)) = in_a_namespace_of_its_own() else { return };
    let binary = Binary::new("below");
    let (output, pages) = doctor(Command::new(binary.path()), inner);
    assert_eq!(output.status.code(), Some(0), "{pages}");
    let gates = pages[0]["gates"].as_array().expect("a list").iter();
    let words: Vec<&str> =
        gates.filter(|gate| gate["gate"] == "pid namespace").filter_map(|gate| gate["words"].as_str()).collect();
    assert_eq!(words, ["it is in one below ours, where its number is 1"]);
}

/// One number then means two processes; the memory of the wrong one must not be read.
#[test]
fn only_one_of_pid_and_mount_namespace_is_entered() {
    if cannot_run() {
        return;
    }
    let Some((_outer, inner)) = in_a_namespace_of_its_own() else { return };
    let binary = Binary::new("half");
    let target = format!("--target={inner}");
    let entered = |namespace: &'static str| {
        let (path, target) = (binary.path(), target.clone());
        move || {
            let mut command = Command::new("nsenter");
            command.arg(&target).arg(namespace).arg(&path);
            command
        }
    };
    let words = "/proc shows another pid namespace than the one that hangspy runs in";
    for (namespace, number) in [("--pid", inner), ("--mount", 1)] {
        assert_refused(namespace, entered(namespace), number, &["pid namespace"], words);
        let listed = entered(namespace)().args(["ps", "--json"]).output().expect("it starts");
        assert!(said(&listed).contains("/proc shows another pid namespace"), "{namespace}: {listed:?}");
        let rows: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("a list");
        let row = rows.as_array().expect("a list").iter().find(|row| row["pid"] == number).expect("it is listed");
        assert!(row["readable"].as_str().is_some_and(|answer| answer.starts_with("no: /proc shows another")), "{row}");
    }
    let mut whole = Command::new("nsenter");
    whole.args([target.as_str(), "--pid", "--mount"]).arg(binary.path());
    let (output, pages) = doctor(whole, 1);
    assert_eq!((output.status.code(), &pages[0]["answer"]), (Some(0), &"full".into()), "both entered: {pages}");
}

#[test]
fn a_proc_that_hides_other_users() {
    if cannot_run() {
        return;
    }
    let binary = Binary::new("hidden");
    let target = hung(USER, "");
    let pid = target.process().pid.0;
    let seen = |mode: u32, user: u32| {
        let script = format!(
            "mount -t proc -o hidepid={mode} proc /proc && exec setpriv --reuid {user} --regid {user} --clear-groups \"$@\""
        );
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", &script, "sh"]).arg(binary.path());
        command
    };
    // By noaccess, invisible and ptraceable (Linux 5.8).
    for mode in [1, 2, 4] {
        if !seen(mode, STRANGER).arg("--version").output().is_ok_and(|output| output.status.success()) {
            skip(&format!("/proc cannot be mounted with hidepid={mode} here"));
            continue;
        }
        let (output, pages) = doctor(seen(mode, STRANGER), pid);
        assert_eq!((output.status.code(), gates(&pages, "shut")), (Some(3), vec!["process".to_owned()]), "{pages}");
        assert!(said(&output).contains("/proc hides the process (hidepid, or a security module)"), "{output:?}");
        let output = seen(mode, STRANGER).arg(pid.to_string()).output().expect("it starts");
        assert_eq!(output.status.code(), Some(3), "hidepid={mode}: {output:?}");
        assert!(said(&output).contains("/proc hides the process (hidepid, or a security module)"), "{output:?}");
        for words in [&["ps"][..], &[], &["uvicorn"]] {
            let output = seen(mode, STRANGER).args(words).output().expect("it starts");
            let hides = "/proc hides the processes of other users";
            assert!(said(&output).contains(hides), "hidepid={mode}, {words:?}: {output:?}");
        }
        let (output, pages) = doctor(seen(mode, USER), pid);
        assert_eq!((output.status.code(), &pages[0]["answer"]), (Some(0), &"full".into()), "of the same user: {pages}");
    }
}
