//! The target is never stopped and never written to: shown by the system calls that hangspy makes.

#[path = "common/interpreters.rs"]
mod interpreters;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// Calls that stop, signal or change another process.
const HARMFUL: &[&str] = &["ptrace(", "process_vm_writev(", "tgkill(", "tkill(", "pidfd_send_signal(", "kill("];

#[test]
fn no_call_of_ours_stops_signals_or_changes_the_target() {
    if Command::new("strace").arg("-V").output().is_err() {
        println!("skipped: strace is not installed; install the package strace");
        return;
    }
    let interpreter = interpreters::interpreters().into_iter().next().expect("some CPython 3.8 to 3.15 is installed");
    let source =
        "import asyncio,time\nasync def main():\n print('ready', flush=True)\n time.sleep(600)\nasyncio.run(main())";
    let target = Command::new(&interpreter.path).args(["-c", source]).stdout(Stdio::piped()).spawn();
    let mut target = target.unwrap_or_else(|error| panic!("{}: {error}", interpreter.name()));
    let mut line = String::new();
    BufReader::new(target.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("it says it is ready");
    let log = std::env::temp_dir().join(format!("hangspy-strace-{}", std::process::id()));
    let status = Command::new("strace")
        .args(["-f", "-o", log.to_str().expect("a plain path"), env!("CARGO_BIN_EXE_hangspy")])
        .args([&target.id().to_string(), "--for", "1s", "--json"])
        .stdout(Stdio::null())
        .status()
        .expect("strace starts");
    let _gone = target.kill();
    let _reaped = target.wait();
    let calls = fs::read_to_string(&log).expect("strace wrote its log");
    let _removed = fs::remove_file(&log);
    assert!(status.success(), "hangspy under strace ended with {status}");
    assert!(calls.contains("process_vm_readv("), "the log does not show how the target was read");
    let harmful: Vec<&str> = calls.lines().filter(|call| HARMFUL.iter().any(|name| call.contains(name))).collect();
    assert!(harmful.is_empty(), "hangspy made calls that can hurt:\n{}", harmful.join("\n"));
}
