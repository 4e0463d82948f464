//! The way from a pid to a session, step by step.

use std::thread;
use std::time::Duration;

use super::interpreter::{self, Found, Unfound};
use super::preflight::{self, Alive, Machine};
use super::{Access, OwnAccess, PySpyWalker, Session, WALKS, asyncio, c_library, gate, located};
use crate::error::{Error, Gate, Result};
use crate::memory::{LiveMemory, Memory, ReadError};
use crate::os::visibility;
use crate::snapshot::{Address, Known, Process, Reader, Why};

/// When a program that is only starting is looked at again, counted from one look to the next: each look costs a reading of its
/// files, and what has not begun to be Python after 0.2 s is something else.
const PAUSES_WHILE_STARTING: [Duration; 6] = [
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(20),
    Duration::from_millis(40),
    Duration::from_millis(60),
    Duration::from_millis(65),
];

/// Opens a process for reading.
///
/// # Errors
///
/// [`Error::NoSuchProcess`], [`Error::Exited`], [`Error::NotPermitted`], [`Error::NotPython`], [`Error::UnknownPython`].
pub fn attach(process: Process) -> Result<Session> {
    let session = attach_or_proc_only(process)?;
    match session.access {
        Access::ProcOnly { gate } => Err(Error::NotPermitted { pid: session.process.pid.0, gate }),
        _ => Ok(session),
    }
}

/// Opens a process for reading; when the kernel refuses its memory, for what `/proc` tells.
///
/// # Errors
///
/// As [`attach`], without [`Error::NotPermitted`].
pub fn attach_or_proc_only(process: Process) -> Result<Session> {
    let pid = process.pid;
    let alive = preflight::check(&process)?;
    if !visibility::numbers_are_ours() {
        // The number means another process to system calls: nothing but `/proc` speaks of the one that is meant.
        return Ok(proc_only(process, Gate::PidNamespace));
    }
    match LiveMemory::new(pid).read(Address(0), 1) {
        Err(ReadError::Refused) => return Ok(proc_only(process, gate::that_refused(pid))),
        Err(ReadError::Gone) => return Err(Error::Exited { pid: pid.0 }),
        _ => {}
    }
    let opened = open_once_started(&process, &alive);
    if opened.is_err() && preflight::is_gone(pid) { Err(Error::Exited { pid: pid.0 }) } else { opened }
}

/// A program that was started a moment ago may not have loaded its libraries yet, and Python takes some 20 ms until it
/// has an interpreter: such a one is looked at again before it is called strange.
fn open_once_started(process: &Process, alive: &Alive) -> Result<Session> {
    if preflight::is_young(alive) {
        for pause in PAUSES_WHILE_STARTING {
            match open(process, alive) {
                Err(Unopened::NotYet(_) | Unopened::Strange(_)) => thread::sleep(pause),
                Err(Unopened::Never(error)) => return Err(error),
                Ok(session) => return Ok(session),
            }
        }
    }
    match open(process, alive) {
        Err(Unopened::NotYet(error) | Unopened::Never(error)) => Err(error),
        Err(Unopened::Strange(unfound)) => walked(process, unfound),
        Ok(session) => Ok(session),
    }
}

fn proc_only(process: Process, gate: Gate) -> Session {
    let unknown = Known::Unknown(Why::NotPermitted);
    let process = Process {
        python: unknown,
        free_threaded: Known::Unknown(Why::NotPermitted),
        reader: Reader::ProcOnly,
        ..process
    };
    Session { process, c_library: Known::Unknown(Why::NotPermitted), access: Access::ProcOnly { gate } }
}

/// Why a process is not open, and whether that may be because it is only starting.
enum Unopened {
    /// It may become Python.
    NotYet(Error),
    /// It is Python, and its memory may come to make sense to our own reader, or else make sense to py-spy.
    Strange(Unfound),
    /// That does not change.
    Never(Error),
}

fn open(process: &Process, alive: &Alive) -> Result<Session, Unopened> {
    let pid = process.pid;
    let not_python = |reason: String| Error::NotPython { pid: pid.0, name: alive.name.clone(), reason };
    let unknown = |reason: String| Unopened::Never(Error::UnknownPython { pid: pid.0, reason });
    match preflight::machine(pid) {
        Ok(Some(Machine::Ours)) => {}
        Ok(Some(Machine::Narrow)) => return Err(unknown("it is a 32-bit program".to_owned())),
        Ok(Some(Machine::Foreign)) => return Err(unknown("it is of another architecture".to_owned())),
        Ok(None) => return Err(Unopened::Never(not_python("its executable is not an ELF file".to_owned()))),
        Err(error) => return Err(Unopened::Never(not_python(format!("its executable cannot be read: {error}")))),
    }
    let memory = LiveMemory::new(pid);
    let located = located::locate(pid, &memory).map_err(|words| Unopened::NotYet(not_python(words)))?;
    if !located.is_python {
        return Err(Unopened::NotYet(not_python("none of its binaries has a symbol of Python".to_owned())));
    }
    match interpreter::find(pid, &memory, &located) {
        Ok(found) => Ok(own(process.clone(), memory, found)),
        Err(Unfound::FreeThreaded(version)) => Err(unknown(Unfound::FreeThreaded(version).to_string())),
        Err(Unfound::UnknownVersion(version)) => {
            walked(process, Unfound::UnknownVersion(version)).map_err(Unopened::Never)
        }
        Err(unfound) => Err(Unopened::Strange(unfound)),
    }
}

fn own(process: Process, memory: LiveMemory, found: Found) -> Session {
    let Found { mut offsets, runtime } = found;
    let asyncio = asyncio::offsets(process.pid, &memory, offsets.version);
    if let Some(asyncio) = &asyncio {
        offsets.adopt(asyncio);
    }
    let c_library = c_library::of(process.pid);
    let process = Process {
        python: Known::Is(offsets.version),
        free_threaded: Known::Is(offsets.free_threaded),
        reader: Reader::Own,
        ..process
    };
    let access = OwnAccess { memory, offsets, runtime, asyncio };
    Session { process, c_library, access: Access::Own(Box::new(access)) }
}

/// What our own reader does not know, py-spy may.
fn walked(process: &Process, unfound: Unfound) -> Result<Session> {
    let unknown = |reason| Error::UnknownPython { pid: process.pid.0, reason };
    if !WALKS {
        return Err(unknown(format!("{unfound}, and this hangspy was built without py-spy")));
    }
    let walker = PySpyWalker::new(process.pid).map_err(|_| unknown(unfound.to_string()))?;
    let process = Process {
        python: Known::Is(walker.version()),
        free_threaded: Known::Unknown(Why::NotRead),
        reader: Reader::PySpy,
        ..process.clone()
    };
    let c_library = c_library::of(process.pid);
    Ok(Session { process, c_library, access: Access::PySpy(walker) })
}
