//! On a pipe or FIFO: a log that nobody reads, a helper that does not answer. Standard output counts as one whatever it
//! is, unless it is a plain file.

use super::Detector;
use crate::classify::sight::descriptor_words;
use crate::classify::{Activity, Cause, SecondParty, Sight};
use crate::snapshot::{Call, Descriptor, DescriptorKind};

pub(super) struct OnPipe;

/// How many processes at the other end are named.
const MOST_NAMED: usize = 3;

impl Detector for OnPipe {
    fn detect(&self, sight: &Sight<'_>) -> Option<Activity> {
        let (syscall, _) = sight.syscall()?;
        let descriptor = match syscall.call {
            Call::Poll => sight.waits_on().iter().find(|descriptor| is_pipe(descriptor)),
            _ => sight.descriptor(),
        }?;
        match syscall.call {
            Call::Write | Call::Send if is_pipe(descriptor) || is_output(descriptor) => Some(writing(descriptor)),
            Call::Read | Call::Poll if is_pipe(descriptor) => Some(reading(syscall.name, descriptor)),
            Call::Open if is_pipe(descriptor) => Some(opening(sight, descriptor)),
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
        DescriptorKind::File { path } => path.starts_with("/dev/pts/") || path.starts_with("/dev/tty"),
        _ => false,
    };
    matches!(descriptor.number, 1 | 2) && held_up
}

fn writing(descriptor: &Descriptor) -> Activity {
    let what = match &descriptor.kind {
        DescriptorKind::Pipe { path: Some(path), .. } => format!("FIFO {path}"),
        DescriptorKind::Pipe { path: None, .. } => "a pipe".to_owned(),
        DescriptorKind::Unix { .. } => "a socket".to_owned(),
        _ => "a terminal".to_owned(),
    };
    let stream = match descriptor.number {
        1 => "standard output, fd 1".to_owned(),
        2 => "standard error, fd 2".to_owned(),
        other => format!("fd {other}"),
    };
    let clause = format!("writing to {what} ({stream})");
    let path = format!("{what} ({stream})");
    Activity::waiting(Cause::PipeWrite, clause.clone(), clause)
        .with(SecondParty::File { path, held_by: others(descriptor) })
}

fn reading(call: &str, descriptor: &Descriptor) -> Activity {
    let path = descriptor_words(descriptor);
    let clause = format!("reading from {path}");
    let doing = format!("blocked in {call}, {clause}");
    Activity::waiting(Cause::FileIo, doing, clause).with(SecondParty::File { path, held_by: others(descriptor) })
}

fn opening(sight: &Sight<'_>, descriptor: &Descriptor) -> Activity {
    let path = sight.thread.os.path.clone().unwrap_or_else(|| descriptor_words(descriptor));
    let clause = format!("opening FIFO {path}");
    Activity::waiting(Cause::FileIo, clause.clone(), clause)
        .with(SecondParty::File { path, held_by: others(descriptor) })
}

/// Who holds the other end, in words.
fn others(descriptor: &Descriptor) -> Option<String> {
    let DescriptorKind::Pipe { others, .. } = &descriptor.kind else { return None };
    let named: Vec<String> = others.iter().take(MOST_NAMED).map(|(pid, name)| format!("pid {pid} ({name})")).collect();
    let more = others.len().saturating_sub(MOST_NAMED);
    match (named.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(named.join(", ")),
        (false, more) => Some(format!("{} and {more} more", named.join(", "))),
    }
}
