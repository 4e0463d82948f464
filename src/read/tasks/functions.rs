//! The functions that coroutines run, each read once in a census, and which of them say what is waited for.

use std::collections::HashMap;
use std::rc::Rc;

use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::read::stacks::codes::CodeTable;
use crate::read::stacks::lines::Lines;
use crate::snapshot::{Address, Code, CodeId, Frame};

/// Functions that are remembered, before all are forgotten.
const MOST_FUNCTIONS: usize = 1 << 16;
/// Local variables that are looked through for a name.
const MOST_LOCALS: usize = 64;

/// A function of a library that waits in a way of which we know what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read) enum Place {
    /// `asyncio.sleep`
    Sleep,
    /// `asyncio.wait`
    Wait,
    /// `asyncio.wait_for`, up to 3.11 with a task of its own.
    WaitFor,
    /// A method of a primitive of `asyncio.locks`.
    Lock,
    /// `Queue.get`
    Get,
    /// `Queue.put`
    Put,
    /// A stream without data, or one whose buffer is full.
    Stream(Stream),
    /// A socket given to the loop: `loop.sock_recv` and its kin.
    Socket,
    /// A query of asyncpg, which waits in native code.
    Query(Stream),
    /// The end of a `TaskGroup`.
    TaskGroup,
    /// A call in a thread.
    Thread,
    Other,
}

/// A method of something that has a transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read) struct Stream {
    /// The way from `self` to the transport.
    pub(in crate::read) way: &'static [&'static str],
    /// Whether it waits for the other end to take bytes, not for bytes from it.
    pub(in crate::read) sends: bool,
}

const RECEIVES: Stream = Stream { way: &["_transport"], sends: false };
const SENDS: Stream = Stream { way: &["_transport"], sends: true };
const SENDS_WEBSOCKET: Stream = Stream { way: &["transport"], sends: true };
const QUERIES_STATEMENT: Stream = Stream { way: &["_connection", "_transport"], sends: false };

/// A function.
#[derive(Debug)]
pub(in crate::read) struct Function {
    pub(in crate::read) id: CodeId,
    pub(in crate::read) place: Place,
    /// It enters an `async with` block.
    pub(in crate::read) enters: bool,
    /// It is `wait` of a condition, or of something else.
    pub(in crate::read) waits: bool,
    /// How many local variables stand below the value stack, since 3.11.
    pub(in crate::read) locals: usize,
    lines: Lines,
    code: Address,
}

impl Function {
    /// The frame at an instruction.
    pub(in crate::read) fn frame(&self, instruction: i32) -> Frame {
        Frame { code: self.id, line: self.lines.at(instruction) }
    }

    /// The index of a local variable.
    pub(in crate::read) fn local_named(&self, objects: Objects<'_>, wanted: &str) -> Result<Option<usize>, ReadError> {
        let names = objects.memory.read_pointer(self.code.plus(objects.offsets.code.local_names))?;
        let names: Vec<Address> = objects.tuple(names)?.into_iter().take(MOST_LOCALS).collect();
        let names = objects.texts(&names, |length| length == wanted.len() as u64)?;
        Ok(names.iter().position(|name| name.as_deref() == Some(wanted)))
    }
}

/// The functions met so far.
#[derive(Debug, Default)]
pub(in crate::read) struct Functions {
    met: HashMap<Address, Result<Rc<Function>, ReadError>>,
}

impl Functions {
    /// The function of a code object.
    pub(in crate::read) fn of(
        &mut self,
        objects: Objects<'_>,
        codes: &mut CodeTable,
        code: Address,
    ) -> Result<Rc<Function>, ReadError> {
        if let Some(known) = self.met.get(&code) {
            return known.clone();
        }
        if self.met.len() >= MOST_FUNCTIONS {
            self.met.clear();
        }
        let read = read(objects, codes, code).map(Rc::new);
        self.met.insert(code, read.clone());
        read
    }
}

fn read(objects: Objects<'_>, codes: &mut CodeTable, code: Address) -> Result<Function, ReadError> {
    let (id, lines) = codes.read_apart(objects, code)?;
    let names = objects.memory.read_pointer(code.plus(objects.offsets.code.local_names))?;
    let locals = usize::try_from(objects.length(names)?).map_err(|_| ReadError::Implausible(names))?;
    let text = codes.codes().get(id.0 as usize).ok_or(ReadError::Implausible(code))?;
    Ok(Function {
        id,
        place: place(text),
        enters: text.name == "__aenter__",
        waits: text.name == "wait",
        locals,
        lines,
        code,
    })
}

/// What a function waits for, by its file and name.
fn place(code: &Code) -> Place {
    let of = |file: &str| code.file.ends_with(file);
    match code.name.as_str() {
        "sleep" if of("/asyncio/tasks.py") => Place::Sleep,
        "_wait" if of("/asyncio/tasks.py") => Place::Wait,
        "wait_for" if of("/asyncio/tasks.py") => Place::WaitFor,
        "acquire" | "wait" if of("/asyncio/locks.py") => Place::Lock,
        "get" if of("/asyncio/queues.py") => Place::Get,
        "put" if of("/asyncio/queues.py") => Place::Put,
        "_wait_for_data" if of("/asyncio/streams.py") => Place::Stream(RECEIVES),
        "_drain_helper" if of("/asyncio/streams.py") => Place::Stream(SENDS),
        "__aexit__" | "_aexit" if of("/asyncio/taskgroups.py") => Place::TaskGroup,
        "to_thread" if of("/asyncio/threads.py") => Place::Thread,
        "run_sync_in_worker_thread" if of("/anyio/_backends/_asyncio.py") => Place::Thread,
        "receive" if of("/anyio/_backends/_asyncio.py") => Place::Stream(RECEIVES),
        "send" if of("/anyio/_backends/_asyncio.py") => Place::Stream(SENDS),
        "drain" if of("/uvicorn/protocols/http/flow_control.py") => Place::Stream(SENDS),
        "send" if code.file.contains("/uvicorn/protocols/websockets/") => Place::Stream(SENDS_WEBSOCKET),
        "_drain_helper" if of("/websockets/legacy/protocol.py") => Place::Stream(SENDS_WEBSOCKET),
        "drain" if of("/websockets/asyncio/connection.py") => Place::Stream(SENDS_WEBSOCKET),
        _ if of("/asyncpg/connection.py") => Place::Query(RECEIVES),
        _ if of("/asyncpg/prepared_stmt.py") => Place::Query(QUERIES_STATEMENT),
        name if name.starts_with("sock_") && of("/asyncio/selector_events.py") => Place::Socket,
        _ => Place::Other,
    }
}
