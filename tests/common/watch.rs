//! What can be seen of a look from outside: whether the target was ever stopped, and what hangspy used.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, SysconfVar, sysconf};

use super::judge::Run;

/// hangspy may use this share of one core: the tenth that it promises for looking, and what attaching and concluding take once,
/// spread over three seconds. It is 3 to 7 %; on a machine that others slow down to less than half of its speed 15 % were seen, and a
/// build without optimization takes as much.
const CPU_SHARE_LIMIT: f64 = 0.2;
/// How often the target's state is read. A stop for a snapshot would last about as long as a snapshot takes, a millisecond or two.
const STATE_PERIOD: Duration = Duration::from_millis(1);
/// A look that has not ended this long after its window is stuck.
const GRACE: Duration = Duration::from_secs(20);
/// Where `stat` keeps the CPU times, counted behind the name: user and system, own and of children waited for.
const CPU_FIELDS: std::ops::Range<usize> = 11..15;

/// Watches processes for states T and t in a thread of its own.
pub(crate) struct StateWatch {
    over: Arc<AtomicBool>,
    thread: JoinHandle<BTreeSet<String>>,
}

impl StateWatch {
    /// Watches a process and its descendants of this moment, those with another program left out: nobody looks at them.
    pub(crate) fn start(pid: u32) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let family = family(pid);
        let program = program(pid);
        let thread = std::thread::spawn({
            let over = Arc::clone(&over);
            move || {
                let stopped = |member: u32| state(member).filter(|state| matches!(state.as_str(), "T" | "t"));
                let mut seen = BTreeSet::new();
                while !over.load(Ordering::Relaxed) {
                    for member in &family {
                        if let Some(state) = stopped(*member).filter(|_| self::program(*member) == program) {
                            seen.insert(format!("process {member} in state {state}"));
                        }
                    }
                    std::thread::sleep(STATE_PERIOD);
                }
                seen
            }
        });
        Self { over, thread }
    }

    /// Ends and tells who was seen stopped.
    pub(crate) fn finish(self) -> Vec<String> {
        self.over.store(true, Ordering::Relaxed);
        self.thread
            .join()
            .map_or_else(|_| vec!["the watching thread died".to_owned()], |seen| seen.into_iter().collect())
    }
}

/// For how long the main thread of a process, and of each of its descendants, was awake since it began, on a CPU or in the queue
/// for one: the first two figures of `schedstat`. Seconds by pid.
pub(crate) fn awake_s(pid: u32) -> BTreeMap<u32, f64> {
    let awake = |member: u32| {
        let text = fs::read_to_string(format!("/proc/{member}/schedstat")).ok()?;
        let figures: Vec<u64> = text.split_whitespace().take(2).filter_map(|figure| figure.parse().ok()).collect();
        let [on_cpu_ns, queued_ns] = figures[..] else { return None };
        Some((member, (on_cpu_ns + queued_ns) as f64 / 1e9))
    };
    family(pid).into_iter().filter_map(awake).collect()
}

/// A process and its descendants of this moment.
fn family(pid: u32) -> Vec<u32> {
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(&member) = family.get(next) {
        let children = fs::read_to_string(format!("/proc/{member}/task/{member}/children")).unwrap_or_default();
        family.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        next += 1;
    }
    family
}

/// The program that a process runs.
fn program(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok()
}

/// The state letter of a process.
pub(crate) fn state(pid: u32) -> Option<String> {
    fields(pid)?.into_iter().next()
}

/// The fields of `stat` behind the name, which may itself hold anything.
fn fields(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(text.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}

/// The binary that is tested. `HANGSPY_BINARY` names an optimized build, such as people run; without it, it is the one that cargo built
/// for this test, which may not be optimized.
fn binary() -> PathBuf {
    std::env::var_os("HANGSPY_BINARY").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_hangspy")), PathBuf::from)
}

/// Runs hangspy with stdout and stderr in files of `folder`, not longer than its window and some grace.
pub(crate) fn look(arguments: &[String], window: Duration, folder: &Path) -> Result<Run, String> {
    let problem = |error: std::io::Error| format!("cannot run hangspy: {error}");
    let started = Instant::now();
    let mut child = Command::new(binary())
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(fs::File::create(folder.join("report.json")).map_err(problem)?)
        .stderr(fs::File::create(folder.join("stderr.txt")).map_err(problem)?)
        .spawn()
        .map_err(problem)?;
    let cpu_s = wait_and_count(&mut child, started + window + GRACE)?;
    let wall_s = started.elapsed().as_secs_f64();
    let status = child.wait().map_err(problem)?;
    let stderr = String::from_utf8_lossy(&fs::read(folder.join("stderr.txt")).map_err(problem)?).into_owned();
    Ok(Run {
        exit_code: status.code(),
        stderr,
        cpu_s,
        cpu_share_limit: CPU_SHARE_LIMIT,
        wall_s,
        stopped: Vec::new(),
        throttled: None,
    })
}

/// Waits for the end without reaping, so that the CPU times can still be read, and kills at the deadline.
fn wait_and_count(child: &mut Child, deadline: Instant) -> Result<f64, String> {
    let pid = child.id();
    let (sender, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let id = Id::Pid(Pid::from_raw(pid.cast_signed()));
        let _nobody_waits = sender.send(waitid(id, WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT));
    });
    if ended.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_err() {
        child.kill().map_err(|error| format!("cannot kill hangspy: {error}"))?;
        let _its_end = ended.recv();
    }
    let ticks: u64 = fields(pid)
        .and_then(|fields| {
            fields.get(CPU_FIELDS).map(|times| times.iter().filter_map(|time| time.parse::<u64>().ok()).sum())
        })
        .ok_or("the CPU time of hangspy cannot be read")?;
    let per_second = sysconf(SysconfVar::CLK_TCK).ok().flatten().ok_or("the clock tick is not known")?;
    Ok(ticks as f64 / per_second as f64)
}
