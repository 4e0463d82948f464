//! The sampler: from a session to one snapshot after the other.

use std::sync::Arc;

use super::allowance::Allowance;
use super::budget::Budget;
use super::own::{OwnReader, OwnSample};
use super::stacks::reader::Losses;
use super::threads::kernel::KernelThreads;
use super::walked::WalkedReader;
use crate::attach::{Access, Session};
use crate::layout::CLibraryOffsets;
use crate::memory::{Memory, ReadError};
use crate::os::{Program, clock};
use crate::snapshot::{
    Census, Code, Frame, Known, Ledger, Moment, Process, Pulse, PythonThread, Snapshot, ThreadId, ThreadOs,
    ThreadSample, Why,
};

/// Takes snapshots of one process and keeps the code objects and stacks they refer to.
#[derive(Debug)]
pub struct Sampler {
    process: Process,
    /// What it runs, as far as the kernel says.
    program: Option<Program>,
    way: Way,
    kernel: KernelThreads,
    samples: u64,
    failed: u64,
    codes_given: usize,
    stacks_given: usize,
}

#[derive(Debug)]
enum Way {
    Own(Box<OwnReader>),
    Walked(Box<WalkedReader>),
    ProcOnly,
}

impl Way {
    /// The target's memory, where it is open to us.
    fn memory(&self) -> Option<&dyn Memory> {
        match self {
            Self::Own(reader) => Some(reader.memory()),
            Self::Walked(_) | Self::ProcOnly => None,
        }
    }
}

impl Sampler {
    /// Nothing is read yet. What is kept takes from a budget of its own.
    #[must_use]
    pub fn new(session: Session) -> Self {
        Self::within(session, &Budget::default())
    }

    /// Nothing is read yet. What is kept takes from this budget, which others may share.
    #[must_use]
    pub fn within(session: Session, budget: &Budget) -> Self {
        let Session { process, c_library, access } = session;
        let library = CLibraryOffsets::of(c_library);
        let way = match access {
            Access::Own(access) => Way::Own(Box::new(OwnReader::new(&process, library, *access, budget))),
            Access::PySpy(walker) => Way::Walked(Box::new(WalkedReader::new(process.pid, library, walker, budget))),
            Access::ProcOnly { .. } => Way::ProcOnly,
        };
        let kernel = KernelThreads::new(process.pid);
        let program = Program::of(process.pid).ok();
        Self { process, program, way, kernel, samples: 0, failed: 0, codes_given: 0, stacks_given: 0 }
    }

    /// The process that is looked at.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Looks at the process once. It is never stopped.
    ///
    /// # Errors
    ///
    /// [`ReadError::Gone`] when the process ended or runs another program; the others when this look failed as a whole, and another
    /// may not.
    pub fn snapshot(&mut self) -> Result<Snapshot, ReadError> {
        let at = clock::now();
        self.kernel.begin();
        let looked = match &mut self.way {
            Way::Own(reader) => reader.read(&mut self.kernel),
            Way::Walked(reader) => walked(reader, &mut self.kernel),
            Way::ProcOnly => proc_only(&mut self.kernel),
        };
        let sample = looked.and_then(|sample| self.of_the_program(sample)).inspect_err(|_| self.failed += 1)?;
        self.samples += 1;
        let OwnSample { interpreters, loops, locks, threads, gaps } = sample;
        let mut threads: Vec<Arc<ThreadSample>> =
            threads.into_iter().map(|(thread, python, os)| Arc::new(self.thread(thread, Some(python), os))).collect();
        self.add_native_threads(&mut threads, at);
        Ok(Snapshot { at, took: clock::now().since(at), interpreters, threads, loops, locks, gaps })
    }

    /// Reads the words of the loops and of the GIL alone, of the loops that the last snapshot saw; `None` where nothing but
    /// whole looks tells what a loop does.
    ///
    /// # Errors
    ///
    /// As [`Self::snapshot`].
    pub fn pulse(&mut self) -> Result<Option<Pulse>, ReadError> {
        match &mut self.way {
            Way::Own(reader) => reader.pulse(&mut self.kernel, clock::now()).map(Some),
            Way::Walked(_) | Way::ProcOnly => Ok(None),
        }
    }

    /// What was read, if the process still runs the program that was attached to. A number may be given to another process, and after
    /// `exec` the memory is another's: where an interpreter is at the same addresses again, its frames would be taken for the old ones.
    fn of_the_program<T>(&self, read: T) -> Result<T, ReadError> {
        match (self.program, Program::of(self.process.pid)) {
            (Some(before), Ok(now)) if before != now => Err(ReadError::Gone),
            (Some(_), Err(Why::Vanished)) => Err(ReadError::Gone),
            _ => Ok(read),
        }
    }

