//! Two workers and their master.

use std::time::Duration;

use hangspy::report::Report;
use hangspy::snapshot::{LoopKind, Recording, Role};

use crate::scenes::{LOOKS, Line, PERIOD, POLL, Scene, Shot, UVLOOP, tcp, waiting};

const LOAD: &[Line<'_>] = &[
    ("recv_into", "socket.py", 720),
    (
        "DiscountRepository.load_for_customer_with_history",
        "/srv/shop/backend/services/pricing/discounts/repository.py",
        212,
    ),
    ("async price_cart", "/srv/shop/backend/services/pricing/discounts/endpoints/cart.py", 87),
];
const MASTER: &[Line<'_>] = &[
    ("wait", "threading.py", 359),
    ("Multiprocess.run", "site-packages/uvicorn/supervisors/multiprocess.py", 175),
    ("run", "site-packages/uvicorn/main.py", 575),
    ("<module>", "/venv/bin/uvicorn", 8),
];
/// The stalls: the first look and how many it takes.
const STALLS: [(u64, u64); 3] = [(10, 17), (50, 30), (110, 6)];

/// Two workers and their master: one blocked by several stalls, one healthy.
pub(crate) fn workers() -> Report {
    let mut healthy = Scene::new();
    healthy.kind = LoopKind::Uvloop;
    for _ in 0..LOOKS {
        healthy.idle();
    }
    let mut master = Scene::new();
    let waits = master.stack(&[MASTER]);
    let mut master = master.always(&waiting(waits, 202, [0x7000, 0x189, 0, 1, 0, 0]).no_step());
    master.recording.snapshots.iter_mut().for_each(|snapshot| snapshot.loops.clear());
    let mut stalled = stalled();
    (stalled.ledger.torn, stalled.ledger.late) = (2, 1);
    let recordings = vec![
        super::numbered(master.recording, 30, Role::Master),
        super::numbered(healthy.recording, 31, Role::Worker),
        super::numbered(stalled, 32, Role::Worker),
    ];
    super::told("uvicorn", recordings)
}

fn stalled() -> Recording {
    let mut scene = Scene::new();
    scene.kind = LoopKind::Uvloop;
    let load = scene.stack(&[LOAD, UVLOOP]);
    let idle = scene.stack(&[UVLOOP]);
    for look in 0..LOOKS {
        let stall = (1..).zip(STALLS).find(|(_, (from, looks))| (*from..from + looks).contains(&look));
        let shot = match stall {
            Some((number, (from, _))) => {
                let began = i64::try_from(from * PERIOD).expect("3 s") - 1_000_000;
                let asleep_for = Some(Duration::from_nanos((look - from) * PERIOD + 1_000_000));
                let reads = waiting(load, 45, [19, 0, 0, 0, 0, 0]).on(tcp(19, "10.0.3.9:5432", "ESTAB"));
                Shot { step: Some(number), turn_began: Some(began), asleep_for, ..reads }
            }
            None => {
                let polls = waiting(idle, 232, [POLL as u64, 0, 0, 0, 0, 0]).no_step();
                Shot { asleep_for: Some(Duration::from_millis(5)), ..polls }
            }
        };
        scene.look(shot, Vec::new());
    }
    scene.recording
}
