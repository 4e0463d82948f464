//! Whether offsets are true of a live process: the chain from `_PyRuntime` to a code object, walked once.
//!
//! A table may be of another build than the target (a debug build, a vendor's patch, a symbol that was resolved wrongly).
//! Then pointers lead nowhere, and this says where they stopped to make sense, before anything is told to a user.

use super::{FrameOffsets, FrameRoot, Offsets};
use crate::memory::{Memory, ReadError, little_endian};
use crate::snapshot::Address;

/// More interpreters than anybody runs; a longer list is a loop.
const MOST_INTERPRETERS: usize = 256;

/// How many threads are looked at. The newest come first, and one that makes sense is enough.
const MOST_THREADS: usize = 64;

/// How many frames of a thread are looked at for one that has a code object. The innermost may change under our eyes.
const MOST_FRAMES: usize = 32;

/// Largest thread id of Linux (`PID_MAX_LIMIT`).
const LARGEST_THREAD_ID: u64 = 1 << 22;

/// First address behind user space on 64-bit Linux.
const END_OF_USER_SPACE: u64 = 1 << 56;

/// How often what changes all the time is looked at before it is believed to be wrong.
const TRIES: usize = 8;

/// Where the chain from `_PyRuntime` stopped to make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Memory could not be read.
    #[error("{0}")]
    Unreadable(#[from] ReadError),
    /// There is no interpreter: Python has not started yet or has ended.
    #[error("no interpreter is running in it yet or any more")]
    NoInterpreter,
    /// The list of interpreters does not end.
    #[error("its list of interpreters does not end")]
    EndlessInterpreters,
    /// The list of interpreters does not end with the main one.
    #[error("its list of interpreters does not end with the main one")]
    StrangeInterpreters,
    /// The interpreter has no thread.
    #[error("its interpreter has no thread")]
    NoThread,
    /// The first thread state does not point back to its interpreter.
    #[error("the thread state at {0} does not belong to the interpreter that lists it")]
    StrangeThread(Address),
    /// No thread has a plausible id.
    #[error("no thread state has a plausible thread id")]
    NoThreadId,
    /// No frame leads to a code object.
    #[error("no frame leads to a code object")]
    NoCode,
    /// `sys.modules` is not a dict.
    #[error("sys.modules is not where it should be")]
    NoModules,
    /// The fields of the GIL cannot be.
    #[error("the GIL is not where it should be")]
    NoGil,
}

/// Walks from `runtime` (the address of `_PyRuntime`) to a code object, `sys.modules` and the GIL.
///
/// # Errors
///
/// The first link that makes no sense.
pub fn validate(offsets: &Offsets, memory: &dyn Memory, runtime: Address) -> Result<(), Invalid> {
    let target = Target { offsets, memory };
    let interpreters = target.interpreters(runtime)?;
    let main = *interpreters.last().ok_or(Invalid::NoInterpreter)?;
    if target.pointer(runtime.plus(offsets.runtime.interpreters_main))? != main {
        return Err(Invalid::StrangeInterpreters);
    }
    let threads = target.threads(main)?;
    if !threads.iter().any(|thread| target.has_thread_id(*thread)) {
        return Err(Invalid::NoThreadId);
    }
    target.check_modules(main)?;
    target.check_gil(runtime, main, &interpreters)?;
    target.check_code(&threads)
}

struct Target<'a> {
    offsets: &'a Offsets,
    memory: &'a dyn Memory,
}

