//! Which lock a thread sleeps for.
//!
//! A thread that waits for a lock sleeps in `futex`, and the address it sleeps on leads to the lock object: up to 3.12
//! it is the semaphore that the object points to, and the object stands on the thread's own C stack; since 3.14 the
//! waiter's entry in the parking lot is on that stack and says which word is waited for. In 3.13 a plain lock is of the one
//! kind in 3.13.0 and of the other since 3.13.1 (gh-117721), and a recursive one is of the first: there both ways are tried.

use crate::libraries::{self, Marks, importlib};
use crate::memory::{Batch, ReadError, little_endian};
use crate::read::objects::builtin::Objects;
use crate::read::objects::builtin::is_pointer;
use crate::read::stacks::locals::first_local;
use crate::read::threads::live::{LiveFrame, LiveThread};
use crate::snapshot::{Address, Code, LockKind};

/// How much of a C stack is searched for the lock object: `sem_wait` and three functions of CPython are far smaller.
const SEARCHED_STACK: usize = 2 * 4096;
/// How far above the stack pointer an entry of the parking lot can be.
const FARTHEST_ENTRY: u64 = 64 * 1024;
/// A module's name is cut at so many characters.
const LONGEST_MODULE: usize = 200;

/// What a thread sleeps on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read) struct Futex {
    /// The address it sleeps on.
    pub(in crate::read) slept_on: Address,
    /// Its stack pointer.
    pub(in crate::read) stack_pointer: Address,
}

/// A lock that a thread sleeps for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::read) struct WantedLock {
    /// The object.
    pub(in crate::read) address: Address,
    /// What it is.
    pub(in crate::read) kind: LockKind,
    /// The module, of an import lock.
    pub(in crate::read) module: Option<String>,
}

/// The lock that a thread sleeps for; `None` when it is not a lock that somebody holds, or not one that we recognise.
///
/// # Errors
///
/// When memory that should be there cannot be read.
pub(in crate::read) fn wanted(
    objects: Objects<'_>,
    thread: &LiveThread,
    futex: Futex,
    codes: &[Code],
) -> Result<Option<WantedLock>, ReadError> {
    let code = |frame: &LiveFrame| codes.get(frame.code.0 as usize);
    let innermost = thread.frames.first().and_then(|frame| Some((frame, code(frame)?)));
    if let Some((frame, code)) = innermost
        && is_module_lock(code)
        && let Some(lock) = module_lock(objects, frame)?
    {
        return Ok(Some(lock));
    }
    let found = match parked(objects, futex)? {
        None if !objects.offsets.lock.parked => pointed_to(objects, futex)?,
        found => found,
    };
    // A condition waits on a lock of its own, made for this one wait, which nobody holds.
    let of_condition = innermost.is_some_and(|(_, code)| waits_for_signal(code));
    Ok(found.filter(|lock| !(of_condition && lock.kind == LockKind::Plain)))
}

/// Whether a function waits for the lock of a module (CPython `Lib/importlib/_bootstrap.py`).
fn is_module_lock(code: &Code) -> bool {
    libraries::marks(&code.file, &code.name).has(Marks::MODULE_LOCK)
}

/// Whether this function of `threading` waits on a lock that stands for a signal: `Condition.wait`, and up to 3.12
/// `Thread.join`.
fn waits_for_signal(code: &Code) -> bool {
    libraries::marks(&code.file, &code.name).has(Marks::SIGN.and(Marks::JOIN))
}

/// Whether a function waits for a condition of `threading`.
pub(in crate::read) fn waits_for_condition(code: &Code) -> bool {
    libraries::marks(&code.file, &code.name).has(Marks::SIGN)
}

/// The module lock that a frame of `_ModuleLock.acquire` is about.
fn module_lock(objects: Objects<'_>, frame: &LiveFrame) -> Result<Option<WantedLock>, ReadError> {
    let address = first_local(objects, frame)?;
    if address.is_null() || objects.type_name_of(address)? != importlib::MODULE_LOCK {
        return Ok(None);
    }
    let name = objects.attribute(address, importlib::MODULE_OF_LOCK)?;
    let module = match name {
        Some(name) => Some(objects.text(name.value)?.chars().take(LONGEST_MODULE).collect()),
        None => None,
    };
    Ok(Some(WantedLock { address, kind: LockKind::Import, module }))
}

/// What an object is, if it is a lock.
fn lock_at(objects: Objects<'_>, address: Address) -> Option<WantedLock> {
    let kind = match objects.type_name_of(address).ok()?.as_str() {
        "_thread.lock" => LockKind::Plain,
        "_thread.RLock" => LockKind::Recursive,
        _ => return None,
    };
    Some(WantedLock { address, kind, module: None })
}

/// Since 3.13.1, recursive locks since 3.14: through the waiter's entry in the parking lot (CPython `Python/parking_lot.c`, `struct wait_entry`).
fn parked(objects: Objects<'_>, futex: Futex) -> Result<Option<WantedLock>, ReadError> {
    let layout = &objects.offsets.lock;
    let (Some(address), Some(semaphore)) = (layout.wait_address, layout.wait_semaphore) else { return Ok(None) };
    let above = futex.slept_on.0.checked_sub(futex.stack_pointer.0);
    if above.is_none_or(|above| above > FARTHEST_ENTRY) {
        return Ok(None);
    }
    let entry = Address(futex.slept_on.0.wrapping_sub(semaphore as u64));
    let word = objects.memory.read_pointer(entry.plus(address))?;
    let object = |offset: usize| Address(word.0.wrapping_sub(offset as u64));
    let candidates = [object(layout.word), object(layout.recursive_word)];
    let pointers = candidates.into_iter().filter(|candidate| is_pointer(*candidate));
    Ok(pointers.filter_map(|candidate| lock_at(objects, candidate)).next())
}

