//! Tasks, read from outside and compared with what `asyncio.all_tasks()` says in the program itself, on every CPython found
//! and both kinds of loop; since 3.14 also with `python -m asyncio ps`.

#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/environments.rs"]
mod environments;
#[path = "common/program.rs"]
mod program;

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use environments::{Environment, all};
use hangspy::read::{Allowance, Sampler};
use hangspy::snapshot::{
    Address, Awaited, Census, Code, Frame, Known, PrimitiveKind, TaskCensus, TaskPhase, TaskSample,
};
use program::Program;
use serde::Deserialize;

/// A census that is not cut: on a machine that is busy with other tests it takes what it takes.
const UNHURRIED: Allowance = Allowance { cpu: Duration::from_secs(60), wall: Duration::from_secs(60) };
const LOOPS: [&str; 2] = ["asyncio", "uvloop"];
/// Tasks of the mode `many`.
const MANY: usize = 10_000;
/// Coroutines of each of their chains.
const DEEP: usize = 6;
/// Tasks of the mode `churn` that stay, and censuses of it.
const STAYING: usize = 100;
const CHURNED: usize = 20;

/// What the program says of a task: see `truth` in `fixtures/programs/tasks.py`.
#[derive(Debug, Deserialize)]
struct Truth {
    address: u64,
    name: String,
    #[serde(rename = "loop")]
    event_loop: u64,
    running: bool,
    /// Function and line, outermost first.
    chain: Vec<(String, u32)>,
    /// Whether Python shows all of the chain.
    whole: bool,
    wait: Option<String>,
    holds: Option<u64>,
    timed: bool,
}

/// What the program says in the mode `many`.
#[derive(Debug, Deserialize)]
struct Counted {
    count: u64,
}

/// A process, and the code objects and stacks seen so far.
struct Watched {
    sampler: Sampler,
    codes: Vec<Code>,
    stacks: Vec<Vec<Frame>>,
}

impl Watched {
    fn new(program: &Program) -> Self {
        Self { sampler: program.sampler(), codes: Vec::new(), stacks: Vec::new() }
    }

    /// Takes a snapshot and the census that goes by it.
    fn census(&mut self) -> Census {
        self.sampler.snapshot().expect("the program runs");
        let census = self.sampler.census(UNHURRIED);
        self.codes.extend(self.sampler.new_codes());
        self.stacks.extend(self.sampler.new_stacks());
        census
    }

    /// Function and line of a task's chain, outermost first.
    fn chain(&self, task: &TaskSample, what: &str) -> Vec<(String, u32)> {
        let Known::Is(stack) = task.chain else { panic!("{what}: the chain of {task:?} is not known") };
        let frames = self.stacks[stack.0 as usize].iter().rev();
        let named = |frame: &Frame| (self.codes[frame.code.0 as usize].name.clone(), frame.line.unwrap_or(0));
        frames.map(named).collect()
    }

    /// Coroutines by qualified name, innermost first, without the generators that we show as well.
    fn as_ps_has_it(&self, task: &TaskSample) -> String {
        let Known::Is(stack) = task.chain else { return String::new() };
        let codes = self.stacks[stack.0 as usize].iter().map(|frame| &self.codes[frame.code.0 as usize]);
        let coroutines = codes.filter(|code| code.flags.is_async());
        coroutines.map(Code::best_name).collect::<Vec<_>>().join(" -> ")
    }
}

fn environments() -> &'static [Environment] {
    static FOUND: OnceLock<Vec<Environment>> = OnceLock::new();
    FOUND.get_or_init(|| all().environments)
}

/// Every environment with every kind of loop that it has.
fn everywhere() -> impl Iterator<Item = (&'static Environment, &'static str)> {
    let pairs = environments().iter().flat_map(|environment| LOOPS.map(|kind| (environment, kind)));
    pairs.filter(|(environment, kind)| *kind == "asyncio" || environment.packages.contains_key("uvloop"))
}

fn tasks_of<'a>(census: &'a Census, what: &str) -> &'a TaskCensus {
    assert_eq!(census.gaps, [], "{what}");
    census.tasks.get().unwrap_or_else(|| panic!("{what}: no tasks: {:?}", census.tasks.why()))
}

/// The word of the program for what a task waits for.
fn word(tasks: &TaskCensus, task: &TaskSample) -> Option<&'static str> {
    let wait = task.wait.get()?.as_ref()?;
    Some(match &wait.on {
        Awaited::Task(_) => "task",
        Awaited::Gather { .. } => "gather",
        Awaited::Primitive(address) => match tasks.primitive(*address)?.kind {
            PrimitiveKind::Lock => "lock",
            PrimitiveKind::Event => "event",
            PrimitiveKind::Condition => "condition",
            PrimitiveKind::Semaphore => "semaphore",
            PrimitiveKind::Queue => "queue",
        },
        Awaited::Sleep { .. } => "sleep",
        Awaited::Executor { .. } => "executor",
        Awaited::Connection { .. } => "connection",
        Awaited::Future => "future",
    })
}

