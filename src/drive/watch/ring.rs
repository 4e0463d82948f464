//! The last minute of a process, bounded in bytes.

use std::collections::VecDeque;
use std::time::Duration;

use crate::read::Sampler;
use crate::snapshot::{Census, Moment, Process, Recording, Snapshot, Surroundings};

/// How far back it reaches.
const REACH: Duration = Duration::from_secs(60);
/// Censuses and surroundings that are kept.
const MOST_AROUND: usize = 64;

/// What was seen of one process in the last minute.
#[derive(Debug)]
pub(super) struct Ring {
    recording: Recording,
    /// Bytes that each snapshot takes, those of threads that it shares with the one before left out.
    sizes: VecDeque<usize>,
    bytes: usize,
    most_bytes: usize,
}

impl Ring {
    pub(super) fn new(process: Process, most_bytes: usize) -> Self {
        Self { recording: Recording::new(process), sizes: VecDeque::new(), bytes: 0, most_bytes }
    }

    /// What it holds.
    pub(super) fn recording(&self) -> &Recording {
        &self.recording
    }

    /// For facts that are not looks.
    pub(super) fn recording_mut(&mut self) -> &mut Recording {
        &mut self.recording
    }

    /// Adds a look.
    pub(super) fn look(&mut self, sampler: &mut Sampler, mut snapshot: Snapshot) {
        self.learn(sampler);
        let before = self.recording.snapshots.last();
        if let Some(before) = before {
            snapshot.share_with(before);
        }
        let size = snapshot.bytes(before);
        let at = snapshot.at;
        self.recording.snapshots.push(snapshot);
        self.sizes.push_back(size);
        self.bytes += size;
        self.forget(at);
    }

    /// Adds a census.
    pub(super) fn census(&mut self, sampler: &mut Sampler, census: Census) {
        self.learn(sampler);
        self.recording.censuses.push(census);
    }

    /// Adds surroundings.
    pub(super) fn around(&mut self, surroundings: Surroundings) {
        self.recording.surroundings.push(surroundings);
    }

    fn learn(&mut self, sampler: &mut Sampler) {
        self.recording.codes.extend(sampler.new_codes());
        self.recording.stacks.extend(sampler.new_stacks());
    }

    fn forget(&mut self, now: Moment) {
        let first = now.before(REACH);
        let mut gone = 0;
        let (mut bytes, most) = (self.bytes, self.most_bytes);
        for (snapshot, size) in self.recording.snapshots.iter().zip(&self.sizes) {
            if snapshot.at >= first && bytes <= most {
                break;
            }
            bytes -= size;
            gone += 1;
        }
        self.bytes = bytes;
        self.recording.snapshots.drain(..gone);
        self.sizes.drain(..gone);
        let recording = &mut self.recording;
        let old = recording.censuses.iter().filter(|census| census.at < first).count();
        let many = recording.censuses.len().saturating_sub(MOST_AROUND);
        recording.censuses.drain(..old.max(many));
        // The last one before the first look is what surrounded it.
        let old = recording.surroundings.iter().filter(|around| around.at < first).count().saturating_sub(1);
        let many = recording.surroundings.len().saturating_sub(MOST_AROUND);
        recording.surroundings.drain(..old.max(many));
    }
}
