//! On a pipe or FIFO: a log that nobody reads, a helper that does not answer. Standard output counts as one whatever it
//! is, unless it is a plain file.

use super::Detector;
use super::child::state_of;
use crate::classify::{Activity, Cause, Doing, FifoEnd, Opened, OtherProcess, SecondParty, Sight, Sink};
use crate::snapshot::{Call, Descriptor, DescriptorKind, ProcessId};

pub(super) struct OnPipe;

/// `O_ACCMODE`, `O_RDONLY` and `O_WRONLY` (`include/uapi/asm-generic/fcntl.h`).
const ACCESS_MODE: u64 = 3;
const READ_ONLY: u64 = 0;
const WRITE_ONLY: u64 = 1;

impl Detector for OnPipe {
    fn detect(&self, sight: &Sight<'_>) -> Option<Activity> {
        let (syscall, _) = sight.syscall()?;
        let descriptor = match syscall.call {
            Call::Poll => sight.waits_on().iter().find(|descriptor| is_pipe(descriptor)),
            _ => sight.descriptor(),
        }?;
        match syscall.call {
            Call::Write | Call::Send if is_pipe(descriptor) || is_output(descriptor) => {
                Some(writing(sight, descriptor))
            }
            Call::Read | Call::Poll if is_pipe(descriptor) => Some(reading(sight, syscall.name, descriptor)),
            Call::Open if is_pipe(descriptor) => Some(opening(sight, syscall.name)),
            _ => None,
        }
    }
}

fn is_pipe(descriptor: &Descriptor) -> bool {
    matches!(descriptor.kind, DescriptorKind::Pipe { .. })
}

/// Standard output or error that a reader can hold up.
fn is_output(descriptor: &Descriptor) -> bool {
    let held_up = match &descriptor.kind {
        DescriptorKind::Unix { .. } => true,
        DescriptorKind::File { path, .. } => path.starts_with("/dev/pts/") || path.starts_with("/dev/tty"),
        _ => false,
    };
    matches!(descriptor.number, 1 | 2) && held_up
}

fn writing(sight: &Sight<'_>, descriptor: &Descriptor) -> Activity {
    let sink = match &descriptor.kind {
        DescriptorKind::Pipe { path: Some(path), .. } => Sink::Fifo { path: path.clone() },
        DescriptorKind::Pipe { path: None, .. } => Sink::Pipe,
        DescriptorKind::Unix { .. } => Sink::Socket,
        _ => Sink::Terminal,
    };
    let does = Doing::WritesStream { sink: sink.clone(), descriptor: descriptor.number };
    let file = Opened::Sink { sink, descriptor: descriptor.number };
    Activity::waiting(Cause::PipeWrite, does).with(SecondParty::File { file, held_by: others(sight, descriptor) })
}

fn reading(sight: &Sight<'_>, call: &str, descriptor: &Descriptor) -> Activity {
    let path = match &descriptor.kind {
        DescriptorKind::Pipe { path, .. } => path.clone(),
        _ => None,
    };
    let file = Opened::Pipe { path: path.clone(), descriptor: descriptor.number };
    let party = SecondParty::File { file, held_by: others(sight, descriptor) };
    let does = Doing::ReadsPipe { call: call.to_owned(), path, descriptor: descriptor.number };
    Activity::waiting(Cause::FileIo, does).with(party)
}

/// Opening a FIFO waits until somebody else opens its other end.
fn opening(sight: &Sight<'_>, call: &str) -> Activity {
    let path = sight.thread.os.path.clone();
    let missing = match sight.inside().and_then(|(_, arguments)| flags(call, &arguments)) {
        Some(flags) if flags & ACCESS_MODE == READ_ONLY => Some(FifoEnd::Writing),
        Some(flags) if flags & ACCESS_MODE == WRITE_ONLY => Some(FifoEnd::Reading),
        _ => None,
    };
    let party = SecondParty::File { file: Opened::Fifo { path: path.clone(), missing }, held_by: Vec::new() };
    Activity::waiting(Cause::FileIo, Doing::OpensFifo { path, missing }).with(party)
}

/// The flags that a call opens a file with, where they are an argument.
fn flags(call: &str, arguments: &[u64; 6]) -> Option<u64> {
    match call {
        "open" => Some(arguments[1]),
        "openat" => Some(arguments[2]),
        _ => None,
    }
}

/// Who holds the other end.
pub(super) fn others(sight: &Sight<'_>, descriptor: &Descriptor) -> Vec<OtherProcess> {
    let DescriptorKind::Pipe { others, .. } = &descriptor.kind else { return Vec::new() };
    let process = |(pid, name): &(u32, String)| {
        let other = *pid != sight.process().pid.0;
        OtherProcess {
            pid: other.then_some(*pid),
            name: other.then(|| name.clone()),
            state: state_of(sight, ProcessId(*pid)).filter(|_| other),
        }
    };
    others.iter().map(process).collect()
}
