//! Requests in flight, of every server, by what its interface hands to the application.
//!
//! | interface | where a request stands |
//! |---|---|
//! | ASGI | a task with a frame that has `scope`, and `receive` or `send` |
//! | RSGI | a task with a frame that has `scope` and `protocol` |
//! | WSGI | a thread with a frame that has `environ` and `start_response` |
//! | a server's own | a task or thread in a function of a row of `libraries` |
//!
//! The outermost such frame counts: the same scope handed on through middleware is one request, also where middleware runs
//! what is inside of it in a task or thread of its own. Query strings are not read, and of the headers only those that name
//! a request.

mod environ;
mod fields;
mod own;
mod scope;
mod shapes;
mod tellers;

use std::collections::{HashMap, HashSet};

use self::fields::Keys;
use self::shapes::{Shape, Shapes};
use super::objects::builtin::Objects;
use super::objects::known::lenient;
use super::objects::moments::Lifetime;
use super::scene::Scene;
use super::stacks::codes::CodeTable;
use super::stacks::locals::FrameLocals;
use super::tasks::frames::TaskFrames;
use super::tasks::transports::Transports;
use super::threads::live::LiveFrame;
use crate::libraries::{self, Marks};
use crate::memory::ReadError;
use crate::snapshot::{Actor, Address, Awaited, Census, Code, Known, RequestSample, TaskCensus, ThreadId};

/// Requests whose headers and connections are looked at; of the others it is not known how their senders call them.
const MOST_NAMED: usize = 256;

/// Reads the requests of one process, again and again.
#[derive(Debug, Default)]
pub(super) struct Requests {
    locals: FrameLocals,
    shapes: Shapes,
    keys: Keys,
}

/// What a frame tells of a request.
enum Told {
    /// It stands for none.
    Nothing,
    /// It stands for something that is no request any more, or never was one: an answered request, a lifespan.
    Over,
    /// This one.
    Request(Box<Met>),
}

/// A request and the object that is handed on with it.
struct Met {
    sample: RequestSample,
    /// The scope or environment; of copies of it, what they have in common.
    handed_on: Address,
}

/// What is needed to read one request.
struct Reading<'a, 't> {
    objects: Objects<'a>,
    codes: &'a CodeTable,
    lifetime: Lifetime,
    /// `None` once enough requests were looked into.
    transports: Option<&'t mut Transports>,
}

impl Requests {
    /// The requests in flight, in the order of their tasks, then of their threads.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us. What else cannot be read is left out.
    pub(super) fn read(
        &mut self,
        scene: &Scene<'_>,
        tasks: &TaskCensus,
        frames: &[TaskFrames],
        transports: &mut Transports,
        lifetime: Lifetime,
    ) -> Result<Vec<RequestSample>, ReadError> {
        let threads = self.threads(scene, tasks, frames)?;
        let serving = self.serving(scene, frames)?;
        let mut requests: Vec<RequestSample> = Vec::new();
        let mut known: HashSet<Address> = HashSet::new();
        let of_tasks = frames.iter().map(|task| (Actor::Task(task.task), &task.frames));
        // A thread that an application has a call in runs a part of a request that has a task.
        let lent: HashSet<ThreadId> = threads.values().copied().collect();
        let own = scene.threads.iter().filter(|thread| !lent.contains(&thread.thread));
        let of_threads = own.map(|thread| (Actor::Thread(thread.thread), &thread.frames));
        for (who, frames) in of_tasks.chain(of_threads) {
            if requests.len() >= Census::MOST_REQUESTS {
                break;
            }
            let transports = (requests.len() < MOST_NAMED).then_some(&mut *transports);
            let mut reading = Reading { objects: scene.objects, codes: scene.codes, lifetime, transports };
            let Some(met) = self.outermost(&mut reading, frames)? else { continue };
            if !known.insert(met.handed_on) {
                continue;
            }
            let mut sample = met.sample;
            match who {
                Actor::Task(task) => {
                    sample.task = Known::Is(serving.get(&met.handed_on).copied().unwrap_or(task));
                    sample.thread = Known::Is(threads.get(&met.handed_on).copied());
                }
                Actor::Thread(thread) => sample.thread = Known::Is(Some(thread)),
            }
            requests.push(sample);
        }
        Ok(requests)
    }

