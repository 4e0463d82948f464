//! On a file: opening, reading, writing, flushing. In the kernel's uninterruptible sleep it is the disk or a network
//! file system that does not answer.

use super::Detector;
use crate::classify::sight::descriptor_words;
use crate::classify::{Access, Activity, Cause, Doing, Opened, SecondParty, Sight};
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
            return on_disk.then(|| Activity::waiting(Cause::Disk, Doing::AwaitsPage));
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
        let mount = file.filter(|_| sight.thread.os.path.is_none()).and_then(mount).map(str::to_owned);
        let access = match syscall.call {
            Call::Open => Access::Open,
            Call::Read => Access::Read,
            Call::Write => Access::Write,
            _ => Access::Other,
        };
        let call = syscall.name.to_owned();
        let does = Doing::OnFile { call, access, path: path.clone(), mount, uninterruptible: on_disk };
        let party = path
            .map(|path| SecondParty::File { file: Opened::Path { path }, held_by: Vec::new() })
            .unwrap_or(SecondParty::None);
        Some(Activity::waiting(cause, does).with(party))
    }
}
