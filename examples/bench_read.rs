//! Takes snapshots of a process at a given rate and prints, as one line of JSON, what they cost and what was in them.
//! Part of `scripts/bench`, not of the product.
//!
//!     bench_read PID RATE SECONDS [STACKS]
//!
//! RATE 0 is as fast as possible. STACKS, a file, gets a line for every stack kept: how often, then the functions from
//! the outermost on.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a tool for measuring, not part of the product")]

use std::collections::HashMap;
use std::fmt::Write;
use std::time::{Duration, Instant};

use hangspy::attach;
use hangspy::memory::ReadError;
use hangspy::os::self_cost;
use hangspy::read::Sampler;
use hangspy::snapshot::{Code, Frame, Process, ProcessId, StackId, StackSample};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [pid, rate, seconds, stacks @ ..] = arguments.as_slice() else {
        println!("usage: bench_read PID RATE SECONDS [STACKS]");
        return;
    };
    let pid = pid.parse().expect("a process id");
    let rate: f64 = rate.parse().expect("samples per second");
    let length = Duration::from_secs_f64(seconds.parse().expect("seconds"));
    let mut sampler = Sampler::new(attach::attach(process(pid)).expect("a Python process"));
    let mut kept: HashMap<(StackId, bool), u64> = HashMap::new();
    let (mut codes, mut frames) = (Vec::new(), Vec::new());
    let (mut samples, mut failed, mut took) = (0_u64, 0_u64, Duration::ZERO);
    let cpu_s = || self_cost().cpu_s.ok().expect("the CPU time of this program");
    let before = cpu_s();
    let began = Instant::now();
    while began.elapsed() < length {
        match sampler.snapshot() {
            Ok(snapshot) => {
                took += snapshot.took;
                for thread in &snapshot.threads {
                    match thread.python.as_ref().map(|python| python.stack) {
                        Some(StackSample::Stable(stack)) => *kept.entry((stack, true)).or_default() += 1,
                        Some(StackSample::Cut(stack)) => *kept.entry((stack, false)).or_default() += 1,
                        _ => {}
                    }
                }
            }
            Err(ReadError::Gone) => break,
            Err(_) => failed += 1,
        }
        samples += 1;
        codes.extend(sampler.new_codes());
        frames.extend(sampler.new_stacks());
        if rate > 0.0 {
            let next = Duration::from_secs_f64(samples as f64 / rate);
            std::thread::sleep(next.saturating_sub(began.elapsed()));
        }
    }
    let wall = began.elapsed().as_secs_f64();
    let cpu = cpu_s() - before;
    let ledger = sampler.ledger();
    let whole: u64 = kept.iter().filter(|((_, whole), _)| *whole).map(|(_, count)| count).sum();
    println!(
        "{{\"samples\": {samples}, \"failed\": {failed}, \"per_second\": {:.1}, \"cpu_s_per_1000\": {:.4}, \"took_us\": {:.1}, \
         \"whole\": {whole}, \"cut\": {}, \"torn\": {}, \"codes\": {}, \"stacks\": {}}}",
        samples as f64 / wall,
        cpu / samples as f64 * 1000.0,
        took.as_secs_f64() / samples as f64 * 1e6,
        ledger.cut,
        ledger.torn,
        codes.len(),
        frames.len(),
    );
    if let [path] = stacks {
        std::fs::write(path, listing(&kept, &codes, &frames)).expect("the file of stacks can be written");
    }
}

fn listing(kept: &HashMap<(StackId, bool), u64>, codes: &[Code], stacks: &[Vec<Frame>]) -> String {
    let mut text = String::new();
    for ((stack, whole), count) in kept {
        let names = stacks[stack.0 as usize].iter().rev().map(|frame| codes[frame.code.0 as usize].best_name());
        let names: Vec<&str> = names.collect();
        writeln!(text, "{count} {} {}", if *whole { "whole" } else { "cut" }, names.join(";")).expect("text grows");
    }
    text
}

fn process(pid: u32) -> Process {
    Process::numbered(ProcessId(pid))
}
