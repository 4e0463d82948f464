//! What a loop watches: its descriptors, its timers, its children, the callbacks in its queue.
//!
//! | | standard library | uvloop |
//! |---|---|---|
//! | descriptors | `_selector._fd_to_key`: keys whose `data` are the handles for reading and writing | `uv_tcp_t`, `uv_pipe_t`, `uv_poll_t`, `uv_udp_t` among the handles of the loop |
//! | timers | `_scheduled` | `uv_timer_t` |
//! | children | a thread in `waitpid`, or a pidfd among the descriptors | `uv_process_t` |
//! | callbacks | `_ready` | `_ready` |

use super::walk::Source;
use crate::libraries::{asyncio, sockets, uvloop};
use crate::memory::{ReadError, little_endian, u64_at};
use crate::read::allowance::{FEW_OBJECTS, Limit};
use crate::read::loops::uvloop::Uvloop;
use crate::read::objects::builtin::Objects;
use crate::read::objects::known::{known, lenient};
use crate::read::objects::moments;
use crate::snapshot::{Address, Known, Moment, ProcessId};

/// Handles of one loop that are looked at.
const MOST_HANDLES: usize = 20_000;
/// Callbacks in the queue of one loop that are followed.
const MOST_READY: usize = 1024;
/// Descriptors above this one are none.
const LARGEST_DESCRIPTOR: i64 = 1 << 24;
/// How far what accepts connections is followed, before anything else is: what it reaches belongs to the server as a whole. The
/// standard library has a handle and its arguments before the factory of protocols, uvloop has it at hand.
const SERVER_OF_HANDLE: usize = 3;
const SERVER_OF_UVLOOP: usize = 2;

/// What a loop watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read) enum Watched {
    /// Accepts connections: what it leads to is the server's, and ends no wait of anybody.
    Server,
    Descriptor(i32),
    /// Of libuv: when it is due, and the object that it calls.
    Timer(Known<Moment>, Address),
    /// A `TimerHandle`, which is asked for its time when it leads somewhere.
    TimerHandle(Address),
    Child(ProcessId),
    Ready,
}

/// What each loop watches.
#[derive(Debug, Default)]
pub(in crate::read) struct Sources {
    pub(in crate::read) descriptors: Vec<Source<Watched>>,
    pub(in crate::read) timers: Vec<Source<Watched>>,
    pub(in crate::read) ready: Vec<Source<Watched>>,
    /// Whether there may be more than was found.
    pub(in crate::read) cut: bool,
    /// Where a `Handle` has `_callback`, and the type that this is true of.
    callback: Option<(Address, u64)>,
}

impl Sources {
    /// Adds what a loop watches, as much of it as there is time for.
    ///
    /// # Errors
    ///
    /// When its own objects cannot be read.
    pub(in crate::read) fn add(
        &mut self,
        objects: Objects<'_>,
        event_loop: Address,
        limit: Limit,
    ) -> Result<(), ReadError> {
        let is_uvloop = objects.base_named(objects.type_of(event_loop)?, uvloop::LOOP)?.is_some();
        if is_uvloop { self.uvloop(objects, event_loop, limit) } else { self.stock(objects, event_loop, limit) }
    }

    fn stock(&mut self, objects: Objects<'_>, event_loop: Address, limit: Limit) -> Result<(), ReadError> {
        let attributes = objects.attributes(event_loop)?;
        let implausible = ReadError::Implausible(event_loop);
        let find = |name| objects.find(&attributes, name)?.map(|entry| entry.value).ok_or(implausible);
        if let Some(keys) = objects.attribute(find(asyncio::SELECTOR)?, sockets::KEYS)? {
            for (index, entry) in objects.dict_entries(keys.value)?.into_iter().take(MOST_HANDLES).enumerate() {
                if limit.is_spent_after(index, FEW_OBJECTS) {
                    self.cut = true;
                    break;
                }
                let source = lenient(self.key(objects, entry.value))?;
                self.descriptors.extend(source);
            }
        }
        for timer in objects.list_items(find(asyncio::SCHEDULED)?)?.into_iter().take(MOST_HANDLES) {
            self.timers.push(Source { what: Watched::TimerHandle(timer), roots: vec![timer], ahead: None });
        }
        let ready = objects.deque_items(find(asyncio::READY)?, MOST_READY)?;
        self.ready.push(Source { what: Watched::Ready, roots: ready, ahead: None });
        Ok(())
    }