    fn thread(&mut self, thread: ThreadId, python: Option<PythonThread>, os: ThreadOs) -> ThreadSample {
        ThreadSample { thread, kernel_name: self.kernel.name(thread), python, os }
    }

    /// Adds the threads that Python does not know. They are looked at when the threads are listed, and every time when
    /// there is nothing else to see.
    fn add_native_threads(&mut self, threads: &mut Vec<Arc<ThreadSample>>, at: Moment) {
        let Known::Is(listed) = self.kernel.listed().clone() else { return };
        let look = self.kernel.was_listed_now() || matches!(self.way, Way::ProcOnly);
        let pythons = threads.len();
        for thread in listed {
            let is_python = |threads: &[Arc<ThreadSample>]| {
                threads
                    .get(..pythons)
                    .is_some_and(|threads| threads.binary_search_by_key(&thread, |sample| sample.thread).is_ok())
            };
            if !is_python(threads) {
                let os =
                    if look { self.kernel.read(self.way.memory(), thread, false, at) } else { ThreadOs::not_read() };
                threads.push(Arc::new(self.thread(thread, None, os)));
            }
        }
        threads.sort_by_key(|sample| sample.thread);
    }

    /// Code objects seen since this was last asked, in the order of their ids.
    pub fn new_codes(&mut self) -> Vec<Code> {
        let codes = match &self.way {
            Way::Own(reader) => reader.stacks.codes.codes(),
            Way::Walked(reader) => reader.codes.codes(),
            Way::ProcOnly => &[],
        };
        let new = codes.get(self.codes_given..).unwrap_or_default().to_vec();
        self.codes_given = codes.len();
        new
    }

    /// Stacks seen since this was last asked, in the order of their ids.
    pub fn new_stacks(&mut self) -> Vec<Vec<Frame>> {
        let stacks = match &self.way {
            Way::Own(reader) => reader.stacks.stacks.stacks(),
            Way::Walked(reader) => reader.stacks.stacks(),
            Way::ProcOnly => &[],
        };
        let new = stacks.get(self.stacks_given..).unwrap_or_default().to_vec();
        self.stacks_given = stacks.len();
        new
    }

    /// How the looks went so far. The rest is the caller's to know.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        let Losses { torn, cut } = match &self.way {
            Way::Own(reader) => reader.stacks.losses,
            Way::Walked(reader) => reader.losses,
            Way::ProcOnly => Losses::default(),
        };
        Ledger { samples: self.samples, failed: self.failed, torn, cut, ..Ledger::default() }
    }

    /// Who is in the process: tasks, pools, requests. Costs more than a snapshot, and goes by the threads and loops of the
    /// last one; ends early when its allowance is spent, and then says so.
    #[must_use]
    pub fn census(&mut self, allowance: Allowance) -> Census {
        let at = clock::now();
        let census = match &mut self.way {
            Way::Own(reader) => reader.census(&mut self.kernel, at, allowance),
            Way::Walked(_) => Census::unknown(at, Why::NotInThisPython),
            Way::ProcOnly => Census::unknown(at, Why::NotPermitted),
        };
        let census = self.of_the_program(census).unwrap_or_else(|_| Census::unknown(at, Why::Vanished));
        Census { took: clock::now().since(at), ..census }
    }
}

/// A look with py-spy's walker.
fn walked(reader: &mut WalkedReader, kernel: &mut KernelThreads) -> Result<OwnSample, ReadError> {
    // Walking takes milliseconds, so the list of threads is as fresh as it can be without adding much.
    kernel.list();
    let listed = kernel.listed().get().cloned().unwrap_or_default();
    let (threads, nameless) = reader.read(&listed)?;
    let now = clock::now();
    let threads =
        threads.into_iter().map(|(thread, python)| (thread, python, kernel.read(None, thread, false, now))).collect();
    let mut gaps = vec![("event loops".to_owned(), Why::NotInThisPython)];
    if nameless > 0 {
        gaps.push((format!("kernel ids of {nameless} Python threads"), Why::NotInThisPython));
    }
    Ok(OwnSample { interpreters: WalkedReader::interpreters(), threads, gaps, ..OwnSample::default() })
}

/// A look at a process whose memory is closed.
fn proc_only(kernel: &mut KernelThreads) -> Result<OwnSample, ReadError> {
    kernel.list();
    match kernel.listed() {
        Known::Unknown(Why::Vanished) => Err(ReadError::Gone),
        _ => {
            let closed = |what: &str| (what.to_owned(), Why::NotPermitted);
            Ok(OwnSample { gaps: vec![closed("Python threads"), closed("event loops")], ..OwnSample::default() })
        }
    }
}
