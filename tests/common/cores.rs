//! How many cells may run at a time. A sick application that computes needs a core for itself, and its reader needs another now and
//! then: a matrix that starves itself measures its own traffic jam.

use std::sync::{Condvar, Mutex, PoisonError};

use hangspy::aggregate::Cause;

use super::truth::Truth;

/// Cells that mostly wait, per core: most of their time is the window of the look, some is the start of the server.
const WAITING_PER_CORE: usize = 2;

/// A number of places, handed out as they become free.
pub(crate) struct Cores {
    free: Mutex<usize>,
    freed: Condvar,
    all: usize,
}

/// Places taken; given back when dropped.
pub(crate) struct Places<'a> {
    cores: &'a Cores,
    count: usize,
}

impl Cores {
    /// The places of this machine.
    pub(crate) fn of_this_machine() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let all = cores * WAITING_PER_CORE;
        Self { free: Mutex::new(all), freed: Condvar::new(), all }
    }

    /// How many cells can be in progress at once.
    pub(crate) fn most(&self) -> usize {
        self.all
    }

    /// Waits for the places that an application needs.
    pub(crate) fn take(&self, truth: &Truth) -> Places<'_> {
        // Beside one that computes there is room for one that waits on two cores, and for no second one that computes.
        let count = if computes(truth) { 2 * WAITING_PER_CORE - 1 } else { 1 }.min(self.all);
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.freed.wait_while(free, |free| *free < count).unwrap_or_else(PoisonError::into_inner);
        *free -= count;
        Places { cores: self, count }
    }
}

impl Drop for Places<'_> {
    fn drop(&mut self) {
        *self.cores.free.lock().unwrap_or_else(PoisonError::into_inner) += self.count;
        self.cores.freed.notify_all();
    }
}

/// Whether it keeps a core busy.
fn computes(truth: &Truth) -> bool {
    let busy = [
        Cause::PythonCpu,
        Cause::NativeCpu,
        Cause::NativeCpuGil,
        Cause::Gc,
        Cause::NeverSuspends,
        Cause::TaskStorm,
        Cause::GilPythonThreads,
        Cause::GilNativeHold,
        Cause::SqliteBusy,
    ];
    truth.computes || truth.load.is_some() || truth.cause.iter().any(|cause| busy.contains(cause))
}
