//! Every gate that this machine can shut, shut for real: `doctor` names it, and `diagnose` still says what `/proc` alone allows.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/target.rs"]
mod target;

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use target::Target;

/// The distribution's Python: one that every user may run.
const PYTHON: &str = "/usr/bin/python3";

/// Says that it is ready and sleeps, with a connection that it does not accept.
const HUNG: &str = "
import socket, sys, time
door = socket.create_server(('127.0.0.1', 0))
guest = socket.create_connection(door.getsockname())
print('ready', flush=True)
time.sleep(600)
";

/// Keeps its memory from being dumped: PR_SET_DUMPABLE is 4.
const UNDUMPABLE: &str = "import ctypes; ctypes.CDLL(None).prctl(4, 0)";

/// Puts a filter over itself that answers process_vm_readv (310) with EPERM, and runs what it is told.
const FILTERED: &str = "
import ctypes, os, struct, sys
code = [(0x20, 0, 0, 0), (0x15, 0, 1, 310), (6, 0, 0, 0x00050001), (6, 0, 0, 0x7fff0000)]
text = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *line) for line in code))
program = ctypes.create_string_buffer(struct.pack('HxxxxxxP', len(code), ctypes.addressof(text)))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program, 0, 0) == 0, ctypes.get_errno()
os.execv(sys.argv[1], sys.argv[1:])
";

/// Users that own nothing else here, so that nobody else's processes are theirs.
const USER: u32 = 61_001;
const STRANGER: u32 = 61_002;
const HERMIT: u32 = 61_003;

/// hangspy where every user may run it; removed at the end.
struct Binary(PathBuf);

impl Binary {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("hangspy-doctor-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).expect("the temporary folder is writable");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("our own folder");
        fs::copy(env!("CARGO_BIN_EXE_hangspy"), folder.join("hangspy")).expect("copied");
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.join("hangspy")
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

/// Says why and returns true where a test cannot run: only root can become two other users.
fn cannot_run() -> bool {
    let reason = match (nix::unistd::geteuid().is_root(), Path::new(PYTHON).exists()) {
        (false, _) => "only root can run as two other users",
        (_, false) => "there is no /usr/bin/python3, which every user could run",
        _ => return false,
    };
    skip(reason);
    true
}

/// Says on standard error why something is not tested.
fn skip(reason: &str) {
    let _unheard = writeln!(io::stderr(), "skipped: {reason}");
}

/// A hung Python of a user.
fn hung(user: u32, first: &str) -> Target {
    let source = format!("{first}\n{HUNG}");
    Target::start(Command::new(PYTHON).args(["-c", &source]).uid(user).gid(user))
}

fn doctor(mut wrapped: Command, pid: u32) -> (Output, Value) {
    let output = wrapped.args(["doctor", &pid.to_string(), "--json"]).output().expect("it starts");
    let pages = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output, pages)
}

/// Names of the gates in this state.
fn gates(pages: &Value, state: &str) -> Vec<String> {
    let gates = pages[0]["gates"].as_array().expect("a list of gates").iter();
    gates.filter(|gate| gate["state"] == state).filter_map(|gate| gate["gate"].as_str()).map(str::to_owned).collect()
}

/// Checks that a gate is named as the one that refuses, and that there is an answer all the same: its worst verdict.
fn assert_refused(case: &str, wrapped: impl Fn() -> Command, pid: u32, shut: &[&str], words: &str) -> Value {
    let (output, pages) = doctor(wrapped(), pid);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{case}: exit code of doctor; it said {said}");
    assert_eq!(gates(&pages, "shut"), shut, "{case}: {pages}");
    assert!(said.contains(words), "{case}: `{words}` is missing in: {said}");
    let opens = pages[0]["gates"].as_array().expect("a list").iter().filter(|gate| gate["state"] == "shut");
    assert!(opens.clone().all(|gate| gate["opens"].is_string()), "{case}: a gate without what opens it: {pages}");
    assert_eq!(pages[0]["answer"], "proc-only", "{case}");

    let output =
        wrapped().args(["diagnose", &pid.to_string(), "--for", "400ms", "--json"]).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{case}: exit code of diagnose; it said {said}");
    assert!(said.contains(words), "{case}: `{words}` is missing in: {said}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{case}: {error}"));
    assert_eq!(report["target"]["processes"][0]["reader"], "proc-only", "{case}: not marked as reduced");
    let verdict = &report["verdicts"][0];
    let honest =
        verdict["kind"] == "cannot-tell" || (verdict["kind"] == "loop-blocked" && verdict["confidence"] != "certain");
    assert!(honest, "{case}: a guess: {verdict}");
    assert!(verdict["evidence"].as_array().is_some_and(|facts| !facts.is_empty()), "{case}: {verdict}");
    assert!(report["threads"].as_array().is_some_and(|threads| !threads.is_empty()), "{case}: no thread is told of");
    verdict.clone()
}

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
fn a_user_namespace_and_a_filter() {
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
    let filtered = || {
        let mut command = Command::new(PYTHON);
        command.args(["-c", FILTERED]).arg(binary.path());
        command
    };
    if cfg!(target_arch = "x86_64") {
        let words = "a seccomp filter blocks process_vm_readv";
        assert_refused("seccomp", filtered, target.process().pid.0, &["seccomp"], words);
    } else {
        skip("the filter of this test knows the system calls of x86-64 only");
    }
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

#[test]
fn numbers_of_another_pid_namespace_and_hidden_processes() {
    if cannot_run() {
        return;
    }
    let binary = Binary::new("pids");
    let mut unshare = Command::new("unshare");
    unshare.args(["--pid", "--fork", "--kill-child", "--mount-proc", PYTHON, "-c", HUNG]);
    if Command::new("unshare")
        .args(["--pid", "--fork", "--mount-proc", "true"])
        .status()
        .is_ok_and(|code| code.success())
    {
        let outer = Target::start(&mut unshare);
        let parent = outer.process().pid;
        let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).expect("it has a child");
        let inner = children.trim().parse().expect("the only child");
        let (output, pages) = doctor(Command::new(binary.path()), inner);
        assert_eq!(output.status.code(), Some(0), "{pages}");
        let gates = pages[0]["gates"].as_array().expect("a list").iter();
        let words: Vec<&str> =
            gates.filter(|gate| gate["gate"] == "pid namespace").filter_map(|gate| gate["words"].as_str()).collect();
        assert_eq!(words, ["it is in one below ours, where its number is 1"]);
    } else {
        skip("no pid namespaces here");
    }
    let target = hung(USER, "");
    let script =
        "mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid 61002 --regid 61002 --clear-groups \"$@\"";
    let hidden = || {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", script, "sh"]).arg(binary.path());
        command
    };
    if !hidden().arg("--version").output().is_ok_and(|output| output.status.success()) {
        return skip("/proc cannot be mounted with hidepid here");
    }
    let (output, pages) = doctor(hidden(), target.process().pid.0);
    assert_eq!((output.status.code(), gates(&pages, "shut")), (Some(3), vec!["process".to_owned()]), "{pages}");
    let (_, said) = (output.status, String::from_utf8_lossy(&output.stderr).into_owned());
    assert!(said.contains("/proc hides the process (hidepid)"), "{said}");
}
