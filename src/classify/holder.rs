//! Who holds the lock that a thread sleeps for.

use super::{Holder, Place, SecondParty, Sight};
use crate::snapshot::{CodeId, Frame, Known, LockHolder, LockSample, Recording, StackSample, ThreadSample};

impl<'a> Sight<'a> {
    /// The lock that the thread sleeps for.
    #[must_use]
    pub fn lock(&self) -> Option<&'a LockSample> {
        self.snapshot.locks.iter().find(|lock| lock.waiters.contains(&self.thread.thread))
    }

    /// Whether the thread sleeps for a lock that it holds itself.
    #[must_use]
    pub fn holds_own_lock(&self) -> bool {
        let holder = self.lock().map(|lock| lock.holder);
        matches!(holder, Some(Known::Is(LockHolder::Thread { thread, .. })) if thread == self.thread.thread)
    }

    /// Who holds the lock that the thread sleeps for.
    #[must_use]
    pub(super) fn lock_party(&self) -> SecondParty {
        match self.lock().map(|lock| lock.holder) {
            Some(Known::Is(LockHolder::Thread { thread, frame })) => {
                let Some(holder) = self.snapshot.thread(thread) else { return SecondParty::None };
                if thread == self.thread.thread {
                    let outer = frame.map(|frame| self.frames_from(frame)).unwrap_or_default();
                    return SecondParty::Holder { holder: Holder::SameThread, stack: outer };
                }
                SecondParty::Holder { holder: Holder::Other { who: holder.into() }, stack: self.places_of(holder) }
            }
            Some(Known::Is(LockHolder::Gone)) => SecondParty::Holder { holder: Holder::GoneThread, stack: Vec::new() },
            _ => SecondParty::None,
        }
    }

    fn places_of(&self, thread: &ThreadSample) -> Vec<Place> {
        let frames = match thread.python.as_ref().map(|python| python.stack) {
            Some(StackSample::Stable(stack) | StackSample::Cut(stack)) => self.recording.stack(stack),
            _ => &[],
        };
        frames.iter().map(|frame| place(self.recording, *frame)).collect()
    }

    /// The thread's own stack from this frame on outward.
    fn frames_from(&self, frame: Frame) -> Vec<Place> {
        let frames = self.stack().map(|stack| self.recording.stack(stack)).unwrap_or_default();
        let at = frames.iter().position(|other| *other == frame).unwrap_or(frames.len());
        frames.iter().skip(at).map(|frame| place(self.recording, *frame)).collect()
    }
}

fn place(recording: &Recording, frame: Frame) -> Place {
    let code = |id: CodeId| recording.code(id).map(|code| (code.best_name().to_owned(), code.file.clone()));
    let (function, file) = code(frame.code).unwrap_or_else(|| ("unknown".to_owned(), String::new()));
    Place { function, file, line: frame.line.unwrap_or(0) }
}
