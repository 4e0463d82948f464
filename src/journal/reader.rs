//! Reading a capture: all of it, or what is whole of it.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use super::block::{self, Block};
use super::record::{FORMAT, MAGIC, Record};
use crate::error::{Error, Result};
use crate::snapshot::{Recording, ThreadSample};

/// Memory that a capture may take, bytes: an hour of an ordinary server at a hundred looks a second. A small file can unpack
/// to any size.
const MOST_MEMORY: usize = 512 << 20;
/// Processes of one capture.
const MOST_PROCESSES: usize = 4096;

/// A run, as far as it is on disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Journal {
    /// The version of hangspy that wrote it.
    pub tool: String,
    /// What the user asked for.
    pub asked: String,
    /// A recording per process.
    pub recordings: Vec<Recording>,
    /// Why something is missing; `None` when nothing is.
    pub truncation: Option<Truncation>,
}

/// Why a capture holds less than was meant to be in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truncation {
    /// It ends between two blocks: the run was killed.
    NoEnd,
    /// It ends inside of a block: the run was killed, the disk was full, or the file was copied too early.
    PartialBlock,
    /// A block or record is damaged; what came before it is kept.
    Damaged,
    /// It takes more memory than we are ready to give.
    TooLarge,
}

impl Truncation {
    /// The reason in words, to stand behind "the capture is incomplete: ".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NoEnd => "the run that wrote it did not finish",
            Self::PartialBlock => "it ends in the middle of a block",
            Self::Damaged => "it is damaged, and only what stands before the damage was read",
            Self::TooLarge => "it is too large, and only its first part was read",
        }
    }
}

/// Reads a capture.
///
/// # Errors
/// [`Error::Capture`] when the file cannot be opened, is no capture, is of another format, or holds no process.
pub fn read(path: &Path) -> Result<Journal> {
    let failed = |reason| Error::Capture { path: path.to_owned(), reason };
    let file = File::open(path).map_err(|error| failed(error.to_string()))?;
    decode(&mut BufReader::new(file)).map_err(failed)
}

/// Decodes a capture.
///
/// # Errors
/// The reason why nothing of it can be used.
pub fn decode(input: &mut impl Read) -> Result<Journal, String> {
    head(input)?;
    let mut reader = Reader::new(MOST_MEMORY);
    let truncation = loop {
        match block::unpack(input).map_err(|error| error.to_string())? {
            Block::Plain(plain) => {
                if let Some(end) = reader.block(&plain) {
                    break end;
                }
            }
            Block::Nothing => break Some(Truncation::NoEnd),
            Block::Partial => break Some(Truncation::PartialBlock),
            Block::Damaged => break Some(Truncation::Damaged),
        }
    };
    if reader.recordings.is_empty() {
        let reason = truncation.map_or("the run ended before a process was found", Truncation::words);
        return Err(format!("it holds no process: {reason}"));
    }
    Ok(Journal { tool: reader.tool, asked: reader.asked, recordings: reader.recordings, truncation })
}

fn head(input: &mut impl Read) -> Result<(), String> {
    let mut head = Vec::new();
    input.take(MAGIC.len() as u64 + 4).read_to_end(&mut head).map_err(|error| error.to_string())?;
    if head.is_empty() {
        return Err("it is empty".to_owned());
    }
    let Some(format) = head.strip_prefix(&MAGIC) else {
        return Err("it is not a capture of hangspy".to_owned());
    };
    let Ok(format) = format.try_into().map(u32::from_le_bytes) else {
        return Err("it ends before anything was written".to_owned());
    };
    if format != FORMAT {
        return Err(format!("it has format {format}, and this hangspy reads format {FORMAT}"));
    }
    Ok(())
}

struct Reader {
    /// Bytes of memory that may be taken.
    most_memory: usize,
    tool: String,
    asked: String,
    recordings: Vec<Recording>,
    /// Threads of the last snapshot of each process.
    before: Vec<Vec<Arc<ThreadSample>>>,
    memory: usize,
}

impl Reader {
    fn new(most_memory: usize) -> Self {
        Self {
            most_memory,
            tool: String::new(),
            asked: String::new(),
            recordings: Vec::new(),
            before: Vec::new(),
            memory: 0,
        }
    }

    /// Takes in a block. `Some` when nothing may follow, and why.
    fn block(&mut self, mut plain: &[u8]) -> Option<Option<Truncation>> {
        while !plain.is_empty() {
            let Some((record, length)) = block::take(&mut plain) else {
                return Some(Some(Truncation::Damaged));
            };
            self.memory = self.memory.saturating_add(length).saturating_add(record.weight());
            if self.memory > self.most_memory {
                return Some(Some(Truncation::TooLarge));
            }
            if matches!(record, Record::End) {
                return Some(None);
            }
            if self.record(record).is_none() {
                return Some(Some(Truncation::Damaged));
            }
        }
        None
    }