    /// A key of a selector: `(fileobj, fd, events, data)`, with the handles for reading and for writing.
    fn key(&mut self, objects: Objects<'_>, key: Address) -> Result<Option<Source<Watched>>, ReadError> {
        let parts = objects.tuple(key)?;
        let [_, descriptor, _, handles] = parts[..] else { return Ok(None) };
        let number = objects.integer(descriptor)?;
        if objects.type_name_of(handles)? != "tuple" || !(0..=LARGEST_DESCRIPTOR).contains(&number) {
            return Ok(None);
        }
        let roots = objects.tuple(handles)?;
        let descriptor = i32::try_from(number).map_err(|_| ReadError::Implausible(key))?;
        let mut what = Watched::Descriptor(descriptor);
        for handle in &roots {
            what = match lenient(self.method(objects, *handle))?.as_str() {
                asyncio::ACCEPTS => Watched::Server,
                asyncio::CHILD_ENDED => lenient(child(objects, *handle))?.map_or(what, Watched::Child),
                _ => what,
            };
        }
        let ahead = (what == Watched::Server).then_some(SERVER_OF_HANDLE);
        Ok(Some(Source { what, roots, ahead }))
    }

    /// The name of the method that a handle calls, empty when it calls something else.
    fn method(&mut self, objects: Objects<'_>, handle: Address) -> Result<String, ReadError> {
        let kind = objects.type_of(handle)?;
        let slot = match self.callback {
            Some((known, slot)) if known == kind => slot,
            _ => {
                let Some(entry) = objects.attribute(handle, asyncio::CALLBACK)? else { return Ok(String::new()) };
                let slot = entry.slot.0.wrapping_sub(handle.0);
                self.callback = Some((kind, slot));
                slot
            }
        };
        let callback = objects.memory.read_pointer(Address(handle.0.wrapping_add(slot)))?;
        if objects.type_name_of(callback)? != "method" {
            return Ok(String::new());
        }
        let function = objects.memory.read_pointer(callback.plus(objects.offsets.object.method_function))?;
        let code = objects.memory.read_pointer(function.plus(objects.offsets.object.function_code))?;
        objects.text(objects.memory.read_pointer(code.plus(objects.offsets.code.name))?)
    }

    fn uvloop(&mut self, objects: Objects<'_>, event_loop: Address, limit: Limit) -> Result<(), ReadError> {
        let found = Uvloop::discover(objects, event_loop)?;
        if let Known::Is(ends) = found.ready(objects) {
            let ready = objects.items_between(ends, MOST_READY)?;
            self.ready.push(Source { what: Watched::Ready, roots: ready, ahead: None });
        }
        let head = found.loop_structure();
        // A name that is looked up, a file that is read: who waits for those is told by no handle.
        self.cut |= objects.memory.read_u64(head.plus(uv::ACTIVE_REQUESTS))? & 0xffff_ffff != 0;
        let list = head.plus(uv::HANDLES);
        let mut node = objects.memory.read_pointer(list)?;
        for index in 0..MOST_HANDLES {
            if node == list {
                return Ok(());
            }
            if limit.is_spent_after(index, FEW_OBJECTS) {
                break;
            }
            let handle = Address(node.0.wrapping_sub(uv::IN_LIST as u64));
            let fields = objects.memory.read(handle, uv::FIELDS)?;
            self.handle(objects, handle, &fields)?;
            node = u64_at(&fields, uv::IN_LIST).map(Address).ok_or(ReadError::Implausible(handle))?;
        }
        self.cut = true;
        Ok(())
    }

