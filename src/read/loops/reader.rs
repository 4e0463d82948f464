//! Running event loops: which threads run one, and what each was doing.
//!
//! Where a loop keeps things is learnt when it is first seen and again about once a second; what it holds there is read
//! in every sample, from the roots, through [`Foresight`](crate::read::stacks::foresight::Foresight).

use std::collections::HashMap;
use std::time::Duration;

use super::current_task::{self, CurrentTask};
use super::running::RunningLoops;
use super::stock::StockLoop;
use super::turns::{Turn, Turns};
use super::uvloop::Uvloop;
use crate::libraries::uvloop;
use crate::memory::ReadError;
use crate::read::objects::builtin::{DequeEnds, Objects};
use crate::read::objects::known::why;
use crate::read::objects::moments::Lifetime;
use crate::read::threads::live::LiveThread;
use crate::snapshot::{
    Address, Call, Code, GilRole, Known, LoopKind, LoopPulse, LoopSample, Moment, Step, Syscall, SyscallState,
    ThreadId, Why,
};

/// How long what was learnt about a loop is relied on. A loop that gains attributes moves them to a larger table.
const RELIED_ON: Duration = Duration::from_secs(1);

/// What a sample knows already when it comes to the loops.
pub(crate) struct Surroundings<'a> {
    /// Interpreters, in the order in which threads refer to them.
    pub(crate) interpreters: &'a [Address],
    /// Python's threads.
    pub(crate) threads: &'a [LiveThread],
    /// Code objects, by id.
    pub(crate) codes: &'a [Code],
    /// The system call of each thread.
    pub(crate) syscall: &'a dyn Fn(ThreadId) -> Known<SyscallState>,
    /// The process as it knows itself, in its innermost pid namespace.
    pub(crate) innermost: Option<u32>,
    /// The process's life so far.
    pub(crate) lifetime: Lifetime,
}

/// Knows the loops of one process.
#[derive(Debug, Default)]
pub(crate) struct Loops {
    running: RunningLoops,
    turns: Turns,
    known: HashMap<(Address, Address), KnownLoop>,
}

/// A loop, and where it keeps things.
#[derive(Debug)]
struct KnownLoop {
    kind: LoopKind,
    inside: Inside,
    current_task: CurrentTask,
    learnt: Moment,
    /// The thread that ran it in the last sample, and the thread's interpreter.
    thread: ThreadId,
    interpreter: u16,
}

/// What the loop is made of.
#[derive(Debug)]
enum Inside {
    Stock(StockLoop),
    Uvloop(Uvloop),
    Unknown(Why),
}

/// What a loop's own structures say.
struct Account {
    poll_descriptor: Known<i32>,
    queue: Known<DequeEnds>,
    timers: Known<u64>,
    next_timer: Known<Option<Moment>>,
    turn: Turn,
    /// Whether nothing was being called, as the loop itself says.
    between_steps: Known<bool>,
    turn_began: Known<Moment>,
    /// When it last came back from its poll, as far as it tells.
    woke: Known<Moment>,
}

impl Loops {
    /// Reads every running loop. `objects` reads through the foresight, `search` does not: what only a search reads
    /// need not be read ahead.
    pub(crate) fn read(
        &mut self,
        objects: Objects<'_>,
        search: Objects<'_>,
        around: &Surroundings<'_>,
    ) -> (Vec<LoopSample>, Vec<(String, Why)>) {
        let mut samples = Vec::new();
        let mut gaps = Vec::new();
        let mut seen = Vec::new();
        for thread in around.threads {
            match self.running.of(objects, thread, around.innermost) {
                Ok(None) => {}
                Ok(Some(event_loop)) => {
                    seen.push((thread.state, event_loop));
                    samples.push(self.sample(objects, search, around, thread, event_loop));
                }
                Err(error) => gaps.push((format!("event loop of thread {}", thread.thread), why(error))),
            }
        }
        self.known.retain(|key, _| seen.contains(key));
        self.turns.keep(&seen);
        (samples, gaps)
    }

