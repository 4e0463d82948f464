//! A process whose memory is closed to us, and `/proc` does not decide.

use std::sync::Arc;

use hangspy::report::Report;
use hangspy::snapshot::{Known, Reader, Why};

use crate::scenes::{Scene, waiting};

/// The main thread sleeps, no connection waits, and nothing else can be read.
pub(crate) fn cannot_tell() -> Report {
    let mut scene = Scene::new();
    let stack = scene.idle_stack();
    let mut recording = scene.always(&waiting(stack, 202, [0x7000, 0x189, 0, 0, 0, 0]).no_step()).recording;
    recording.process.reader = Reader::ProcOnly;
    recording.process.python = Known::Unknown(Why::NotPermitted);
    for snapshot in &mut recording.snapshots {
        snapshot.loops.clear();
        snapshot.interpreters.clear();
        for thread in &mut snapshot.threads {
            Arc::make_mut(thread).python = None;
        }
    }
    for around in &mut recording.surroundings {
        around.connections = Known::Unknown(Why::NotPermitted);
        around.open_descriptors = Known::Unknown(Why::NotPermitted);
    }
    super::told("4711", vec![recording])
}
