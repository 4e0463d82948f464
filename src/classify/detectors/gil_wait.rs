//! Waiting for the GIL. It looks like any futex; only the address tells, and that was looked at when it was read.

use super::Detector;
use crate::classify::{Activity, Doing, Manner, Sight};
use crate::snapshot::GilRole;

pub(super) struct WaitingForGil;

impl Detector for WaitingForGil {
    fn detect(&self, sight: &Sight<'_>) -> Option<Activity> {
        match sight.gil()? {
            GilRole::Waits => Some(Activity::plain(Manner::WaitingForGil, Doing::AwaitsGil)),
            GilRole::HandsOver => Some(Activity::plain(Manner::WaitingForGil, Doing::HandsOverGil)),
            GilRole::Holds | GilRole::Apart => None,
        }
    }
}
