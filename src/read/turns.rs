//! The turn of a stock event loop, from the frame of `BaseEventLoop._run_once`.
//!
//! `_run_once` sets the local `end_time` when `select` has returned and its events are in the queue, and keeps the
//! callback that it runs in the local `handle`. Before that there is no `end_time`, and what `_run_once` calls is the
//! loop's own work: `select`, `_process_events`, `time`, the comparison of timers. Their frames come to the same address in
//! every turn and are no step. The loop is between steps then, unless something else runs on top of them: a signal
//! handler, or a finalizer, can block a loop too.

use std::collections::HashMap;

use super::live::{LiveFrame, LiveThread};
use super::moments::{self, Lifetime};
use super::objects::Objects;
use crate::layout::FrameOffsets;
use crate::memory::{ReadError, u64_at};
use crate::snapshot::{Address, Code, CodeId, Known, Moment};

/// Locals of a function that are looked through for a name.
const MOST_LOCALS: usize = 64;

/// The files of a loop's own work, as their paths end.
const MACHINERY: [&str; 4] =
    ["/selectors.py", "/asyncio/base_events.py", "/asyncio/selector_events.py", "/asyncio/events.py"];

/// What a function is to a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    RunOnce(Locals),
    /// The loop's own work between the callbacks.
    Machinery,
    Other,
}

/// Where `_run_once` keeps what we want, as indices of its locals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Locals {
    this: usize,
    handle: usize,
    end_time: usize,
}

/// One turn of a stock loop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Turn {
    /// The `handle` that it runs.
    pub(crate) handle: Option<Address>,
    /// The bits of `end_time`.
    pub(crate) end_time: Option<u64>,
    /// `end_time` as a moment.
    pub(crate) began: Option<Known<Moment>>,
    /// The outermost frame on top of `_run_once` that is not the loop's own work.
    pub(crate) called: Option<Address>,
}

/// Knows `_run_once` when it sees it.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// Functions seen on loop threads.
    functions: HashMap<CodeId, Function>,
}

impl Turns {
    /// The turn that this thread's loop is in; `None` without a frame of `_run_once` that belongs to the loop.
    pub(crate) fn of(
        &mut self,
        objects: Objects<'_>,
        thread: &LiveThread,
        codes: &[Code],
        event_loop: Address,
        lifetime: Lifetime,
    ) -> Result<Option<Turn>, ReadError> {
        let mut called = None;
        for frame in &thread.frames {
            match self.function(objects, frame, codes)? {
                Function::Machinery => {}
                Function::RunOnce(locals) => {
                    if let Some(turn) = turn(objects, frame, locals, event_loop, lifetime)? {
                        return Ok(Some(Turn { called, ..turn }));
                    }
                    called = Some(frame.address);
                }
                Function::Other => called = Some(frame.address),
            }
        }
        Ok(None)
    }

    fn function(&mut self, objects: Objects<'_>, frame: &LiveFrame, codes: &[Code]) -> Result<Function, ReadError> {
        if let Some(function) = self.functions.get(&frame.code) {
            return Ok(*function);
        }
        let Some(code) = codes.get(frame.code.0 as usize) else { return Ok(Function::Other) };
        let function = match code.name.as_str() {
            "_run_once" if code.file.ends_with("asyncio/base_events.py") => {
                find_locals(objects, frame.code_address)?.map_or(Function::Other, Function::RunOnce)
            }
            _ if MACHINERY.iter().any(|file| code.file.ends_with(file)) => Function::Machinery,
            _ => Function::Other,
        };
        self.functions.insert(frame.code, function);
        Ok(function)
    }
}

fn find_locals(objects: Objects<'_>, code: Address) -> Result<Option<Locals>, ReadError> {
    let names = objects.memory.read_pointer(code.plus(objects.offsets.code.local_names))?;
    let names: Vec<Address> = objects.tuple(names)?.into_iter().take(MOST_LOCALS).collect();
    let names = objects.texts(&names, |_| true)?;
    let index = |wanted: &str| names.iter().position(|name| name.as_deref() == Some(wanted));
    Ok((|| Some(Locals { this: index("self")?, handle: index("handle")?, end_time: index("end_time")? }))())
}

fn turn(
    objects: Objects<'_>,
    frame: &LiveFrame,
    locals: Locals,
    event_loop: Address,
    lifetime: Lifetime,
) -> Result<Option<Turn>, ReadError> {
    let (start, tag_mask) = match &objects.offsets.frame {
        FrameOffsets::Object(layout) => (layout.locals, 0),
        FrameOffsets::Interpreter(layout) => (layout.locals, layout.tag_mask),
    };
    let count = locals.this.max(locals.handle).max(locals.end_time) + 1;
    let values = objects.memory.read(frame.address.plus(start), count * 8)?;
    let value = |index: usize| {
        let value = u64_at(&values, index * 8)? & !tag_mask;
        (value != 0).then_some(Address(value))
    };
    if value(locals.this) != Some(event_loop) {
        return Ok(None);
    }
    let mut turn = Turn { handle: value(locals.handle), ..Turn::default() };
    if let Some(end_time) = value(locals.end_time) {
        let seconds = objects.float(end_time)?;
        let began = match moments::from_seconds(seconds) {
            Known::Is(moment) => lifetime.past(moment),
            unknown => unknown,
        };
        turn.end_time = began.get().map(|_| seconds.to_bits());
        turn.began = Some(began);
    }
    Ok(Some(turn))
}
