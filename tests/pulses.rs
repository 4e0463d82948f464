//! Stalls counted from pulses, compared with what a program that blocks at random wrote down itself.
//!
//! `fixtures/programs/blocks.py` runs on every CPython found and on both kinds of loop.

#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/environments.rs"]
mod environments;
#[path = "common/program.rs"]
mod program;

use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use environments::{Environment, all};
use hangspy::aggregate::{NEAR_MISS, PulseNews, PulseStall, Pulses};
use hangspy::read::Sampler;
use hangspy::snapshot::{Moment, Pulse};
use program::Program;
use serde::Deserialize;

/// Blocks of one program: as many of each length.
const ROUNDS: &str = "32";
/// Time between two pulses.
const PERIOD: Duration = Duration::from_millis(10);
/// The same while a step is young.
const SOON: Duration = Duration::from_micros(2500);
/// Whole looks, which learn where the words are.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Programs that run at the same time.
const AT_ONCE: usize = 4;
/// What a length may be off by on a machine that has nothing else to do.
const OFF_BY_MS: f64 = 10.0;
/// A program that says nothing for so long never will.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Deserialize)]
struct Ready {
    ready: bool,
}

#[derive(Debug, Deserialize)]
struct Blocks {
    blocks: Vec<(f64, f64)>,
}

/// What the pulses saw until the program had written down its blocks.
struct Seen {
    stalls: Vec<PulseStall>,
    pulses: Vec<Pulse>,
    /// Steps that were said to last.
    lasting: usize,
}

