//! The command line from outside: exit codes, errors with their hints, and that nothing is lost or left behind.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;
#[path = "common/scratch.rs"]
mod scratch;
#[path = "common/started.rs"]
mod started;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use scratch::Scratch;
use started::Running;

/// A program in some Python.
fn python(source: &str) -> Running {
    let interpreter = interpreters::interpreters().into_iter().next().expect("some CPython 3.8 to 3.15 is installed");
    Running::python(&interpreter, source, &[])
}

/// An event loop that is blocked in a sleep.
const BLOCKED: &str = "
import asyncio, time
def nap():
    print('ready', flush=True)
    time.sleep(600)
async def main():
    nap()
asyncio.run(main())
";

/// An event loop with nothing to do.
const IDLE: &str = "
import asyncio
async def main():
    print('ready', flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
";

fn hangspy(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hangspy")).args(arguments).output().expect("hangspy starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Checks the exit code and that stderr says all of `words`.
fn assert_ends(output: &Output, code: i32, words: &[&str]) {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "exit code; it said:\n{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is missing in what it said:\n{said}");
    }
}

#[test]
fn no_such_process() {
    assert_ends(&hangspy(&["4194304"]), 4, &["error: no process has pid 4194304", "hint: ", "hangspy ps"]);
    assert_ends(&hangspy(&[":1"]), 4, &["error: ", "hint: "]);
    assert_ends(&hangspy(&["dump", "no-such-program-here"]), 4, &["error: ", "hint: "]);
}

#[test]
fn not_python() {
    let sleeper = Running(Command::new("sleep").arg("600").spawn().expect("sleep starts"));
    assert_ends(&hangspy(&[&sleeper.pid()]), 5, &["is not Python", "hint: "]);
    assert_ends(&hangspy(&["record", &sleeper.pid(), "-o", "/tmp/never-written.svg"]), 5, &["is not Python"]);
    assert!(!Path::new("/tmp/never-written.svg").exists(), "an empty file was left behind");
}

