//! What to do about a call that waits or computes, in the user's own words where we have them.

use super::call_kind::CallKind;
use crate::aggregate::{Blame, Cause, SecondParty};
use crate::classify::{Doing, Lock, Place, Resource};
use crate::libraries::{self, METADATA, remedy};
use crate::words;

/// What to do about a step that blocks the loop.
#[must_use]
pub(in crate::words) fn for_blocked_loop(
    cause: Cause,
    blame: Option<&Blame>,
    does: Option<&Doing>,
    party: &SecondParty,
) -> String {
    if let Some(remedy) = blame.and_then(remedy_for) {
        return remedy.to_owned();
    }
    let callable = blame.filter(|blame| is_callable(blame)).map(|blame| short_name(&blame.function));
    let thread = match &callable {
        Some(call) => format!("run it in a thread: await asyncio.to_thread({call}, ...)"),
        None => "run the blocking call in a thread: await asyncio.to_thread(...)".to_owned(),
    };
    let call = callable.unwrap_or_else(|| "the work".to_owned());
    match cause {
        Cause::Sleep if let Some(Doing::SleepsWithin { library }) = does => {
            format!("{thread}; {library} sleeps between its tries: see what it waits for")
        }
        Cause::Sleep => "use await asyncio.sleep(...) instead of time.sleep(...)".to_owned(),
        Cause::SocketRead | Cause::SocketWrite | Cause::Connect if is_metadata(party) => {
            format!(
                "{thread}; it asks the cloud's metadata service, as for credentials: get them at start-up, set a timeout, \
                 or configure them so that nothing has to ask"
            )
        }
        Cause::SocketRead | Cause::SocketWrite => {
            let client = client_for(party);
            format!("{thread}, or use {client} with a timeout")
        }
        Cause::Connect => format!("{thread}, and set a connect timeout; the peer does not answer"),
        Cause::Dns => {
            "resolve with await loop.getaddrinfo(...), or use an async client; check the name server".to_owned()
        }
        Cause::SelfRequest => {
            "the service waits for itself: call the function directly instead of sending a request to its own port"
                .to_owned()
        }
        Cause::Lock if let Some(service) = waits_in_native(party) => {
            let client = libraries::async_client(service);
            format!("{thread}, or use an async client such as {client}; check that the broker answers")
        }
        Cause::Lock
            if let SecondParty::Holder { holder, stack } = party
                && !stack.is_empty() =>
        {
            format!("{thread}; keep the lock for less time: {} has it while it waits or works", words::holder(holder))
        }
        Cause::Lock if matches!(does, Some(Doing::AwaitsLock { lock: Lock::Sign })) => {
            format!("{thread}; see whether the thread that is to give the sign still goes on, wait with a timeout, or use an asyncio.Event")
        }
        Cause::Lock => format!("{thread}; find out who holds the lock and for how long, or use an asyncio.Lock"),
        Cause::LockAcrossAwait => "use an asyncio.Lock for what is held across an await".to_owned(),
        Cause::ImportLock => "import the module once at start-up, before threads and requests".to_owned(),
        Cause::ForkLock => {
            "start threads and take locks after the fork (gunicorn: in post_fork, or without --preload), or use the spawn \
             start method"
                .to_owned()
        }
        Cause::QueueWait if matches!(does, Some(Doing::AwaitsRoomInQueue)) => {
            "see why whoever takes from the queue does not: it is full; put_nowait says so at once, and await \
             asyncio.to_thread(queue.put, ...) keeps the loop free"
                .to_owned()
        }
        Cause::QueueWait => "use an asyncio.Queue, or await asyncio.to_thread(queue.get)".to_owned(),
        Cause::FutureResult => {
            "await it instead of waiting: await asyncio.wrap_future(future), or make the caller async".to_owned()
        }
        Cause::PoolCheckout => format!("{thread}, or use the async engine; give connections back before you await"),
        Cause::Subprocess if let SecondParty::Child { pid, state, .. } = party
            && *state == 'T' =>
        {
            format!("the child is stopped: let it go on with kill -CONT {pid}; wait for it with a timeout, off the loop")
        }
        Cause::Subprocess if let SecondParty::Child { pid, state, .. } = party
            && *state == 'D' =>
        {
            format!("{}; where the GIL is held while it starts, a thread does not help", for_stuck_child(*pid))
        }
        Cause::Subprocess if let SecondParty::File { held_by, .. } = party
            && let Some(heirs) = words::held_by(held_by) =>
        {
            format!("let what runs on in the background close that output ({heirs}), or start it with output of its own")
        }
        Cause::Subprocess => "use await asyncio.create_subprocess_exec(...), or run it in a thread".to_owned(),
        Cause::FileIo if matches!(does, Some(Doing::OpensFifo { .. })) => {
            format!("start the process at the other end, or open it with os.O_NONBLOCK; {thread}")
        }
        Cause::FileIo if let SecondParty::File { held_by, .. } = party
            && matches!(does, Some(Doing::ReadsPipe { .. })) =>
        {
            let other = words::held_by(held_by).unwrap_or_else(|| "the process at the other end".to_owned());
            format!("{thread}; see why {other} writes nothing")
        }
        Cause::FileIo | Cause::Disk => format!("{thread}; check the file system if it should be fast"),
        Cause::FileLock => format!("{thread}; see who holds the lock, and take it with a timeout"),
        Cause::SqliteBusy => format!("{thread}; keep write transactions short, or use WAL mode"),
        Cause::PipeWrite => {
            "let the reader of the pipe keep up, or log through a queue: logging.handlers.QueueHandler".to_owned()
        }
        Cause::Stdin => "take out the input(); a server has no terminal".to_owned(),
        Cause::PythonCpu => format!("move {call} to a process: loop.run_in_executor(ProcessPoolExecutor(), ...)"),
        Cause::NativeCpuGil => {
            format!("move {call} to a process; a thread does not help, the native code keeps the GIL")
        }
        Cause::NativeCpu => format!("{thread}; the native code released the GIL, so a thread helps"),
        Cause::Gc => {
            "call gc.freeze() after start-up and raise gc.set_threshold(...); look for what allocates".to_owned()
        }
        Cause::Serialization => {
            let name = blame.map_or("it".to_owned(), |blame| short_name(&blame.function));
            format!("return fewer rows from {name} (pages), or build the response in a process and return it as bytes")
        }
        Cause::NeverSuspends => {
            "let the loop have its turn: await asyncio.sleep(0) every so many items, or do the work in batches".to_owned()
        }
        Cause::Debugger => "take out the breakpoint(), or let the debugger continue: a server has no terminal".to_owned(),
        Cause::Import => "import it at the top of the module, so that it happens at start-up".to_owned(),
        Cause::TaskStorm
        | Cause::GilPythonThreads
        | Cause::GilNativeHold
        | Cause::GilHeldWaiting
        | Cause::ThreadPool
        | Cause::DefaultExecutor
        | Cause::DbPool
        | Cause::HttpPool
        | Cause::AsyncioLock
        | Cause::AsyncioQueue
        | Cause::AsyncioEvent
        | Cause::NoTimeout
        | Cause::SlowClient
        | Cause::OpenStream
        | Cause::CancelledAndGoing
        | Cause::Client
        | Cause::FdLimit
        | Cause::Quota
        | Cause::PageFaults
        | Cause::Freezer
        | Cause::Signal
        | Cause::Unknown => thread,
    }
}