fn watch(sampler: &mut Sampler, log: &Receiver<Blocks>, what: &str) -> (Seen, Vec<(f64, f64)>) {
    let mut pulses = Pulses::default();
    let mut seen = Seen { stalls: Vec::new(), pulses: Vec::new(), lasting: 0 };
    let (began, mut look_due, mut next) = (Instant::now(), Instant::now(), Instant::now());
    loop {
        assert!(began.elapsed() < PATIENCE, "{what}: the program wrote nothing down");
        if Instant::now() >= look_due {
            sampler.snapshot().expect("a look");
            look_due = Instant::now() + LOOK_EVERY;
        }
        let pulse = sampler.pulse().expect("the program runs").expect("a layout that we know");
        let news = pulses.add(&pulse);
        seen.pulses.push(pulse);
        for one in news {
            match one {
                PulseNews::Lasts(_) => seen.lasting += 1,
                PulseNews::Ended(stall) => seen.stalls.push(stall),
            }
        }
        if let Ok(log) = log.try_recv() {
            return (seen, log.blocks);
        }
        let period = if pulses.wants_more() { SOON } else { PERIOD };
        next = (next + period).max(Instant::now() + period / 2);
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

impl Seen {
    /// What was seen around a block, for whoever has to find out.
    fn around(&self, (begin, end): (f64, f64)) -> String {
        let near = |at: Moment| (begin - 0.05..end + 0.05).contains(&at.seconds());
        let pulses: Vec<&Pulse> = self.pulses.iter().filter(|pulse| near(pulse.at)).collect();
        format!("{pulses:#?}")
    }
}

fn overlaps(stall: &PulseStall, (begin, end): (f64, f64)) -> bool {
    stall.start.seconds() < end && begin < stall.end.seconds()
}

fn compare(environment: &Environment, kind: &str) -> String {
    let mut program = Program::start(environment, "blocks.py", &[kind, ROUNDS]);
    let what = program.what.clone();
    let ready: Ready = program.says();
    assert!(ready.ready, "{what}");
    let mut sampler = program.sampler();
    sampler.snapshot().expect("a look");
    let (send, log) = channel();
    // The program goes on when its standard input, which is empty, has been read; it says the rest by itself.
    let listener = thread::spawn(move || {
        let blocks: Blocks = program.says();
        // Who does not listen any more has failed already.
        let _unheard = send.send(blocks);
        program
    });
    let (seen, blocks) = watch(&mut sampler, &log, &what);
    drop(listener.join());
    judge(&seen, &blocks, &what)
}

fn judge(seen: &Seen, blocks: &[(f64, f64)], what: &str) -> String {
    let threshold = NEAR_MISS.as_secs_f64();
    let (long, short): (Vec<_>, Vec<_>) = blocks.iter().copied().partition(|(begin, end)| end - begin >= threshold);
    let mut off = Vec::new();
    let (mut unlooked, mut missed) = (0, Vec::new());
    for block in &long {
        let inside = seen.pulses.iter().filter(|pulse| (block.0..=block.1).contains(&pulse.at.seconds())).count();
        let found: Vec<&PulseStall> = seen.stalls.iter().filter(|stall| overlaps(stall, *block)).collect();
        let Some(stall) = found.iter().max_by_key(|stall| stall.length()) else {
            unlooked += usize::from(inside < 2);
            missed.extend((inside >= 2).then_some(*block));
            continue;
        };
        let truth = block.1 - block.0;
        assert!(stall.longest.as_secs_f64() + 0.001 >= truth, "{what}: {truth} s is {stall:?}");
        off.push((stall.length().as_secs_f64() - truth).abs() * 1000.0);
    }
    let around = || missed.first().map(|block| seen.around(*block)).unwrap_or_default();
    assert!(missed.len() * 12 <= long.len(), "{what}: not counted: {missed:?}: {}", around());
    off.sort_by(f64::total_cmp);
    let median = off.get(off.len() / 2).copied().expect("some blocks were seen");
    assert!(median <= OFF_BY_MS, "{what}: lengths are off by {off:?} ms");
    assert!(unlooked * 4 <= long.len(), "{what}: {unlooked} of {} blocks fell between late pulses", long.len());
    // A program that is not let run in a step of its own stalls too and does not know: pulses that prove it are right.
    let unproved = seen.stalls.iter().filter(|stall| stall.shortest < NEAR_MISS);
    let invented = unproved.filter(|stall| !long.iter().any(|block| overlaps(stall, *block))).count();
    assert!(invented * 4 <= short.len(), "{what}: {invented} stalls that were none, of {} short blocks", short.len());
    assert!(seen.lasting >= off.len() / 2, "{what}: {} steps were said to last", seen.lasting);
    let worst = off.last().copied().unwrap_or_default();
    format!(
        "{what}: {} of {} counted, {invented} invented, off by {median:.1} ms, {worst:.1} at most",
        off.len(),
        long.len()
    )
}

#[test]
fn stalls_are_counted_as_the_program_does() {
    let found = all();
    let kinds = ["asyncio", "uvloop"];
    let pairs = found.environments.iter().flat_map(|environment| kinds.map(|kind| (environment, kind)));
    let pairs: Vec<(&Environment, &str)> =
        pairs.filter(|(environment, kind)| *kind == "asyncio" || environment.packages.contains_key("uvloop")).collect();
    assert!(!pairs.is_empty(), "no CPython was found");
    for some in pairs.chunks(AT_ONCE) {
        thread::scope(|scope| {
            let running: Vec<_> =
                some.iter().map(|(environment, kind)| scope.spawn(|| compare(environment, kind))).collect();
            for one in running {
                match one.join() {
                    Ok(words) => eprintln!("{words}"),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
    }
}

#[test]
fn a_program_without_a_loop_has_a_pulse_without_one() {
    let found = all();
    for environment in &found.environments {
        let mut child = std::process::Command::new(&environment.python)
            .args(["-c", "import time; print(1, flush=True); time.sleep(600)"])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut first = [0];
        std::io::Read::read_exact(child.stdout.as_mut().expect("a pipe"), &mut first).expect("it says that it runs");
        let mut sampler = program::sampler(child.id(), &environment.label);
        sampler.snapshot().expect("a look");
        let pulse = sampler.pulse().expect("it runs").expect("a layout that we know");
        assert_eq!(pulse.loops, [], "{}", environment.label);
        assert!(pulse.at > Moment(0) && !pulse.gils.is_empty(), "{}: {pulse:?}", environment.label);
        child.kill().expect("it can be ended");
        child.wait().expect("it ends");
    }
}
