//! Writing a capture while the run goes on.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::block;
use super::record::{FORMAT, Instant, MAGIC, MOST_PER_RECORD, Record};
use crate::error::{Error, Result};
use crate::snapshot::{
    Census, Code, Cost, Excerpt, Frame, Ledger, Moment, Process, Recording, Snapshot, Supervisor, Surroundings,
    ThreadSample,
};

/// Plain bytes after which a block is written.
const BLOCK_BYTES: usize = 64 << 10;
/// Time of snapshots after which a block is written: what a killed run can lose.
const BLOCK_TIME: Duration = Duration::from_secs(1);

/// A capture that is being written. What is added reaches the file in blocks, about once a second; dropping the writer
/// writes the last one, but only [`Writer::finish`] marks the capture as complete.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    file: File,
    /// Bytes of the file that are whole blocks.
    written: u64,
    plain: Vec<u8>,
    /// When the first snapshot of the current block was taken.
    began: Option<Moment>,
    /// Whether a snapshot is in one of the blocks that are written.
    holds_a_look: bool,
    /// Threads of the last snapshot of each process.
    before: Vec<Vec<Arc<ThreadSample>>>,
    failed: bool,
}

/// Which process of a capture a record belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member(u16);

impl Writer {
    /// Begins a capture in an empty file, before anything is worth losing. The path is for messages.
    ///
    /// # Errors
    /// [`Error::Output`] when it cannot be written.
    pub fn begin(mut file: File, path: &Path, asked: &str) -> Result<Self> {
        let failed = |source| Error::Output { path: path.to_owned(), source };
        let head: Vec<u8> = MAGIC.into_iter().chain(FORMAT.to_le_bytes()).collect();
        file.write_all(&head).map_err(failed)?;
        let mut writer = Self {
            path: path.to_owned(),
            file,
            written: head.len() as u64,
            plain: Vec::new(),
            began: None,
            holds_a_look: false,
            before: Vec::new(),
            failed: false,
        };
        writer.add(&Record::Run { tool: Cow::Borrowed(env!("CARGO_PKG_VERSION")), asked: Cow::Borrowed(asked) })?;
        writer.flush()?;
        Ok(writer)
    }

    /// Whether a snapshot has reached the file: before, a capture is worth nothing.
    #[must_use]
    pub fn holds_a_look(&self) -> bool {
        self.holds_a_look
    }

    /// Introduces a process.
    ///
    /// # Errors
    /// [`Error::Output`] when the block cannot be written; [`Error::Bug`] for more processes than a capture can hold.
    pub fn process(&mut self, process: &Process) -> Result<Member> {
        let member = u16::try_from(self.before.len()).map_err(|_| Error::Bug("too many processes".to_owned()))?;
        self.before.push(Vec::new());
        self.add(&Record::Process(Cow::Borrowed(process)))?;
        self.flush()?;
        Ok(Member(member))
    }

    /// Adds code objects, numbered on from those before.
    ///
    /// # Errors
    /// [`Error::Output`] when a block cannot be written.
    pub fn codes(&mut self, member: Member, codes: &[Code]) -> Result<()> {
        codes.chunks(MOST_PER_RECORD).try_for_each(|codes| self.add(&Record::Codes(member.0, Cow::Borrowed(codes))))
    }

    /// Adds stacks, numbered on from those before.
    ///
    /// # Errors
    /// [`Error::Output`] when a block cannot be written.
    pub fn stacks(&mut self, member: Member, stacks: &[Vec<Frame>]) -> Result<()> {
        stacks.chunks(MOST_PER_RECORD).try_for_each(|stacks| self.add(&Record::Stacks(member.0, Cow::Borrowed(stacks))))
    }

    /// Adds a snapshot. The code objects and stacks that it refers to come first, so that a capture is whole wherever it
    /// ends.
    ///
    /// # Errors
    /// [`Error::Output`] when a block cannot be written.
    pub fn snapshot(&mut self, member: Member, snapshot: &Snapshot) -> Result<()> {
        let before = self.before.get(usize::from(member.0)).map_or(&[][..], Vec::as_slice);
        let record = Record::Snapshot(member.0, Instant::new(snapshot, before));
        let pushed = block::push(&mut self.plain, &record);
        self.checked(pushed)?;
        if let Some(before) = self.before.get_mut(usize::from(member.0)) {
            before.clone_from(&snapshot.threads);
        }
        let began = *self.began.get_or_insert(snapshot.at);
        if self.plain.len() >= BLOCK_BYTES || snapshot.at.since(began) >= BLOCK_TIME {
            self.flush()?;
        }
        Ok(())
    }

    /// Adds surroundings.
    ///
    /// # Errors
    /// [`Error::Output`] when a block cannot be written.
    pub fn surroundings(&mut self, member: Member, surroundings: &Surroundings) -> Result<()> {
        self.add(&Record::Surroundings(member.0, Box::new(Cow::Borrowed(surroundings))))
    }

