//! Waiting for a child process: to start, to write, to end.

use super::Detector;
use super::pipe::others;
use crate::classify::doing::moves_not;
use crate::classify::{Activity, AwaitedChild, Cause, Doing, Opened, OtherProcess, SecondParty, Sight};
use crate::libraries::Marks;
use crate::snapshot::{Call, Child, Descriptor, DescriptorKind, ProcessId};

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
        let heirs =
            sight.waits_on().iter().map(|descriptor| others(sight, descriptor)).find(|others| !others.is_empty());
        if let Some((child, heirs)) = child.filter(|child| child.state == ENDED).zip(heirs) {
            return Some(left_open(child, heirs));
        }
        let named = child.map(awaited_child).or_else(|| asked.map(unseen_child));
        let does = match syscall.call {
            Call::Spawn => Doing::StartsChild { child: named },
            _ => Doing::AwaitsChild { child: named },
        };
        let party =
            child.map(|child| SecondParty::Child { pid: child.pid.0, name: child.name.clone(), state: child.state });
        Some(Activity::waiting(Cause::Subprocess, does).with(party.unwrap_or(SecondParty::None)))
    }
}

/// The state of a child that has ended and was not waited for.
const ENDED: char = 'Z';

fn awaited_child(child: &Child) -> AwaitedChild {
    let state = Some(child.state).filter(|state| moves_not(*state));
    AwaitedChild { pid: child.pid.0, name: Some(child.name.clone()), state }
}

fn unseen_child(pid: u32) -> AwaitedChild {
    AwaitedChild { pid, name: None, state: None }
}

/// The child has ended and its output has not: what it started in the background has that open as well.
fn left_open(child: &Child, heirs: Vec<OtherProcess>) -> Activity {
    let (pid, name) = (child.pid.0, child.name.clone());
    let file = Opened::LeftOutput { pid, name: name.clone() };
    let does = Doing::AwaitsLeftOutput { pid, name, heirs: heirs.clone() };
    Activity::waiting(Cause::Subprocess, does).with(SecondParty::File { file, held_by: heirs })
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

/// The state of a process, if it is a child of this one and will not move by itself.
pub(super) fn state_of(sight: &Sight<'_>, pid: ProcessId) -> Option<char> {
    let children = sight.surroundings?.children.get()?;
    children.iter().find(|child| child.pid == pid).map(|child| child.state).filter(|state| moves_not(*state))
}

/// The child that is meant: the one asked for; the one at the other end of the pipe; else the only one, else the youngest
/// that still runs. Where the other end is in other hands, one that has ended may have left it to them.
fn find<'a>(sight: &Sight<'a>, asked: Option<u32>) -> Option<&'a Child> {
    let children = sight.surroundings?.children.get()?;
    let of_pid = |pid: u32| children.iter().find(|child| child.pid == ProcessId(pid));
    let mut others = sight.waits_on().iter().flat_map(at_other_end).peekable();
    let youngest =
        |ended: bool| children.iter().filter(|child| (child.state == ENDED) == ended).max_by_key(|child| child.pid);
    let left_behind = if others.peek().is_some() { youngest(true) } else { None };
    let only = if let [only] = children.as_slice() { Some(only) } else { None };
    let meant = asked.and_then(of_pid).or_else(|| others.find_map(of_pid)).or(left_behind);
    meant.or(only).or_else(|| youngest(false))
}

fn at_other_end(descriptor: &Descriptor) -> impl Iterator<Item = u32> {
    let others = match &descriptor.kind {
        DescriptorKind::Pipe { others, .. } => others.as_slice(),
        _ => &[],
    };
    others.iter().map(|(pid, _)| *pid)
}
