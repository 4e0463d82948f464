//! Which thread runs the call that a future waits for.
//!
//! | who called | the thread's frame | what it has | what the task has |
//! |---|---|---|---|
//! | AnyIO | `WorkerThread.run` | the local `future` | that future |
//! | `run_in_executor`, `to_thread` | `_WorkItem.run` | `self.future` of `concurrent.futures` | one that is chained to it |

use std::collections::HashMap;

use super::future_links::chained_from;
use crate::layout::FrameOffsets;
use crate::libraries::{self, Path};
use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::read::objects::kinds::Kinds;
use crate::read::objects::ways::follow;
use crate::read::scene::Scene;
use crate::read::threads::live::LiveFrame;
use crate::snapshot::{Address, Code, CodeId, Known, ThreadId, Why};

/// Local variables that are looked through for a name.
const MOST_LOCALS: usize = 64;

/// The calls that threads run.
#[derive(Debug, Default)]
pub(in crate::read) struct ThreadCalls {
    /// By the future that ends with the call, of asyncio or of `concurrent.futures`.
    threads: HashMap<Address, ThreadId>,
}

impl ThreadCalls {
    /// Looks through the threads. One whose frames cannot be read runs nothing that we know of.
    pub(in crate::read) fn read(scene: &Scene<'_>) -> Self {
        let mut calls = Self::default();
        let mut calling = HashMap::new();
        for thread in scene.threads {
            for frame in &thread.frames {
                let Some(call) = *calling.entry(frame.code).or_insert_with(|| call_of(scene.codes.codes(), frame.code))
                else {
                    continue;
                };
                if let Ok(Some(future)) = future_of(scene.objects, frame, call) {
                    calls.threads.insert(future, thread.thread);
                }
            }
        }
        calls
    }

    /// The thread whose call ends with this future; `None` for a future that has nothing to do with threads.
    pub(in crate::read) fn of(
        &self,
        objects: Objects<'_>,
        kinds: &mut Kinds,
        future: Address,
        callback: usize,
    ) -> Option<Known<ThreadId>> {
        if let Some(thread) = self.threads.get(&future) {
            return Some(Known::Is(*thread));
        }
        let source = chained_from(objects, kinds, future.plus(callback)).ok().flatten()?;
        Some(Known::from_option(self.threads.get(&source).copied(), Why::NotRead))
    }
}

/// How a function in which a thread runs a call has the future that ends with it; `None` for all others.
fn call_of(codes: &[Code], id: CodeId) -> Option<(&'static str, Path)> {
    let code = codes.get(id.0 as usize)?;
    libraries::rows(&code.file, &code.name).find_map(|row| row.call)
}

/// The future that ends with what this frame calls.
fn future_of(objects: Objects<'_>, frame: &LiveFrame, (name, way): (&str, Path)) -> Result<Option<Address>, ReadError> {
    match local(objects, frame, name)? {
        Some(local) => follow(objects, local, way),
        None => Ok(None),
    }
}

fn local(objects: Objects<'_>, frame: &LiveFrame, wanted: &str) -> Result<Option<Address>, ReadError> {
    let names = objects.memory.read_pointer(frame.code_address.plus(objects.offsets.code.local_names))?;
    let names: Vec<Address> = objects.tuple(names)?.into_iter().take(MOST_LOCALS).collect();
    let names = objects.texts(&names, |length| length == wanted.len() as u64)?;
    let Some(index) = names.iter().position(|name| name.as_deref() == Some(wanted)) else { return Ok(None) };
    let (start, tags) = match &objects.offsets.frame {
        FrameOffsets::Object(layout) => (layout.locals, 0),
        FrameOffsets::Interpreter(layout) => (layout.locals, layout.tag_mask),
    };
    let word = objects.memory.read_u64(frame.address.plus(start + index * 8))? & !tags;
    Ok((word != 0).then_some(Address(word)))
}
