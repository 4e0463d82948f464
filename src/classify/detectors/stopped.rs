//! Stopped by a signal or a tracer.

use super::Detector;
use crate::classify::{Activity, Manner, Sight};
use crate::snapshot::TaskState;

pub(super) struct Stopped;

impl Detector for Stopped {
    fn detect(&self, sight: &Sight<'_>) -> Option<Activity> {
        match sight.state()? {
            TaskState::Stopped => Some(Activity::plain(Manner::Stopped, "stopped by a signal")),
            TaskState::Traced => Some(Activity::plain(Manner::Stopped, "stopped by a tracer")),
            TaskState::Zombie => Some(Activity::plain(Manner::Stopped, "ended")),
            _ => None,
        }
    }
}
