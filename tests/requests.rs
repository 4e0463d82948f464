//! Requests as every interface hands them to an application, read from outside on every CPython found.

#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/environments.rs"]
mod environments;
#[path = "common/program.rs"]
mod program;

use std::time::Duration;

use environments::all;
use hangspy::read::Allowance;
use hangspy::snapshot::{Known, RequestSample};
use program::Program;
use serde::Deserialize;

/// A census that is not cut: on a machine that is busy with other tests it takes what it takes.
const UNHURRIED: Allowance = Allowance { cpu: Duration::from_secs(60), wall: Duration::from_secs(60) };
/// How old the requests are at least that say when they began, by `fixtures/programs/interfaces.py`.
const AGE: Duration = Duration::from_millis(200);
/// What looking at the program may take on top.
const LATE: Duration = Duration::from_secs(60);

/// A request as the program says it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Truth {
    method: String,
    path: String,
    client: String,
    in_task: bool,
    #[serde(default)]
    begun: Option<bool>,
    dated: bool,
}

fn told(request: &RequestSample) -> Truth {
    let text = |text: &Known<String>| text.get().cloned().unwrap_or_else(|| format!("{text:?}"));
    Truth {
        method: text(&request.method),
        path: text(&request.path),
        client: text(&request.client),
        in_task: request.task.get().is_some(),
        begun: request.answering.ok(),
        dated: request.began.get().is_some(),
    }
}

#[test]
fn every_interface_shows_its_requests_and_nothing_else_is_one() {
    for environment in &all().environments {
        let mut program = Program::start(environment, "interfaces.py", &[]);
        let mut expected: Vec<Truth> = program.says();
        let mut sampler = program.sampler();
        sampler.snapshot().expect("the program runs");
        let census = sampler.census(UNHURRIED);
        let mut found: Vec<Truth> = census.requests.iter().map(told).collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{}", program.what);
        for request in &census.requests {
            assert_eq!(request.request_id, Known::Is(Some("r-1".to_owned())), "{}: {request:?}", program.what);
            if let Known::Is(began) = request.began {
                let age = census.at.since(began);
                assert!((AGE..AGE + LATE).contains(&age), "{}: {age:?} of {request:?}", program.what);
            }
        }
    }
}
