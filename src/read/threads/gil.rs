//! Who has the GIL, who waits for it, and whether it was asked for.
//!
//! The Python stacks do not tell a thread that works from one that waits for its turn, but the kernel does: a thread
//! that waits for the GIL sleeps in `futex` on an address inside the GIL's condition variable. Which words inside it are
//! slept on depends on the release of glibc, so the range decides and not an offset. In musl the waiters sleep on their own
//! stacks, and the condition lists them.

use std::cell::OnceCell;

use crate::layout::{CLibraryOffsets, Offsets, WaiterOffsets};
use crate::memory::{Memory, ReadError, little_endian, u64_at};
use crate::read::objects::known::known;
use crate::snapshot::{Address, Call, GilRole, GilSample, InterpreterSample, Known, Syscall, SyscallState, Why};

/// `_PY_GIL_DROP_REQUEST_BIT` of `eval_breaker`, since 3.13 (CPython `Include/internal/pycore_ceval.h`).
const DROP_REQUEST: u64 = 1;
/// Waiters in a condition's list that are looked at: more threads than any server has.
const MOST_WAITERS: usize = 4096;
/// Addresses below are never mapped, so a smaller number is not a pointer.
const LOWEST_ADDRESS: u64 = 0x1_0000;

/// The GIL of one interpreter at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gil {
    /// What goes into the snapshot.
    pub(crate) sample: GilSample,
    address: Address,
    /// Where the C library lists waiters: the lists of `cond` and of `switch_cond`.
    lists: Option<Lists>,
    /// What the waiters in these lists sleep on, once somebody asked.
    listed: OnceCell<Vec<(Address, GilRole)>>,
}

/// The waiters of a GIL's conditions, in a C library that lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lists {
    layout: WaiterOffsets,
    /// The newest waiter of each condition, and what it waits for.
    newest: [(Address, GilRole); 2],
}

/// One interpreter, and its GIL if it has one.
pub(crate) fn interpreter(
    memory: &dyn Memory,
    offsets: &Offsets,
    library: &CLibraryOffsets,
    runtime: Address,
    interpreter: Address,
) -> (InterpreterSample, Option<Gil>) {
    let collecting = match (offsets.interpreter.collecting, offsets.runtime.collecting) {
        (Some(offset), _) => known(flag(memory, interpreter.plus(offset))),
        (None, Some(offset)) => known(flag(memory, runtime.plus(offset))),
        (None, None) => Known::Unknown(Why::NotInThisPython),
    };
    let gil = if offsets.free_threaded {
        Known::Unknown(Why::NotInThisPython)
    } else {
        known(read(memory, offsets, library, runtime, interpreter))
    };
    let sample = InterpreterSample { address: interpreter, gil: gil.clone().map(|gil| gil.sample), collecting };
    (sample, gil.ok())
}

fn read(
    memory: &dyn Memory,
    offsets: &Offsets,
    library: &CLibraryOffsets,
    runtime: Address,
    interpreter: Address,
) -> Result<Gil, ReadError> {
    let address = match (offsets.interpreter.gil, offsets.runtime.gil) {
        (Some(offset), _) => memory.read_pointer(interpreter.plus(offset))?,
        (None, Some(offset)) => runtime.plus(offset),
        (None, None) => return Err(ReadError::Implausible(interpreter)),
    };
    let layout = &offsets.gil;
    let bytes = memory.read(address, layout.size)?;
    let word = |offset| u64_at(&bytes, offset).ok_or(ReadError::Unmapped(address));
    let locked = match word(layout.locked)? & 0xffff_ffff {
        1 => true,
        // -1: not yet made (CPython `Python/ceval_gil.c`).
        0 | 0xffff_ffff => false,
        _ => return Err(ReadError::Implausible(address)),
    };
    let last_holder = Address(word(layout.last_holder)?);
    let requested = if let Some(offset) = offsets.runtime.gil_drop_request {
        known(flag(memory, runtime.plus(offset)))
    } else if let Some(offset) = offsets.interpreter.gil_drop_request {
        known(flag(memory, interpreter.plus(offset)))
    } else if let Some(offset) = offsets.thread.eval_breaker {
        // The request stands in the holder's own thread state; without a holder there is nobody to ask.
        if locked && !last_holder.is_null() {
            known(memory.read_u64(last_holder.plus(offset)).map(|bits| bits & DROP_REQUEST != 0))
        } else {
            Known::Is(false)
        }
    } else {
        Known::Unknown(Why::NotInThisPython)
    };
    let sample = GilSample { locked, last_holder, switch_number: word(layout.switch_number)?, requested };
    let lists = match library.waiters {
        None => None,
        Some(waiters) => {
            let newest = |condition: usize| word(condition + waiters.newest).map(Address);
            let (waits, hands_over) = (newest(layout.cond)?, newest(layout.switch_cond)?);
            Some(Lists { layout: waiters, newest: [(waits, GilRole::Waits), (hands_over, GilRole::HandsOver)] })
        }
    };
    Ok(Gil { sample, address, lists, listed: OnceCell::new() })
}

