//! What a greenlet, or a task of a loop that is not asyncio's, waits for: its innermost functions say.

use crate::libraries::{self, Awaits, Ready, Time};
use crate::memory::{ReadError, little_endian};
use crate::read::locks::held_slots::HeldSlots;
use crate::read::objects::builtin::{Objects, is_pointer};
use crate::read::objects::known::lenient;
use crate::read::stacks::codes::CodeTable;
use crate::read::stacks::locals::FrameLocals;
use crate::read::threads::live::LiveFrame;
use crate::snapshot::{Address, Awaited, Known, Why};

/// Functions that are asked, from the innermost outwards.
const ASKED: usize = 6;
/// Steps from a library's socket to the system's: its own, perhaps in one for TLS.
const DEEPEST: usize = 4;
/// The class of sockets, and where they have their descriptor (`PySocketSockObject.sock_fd`, CPython `Modules/socketmodule.h`).
const SOCKET: &str = "_socket.socket";
const DESCRIPTOR: usize = 16;
/// No descriptor is larger (`NR_OPEN_MAX` of Linux).
const LARGEST_DESCRIPTOR: i64 = 1 << 30;

/// Reads what they wait for.
#[derive(Debug, Default)]
pub(in crate::read) struct Waits {
    locals: FrameLocals,
    blocks: HeldSlots,
}

/// A wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::read) struct Wait {
    pub(in crate::read) on: Awaited,
    /// Whether it ends by itself when its time is over.
    pub(in crate::read) timed: bool,
}

impl Waits {
    /// What waits in these frames waits for.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us.
    pub(in crate::read) fn of(
        &mut self,
        objects: Objects<'_>,
        codes: &CodeTable,
        frames: &[LiveFrame],
    ) -> Result<Wait, ReadError> {
        let in_block = lenient(self.is_in_timeout(objects, frames))?;
        for frame in frames.iter().take(ASKED) {
            let Some(code) = codes.codes().get(frame.code.0 as usize) else { continue };
            match libraries::rows(&code.file, &code.name).find_map(|row| row.awaits) {
                Some(Awaits::Timer(_)) => {
                    let on = Awaited::Sleep { until: Known::Unknown(Why::NotInThisPython) };
                    return Ok(Wait { on, timed: in_block });
                }
                Some(Awaits::Ready(ready)) => {
                    let socket = lenient(self.locals.value(objects, frame, ready.socket))?;
                    let descriptor = socket.map(|socket| descriptor(objects, socket, ready)).map(lenient);
                    let descriptor = descriptor.transpose()?.flatten();
                    let timed = lenient(self.has_time(objects, frame, socket, ready.time))?;
                    let descriptor = Known::from_option(descriptor, Why::Vanished);
                    let on = Awaited::Connection { peer: Known::Unknown(Why::NotRead), descriptor, sends: ready.sends };
                    return Ok(Wait { on, timed: in_block || timed });
                }
                _ => {}
            }
        }
        Ok(Wait { on: Awaited::Future, timed: in_block })
    }

    /// Whether a function was given a time for its wait.
    fn has_time(
        &mut self,
        objects: Objects<'_>,
        frame: &LiveFrame,
        socket: Option<Address>,
        time: Time,
    ) -> Result<bool, ReadError> {
        let found = match (time, socket) {
            (Time::Local(name), _) => self.locals.value(objects, frame, name)?,
            (Time::Attribute(name), Some(socket)) => objects.attribute(socket, name)?.map(|entry| entry.value),
            (Time::Attribute(_), None) => None,
        };
        found.map_or(Ok(false), |time| Ok(objects.type_name_of(time)? != "NoneType"))
    }

    /// Whether one of the frames is in a block that ends when its time is over.
    fn is_in_timeout(&mut self, objects: Objects<'_>, frames: &[LiveFrame]) -> Result<bool, ReadError> {
        for object in self.blocks.slots(objects, frames)? {
            if !is_pointer(object) {
                continue;
            }
            let Some(class) = lenient(objects.type_name_of(object).map(Some))? else { continue };
            let owner = match class.as_str() {
                "method" => lenient(objects.memory.read_pointer(object.plus(objects.offsets.object.method_self)))?,
                _ => object,
            };
            let class = lenient(objects.type_name_of(owner))?;
            for (_, attribute) in libraries::timeouts().filter(|(name, _)| *name == class) {
                let time = lenient(objects.attribute(owner, attribute))?;
                if let Some(time) = time
                    && lenient(objects.type_name_of(time.value))? != "NoneType"
                {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// The descriptor of a socket.
fn descriptor(objects: Objects<'_>, socket: Address, ready: Ready) -> Result<Option<i32>, ReadError> {
    let mut object = socket;
    for _ in 0..DEEPEST {
        let kind = objects.type_of(object)?;
        let number = if objects.type_name(kind)? == "int" {
            objects.integer(object)?
        } else if objects.base_named(kind, SOCKET)?.is_some() {
            i64::from((little_endian(&objects.memory.read(object.plus(DESCRIPTOR), 4)?) as u32).cast_signed())
        } else {
            match objects.attribute(object, ready.inner)? {
                Some(inner) => object = inner.value,
                None => return Ok(None),
            }
            continue;
        };
        return Ok(i32::try_from(number).ok().filter(|number| (0..LARGEST_DESCRIPTOR).contains(&i64::from(*number))));
    }
    Ok(None)
}