fn compare_task(watched: &Watched, tasks: &TaskCensus, truth: &Truth, what: &str) {
    let what = format!("{what}: {}", truth.name);
    let task = tasks.task(Address(truth.address)).unwrap_or_else(|| panic!("{what} is missing"));
    assert_eq!(task.name, Known::Is(truth.name.clone()), "{what}");
    assert_eq!(task.event_loop.0, truth.event_loop, "{what}");
    let phase = if truth.running { TaskPhase::Running } else { TaskPhase::Waiting };
    assert_eq!(task.phase, phase, "{what}");
    assert_eq!(task.timed, truth.timed, "{what}");
    let chain = watched.chain(task, &what);
    // Behind the step of an async generator Python does not say how it goes on; we do.
    let shown = chain.get(..truth.chain.len()).unwrap_or_default();
    assert_eq!(shown, truth.chain, "{what}: the chain {chain:?}");
    assert_eq!(chain.len() > shown.len(), !truth.whole, "{what}: the chain {chain:?}");
    if truth.wait.is_some() {
        assert_eq!(word(tasks, task), truth.wait.as_deref(), "{what}: {:?}", task.wait);
    }
}

/// Every primitive that somebody waits for is held by those who say so, and by nobody else.
fn compare_holders(tasks: &TaskCensus, truths: &[Truth], what: &str) {
    let mut held = 0;
    for primitive in &tasks.primitives {
        let read: BTreeSet<u64> = primitive.holders.iter().map(|hold| hold.task.0).collect();
        let said = truths.iter().filter(|truth| truth.holds == Some(primitive.address.0));
        let said: BTreeSet<u64> = said.map(|truth| truth.address).collect();
        assert_eq!(read, said, "{what}: the holders of {primitive:?}");
        held += read.len();
        assert!(primitive.waiting + primitive.putting > 0, "{what}: nobody waits for {primitive:?}");
    }
    // In each of the two loops: a lock, the lock of each of two others, a semaphore.
    assert_eq!(held, 2 * 4, "{what}");
}

#[test]
fn tasks_are_those_that_the_program_says() {
    for (environment, kind) in everywhere() {
        let mut program = Program::start(environment, "tasks.py", &["all", kind]);
        let truths: Vec<Truth> = program.says();
        let what = program.what.clone();
        let mut watched = Watched::new(&program);
        let census = watched.census();
        let tasks = tasks_of(&census, &what);
        for truth in &truths {
            compare_task(&watched, tasks, truth, &what);
        }
        let said: BTreeSet<u64> = truths.iter().map(|truth| truth.address).collect();
        let read: BTreeSet<u64> = tasks.tasks.iter().map(|task| task.address.0).collect();
        // `wait_for` and `shield` may have made tasks of their own, and those are said too.
        assert_eq!(read, said, "{what}");
        assert_eq!(tasks.found, truths.len() as u64, "{what}");
        compare_holders(tasks, &truths, &what);
        compare_waits(tasks, &truths, (kind, program.child.id()), &what);
    }
}

/// What more there is to say of some waits.
fn compare_waits(tasks: &TaskCensus, truths: &[Truth], (kind, pid): (&str, u32), what: &str) {
    let named = |name: &str| -> Vec<&TaskSample> {
        let addresses = truths.iter().filter(|truth| truth.name == name).map(|truth| Address(truth.address));
        addresses.filter_map(|address| tasks.task(address)).collect()
    };
    let on = |task: &TaskSample| task.wait.get().and_then(Option::as_ref).map(|wait| wait.on.clone());
    for (leaf, parent) in named("leaf").into_iter().zip(named("parent")) {
        assert_eq!(on(parent), Some(Awaited::Task(leaf.address)), "{what}");
        assert!(leaf.awaited_by.contains(&parent.address), "{what}: {leaf:?}");
        // And by those that gather it, wait for the first, and shield it.
        assert_eq!(leaf.awaited_by.len(), 4, "{what}: {leaf:?}");
    }
    for task in named("gatherer") {
        let Some(Awaited::Gather { children: 2, pending }) = on(task) else { panic!("{what}: {task:?}") };
        assert_eq!(pending.len(), 2, "{what}");
    }
    for task in named("in-thread") {
        assert!(matches!(on(task), Some(Awaited::Executor { thread: Known::Is(_) })), "{what}: {task:?}");
    }
    for task in named("in-queue-of-threads") {
        assert!(matches!(on(task), Some(Awaited::Executor { thread: Known::Unknown(_) })), "{what}: {task:?}");
    }
    for task in named("reader") {
        let Some(Awaited::Connection { descriptor: Known::Is(descriptor), sends: false, .. }) = on(task) else {
            panic!("{what}: {task:?}")
        };
        let link = std::fs::read_link(format!("/proc/{pid}/fd/{descriptor}")).expect("an open descriptor");
        assert!(link.to_string_lossy().starts_with("socket:"), "{what}: {descriptor} is {}", link.display());
    }
    if kind == "asyncio" {
        for task in named("reader") {
            let Some(Awaited::Connection { peer: Known::Is(peer), .. }) = on(task) else { panic!("{what}: {task:?}") };
            assert!(peer.starts_with("127.0.0.1:"), "{what}: {peer}");
        }
        for task in named("sleeper") {
            assert!(matches!(on(task), Some(Awaited::Sleep { until: Known::Is(_) })), "{what}: {task:?}");
        }
    }
}