/// A C `int` used as a flag.
fn flag(memory: &dyn Memory, address: Address) -> Result<bool, ReadError> {
    match little_endian(&memory.read(address, 4)?) {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(ReadError::Implausible(address)),
    }
}

impl Gil {
    /// What a thread has to do with this GIL. `asks` is `gil_requested` of its thread state, where the version has it
    /// (3.15): true also in the moments in which a waiter is awake.
    pub(crate) fn role(
        &self,
        memory: &dyn Memory,
        offsets: &Offsets,
        thread_state: Address,
        syscall: Known<SyscallState>,
        asks: Option<bool>,
    ) -> Known<GilRole> {
        // First what the GIL said: the stacks were read in the same moment, the system calls a little later.
        if self.sample.locked && self.sample.last_holder == thread_state {
            return Known::Is(GilRole::Holds);
        }
        if let Known::Is(SyscallState::Inside { number, arguments, .. }) = syscall
            && Syscall::of(number).is_some_and(|call| call.call == Call::Futex)
            && let Some(role) = self.role_of_sleeper(memory, offsets, Address(arguments[0]), arguments[3] != 0)
        {
            return Known::Is(role);
        }
        if asks == Some(true) {
            return Known::Is(GilRole::Waits);
        }
        syscall.map(|_| GilRole::Apart)
    }

    /// What a thread that sleeps on this address, with a timeout or without, has to do with the GIL; `None` for nothing.
    pub(crate) fn role_of_sleeper(
        &self,
        memory: &dyn Memory,
        offsets: &Offsets,
        slept_on: Address,
        is_timed: bool,
    ) -> Option<GilRole> {
        let layout = &offsets.gil;
        match slept_on.0.checked_sub(self.address.0).and_then(|offset| usize::try_from(offset).ok()) {
            // The last mutex too: who gave the GIL up and is woken takes it once more.
            Some(offset) if offset >= layout.switch_cond && offset < layout.size => Some(GilRole::HandsOver),
            // Waiters ask again every 5 ms, so their sleep has a timeout. Who gives the GIL up sleeps without one inside of
            // the same condition, until those whom earlier signals woke have left it (glibc up to 2.41,
            // `nptl/pthread_cond_common.c`, `__condvar_quiesce_and_switch_g1`).
            Some(offset) if offset >= layout.cond && offset < layout.mutex && !is_timed => Some(GilRole::HandsOver),
            // The first mutex is held for moments only, by threads that take or give up the GIL.
            Some(offset) if offset >= layout.cond && offset < layout.switch_cond => Some(GilRole::Waits),
            _ => {
                let listed = self.listed.get_or_init(|| self.listed(memory));
                listed.iter().find(|(address, _)| *address == slept_on).map(|(_, role)| *role)
            }
        }
    }

