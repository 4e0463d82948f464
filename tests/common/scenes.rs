//! Recordings of sick and healthy servers, made by hand: what the readers would have seen.

use std::sync::Arc;
use std::time::Duration;

use hangspy::snapshot::{
    Address, Cgroup, Child, Code, CodeFlags, CodeId, Connection, CpuTimes, Descriptor, DescriptorClass, DescriptorKind,
    FileLock, Frame, GilRole, GilSample, InterpreterSample, Known, Ledger, Listener, LoopKind, LoopSample, Moment,
    Process, ProcessId, PythonThread, PythonVersion, Reader, Recording, Role, Server, Site, SiteKind, Snapshot,
    StackId, StackSample, Step, Surroundings, Switches, SyscallState, TaskState, ThreadId, ThreadOs, ThreadSample, Why,
};

/// The process of every scene, and its main thread.
pub(crate) const PID: u32 = 4711;
/// The descriptor that the loop polls.
pub(crate) const POLL: i32 = 5;
/// When the first look is taken.
pub(crate) const START: u64 = 1_000_000_000_000;
/// From one look to the next: 50 Hz.
pub(crate) const PERIOD: u64 = 20_000_000;
/// Looks of a scene that says nothing else: 3 s.
pub(crate) const LOOKS: u64 = 150;

const LIBRARY: &str = "/usr/local/lib/python3.12/";

/// A frame: function, file, line. `async ` before the function makes it a coroutine; a file without a leading `/` is of
/// the standard library or, with `site-packages/` before it, installed.
pub(crate) type Line<'a> = (&'a str, &'a str, u32);

/// The frames of the stock loop under a step, innermost first.
pub(crate) const STOCK_LOOP: &[Line<'_>] = &[
    ("_run", "asyncio/events.py", 88),
    ("_run_once", "asyncio/base_events.py", 1987),
    ("run_forever", "asyncio/base_events.py", 641),
    ("run_until_complete", "asyncio/base_events.py", 672),
    ("run", "asyncio/runners.py", 118),
    ("run", "site-packages/uvicorn/server.py", 67),
    ("<module>", "/venv/bin/uvicorn", 8),
];
/// The frames of uvloop, which runs steps without frames of its own.
pub(crate) const UVLOOP: &[Line<'_>] = &[
    ("run", "asyncio/runners.py", 118),
    ("run", "site-packages/uvicorn/server.py", 67),
    ("<module>", "/venv/bin/uvicorn", 8),
];
/// From the server to the endpoint, innermost first.
const REQUEST: &[Line<'_>] = &[
    ("async run_endpoint_function", "site-packages/fastapi/routing.py", 212),
    ("async app", "site-packages/fastapi/routing.py", 301),
    ("async __call__", "site-packages/starlette/applications.py", 113),
    ("async run_asgi", "site-packages/uvicorn/protocols/http/httptools_impl.py", 409),
];
/// From the server to the lifespan function, innermost first.
pub(crate) const LIFESPAN: &[Line<'_>] = &[
    ("async __aenter__", "contextlib.py", 210),
    ("async lifespan", "site-packages/starlette/routing.py", 693),
    ("async app", "site-packages/starlette/routing.py", 714),
    ("async main", "site-packages/uvicorn/lifespan/on.py", 86),
];

/// A recording in the making.
pub(crate) struct Scene {
    pub(crate) recording: Recording,
    /// Whether steps are those of the stock loop.
    pub(crate) kind: LoopKind,
}

/// One look at one thread.
#[derive(Clone)]
pub(crate) struct Shot {
    /// The step of the loop; `None` between steps.
    pub(crate) step: Option<u64>,
    /// When the loop's turn began, nanoseconds from the first look.
    pub(crate) turn_began: Option<i64>,
    pub(crate) stack: StackSample,
    pub(crate) state: TaskState,
    pub(crate) syscall: SyscallState,
    pub(crate) gil: GilRole,
    pub(crate) waits_on: Vec<Descriptor>,
    pub(crate) path: Option<String>,
    pub(crate) asleep_for: Option<Duration>,
    pub(crate) voluntary: u64,
    pub(crate) on_cpu_ns: u64,
    pub(crate) major_faults: u64,
}

