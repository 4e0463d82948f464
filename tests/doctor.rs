//! Every gate that this machine can shut, shut for real: `doctor` names it, and `diagnose` still says what `/proc` alone allows.
//! Yama and AppArmor are not in every kernel: their gates are tested as functions of facts, beside the code.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/refusal.rs"]
mod refusal;
#[path = "common/target.rs"]
mod target;

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use refusal::{Binary, HUNG, PYTHON, STRANGER, USER, assert_refused, cannot_run, doctor, gates, hung, skip};
use target::Target;

/// A user that runs nothing but the one process.
const HERMIT: u32 = 61_003;

/// Keeps its memory from being dumped: PR_SET_DUMPABLE is 4.
const UNDUMPABLE: &str = "import ctypes; ctypes.CDLL(None).prctl(4, 0)";

/// Puts a filter over itself that answers the system call NUMBER with ERROR, and runs what it is told: NUMBER ERROR PROGRAM...
const FILTERED: &str = "
import ctypes, os, struct, sys
number, error = int(sys.argv[1]), int(sys.argv[2])
code = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (6, 0, 0, 0x00050000 | error), (6, 0, 0, 0x7fff0000)]
text = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *line) for line in code))
program = ctypes.create_string_buffer(struct.pack('HxxxxxxP', len(code), ctypes.addressof(text)))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program, 0, 0) == 0, ctypes.get_errno()
os.execv(sys.argv[3], sys.argv[3:])
";

#[test]
fn users_groups_and_undumpable_memory() {
    if cannot_run() {
        return;
    }
    let binary = Binary::new("users");
    let as_user = |user: u32, group: u32| {
        let path = binary.path();
        move || {
            let mut command = Command::new(&path);
            command.uid(user).gid(group);
            command
        }
    };
    let own = hung(USER, "");
    assert_refused(
        "another user",
        as_user(STRANGER, STRANGER),
        own.process().pid.0,
        &["user", "group"],
        "belongs to another user",
    );
    assert_refused(
        "another group",
        as_user(USER, STRANGER),
        own.process().pid.0,
        &["group"],
        "belongs to another group",
    );
    let (output, pages) = doctor(as_user(USER, USER)(), own.process().pid.0);
    assert_eq!((output.status.code(), gates(&pages, "shut")), (Some(0), Vec::new()), "the same user: {pages}");
    assert_eq!(pages[0]["answer"], "full");
    let undumpable = hung(HERMIT, UNDUMPABLE);
    let hermit = as_user(HERMIT, HERMIT);
    let verdict = assert_refused("undumpable", hermit, undumpable.process().pid.0, &["dumpable"], "marked undumpable");
    // Its descriptors are closed, but its user runs nothing else here: the door and its queue can only be its own.
    assert_eq!((&verdict["kind"], &verdict["confidence"]), (&"loop-blocked".into(), &"possible".into()), "{verdict}");
    assert_eq!(verdict["hurts"], serde_json::json!(["1 connection not accepted"]), "{verdict}");
    let (_, pages) = doctor(Command::new(binary.path()), undumpable.process().pid.0);
    assert_eq!(gates(&pages, "shut"), Vec::<String>::new(), "root passes: {pages}");
    assert!(gates(&pages, "passed").contains(&"dumpable".to_owned()), "{pages}");
}

#[test]
fn fewer_capabilities_than_the_target_has() {
    if cannot_run() {
        return;
    }
    let binary = Binary::new("capabilities");
    let root = hung(0, "");
    let bare = || {
        let mut command = Command::new("setpriv");
        command.args(["--bounding-set=-all", "--inh-caps=-all"]).arg(binary.path());
        command
    };
    if !bare().arg("--version").output().is_ok_and(|output| output.status.success()) {
        return skip("setpriv cannot drop all capabilities here");
    }
    assert_refused("capabilities", bare, root.process().pid.0, &["capabilities"], "capabilities that hangspy has not");
}

#[test]
fn what_no_fact_explains() {
    if cannot_run() {
        return;
    }
    let binary = Binary::new("unexplained");
    // That a process of root is undumpable is to be seen nowhere, and it can do no more than hangspy.
    let bare = ["--bounding-set=-all", "--inh-caps=-all"];
    let source = format!("{UNDUMPABLE}\n{HUNG}");
    let target = Target::start(Command::new("setpriv").args(bare).args([PYTHON, "-c", &source]));
    let words = "the kernel refused without a visible reason";
    let wrapped = || {
        let mut command = Command::new("setpriv");
        command.args(bare).arg(binary.path());
        command
    };
    assert_refused("unexplained", wrapped, target.process().pid.0, &["other"], words);
}