    /// The request that a thread or task serves: what its outermost frame tells that tells of one.
    fn outermost(&mut self, reading: &mut Reading<'_, '_>, frames: &[LiveFrame]) -> Result<Option<Met>, ReadError> {
        for (at, frame) in frames.iter().enumerate().rev() {
            let shape = lenient(self.shapes.of(&mut self.locals, reading, frame))?;
            let told = match shape {
                Shape::Nothing => continue,
                Shape::Scope { receives } => self.of_scope(reading, frame, receives),
                Shape::Environment => self.of_environment(reading, frame),
                Shape::Cycle => self.of_cycle(reading, frame),
                Shape::Own(row) => {
                    let called = at.checked_sub(1).and_then(|inside| frames.get(inside));
                    self.of_own(reading, frame, called, row)
                }
            };
            match told {
                Err(error @ (ReadError::Gone | ReadError::Refused)) => return Err(error),
                Ok(Told::Request(met)) => return Ok(Some(*met)),
                Ok(Told::Over) => return Ok(None),
                Ok(Told::Nothing) | Err(_) => {}
            }
        }
        Ok(None)
    }

    /// What a frame has under this name; of a variable that inner functions use, what its cell holds.
    fn local(&mut self, objects: Objects<'_>, frame: &LiveFrame, name: &str) -> Result<Option<Address>, ReadError> {
        self.locals.value(objects, frame, name)
    }

    /// The tasks in which middleware runs endpoints, by what is handed on: of several around each other the innermost.
    fn serving(&mut self, scene: &Scene<'_>, frames: &[TaskFrames]) -> Result<HashMap<Address, Address>, ReadError> {
        let codes = scene.codes.codes();
        let code = |frame: &LiveFrame| codes.get(frame.code.0 as usize);
        let means = |code: &Code, marks| libraries::marks(&code.file, &code.name).has(marks);
        let mut serving = HashMap::new();
        for task in frames {
            // Newer releases of AnyIO run what a group starts inside of a function of their own.
            let mut outermost = task.frames.iter().rev().take(2).filter_map(code);
            let inner = |frame: &LiveFrame| code(frame).is_some_and(|code| means(code, Marks::MIDDLEWARE));
            if !outermost.any(|code| means(code, Marks::INSIDE_MIDDLEWARE)) || task.frames.iter().any(inner) {
                continue;
            }
            for scope in self.handed_on(scene, task)? {
                serving.insert(scope, task.task);
            }
        }
        Ok(serving)
    }

    /// The threads in which endpoints run, by what the task which waits for the thread has: middleware may run the endpoint
    /// in a task of its own, but hands the scope on.
    fn threads(
        &mut self,
        scene: &Scene<'_>,
        tasks: &TaskCensus,
        frames: &[TaskFrames],
    ) -> Result<HashMap<Address, ThreadId>, ReadError> {
        let mut threads = HashMap::new();
        for task in frames {
            let wait = tasks.task(task.task).and_then(|sample| sample.wait.get()?.as_ref());
            let Some(Awaited::Executor { thread: Known::Is(thread) }) = wait.map(|wait| &wait.on) else { continue };
            for scope in self.handed_on(scene, task)? {
                threads.insert(scope, *thread);
            }
        }
        Ok(threads)
    }

    /// What stands for requests among the local variables of a task's frames.
    fn handed_on(&mut self, scene: &Scene<'_>, task: &TaskFrames) -> Result<Vec<Address>, ReadError> {
        let mut found = Vec::new();
        for frame in task.frames.iter().rev() {
            // Where an inner function has it, this is a cell; a frame further in has the scope itself.
            let Some(scope) = lenient(self.locals.get(scene.objects, frame, "scope"))? else { continue };
            found.extend(lenient(self.common(scene.objects, scope).map(Some))?);
        }
        found.dedup();
        Ok(found)
    }
}
