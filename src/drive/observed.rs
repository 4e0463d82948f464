//! One process and what was learnt about it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::libc;

use super::kept::Kept;
use super::lookout::Sighting;
use crate::error::{Error, Gate};
use crate::os::source::SourceReader;
use crate::os::threads::{Detail, ThreadReader};
use crate::read::Budget;
use crate::snapshot::{Known, Process, ProcessId, Recording, SyscallState, TaskState, ThreadId, Why};

/// One process and what was learnt about it.
#[derive(Debug)]
pub(super) struct Observed {
    /// What was learnt.
    pub(super) recording: Recording,
    /// Who can read its source.
    pub(super) reader: Option<SourceReader>,
    /// What runs under its number now, in words.
    pub(super) replaced: Option<&'static str>,
    /// Who closed its memory to us.
    pub(super) refused_by: Option<Gate>,
    /// Why it could not be watched at all.
    pub(super) error: Option<Error>,
    /// The watch is over.
    pub(super) done: bool,
    /// The thread of ours that looks at it; 0 before it has begun.
    pub(super) lookout: Arc<AtomicU32>,
    looks: Kept,
    surroundings: Kept,
    censuses: Kept,
}

impl Observed {
    /// Nothing is known yet of a process that is looked at so many times a second, and so many others not at all.
    pub(super) fn new(process: Process, rate: u32, unwatched: u64) -> Self {
        let mut recording = Recording::new(process);
        (recording.ledger.rate, recording.ledger.unwatched) = (rate, unwatched);
        Self {
            recording,
            reader: None,
            replaced: None,
            refused_by: None,
            error: None,
            done: false,
            lookout: Arc::default(),
            looks: Kept::default(),
            surroundings: Kept::default(),
            censuses: Kept::default(),
        }
    }

    /// Adds a sighting to the recording. What it takes was taken from this budget.
    pub(super) fn add(&mut self, sighting: Sighting, budget: &Budget) {
        let recording = &mut self.recording;
        match sighting {
            Sighting::Attached(process, refused_by) => {
                recording.process = process;
                self.refused_by = refused_by;
            }
            Sighting::Reads(reader) => self.reader = Some(reader),
            Sighting::Pieces { codes, stacks } => {
                recording.codes.extend(codes);
                recording.stacks.extend(stacks);
            }
            Sighting::Look(snapshot) => {
                recording.ledger.samples += 1;
                self.looks.add(&mut recording.snapshots, *snapshot, budget);
            }
            Sighting::Around(around) => self.surroundings.add(&mut recording.surroundings, *around, budget),
            Sighting::Census(census) => self.censuses.add(&mut recording.censuses, *census, budget),
            Sighting::Ended(at) => recording.ended = Some(at),
            Sighting::Replaced(words) => self.replaced = Some(words),
            Sighting::Supervised(supervisor) => recording.supervisor = Some(supervisor),
            Sighting::Refused(error) => {
                self.error = Some(error);
                self.done = true;
            }
            Sighting::Done { late, failed, torn, cut, unsent } => {
                recording.ledger.late = late;
                recording.ledger.failed = failed;
                recording.ledger.torn = torn;
                recording.ledger.cut = cut;
                recording.ledger.samples += unsent;
                self.done = true;
            }
        }
    }

    /// Bytes of the largest of what is kept of it and can be made less.
    pub(super) fn most_bytes(&self) -> usize {
        let Recording { snapshots, surroundings, censuses, .. } = &self.recording;
        let kept = [
            (snapshots.len(), &self.looks),
            (surroundings.len(), &self.surroundings),
            (censuses.len(), &self.censuses),
        ];
        kept.into_iter().filter(|(items, _)| *items > 2).map(|(_, kept)| kept.bytes()).max().unwrap_or(0)
    }

    /// Leaves out half of what takes most; false when nothing can be left out.
    pub(super) fn thin(&mut self, budget: &Budget) -> bool {
        let most = self.most_bytes();
        let Recording { snapshots, surroundings, censuses, .. } = &mut self.recording;
        if most == 0 {
            return false;
        }
        if self.looks.bytes() == most {
            self.looks.thin(snapshots, budget)
        } else if self.surroundings.bytes() == most {
            self.surroundings.thin(surroundings, budget)
        } else {
            self.censuses.thin(censuses, budget)
        }
    }

    /// Goes on without the lookout, which does not come back.
    pub(super) fn abandon(&mut self) {
        self.recording.ledger.failed += 1;
        self.done = true;
        let why = if self.is_stuck() { Why::Stuck } else { Why::OutOfTime };
        if let Some(last) = self.recording.snapshots.last_mut() {
            last.gaps.push(("what came after the last look".to_owned(), why));
        }
        if self.recording.snapshots.is_empty() && self.error.is_none() {
            self.error = Some(unseen(self.recording.process.pid, why));
        }
    }

    /// Whether the thread of ours that looks at it is known to wait for the kernel, and not for its turn.
    fn is_stuck(&self) -> bool {
        let lookout = ThreadId(self.lookout.load(Ordering::Relaxed));
        let os = ThreadReader::new(ProcessId(std::process::id())).read(lookout, Detail::Full);
        let reads = |number: u32| i64::from(number) == libc::SYS_process_vm_readv;
        os.state == Known::Is(TaskState::DiskSleep)
            || matches!(os.syscall, Known::Is(SyscallState::Inside { number, .. }) if reads(number))
    }
}

/// Why there is no look at a process at the end of the window.
fn unseen(pid: ProcessId, why: Why) -> Error {
    let (message, hint) = match why {
        Why::Stuck => (
            format!(
                "reading the memory of process {pid} does not return: the kernel waits for a page or for its memory map"
            ),
            format!("see what it does in the kernel: cat /proc/{pid}/task/*/wchan"),
        ),
        _ => (
            format!("no look at process {pid} came to an end within the window; cut by our limit of time"),
            "look for longer: --for 30s".to_owned(),
        ),
    };
    Error::Usage { message, hint: Some(hint) }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::sync::mpsc::channel;

    #[test]
    fn a_lookout_that_waits_for_its_turn_is_not_held_by_the_kernel() {
        let mut observed = Observed::new(Process::numbered(ProcessId(1)), 50, 0);
        assert!(!observed.is_stuck(), "it has not begun");
        let (send, receive) = channel::<()>();
        let (began, waits) = channel();
        let lookout = Arc::clone(&observed.lookout);
        let thread = std::thread::spawn(move || {
            lookout.store(rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs(), Ordering::Relaxed);
            began.send(()).unwrap();
            receive.recv()
        });
        waits.recv().unwrap();
        observed.abandon();
        let told = observed.error.as_ref().map(ToString::to_string).unwrap();
        assert!(told.contains("cut by our limit of time"), "{told}");
        drop(send);
        assert!(thread.join().unwrap().is_err());
    }
}