    /// Reads the words of the loops that ran in the last sample, and no stack: which step each of them runs. `syscall` is asked
    /// for the call of its thread, `role` for what that has to do with the GIL of this interpreter.
    pub(crate) fn pulse(
        &mut self,
        objects: Objects<'_>,
        lifetime: Lifetime,
        syscall: &mut dyn FnMut(ThreadId) -> Known<SyscallState>,
        role: &dyn Fn(u16, Address, Known<SyscallState>) -> Known<GilRole>,
    ) -> Vec<LoopPulse> {
        let mut pulses = Vec::with_capacity(self.known.len());
        for (&(state, event_loop), known) in &mut self.known {
            let turn = match self.turns.again(objects, (state, event_loop), lifetime) {
                Ok(Some(turn)) => Known::Is(turn),
                // The frame stands elsewhere, or the loop does not run any more: the next sample finds out.
                Ok(None) => Known::Unknown(Why::Torn),
                Err(error) => Known::Unknown(why(error)),
            };
            let account = known.account(objects, turn, lifetime);
            let task = known.current_task.read(objects, state, event_loop);
            let call = syscall(known.thread);
            pulses.push(LoopPulse {
                event_loop,
                thread: known.thread,
                step: step(&account, task, call),
                woke: account.woke,
                gil: role(known.interpreter, state, call),
            });
        }
        pulses.sort_by_key(|pulse| (pulse.thread, pulse.event_loop));
        pulses
    }

    fn sample(
        &mut self,
        objects: Objects<'_>,
        search: Objects<'_>,
        around: &Surroundings<'_>,
        thread: &LiveThread,
        event_loop: Address,
    ) -> LoopSample {
        let now = around.lifetime.now;
        let key = (thread.state, event_loop);
        let interpreter = around.interpreters.get(usize::from(thread.interpreter)).copied().unwrap_or_default();
        let before = self.known.remove(&key);
        let mut known = match before {
            Some(known) if now.since(known.learnt) < RELIED_ON => known,
            before => KnownLoop::discover(search, interpreter, event_loop, now, before),
        };
        (known.thread, known.interpreter) = (thread.thread, thread.interpreter);
        let turn = match self.turns.of(objects, thread, around.codes, event_loop, around.lifetime) {
            Ok(Some(turn)) => Known::Is(turn),
            // The frame we look for is one of the outermost; without it little of the stack can have been kept.
            Ok(None) if !thread.stable => Known::Unknown(Why::Torn),
            Ok(None) => Known::Unknown(Why::NotInThisPython),
            Err(error) => Known::Unknown(why(error)),
        };
        let account = known.account(objects, turn, around.lifetime);
        let task = known.current_task.read(objects, thread.state, event_loop);
        let syscall = (around.syscall)(thread.thread);
        let sample = LoopSample {
            address: event_loop,
            kind: known.kind.clone(),
            thread: thread.thread,
            poll_descriptor: account.poll_descriptor,
            step: step(&account, task, syscall),
            turn_began: account.turn_began,
            ready: account.queue.map(|queue| queue.length),
            timers: account.timers,
            next_timer: account.next_timer,
            task: task.map(|task| task.map(|task| current_task::task(objects, task))),
            // Not a fact of the loop: who has the code objects adds it.
            endpoint: Known::Unknown(Why::NotRead),
        };
        self.known.insert(key, known);
        sample
    }
}

/// What the loop is running.
fn step(account: &Account, task: Known<Option<Address>>, syscall: Known<SyscallState>) -> Known<Option<Step>> {
    // A task that runs is a step, whatever else was read a moment earlier or later.
    let no_task = !matches!(task, Known::Is(Some(_)));
    let between = match account.between_steps {
        Known::Is(between) => between,
        // The loop does not say, but the kernel may: nobody else waits on its descriptor.
        Known::Unknown(_) => polls(account.poll_descriptor, syscall),
    };
    if between && no_task {
        return Known::Is(None);
    }
    let step = Step {
        task: task.ok().flatten(),
        handle: account.turn.handle,
        turn: account.turn.end_time,
        queue: account.queue.ok().map(|queue| (queue.left_block.0, queue.left_index)),
        frame: account.turn.called.filter(|_| account.turn.end_time.is_none()),
    };
    match account.between_steps {
        Known::Unknown(why) if step == Step::default() => Known::Unknown(why),
        Known::Is(_) | Known::Unknown(Why::NotInThisPython | Why::NotRead) => Known::Is(Some(step)),
        // The end of the queue comes to the same place again after some dozens of callbacks: alone it proves nothing.
        Known::Unknown(why) => Known::Unknown(why),
    }
}

