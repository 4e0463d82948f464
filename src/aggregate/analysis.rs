//! Everything about one recording that the judges and the report look at.

use std::time::Duration;

use super::gil_ledger::GilLedger;
use super::stall::{STALL, Stalls, stalls};
use super::track::{Track, surroundings_of, tracks};
use crate::classify::{Activity, Book, Sight, activity};
use crate::snapshot::{Moment, ProcessId, Recording, Snapshot, Surroundings, ThreadSample};

/// A recording, worked out.
#[derive(Debug)]
pub struct Analysis<'a> {
    /// What was recorded.
    pub recording: &'a Recording,
    /// What its stacks mean.
    pub book: Book,
    /// The loops and every look at them.
    pub tracks: Vec<Track<'a>>,
    /// The stalls of each loop, in the order of `tracks`.
    pub stalls: Vec<Stalls>,
    /// Who had the GIL, and who waited for it.
    pub ledger: GilLedger,
    around: Vec<Option<&'a Surroundings>>,
}

impl<'a> Analysis<'a> {
    /// Works out a recording.
    #[must_use]
    pub fn of(recording: &'a Recording) -> Self {
        Self::with_stalls_from(recording, STALL)
    }

    /// Works out a recording in which steps that last so long are stalls.
    #[must_use]
    pub fn with_stalls_from(recording: &'a Recording, shortest: Duration) -> Self {
        let book = Book::of(recording);
        let tracks = tracks(recording, &book);
        let stalls = tracks.iter().map(|track| stalls(recording, &book, track, shortest)).collect();
        let ledger = GilLedger::of(recording, &book);
        Self { recording, book, ledger, tracks, stalls, around: surroundings_of(recording) }
    }

    /// The process.
    #[must_use]
    pub fn pid(&self) -> ProcessId {
        self.recording.process.pid
    }

    /// When the first snapshot began.
    #[must_use]
    pub fn began(&self) -> Moment {
        self.recording.snapshots.first().map_or(Moment::default(), |snapshot| snapshot.at)
    }

    /// From the first snapshot to the last.
    #[must_use]
    pub fn window(&self) -> Duration {
        self.recording.snapshots.last().map_or(Duration::ZERO, |last| last.at.since(self.began()))
    }

    /// A length as a share of the window.
    #[must_use]
    pub fn share(&self, length: Duration) -> f64 {
        let window = self.window().as_secs_f64();
        if window > 0.0 { (length.as_secs_f64() / window).min(1.0) } else { 0.0 }
    }

    /// The last snapshot that has threads.
    #[must_use]
    pub fn last_snapshot(&self) -> Option<(usize, &'a Snapshot)> {
        let snapshots = self.recording.snapshots.iter().enumerate();
        snapshots.rev().find(|(_, snapshot)| !snapshot.threads.is_empty())
    }

    /// The surroundings read last before this snapshot.
    #[must_use]
    pub fn surroundings(&self, snapshot: usize) -> Option<&'a Surroundings> {
        self.around.get(snapshot).copied().flatten()
    }

    /// The surroundings read last.
    #[must_use]
    pub fn last_surroundings(&self) -> Option<&'a Surroundings> {
        self.recording.surroundings.last()
    }

    /// What a thread did in a snapshot.
    #[must_use]
    pub fn activity(&self, index: usize, snapshot: &Snapshot, thread: &ThreadSample) -> Activity {
        activity(&Sight {
            recording: self.recording,
            book: &self.book,
            snapshot,
            surroundings: self.surroundings(index),
            thread,
            event_loop: snapshot.loops.iter().find(|event_loop| event_loop.thread == thread.thread),
        })
    }

    /// The loop that this thread runs or ran.
    #[must_use]
    pub fn track_of(&self, thread: crate::snapshot::ThreadId) -> Option<usize> {
        self.tracks.iter().position(|track| track.thread == thread)
    }
}
