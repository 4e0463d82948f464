//! A hung process, a hangspy that every user may run, and the check that a refusal is named and answered all the same.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::target::Target;

/// The distribution's Python: one that every user may run.
pub(crate) const PYTHON: &str = "/usr/bin/python3";

/// Says that it is ready and sleeps, with a connection that it does not accept.
pub(crate) const HUNG: &str = "
import socket, sys, time
door = socket.create_server(('127.0.0.1', 0))
guest = socket.create_connection(door.getsockname())
print('ready', flush=True)
time.sleep(600)
";

/// Users that own nothing else here, so that nobody else's processes are theirs.
pub(crate) const USER: u32 = 61_001;
pub(crate) const STRANGER: u32 = 61_002;

/// hangspy where every user may run it; removed at the end.
pub(crate) struct Binary(PathBuf);

impl Binary {
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("hangspy-doctor-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).expect("the temporary folder is writable");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("our own folder");
        fs::copy(env!("CARGO_BIN_EXE_hangspy"), folder.join("hangspy")).expect("copied");
        Self(folder)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.join("hangspy")
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

/// Says why and returns true where a test cannot run: only root can become two other users.
pub(crate) fn cannot_run() -> bool {
    let reason = match (nix::unistd::geteuid().is_root(), Path::new(PYTHON).exists()) {
        (false, _) => "only root can run as two other users",
        (_, false) => "there is no /usr/bin/python3, which every user could run",
        _ => return false,
    };
    skip(reason);
    true
}

/// Says on standard error why something is not tested.
pub(crate) fn skip(reason: &str) {
    let _unheard = writeln!(io::stderr(), "skipped: {reason}");
}

/// A hung Python of a user.
pub(crate) fn hung(user: u32, first: &str) -> Target {
    let source = format!("{first}\n{HUNG}");
    Target::start(Command::new(PYTHON).args(["-c", &source]).uid(user).gid(user))
}

pub(crate) fn doctor(mut wrapped: Command, pid: u32) -> (Output, Value) {
    let output = wrapped.args(["doctor", &pid.to_string(), "--json"]).output().expect("it starts");
    let pages = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output, pages)
}

/// Names of the gates in this state.
pub(crate) fn gates(pages: &Value, state: &str) -> Vec<String> {
    let gates = pages[0]["gates"].as_array().expect("a list of gates").iter();
    gates.filter(|gate| gate["state"] == state).filter_map(|gate| gate["gate"].as_str()).map(str::to_owned).collect()
}

/// Checks that a gate is named as the one that refuses, and that there is an answer all the same: its worst verdict.
pub(crate) fn assert_refused(case: &str, wrapped: impl Fn() -> Command, pid: u32, shut: &[&str], words: &str) -> Value {
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
