//! On a CPU, with the GIL or without. Whether it is Python that computes or one long native call that keeps the GIL takes
//! more than one look; that is for `aggregate`.

use super::Detector;
use crate::classify::{Activity, Cause, Doing, Manner, Sight};
use crate::libraries::Marks;
use crate::snapshot::{Call, GilRole};

pub(super) struct Running;

impl Detector for Running {
    fn detect(&self, sight: &Sight<'_>) -> Option<Activity> {
        // Short calls that manage memory are work, not waiting.
        if !sight.is_running() && sight.call() != Some(Call::Memory) {
            return None;
        }
        if sight.thread.python.is_none() {
            return Some(Activity::plain(Manner::Running, Doing::RunsNative));
        }
        Some(match sight.gil() {
            Some(GilRole::Holds) if sight.inner(Marks::SERIALIZE) => {
                Activity::running(Cause::Serialization, Doing::Serializes)
            }
            Some(GilRole::Holds) => {
                // Python or C is for many looks together to say.
                Activity::running(Cause::PythonCpu, Doing::ComputesWithGil)
            }
            Some(_) => Activity::running(Cause::NativeCpu, Doing::ComputesWithoutGil),
            None => Activity::running(Cause::PythonCpu, Doing::Runs).guessed(),
        })
    }
}
