//! The stack reader on memory that was recorded from real processes, one per version, and on memory that moves.
//!
//! The tapes are made anew by `HANGSPY_BLESS=1 cargo test --lib tape`, from every interpreter that is found.

use std::cell::Cell;
use std::fmt::Write;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::reader::{Losses, StackReader, Target};
use crate::attach::{self, Access};
use crate::layout::{self, FrameOffsets, Offsets};
use crate::memory::{Batch, Memory, ReadError, Recorder, Tape};
use crate::snapshot::{Address, Known, Process, ProcessId, PythonVersion, StackSample, Why};

#[path = "../../../tests/common/interpreters.rs"]
mod interpreters;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/stacks");
const ADVICE: &str = "if the new text is right: HANGSPY_BLESS=1 cargo test --lib tape";
const MINORS: std::ops::RangeInclusive<u8> = 8..=15;

/// A recorded process.
struct Recorded {
    tape: Tape,
    offsets: Offsets,
    runtime: Address,
    /// What was read of it when it lived.
    listing: String,
}

impl Recorded {
    fn open(minor: u8) -> Self {
        let text = fs::read_to_string(file(minor, "txt")).expect(ADVICE);
        let (runtime, listing) = text.split_once('\n').expect("a line with the runtime's address, then the stacks");
        let runtime = runtime.strip_prefix("runtime 0x").and_then(|digits| u64::from_str_radix(digits, 16).ok());
        let version = PythonVersion { major: 3, minor, patch: Known::Unknown(Why::NotRead) };
        Self {
            tape: Tape::read(&mut File::open(file(minor, "tape")).expect(ADVICE)).expect(ADVICE),
            offsets: layout::table(version).expect("a table of this version"),
            runtime: Address(runtime.expect("an address")),
            listing: listing.to_owned(),
        }
    }

    fn target<'a>(&'a self, memory: &'a dyn Memory) -> Target<'a> {
        Target { memory, offsets: &self.offsets, runtime: self.runtime }
    }
}

fn file(minor: u8, extension: &str) -> PathBuf {
    Path::new(FOLDER).join(format!("3.{minor}.{extension}"))
}

/// Every stack as `how well it was read: frames from the outermost on`.
fn listing(reader: &StackReader) -> String {
    let mut text = String::new();
    for thread in &reader.threads {
        let (how, stack) = match thread.stack {
            Some(StackSample::Stable(stack)) => ("whole", stack),
            Some(StackSample::Cut(stack)) => ("cut", stack),
            _ => {
                writeln!(text, "torn").unwrap();
                continue;
            }
        };
        let frames = reader.stacks.stacks()[stack.0 as usize].iter().rev().map(|frame| {
            let code = &reader.codes.codes()[frame.code.0 as usize];
            let file = code.file.rsplit('/').next().unwrap_or_default();
            format!("{} {file}:{}", code.best_name(), frame.line.map_or("-".to_owned(), |line| line.to_string()))
        });
        writeln!(text, "{how}: {}", frames.collect::<Vec<_>>().join("; ")).unwrap();
    }
    text
}

#[test]
fn tapes_of_every_version() {
    if std::env::var_os("HANGSPY_BLESS").is_some() {
        interpreters::interpreters().iter().for_each(bless);
    }
    for minor in MINORS {
        let recorded = Recorded::open(minor);
        let mut reader = StackReader::default();
        for look in 1..=3 {
            reader.read(recorded.target(&recorded.tape), &|_| false).unwrap();
            assert_eq!(listing(&reader), recorded.listing, "3.{minor}, look {look}; {ADVICE}");
        }
        assert_eq!(reader.losses, Losses::default(), "3.{minor}: nothing moves on a tape");
    }
}

