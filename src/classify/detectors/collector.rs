//! The garbage collector, which blames the innocent: its Python frame is whoever allocated last.

use super::Detector;
use crate::classify::{Activity, Cause, Doing, Sight};
use crate::snapshot::GilRole;

pub(super) struct Collecting;

impl Detector for Collecting {
    fn detect(&self, sight: &Sight<'_>) -> Option<Activity> {
        let python = sight.thread.python.as_ref()?;
        let interpreter = sight.snapshot.interpreters.get(usize::from(python.interpreter))?;
        let collects = interpreter.collecting.ok()? && sight.gil()? == GilRole::Holds && sight.is_running();
        collects.then(|| Activity::running(Cause::Gc, Doing::CollectsGarbage))
    }
}