#[test]
fn the_capability_opens_the_memory_and_not_every_file() {
    if cannot_run() {
        return;
    }
    let binary = Binary::new("capability");
    let target = hung(USER, "");
    let mut able = Command::new("setpriv");
    able.args(["--reuid", "61002", "--regid", "61002", "--clear-groups", "--inh-caps=+sys_ptrace"]);
    able.arg("--ambient-caps=+sys_ptrace").arg(binary.path());
    let (output, pages) = doctor(able, target.process().pid.0);
    assert_eq!((output.status.code(), &pages[0]["answer"]), (Some(0), &"partly".into()), "{pages}");
    assert_eq!((gates(&pages, "shut"), gates(&pages, "passed")), (vec![], vec!["user".to_owned(), "group".to_owned()]));
    let note = pages[0]["gates"].as_array().expect("a list").iter().find(|gate| gate["state"] == "note");
    let note = note.expect("what stays closed is told");
    assert_eq!(note["gate"], "capabilities", "{note}");
    assert!(note["words"].as_str().is_some_and(|words| words.contains("without DAC_READ_SEARCH")), "{note}");
}

#[test]
fn a_user_namespace() {
    if cannot_run() {
        return;
    }
    let binary = Binary::new("namespace");
    let target = hung(0, "");
    let outside = || {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user"]).arg(binary.path());
        command
    };
    if outside().arg("--version").output().is_ok_and(|output| output.status.success()) {
        let words = "lives in another user namespace";
        assert_refused("user namespace", outside, target.process().pid.0, &["user namespace"], words);
    } else {
        skip("no user namespaces here");
    }
}

#[test]
fn a_filter_over_system_calls() {
    if cannot_run() {
        return;
    }
    if !cfg!(target_arch = "x86_64") {
        return skip("the filter of this test knows the system calls of x86-64 only");
    }
    let binary = Binary::new("filter");
    let target = hung(0, "");
    let pid = target.process().pid.0;
    let filtered = |number: &'static str, error: &'static str| {
        let path = binary.path();
        move || {
            let mut command = Command::new(PYTHON);
            command.args(["-c", FILTERED, number, error]).arg(&path);
            command
        }
    };
    let words = "a seccomp filter blocks process_vm_readv";
    for error in ["1", "13", "38"] {
        let case = format!("process_vm_readv answers error {error}");
        assert_refused(&case, filtered("310", error), pid, &["seccomp"], words);
    }
    // ptrace (101) is not used.
    let (output, pages) = doctor(filtered("101", "1")(), pid);
    assert_eq!((output.status.code(), &pages[0]["answer"]), (Some(0), &"full".into()), "{pages}");
}

/// strace, ended with the test.
struct Tracer(Child);

impl Drop for Tracer {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

#[test]
fn another_tracer_is_told_of_and_refuses_nothing() {
    let target = Target::start(Command::new(PYTHON).args(["-c", HUNG]));
    let pid = target.process().pid;
    let mut strace = Command::new("strace");
    strace.args(["-o", "/dev/null", "-p", &pid.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(child) = strace.spawn() else { return skip("there is no strace here") };
    let mut tracer = Tracer(child);
    let traced = || {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("our own child");
        hangspy::os::parse_tracer(&status).flatten().is_some()
    };
    while !traced() {
        if tracer.0.try_wait().expect("our own child").is_some() {
            return skip("strace may not attach here");
        }
        std::thread::yield_now();
    }
    let (output, pages) = doctor(Command::new(env!("CARGO_BIN_EXE_hangspy")), pid.0);
    assert_eq!(output.status.code(), Some(0), "{pages}");
    let note = pages[0]["gates"].as_array().expect("a list").iter().find(|gate| gate["gate"] == "other tracer");
    let note = note.expect("the tracer has a line");
    assert_eq!(note["state"], "note");
    let words = note["words"].as_str().expect("words");
    assert!(words.contains(&format!("strace (pid {})", tracer.0.id())), "{words}");
}