/// Whether the kernel has the thread waiting on this descriptor.
fn polls(descriptor: Known<i32>, syscall: Known<SyscallState>) -> bool {
    let (Known::Is(descriptor), Known::Is(SyscallState::Inside { number, arguments, .. })) = (descriptor, syscall)
    else {
        return false;
    };
    let waits = Syscall::of(number).is_some_and(|call| matches!(call.call, Call::Epoll | Call::Ring));
    waits && u64::try_from(descriptor) == Ok(arguments[0] & 0xffff_ffff)
}

impl KnownLoop {
    fn discover(
        search: Objects<'_>,
        interpreter: Address,
        event_loop: Address,
        now: Moment,
        before: Option<Self>,
    ) -> Self {
        let (kind, inside) = match look_inside(search, event_loop) {
            Ok((kind, inside)) => (kind, inside),
            Err(error) => {
                let kind = search.type_of(event_loop).and_then(|kind| search.type_name(kind));
                (LoopKind::Other(kind.unwrap_or_default()), Inside::Unknown(why(error)))
            }
        };
        let inside = match (inside, before.map(|before| before.inside)) {
            (Inside::Uvloop(new), Some(Inside::Uvloop(old))) => Inside::Uvloop(new.succeeding(old)),
            (inside, _) => inside,
        };
        let current_task = CurrentTask::discover(search, interpreter);
        Self { kind, inside, current_task, learnt: now, thread: ThreadId(0), interpreter: 0 }
    }

    fn account(&mut self, objects: Objects<'_>, turn: Known<Turn>, lifetime: Lifetime) -> Account {
        match &mut self.inside {
            Inside::Stock(inside) => {
                let (timers, next_timer) = inside.timers(objects);
                let turn_began = match turn {
                    Known::Is(turn) => turn.began.unwrap_or(Known::Unknown(Why::NotRead)),
                    Known::Unknown(why) => Known::Unknown(why),
                };
                let between_steps = match turn {
                    Known::Is(Turn { began: None, called: Some(_), .. }) => Known::Unknown(Why::NotRead),
                    turn => turn.map(|turn| turn.began.is_none()),
                };
                Account {
                    poll_descriptor: inside.poll_descriptor,
                    queue: inside.ready(objects),
                    timers,
                    next_timer,
                    between_steps,
                    turn: turn.ok().unwrap_or_default(),
                    turn_began,
                    woke: turn_began,
                }
            }
            Inside::Uvloop(inside) => {
                let queue = inside.ready(objects);
                match inside.sample(objects, lifetime) {
                    Ok(uv) => Account {
                        poll_descriptor: uv.poll_descriptor,
                        queue,
                        timers: Known::Is(uv.timers),
                        next_timer: uv.next_timer,
                        turn: Turn { end_time: Some(uv.turn), ..Turn::default() },
                        between_steps: Known::Unknown(Why::NotInThisPython),
                        turn_began: uv.turn_began,
                        woke: uv.woke,
                    },
                    Err(error) => Account { queue, ..Account::nothing(why(error)) },
                }
            }
            Inside::Unknown(reason) => Account::nothing(*reason),
        }
    }
}

impl Account {
    fn nothing(why: Why) -> Self {
        Self {
            poll_descriptor: Known::Unknown(why),
            queue: Known::Unknown(why),
            timers: Known::Unknown(why),
            next_timer: Known::Unknown(why),
            turn: Turn::default(),
            between_steps: Known::Unknown(why),
            turn_began: Known::Unknown(why),
            woke: Known::Unknown(why),
        }
    }
}

fn look_inside(search: Objects<'_>, event_loop: Address) -> Result<(LoopKind, Inside), ReadError> {
    let kind = search.type_of(event_loop)?;
    if search.base_named(kind, uvloop::LOOP)?.is_some() {
        let inside =
            Uvloop::discover(search, event_loop).map_or_else(|error| Inside::Unknown(why(error)), Inside::Uvloop);
        return Ok((LoopKind::Uvloop, inside));
    }
    match StockLoop::discover(search, event_loop)? {
        Some(inside) => Ok((LoopKind::Asyncio, Inside::Stock(inside))),
        None => Ok((LoopKind::Other(search.type_name(kind)?), Inside::Unknown(Why::NotInThisPython))),
    }
}