/// Records what reading a process's stacks reads.
fn bless(interpreter: &interpreters::Interpreter) {
    let programs = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/programs");
    let mut child = Command::new(&interpreter.path)
        .args(["-u", "parked.py", "nested", "coroutines", "generator", "c_callbacks", "größe"])
        .current_dir(programs)
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    let session = attach::attach(process(child.id())).unwrap();
    let Access::Own(access) = session.access else { panic!("{} is not read by our own reader", interpreter.name()) };
    let recorder = Recorder::new(&access.memory);
    let mut reader = StackReader::default();
    for _ in 0..3 {
        let target = Target { memory: &recorder, offsets: &access.offsets, runtime: access.runtime };
        reader.read(target, &|_| false).unwrap();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let minor = interpreter.version.1;
    fs::create_dir_all(FOLDER).unwrap();
    let root = interpreter.path.ancestors().nth(2).unwrap().to_str().unwrap();
    let mut tape = recorder.into_tape();
    for private in [env!("CARGO_MANIFEST_DIR"), root].into_iter().filter(|path| path.len() > "/python".len()) {
        tape.replace(private.as_bytes(), format!("{:/<1$}", "/python", private.len()).as_bytes());
    }
    tape.write(&mut File::create(file(minor, "tape")).unwrap()).unwrap();
    fs::write(file(minor, "txt"), format!("runtime {}\n{}", access.runtime, listing(&reader))).unwrap();
}

fn process(pid: u32) -> Process {
    Process::numbered(ProcessId(pid))
}

/// A recorded process in which something moves: one word grows with every fetch.
struct Moving<'a> {
    tape: &'a Tape,
    word: Address,
    fetches: Cell<u64>,
}

impl Memory for Moving<'_> {
    fn fetch(&self, batch: &mut Batch) -> Result<(), ReadError> {
        self.fetches.set(self.fetches.get() + 1);
        let mut tape = self.tape.clone();
        let word = self.tape.read_u64(self.word)? + 2 * self.fetches.get();
        tape.keep(self.word, &word.to_le_bytes());
        tape.fetch(batch)
    }
}

/// Where the instruction pointer of a frame is.
fn instruction_of(frame: Address, offsets: &Offsets) -> Address {
    match &offsets.frame {
        FrameOffsets::Object(layout) => frame.plus(layout.last_instruction),
        FrameOffsets::Interpreter(layout) => frame.plus(layout.instruction),
    }
}

#[test]
fn of_a_thread_that_moves_only_the_outer_frames_are_kept() {
    for minor in MINORS {
        let recorded = Recorded::open(minor);
        let mut still = StackReader::default();
        still.read(recorded.target(&recorded.tape), &|_| false).unwrap();
        let thread = still.threads.iter().max_by_key(|thread| thread.frames.len()).unwrap();
        let depth = thread.frames.len();
        let state = thread.state.address;
        for (moving, expected) in [(0, depth), (1, depth - 1), (depth - 1, 1)] {
            let word = instruction_of(thread.frames[moving].address, &recorded.offsets);
            let memory = Moving { tape: &recorded.tape, word, fetches: Cell::new(0) };
            let mut reader = StackReader::default();
            reader.read(recorded.target(&memory), &|_| false).unwrap();
            let read = reader.threads.iter().find(|thread| thread.state.address == state).unwrap();
            assert_eq!(read.frames.len(), expected, "3.{minor}: frames kept when frame {moving} of {depth} moves");
            let whole = matches!(read.stack, Some(StackSample::Stable(_)));
            assert_eq!(whole, moving == 0, "3.{minor}: {:?} when frame {moving} moves", read.stack);
            assert_eq!(reader.losses.cut, u64::from(moving != 0), "3.{minor}: losses are counted");
        }
    }
}

#[test]
fn memory_that_makes_no_sense_does_no_harm() {
    for minor in MINORS {
        let recorded = Recorded::open(minor);
        for seed in 0..60_u64 {
            let mut tape = recorded.tape.clone();
            tape.spoil(seed);
            let mut reader = StackReader::default();
            for _ in 0..2 {
                // Whether it succeeds does not matter; that it ends and does not panic does.
                let _ = reader.read(recorded.target(&tape), &|_| false);
            }
        }
    }
}