    /// Adds a census. The code objects and stacks that it refers to come first.
    ///
    /// # Errors
    /// [`Error::Output`] when a block cannot be written.
    pub fn census(&mut self, member: Member, census: &Census) -> Result<()> {
        self.add(&Record::Census(member.0, Cow::Borrowed(census)))
    }

    /// Adds source lines.
    ///
    /// # Errors
    /// [`Error::Output`] when a block cannot be written.
    pub fn excerpts(&mut self, member: Member, excerpts: &[Excerpt]) -> Result<()> {
        let mut chunks = excerpts.chunks(MOST_PER_RECORD);
        chunks.try_for_each(|excerpts| self.add(&Record::Excerpts(member.0, Cow::Borrowed(excerpts))))
    }

    /// Says how the sampling went so far. Worth saying about once a second.
    ///
    /// # Errors
    /// [`Error::Output`] when a block cannot be written.
    pub fn ledger(&mut self, member: Member, ledger: Ledger) -> Result<()> {
        self.add(&Record::Ledger(member.0, ledger))
    }

    /// Says what it cost so far. Worth saying about once a second.
    ///
    /// # Errors
    /// [`Error::Output`] when a block cannot be written.
    pub fn cost(&mut self, member: Member, cost: Cost) -> Result<()> {
        self.add(&Record::Cost(member.0, cost))
    }

    /// Says that the process ended.
    ///
    /// # Errors
    /// [`Error::Output`] when a block cannot be written.
    pub fn ended(&mut self, member: Member, at: Moment) -> Result<()> {
        self.add(&Record::Ended(member.0, at))
    }

    /// Says who supervises the process, and after its end what came of it.
    ///
    /// # Errors
    /// [`Error::Output`] when a block cannot be written.
    pub fn supervisor(&mut self, member: Member, supervisor: &Supervisor) -> Result<()> {
        self.add(&Record::Supervisor(member.0, Cow::Borrowed(supervisor)))
    }

    /// Adds a whole recording.
    ///
    /// # Errors
    /// [`Error::Output`] when a block cannot be written; [`Error::Bug`] for more processes than a capture can hold.
    pub fn append(&mut self, recording: &Recording) -> Result<()> {
        let member = self.process(&recording.process)?;
        self.codes(member, &recording.codes)?;
        self.stacks(member, &recording.stacks)?;
        recording.snapshots.iter().try_for_each(|snapshot| self.snapshot(member, snapshot))?;
        recording.surroundings.iter().try_for_each(|surroundings| self.surroundings(member, surroundings))?;
        recording.censuses.iter().try_for_each(|census| self.census(member, census))?;
        self.excerpts(member, &recording.excerpts)?;
        self.ledger(member, recording.ledger)?;
        self.cost(member, recording.cost)?;
        recording.supervisor.as_ref().map_or(Ok(()), |supervisor| self.supervisor(member, supervisor))?;
        recording.ended.map_or(Ok(()), |at| self.ended(member, at))
    }

    /// Writes what has been added and marks the capture as complete.
    ///
    /// # Errors
    /// [`Error::Output`] when the block cannot be written.
    pub fn finish(mut self) -> Result<()> {
        self.add(&Record::End)?;
        self.flush()
    }

    /// Writes what has been added.
    ///
    /// # Errors
    /// [`Error::Output`] when the block cannot be written; what is on disk already stays readable.
    pub fn flush(&mut self) -> Result<()> {
        if self.plain.is_empty() {
            return Ok(());
        }
        let written = block::pack(&self.plain).and_then(|packed| {
            self.file.write_all(&packed)?;
            Ok(packed.len() as u64)
        });
        self.plain.clear();
        let began = self.began.take();
        self.written += self.checked(written)?;
        self.holds_a_look |= began.is_some();
        Ok(())
    }

    fn add(&mut self, record: &Record<'_>) -> Result<()> {
        let pushed = block::push(&mut self.plain, record);
        self.checked(pushed)?;
        if self.plain.len() >= BLOCK_BYTES { self.flush() } else { Ok(()) }
    }

    /// On failure cuts the file back to its whole blocks, which gives some room back on a full disk, and writes no more:
    /// what follows might refer to what is missing.
    fn checked<T>(&mut self, outcome: io::Result<T>) -> Result<T> {
        let outcome = if self.failed { Err(io::Error::other("an earlier write failed")) } else { outcome };
        outcome.map_err(|source| {
            if !self.failed {
                self.failed = true;
                // If this fails too, the reader finds a partial block at the end and ignores it.
                let _ = self.file.set_len(self.written);
            }
            Error::Output { path: self.path.clone(), source }
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.failed {
            // There is nobody left to tell; whoever wants to know calls `finish`.
            let _ = self.flush();
        }
    }
}
