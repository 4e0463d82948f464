//! hangspy does its work under a limit of addresses (`ulimit -v`).

#[path = "common/interpreters.rs"]
mod interpreters;
#[path = "common/target.rs"]
mod target;

use std::process::Command;

use interpreters::interpreters;
use serde_json::Value;
use target::Target;

#[test]
fn a_list_under_a_limit_of_addresses() {
    let found = interpreters();
    let interpreter = found.first().expect("some CPython 3.8 to 3.15 is installed");
    let name = interpreter.name();
    let sleeper = || Target::start(Command::new(&interpreter.path).args(["-c", "print('ready', flush=True); input()"]));
    let sleepers: Vec<Target> = (0..25).map(|_| sleeper()).collect();
    // Of two such limits one was too low as long as threads reserved addresses: the last that did took what the others needed.
    for mebibytes in [160, 200, 240] {
        let limited = format!("ulimit -v {}; exec \"$0\" ps --json", mebibytes << 10);
        let output = Command::new("sh").args(["-c", &limited, env!("CARGO_BIN_EXE_hangspy")]).output();
        let output = output.expect("a shell starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}, {mebibytes} MiB: {}: {said}", output.status);
        let rows: Value = serde_json::from_slice(&output.stdout).expect("a list");
        let row = |pid: u32| rows.as_array()?.iter().find(|row| row["pid"] == pid);
        for pid in sleepers.iter().map(|one| one.process().pid.0) {
            assert_eq!(
                row(pid).map(|row| &row["readable"]),
                Some(&Value::from("yes")),
                "{name}, {mebibytes} MiB, {pid}: {rows}"
            );
        }
    }
}

/// A process and 31 children, which end with it.
const FAMILY: &str = "import os, time
inside, outside = os.pipe()
for _ in range(31):
    if os.fork() == 0:
        os.close(outside)
        os.read(inside, 1)
        os._exit(0)
print('ready', flush=True)
time.sleep(1000)";

#[test]
fn a_family_of_32_under_a_limit_of_addresses() {
    let found = interpreters();
    let interpreter = found.last().expect("some CPython 3.8 to 3.15 is installed");
    let target = Target::start(Command::new(&interpreter.path).args(["-c", FAMILY]));
    let limited = format!("ulimit -v {}; exec \"$0\" \"$1\" --for 1s --json", 192 << 10);
    let pid = target.process().pid.to_string();
    let output = Command::new("sh").args(["-c", &limited, env!("CARGO_BIN_EXE_hangspy"), &pid]).output();
    let output = output.expect("a shell starts");
    let (name, said) = (interpreter.name(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name}: {}: {said}", output.status);
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(report["target"]["processes"].as_array().map(Vec::len), Some(32), "{name}: {report}");
    let seen = report["threads"].as_array().map(Vec::len);
    assert!(seen >= Some(32), "{name}: {seen:?} threads are seen: {report}");
}
