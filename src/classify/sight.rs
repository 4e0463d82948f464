//! What a detector may look at: one thread at one instant and what stands around it.

use super::{Book, StackFacts};
use crate::libraries::Marks;
use crate::snapshot::{
    Call, Descriptor, DescriptorKind, GilRole, LoopSample, Process, Recording, Site, SiteKind, Snapshot, StackId,
    StackSample, Surroundings, Syscall, SyscallState, TaskState, ThreadSample,
};

/// One thread at one instant and what stands around it.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// The recording it is from.
    pub recording: &'a Recording,
    /// The meanings of its stacks.
    pub book: &'a Book,
    /// The instant.
    pub snapshot: &'a Snapshot,
    /// The surroundings read last before that instant.
    pub surroundings: Option<&'a Surroundings>,
    /// The thread.
    pub thread: &'a ThreadSample,
    /// The loop that the thread runs, if it does.
    pub event_loop: Option<&'a LoopSample>,
}

impl<'a> Sight<'a> {
    /// The process.
    #[must_use]
    pub fn process(&self) -> &'a Process {
        &self.recording.process
    }

    /// The system call it is in, its number and arguments; `None` outside of calls and where that is not known.
    #[must_use]
    pub fn inside(&self) -> Option<(u32, [u64; 6])> {
        match self.thread.os.syscall.get() {
            Some(SyscallState::Inside { number, arguments, .. }) => Some((*number, *arguments)),
            _ => None,
        }
    }

    /// The system call it is in, if it is one of those that threads wait in.
    #[must_use]
    pub fn syscall(&self) -> Option<(Syscall, [u64; 6])> {
        self.inside().and_then(|(number, arguments)| Syscall::of(number).map(|call| (call, arguments)))
    }

    /// What the system call is for.
    #[must_use]
    pub fn call(&self) -> Option<Call> {
        self.syscall().map(|(syscall, _)| syscall.call)
    }

    /// The task state, where known.
    #[must_use]
    pub fn state(&self) -> Option<TaskState> {
        self.thread.os.state.ok()
    }

    /// Whether it is on a CPU or ready for one.
    #[must_use]
    pub fn is_running(&self) -> bool {
        match self.thread.os.syscall.get() {
            Some(SyscallState::Running) => true,
            Some(SyscallState::Inside { .. }) => false,
            _ => self.state() == Some(TaskState::Running),
        }
    }

    /// What it has to do with the GIL, where known.
    #[must_use]
    pub fn gil(&self) -> Option<GilRole> {
        self.thread.python.as_ref().and_then(|python| python.gil.ok())
    }

    /// Its stack, where there is one that can be relied on, at least for the outer frames.
    #[must_use]
    pub fn stack(&self) -> Option<StackId> {
        match self.thread.python.as_ref()?.stack {
            StackSample::Stable(stack) | StackSample::Cut(stack) => Some(stack),
            StackSample::Torn | StackSample::Unknown(_) => None,
        }
    }

    /// What its stack means.
    #[must_use]
    pub fn facts(&self) -> StackFacts {
        self.stack().map(|stack| self.book.stack(stack)).unwrap_or_default()
    }

    /// Whether frames inside of the user's innermost have one of these meanings.
    #[must_use]
    pub fn inner(&self, marks: Marks) -> bool {
        self.facts().inner.has(marks)
    }

    /// Whether the user's own frame is the innermost: the rest is native code.
    #[must_use]
    pub fn user_calls_native(&self) -> bool {
        self.facts().user == Some(0)
    }

    /// The name of the innermost Python function.
    #[must_use]
    pub fn innermost(&self) -> Option<&'a str> {
        let frame = self.recording.stack(self.stack()?).first()?;
        self.recording.code(frame.code).map(|code| code.name.as_str())
    }

    /// The instruction that its innermost frame is at, where that is known.
    #[must_use]
    pub fn site(&self) -> Option<&'a Site> {
        self.thread.python.as_ref()?.site.get()
    }

    /// Whether the innermost frame calls one of those that `is_one` says; `None` where the name of what it calls is not known.
    #[must_use]
    pub fn calls(&self, is_one: impl Fn(&str) -> bool) -> Option<bool> {
        match &self.site()?.kind {
            SiteKind::Call(_) => self.site()?.called().map(is_one),
            SiteKind::Jump | SiteKind::Other => Some(false),
        }
    }

    /// What the system call's descriptors lead to.
    #[must_use]
    pub fn waits_on(&self) -> &'a [Descriptor] {
        &self.thread.os.waits_on
    }

    /// The descriptor that a call with a single one waits on.
    #[must_use]
    pub fn descriptor(&self) -> Option<&'a Descriptor> {
        self.waits_on().first()
    }

    /// Whether this port is one that the process itself listens on.
    #[must_use]
    pub fn is_own_port(&self, port: u16) -> bool {
        let listeners = self.surroundings.and_then(|around| around.listeners.get());
        self.process().ports.contains(&port)
            || listeners.is_some_and(|all| all.iter().any(|listener| listener.port == port))
    }
}

/// A descriptor in words: `10.0.3.7:5432`, `/var/log/app.log`, `a pipe`.
#[must_use]
pub(super) fn descriptor_words(descriptor: &Descriptor) -> String {
    match &descriptor.kind {
        DescriptorKind::Inet { peer: Some(peer), .. } => peer.clone(),
        DescriptorKind::Inet { protocol, local, .. } => format!("{protocol} {local}"),
        DescriptorKind::Unix { path } if path.is_empty() => "a Unix socket".to_owned(),
        DescriptorKind::Unix { path } | DescriptorKind::File { path, .. } => path.clone(),
        DescriptorKind::Pipe { path: Some(path), .. } => path.clone(),
        DescriptorKind::Pipe { .. } => format!("a pipe (fd {})", descriptor.number),
        DescriptorKind::Anonymous { name } => format!("{name} (fd {})", descriptor.number),
        DescriptorKind::Unresolved(_) => format!("fd {}", descriptor.number),
    }
}
