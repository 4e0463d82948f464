//! Nothing is wrong.

use hangspy::report::Report;
use hangspy::snapshot::{Address, Awaited, Known, PrimitiveKind, PrimitiveSample};

use crate::scenes::Line;
use crate::served::{Served, task};

const EVENT: Address = Address(0x9000);

const UPDATES: &[Line<'_>] = &[("async wait", "asyncio/locks.py", 213), ("async updates", "/srv/shop/app.py", 40)];

/// A loop that waits for work, and tasks that wait for news.
pub(crate) fn healthy() -> Report {
    let mut served = Served::new();
    for number in 1..6 {
        served.task(number, &[UPDATES], Awaited::Primitive(EVENT));
    }
    served.primitives.push(PrimitiveSample {
        address: EVENT,
        kind: PrimitiveKind::Event,
        value: Known::Is(0),
        limit: Known::Is(None),
        waiters: (1..6).map(task).collect(),
        waiting: 5,
        putting: 0,
        holders: Vec::new(),
    });
    let mut recording = served.told().recording;
    super::complete(&mut recording, &[]);
    super::told(":8000", vec![recording])
}
