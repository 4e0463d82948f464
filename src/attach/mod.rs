//! From a pid to a session that can be read.
//!
//! In this order: is there such a process (`preflight`), may we read it (`gate`), is it a machine we know, where is its runtime
//! (`py_spy_bridge`), where does this version keep things (`interpreter`, with the tables of [`layout`](crate::layout)),
//! and is that true of the living process. What our own reader does not know is left to py-spy's walker.

mod asyncio;
mod file_name;
mod gate;
mod interpreter;
mod maps;
mod preflight;
mod py_spy_bridge;
mod search;
mod sections;
mod session;

pub use py_spy_bridge::{PySpyWalker, WalkedFrame, WalkedThread};
pub use session::{Access, OwnAccess, Session};

use crate::error::{Error, Gate, Result};
use crate::memory::{LiveMemory, Memory, ReadError};
use crate::snapshot::{Address, Known, Process, Reader, Why};
use interpreter::{Found, Unfound};
use preflight::{Alive, Machine};
use py_spy_bridge::Located;

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
    let memory = LiveMemory::new(pid);
    match memory.read(Address(0), 1) {
        Err(ReadError::Refused) => return Ok(proc_only(process, gate::that_refused(pid))),
        Err(ReadError::Gone) => return Err(Error::Exited { pid: pid.0 }),
        _ => {}
    }
    let opened = open(process, &alive, memory);
    if opened.is_err() && preflight::is_gone(pid) { Err(Error::Exited { pid: pid.0 }) } else { opened }
}

fn proc_only(process: Process, gate: Gate) -> Session {
    let unknown = Known::Unknown(Why::NotPermitted);
    let process = Process {
        python: unknown,
        free_threaded: Known::Unknown(Why::NotPermitted),
        reader: Reader::ProcOnly,
        ..process
    };
    Session { process, access: Access::ProcOnly { gate } }
}

fn open(process: Process, alive: &Alive, memory: LiveMemory) -> Result<Session> {
    let pid = process.pid;
    let not_python = |reason: String| Error::NotPython { pid: pid.0, name: alive.name.clone(), reason };
    let unknown_python = |reason: String| Error::UnknownPython { pid: pid.0, reason };
    match preflight::machine(pid) {
        Ok(Some(Machine::Ours)) => {}
        Ok(Some(Machine::Narrow)) => return Err(unknown_python("it is a 32-bit program".to_owned())),
        Ok(Some(Machine::Foreign)) => return Err(unknown_python("it is of another architecture".to_owned())),
        Ok(None) => return Err(not_python("its executable is not an ELF file".to_owned())),
        Err(error) => return Err(not_python(format!("its executable cannot be read: {error}"))),
    }
    let located = py_spy_bridge::locate(pid).or_else(|words| file_name::locate(pid).ok_or(not_python(words)))?;
    if !located.is_python {
        return Err(not_python("none of its binaries has a symbol of Python".to_owned()));
    }
    match interpreter::find(pid, &memory, &located) {
        Ok(found) => Ok(own(process, memory, found)),
        Err(unfound) => walked(process, &located, unfound).map_err(unknown_python),
    }
}

fn own(process: Process, memory: LiveMemory, found: Found) -> Session {
    let Found { mut offsets, runtime } = found;
    let asyncio = asyncio::offsets(process.pid, &memory, offsets.version);
    if let Some(asyncio) = &asyncio {
        offsets.adopt(asyncio);
    }
    let process = Process {
        python: Known::Is(offsets.version),
        free_threaded: Known::Is(offsets.free_threaded),
        reader: Reader::Own,
        ..process
    };
    Session { process, access: Access::Own(Box::new(OwnAccess { memory, offsets, runtime, asyncio })) }
}

fn walked(process: Process, located: &Located, unfound: Unfound) -> Result<Session, String> {
    if matches!(unfound, Unfound::FreeThreaded(_)) || located.version.is_none() {
        return Err(unfound.to_string());
    }
    let walker = PySpyWalker::new(process.pid).map_err(|_| unfound.to_string())?;
    let process = Process {
        python: Known::Is(walker.version()),
        free_threaded: Known::Unknown(Why::NotRead),
        reader: Reader::PySpy,
        ..process
    };
    Ok(Session { process, access: Access::PySpy(walker) })
}
