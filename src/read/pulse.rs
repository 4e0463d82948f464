//! The pulse: which step each loop runs, and who has the GIL, in one read of memory and two of `/proc` for each loop.
//!
//! It reads the same words as a sample does, at the same places, and no stack. Where they are was learnt by the last sample; a loop
//! that has begun since is not seen before the next one, and one that has ended may look as if it stood still: whoever sees a
//! step last takes a sample before he believes it.

use super::loops::reader::Loops;
use super::objects::builtin::Objects;
use super::objects::moments::Lifetime;
use super::own::OwnReader;
use super::threads::gil::{self, Gil};
use super::threads::kernel::KernelThreads;
use crate::memory::ReadError;
use crate::os::clock;
use crate::snapshot::{Address, InterpreterSample, Known, Moment, Pulse, SyscallState, Why};

impl OwnReader {
    /// Reads the words of the loops and of the GIL.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us.
    pub(in crate::read) fn pulse(&mut self, kernel: &mut KernelThreads, at: Moment) -> Result<Pulse, ReadError> {
        self.pulses.fetch(&self.memory)?;
        let view = self.pulses.view(&self.memory);
        let objects = Objects::new(&view, &self.offsets);
        let read =
            |interpreter: &Address| gil::interpreter(&view, &self.offsets, &self.library, self.runtime, *interpreter);
        let addresses: Vec<Address> =
            self.stacks.interpreters().iter().map(|interpreter| interpreter.address).collect();
        let (samples, gils): (Vec<InterpreterSample>, Vec<Option<Gil>>) = addresses.iter().map(read).unzip();
        let role = |interpreter: u16, state: Address, syscall: Known<SyscallState>| match gils
            .get(usize::from(interpreter))
            .and_then(Option::as_ref)
        {
            Some(gil) => gil.role(&view, &self.offsets, state, syscall, None),
            None => Known::Unknown(Why::NotInThisPython),
        };
        let lifetime = Lifetime { began: self.began, now: clock::now() };
        let loops = Loops::pulse(&mut self.loops, objects, lifetime, &mut |thread| kernel.syscall(thread), &role);
        Ok(Pulse { at, loops, gils: samples.into_iter().map(|sample| sample.gil).collect() })
    }
}
