//! Tasks of a report.

use super::{Place, place};
use hangspy::report::{PrimitiveReport, TaskGroupReport, TaskReport, TasksReport};
use hangspy::snapshot::{Known, TaskPhase, Why};

/// Many tasks at one place, one at another, and one that runs. `name` is that of the tasks, `waits_for` what the many
/// wait for.
pub(crate) fn tasks(process: u32, name: &str, waits_for: &str, stack: Vec<Place>) -> TasksReport {
    let group = |count, phase: TaskPhase, waits_for: &str, stack: Vec<Place>| TaskGroupReport {
        count,
        unchanged: Known::Is(count),
        phase,
        waits_for: waits_for.to_owned(),
        could_end: Known::default(),
        place: stack.last().cloned(),
        awaited_by: Vec::new(),
        stack,
        stack_unknown: None,
    };
    let many = TaskGroupReport {
        awaited_by: vec![format!("task {name}-1")],
        ..group(412, TaskPhase::Waiting, waits_for, stack)
    };
    let mut poll =
        group(1, TaskPhase::Waiting, "a sleep that ends in 12 s", vec![place("poll", "/srv/shop/poll.py", 7)]);
    poll.unchanged = Known::Unknown(Why::NotRead);
    let mut runs = group(1, TaskPhase::Running, "nothing, it runs", Vec::new());
    runs.stack_unknown = Some("it runs: see the stack of its thread".to_owned());
    let task = |number: u64, group: usize| TaskReport {
        id: format!("{:#x}", 0x7f00_0000_0000 + number),
        name: Known::Is(format!("{name}-{number}")),
        thread: Known::Is(process),
        phase: TaskPhase::Waiting,
        waits_for: waits_for.to_owned(),
        since_s: 2.8,
        timed: false,
        ends: Known::default(),
        group: Some(group),
        awaited_by: Vec::new(),
    };
    TasksReport {
        process,
        at_s: 5003.0,
        took_s: 0.004,
        found: 414,
        cut: false,
        groups: vec![many, poll, runs],
        tasks: (0..5).map(|number| task(number, 0)).chain([task(5, 1), task(6, 2)]).collect(),
        primitives: vec![PrimitiveReport {
            id: "0x7f0000009000".to_owned(),
            kind: "lock".to_owned(),
            value: Known::Is(1),
            limit: Known::Is(None),
            waiting: 412,
            putting: 0,
            holders: vec!["0x7f0000000005".to_owned()],
            held_in: Some(place("poll", "/srv/shop/poll.py", 7)),
        }],
    }
}
