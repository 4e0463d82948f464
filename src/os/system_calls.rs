//! What has to be looked up to know what a system call waits for. Which call has which operands is
//! [`Syscall`]'s table.

use crate::snapshot::{Address, Call, Operand, Syscall, SyscallState};

/// How many entries of a `pollfd` array are looked at. A blocked thread polls one or two descriptors; a program that
/// polls hundreds is an event loop, and its descriptors say little.
pub const MOST_POLLED: usize = 64;

/// `FD_SETSIZE`: the kernel's own bound for the bit sets of `select` as libraries use it.
const MOST_SELECTED: u64 = 1024;

/// Bytes of a `struct pollfd`: a descriptor, the events asked for, the events that came.
const POLL_ENTRY: usize = 8;

/// What has to be looked up, and perhaps read from the target's memory, to know what a system call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This descriptor.
    Descriptor(i32),
    /// An array of `pollfd`: read [`Wanted::bytes`] at the address and give them to [`polled`].
    PollArray {
        /// Where it is in the target.
        address: Address,
        /// How many entries, at most [`MOST_POLLED`].
        count: usize,
    },
    /// Three bit sets: read [`Wanted::bytes`] at each address that is not null and give them to [`selected`].
    SelectSets {
        /// One more than the highest descriptor, at most 1024.
        count: usize,
        /// Descriptors to read from, to write to, and to watch for exceptions.
        sets: [Address; 3],
    },
    /// An epoll descriptor; what it watches is in [`epoll_targets`](super::descriptors::epoll_targets).
    Epoll(i32),
    /// A path that ends with a zero byte.
    Path {
        /// Where it is in the target.
        address: Address,
    },
    /// A child process.
    Child {
        /// Its number in the target's pid namespace; `None` for any child.
        pid: Option<u32>,
    },
    /// Nothing that is named by its arguments.
    Nothing,
}

impl Wanted {
    /// How many bytes to read at each address; 0 when nothing is to be read or, for a path, the reader's own bound holds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::PollArray { count, .. } => count.saturating_mul(POLL_ENTRY),
            // The kernel reads bit sets in words of 8 bytes.
            Self::SelectSets { count, .. } => count.div_ceil(64).saturating_mul(8),
            _ => 0,
        }
    }
}

/// What a system call waits for. A call that nobody is known to wait in waits for nothing that we could name.
#[must_use]
pub fn wanted(call: &SyscallState) -> Wanted {
    let SyscallState::Inside { number, arguments, .. } = call else { return Wanted::Nothing };
    let Some(row) = Syscall::of(*number) else { return Wanted::Nothing };
    let argument = |index: usize| arguments.get(index).copied().unwrap_or(0);
    let [first, second, third, fourth, ..] = *arguments;
    match (row.operand, row.call) {
        (Operand::Descriptor(index), Call::Epoll) => descriptor(argument(index)).map_or(Wanted::Nothing, Wanted::Epoll),
        (Operand::Descriptor(index), _) => descriptor(argument(index)).map_or(Wanted::Nothing, Wanted::Descriptor),
        (Operand::PollArray, _) => poll_array(first, second),
        (Operand::SelectSets, _) => select_sets(first, [second, third, fourth]),
        (Operand::Path(index), _) => path(argument(index)),
        // waitid(P_PID = 1, pid, ...) and wait4(pid, ...).
        (Operand::Nothing, Call::WaitChild) if row.name == "waitid" => {
            Wanted::Child { pid: if first == 1 { positive(second) } else { None } }
        }
        (Operand::Nothing, Call::WaitChild) => Wanted::Child { pid: positive(first) },
        (Operand::Nothing, _) => Wanted::Nothing,
    }
}

/// The lower half of an argument as a descriptor; negative ones (`AT_FDCWD`, -1) name nothing.
fn descriptor(argument: u64) -> Option<i32> {
    i32::try_from(argument & 0xffff_ffff).ok()
}

fn positive(argument: u64) -> Option<u32> {
    i32::try_from(argument & 0xffff_ffff).ok().filter(|number| *number > 0).map(i32::cast_unsigned)
}

fn path(address: u64) -> Wanted {
    if address == 0 { Wanted::Nothing } else { Wanted::Path { address: Address(address) } }
}

fn poll_array(address: u64, count: u64) -> Wanted {
    if address == 0 || count == 0 {
        return Wanted::Nothing;
    }
    let count = usize::try_from(count).map_or(MOST_POLLED, |count| count.min(MOST_POLLED));
    Wanted::PollArray { address: Address(address), count }
}

fn select_sets(count: u64, sets: [u64; 3]) -> Wanted {
    let count = (count & 0xffff_ffff).min(MOST_SELECTED);
    if count == 0 || sets == [0; 3] {
        return Wanted::Nothing;
    }
    Wanted::SelectSets { count: usize::try_from(count).unwrap_or(0), sets: sets.map(Address) }
}

