//! Recordings made by hand, that use every kind of fact.

use std::sync::Arc;
use std::time::Duration;

use hangspy::snapshot::{
    Address, Cgroup, Child, Code, CodeFlags, CodeId, Connection, Cost, CpuTimes, Descriptor, DescriptorKind, Excerpt,
    FileLock, Frame, GilRole, GilSample, InterpreterSample, Known, Ledger, Listener, LoopKind, LoopSample, Moment,
    Process, ProcessId, PythonThread, PythonVersion, Reader, Recording, Role, Server, Site, SiteKind, Snapshot,
    StackId, StackSample, Step, Surroundings, Switches, SyscallState, TaskRef, TaskState, ThreadId, ThreadOs,
    ThreadSample, Why,
};

/// When the first snapshot is taken: nanoseconds of the monotonic clock.
pub(crate) const START: u64 = 9_000_000_000_000;

/// A process.
pub(crate) fn process(pid: u32) -> Process {
    Process {
        pid: ProcessId(pid),
        parent: Some(ProcessId(1)),
        role: Role::Worker,
        server: Server::Uvicorn,
        executable: "/usr/local/bin/python3.12".to_owned(),
        python: Known::Is(PythonVersion { major: 3, minor: 12, patch: Known::Is(4) }),
        free_threaded: Known::Is(false),
        reader: Reader::Own,
        ports: vec![8000],
        start_ticks: 123_456,
    }
}

/// A recording of some snapshots, ten milliseconds apart, of a process with some threads. The first thread moves, the
/// others do not.
pub(crate) fn recording(pid: u32, snapshots: u64, threads: u32) -> Recording {
    let mut recording = Recording::new(process(pid));
    recording.codes = (0..6).map(code).collect();
    recording.stacks = (0..4).map(stack).collect();
    for index in 0..snapshots {
        let mut snapshot = snapshot(pid, index, threads);
        if let Some(before) = recording.snapshots.last() {
            snapshot.share_with(before);
        }
        recording.snapshots.push(snapshot);
    }
    recording.surroundings = vec![surroundings()];
    recording.excerpts =
        vec![Excerpt { file: "/srv/app.py".to_owned(), lines: vec![(6, String::new()), (7, "    recv()".to_owned())] }];
    recording.ledger = Ledger { rate: 100, samples: snapshots, late: 1, failed: 2, torn: 3, cut: 4, unwatched: 0 };
    recording.cost = Cost { cpu_s: Known::Is(0.1), wall_s: 1.0 / 3.0, peak_bytes: Known::Is(14 << 20), stops: 0 };
    recording.ended = Some(Moment(START + 77));
    recording
}

fn code(number: u32) -> Code {
    Code {
        name: format!("function_{number}"),
        qualified_name: if number.is_multiple_of(2) {
            Known::Is(format!("Class.function_{number}"))
        } else {
            Known::Unknown(Why::NotInThisPython)
        },
        file: "/srv/app.py".to_owned(),
        first_line: 10 * number,
        flags: CodeFlags(CodeFlags::COROUTINE),
    }
}

fn stack(length: u32) -> Vec<Frame> {
    (0..length).map(|depth| Frame { code: CodeId(depth), line: (depth > 0).then_some(7 + depth) }).collect()
}

/// The snapshot number `index`.
pub(crate) fn snapshot(pid: u32, index: u64, threads: u32) -> Snapshot {
    Snapshot {
        at: Moment(START + index * 10_000_000),
        took: Duration::from_nanos(123_456 + index),
        interpreters: vec![InterpreterSample {
            address: Address(0x7f00_0000_1000),
            gil: Known::Is(GilSample {
                locked: index.is_multiple_of(2),
                last_holder: Address(0x7f00_0000_2000),
                switch_number: index,
                requested: Known::Unknown(Why::NotInThisPython),
            }),
            collecting: Known::Is(false),
        }],
        threads: (0..threads).map(|number| Arc::new(thread(pid, number, index))).collect(),
        loops: vec![event_loop(pid, index)],
        locks: Vec::new(),
        gaps: if index == 1 { vec![("tasks".to_owned(), Why::Torn)] } else { Vec::new() },
    }
}

/// Takes away where in a frame's code a thread is, which captures of the first builds of this format do not tell.
pub(crate) fn without_sites(recording: &mut Recording) {
    for snapshot in &mut recording.snapshots {
        for thread in &mut snapshot.threads {
            if let Some(python) = &mut Arc::make_mut(thread).python {
                python.site = Known::Unknown(Why::NotRead);
            }
        }
    }
}

fn site(instruction: u32) -> Site {
    Site { instruction, kind: SiteKind::Call("time.sleep".into()) }
}