/// What to do about an application that does not finish to start: a thread would only hide it.
#[must_use]
pub(in crate::words) fn for_stuck_start(
    cause: Cause,
    blame: Option<&Blame>,
    does: Option<&Doing>,
    party: &SecondParty,
) -> String {
    match CallKind::of(cause) {
        CallKind::Peer => {
            "see why the peer does not answer; with a timeout the start would fail instead of hanging".to_owned()
        }
        CallKind::Dns => "check the name server; with a timeout the start would fail instead of hanging".to_owned(),
        CallKind::Sleep => "start without waiting, or bound how long it waits".to_owned(),
        _ => for_blocked_loop(cause, blame, does, party),
    }
}

/// The service that a native library waits for, which says itself that it does or is the usual way to that service.
fn waits_in_native(party: &SecondParty) -> Option<&str> {
    match party {
        SecondParty::Peer { service: Some(service), .. } => libraries::is_native_service(service).then_some(service),
        SecondParty::Resource { resource: Resource::Library { name } } => {
            libraries::native(name).and_then(|native| native.service)
        }
        _ => None,
    }
}

/// What to do about a loop that is kept from running.
#[must_use]
pub(in crate::words) fn for_starved_loop(cause: Cause, blame: Option<&Blame>, party: &SecondParty) -> String {
    let call = blame.map_or_else(|| "that work".to_owned(), |blame| short_name(&blame.function));
    match CallKind::of(cause) {
        CallKind::GilWaits if let SecondParty::Child { pid, .. } = party => {
            format!("{}; Python keeps the GIL until the child has started", for_stuck_child(*pid))
        }
        CallKind::GilNative => format!("move {call} to a process: its native code computes without releasing the GIL"),
        CallKind::GilWaits => {
            format!("the library behind {call} waits without releasing the GIL: update it, or move it to a process")
        }
        CallKind::GilThreads => format!("move {call} to a process, or run fewer such threads"),
        _ => "give the process more CPU, or run fewer busy threads".to_owned(),
    }
}

/// What to do about a child that does not come out of the kernel.
fn for_stuck_child(pid: u32) -> String {
    format!(
        "see what the child waits for in the kernel: cat /proc/{pid}/wchan; check the file systems of its program and its files"
    )
}

/// What to use instead of a library's function that waits, where one is on the stack.
fn remedy_for(blame: &Blame) -> Option<&'static str> {
    let row = |place: &Place| remedy(&place.file, place.function.rsplit('.').next().unwrap_or_default());
    blame.stack.iter().find_map(row).map(|row| row.advice)
}

