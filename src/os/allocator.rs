//! The allocator of the C library, which we tell how much it may reserve.

/// Lets all threads allocate from one place. glibc reserves 64 MiB of addresses for each thread that allocates (`HEAP_MAX_SIZE` in its
/// `malloc/arena.c`), so that under a limit of address space a few dozen threads end us; and what one thread gave back no other
/// can use. Others do no such thing.
#[cfg(target_env = "gnu")]
pub fn allocate_from_one_place() {
    use nix::libc::{M_ARENA_MAX, mallopt};

    #[expect(unsafe_code, reason = "it is a function of the C library; nix and rustix do not have it")]
    // SAFETY: it takes two numbers, and sets one in the allocator under its own lock.
    let _accepted = unsafe { mallopt(M_ARENA_MAX, 1) };
}

/// Does nothing: this C library reserves nothing for a thread.
#[cfg(not(target_env = "gnu"))]
pub fn allocate_from_one_place() {}
