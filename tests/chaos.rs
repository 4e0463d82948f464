//! Targets that do not keep still, and a hangspy that is ended at any moment: whatever happens, the target goes on as it was, hangspy
//! ends as it should, and what it had written can be read.
//!
//! A few rounds here; `scripts/chaos` plays as many as one likes.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;
#[path = "common/target.rs"]
mod target;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use hangspy::journal;
use interpreters::{Interpreter, interpreters};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use target::Target;

/// Rounds where nobody asks for more (`HANGSPY_CHAOS=1000`).
const ROUNDS: u64 = 26;
/// What `chaos.py` can do; `stopped` is `steady`, halted by us, and the number of `reused` goes to another program.
const MODES: [&str; 13] = [
    "steady",
    "exits",
    "execs",
    "killed",
    "forks",
    "stopped",
    "unmaps",
    "threads",
    "deep",
    "tasks",
    "modules",
    "reused",
    "out_of_memory",
];
/// How hangspy is ended, if at all.
const ENDINGS: [Option<Signal>; 6] = [
    None,
    Some(Signal::SIGKILL),
    Some(Signal::SIGINT),
    Some(Signal::SIGTERM),
    Some(Signal::SIGHUP),
    Some(Signal::SIGPIPE),
];
/// No run of a second takes longer, on a machine that is crowded.
const PATIENCE: Duration = Duration::from_secs(40);

/// The same choices everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// One round: what the target does, and when and how hangspy is ended.
#[derive(Debug)]
struct Round {
    number: u64,
    mode: &'static str,
    ending: Option<Signal>,
    after: Duration,
}

/// A control group with room for one Python and little else.
struct LittleMemory(PathBuf);

impl LittleMemory {
    const BYTES: &str = "67108864";

    /// One of the first kind, or of the second; `None` where neither can be made.
    fn new(number: u64) -> Option<Self> {
        [("memory", "memory.limit_in_bytes"), ("", "memory.max")].iter().find_map(|(controller, limit)| {
            let parent = Path::new("/sys/fs/cgroup").join(controller);
            let folder = parent.join(format!("hangspy-chaos-{}-{number}", std::process::id()));
            fs::create_dir(&folder).ok()?;
            let group = Self(folder);
            (group.0.join(limit).exists() && fs::write(group.0.join(limit), Self::BYTES).is_ok()).then_some(group)
        })
    }

    /// Starts a program in it.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", "echo $$ >\"$0\"/cgroup.procs && exec \"$@\""]).arg(&self.0).arg(program);
        command
    }
}

impl Drop for LittleMemory {
    fn drop(&mut self) {
        let begun = Instant::now();
        // The kernel takes a moment to let the last process go.
        while fs::remove_dir(&self.0).is_err() && self.0.exists() && begun.elapsed() < Duration::from_secs(5) {
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Starts another program under a number that has just become free; `None` where the kernel gives it to somebody else.
fn reuse(interpreter: &Interpreter, program: &Path, pid: u32) -> Option<Target> {
    (0..20).find_map(|_| {
        fs::write("/proc/sys/kernel/ns_last_pid", (pid - 1).to_string()).ok()?;
        let other = Target::start(Command::new(&interpreter.path).arg(program).arg("deep"));
        (other.process().pid.0 == pid).then_some(other)
    })
}

/// A folder for what hangspy writes, removed again.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _left_behind = fs::remove_dir_all(&self.0);
    }
}

fn wait(child: &mut Child, round: &Round) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("hangspy is our child") {
            return status;
        }
        if begun.elapsed() > PATIENCE {
            let _ended = child.kill();
            panic!("{round:?}: hangspy does not end");
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// The state of a process, as the kernel has it: `None` when it is gone.
fn state(pid: u32) -> Option<char> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    text.rsplit_once(") ")?.1.chars().next()
}

fn program() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/programs/chaos.py")
}

/// A target, and the group that it is in, which goes after it.
fn start(interpreter: &Interpreter, round: &Round) -> (Target, Option<LittleMemory>) {
    let mode = if ["stopped", "reused"].contains(&round.mode) { "steady" } else { round.mode };
    let group = (mode == "out_of_memory").then(|| LittleMemory::new(round.number)).flatten();
    let mut command = match &group {
        Some(group) => group.command(&interpreter.path),
        None => Command::new(&interpreter.path),
    };
    // Without a group it would take the machine's.
    let mode = if mode == "out_of_memory" && group.is_none() { "killed" } else { mode };
    (Target::start(command.arg(program()).arg(mode)), group)
}