    /// What the waiters in the lists sleep on. A C library of which we do not know that it has lists may have a counter where
    /// their head would be; what it would point to is not there, or is nothing that a thread sleeps on.
    fn listed(&self, memory: &dyn Memory) -> Vec<(Address, GilRole)> {
        let mut listed = Vec::new();
        let Some(Lists { layout, newest }) = self.lists else { return listed };
        for (newest, role) in newest {
            let mut node = newest;
            for _ in 0..MOST_WAITERS {
                if node.0 < LOWEST_ADDRESS || !node.0.is_multiple_of(8) {
                    break;
                }
                let Ok(next) = memory.read_pointer(node.plus(layout.next)) else { break };
                listed.push((node.plus(layout.barrier), role));
                // The oldest has no next; a list that goes round is none.
                if next == newest {
                    break;
                }
                node = next;
            }
        }
        listed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{CLibrary, table};
    use crate::memory::LiveMemory;
    use crate::snapshot::{ProcessId, PythonVersion};

    const FUTEX: u32 = 202;

    fn offsets() -> Offsets {
        table(PythonVersion { major: 3, minor: 12, patch: Known::Unknown(Why::NotRead) }).unwrap()
    }

    fn gil(address: u64, list: u64) -> Gil {
        let sample =
            GilSample { locked: true, last_holder: Address(0x10), switch_number: 1, requested: Known::Is(false) };
        let newest = [(Address(list), GilRole::Waits), (Address(0), GilRole::HandsOver)];
        let lists = Some(Lists { layout: musl(), newest });
        Gil { sample, address: Address(address), lists, listed: OnceCell::new() }
    }

    fn musl() -> WaiterOffsets {
        CLibraryOffsets::of(Known::Is(CLibrary::Musl)).waiters.unwrap()
    }

    fn role(gil: &Gil, thread_state: u64, slept_on: Option<u64>) -> Known<GilRole> {
        role_with_timeout(gil, thread_state, slept_on, 0x7ffe_0000)
    }

    fn role_with_timeout(gil: &Gil, thread_state: u64, slept_on: Option<u64>, timeout: u64) -> Known<GilRole> {
        let memory = LiveMemory::new(ProcessId(std::process::id()));
        let syscall = slept_on.map_or(Known::Is(SyscallState::Running), |address| {
            let arguments = [address, 0x89, 0, timeout, 0, 0];
            Known::Is(SyscallState::Inside { number: FUTEX, arguments, stack_pointer: 0 })
        });
        gil.role(&memory, &offsets(), Address(thread_state), syscall, None)
    }

    #[test]
    fn the_place_in_the_struct_says_what_a_sleeper_waits_for() {
        let layout = offsets().gil;
        let gil = gil(0x7000_0000, 0);
        for (offset, expected) in [
            (layout.cond + 40, GilRole::Waits),
            (layout.mutex, GilRole::Waits),
            (layout.switch_cond + 36, GilRole::HandsOver),
            (layout.switch_mutex, GilRole::HandsOver),
            (layout.size, GilRole::Apart),
            (layout.locked, GilRole::Apart),
        ] {
            assert_eq!(role(&gil, 0x20, Some(0x7000_0000 + offset as u64)), Known::Is(expected), "offset {offset}");
        }
    }

    #[test]
    fn who_signals_a_waiter_sleeps_on_the_same_condition_without_a_timeout() {
        let gil = gil(0x7000_0000, 0);
        let inside = Some(0x7000_0000 + offsets().gil.cond as u64 + 16);
        assert_eq!(role_with_timeout(&gil, 0x20, inside, 0), Known::Is(GilRole::HandsOver));
        assert_eq!(role_with_timeout(&gil, 0x20, inside, 0x7ffe_0000), Known::Is(GilRole::Waits));
    }

    #[test]
    fn a_holder_that_sleeps_elsewhere_still_holds() {
        let gil = gil(0x7000_0000, 0);
        assert_eq!(role(&gil, 0x10, Some(0x1000)), Known::Is(GilRole::Holds));
        assert_eq!(role(&gil, 0x10, None), Known::Is(GilRole::Holds));
        let waits_since = 0x7000_0000 + offsets().gil.cond as u64;
        assert_eq!(role(&gil, 0x10, Some(waits_since)), Known::Is(GilRole::Holds), "the stacks are of the time before");
        assert_eq!(role(&gil, 0x20, None), Known::Is(GilRole::Apart));
    }

    #[test]
    fn waiters_of_musl_are_found_on_their_own_stacks() {
        // Two nodes, the second pointing back to the first: a cycle must end.
        let mut nodes = [[0_u64; 5]; 2];
        let addresses = nodes.each_ref().map(|node| node.as_ptr() as u64);
        nodes[0][1] = addresses[1];
        nodes[1][1] = addresses[0];
        std::hint::black_box(&nodes);
        let gil = gil(0x7000_0000, addresses[0]);
        assert_eq!(role(&gil, 0x20, Some(addresses[1] + musl().barrier as u64)), Known::Is(GilRole::Waits));
        assert_eq!(role(&gil, 0x20, Some(addresses[1])), Known::Is(GilRole::Apart));
    }
}
