//! What is not attached to, and what is said of it.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;
#[path = "common/target.rs"]
mod target;

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::{env, fs, thread};

use hangspy::attach::{self, Access};
use hangspy::error::{Error, ExitCode, Gate};
use hangspy::snapshot::Reader;
use interpreters::interpreters;
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use target::{Target, process};

const READY: &str = "import sys; sys.stdout.write('ready\\n'); sys.stdout.flush(); sys.stdin.readline()";

/// The user that owns nothing.
const NOBODY: u32 = 65_534;

fn refusal(process: hangspy::snapshot::Process) -> Error {
    match attach::attach(process) {
        Ok(session) => panic!("attached, read by {:?}", session.process.reader),
        Err(error) => error,
    }
}

#[test]
fn a_pid_that_nobody_has_is_no_process() {
    // Above the largest pid of Linux.
    let error = refusal(process(5_000_000));
    assert!(matches!(error, Error::NoSuchProcess { pid: 5_000_000 }), "{error}");
    assert_eq!(error.exit_code(), ExitCode::NoProcess);
}

#[test]
fn a_zombie_has_exited() {
    let mut child = Command::new("true").spawn().expect("true(1) starts");
    let pid = i32::try_from(child.id()).expect("a pid");
    waitid(Id::Pid(Pid::from_raw(pid)), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT).expect("our child ends");
    let error = refusal(process(child.id()));
    child.wait().expect("our child has ended");
    assert!(matches!(error, Error::Exited { .. }), "{error}");
}

#[test]
fn another_process_with_the_same_pid_is_not_the_one_that_was_meant() {
    let mut meant = process(std::process::id());
    meant.start_ticks = 1;
    assert!(matches!(refusal(meant), Error::Exited { .. }));
}

#[test]
fn a_thread_of_the_kernel_is_not_python() {
    if fs::read_to_string("/proc/2/comm").map_or(true, |name| name != "kthreadd\n") {
        return eprintln!("skipped: no thread of the kernel is visible here");
    }
    let error = refusal(process(2));
    assert!(matches!(error, Error::NotPython { .. }), "{error}");
    assert_eq!(error.exit_code(), ExitCode::NotPython);
}

#[test]
fn other_programs_are_not_python() {
    for script in ["echo ready; read line", "echo ready; exec sleep 1000"] {
        let target = Target::start(Command::new("sh").args(["-c", script]));
        let error = refusal(target.process());
        assert!(matches!(&error, Error::NotPython { .. }), "{script}: {error}");
    }
}

#[test]
fn a_process_that_exits_midway_is_a_session_or_has_exited() {
    let interpreter = interpreters().pop().expect("an interpreter: install one, or set HANGSPY_PYTHONS");
    for _ in 0..20 {
        let target = Target::start(Command::new(&interpreter.path).args(["-u", "-c", READY]));
        let meant = target.process();
        let start = &Barrier::new(2);
        let outcome = thread::scope(|scope| {
            scope.spawn(move || {
                start.wait();
                drop(target);
            });
            start.wait();
            attach::attach(meant)
        });
        match outcome {
            Ok(_) | Err(Error::Exited { .. } | Error::NoSuchProcess { .. }) => {}
            Err(error) => panic!("{}: {error}", interpreter.name()),
        }
    }
}

/// Not a test of its own: run by [`refused_as_nobody`] as another user.
#[test]
#[ignore = "run by the test of permissions, as another user"]
fn attach_as_told() {
    let Ok(pid) = env::var("HANGSPY_TEST_PID") else {
        return eprintln!("skipped: not started by the test of permissions");
    };
    let pid = pid.parse().expect("a number");
    match attach::attach(process(pid)) {
        Err(Error::NotPermitted { gate, .. }) => println!("gate {gate:?}"),
        other => println!("other {other:?}"),
    }
    let session = attach::attach_or_proc_only(process(pid)).expect("/proc is open to all");
    assert_eq!(session.process.reader, Reader::ProcOnly);
    assert!(matches!(session.access, Access::ProcOnly { .. }));
}

/// The gate that refuses the user `nobody`.
fn refused_as_nobody(target: &Target) -> String {
    let program = env::current_exe().expect("our own path");
    let mut command = Command::new(program);
    command
        .args(["--ignored", "--exact", "attach_as_told", "--nocapture"])
        .env("HANGSPY_TEST_PID", target.process().pid.to_string());
    let output = command.uid(NOBODY).gid(NOBODY).stderr(Stdio::inherit()).output().expect("we start again as nobody");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "as nobody: {text}");
    text.lines().find_map(|line| line.strip_prefix("gate ")).unwrap_or_else(|| panic!("no gate: {text}")).to_owned()
}

#[test]
fn the_gate_that_refuses_is_named() {
    if !nix::unistd::geteuid().is_root() {
        return eprintln!("skipped: only root can run as two other users");
    }
    let found = interpreters();
    let Some(interpreter) = found.iter().find(|interpreter| interpreter.origin == "PATH") else {
        return eprintln!("skipped: no interpreter that every user may run");
    };
    let other = Target::start(Command::new(&interpreter.path).args(["-u", "-c", READY]));
    assert_eq!(refused_as_nobody(&other), format!("{:?}", Gate::OtherUser));

    // PR_SET_DUMPABLE is 4.
    let undumpable = format!("import ctypes; ctypes.CDLL(None).prctl(4, 0); {READY}");
    let mut command = Command::new(&interpreter.path);
    command.args(["-u", "-c", &undumpable]).uid(NOBODY).gid(NOBODY);
    let own = Target::start(&mut command);
    assert_eq!(refused_as_nobody(&own), format!("{:?}", Gate::NotDumpable));
}