/// Inside of a system call.
pub(crate) fn inside(number: u32, arguments: [u64; 6]) -> SyscallState {
    SyscallState::Inside { number, arguments, stack_pointer: 0x7ffe_0000_0000 }
}

/// A thread that waits in a call.
pub(crate) fn waiting(stack: StackId, number: u32, arguments: [u64; 6]) -> Shot {
    Shot {
        step: Some(1),
        turn_began: Some(-1_000_000_000),
        stack: StackSample::Stable(stack),
        state: TaskState::Sleeping,
        syscall: inside(number, arguments),
        gil: GilRole::Apart,
        waits_on: Vec::new(),
        path: None,
        asleep_for: Some(Duration::from_secs(1)),
        voluntary: 7,
        on_cpu_ns: 0,
        major_faults: 0,
    }
}

/// A thread on a CPU.
pub(crate) fn running(stack: StackId, gil: GilRole) -> Shot {
    let base = waiting(stack, 0, [0; 6]);
    Shot { state: TaskState::Running, syscall: SyscallState::Running, gil, asleep_for: None, ..base }
}

impl Shot {
    /// The same, waiting on this.
    pub(crate) fn on(self, descriptor: Descriptor) -> Self {
        Self { waits_on: vec![descriptor], ..self }
    }

    /// The same for a thread that runs no loop, or between steps.
    pub(crate) fn no_step(self) -> Self {
        Self { step: None, turn_began: None, ..self }
    }
}

/// A TCP socket.
pub(crate) fn tcp(number: i32, peer: &str, state: &str) -> Descriptor {
    let port = peer.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).expect("a peer has a port");
    let kind = DescriptorKind::Inet {
        protocol: "tcp".to_owned(),
        local: "10.0.0.5:41234".to_owned(),
        peer: Some(peer.to_owned()),
        local_port: 41234,
        peer_port: port,
        state: state.to_owned(),
        unread: 0,
        unsent: 0,
    };
    Descriptor { number, kind }
}

/// A pipe that a process reads.
pub(crate) fn pipe(number: i32, other: &str) -> Descriptor {
    let kind = DescriptorKind::Pipe { inode: 99, path: None, others: vec![(12, other.to_owned())] };
    Descriptor { number, kind }
}

/// A file.
pub(crate) fn file(number: i32, path: &str) -> Descriptor {
    Descriptor {
        number,
        kind: DescriptorKind::File { path: path.to_owned(), mount: Some("nfs4 10.0.3.9:/export".to_owned()) },
    }
}

impl Scene {
    /// A uvicorn server on CPython 3.12 with the stock loop.
    pub(crate) fn new() -> Self {
        let mut recording = Recording::new(Process {
            pid: ProcessId(PID),
            parent: Some(ProcessId(1)),
            role: Role::Single,
            server: Server::Uvicorn,
            executable: "/usr/local/bin/python3.12".to_owned(),
            python: Known::Is(PythonVersion { major: 3, minor: 12, patch: Known::Is(4) }),
            free_threaded: Known::Is(false),
            reader: Reader::Own,
            ports: vec![8000],
            start_ticks: 123_456,
        });
        recording.ledger = Ledger { rate: 50, ..Ledger::default() };
        recording.surroundings = vec![surroundings(START), surroundings(START + LOOKS * PERIOD)];
        Self { recording, kind: LoopKind::Asyncio }
    }

    /// Changes both readings of the surroundings.
    pub(crate) fn around(&mut self, change: impl Fn(&mut Surroundings)) {
        self.recording.surroundings.iter_mut().for_each(change);
    }

