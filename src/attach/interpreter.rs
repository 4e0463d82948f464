//! From what the binaries tell to offsets that are true of the process.

use super::located::Located;
use super::search;
use crate::layout::{self, Invalid, Offsets};
use crate::memory::LiveMemory;
use crate::snapshot::{Address, ProcessId, PythonVersion};

/// An interpreter that our own reader can read.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) offsets: Offsets,
    pub(super) runtime: Address,
}

/// Why our own reader cannot read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfound {
    #[error("its version could not be determined")]
    NoVersion,
    #[error("version {0} is not one that hangspy knows")]
    UnknownVersion(PythonVersion),
    #[error("it was built without a GIL (free-threaded), which hangspy cannot read yet")]
    FreeThreaded(PythonVersion),
    #[error("neither a symbol nor a section nor a search leads to its runtime")]
    NoRuntime,
    #[error("its memory is not laid out as that of version {0}: {1}")]
    Strange(PythonVersion, Invalid),
}

/// Finds the runtime of a located Python and offsets that are true of it.
///
/// # Errors
///
/// The reason that is most worth telling.
pub(super) fn find(pid: ProcessId, memory: &LiveMemory, located: &Located) -> Result<Found, Unfound> {
    let mut reason = if located.version.is_none() { Unfound::NoVersion } else { Unfound::NoRuntime };
    for runtime in &located.runtimes {
        match at(memory, *runtime, located.version) {
            Ok(found) => return Ok(found),
            Err(unfound) => reason = unfound,
        }
    }
    if located.runtimes.is_empty() {
        let searched = search::runtimes(pid, memory, located.version);
        if let Some(found) = searched.into_iter().find_map(|runtime| at(memory, runtime, located.version).ok()) {
            return Ok(found);
        }
    }
    Err(reason)
}

fn at(memory: &LiveMemory, runtime: Address, version: Option<PythonVersion>) -> Result<Found, Unfound> {
    let head = layout::debug_head(memory, runtime).ok().flatten();
    let version = head.map(|head| head.version).or(version).ok_or(Unfound::NoVersion)?;
    if head.is_some_and(|head| head.free_threaded) {
        return Err(Unfound::FreeThreaded(version));
    }
    let table = layout::table(version).ok_or(Unfound::UnknownVersion(version))?;
    let offsets = match head {
        Some(_) => {
            layout::from_debug_offsets(memory, runtime).map_err(|error| Unfound::Strange(version, error.into()))?
        }
        None => table,
    };
    layout::validate(&offsets, memory, runtime).map_err(|invalid| Unfound::Strange(version, invalid))?;
    Ok(Found { offsets, runtime })
}
