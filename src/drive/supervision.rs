//! Who is above a worker, and what became of the worker: read once at the beginning, and once more after its end.

use std::collections::BTreeSet;
use std::time::Duration;

use super::interrupt::Interrupt;
use crate::libraries;
use crate::os::{self, clock, processes};
use crate::snapshot::{Aftermath, Known, Process, ProcessId, Role, Server, Supervisor, Why};

/// A supervisor that starts a new worker does so within this time: gunicorn looks once a second, uvicorn twice.
const REPLACED_WITHIN: Duration = Duration::from_millis(1800);
/// How often it is looked whether it has.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The supervisor of a worker, while the worker lives.
#[derive(Debug)]
pub(super) struct Supervision {
    supervisor: Supervisor,
    start_ticks: u64,
    children: Option<BTreeSet<ProcessId>>,
}

impl Supervision {
    /// The supervisor of a process; `None` when it has none or that one cannot be read.
    pub(super) fn of(process: &Process) -> Option<Self> {
        let parent = process.parent.filter(|_| process.role == Role::Worker)?;
        let entry = processes::read(parent).ok()?;
        let titled = entry.arguments.len() <= 1;
        let supervisor = Supervisor {
            pid: parent,
            started: clock::of_ticks(entry.start_ticks),
            worker_started: clock::of_ticks(process.start_ticks),
            // A program that wrote a title over its command line has hidden what it was told.
            patience_s: if titled {
                Known::Unknown(Why::Vanished)
            } else {
                Known::Is(patience(process.server, &entry.arguments))
            },
            after: None,
        };
        Some(Self { supervisor, start_ticks: entry.start_ticks, children: children(parent) })
    }

    /// What is known so far.
    pub(super) fn supervisor(&self) -> &Supervisor {
        &self.supervisor
    }

    /// Looks for a while for what the supervisor does about the worker's end.
    pub(super) fn after_the_end(mut self, stop: &Interrupt) -> Supervisor {
        let pid = self.supervisor.pid;
        let until = clock::now().after(REPLACED_WITHIN);
        let mut after = Aftermath { supervised: false, successors: Vec::new(), memory_kills: os::memory_kills(pid) };
        loop {
            after.supervised = processes::read(pid).is_ok_and(|now| now.start_ticks == self.start_ticks && now.runs());
            if let (Some(before), Some(now)) = (&self.children, children(pid)) {
                after.successors = now.difference(before).copied().collect();
            }
            if !after.supervised || !after.successors.is_empty() || stop.asked() || clock::now() >= until {
                break;
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        self.supervisor.after = Some(after);
        self.supervisor
    }
}

fn children(pid: ProcessId) -> Option<BTreeSet<ProcessId>> {
    os::children(pid, &[]).ok().map(|children| children.into_iter().map(|child| child.pid).collect())
}

/// For how long the supervisor of a server lets a worker be silent, seconds, as its arguments say. The last word on it counts.
fn patience(server: Server, arguments: &[String]) -> Option<u64> {
    let watchdog = libraries::watchdog(server)?;
    let mut patience = None;
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let (name, value) = word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
        if name == watchdog.option || watchdog.aliases.contains(&name) {
            patience = value.or_else(|| words.next().map(String::as_str)).and_then(|value| value.parse().ok());
        }
    }
    patience
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_patient_a_supervisor_is() {
        let of = |line: &str| {
            let server = if line.contains("gunicorn") { Server::Gunicorn } else { Server::Uvicorn };
            patience(server, &line.split(' ').map(str::to_owned).collect::<Vec<_>>())
        };
        assert_eq!(of("python /bin/gunicorn app:app -t 5 -w 2"), Some(5));
        assert_eq!(of("python /bin/gunicorn --timeout=120 app:app"), Some(120));
        assert_eq!(of("uvicorn app:app --workers 2 --timeout-worker-healthcheck 20"), Some(20));
        assert_eq!(of("uvicorn app:app --timeout-keep-alive 20"), None);
        assert_eq!(of("gunicorn app:app --timeout 600 -w 2 --timeout 2"), Some(2));
        assert_eq!(of("gunicorn app:app --timeout"), None);
        assert_eq!(of("gunicorn app:app --timeout soon"), None);
    }
}