fn play(interpreter: &Interpreter, round: &Round) -> String {
    let name = interpreter.name();
    let (target, group) = start(interpreter, round);
    let pid = target.process().pid.0;
    if round.mode == "stopped" {
        kill(Pid::from_raw(pid.cast_signed()), Signal::SIGSTOP).expect("it can be stopped");
    }
    let folder = Folder(std::env::temp_dir().join(format!("hangspy-chaos-{}-{}", std::process::id(), round.number)));
    let log = std::env::temp_dir().join(format!("hangspy-chaos-{}.err", std::process::id()));
    let mut command = Command::new(env!("CARGO_BIN_EXE_hangspy"));
    command.args([&pid.to_string(), "--for", "1s", "--rate", "100", "-o"]).arg(&folder.0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(&log).expect("a log"));
    let mut spy = command.spawn().expect("hangspy starts");
    let target = if round.mode == "reused" {
        thread::sleep(round.after / 2);
        drop(target);
        reuse(interpreter, &program(), pid)
    } else {
        Some(target)
    };
    if let Some(signal) = round.ending {
        thread::sleep(round.after);
        // It may have ended by itself, and is not reaped yet.
        kill(Pid::from_raw(spy.id().cast_signed()), signal).expect("hangspy is our child");
    }
    let status = wait(&mut spy, round);
    let said = fs::read_to_string(&log).expect("its log");
    let fatal = [Signal::SIGSEGV, Signal::SIGABRT, Signal::SIGBUS, Signal::SIGILL, Signal::SIGSYS];
    let died = status.signal().is_some_and(|signal| fatal.iter().any(|one| *one as i32 == signal));
    assert!(!died && !said.contains("panicked"), "{name}, {round:?}: {status}: {said}");
    assert_ne!(status.code(), Some(70), "{name}, {round:?}: {said}");
    let now = state(pid);
    match round.mode {
        "exits" | "killed" | "out_of_memory" => {}
        "stopped" => assert_eq!(now, Some('T'), "{name}, {round:?}: the target was set going"),
        "reused" if target.is_none() => {}
        _ => assert!(now.is_some_and(|state| "RSD".contains(state)), "{name}, {round:?}: the target is {now:?}"),
    }
    let kept = read_capture(&folder.0, &format!("{name}, {round:?}, {status}"));
    if round.mode == "reused" {
        let told = fs::read_to_string(folder.0.join("stacks.collapsed")).unwrap_or_default();
        assert!(!told.contains("call (chaos.py"), "{name}, {round:?}: what runs under the number now: {told}");
    }
    let number = match &target {
        None => ", its number was not to be had",
        Some(_) if said.contains("another process has its number now") => ", told that its number is another's",
        Some(_) => "",
    };
    drop((target, group));
    let code = status.code().map_or_else(|| format!("{:?}", status.signal()), |code| code.to_string());
    format!("{code} with {kept}{number}")
}

#[test]
fn who_is_killed_for_memory_while_he_blocks_is_not_called_healthy() {
    let Some(group) = LittleMemory::new(u64::MAX) else {
        return eprintln!("skipped: no control group with a limit of memory can be made here");
    };
    let found = interpreters();
    let interpreter = found.last().expect("some CPython 3.8 to 3.15 is installed");
    let target = Target::start(group.command(&interpreter.path).arg(program()).args(["out_of_memory", "when-told"]));
    let pid = target.process().pid.0;
    let folder = Folder(std::env::temp_dir().join(format!("hangspy-chaos-{}-memory", std::process::id())));
    let mut command = Command::new(env!("CARGO_BIN_EXE_hangspy"));
    command.args([&pid.to_string(), "--for", "30s", "-o"]).arg(&folder.0).stdin(Stdio::null());
    let spy = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("hangspy starts");
    // It takes its place when a look is in it.
    let capture = folder.0.join("capture.hangspy");
    let begun = Instant::now();
    while !capture.exists() {
        assert!(begun.elapsed() < PATIENCE, "no look is kept");
        thread::sleep(Duration::from_millis(20));
    }
    kill(Pid::from_raw(pid.cast_signed()), Signal::SIGUSR1).expect("the target is ours");
    let output = spy.wait_with_output().expect("hangspy ends");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(begun.elapsed() < Duration::from_secs(25), "the end of the target is the end of the look");
    assert!(!told.contains("HEALTHY"), "{}: {told}", interpreter.name());
    drop((target, group));
}

/// What a run left behind can be read as far as it came.
fn read_capture(folder: &Path, round: &str) -> &'static str {
    let captures = ["capture.hangspy", ".capture.hangspy.part"].map(|name| folder.join(name));
    let Some(path) = captures.iter().find(|path| fs::metadata(path).is_ok_and(|file| file.len() > 0)) else {
        return "no capture";
    };
    match journal::read(path) {
        Ok(_) => "a capture",
        Err(error) => {
            let text = error.to_string();
            assert!(
                text.contains("it ends before anything") || text.contains("it holds no process"),
                "{round}: {text}"
            );
            "an empty capture"
        }
    }
}

#[test]
fn rounds_of_chaos() {
    let asked = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let rounds = asked("HANGSPY_CHAOS").unwrap_or(ROUNDS);
    let mut random = Random(asked("HANGSPY_CHAOS_SEED").unwrap_or(11));
    let found = interpreters();
    assert!(!found.is_empty(), "some CPython 3.8 to 3.15 is installed");
    let mut played: BTreeMap<(String, String), u64> = BTreeMap::new();
    for number in 0..rounds {
        // Every mode has its turn; the rest is chance.
        let mode = MODES[number as usize % MODES.len()];
        let round =
            Round { number, mode, ending: random.of(&ENDINGS), after: Duration::from_millis(random.below(1500)) };
        let interpreter = &found[random.below(found.len() as u64) as usize];
        let outcome = play(interpreter, &round);
        *played.entry((mode.to_owned(), outcome)).or_default() += 1;
    }
    println!("{rounds} rounds: {played:#?}");
}
