//! What threads have among the variables of the functions that they are in.

use super::walk::Source;
use crate::libraries::asyncio;
use crate::memory::ReadError;
use crate::read::objects::known::lenient;
use crate::read::scene::Scene;
use crate::read::stacks::locals::FrameLocals;
use crate::snapshot::{ProcessId, ThreadId};

/// Threads that are looked at.
const MOST_THREADS: usize = 512;
/// Functions of one thread that are looked at, from the innermost on.
const MOST_FRAMES: usize = 48;

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read) enum Acting {
    Thread(ThreadId),
    /// A thread that waits for the end of a child: the child acts.
    Child(ProcessId),
}

/// The threads that run no loop, and what they have.
pub(in crate::read) fn sources(scene: &Scene<'_>) -> Result<Vec<Source<Acting>>, ReadError> {
    let mut locals = FrameLocals::default();
    let mut sources = Vec::new();
    let (function, variable) = asyncio::WAITS_FOR_CHILD;
    for thread in scene.threads.iter().take(MOST_THREADS) {
        let code = |frame: &crate::read::threads::live::LiveFrame| scene.codes.codes().get(frame.code.0 as usize);
        if scene.loop_threads.contains(&thread.thread) {
            continue;
        }
        let mut what = Acting::Thread(thread.thread);
        let mut roots = Vec::new();
        for frame in thread.frames.iter().take(MOST_FRAMES) {
            roots.extend(lenient(locals.values(scene.objects, frame))?.into_iter().filter(|value| !value.is_null()));
            if code(frame).is_some_and(|code| code.name == function) {
                let pid = lenient(locals.get(scene.objects, frame, variable))?;
                let pid = pid.and_then(|pid| scene.objects.integer(pid).ok()).and_then(|pid| u32::try_from(pid).ok());
                what = pid.map_or(what, |pid| Acting::Child(ProcessId(pid)));
            }
        }
        sources.push(Source { what, roots, ahead: None });
    }
    Ok(sources)
}
