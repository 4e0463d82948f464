//! A census made by hand, that uses every kind of fact.

use std::time::Duration;

use hangspy::snapshot::{
    Actor, Address, Awaited, Census, CodeId, Frame, Handover, Known, Moment, Occupier, PoolKind, PoolSample,
    PrimitiveKind, PrimitiveSample, RequestSample, StackId, TaskCensus, TaskGroup, TaskHold, TaskPhase, TaskSample,
    TaskWait, ThreadId, Why,
};

/// A census of some tasks that wait in every way there is.
pub(crate) fn census(at: Moment) -> Census {
    let waits = [
        Awaited::Task(Address(0x5000)),
        Awaited::Gather { children: 3, pending: vec![Address(0x5000)] },
        Awaited::Primitive(Address(0x9000)),
        Awaited::Sleep { until: Known::Is(Moment(at.0 + 5)) },
        Awaited::Executor { thread: Known::Unknown(Why::NotRead) },
        Awaited::Connection { peer: Known::Is("10.0.3.7:5432".to_owned()), descriptor: Known::Is(7), sends: false },
        Awaited::Future,
    ];
    let tasks: Vec<TaskSample> = (0..).zip(waits).map(|(number, on)| task(number, on)).collect();
    let groups = vec![TaskGroup { chain: Known::Is(StackId(2)), phase: TaskPhase::Waiting, count: tasks.len() as u64 }];
    let hold = TaskHold { task: Address(0x5000), frame: Frame { code: CodeId(1), line: Some(7) } };
    let primitive = PrimitiveSample {
        address: Address(0x9000),
        kind: PrimitiveKind::Lock,
        value: Known::Is(1),
        limit: Known::Is(None),
        waiters: vec![Address(0x5020)],
        waiting: 1,
        putting: 0,
        holders: vec![hold],
    };
    Census {
        at,
        took: Duration::from_micros(1500),
        tasks: Known::Is(TaskCensus {
            found: tasks.len() as u64,
            cut: true,
            tasks,
            groups,
            primitives: vec![primitive],
            thread_locks: vec![(Address(0x9100), hold)],
            failed: Vec::new(),
            greenlets: Known::Is(3),
        }),
        pools: vec![pool()],
        crews: Vec::new(),
        requests: vec![request()],
        handovers: vec![handover()],
        gaps: vec![("a part of the tasks".to_owned(), Why::Bounded)],
    }
}

fn task(number: u64, on: Awaited) -> TaskSample {
    TaskSample {
        address: Address(0x5000 + number * 0x10),
        name: Known::Is(format!("Task-{number}")),
        event_loop: Address(0x7f00_0000_9000),
        phase: TaskPhase::Waiting,
        chain: Known::Is(StackId(2)),
        wait: Known::Is(Some(TaskWait { future: Address(0x6000 + number), on })),
        awaited_by: vec![Address(0x5010)],
        timed: number == 3,
        moved: false,
        ends: Known::default(),
        object: None,
        cancels: Known::default(),
    }
}

fn pool() -> PoolSample {
    let place = Some(Frame { code: CodeId(1), line: None });
    PoolSample {
        address: Address(0x9200),
        kind: PoolKind::AnyioLimiter,
        name: Known::Unknown(Why::NotInThisPython),
        size: Known::Is(40),
        in_use: Known::Is(40),
        waiting: Known::Is(22),
        occupiers: vec![Occupier { who: Actor::Thread(ThreadId(33)), place, job: Some(Address(0x7700)) }],
        behind: Vec::new(),
        waiters: vec![Occupier { who: Actor::Task(Address(0x5000)), place: None, job: None }],
    }
}

fn handover() -> Handover {
    Handover {
        thread: ThreadId(33),
        future: Address(0x9400),
        event_loop: Address(0x7f00_0000_9000),
        task: Some(Address(0x5000)),
        owner: Some(ThreadId(34)),
    }
}

fn request() -> RequestSample {
    RequestSample {
        address: Address(0x9300),
        method: Known::Is("GET".to_owned()),
        path: Known::Is("/orders".to_owned()),
        client: Known::Is("10.0.0.9:51234".to_owned()),
        protocol: Known::Is("h11".to_owned()),
        request_id: Known::Is(None),
        answering: Known::Is(false),
        began: Known::Unknown(Why::NotInThisPython),
        task: Known::Is(Address(0x5000)),
        thread: Known::Is(Some(ThreadId(33))),
        descriptor: Known::Is(9),
    }
}
