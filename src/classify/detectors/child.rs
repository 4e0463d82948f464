//! Waiting for a child process: to start, to write, to end.

use super::Detector;
use crate::classify::{Activity, Cause, Marks, SecondParty, Sight};
use crate::snapshot::{Call, Child, ProcessId};

pub(super) struct WaitingForChild;

impl Detector for WaitingForChild {
    fn detect(&self, sight: &Sight<'_>) -> Option<Activity> {
        let (syscall, arguments) = sight.syscall()?;
        let in_library = sight.inner(Marks::CHILD);
        let asked = match syscall.call {
            Call::WaitChild => awaited(syscall.name, &arguments),
            Call::Spawn => None,
            // `communicate` polls the child's pipes, `wait` with a timeout sleeps between looks.
            Call::Poll | Call::Read | Call::Write | Call::Sleep if in_library => None,
            _ => return None,
        };
        let child = find(sight, asked);
        let named = match (child, asked) {
            (Some(child), _) => match state_words(child.state) {
                Some(state) => format!("child process {} ({}), which is {state}", child.pid, child.name),
                None => format!("child process {} ({})", child.pid, child.name),
            },
            (None, Some(pid)) => format!("child process {pid}"),
            (None, None) => "a child process".to_owned(),
        };
        let words = match syscall.call {
            Call::Spawn => "waiting for a child process to start".to_owned(),
            _ => format!("waiting for {named}"),
        };
        let party = child.map(|child| SecondParty::Child {
            pid: child.pid.0,
            name: child.name.clone(),
            state: child.state.to_string(),
        });
        Some(Activity::waiting(Cause::Subprocess, words.clone(), words).with(party.unwrap_or(SecondParty::None)))
    }
}

/// The pid that `wait4` or `waitid` names, if it names one.
fn awaited(name: &str, arguments: &[u64; 6]) -> Option<u32> {
    /// `P_PID`: the second argument of `waitid` is a pid.
    const BY_PID: u64 = 1;
    let pid = match name {
        "wait4" => arguments[0],
        _ if arguments[0] == BY_PID => arguments[1],
        _ => return None,
    };
    // A negative number means a group or anybody.
    i32::try_from(pid & 0xffff_ffff).ok().filter(|pid| *pid > 0).and_then(|pid| u32::try_from(pid).ok())
}

/// The state of a child that will not move by itself, in words; nothing of one that may.
fn state_words(state: char) -> Option<&'static str> {
    match state {
        'T' => Some("stopped by a signal"),
        't' => Some("stopped by a tracer"),
        'Z' => Some("ended already"),
        'D' => Some("in uninterruptible sleep"),
        _ => None,
    }
}

/// The same of a process, if it is a child of this one.
pub(super) fn state_of(sight: &Sight<'_>, pid: ProcessId) -> Option<&'static str> {
    let children = sight.surroundings?.children.get()?;
    children.iter().find(|child| child.pid == pid).and_then(|child| state_words(child.state))
}

/// The child that is meant: the one asked for, else the only one, else the youngest that still runs.
fn find<'a>(sight: &Sight<'a>, asked: Option<u32>) -> Option<&'a Child> {
    let children = sight.surroundings?.children.get()?;
    let exact = asked.and_then(|pid| children.iter().find(|child| child.pid == ProcessId(pid)));
    let alive = || children.iter().filter(|child| child.state != 'Z').max_by_key(|child| child.pid);
    exact.or_else(|| if let [only] = children.as_slice() { Some(only) } else { alive() })
}