    fn handle(&mut self, objects: Objects<'_>, handle: Address, fields: &[u8]) -> Result<(), ReadError> {
        let number = |offset: usize| fields.get(offset..offset + 4).map_or(0, little_endian);
        let Some(root) = u64_at(fields, uv::DATA).map(Address) else { return Ok(()) };
        if root.is_null() || number(uv::FLAGS) & uv::ACTIVE == 0 {
            return Ok(());
        }
        let descriptor = |offset: usize| (number(offset) as u32).cast_signed();
        let name = lenient(objects.type_name_of(root))?;
        let source = |what, ahead| Source { what, roots: vec![root], ahead };
        match number(uv::TYPE) {
            _ if name.ends_with(uvloop::SERVER) => {
                self.descriptors.push(source(Watched::Server, Some(SERVER_OF_UVLOOP)))
            }
            uv::TCP | uv::PIPE => self.descriptors.push(source(Watched::Descriptor(descriptor(uv::STREAM)), None)),
            uv::POLL => self.descriptors.push(source(Watched::Descriptor(descriptor(uv::POLLED)), None)),
            uv::UDP => self.descriptors.push(source(Watched::Descriptor(descriptor(uv::DATAGRAM)), None)),
            uv::TIMER => {
                let due = lenient(objects.memory.read_u64(handle.plus(uv::TIMEOUT)))?;
                self.timers.push(source(Watched::Timer(moments::from_milliseconds(due), root), None));
            }
            uv::PROCESS => {
                let pid = number(uv::PID);
                self.descriptors.push(source(Watched::Child(ProcessId(u32::try_from(pid).unwrap_or(0))), None));
            }
            _ => {}
        }
        Ok(())
    }
}

/// libuv's handles (libuv `include/uv.h`, `include/uv/unix.h`), the same since 1.0.
mod uv {
    /// `uv_loop_t.handle_queue`, `uv_loop_t.active_reqs.count`
    pub(in crate::read) const HANDLES: usize = 16;
    pub(in crate::read) const ACTIVE_REQUESTS: usize = 32;
    /// `uv_handle_t.data`, `.type`, `.handle_queue`, `.flags`
    pub(in crate::read) const DATA: usize = 0;
    pub(in crate::read) const TYPE: usize = 16;
    pub(in crate::read) const IN_LIST: usize = 32;
    pub(in crate::read) const FLAGS: usize = 88;
    /// `UV_HANDLE_ACTIVE`
    pub(in crate::read) const ACTIVE: u64 = 4;
    /// `UV_NAMED_PIPE`, `UV_POLL`, `UV_PROCESS`, `UV_TCP`, `UV_TIMER`, `UV_UDP`
    pub(in crate::read) const PIPE: u64 = 7;
    pub(in crate::read) const POLL: u64 = 8;
    pub(in crate::read) const PROCESS: u64 = 10;
    pub(in crate::read) const TCP: u64 = 12;
    pub(in crate::read) const TIMER: u64 = 13;
    pub(in crate::read) const UDP: u64 = 15;
    /// `uv_process_t.pid`, `uv_timer_t.timeout`
    pub(in crate::read) const PID: usize = 104;
    pub(in crate::read) const TIMEOUT: usize = 128;
    /// `io_watcher.fd` of a stream, of `uv_poll_t`, and of `uv_udp_t`
    pub(in crate::read) const STREAM: usize = 184;
    pub(in crate::read) const POLLED: usize = 152;
    pub(in crate::read) const DATAGRAM: usize = 176;
    /// Bytes that hold all of these.
    pub(in crate::read) const FIELDS: usize = 192;
}

/// The child whose end a handle is called for.
fn child(objects: Objects<'_>, handle: Address) -> Result<Option<ProcessId>, ReadError> {
    let Some(arguments) = objects.attribute(handle, asyncio::ARGUMENTS)? else { return Ok(None) };
    let Some(first) = objects.tuple(arguments.value)?.first().copied() else { return Ok(None) };
    Ok(u32::try_from(objects.integer(first)?).ok().map(ProcessId))
}

/// When a `TimerHandle` is due.
pub(in crate::read) fn due(objects: Objects<'_>, timer: Address) -> Known<Moment> {
    let read = || {
        let implausible = ReadError::Implausible(timer);
        let when = objects.attribute(timer, asyncio::WHEN)?.ok_or(implausible)?.value;
        let seconds = match objects.type_name_of(when)?.as_str() {
            "float" => objects.float(when)?,
            "int" => objects.integer(when)? as f64,
            _ => return Err(implausible),
        };
        moments::from_seconds(seconds).ok().ok_or(implausible)
    };
    known(read())
}
