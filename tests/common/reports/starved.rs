//! A loop that could run and is not let: others have the GIL.

use hangspy::report::Report;
use hangspy::snapshot::{GilRole, Known, StackSample};

use crate::scenes::{LOOKS, Line, PERIOD, PID, Scene, Shot, running, waiting};

/// How many threads decode.
const THREADS: u64 = 8;
const DECODE: &[Line<'_>] = &[("<listcomp>", "/srv/shop/decoder.py", 31)];
const CONSUME: &[Line<'_>] = &[
    ("decode", "/srv/shop/decoder.py", 30),
    ("consume", "/srv/shop/decoder.py", 12),
    ("Thread.run", "threading.py", 1012),
    ("Thread._bootstrap_inner", "threading.py", 1075),
    ("Thread._bootstrap", "threading.py", 1032),
];
/// How a thread sleeps that waits for the GIL.
const ON_GIL: [u64; 6] = [0x7000, 0x89, 0, 1, 0, 0];

/// Eight threads compute in Python and take turns with the GIL; the loop gets it in one look of ten.
pub(crate) fn starved() -> Report {
    let mut scene = Scene::new();
    let idle = scene.idle_stack();
    let whole = scene.stack(&[DECODE, CONSUME]);
    let outer = scene.stack(&[CONSUME.get(1..).expect("frames")]);
    for look in 0..LOOKS {
        let wants = |stack| Shot { gil: GilRole::Waits, ..waiting(stack, 202, ON_GIL) };
        let has = |thread: u64| Shot {
            on_cpu_ns: (look / THREADS) * PERIOD,
            stack: match (look, thread) {
                (_, 3) => StackSample::Cut(outer),
                (0..3, _) => StackSample::Torn,
                _ => StackSample::Stable(whole),
            },
            ..running(whole, GilRole::Holds)
        };
        let main = if look % 10 == 9 { waiting(idle, 232, [5, 0, 0, 0, 0, 0]).no_step() } else { wants(idle) };
        let others = (0..THREADS).map(|thread| {
            let id = PID + 1 + u32::try_from(thread).expect("few threads");
            let shot = if look % THREADS == thread { has(thread) } else { wants(whole) };
            (id, Shot { on_cpu_ns: (look / THREADS) * PERIOD, ..shot.no_step() })
        });
        let others = others.collect();
        let snapshot = scene.look(main, others);
        for interpreter in &mut snapshot.interpreters {
            if let Known::Is(gil) = &mut interpreter.gil {
                gil.switch_number = look * 4;
            }
        }
    }
    let mut recording = scene.recording;
    super::name_threads(&mut recording, |thread| (thread.0 > PID).then(|| format!("kafka-{}", thread.0 - PID - 1)));
    (recording.ledger.cut, recording.ledger.torn) = (18, 3);
    super::told("4711", vec![recording])
}
