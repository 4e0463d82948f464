//! Who could end a wait, found from outside and compared with what the program itself says: each way to wait, on every CPython
//! found and both kinds of loop.

#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/environments.rs"]
mod environments;
#[path = "common/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::time::Duration;

use environments::all;
use hangspy::read::Allowance;
use hangspy::snapshot::{Ending, Known, TaskCensus, TaskSample};
use program::Program;
use serde::Deserialize;

/// A census that is not cut: on a machine that is busy with other tests it takes what it takes.
const UNHURRIED: Allowance = Allowance { cpu: Duration::from_secs(60), wall: Duration::from_secs(60) };
/// Waits that are compared: fewer prove little.
const FEWEST: usize = 28;

/// What the program says.
#[derive(Debug, Deserialize)]
struct Truth {
    /// By the name of a task, who could end its wait.
    ends: BTreeMap<String, Vec<(String, serde_json::Value)>>,
}

/// What was found, in the words of the program.
fn words(tasks: &TaskCensus, task: &TaskSample) -> Vec<String> {
    let Known::Is(ends) = &task.ends else { return vec![format!("{:?}", task.ends)] };
    let mut words: Vec<String> = ends
        .iter()
        .map(|ending| match ending {
            Ending::Descriptor { number, .. } => format!("descriptor {number}"),
            Ending::Timer { .. } => "timer".to_owned(),
            Ending::Limit { .. } => "limit".to_owned(),
            Ending::Asked { .. } => "asked".to_owned(),
            Ending::Thread { thread } => format!("thread {thread}"),
            Ending::Queued { .. } => "queued".to_owned(),
            Ending::Child { pid } => format!("child {pid}"),
            Ending::Task { task } => {
                let name = tasks.task(*task).and_then(|task| task.name.get().cloned());
                format!("task {}", name.unwrap_or_else(|| task.to_string()))
            }
            Ending::Ready => "ready".to_owned(),
        })
        .collect();
    words.sort();
    if words.is_empty() { vec!["nobody".to_owned()] } else { words }
}

fn said(ends: &[(String, serde_json::Value)]) -> Vec<String> {
    let word = |(kind, what): &(String, serde_json::Value)| match what {
        serde_json::Value::Null => kind.clone(),
        serde_json::Value::String(name) => format!("{kind} {name}"),
        other => format!("{kind} {other}"),
    };
    let mut words: Vec<String> = ends.iter().map(word).collect();
    words.sort();
    words
}

#[test]
fn who_could_end_a_wait_is_who_the_program_says() {
    let mut wrong = Vec::new();
    for environment in all().environments {
        for kind in ["asyncio", "uvloop"] {
            if kind == "uvloop" && !environment.packages.contains_key("uvloop") {
                continue;
            }
            let mut program = Program::start(&environment, "waits.py", &[kind]);
            let truth: Truth = program.says();
            let mut sampler = program.sampler();
            sampler.snapshot().expect("the program runs");
            let census = sampler.census(UNHURRIED);
            let tasks = census.tasks.get().expect("its tasks can be read");
            let by_name: BTreeMap<&str, &TaskSample> =
                tasks.tasks.iter().filter_map(|task| Some((task.name.get()?.as_str(), task))).collect();
            assert!(truth.ends.len() >= FEWEST, "{}: {} waits", program.what, truth.ends.len());
            for (name, ends) in &truth.ends {
                let found = by_name.get(name.as_str()).map(|task| words(tasks, task));
                if found.as_ref() != Some(&said(ends)) {
                    wrong.push(format!("{}, {name}: expected {:?}, found {found:?}", program.what, said(ends)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