/// What to do about workers that stand; `workers` is how many the process has, where that matters. Empty where we know nothing
/// that would help.
#[must_use]
pub(in crate::words) fn for_blocked_worker(
    cause: Cause,
    blame: Option<&Blame>,
    party: &SecondParty,
    workers: Option<u64>,
) -> String {
    let call = blame.map_or_else(|| "the call".to_owned(), |blame| short_name(&blame.function));
    let more = match workers {
        None => "",
        Some(1) => "; with one worker nobody else serves meanwhile: run more than one",
        Some(_) => "; more workers only delay it",
    };
    match CallKind::of(cause) {
        CallKind::Peer if is_metadata(party) => {
            format!("{call} asks the cloud's metadata service, as for credentials: configure them, or set a timeout")
        }
        CallKind::Peer => format!("set a timeout in {call}{more}"),
        CallKind::SelfRequest => format!(
            "{call} sends a request to its own service, which needs a worker of its own: call the function directly{more}"
        ),
        CallKind::Dns => "check the name server, and give lookups a timeout".to_owned(),
        CallKind::Lock => match party {
            SecondParty::Holder { holder, .. } => {
                format!("keep the lock for less time: {} has it", words::holder(holder))
            }
            _ => format!("find out who holds what {call} waits for, and wait with a timeout"),
        },
        CallKind::Bounded => {
            format!("wait with a timeout in {call}{more}")
        }
        CallKind::Sleep => format!(
            "{call} keeps its worker while it sleeps: come back later instead, or give it to a queue of jobs{more}"
        ),
        CallKind::Computes => {
            format!("give {call} to a queue of jobs or another process{more}")
        }
        _ => String::new(),
    }
}

/// What to do about a pool of which every place is taken.
#[must_use]
pub(in crate::words) fn for_exhausted_pool(cause: Cause, blame: Option<&Blame>) -> String {
    let call = blame.map(|blame| short_name(&blame.function));
    let call = call.as_deref().unwrap_or("the call");
    match CallKind::of(cause) {
        CallKind::DbPool => {
            "give connections back before other waits, close sessions in finally, and set a pool timeout; \
                          a larger pool only helps when all are in use for a short time"
                .to_owned()
        }
        CallKind::HttpPool => {
            "read responses to the end or close them (async with client.stream(...)), and set timeouts \
                            for reading and for the pool"
                .to_owned()
        }
        CallKind::DefaultExecutor => {
            format!(
                "set a timeout in {call}, or give it an executor of its own: loop.run_in_executor(own, {call}, ...)"
            )
        }
        CallKind::AsyncioQueue => format!(
            "set a timeout in {call}, put the item back in a finally, and do not wait for one for ever: \
             asyncio.wait_for(queue.get(), ...)"
        ),
        CallKind::Dns => {
            "check the name server; give lookups a timeout, keep what was resolved, and set UV_THREADPOOL_SIZE \
                       for more than two at once"
                .to_owned()
        }
        CallKind::AsyncioLock => {
            format!("set a timeout in {call}, and await nothing slow while it has a token")
        }
        _ => {
            format!("set a timeout in {call}, or limit how many may run at once; more threads only delay it")
        }
    }
}

/// What to do about the only thread of an executor, which does not come back.
#[must_use]
pub(in crate::words) fn for_only_thread(blame: Option<&Blame>) -> String {
    let call = blame.map_or_else(|| "the call".to_owned(), |blame| short_name(&blame.function));
    format!(
        "set a timeout in {call}; there is one thread, so all others wait for it: give {call} an executor of its own"
    )
}

/// What to do about a call that waits for one in the queue behind it.
#[must_use]
pub(in crate::words) fn for_call_behind_itself(blame: Option<&Blame>) -> String {
    let call = blame.map_or_else(|| "the call".to_owned(), |blame| short_name(&blame.function));
    format!(
        "do not wait in a call for another call of the same executor: give what {call} waits for a thread of its own, or wait for \
         it outside; restart to get out of it"
    )
}

/// What to do about native code that wants a mutex and keeps the GIL meanwhile.
#[must_use]
pub(in crate::words) fn for_native_mutex(blame: Option<&Blame>) -> String {
    let call = blame.map_or_else(|| "that call".to_owned(), |blame| short_name(&blame.function));
    format!(
        "the library behind {call} must let the GIL go before it takes its mutex: update it, or call it from one thread"
    )
}

/// Whether the other side is the service at which a cloud hands out credentials.
fn is_metadata(party: &SecondParty) -> bool {
    matches!(party, SecondParty::Peer { service: Some(service), .. } if service == METADATA)
}

fn client_for(party: &SecondParty) -> &'static str {
    match party {
        SecondParty::Peer { service: Some(service), .. } => libraries::async_client(service),
        _ => libraries::async_client(""),
    }
}

/// The last part of a qualified name, which is what the user types.
fn short_name(function: &str) -> String {
    function.rsplit('.').next().unwrap_or(function).to_owned()
}

/// Whether a thread can call it by its name: not a comprehension or a module body, and not a coroutine function, which
/// would only make a coroutine there.
fn is_callable(blame: &Blame) -> bool {
    let is_async = blame.coroutine.as_ref().is_some_and(|outer| outer.function == blame.function);
    !is_async && !blame.function.ends_with('>')
}