/// The descriptors in the bytes of a `pollfd` array. Negative entries are switched off and left out.
#[must_use]
pub fn polled(bytes: &[u8]) -> Vec<i32> {
    let (entries, _) = bytes.as_chunks::<POLL_ENTRY>();
    entries
        .iter()
        .take(MOST_POLLED)
        .map(|[a, b, c, d, ..]| i32::from_le_bytes([*a, *b, *c, *d]))
        .filter(|number| *number >= 0)
        .collect()
}

/// The descriptors set in the bytes of one bit set of `select`, below `count`, at most [`MOST_POLLED`].
#[must_use]
pub fn selected(bytes: &[u8], count: usize) -> Vec<i32> {
    (0_usize..)
        .zip(bytes)
        .flat_map(|(index, byte)| {
            (0_usize..8).filter(move |bit| byte >> bit & 1 == 1).map(move |bit| index.saturating_mul(8) + bit)
        })
        .take_while(|number| *number < count)
        .take(MOST_POLLED)
        .filter_map(|number| i32::try_from(number).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(number: u32, arguments: [u64; 6]) -> SyscallState {
        SyscallState::Inside { number, arguments, stack_pointer: 0x7ffd_0000_0000 }
    }

    const READ: u32 = 0;
    const RECVFROM: u32 = 45;
    const WAIT4: u32 = 61;
    const FLOCK: u32 = 73;
    const FUTEX: u32 = 202;
    const WAITID: u32 = 247;
    const OPENAT: u32 = 257;
    const PSELECT6: u32 = 270;
    const PPOLL: u32 = 271;
    const EPOLL_PWAIT: u32 = 281;

    #[test]
    fn calls_on_a_descriptor() {
        assert_eq!(wanted(&inside(RECVFROM, [7, 0, 0, 0, 0, 0])), Wanted::Descriptor(7));
        assert_eq!(wanted(&inside(FLOCK, [3, 2, 0, 0, 0, 0])), Wanted::Descriptor(3));
        assert_eq!(wanted(&inside(EPOLL_PWAIT, [6, 1, 3, u64::MAX, 0, 0])), Wanted::Epoll(6));
        assert_eq!(wanted(&inside(READ, [u64::MAX, 0, 0, 0, 0, 0])), Wanted::Nothing);
        assert_eq!(wanted(&inside(READ, [0xffff_ffff, 0, 0, 0, 0, 0])), Wanted::Nothing);
        assert_eq!(wanted(&inside(FUTEX, [0x7f00, 0, 0, 0, 0, 0])), Wanted::Nothing);
    }

    #[test]
    fn calls_on_many_descriptors() {
        let poll = wanted(&inside(PPOLL, [0x7f00, 2, 0, 0, 0, 0]));
        assert_eq!(poll, Wanted::PollArray { address: Address(0x7f00), count: 2 });
        assert_eq!(poll.bytes(), 16);
        let huge = wanted(&inside(PPOLL, [0x7f00, u64::MAX, 0, 0, 0, 0]));
        assert_eq!(huge.bytes(), MOST_POLLED * 8, "a foreign count was believed");
        let select = wanted(&inside(PSELECT6, [u64::MAX, 0x10, 0, 0, 0, 0]));
        assert_eq!(select.bytes(), 128, "a foreign count was believed");
        let sleeping = wanted(&inside(PSELECT6, [0, 0, 0, 0, 0x7f00, 0]));
        assert_eq!(sleeping, Wanted::Nothing, "select without sets is a sleep");
    }

    #[test]
    fn calls_on_paths_and_children() {
        let path = Wanted::Path { address: Address(0x7f00) };
        assert_eq!(wanted(&inside(OPENAT, [0xffff_ff9c, 0x7f00, 0, 0, 0, 0])), path);
        assert_eq!(wanted(&inside(WAIT4, [u64::MAX, 0, 0, 0, 0, 0])), Wanted::Child { pid: None });
        assert_eq!(wanted(&inside(WAIT4, [4711, 0, 0, 0, 0, 0])), Wanted::Child { pid: Some(4711) });
        assert_eq!(wanted(&inside(WAITID, [1, 9, 0, 0, 0, 0])), Wanted::Child { pid: Some(9) });
        assert_eq!(wanted(&inside(WAITID, [0, 9, 0, 0, 0, 0])), Wanted::Child { pid: None });
    }

    #[test]
    fn poll_arrays() {
        let bytes = [7, 0, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 1, 2, 0, 0, 4, 0, 0, 0, 9, 9];
        assert_eq!(polled(&bytes), [7, 513]);
        assert!(polled(&[1, 2, 3]).is_empty(), "half an entry was believed");
        assert_eq!(polled(&[0; 8 * 1000]).len(), MOST_POLLED);
    }

    #[test]
    fn bit_sets() {
        assert_eq!(selected(&[0b1000_0001, 0b10, 0, 0, 0, 0, 0, 0], 64), [0, 7, 9]);
        assert_eq!(selected(&[0b1000_0001, 0b10, 0, 0, 0, 0, 0, 0], 8), [0, 7]);
        assert_eq!(selected(&[255; 128], 1024).len(), MOST_POLLED);
    }
}