fn thread(pid: u32, number: u32, index: u64) -> ThreadSample {
    let moved = if number == 0 { index } else { 0 };
    ThreadSample {
        thread: ThreadId(pid + number),
        kernel_name: Known::Is("python3".to_owned()),
        python: (number % 4 != 3).then(|| PythonThread {
            interpreter: 0,
            thread_state: Address(0x7f00_0000_2000 + u64::from(number) * 0x1000),
            name: Known::Is(format!("worker-{number}")),
            stack: match number % 3 {
                0 => StackSample::Stable(StackId(u32::try_from(moved % 4).unwrap_or(0))),
                1 => StackSample::Cut(StackId(1)),
                _ => StackSample::Unknown(Why::NotRead),
            },
            gil: Known::Is(GilRole::Apart),
            site: if number == 0 { Known::Is(site(42)) } else { Known::Unknown(Why::NotRead) },
        }),
        os: ThreadOs {
            state: Known::Is(TaskState::Sleeping),
            syscall: Known::Is(SyscallState::Inside {
                number: 202,
                arguments: [u64::MAX, 1, 2, 3, 4, u64::from(number)],
                stack_pointer: 0x7ffe_0000_0000,
            }),
            cpu: Known::Is(CpuTimes { on_cpu_ns: 1_000_000 * moved, run_queue_ns: 5, timeslices: moved }),
            switches: Known::Is(Switches { voluntary: moved, involuntary: 0 }),
            asleep_for: Known::Unknown(Why::NotRead),
            major_faults: Known::Unknown(Why::NotRead),
            waits_on: if number == 1 { descriptors() } else { Vec::new() },
            path: (number == 2).then(|| "/data/db.sqlite".to_owned()),
        },
    }
}

fn descriptors() -> Vec<Descriptor> {
    let kinds = [
        DescriptorKind::Inet {
            protocol: "tcp".to_owned(),
            local: "10.0.0.5:41234".to_owned(),
            peer: Some("10.0.3.7:5432".to_owned()),
            local_port: 41234,
            peer_port: 5432,
            state: "ESTAB".to_owned(),
            unread: 0,
            unsent: 7,
        },
        DescriptorKind::Unix { path: "/run/app.sock".to_owned() },
        DescriptorKind::Pipe { inode: 99, path: None, others: vec![(9, "sh".to_owned())] },
        DescriptorKind::File { path: "/var/log/app.log".to_owned(), mount: None },
        DescriptorKind::Anonymous { name: "eventpoll".to_owned() },
        DescriptorKind::Unresolved(Why::Vanished),
    ];
    kinds.into_iter().zip(3..).map(|(kind, number)| Descriptor { number, kind }).collect()
}

fn event_loop(pid: u32, index: u64) -> LoopSample {
    LoopSample {
        address: Address(0x7f00_0000_9000),
        kind: if index == 0 { LoopKind::Other("Loop".to_owned()) } else { LoopKind::Uvloop },
        thread: ThreadId(pid),
        poll_descriptor: Known::Is(5),
        step: Known::Is((!index.is_multiple_of(3)).then_some(Step {
            task: Some(Address(1)),
            handle: None,
            turn: Some(index),
            queue: Some((0x7f00, -1)),
            frame: None,
        })),
        turn_began: Known::Unknown(Why::Implausible),
        ready: Known::Is(3),
        timers: Known::Is(0),
        next_timer: Known::Is(None),
        task: Known::Is(Some(TaskRef { address: Address(1), name: Known::Is("Task-7".to_owned()) })),
        endpoint: Known::default(),
    }
}

fn surroundings() -> Surroundings {
    Surroundings {
        at: Moment(START),
        listeners: Known::Is(vec![Listener {
            address: "0.0.0.0:8000".to_owned(),
            port: 8000,
            waiting: 84,
            limit: Known::Is(2048),
        }]),
        accept_overflows: Known::Unknown(Why::NotRead),
        connections: Known::Is(vec![Connection {
            descriptor: 7,
            local: "10.0.0.5:41234".to_owned(),
            peer: "10.0.3.7:5432".to_owned(),
            state: "ESTAB".to_owned(),
            unread: 0,
            unsent: 0,
            traffic: Known::Unknown(Why::NotRead),
        }]),
        name_servers: Known::Unknown(Why::NotRead),
        open_descriptors: Known::Is(44),
        descriptor_limit: Known::Is(1024),
        descriptors_left: Known::Unknown(Why::NotRead),
        descriptor_classes: Known::Unknown(Why::NotRead),
        frozen: Known::Unknown(Why::NotRead),
        cgroup: Known::Is(Cgroup {
            version: 2,
            cpu_quota: Known::Is(Some(0.8)),
            periods: Known::Is(100),
            throttled_periods: Known::Is(7),
            throttled_ns: Known::Is(123),
            cpu_used_ns: Known::Is(456),
            memory_limit: Known::Is(None),
            memory_used: Known::Unknown(Why::NotPermitted),
            memory_limit_hits: Known::Is(0),
            memory_kills: Known::Is(0),
            memory_stalled_ns: Known::Unknown(Why::NotRead),
        }),
        children: Known::Is(vec![Child {
            pid: ProcessId(77),
            name: "ffmpeg".to_owned(),
            state: 'S',
            writes_to_us: Known::Unknown(Why::NotRead),
        }]),
        file_locks: Known::Is(vec![FileLock {
            kind: "FLOCK".to_owned(),
            inode: 5,
            holder: ProcessId(9),
            holder_name: None,
            waiters: vec![ProcessId(31)],
        }]),
        tracer: Known::Is(None),
        resident_bytes: Known::Is(100 << 20),
        major_faults: Known::Is(1),
    }
}
