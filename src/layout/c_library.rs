//! What CPython leaves to the C library of its process: the kernel's number of a thread, and who waits for a condition.
//!
//! Sources: glibc `nptl/descr.h` (`struct pthread`) and `nptl/pthread_cond_common.c`; musl `src/internal/pthread_impl.h`
//! (`struct pthread`, `_c_head`) and `src/thread/pthread_cond_timedwait.c` (`struct waiter`). The numbers are of 64-bit
//! builds.

use crate::snapshot::Known;

/// A C library that CPython is linked against on Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CLibrary {
    /// glibc, of most distributions.
    Glibc,
    /// musl, of Alpine.
    Musl,
}

/// Offsets of one C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CLibraryOffsets {
    /// Where `struct pthread` may have the kernel's thread id; which of them it is, the process has to show.
    pub thread_ids: &'static [usize],
    /// How a `pthread_cond_t` leads to its waiters; `None` when these sleep on an address inside of it.
    pub waiters: Option<WaiterOffsets>,
}

/// A condition whose waiters sleep on their own stacks, in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaiterOffsets {
    /// `pthread_cond_t`: `_c_head`, the newest waiter.
    pub newest: usize,
    /// `struct waiter`: `next`, an older one.
    pub next: usize,
    /// `struct waiter`: `barrier`, on which the waiter sleeps.
    pub barrier: usize,
}

/// glibc keeps the number where it is since 2.3.
const GLIBC_THREAD_IDS: &[usize] = if cfg!(target_arch = "aarch64") { &[0xd0] } else { &[0x2d0] };
/// Since musl 1.2.2, and before.
const MUSL_THREAD_IDS: &[usize] = if cfg!(target_arch = "aarch64") { &[0x20, 0x38] } else { &[0x30, 0x38] };
/// For a program of which nothing tells, such as one that is linked statically.
const ALL_THREAD_IDS: &[usize] = if cfg!(target_arch = "aarch64") { &[0xd0, 0x20, 0x38] } else { &[0x2d0, 0x30, 0x38] };
/// Unchanged since musl 1.1.5.
const MUSL_WAITERS: WaiterOffsets = WaiterOffsets { newest: 8, next: 8, barrier: 0x14 };

impl CLibraryOffsets {
    /// Offsets of this C library. Of an unknown one every place is tried: what stands in glibc where musl has its list is
    /// a counter, and leads nowhere.
    #[must_use]
    pub fn of(library: Known<CLibrary>) -> Self {
        match library {
            Known::Is(CLibrary::Glibc) => Self { thread_ids: GLIBC_THREAD_IDS, waiters: None },
            Known::Is(CLibrary::Musl) => Self { thread_ids: MUSL_THREAD_IDS, waiters: Some(MUSL_WAITERS) },
            Known::Unknown(_) => Self { thread_ids: ALL_THREAD_IDS, waiters: Some(MUSL_WAITERS) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Why;

    #[test]
    fn an_unknown_library_is_given_every_place_of_the_known_ones() {
        let unknown = CLibraryOffsets::of(Known::Unknown(Why::NotRead));
        for library in [CLibrary::Glibc, CLibrary::Musl] {
            let known = CLibraryOffsets::of(Known::Is(library));
            assert!(known.thread_ids.iter().all(|offset| unknown.thread_ids.contains(offset)), "{library:?}");
            assert!(known.waiters.is_none() || known.waiters == unknown.waiters, "{library:?}");
        }
    }
}
