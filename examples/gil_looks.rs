//! Looks at a process and prints, one line of JSON per look, when it looked and what every thread had to do with the GIL.
//! Part of `scripts/gil_truth`, which compares that with what the kernel saw; not of the product.
//!
//!     gil_looks PID SECONDS

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a tool for measuring, not part of the product")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hangspy::attach;
use hangspy::memory::ReadError;
use hangspy::read::Sampler;
use hangspy::snapshot::{GilRole, Known, Process, ProcessId};

/// From one look to the next. No multiple of CPython's switch interval of 5 ms, so that looks fall anywhere in it.
const PERIOD: Duration = Duration::from_micros(7300);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [pid, seconds] = arguments.as_slice() else {
        println!("usage: gil_looks PID SECONDS");
        return;
    };
    let pid = pid.parse().expect("a process id");
    let length = Duration::from_secs_f64(seconds.parse().expect("seconds"));
    let mut sampler =
        Sampler::new(attach::attach(Process::numbered(ProcessId(pid))).expect("a Python process that may be read"));
    let began = Instant::now();
    while began.elapsed() < length {
        match sampler.snapshot() {
            Ok(snapshot) => {
                let role = |role: Known<GilRole>| role.ok().and_then(|role| serde_json::to_value(role).ok());
                let roles: BTreeMap<u32, _> = snapshot
                    .threads
                    .iter()
                    .filter_map(|thread| Some((thread.thread.0, role(thread.python.as_ref()?.gil))))
                    .collect();
                let took = u64::try_from(snapshot.took.as_nanos()).expect("a look is short");
                println!("{}", serde_json::json!({"at": snapshot.at.0, "took": took, "roles": roles}));
            }
            Err(ReadError::Gone) => break,
            Err(_) => {}
        }
        std::thread::sleep(PERIOD);
    }
}