impl Target<'_> {
    fn pointer(&self, address: Address) -> Result<Address, ReadError> {
        let pointer = self.memory.read_pointer(address)?;
        if pointer.0 >= END_OF_USER_SPACE { Err(ReadError::Implausible(address)) } else { Ok(pointer) }
    }

    fn int(&self, address: Address) -> Result<u64, ReadError> {
        Ok(little_endian(&self.memory.read(address, 4)?))
    }

    /// All interpreters, newest first: the main one is the last.
    fn interpreters(&self, runtime: Address) -> Result<Vec<Address>, Invalid> {
        let mut interpreters = Vec::new();
        let mut next = self.pointer(runtime.plus(self.offsets.runtime.interpreters_head))?;
        while !next.is_null() {
            if interpreters.len() == MOST_INTERPRETERS {
                return Err(Invalid::EndlessInterpreters);
            }
            interpreters.push(next);
            next = self.pointer(next.plus(self.offsets.interpreter.next))?;
        }
        Ok(interpreters)
    }

    /// The newest threads of an interpreter. Threads come and go, so a list that breaks off is taken as far as it goes.
    fn threads(&self, interpreter: Address) -> Result<Vec<Address>, Invalid> {
        let mut threads = Vec::new();
        let mut next = self.pointer(interpreter.plus(self.offsets.interpreter.threads_head))?;
        while !next.is_null() && threads.len() < MOST_THREADS {
            match self.pointer(next.plus(self.offsets.thread.interpreter)) {
                Ok(owner) if owner == interpreter => threads.push(next),
                _ if threads.is_empty() => return Err(Invalid::StrangeThread(next)),
                _ => break,
            }
            next = self.pointer(next.plus(self.offsets.thread.next)).unwrap_or_default();
        }
        if threads.is_empty() { Err(Invalid::NoThread) } else { Ok(threads) }
    }

    fn has_thread_id(&self, thread: Address) -> bool {
        let handle = self.pointer(thread.plus(self.offsets.thread.thread_id));
        let number = self.offsets.thread.native_thread_id.map(|offset| self.memory.read_u64(thread.plus(offset)));
        handle.is_ok_and(|handle| !handle.is_null())
            && number.is_none_or(|number| number.is_ok_and(|number| (1..=LARGEST_THREAD_ID).contains(&number)))
    }

    fn is_of_type(&self, object: Address, name: &[u8]) -> Result<bool, ReadError> {
        let kind = self.pointer(object.plus(self.offsets.object.object_type))?;
        let text = self.pointer(kind.plus(self.offsets.object.type_name))?;
        let bytes = self.memory.read(text, name.len() + 1)?;
        Ok(bytes.strip_prefix(name) == Some(&[0]))
    }

    fn check_modules(&self, interpreter: Address) -> Result<(), Invalid> {
        let modules = self.pointer(interpreter.plus(self.offsets.interpreter.modules))?;
        match self.is_of_type(modules, b"dict") {
            Ok(true) => Ok(()),
            Ok(false) | Err(ReadError::Unmapped(_) | ReadError::Implausible(_)) => Err(Invalid::NoModules),
            Err(error) => Err(error.into()),
        }
    }

    fn check_gil(&self, runtime: Address, interpreter: Address, interpreters: &[Address]) -> Result<(), Invalid> {
        let gil = match (self.offsets.runtime.gil, self.offsets.interpreter.gil) {
            (Some(inside), _) => runtime.plus(inside),
            (None, Some(pointer)) => self.pointer(interpreter.plus(pointer))?,
            (None, None) => return Ok(()),
        };
        if (0..TRIES).any(|_| self.is_gil(gil, interpreters).unwrap_or(false)) { Ok(()) } else { Err(Invalid::NoGil) }
    }

    /// Whether a GIL can be at this address: free, or held by a thread state of one of the interpreters.
    fn is_gil(&self, gil: Address, interpreters: &[Address]) -> Result<bool, ReadError> {
        let holder = self.pointer(gil.plus(self.offsets.gil.last_holder))?;
        match self.int(gil.plus(self.offsets.gil.locked))? {
            0 if holder.is_null() => Ok(true),
            // The last holder may be gone by now.
            0 => Ok(holder.0.is_multiple_of(8)),
            1 => Ok(interpreters.contains(&self.pointer(holder.plus(self.offsets.thread.interpreter))?)),
            _ => Ok(false),
        }
    }

    fn check_code(&self, threads: &[Address]) -> Result<(), Invalid> {
        for _ in 0..TRIES {
            let mut seen = false;
            for thread in threads {
                match self.innermost_frame(*thread) {
                    Ok(frame) if frame.is_null() => {}
                    Ok(frame) => {
                        seen = true;
                        if self.leads_to_code(frame) {
                            return Ok(());
                        }
                    }
                    Err(ReadError::Unmapped(_) | ReadError::Implausible(_)) => seen = true,
                    Err(error) => return Err(error.into()),
                }
            }
            // Threads without any frame, as in a program that embeds Python and idles outside, prove nothing.
            if !seen {
                return Ok(());
            }
        }
        Err(Invalid::NoCode)
    }

    fn innermost_frame(&self, thread: Address) -> Result<Address, ReadError> {
        match self.offsets.thread.frame_root {
            FrameRoot::Object { frame } => self.pointer(thread.plus(frame)),
            FrameRoot::CFrame { cframe, current_frame } => {
                let cframe = self.pointer(thread.plus(cframe))?;
                if cframe.is_null() { Ok(cframe) } else { self.pointer(cframe.plus(current_frame)) }
            }
            FrameRoot::Current { current_frame } => self.pointer(thread.plus(current_frame)),
        }
    }

    fn leads_to_code(&self, innermost: Address) -> bool {
        let (code, tag_mask, previous) = match self.offsets.frame {
            FrameOffsets::Object(frame) => (frame.code, 0, frame.back),
            FrameOffsets::Interpreter(frame) => (frame.code, frame.tag_mask, frame.previous),
        };
        let mut frame = innermost;
        for _ in 0..MOST_FRAMES {
            let object = self.pointer(frame.plus(code)).map(|object| Address(object.0 & !tag_mask));
            if object.is_ok_and(|object| self.is_of_type(object, b"code").unwrap_or(false)) {
                return true;
            }
            match self.pointer(frame.plus(previous)) {
                Ok(next) if !next.is_null() => frame = next,
                _ => return false,
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::layout::table;
    use crate::memory::Batch;
    use crate::snapshot::{Known, PythonVersion};

    const RUNTIME: Address = Address(0x1000_0000);
    const INTERPRETER: u64 = 0x2000_0000;
    const THREAD: u64 = 0x3000_0000;
    const GIL: u64 = 0x4000_0000;
    const FRAME: u64 = 0x5000_0000;
    const CODE: u64 = 0x6000_0000;
    const MODULES: u64 = 0x6100_0000;
    const CODE_TYPE: u64 = 0x7000_0000;
    const DICT_TYPE: u64 = 0x7100_0000;
    const NAMES: u64 = 0x7200_0000;
    const CFRAME: u64 = 0x7300_0000;

    /// Memory that is written down byte by byte; what is not is not mapped.
    #[derive(Clone, Default)]
    struct Image(HashMap<u64, u8>);

    impl Image {
        fn put(&mut self, address: Address, word: u64) {
            self.0.extend(word.to_le_bytes().into_iter().enumerate().map(|(at, byte)| (address.plus(at).0, byte)));
        }

        /// A pointer at `offset` bytes into what is at `base`.
        fn link(&mut self, base: u64, offset: usize, word: u64) {
            self.put(Address(base).plus(offset), word);
        }
    }

    impl Memory for Image {
        fn fetch(&self, _: &mut Batch) -> Result<(), ReadError> {
            Err(ReadError::Refused)
        }

        fn read(&self, address: Address, length: usize) -> Result<Vec<u8>, ReadError> {
            let bytes = (0..length).map(|at| self.0.get(&address.plus(at).0).copied());
            bytes.collect::<Option<Vec<u8>>>().ok_or(ReadError::Unmapped(address))
        }
    }

    /// One interpreter with one thread in one frame, as this version would have it.
    fn image(minor: u8) -> (Offsets, Image) {
        let offsets = table(PythonVersion { major: 3, minor, patch: Known::Is(0) }).expect("a table");
        let mut image = Image::default();
        let gil = offsets.runtime.gil.map_or(GIL, |inside| RUNTIME.plus(inside).0);
        image.link(RUNTIME.0, offsets.runtime.interpreters_head, INTERPRETER);
        image.link(RUNTIME.0, offsets.runtime.interpreters_main, INTERPRETER);
        image.link(INTERPRETER, offsets.interpreter.next, 0);
        image.link(INTERPRETER, offsets.interpreter.threads_head, THREAD);
        image.link(INTERPRETER, offsets.interpreter.modules, MODULES);
        offsets.interpreter.gil.into_iter().for_each(|pointer| image.link(INTERPRETER, pointer, GIL));
        image.link(gil, offsets.gil.last_holder, THREAD);
        image.link(gil, offsets.gil.locked, 1);
        image.link(THREAD, offsets.thread.next, 0);
        image.link(THREAD, offsets.thread.interpreter, INTERPRETER);
        image.link(THREAD, offsets.thread.thread_id, 0x7f00_0000_0700);
        offsets.thread.native_thread_id.into_iter().for_each(|number| image.link(THREAD, number, 4711));
        match offsets.thread.frame_root {
            FrameRoot::Object { frame } | FrameRoot::Current { current_frame: frame } => {
                image.link(THREAD, frame, FRAME)
            }
            FrameRoot::CFrame { cframe, current_frame } => {
                image.link(THREAD, cframe, CFRAME);
                image.link(CFRAME, current_frame, FRAME);
            }
        }
        let (code, previous) = match offsets.frame {
            FrameOffsets::Object(frame) => (frame.code, frame.back),
            FrameOffsets::Interpreter(frame) => (frame.code, frame.previous),
        };
        image.link(FRAME, code, CODE);
        image.link(FRAME, previous, 0);
        for (object, kind, name, text) in
            [(CODE, CODE_TYPE, NAMES, *b"code\0\0\0\0"), (MODULES, DICT_TYPE, NAMES + 8, *b"dict\0\0\0\0")]
        {
            image.link(object, offsets.object.object_type, kind);
            image.link(kind, offsets.object.type_name, name);
            image.put(Address(name), u64::from_le_bytes(text));
        }
        (offsets, image)
    }

    #[test]
    fn what_hangs_together_is_valid_in_every_version() {
        for minor in 8..=15 {
            let (offsets, image) = image(minor);
            assert_eq!(validate(&offsets, &image, RUNTIME), Ok(()), "3.{minor}");
        }
    }

    #[test]
    fn every_broken_link_is_named() {
        for minor in [8, 12, 13] {
            let (offsets, whole) = image(minor);
            let broken = |base: u64, offset: usize, word: u64| {
                let mut image = whole.clone();
                image.link(base, offset, word);
                validate(&offsets, &image, RUNTIME)
            };
            let (runtime, interpreter, thread) = (offsets.runtime, offsets.interpreter, offsets.thread);
            assert_eq!(broken(RUNTIME.0, runtime.interpreters_head, 0), Err(Invalid::NoInterpreter));
            assert_eq!(broken(RUNTIME.0, runtime.interpreters_main, 7), Err(Invalid::StrangeInterpreters));
            assert_eq!(broken(INTERPRETER, interpreter.next, INTERPRETER), Err(Invalid::EndlessInterpreters));
            assert_eq!(broken(INTERPRETER, interpreter.threads_head, 0), Err(Invalid::NoThread));
            assert_eq!(broken(THREAD, thread.interpreter, CODE), Err(Invalid::StrangeThread(Address(THREAD))));
            assert_eq!(broken(THREAD, thread.thread_id, 0), Err(Invalid::NoThreadId));
            assert_eq!(broken(INTERPRETER, interpreter.modules, CODE), Err(Invalid::NoModules));
            assert_eq!(broken(CODE, offsets.object.object_type, DICT_TYPE), Err(Invalid::NoCode));
            let wild = broken(RUNTIME.0, runtime.interpreters_head, u64::MAX);
            assert!(matches!(wild, Err(Invalid::Unreadable(ReadError::Implausible(_)))), "{wild:?}");
            let unmapped = broken(RUNTIME.0, runtime.interpreters_head, 0x9000_0000);
            assert!(matches!(unmapped, Err(Invalid::Unreadable(ReadError::Unmapped(_)))), "{unmapped:?}");
            let gil = runtime.gil.map_or(GIL, |inside| RUNTIME.plus(inside).0);
            assert_eq!(broken(gil, offsets.gil.locked, 2), Err(Invalid::NoGil));
            assert_eq!(broken(gil, offsets.gil.last_holder, CODE), Err(Invalid::NoGil));
        }
    }

    #[test]
    fn lists_that_go_round_end() {
        let (offsets, mut image) = image(13);
        image.link(THREAD, offsets.thread.next, THREAD);
        if let FrameOffsets::Interpreter(frame) = offsets.frame {
            image.link(FRAME, frame.previous, FRAME);
            image.link(FRAME, frame.code, MODULES);
        }
        assert_eq!(validate(&offsets, &image, RUNTIME), Err(Invalid::NoCode));
    }

    #[test]
    fn threads_without_frames_prove_nothing() {
        let (offsets, mut image) = image(13);
        if let FrameRoot::Current { current_frame } = offsets.thread.frame_root {
            image.link(THREAD, current_frame, 0);
        }
        assert_eq!(validate(&offsets, &image, RUNTIME), Ok(()));
    }
}
