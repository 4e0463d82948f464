//! The turn of a stock event loop, from the frame of `BaseEventLoop._run_once`.
//!
//! `_run_once` sets the local `end_time` right after `select` returns and keeps the callback that it runs in the local
//! `handle`. A loop that has not called `select` yet, or is in it, has no `end_time`. It is between steps then, unless
//! something else runs on top of it: a signal handler, or a finalizer, can block a loop too.

use std::collections::HashMap;

use super::live::{LiveFrame, LiveThread};
use super::moments::{self, Lifetime};
use super::objects::Objects;
use crate::layout::FrameOffsets;
use crate::memory::{ReadError, u64_at};
use crate::snapshot::{Address, Code, CodeId, Known, Moment};

/// Locals of a function that are looked through for a name.
const MOST_LOCALS: usize = 64;

/// What a function is to a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    RunOnce(Locals),
    Select,
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
    /// What `_run_once` called, when that is not `select`.
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
        let mut inner: Option<&LiveFrame> = None;
        for frame in &thread.frames {
            if let Function::RunOnce(locals) = self.function(objects, frame, codes)?
                && let Some(turn) = turn(objects, frame, locals, event_loop, lifetime)?
            {
                let called = match inner {
                    Some(inner) if self.function(objects, inner, codes)? == Function::Select => None,
                    inner => inner.map(|inner| inner.address),
                };
                return Ok(Some(Turn { called, ..turn }));
            }
            inner = Some(frame);
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
            "select" if code.file.ends_with("selectors.py") => Function::Select,
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