/// Up to 3.13.0, recursive locks up to 3.13: by looking through the thread's C stack for an object that points to the semaphore.
fn pointed_to(objects: Objects<'_>, futex: Futex) -> Result<Option<WantedLock>, ReadError> {
    let layout = &objects.offsets.lock;
    let stack = searched_stack(objects, futex.stack_pointer)?;
    let mut candidates: Vec<Address> = stack.chunks_exact(8).map(|word| Address(little_endian(word))).collect();
    candidates.retain(|candidate| is_pointer(*candidate));
    candidates.sort_unstable();
    candidates.dedup();
    let mut batch = Batch::default();
    let offsets = [layout.word, layout.recursive_word];
    let asked: Vec<_> = candidates
        .iter()
        .flat_map(|candidate| offsets.map(|offset| (*candidate, offset)))
        .map(|(candidate, offset)| (candidate, batch.want(candidate.plus(offset), 8)))
        .collect();
    objects.memory.fetch(&mut batch)?;
    let mut found = asked.into_iter().filter(|(_, slot)| batch.pointer_at(*slot, 0) == Some(futex.slept_on));
    Ok(found.find_map(|(candidate, _)| lock_at(objects, candidate)))
}

/// The innermost part of a C stack; less near its end.
fn searched_stack(objects: Objects<'_>, from: Address) -> Result<Vec<u8>, ReadError> {
    const PAGE: u64 = 4096;
    let mut batch = Batch::default();
    let mut at = Address(from.0 & !7);
    let end = at.plus(SEARCHED_STACK);
    let mut slots = Vec::new();
    while at < end {
        let length = (PAGE - at.0 % PAGE).min(end.0 - at.0);
        slots.push(batch.want(at, length as usize));
        at = at.plus(length as usize);
    }
    objects.memory.fetch(&mut batch)?;
    let pieces = slots.into_iter().map_while(|slot| batch.bytes(slot));
    Ok(pieces.flatten().copied().collect())
}

/// The owner of a `_ModuleLock`: what `threading.get_ident()` said in the thread that imports. 0 for none.
pub(in crate::read) fn module_owner(objects: Objects<'_>, lock: Address) -> Result<u64, ReadError> {
    let owner = objects.attribute(lock, importlib::OWNER)?.ok_or(ReadError::Implausible(lock))?;
    if objects.type_name_of(owner.value)? == "NoneType" {
        return Ok(0);
    }
    Ok(objects.integer(owner.value)?.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::table;
    use crate::memory::Tape;
    use crate::snapshot::{Known, PythonVersion};

    const STACK: u64 = 0x7000_0000;
    const ENTRY: u64 = STACK + 0x100;
    const SEMAPHORE: u64 = 0x6200_0000;
    const PLAIN: u64 = 0x6000_0000;
    const RECURSIVE: u64 = 0x6000_1000;

    /// A plain lock and a recursive one, and a stack with an entry of the parking lot for the first and a pointer to the
    /// second.
    fn memory() -> Tape {
        let mut tape = Tape::default();
        let mut put = |address: u64, words: &[u64]| {
            tape.keep(Address(address), &words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>());
        };
        for (lock, name, word) in
            [(PLAIN, *b"_thread.lock\0\0\0\0", 3), (RECURSIVE, *b"_thread.RLock\0\0\0", SEMAPHORE)]
        {
            let (kind, text) = (lock + 0x200, lock + 0x300);
            put(lock, &[1, kind, word, 0, 0]);
            put(kind, &[1, 0, 0, text, 0, 0, 0, 0]);
            let (first, last) = name.split_at(8);
            put(text, &[first, last].map(little_endian));
            put(text + 16, &[0; 40]);
        }
        let mut stack = vec![0; SEARCHED_STACK / 8];
        let at = |address: u64| ((address - STACK) / 8) as usize;
        stack[at(ENTRY) + 1] = PLAIN + 16;
        stack[at(ENTRY) + 9] = RECURSIVE;
        put(STACK, &stack);
        tape
    }

    fn lock_of(minor: u8, patch: u8, slept_on: u64) -> Option<(Address, LockKind)> {
        let offsets = table(PythonVersion { major: 3, minor, patch: Known::Is(patch) }).unwrap();
        let memory = memory();
        let futex = Futex { slept_on: Address(slept_on), stack_pointer: Address(STACK) };
        let found = wanted(Objects::new(&memory, &offsets), &LiveThread::default(), futex, &[]);
        found.unwrap().map(|lock| (lock.address, lock.kind))
    }

    #[test]
    fn a_plain_lock_parks_its_waiters_since_3_13_1_and_a_recursive_one_since_3_14() {
        let (parked, on_semaphore) = (ENTRY + 16, SEMAPHORE);
        for (minor, patch) in [(13, 1), (13, 5), (14, 0)] {
            assert_eq!(lock_of(minor, patch, parked), Some((Address(PLAIN), LockKind::Plain)), "3.{minor}.{patch}");
        }
        for (minor, patch) in [(12, 9), (13, 0), (13, 5)] {
            let recursive = Some((Address(RECURSIVE), LockKind::Recursive));
            assert_eq!(lock_of(minor, patch, on_semaphore), recursive, "3.{minor}.{patch}");
        }
        assert_eq!(lock_of(12, 9, parked), None);
        assert_eq!(lock_of(14, 0, on_semaphore), None);
    }
}
