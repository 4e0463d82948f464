//! On a file: opening, reading, writing, flushing. In the kernel's uninterruptible sleep it is the disk or a network
//! file system that does not answer.

use super::Detector;
use crate::classify::sight::descriptor_words;
use crate::classify::{Activity, Cause, SecondParty, Sight};
use crate::snapshot::{Call, Descriptor, DescriptorKind, TaskState};

pub(super) struct OnFile;

fn mount(descriptor: &Descriptor) -> Option<&str> {
    match &descriptor.kind {
        DescriptorKind::File { mount, .. } => mount.as_deref(),
        _ => None,
    }
}

impl Detector for OnFile {
    fn detect(&self, sight: &Sight<'_>) -> Option<Activity> {
        let on_disk = sight.state() == Some(TaskState::DiskSleep);
        let Some((syscall, _)) = sight.syscall() else {
            // A page fault that reads from a file is no system call.
            let words = "in uninterruptible sleep outside of any system call";
            return on_disk.then(|| Activity::waiting(Cause::Disk, words, words));
        };
        let file = sight.descriptor().filter(|found| matches!(found.kind, DescriptorKind::File { .. }));
        let path = sight.thread.os.path.clone().or_else(|| file.map(descriptor_words));
        let works = match syscall.call {
            Call::Open | Call::FileSystem | Call::Ring => true,
            Call::Read | Call::Write | Call::Copy => file.is_some(),
            _ => false,
        };
        if !works && !on_disk {
            return None;
        }
        let cause = if on_disk { Cause::Disk } else { Cause::FileIo };
        // Which disk or server it is; of a path that is only named, links may lead anywhere.
        let mount = file.filter(|_| sight.thread.os.path.is_none()).and_then(mount).map(|mount| format!(" on {mount}"));
        let mount = mount.unwrap_or_default();
        let clause = match (syscall.call, &path) {
            (Call::Open, Some(path)) => format!("opening {path}"),
            (Call::Read, Some(path)) => format!("reading {path}{mount}"),
            (Call::Write, Some(path)) => format!("writing {path}{mount}"),
            (_, Some(path)) => format!("in {} on {path}{mount}", syscall.name),
            (_, None) => format!("in {}", syscall.name),
        };
        let doing = match on_disk {
            true => format!("in uninterruptible sleep, {clause}"),
            false => format!("blocked in {}, {clause}", syscall.name),
        };
        let party = path.map(|path| SecondParty::File { path, held_by: None }).unwrap_or(SecondParty::None);
        Some(Activity::waiting(cause, doing, clause).with(party))
    }
}