#[test]
fn tasks_that_begin_and_end_do_not_spoil_those_that_stay() {
    for (environment, kind) in everywhere() {
        let mut program = Program::start(environment, "tasks.py", &["churn", kind]);
        let truths: Vec<Truth> = program.says();
        assert_eq!(truths.len(), STAYING, "{}", program.what);
        let mut watched = Watched::new(&program);
        for _ in 0..CHURNED {
            let census = watched.census();
            let tasks = census.tasks.get().expect("the tasks were read");
            let missing = truths.iter().filter(|truth| tasks.task(Address(truth.address)).is_none()).count();
            // What was not found is said.
            let said = census.gaps.iter().any(|(gap, _)| gap.contains("tasks"));
            assert!(missing == 0 || said, "{}: {missing} tasks are missing, and no gap says so", program.what);
            for truth in truths.iter().filter(|truth| tasks.task(Address(truth.address)).is_some()) {
                compare_task(&watched, tasks, truth, &program.what);
            }
        }
    }
}

#[test]
fn many_tasks_are_counted_and_grouped() {
    // The lists are the same for both kinds of loop.
    for (environment, kind) in everywhere().filter(|(_, kind)| *kind == "asyncio") {
        let count = MANY.to_string();
        let mut program = Program::start(environment, "tasks.py", &["many", kind, &count]);
        let counted: Vec<Counted> = program.says();
        let what = program.what.clone();
        let mut watched = Watched::new(&program);
        let census = watched.census();
        // Of so many it is not looked up who uses a pool, and that is said.
        let others: Vec<_> = census.gaps.iter().filter(|(gap, _)| !gap.contains("pools")).collect();
        assert!(others.is_empty(), "{what}: {others:?}");
        let tasks = census.tasks.get().expect("the tasks were read");
        assert_eq!(tasks.found, counted[0].count, "{what}");
        assert_eq!(tasks.tasks.len(), TaskCensus::MOST_TASKS, "{what}");
        let largest = tasks.groups.first().expect("there are groups");
        assert_eq!((largest.count, largest.phase), (MANY as u64, TaskPhase::Waiting), "{what}");
        let stack = largest.chain.ok().expect("their chain was read");
        assert_eq!(watched.stacks[stack.0 as usize].len(), DEEP, "{what}");
    }
}

/// The table that `python -m asyncio ps` prints: thread, id and name of a task, its coroutines, and who awaits it. As JSON,
/// because names may have spaces and be wider than their column.
const TABLE: &str = "
import asyncio.tools, json, sys
print(json.dumps(asyncio.tools.build_task_table(asyncio.tools.get_all_awaited_by(int(sys.argv[1])))))
";

#[test]
fn tasks_are_those_of_asyncio_ps() {
    let with_ps = |environment: &&Environment| ["3.14", "3.15"].contains(&environment.label.as_str());
    for environment in environments().iter().filter(with_ps) {
        let mut program = Program::start(environment, "tasks.py", &["all", "asyncio"]);
        let truths: Vec<Truth> = program.says();
        let what = program.what.clone();
        let mut command = Command::new(&environment.python);
        let output = command.args(["-c", TABLE, &program.child.id().to_string()]).output().expect("it starts");
        assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
        let rows: Vec<(u32, String, String, String, String, String, String)> =
            serde_json::from_slice(&output.stdout).expect("a table");
        let mut watched = Watched::new(&program);
        let census = watched.census();
        let tasks = tasks_of(&census, &what);
        let mut seen = BTreeSet::new();
        for (_, address, name, chain, _, awaiter, awaiter_address) in &rows {
            let number = |text: &str| u64::from_str_radix(text.trim_start_matches("0x"), 16).expect("a number");
            let task = tasks.task(Address(number(address))).unwrap_or_else(|| panic!("{what}: {name} is missing"));
            seen.insert(task.address.0);
            // It reads names as if all of them were ASCII.
            let is_ascii = task.name.get().is_some_and(|name| name.is_ascii());
            assert!(!is_ascii || task.name == Known::Is(name.clone()), "{what}: {name}: {task:?}");
            assert_eq!(&watched.as_ps_has_it(task), chain, "{what}: {name}");
            if !awaiter.is_empty() {
                let awaiter = Address(number(awaiter_address));
                assert!(task.awaited_by.contains(&awaiter), "{what}: {name} is awaited by {awaiter}: {task:?}");
            }
        }
        // That of 3.14 leaves the second loop out.
        let main = truths.iter().find(|truth| truth.name == "main").expect("a task of that name").event_loop;
        let expected = truths.iter().filter(|truth| environment.label == "3.15" || truth.event_loop == main);
        assert!(expected.count() <= seen.len(), "{what}: asyncio ps knows only {}", seen.len());
    }
}