    /// Takes in a record; `None` when it does not fit to those before.
    fn record(&mut self, record: Record<'static>) -> Option<()> {
        match record {
            Record::Run { tool, asked } => (self.tool, self.asked) = (tool.into_owned(), asked.into_owned()),
            Record::Process(process) if self.recordings.len() < MOST_PROCESSES => {
                self.recordings.push(Recording::new(process.into_owned()));
                self.before.push(Vec::new());
            }
            Record::Process(_) => return None,
            Record::Codes(member, codes) => self.of(member)?.codes.extend(codes.into_owned()),
            Record::Stacks(member, stacks) => self.of(member)?.stacks.extend(stacks.into_owned()),
            Record::Snapshot(member, instant) => {
                let before = self.before.get_mut(usize::from(member))?;
                let snapshot = instant.into_snapshot(before)?;
                before.clone_from(&snapshot.threads);
                let recording = self.of(member)?;
                recording.snapshots.push(snapshot);
                // A run that was killed may not have come to say how many it took.
                recording.ledger.samples = recording.ledger.samples.max(recording.snapshots.len() as u64);
            }
            Record::Surroundings(member, surroundings) => {
                self.of(member)?.surroundings.push(surroundings.into_owned());
            }
            Record::Census(member, census) => self.of(member)?.censuses.push(census.into_owned()),
            Record::Excerpts(member, excerpts) => self.of(member)?.excerpts.extend(excerpts.into_owned()),
            Record::Ledger(member, ledger) => self.of(member)?.ledger = ledger,
            Record::Cost(member, cost) => self.of(member)?.cost = cost,
            Record::Ended(member, at) => self.of(member)?.ended = Some(at),
            Record::Supervisor(member, supervisor) => {
                self.of(member)?.supervisor = Some(supervisor.into_owned());
            }
            Record::End => {}
        }
        Some(())
    }

    fn of(&mut self, member: u16) -> Option<&mut Recording> {
        self.recordings.get_mut(usize::from(member))
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::super::record::MOST_PER_RECORD;
    use super::*;
    use crate::snapshot::{Cost, Process, ProcessId};

    fn process() -> Process {
        Process::numbered(ProcessId(31))
    }

    fn plain(records: &[Record<'_>]) -> Vec<u8> {
        let mut plain = Vec::new();
        records.iter().try_for_each(|record| block::push(&mut plain, record)).expect("small enough");
        plain
    }

    #[test]
    fn what_takes_too_much_memory_is_read_in_part() {
        let stacks = || Record::Stacks(0, Cow::Owned(vec![Vec::new(); 250]));
        let block = plain(&[Record::Process(Cow::Owned(process())), stacks(), stacks(), stacks(), stacks()]);
        assert!(block.len() < 2000, "a thousand empty stacks are about a thousand bytes on disk");
        let mut small = Reader::new(20_000);
        assert_eq!(small.block(&block), Some(Some(Truncation::TooLarge)));
        assert_eq!(small.recordings.len(), 1, "the process before them is kept");
        assert_eq!(Reader::new(MOST_MEMORY).block(&block), None);
    }

    #[test]
    fn a_record_of_more_than_a_writer_writes_is_damage() {
        for (count, end) in [(MOST_PER_RECORD, None), (MOST_PER_RECORD + 1, Some(Some(Truncation::Damaged)))] {
            let stacks = Record::Stacks(0, Cow::Owned(vec![Vec::new(); count]));
            let block = plain(&[Record::Process(Cow::Owned(process())), stacks]);
            assert_eq!(Reader::new(MOST_MEMORY).block(&block), end, "{count} stacks in one record");
        }
    }

    #[test]
    fn figures_that_are_none_are_damage() {
        for wall_s in [f64::NAN, f64::INFINITY, -1.0] {
            let cost = Record::Cost(0, Cost { wall_s, ..Cost::default() });
            let block = plain(&[Record::Process(Cow::Owned(process())), cost]);
            assert_eq!(Reader::new(MOST_MEMORY).block(&block), Some(Some(Truncation::Damaged)), "{wall_s} s");
        }
    }

    #[test]
    fn records_of_a_process_that_was_not_introduced_are_damage() {
        let mut reader = Reader::new(MOST_MEMORY);
        assert_eq!(reader.block(&plain(&[Record::Codes(3, Cow::Owned(Vec::new()))])), Some(Some(Truncation::Damaged)));
    }

    /// Changes the records themselves, which the checksum of a block would hide from a test that changes the file.
    #[test]
    fn no_record_can_make_the_reader_panic() {
        let block = plain(&[
            Record::Run { tool: Cow::Borrowed("0.1.0"), asked: Cow::Borrowed("") },
            Record::Process(Cow::Owned(process())),
            Record::Stacks(0, Cow::Owned(vec![Vec::new(); 3])),
            Record::Ledger(0, crate::snapshot::Ledger::default()),
            Record::End,
        ]);
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        for _ in 0..20_000 {
            let mut damaged = block.clone();
            for _ in 0..3 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let [value, low, high, ..] = state.to_le_bytes();
                let at = usize::from(u16::from_le_bytes([low, high])) % damaged.len();
                damaged[at] = value;
            }
            let _ = Reader::new(MOST_MEMORY).block(&damaged);
        }
    }
}