    /// The stack of these frames, innermost first, as they are.
    pub(crate) fn stack(&mut self, lines: &[&[Line<'_>]]) -> StackId {
        let frames = lines.iter().copied().flatten().map(|line| self.frame(*line)).collect();
        let known = self.recording.stacks.iter().position(|stack| *stack == frames);
        let index = known.unwrap_or_else(|| {
            self.recording.stacks.push(frames);
            self.recording.stacks.len() - 1
        });
        StackId(u32::try_from(index).expect("few stacks"))
    }

    /// The stack of an endpoint that runs these frames, innermost first.
    pub(crate) fn endpoint(&mut self, lines: &[Line<'_>]) -> StackId {
        self.stack(&[lines, REQUEST, STOCK_LOOP])
    }

    /// The stack of a loop in its own poll.
    pub(crate) fn idle_stack(&mut self) -> StackId {
        self.stack(&[&[("select", "selectors.py", 468)], STOCK_LOOP.get(1..).expect("frames of the loop")])
    }

    pub(crate) fn frame(&mut self, (function, file, line): Line<'_>) -> Frame {
        let name = function.strip_prefix("async ").unwrap_or(function);
        let placed = file.starts_with(['/', '<']);
        let code = Code {
            name: name.to_owned(),
            qualified_name: Known::Is(name.to_owned()),
            file: if placed { file.to_owned() } else { format!("{LIBRARY}{file}") },
            first_line: 1,
            flags: CodeFlags(if name == function { 0 } else { CodeFlags::COROUTINE }),
        };
        let known = self.recording.codes.iter().position(|other| *other == code);
        let index = known.unwrap_or_else(|| {
            self.recording.codes.push(code);
            self.recording.codes.len() - 1
        });
        Frame { code: CodeId(u32::try_from(index).expect("few codes")), line: Some(line) }
    }

    /// A look at the loop's thread and at others, one period after the last one.
    pub(crate) fn look(&mut self, main: Shot, others: Vec<(u32, Shot)>) -> &mut Snapshot {
        let index = self.recording.snapshots.len() as u64;
        let at = Moment(START + index * PERIOD);
        let began = main.turn_began.map(|began| Moment(START.saturating_add_signed(began)));
        let step = main.step.map(|step| Step {
            task: Some(Address(0x7f00_0000_0000 + step * 256)),
            handle: Some(Address(0x7f10_0000_0000 + step * 64)),
            turn: began.map(|began| began.0),
            queue: Some((0x7f20_0000_0000, i64::try_from(step).expect("few steps"))),
            frame: None,
        });
        let holder = std::iter::once(PID)
            .zip(std::iter::once(&main))
            .chain(others.iter().map(|(id, shot)| (*id, shot)))
            .find(|(_, shot)| shot.gil == GilRole::Holds);
        let gil = GilSample {
            locked: holder.is_some(),
            last_holder: thread_state(holder.map_or(PID, |(id, _)| id)),
            switch_number: 10,
            requested: Known::Is(false),
        };
        let mut threads = vec![Arc::new(thread(PID, "MainThread", main))];
        threads.extend(others.into_iter().map(|(id, shot)| Arc::new(thread(id, &format!("worker-{id}"), shot))));
        let event_loop = LoopSample {
            address: Address(0x7f30_0000_0000),
            kind: self.kind.clone(),
            thread: ThreadId(PID),
            poll_descriptor: Known::Is(POLL),
            step: Known::Is(step),
            turn_began: Known::from_option(began, Why::NotRead),
            ready: Known::Is(0),
            timers: Known::Is(1),
            next_timer: Known::Is(Some(Moment(at.0 + 100_000_000))),
            task: Known::Is(None),
            endpoint: Known::Is(None),
        };
        let interpreter =
            InterpreterSample { address: Address(0x7f40_0000_0000), gil: Known::Is(gil), collecting: Known::Is(false) };
        let snapshot = Snapshot {
            at,
            took: Duration::from_micros(50),
            interpreters: vec![interpreter],
            threads,
            loops: vec![event_loop],
            locks: Vec::new(),
            gaps: Vec::new(),
        };
        self.recording.snapshots.push(snapshot);
        self.recording.ledger.samples += 1;
        self.recording.snapshots.last_mut().expect("just pushed")
    }

    /// A look at a loop that waits for work.
    pub(crate) fn idle(&mut self) -> &mut Snapshot {
        let stack = self.idle_stack();
        let shot = waiting(stack, 232, [POLL as u64, 0, 0, 0, 0, 0]).no_step();
        self.look(Shot { asleep_for: Some(Duration::from_millis(5)), ..shot }, Vec::new())
    }

    /// Looks for 3 s at a loop that does the same all the time.
    pub(crate) fn always(mut self, shot: &Shot) -> Self {
        for index in 0..LOOKS {
            let asleep_for = shot.asleep_for.map(|asleep| asleep + Duration::from_nanos(index * PERIOD));
            // A thread that runs all the time gains all of the time.
            let on_cpu_ns = if shot.state == TaskState::Running { index * PERIOD } else { shot.on_cpu_ns };
            self.look(Shot { asleep_for, on_cpu_ns, ..shot.clone() }, Vec::new());
        }
        self
    }

    /// Says of every look which instruction the innermost frame of the loop's thread was at.
    pub(crate) fn sites(&mut self, site: impl Fn(usize) -> Site) {
        for (index, snapshot) in self.recording.snapshots.iter_mut().enumerate() {
            for thread in snapshot.threads.iter_mut().filter(|thread| thread.thread == ThreadId(PID)) {
                if let Some(python) = &mut Arc::make_mut(thread).python {
                    python.site = Known::Is(site(index));
                }
            }
        }
    }
}

/// A call of what was looked up by these names.
pub(crate) fn call(names: &str) -> Site {
    Site { instruction: 24, kind: SiteKind::Call(names.into()) }
}

fn thread_state(thread: u32) -> Address {
    Address(0x7f50_0000_0000 + u64::from(thread) * 0x1000)
}

/// A thread as a look found it.
pub(crate) fn thread(id: u32, name: &str, shot: Shot) -> ThreadSample {
    ThreadSample {
        thread: ThreadId(id),
        kernel_name: Known::Is("uvicorn".to_owned()),
        python: Some(PythonThread {
            interpreter: 0,
            thread_state: thread_state(id),
            name: Known::Is(name.to_owned()),
            stack: shot.stack,
            gil: Known::Is(shot.gil),
            site: Known::Unknown(Why::NotRead),
        }),
        os: ThreadOs {
            state: Known::Is(shot.state),
            syscall: Known::Is(shot.syscall),
            cpu: Known::Is(CpuTimes { on_cpu_ns: shot.on_cpu_ns, run_queue_ns: 0, timeslices: 1 }),
            switches: Known::Is(Switches { voluntary: shot.voluntary, involuntary: 0 }),
            asleep_for: Known::from_option(shot.asleep_for, Why::NotRead),
            major_faults: Known::Is(shot.major_faults),
            waits_on: shot.waits_on,
            path: shot.path,
        },
    }
}

/// A native thread.
pub(crate) fn native_thread(id: u32, name: &str, waits_on: Vec<Descriptor>) -> ThreadSample {
    let mut native = thread(id, name, waiting(StackId(0), 7, [0x7000, 2, 0, 0, 0, 0]));
    native.python = None;
    native.kernel_name = Known::Is(name.to_owned());
    native.os.waits_on = waits_on;
    native
}

/// A quiet server's surroundings.
fn surroundings(at: u64) -> Surroundings {
    Surroundings {
        at: Moment(at),
        listeners: Known::Is(vec![Listener {
            address: "0.0.0.0:8000".to_owned(),
            port: 8000,
            waiting: 0,
            limit: Known::Is(2048),
        }]),
        accept_overflows: Known::Is(0),
        connections: Known::Is(Vec::<Connection>::new()),
        name_servers: Known::Is(vec!["10.96.0.10:53".to_owned()]),
        open_descriptors: Known::Is(20),
        descriptor_limit: Known::Is(1024),
        descriptors_left: Known::Is(1004),
        descriptor_classes: Known::Is(Vec::<DescriptorClass>::new()),
        cgroup: Known::Is(Cgroup {
            version: 2,
            cpu_quota: Known::Is(Some(0.8)),
            periods: Known::Is((at - START) / 100_000_000),
            throttled_periods: Known::Is(0),
            throttled_ns: Known::Is(0),
            cpu_used_ns: Known::Is((at - START) / 10),
            memory_limit: Known::Is(None),
            memory_used: Known::Is(80 << 20),
            memory_limit_hits: Known::Is(0),
            memory_kills: Known::Is(0),
            memory_stalled_ns: Known::Is(0),
        }),
        frozen: Known::Is(None),
        children: Known::Is(Vec::<Child>::new()),
        file_locks: Known::Is(Vec::<FileLock>::new()),
        tracer: Known::Is(None),
        resident_bytes: Known::Is(80 << 20),
        major_faults: Known::Is(0),
    }
}
