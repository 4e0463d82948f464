//! What is said of processes that are not what they were, of clocks that are not ours, and of what we may not do.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use interpreters::interpreters;

const HANGSPY: &str = env!("CARGO_BIN_EXE_hangspy");

/// A program that said its number, and ends with the test.
struct Running(Child, u32);

impl Running {
    /// Starts Python, below another program where one is given.
    #[expect(clippy::print_stderr, reason = "a skip says why")]
    fn python(below: &[&str], program: &str) -> Self {
        let interpreter = interpreters().pop().expect("an interpreter: install one, or set HANGSPY_PYTHONS");
        eprintln!("looking at {}", interpreter.name());
        let path = interpreter.path.to_str().expect("a plain path");
        let words: Vec<&str> = below.iter().copied().chain([path, "-c", program]).collect();
        let mut command = Command::new(words[0]);
        let child = command.args(&words[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("it says its number");
        let pid = line.trim().parse().expect("its number");
        Self(child, pid)
    }

    fn hangspy(&self, words: &[&str]) -> Command {
        let mut command = Command::new(HANGSPY);
        command.arg(self.1.to_string()).args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let pid = nix::unistd::Pid::from_raw(self.1.cast_signed());
        // Fails only when it has ended already.
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hangspy-lies-{name}-{}", std::process::id()));
        let _from_before = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _left_behind = fs::remove_dir_all(&self.0);
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn done(output: &Output) -> String {
    assert!(output.status.success(), "{:?}: {}", output.status, text(&output.stderr));
    text(&output.stdout)
}

/// Whether this machine lets us have a namespace of our own.
#[expect(clippy::print_stderr, reason = "a skip says why")]
fn can_unshare(words: &[&str]) -> bool {
    let can = Command::new("unshare").args(words).arg("true").output().is_ok_and(|output| output.status.success());
    if !can {
        eprintln!("skipped: no unshare {words:?} here");
    }
    can
}

const IDLE: &str = "import asyncio, os
async def main():
    print(os.getpid(), flush=True)
    while True:
        await asyncio.sleep(0.05)
asyncio.run(main())";

#[test]
fn a_program_that_became_another_is_told() {
    let program = "import os, sys, threading
print(os.getpid(), flush=True)
sys.stdin.readline()
os.execv('/bin/sleep', ['sleep', '1000'])";
    let mut target = Running::python(&[], program);
    let run = target.hangspy(&["--for", "5s"]).spawn().expect("it starts");
    std::thread::sleep(Duration::from_millis(1500));
    drop(target.0.stdin.take());
    let output = run.wait_with_output().expect("it ends");
    assert!(text(&output.stderr).contains("another program (exec)"), "{}", text(&output.stderr));
    assert!(output.status.success());
}

#[test]
fn nothing_is_told_of_a_program_that_has_another_s_number_now() {
    let below = ["--pid", "--fork", "--mount-proc"];
    if !can_unshare(&below) {
        return;
    }
    let interpreter = interpreters().pop().expect("an interpreter: install one, or set HANGSPY_PYTHONS");
    // In a namespace of its own nobody else takes the number.
    let script = "run() { exec \"$0\" -c \"def $1():
    __import__('time').sleep(1000)
$1()\"; }
run the_old & old=$!
sleep 1; \"$1\" $old --for 6s --json & looks=$!
sleep 2; kill -9 $old; wait $old; echo $((old - 1)) >/proc/sys/kernel/ns_last_pid || exit 9
run the_new & new=$!
[ $old = $new ] || exit 8
wait $looks; code=$?; kill -9 $new; exit $code";
    let mut command = Command::new("unshare");
    command.args(below).args(["sh", "-c", script]).arg(&interpreter.path).arg(HANGSPY).stdin(Stdio::null());
    let output = command.output().expect("it starts");
    let told = text(&output.stdout);
    assert!(output.status.success(), "{:?}: {told}{}", output.status, text(&output.stderr));
    let report: serde_json::Value = serde_json::from_str(&told).expect("a report");
    assert!(report["window"]["seconds"].as_f64().is_some_and(|seconds| seconds < 5.0), "it ended: {told}");
    assert!(told.contains("the_old") && !told.contains("the_new"), "{told}");
}

#[test]
fn a_clock_that_counts_from_elsewhere_makes_nothing_late() {
    let below = ["unshare", "--time", "--monotonic", "5000", "--fork"];
    if !can_unshare(&below[1..]) {
        return;
    }
    let target = Running::python(&below, IDLE);
    let told = done(&target.hangspy(&["--for", "600ms", "--json"]).output().expect("it starts"));
    let report: serde_json::Value = serde_json::from_str(&told).expect("a report");
    let late = report["loops"][0]["timer_late_s"]["is"].as_f64().expect("a timer");
    assert!(late < 5.0, "late for {late} s");
    assert_eq!(report["verdicts"][0]["kind"], "healthy", "{told}");
}

#[test]
fn two_hundred_young_programs_that_are_no_python_do_not_keep_the_list_waiting() {
    let folder = Folder::new("young");
    let program = folder.0.join("python3");
    fs::copy("/bin/sleep", &program).expect("a copy");
    let mut young: Vec<Child> =
        (0..200).map(|_| Command::new(&program).arg("1000").spawn().expect("it starts")).collect();
    let began = Instant::now();
    let told = done(&Command::new(HANGSPY).arg("ps").output().expect("it starts"));
    let took = began.elapsed();
    let pids: Vec<String> = young.iter().map(|one| one.id().to_string()).collect();
    for one in &mut young {
        one.kill().expect("it is ours");
        one.wait().expect("it is ours");
    }
    let listed: Vec<&str> = told.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(pids.iter().all(|pid| listed.contains(&&**pid)), "{told}");
    assert!(took < Duration::from_secs(20), "it took {took:?}");
}

#[test]
fn a_machine_without_proc_is_told() {
    if !can_unshare(&["--mount"]) {
        return;
    }
    for verb in ["ps", "7"] {
        let script = format!("umount -l /proc && exec {HANGSPY} {verb}");
        let output = Command::new("unshare").args(["--mount", "sh", "-c", &script]).output().expect("it starts");
        let said = text(&output.stderr);
        assert!(said.contains("/proc is not mounted") && output.status.code() == Some(2), "{verb}: {said}");
    }
}

#[test]
fn a_limit_to_the_size_of_files_is_an_error_and_no_end() {
    let (target, folder) = (Running::python(&[], IDLE), Folder::new("limit"));
    let script = format!("ulimit -f 0; exec {HANGSPY} {} --for 300ms -o {}/out", target.1, folder.0.display());
    let output = Command::new("sh").args(["-c", &script]).output().expect("it starts");
    assert_eq!(output.status.code(), Some(2), "{:?}: {}", output.status, text(&output.stderr));
    assert!(text(&output.stderr).contains("File too large"), "{}", text(&output.stderr));
    assert!(!folder.0.join("out").exists(), "an empty capture is left");
}

#[test]
fn credentials_in_names_leave_neither_by_report_nor_by_capture() {
    let program = "import asyncio, os, threading, time
async def wait():
    await asyncio.sleep(1000)
async def main():
    for name in ('redis://cache:s3cret@10.0.0.1/0', 'password=s3cret', 'Bearer s3cret9', 'mysql --password s3cret',
                 'https://h/x?sig=s3cret', 'pass=s3cret', 'a%3Ftoken%3Ds3cret', '{\"password\": \"s3cret\"}'):
        threading.Thread(target=time.sleep, args=(1000,), name=name, daemon=True).start()
    tasks = [asyncio.create_task(wait(), name='token=s3cret of amqp://u:s3cret@q')]
    print(os.getpid(), flush=True)
    await asyncio.sleep(1000)
asyncio.run(main())";
    let (target, folder) = (Running::python(&[], program), Folder::new("secrets"));
    let out = folder.0.join("out");
    let told = done(
        &target
            .hangspy(&["--for", "800ms", "--json", "-o", out.to_str().expect("a path")])
            .output()
            .expect("it starts"),
    );
    assert!(told.contains("amqp://…@q") && told.contains("redis://…@10.0.0.1"), "{told}");
    let again =
        Command::new(HANGSPY).args(["report", "--json"]).arg(out.join("capture.hangspy")).output().expect("it starts");
    let files =
        fs::read_dir(&out).expect("a folder").map(|file| fs::read(file.expect("a file").path()).expect("a file"));
    for text in files.map(|bytes| text(&bytes)).chain([told, done(&again)]) {
        assert!(!text.contains("s3cret"), "{text}");
    }
}

/// Calls by which one process changes another, or a file that is not ours.
const WRITES: [&str; 6] =
    ["process_vm_writev(", "ptrace(", "process_madvise(", "pidfd_getfd(", "pidfd_send_signal(", "bpf("];

#[test]
fn no_system_call_of_ours_can_write_to_the_target() {
    if Command::new("strace").arg("-V").output().is_err() {
        return eprintln!("skipped: strace(1) is not here");
    }
    let (target, folder) = (Running::python(&[], IDLE), Folder::new("strace"));
    let (log, out) = (folder.0.join("log"), folder.0.join("out"));
    let mut command = Command::new("strace");
    command
        .args(["-f", "-o"])
        .arg(&log)
        .arg(HANGSPY)
        .arg(target.1.to_string())
        .args(["--for", "600ms", "-o"])
        .arg(&out);
    done(&command.output().expect("it starts"));
    let log = fs::read_to_string(&log).expect("what was called");
    let opened_for_writing =
        |line: &&str| line.contains("/proc/") && (line.contains("O_RDWR") || line.contains("O_WRONLY"));
    for line in log.lines().filter(|line| !line.contains(" +++ ")) {
        let signals = line.contains(" kill(") && !line.trim_end().contains(", 0)");
        assert!(!signals && !WRITES.iter().any(|call| line.contains(call)) && !opened_for_writing(&line), "{line}");
    }
    let reads = |line: &str| line.contains("process_vm_readv(");
    let readers: Vec<&str> = log.lines().filter(|line| reads(line)).filter_map(|line| line.split(' ').next()).collect();
    let filtered = |thread: &str| {
        log.lines().any(|line| {
            line.starts_with(thread) && line.contains("SECCOMP_SET_MODE_FILTER")
                || line.starts_with(thread) && line.contains("PR_SET_SECCOMP")
        })
    };
    assert!(
        !readers.is_empty() && readers.iter().all(|thread| filtered(thread)),
        "a thread reads memory without a filter"
    );
    assert!(Path::new(&out).join("capture.hangspy").exists());
}
