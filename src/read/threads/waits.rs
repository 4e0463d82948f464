//! What a thread's system call waits for: the descriptors and paths that its arguments lead to.

use std::collections::HashMap;

use crate::memory::{Memory, ReadError};
use crate::os::descriptors::DescriptorResolver;
use crate::os::open_files::epoll_targets;
use crate::os::system_calls::{Wanted, polled, selected, wanted};
use crate::os::threads::waits_for_partner;
use crate::snapshot::{
    Address, Call, Descriptor, DescriptorKind, Known, ProcessId, Syscall, SyscallState, ThreadId, ThreadOs,
    without_secrets,
};

/// `PATH_MAX`: the kernel takes no longer path.
const LONGEST_PATH: usize = 4096;
/// Paths are read in pieces that do not cross a page: the next one may not be there.
const PAGE: u64 = 4096;
/// Descriptors that are resolved for one thread. A call that waits for more is an event loop's, and which of them it
/// waits for says little.
const MOST_DESCRIPTORS: usize = 8;
/// A poll of more descriptors than this is crowded: the kernel prints all of them, holding the mutex that the poll needs
/// too, and for a thousand that takes milliseconds.
const CROWDED: usize = 64;
/// So many times what a crowded poll waits for is taken from the last reading.
const CROWDED_EVERY: u32 = 50;
/// The number of a descriptor that is still being opened.
const NO_DESCRIPTOR: i32 = -1;

/// Finds out what threads of one process wait for.
#[derive(Debug)]
pub(in crate::read) struct Waits {
    process: ProcessId,
    descriptors: DescriptorResolver,
    /// Crowded polls: a few of what they wait for, and how often that may still be used.
    crowded: HashMap<i32, (Vec<i32>, u32)>,
}

impl Waits {
    /// Nothing is read yet.
    pub(in crate::read) fn new(process: ProcessId) -> Self {
        Self { process, descriptors: DescriptorResolver::new(process), crowded: HashMap::new() }
    }

    /// Fills in what the thread's system call waits for. Without memory, only what the arguments say themselves.
    pub(in crate::read) fn fill(&mut self, memory: Option<&dyn Memory>, thread: ThreadId, os: &mut ThreadOs) {
        os.waits_on.clear();
        os.path = None;
        let Known::Is(call) = &os.syscall else { return };
        let wish = wanted(call);
        let bytes = |address: Address| {
            let memory = memory.filter(|_| !address.is_null())?;
            memory.read(address, wish.bytes()).ok()
        };
        let mut numbers = match wish {
            Wanted::Descriptor(number) => vec![number],
            Wanted::Epoll(number) => std::iter::once(number).chain(self.epoll_targets(number)).collect(),
            Wanted::PollArray { address, .. } => bytes(address).map(|bytes| polled(&bytes)).unwrap_or_default(),
            Wanted::SelectSets { count, sets } => {
                sets.into_iter().filter_map(bytes).flat_map(|bytes| selected(&bytes, count)).collect()
            }
            Wanted::Path { address } => {
                os.path = memory.and_then(|memory| path(memory, address).ok());
                if opens(call) && waits_for_partner(self.process, thread) {
                    // It has no descriptor yet, and nobody has the other end.
                    let kind = DescriptorKind::Pipe { inode: 0, path: os.path.clone(), others: Vec::new() };
                    os.waits_on = vec![Descriptor { number: NO_DESCRIPTOR, kind }];
                }
                return;
            }
            Wanted::Child { .. } | Wanted::Nothing => return,
        };
        numbers.truncate(MOST_DESCRIPTORS);
        os.waits_on = numbers.into_iter().map(|number| self.descriptors.resolve(number)).collect();
    }
}

impl Waits {
    /// What an epoll descriptor waits for; of a crowded one a few.
    fn epoll_targets(&mut self, number: i32) -> Vec<i32> {
        if let Some((targets, left)) = self.crowded.get_mut(&number)
            && *left > 0
        {
            *left -= 1;
            return targets.clone();
        }
        let mut targets = epoll_targets(self.process, number).unwrap_or_default();
        if targets.len() > CROWDED {
            targets.truncate(MOST_DESCRIPTORS);
            self.crowded.insert(number, (targets.clone(), CROWDED_EVERY));
        } else {
            self.crowded.remove(&number);
        }
        targets
    }
}

fn opens(call: &SyscallState) -> bool {
    matches!(call, SyscallState::Inside { number, .. } if Syscall::of(*number).is_some_and(|row| row.call == Call::Open))
}

/// A path that ends with a zero byte.
fn path(memory: &dyn Memory, address: Address) -> Result<String, ReadError> {
    let mut bytes = Vec::new();
    while bytes.len() < LONGEST_PATH {
        let at = address.plus(bytes.len());
        let to_boundary = usize::try_from(PAGE - at.0 % PAGE).unwrap_or(1).min(LONGEST_PATH - bytes.len());
        let piece = memory.read(at, to_boundary)?;
        let end = piece.iter().position(|byte| *byte == 0);
        bytes.extend(piece.iter().take(end.unwrap_or(piece.len())));
        if end.is_some() {
            break;
        }
    }
    Ok(without_secrets(&String::from_utf8_lossy(&bytes)).into_owned())
}