#[test]
fn wrong_words_are_usage() {
    for words in [
        &["--for", "3", "1"][..],
        &["--rate", "0", "1"],
        &["record", "1"],
        &["report"],
        &["1", "2"],
        &["--no-such-flag"],
    ] {
        let output = hangspy(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {}", text(&output.stderr));
        assert!(output.stdout.is_empty(), "{words:?}: complaints belong on stderr");
    }
}

#[test]
fn help_shows_examples_for_every_verb() {
    for verb in ["diagnose", "dump", "record", "report", "ps", "doctor"] {
        let output = hangspy(&[verb, "--help"]);
        assert_eq!(output.status.code(), Some(0), "{verb}");
        assert!(text(&output.stdout).contains("Examples:\n  hangspy "), "{verb} has no examples");
    }
    assert!(text(&hangspy(&["man", "record"]).stdout).contains(".TH hangspy-record 1"), "the manual page of record");
    assert!(text(&hangspy(&["man"]).stdout).contains(".SH SUBCOMMANDS"), "the manual page");
    assert_ends(&hangspy(&["man", "sing"]), 2, &["there is no verb sing", "hint: "]);
    assert!(text(&hangspy(&["completions", "bash"]).stdout).contains("_hangspy"));
}

#[test]
fn unwritable_outputs_are_refused_before_the_run() {
    let scratch = Scratch::new("unwritable");
    fs::write(scratch.0.join("file"), "").expect("writable");
    let below_a_file = scratch.0.join("file/below");
    let below = below_a_file.to_str().expect("a plain path");
    let idle = python(IDLE);
    let output = hangspy(&[&idle.pid(), "--for", "10m", "-o", below]);
    assert_ends(&output, 2, &["error: cannot write ", "caused by: ", "hint: "]);
    assert!(output.stdout.is_empty());
    assert_ends(&hangspy(&["record", &idle.pid(), "-o", "/no/such/folder/x.svg"]), 2, &["cannot write", "hint: "]);
    assert_ends(&hangspy(&["record", &idle.pid(), "-o", "/tmp/x.unknown"]), 2, &["ending", "--format"]);
}

#[test]
fn foreign_captures_are_refused() {
    let scratch = Scratch::new("foreign");
    for (name, bytes) in [("empty", &b""[..]), ("text", b"hello\n"), ("elf", b"\x7fELF\x02\x01\x01")] {
        let path = scratch.0.join(name);
        fs::write(&path, bytes).expect("writable");
        let output = hangspy(&["report", path.to_str().expect("a plain path")]);
        assert_ends(&output, 2, &["cannot read the capture", "hint: "]);
    }
    assert_ends(&hangspy(&["report", "/no/such/capture"]), 2, &["cannot read the capture"]);
}

#[test]
fn a_report_from_the_capture_is_the_same_byte_for_byte() {
    let scratch = Scratch::new("again");
    let (first, again) = (scratch.0.join("first"), scratch.0.join("again"));
    let blocked = python(BLOCKED);
    let screen = hangspy(&[&blocked.pid(), "--for", "1s", "-o", first.to_str().expect("a plain path")]);
    assert_ends(&screen, 0, &[]);
    let capture = first.join("capture.hangspy");
    let capture = capture.to_str().expect("a plain path");
    let rendered = hangspy(&["report", capture, "-o", &format!("{}/", again.display())]);
    assert_ends(&rendered, 0, &[]);
    for name in ["report.txt", "report.json", "flamegraph.svg", "stacks.collapsed"] {
        let (one, other) = (fs::read(first.join(name)), fs::read(again.join(name)));
        assert!(one.expect("was written") == other.expect("was written"), "{name} differs from the first one");
    }
    assert_eq!(text(&hangspy(&["report", capture]).stdout), text(&screen.stdout), "the screen differs");
    assert!(text(&screen.stdout).contains("nap"), "the blocking function is not named:\n{}", text(&screen.stdout));
}

#[test]
fn interrupted_work_is_kept() {
    let idle = python(IDLE);
    let mut recorder = Command::new(env!("CARGO_BIN_EXE_hangspy"))
        .args(["diagnose", &idle.pid(), "--for", "10m", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("hangspy starts");
    // The handshake: once the recorder has read the target's memory map, its first looks follow at once; the signal is
    // handled from before that on, so nothing depends on when exactly it arrives.
    while fs::read_dir(format!("/proc/{}/task", recorder.id())).map_or(0, Iterator::count) < 2 {
        std::thread::yield_now();
    }
    let pid = nix::unistd::Pid::from_raw(i32::try_from(recorder.id()).expect("a pid"));
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).expect("the recorder runs");
    let mut said = String::new();
    std::io::Read::read_to_string(recorder.stdout.as_mut().expect("a pipe"), &mut said).expect("UTF-8");
    let code = recorder.wait().expect("it ends").code();
    match code {
        Some(0) => {
            let report: serde_json::Value = serde_json::from_str(&said).expect("one JSON object");
            assert!(report["window"]["samples"].as_u64() >= Some(1), "what was gathered is not there: {said}");
        }
        Some(130) => assert!(said.is_empty(), "130 means that there was nothing to print: {said}"),
        other => panic!("Ctrl-C ended with {other:?}: {said}"),
    }
}

/// Runs a command on a terminal of 80 columns, types Ctrl-C once it shows its progress, and prints all that was shown.
const TYPIST: &str = r"
import fcntl, os, pty, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
    os.execv(sys.argv[1], sys.argv[1:])
shown, typed = b'', False
try:
    while True:
        shown += os.read(terminal, 65536)
        if not typed and b' looks' in shown:
            typed = bool(os.write(terminal, b'\x03'))
except OSError:
    os.waitpid(pid, 0)
sys.stdout.buffer.write(shown)
";

#[test]
fn the_echo_of_ctrl_c_leaves_no_bar_behind() {
    let target = python(IDLE);
    let python = interpreters::interpreters().into_iter().next().expect("some CPython is installed");
    let arguments = ["-c", TYPIST, env!("CARGO_BIN_EXE_hangspy"), &target.pid(), "--for", "60s"];
    let output = Command::new(&python.path).args(arguments).output().expect("Python starts");
    let shown = text(&output.stdout);
    let (before, after) = shown.split_once("^C").unwrap_or_else(|| panic!("Ctrl-C is not echoed: {shown:?}"));
    let line = before.rsplit_once("\x1b[2K").map_or(before, |(_, line)| line);
    let columns = line.chars().count();
    assert!(line.contains("looking") && columns + "^C".len() < 80, "the bar has {columns} columns: {line:?}");
    assert!(after.starts_with("\r\x1b[2K"), "the line is cleared before anything else is shown: {after:?}");
    let last = after.rsplit_once("\x1b[2K").map_or(after, |(_, last)| last);
    let heading = format!("pid {}", target.pid());
    assert!(last.contains(&heading) && !last.contains("looking"), "the report stands alone: {last:?}");
}

#[test]
fn a_target_that_ends_while_it_is_watched_is_reported() {
    let blocked = python(BLOCKED);
    let mut command = Command::new(env!("CARGO_BIN_EXE_hangspy"));
    command.args([&blocked.pid(), "--for", "10m", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("hangspy starts");
    // The handshake: the first verdict is said while the watch goes on.
    let mut said = String::new();
    BufReader::new(child.stderr.take().expect("a pipe")).read_line(&mut said).expect("UTF-8");
    assert!(said.contains("blocked") && said.contains("nap"), "the first verdict was: {said}");
    drop(blocked);
    let output = child.wait_with_output().expect("it ends by itself");
    assert_eq!(output.status.code(), Some(0), "what was seen before the end is an answer");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(report["target"]["processes"][0]["ended"], true, "the report does not say that the process ended");
    assert_eq!(report["verdicts"][0]["blame"]["function"], "nap");
}

#[test]
fn what_is_private_is_left_out_and_each_attach_written_down() {
    let scratch = Scratch::new("private");
    let (folder, audit) = (scratch.0.join("shop"), scratch.0.join("audit"));
    fs::create_dir(&folder).expect("writable");
    let script = folder.join("consumer.py");
    fs::write(&script, BLOCKED).expect("writable");
    let blocked = python(&format!("import runpy; runpy.run_path({:?})", script.display().to_string()));
    let secret = scratch.text().to_owned();
    let out = scratch.0.join("out");
    let words = ["--for", "1s", "-o", out.to_str().expect("a plain path"), "--audit", audit.to_str().expect("a path")];
    let open = hangspy(&[&[blocked.pid().as_str()][..], &words].concat());
    let shown = text(&open.stdout);
    assert!(shown.contains("time.sleep(600)") && shown.contains("consumer.py"), "nothing to take out:\n{shown}");
    assert!(out.join("capture.hangspy").exists());
    fs::remove_dir_all(&out).expect("our own");
    let output = hangspy(&[&[blocked.pid().as_str(), "--redact"][..], &words].concat());
    assert_ends(&output, 0, &[]);
    for name in ["report.txt", "report.json", "flamegraph.svg", "stacks.collapsed"] {
        let kept = fs::read_to_string(out.join(name)).expect("was written");
        assert!(kept.contains("nap") && kept.contains("consumer.py"), "{name} says too little");
        assert!(!kept.contains(&secret) && !kept.contains("time.sleep(600)"), "{name} says too much:\n{kept}");
    }
    assert!(!out.join("capture.hangspy").exists(), "a capture holds everything");
    let refused = hangspy(&["record", &blocked.pid(), "--redact", "-o", "/tmp/never-written.hangspy"]);
    assert_ends(&refused, 2, &["would hold what --redact leaves out"]);
    let lines = fs::read_to_string(&audit).expect("was written");
    let lines: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("an object in each line")).collect();
    assert_eq!(lines.len(), 2, "one line for each attach: {lines:?}");
    for line in lines {
        assert_eq!(line["process"].to_string(), blocked.pid());
        assert_eq!(line["reads"][0], "memory");
    }
    let pid = blocked.pid();
    for words in [&[pid.as_str()][..], &["ps"], &["doctor", &pid]] {
        let unwritable = hangspy(&[words, &["--audit", "/no/such/folder/audit"]].concat());
        assert_ends(&unwritable, 2, &["cannot write /no/such/folder/audit"]);
        assert!(unwritable.stdout.is_empty(), "{words:?}: it looked without writing that down");
    }
}

#[test]
fn looking_over_all_processes_is_written_down_too() {
    let scratch = Scratch::new("audited");
    let audit = scratch.0.join("audit");
    let audit = audit.to_str().expect("a plain path");
    let blocked = python(BLOCKED);
    for words in [&["ps"][..], &["doctor", &blocked.pid()], &["dump", &blocked.pid()]] {
        assert_ends(&hangspy(&[words, &["--audit", audit]].concat()), 0, &[]);
    }
    let lines = fs::read_to_string(audit).expect("was written");
    let lines = lines.lines().map(|line| serde_json::from_str(line).expect("an object in each line"));
    let of_it: Vec<serde_json::Value> =
        lines.filter(|line: &serde_json::Value| line["process"] == blocked.0.id()).collect();
    let verbs: Vec<&str> = of_it.iter().filter_map(|line| line["verb"].as_str()).collect();
    assert_eq!(verbs, ["ps", "doctor", "dump"], "{of_it:?}");
    assert!(of_it.iter().all(|line| line["reads"][0] == "memory"), "{of_it:?}");
}

/// A run of ten minutes that is well under way: its first verdict has been read.
fn long_run(target: &Running, flags: &[&str]) -> (Child, BufReader<std::process::ChildStderr>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hangspy"));
    command.args([&target.pid(), "--for", "10m", "--json"]).args(flags);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("hangspy starts");
    let mut talk = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut said = String::new();
    talk.read_line(&mut said).expect("UTF-8");
    assert!(said.contains("blocked") && said.contains("nap"), "the first verdict was: {said}");
    (child, talk)
}

#[test]
fn an_attended_run_ends_with_its_input_and_keeps_what_it_has() {
    let blocked = python(BLOCKED);
    let (mut child, _talk) = long_run(&blocked, &["--attended"]);
    drop(child.stdin.take());
    let output = child.wait_with_output().expect("it ends by itself");
    assert_eq!(output.status.code(), Some(0));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(report["verdicts"][0]["blame"]["function"], "nap");
}

#[test]
fn nobody_left_to_listen_ends_a_run() {
    let blocked = python(BLOCKED);
    let (mut child, talk) = long_run(&blocked, &[]);
    drop(talk);
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends by itself").code(), Some(0));
}

#[test]
fn a_full_disk_costs_neither_the_verdict_nor_what_was_written() {
    let scratch = Scratch::new("full-disk");
    let mount =
        |words: &[&str]| Command::new("mount").args(words).arg(&scratch.0).status().is_ok_and(|code| code.success());
    if !mount(&["-t", "tmpfs", "-o", "size=32k", "tmpfs"]) {
        println!("skipped: only root can mount a file system that fills up");
        return;
    }
    let folder = scratch.0.join("out");
    let blocked = python(BLOCKED);
    let output = hangspy(&[&blocked.pid(), "--for", "1s", "-o", folder.to_str().expect("a plain path")]);
    let left = fs::read_dir(&folder).expect("the folder is there").count();
    let _unmounted = Command::new("umount").arg(&scratch.0).status();
    assert_ends(&output, 2, &["error: cannot write ", "No space left on device", "hint: "]);
    assert!(text(&output.stdout).contains("nap"), "the verdict is missing:\n{}", text(&output.stdout));
    assert!(left > 0, "what fitted was not kept");
}

#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let idle = python(IDLE);
    let mut command = Command::new(env!("CARGO_BIN_EXE_hangspy"));
    command.args(["dump", &idle.pid()]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("hangspy starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(text(&output.stderr), "", "a reader that has seen enough is no error");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn another_user_gets_the_gate_and_the_reduced_answer() {
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: only root can become another user");
        return;
    }
    let scratch = Scratch::new("other-user");
    // The binary must be reachable for that user, wherever the checkout lies.
    let binary = scratch.0.join("hangspy");
    fs::copy(env!("CARGO_BIN_EXE_hangspy"), &binary).expect("copied");
    let blocked = python(BLOCKED);
    let mut command = Command::new(&binary);
    let output =
        command.args([&blocked.pid(), "--for", "500ms"]).uid(65534).gid(65534).output().expect("hangspy starts");
    assert_ends(&output, 3, &["not permitted to read process", "belongs to another user", "hint: ", "SYS_PTRACE"]);
    assert!(!output.stdout.is_empty(), "what /proc alone allows is missing");
}
