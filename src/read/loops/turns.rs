//! The turn of a stock event loop, from the frame of `BaseEventLoop._run_once`.
//!
//! `_run_once` sets the local `end_time` when `select` has returned and its events are in the queue, and keeps the
//! callback that it runs in the local `handle`. Before that there is no `end_time`, and what `_run_once` calls is the
//! loop's own work: `select`, `_process_events`, `time`, the comparison of timers. Their frames come to the same address in
//! every turn and are no step. The loop is between steps then, unless something else runs on top of them: a signal
//! handler, or a finalizer, can block a loop too.

use std::collections::HashMap;

use crate::layout::FrameOffsets;
use crate::libraries::{self, Marks, asyncio};
use crate::memory::{ReadError, u64_at};
use crate::read::objects::builtin::Objects;
use crate::read::objects::moments::{self, Lifetime};
use crate::read::threads::live::{LiveFrame, LiveThread};
use crate::snapshot::{Address, Code, CodeId, Known, Moment};

/// Locals of a function that are looked through for a name.
const MOST_LOCALS: usize = 64;

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
    /// Where the frame of a loop's turn was found last: one of the outermost of its thread, and so at the same address
    /// while the loop runs.
    places: HashMap<(Address, Address), TurnFrame>,
}

/// Where a frame of `_run_once` was found.
#[derive(Clone, Copy, Debug)]
struct TurnFrame {
    frame: Address,
    code: Address,
    locals: Locals,
}

impl Turns {
    /// The turn that this thread's loop is in; `None` without a frame of `_run_once` that belongs to the loop.
    ///
    /// A thread that calls without pause may leave nothing of its stack to rely on. The outer frames of a blocked one do
    /// not move all the same: where the last one was found there may still be one, of the same code and the same loop.
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
                    let place = TurnFrame { frame: frame.address, code: frame.code_address, locals };
                    if let Some(turn) = turn(objects, place, event_loop, lifetime)? {
                        self.places.insert((thread.state, event_loop), place);
                        return Ok(Some(Turn { called, ..turn }));
                    }
                    called = Some(frame.address);
                }
                Function::Other => called = Some(frame.address),
            }
        }
        if thread.stable {
            self.places.remove(&(thread.state, event_loop));
        }
        let Some(place) = self.places.get(&(thread.state, event_loop)) else { return Ok(None) };
        // Before `end_time` it would take the frames on top to tell.
        Ok(turn(objects, *place, event_loop, lifetime)?.filter(|turn| turn.began.is_some()))
    }

    /// The turn at the place where it was last found, without a look at the stack; `None` when it is not there.
    pub(crate) fn again(
        &self,
        objects: Objects<'_>,
        of: (Address, Address),
        lifetime: Lifetime,
    ) -> Result<Option<Turn>, ReadError> {
        self.places.get(&of).map_or(Ok(None), |place| turn(objects, *place, of.1, lifetime))
    }

    /// Forgets the loops that do not run any more.
    pub(crate) fn keep(&mut self, running: &[(Address, Address)]) {
        self.places.retain(|key, _| running.contains(key));
    }

    fn function(&mut self, objects: Objects<'_>, frame: &LiveFrame, codes: &[Code]) -> Result<Function, ReadError> {
        if let Some(function) = self.functions.get(&frame.code) {
            return Ok(*function);
        }
        let Some(code) = codes.get(frame.code.0 as usize) else { return Ok(Function::Other) };
        let marks = libraries::marks(&code.file, &code.name);
        let function = if marks.has(Marks::TURN) {
            find_locals(objects, frame.code_address)?.map_or(Function::Other, Function::RunOnce)
        } else if marks.has(Marks::BETWEEN_STEPS) {
            Function::Machinery
        } else {
            Function::Other
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
    Ok((|| Some(Locals { this: index("self")?, handle: index(asyncio::RUNS)?, end_time: index(asyncio::TURN_ENDS)? }))(
    ))
}

fn turn(
    objects: Objects<'_>,
    place: TurnFrame,
    event_loop: Address,
    lifetime: Lifetime,
) -> Result<Option<Turn>, ReadError> {
    let (code, start, tag_mask) = match &objects.offsets.frame {
        FrameOffsets::Object(layout) => (layout.code, layout.locals, 0),
        FrameOffsets::Interpreter(layout) => (layout.code, layout.locals, layout.tag_mask),
    };
    let locals = place.locals;
    let count = locals.this.max(locals.handle).max(locals.end_time) + 1;
    // The code stands before the locals, so one piece has both.
    let frame = objects.memory.read(place.frame, start + count * 8)?;
    let pointer = |offset: usize| {
        let value = u64_at(&frame, offset)? & !tag_mask;
        (value != 0).then_some(Address(value))
    };
    let value = |index: usize| pointer(start + index * 8);
    if pointer(code) != Some(place.code) || value(locals.this) != Some(event_loop) {
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
