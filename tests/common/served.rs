//! Recordings of servers with requests, tasks and connections, whose loop turns: read twice in three seconds.

use std::time::Duration;

use hangspy::snapshot::{
    Address, Awaited, Census, Connection, Known, Moment, PrimitiveSample, RequestSample, StackId, TaskCensus,
    TaskPhase, TaskSample, TaskWait, Traffic, Why,
};

use super::scenes::{LOOKS, Line, PERIOD, START, Scene};

/// The loop of every scene.
const LOOP: u64 = 0x7f30_0000_0000;
/// A connection that nothing happened on for as long.
pub(crate) const LONG: u64 = 14;

/// A server in the making.
pub(crate) struct Served {
    pub(crate) scene: Scene,
    pub(crate) tasks: Vec<TaskSample>,
    pub(crate) primitives: Vec<PrimitiveSample>,
    pub(crate) requests: Vec<RequestSample>,
    pub(crate) connections: Vec<Connection>,
    /// The connections as they were three seconds before, where they were not the same.
    pub(crate) before: Vec<Connection>,
}

/// The address of a task.
pub(crate) fn task(number: u64) -> Address {
    Address(0x5000 + number * 0x100)
}

/// A task with this chain that waits.
pub(crate) fn waiting_task(number: u64, chain: StackId, on: Awaited) -> TaskSample {
    TaskSample {
        address: task(number),
        name: Known::Is(format!("Task-{number}")),
        event_loop: Address(LOOP),
        phase: TaskPhase::Waiting,
        chain: Known::Is(chain),
        wait: Known::Is(Some(TaskWait { future: Address(0x6000 + number * 0x100), on })),
        awaited_by: Vec::new(),
        timed: false,
        moved: false,
        ends: Known::default(),
        object: None,
        cancels: Known::default(),
    }
}

/// Bytes from, or to, the connection of a descriptor.
pub(crate) fn bytes(descriptor: i32, sends: bool) -> Awaited {
    Awaited::Connection { peer: Known::Unknown(Why::NotInThisPython), descriptor: Known::Is(descriptor), sends }
}

/// A connection that the server made, on which nothing happened for this long.
pub(crate) fn upstream(descriptor: i32, seconds: u64) -> Connection {
    Connection {
        descriptor,
        local: format!("10.0.0.5:4{descriptor:04}"),
        peer: "10.0.3.7:5432".to_owned(),
        state: "ESTAB".to_owned(),
        unread: 0,
        unsent: 0,
        traffic: Known::Is(Traffic {
            last_sent: Duration::from_secs(seconds),
            last_received: Duration::from_secs(seconds + 20),
            acknowledged: 77,
            received: 0,
        }),
    }
}

/// A client's connection, to which 100 kB were sent.
pub(crate) fn client(descriptor: i32, unsent: u64) -> Connection {
    let traffic = Traffic {
        last_sent: Duration::from_secs(LONG),
        last_received: Duration::from_secs(LONG),
        acknowledged: 100_000,
        received: 200,
    };
    Connection {
        local: "10.0.0.5:8000".to_owned(),
        peer: format!("10.0.0.9:5{descriptor:04}"),
        unsent,
        traffic: Known::Is(traffic),
        ..upstream(descriptor, 0)
    }
}

impl Served {
    pub(crate) fn new() -> Self {
        Self {
            scene: Scene::new(),
            tasks: Vec::new(),
            primitives: Vec::new(),
            requests: Vec::new(),
            connections: Vec::new(),
            before: Vec::new(),
        }
    }

    /// A task at these frames, innermost first, that waits.
    pub(crate) fn task(&mut self, number: u64, lines: &[&[Line<'_>]], on: Awaited) -> &mut TaskSample {
        let chain = self.scene.stack(lines);
        self.tasks.push(waiting_task(number, chain, on));
        self.tasks.last_mut().expect("just pushed")
    }

    /// A request that came in on a descriptor, which a task serves, and whose response has not begun.
    pub(crate) fn request(&mut self, serving: u64, descriptor: i32) -> &mut RequestSample {
        self.requests.push(RequestSample {
            address: Address(0x9000 + serving),
            method: Known::Is("GET".to_owned()),
            path: Known::Is("/quote".to_owned()),
            client: Known::Is("10.0.0.9:51234".to_owned()),
            protocol: Known::Is("h11".to_owned()),
            request_id: Known::Is(None),
            task: Known::Is(task(serving)),
            thread: Known::Is(None),
            answering: Known::Is(false),
            began: Known::Unknown(Why::NotInThisPython),
            descriptor: Known::Is(descriptor),
        });
        self.requests.last_mut().expect("just pushed")
    }

    /// The same for a WebSocket.
    pub(crate) fn websocket(&mut self, serving: u64, descriptor: i32) {
        let request = self.request(serving, descriptor);
        request.method = Known::Is("WEBSOCKET".to_owned());
        request.path = Known::Is("/live".to_owned());
        request.answering = Known::Unknown(Why::NotInThisPython);
    }

    /// The scene; the loop is idle unless it was looked at already.
    pub(crate) fn told(mut self) -> Scene {
        while self.scene.recording.snapshots.len() < LOOKS as usize {
            self.scene.idle();
        }
        self.tasks.sort_by_key(|task| task.address);
        let found = self.tasks.len() as u64;
        let tasks = TaskCensus { found, tasks: self.tasks, primitives: self.primitives, ..TaskCensus::default() };
        let requests = self.requests;
        let census = |look: u64| Census {
            took: Duration::from_millis(1),
            tasks: Known::Is(tasks.clone()),
            requests: requests.clone(),
            ..Census::unknown(Moment(START + look * PERIOD), Why::NotRead)
        };
        self.scene.recording.censuses = vec![census(10), census(LOOKS)];
        let connections = [&self.before, &self.connections].map(|own| Known::Is(own.clone()));
        let earlier = if self.before.is_empty() { connections[1].clone() } else { connections[0].clone() };
        for (around, connections) in self.scene.recording.surroundings.iter_mut().zip([earlier, connections[1].clone()])
        {
            around.connections = connections;
        }
        self.scene
    }
}
