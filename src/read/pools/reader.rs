//! All pools of one process, census after census.

use super::found::{Around, Found, through_cell};
use super::holdings::Holdings;
use super::meanings::{Meaning, Meanings};
use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::read::objects::known::lenient;
use crate::read::scene::Scene;
use crate::read::stacks::locals::FrameLocals;
use crate::read::tasks::reader::TasksRead;
use crate::read::threads::live::LiveFrame;
use crate::snapshot::{Address, PoolSample, RequestSample};

/// Reads the pools of one process, again and again.
#[derive(Debug, Default)]
pub(in crate::read) struct Pools {
    pub(super) meanings: Meanings,
    pub(super) locals: FrameLocals,
    pub(super) holdings: Holdings,
}

/// A function that pools are found by, on the stack of a thread or task.
#[derive(Clone, Copy, Debug)]
pub(super) struct Met {
    /// Its position, counted from the innermost frame.
    pub(super) at: usize,
    pub(super) frame: LiveFrame,
    /// The object whose method it is.
    pub(super) this: Option<Address>,
}

impl Pools {
    /// The pools, by address.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us. What else cannot be read is left out.
    pub(in crate::read) fn read(
        &mut self,
        scene: &Scene<'_>,
        tasks: &TasksRead,
        requests: &[RequestSample],
    ) -> Result<Vec<PoolSample>, ReadError> {
        let around = Around {
            threads: scene.threads,
            tasks: &tasks.frames,
            census: &tasks.census,
            holds: &tasks.holds,
            requests,
            codes: scene.codes,
            interpreters: scene.interpreters,
            loops: scene.loops,
            workers: scene.workers,
        };
        let mut found = Found::default();
        self.limiters(scene.objects, &around, &mut found)?;
        self.own_limiters(scene.objects, &around, &mut found)?;
        self.executors(scene.objects, &around, &mut found)?;
        self.connections(scene.objects, &around, &mut found)?;
        self.queues(scene.objects, &around, &mut found)?;
        self.name_lookups(scene.objects, &around, &mut found)?;
        Ok(found.into_samples())
    }

    /// The outermost frame of a thread or task whose function is meant.
    pub(super) fn meet(
        &mut self,
        objects: Objects<'_>,
        around: &Around<'_>,
        frames: &[LiveFrame],
        is_meant: impl Fn(&Meaning) -> bool,
    ) -> Result<Option<Met>, ReadError> {
        let meanings = &mut self.meanings;
        let met = frames.iter().enumerate().rev().find(|(_, frame)| is_meant(&meanings.of(around.codes, frame)));
        let Some((at, frame)) = met else { return Ok(None) };
        Ok(Some(Met { at, frame: *frame, this: self.this(objects, frame)? }))
    }

    /// A local variable; `None` also when it cannot be read.
    pub(super) fn local(
        &mut self,
        objects: Objects<'_>,
        frame: &LiveFrame,
        name: &str,
    ) -> Result<Option<Address>, ReadError> {
        lenient(self.locals.get(objects, frame, name))
    }

    /// The object whose method runs in a frame. A method with an inner function that uses `self` keeps it in a cell.
    pub(super) fn this(&mut self, objects: Objects<'_>, frame: &LiveFrame) -> Result<Option<Address>, ReadError> {
        match self.local(objects, frame, "self")? {
            Some(this) => lenient(through_cell(objects, this).map(Some)),
            None => Ok(None),
        }
    }
}
