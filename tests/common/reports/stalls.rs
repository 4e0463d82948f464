//! A loop that many short stalls block.

use std::time::Duration;

use hangspy::report::Report;
use hangspy::snapshot::LoopKind;

use crate::scenes::{LOOKS, Line, PERIOD, Scene, Shot, UVLOOP, tcp, waiting};

/// Looks from one stall to the next, and how many of them it takes.
const EACH: u64 = 8;
const STALL: u64 = 6;
const THROTTLE: &[Line<'_>] = &[("async throttle", "/srv/shop/limits.py", 25)];
const QUERY: &[Line<'_>] = &[("count_orders", "/srv/shop/orders.py", 7), ("async orders", "/srv/shop/main.py", 44)];

/// A loop that a short sleep blocks again and again, and a query now and then; one stall lasts.
pub(crate) fn many_stalls() -> Report {
    let mut scene = Scene::new();
    scene.kind = LoopKind::Uvloop;
    let sleep = scene.stack(&[THROTTLE, UVLOOP]);
    let query = scene.stack(&[&[("recv_into", "socket.py", 720)], QUERY, UVLOOP]);
    for look in 0..LOOKS {
        let (stall, within) = (look / EACH, look % EACH);
        if within >= STALL {
            scene.idle();
            continue;
        }
        let began = i64::try_from((look - within) * PERIOD).expect("3 s") - 1_000_000;
        let asleep_for = Some(Duration::from_nanos(within * PERIOD + 1_000_000));
        let shot = match stall % 7 {
            3 => waiting(query, 45, [7, 0, 0, 0, 0, 0]).on(tcp(7, "10.0.3.7:5432", "ESTAB")),
            _ => waiting(sleep, 230, [1, 1, 0, 0, 0, 0]),
        };
        scene.look(Shot { step: Some(stall + 1), turn_began: Some(began), asleep_for, ..shot }, Vec::new());
    }
    scene.recording.ledger.late = 4;
    super::told("4711", vec![scene.recording])
}
