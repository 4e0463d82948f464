//! Stopped by a signal or a tracer.

use super::Detector;
use crate::classify::{Activity, Doing, Manner, Sight};
use crate::snapshot::TaskState;

pub(super) struct Stopped;

impl Detector for Stopped {
    fn detect(&self, sight: &Sight<'_>) -> Option<Activity> {
        match sight.state()? {
            TaskState::Stopped => Some(Activity::plain(Manner::Stopped, Doing::StoppedBySignal)),
            TaskState::Traced => Some(Activity::plain(Manner::Stopped, Doing::StoppedByTracer)),
            TaskState::Zombie => Some(Activity::plain(Manner::Stopped, Doing::Ended)),
            _ => None,
        }
    }
}
