//! `hangspy doctor`: what may be read of a process, which gate refuses, and what opens it.

use std::path::PathBuf;

use super::audit;
use super::console::{self, Console};
use crate::attach::{self, Checkup};
use crate::error::{Error, Gate, Result};
use crate::render::{self, DoctorPage, GateRow, ReadRow};
use crate::snapshot::{Process, ProcessId};
use crate::target::{self, Listed};

/// What `hangspy doctor` was asked.
#[derive(Clone, Debug)]
pub struct Doctor {
    /// The target in the user's words.
    pub asked: String,
    /// Print JSON.
    pub json: bool,
    /// Add a line for each attach to this file.
    pub audit: Option<PathBuf>,
}

/// Examines every gate between us and the target, and prints what opens the closed ones.
///
/// # Errors
///
/// When there is no such target, and [`Error::NotPermitted`] when the memory of one of its processes is closed to us.
pub fn doctor(request: &Doctor, console: Console) -> Result<()> {
    let processes = match target::find(&request.asked) {
        Err(Error::NotPermitted { pid, gate: Gate::Hidden }) => vec![Process::numbered(ProcessId(pid))],
        found => found?,
    };
    if let Some(file) = &request.audit {
        audit::write(file, "doctor", &request.asked, &processes)?;
    }
    let listed = target::list().unwrap_or_default();
    let checkups: Vec<(u32, Checkup)> =
        processes.iter().map(|process| (process.pid.0, attach::checkup(process.pid))).collect();
    let pages: Vec<DoctorPage> = checkups.iter().map(|(pid, checkup)| page(*pid, checkup, &listed)).collect();
    let mut bytes = Vec::new();
    let rendered = if request.json {
        render::doctor_json(&pages, &mut bytes)
    } else {
        render::doctor(&pages, render::Screen { width: console.width(), color: console.colored() }, &mut bytes)
    };
    rendered.map_err(console::unprintable)?;
    console.print(&bytes)?;
    match checkups.iter().find(|(_, checkup)| !checkup.reads_memory()) {
        Some((pid, _)) => Err(attach::refusal(ProcessId(*pid))),
        None => Ok(()),
    }
}

fn page(pid: u32, checkup: &Checkup, listed: &[Listed]) -> DoctorPage {
    let command = listed.iter().find(|one| one.process.pid.0 == pid).map(|one| one.command.clone());
    DoctorPage {
        pid,
        command: command.unwrap_or_else(|| "hidden".to_owned()),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        user: checkup.own_user,
        answer: answer(checkup),
        gates: checkup
            .gates
            .iter()
            .map(|gate| GateRow {
                gate: gate.name.to_owned(),
                state: gate.state.word().to_owned(),
                words: gate.words.clone(),
                opens: gate.opens.clone(),
            })
            .collect(),
        reads: checkup
            .trials
            .iter()
            .map(|trial| ReadRow { what: trial.what.to_owned(), gives: trial.gives.to_owned(), allowed: trial.allowed })
            .collect(),
    }
}

fn answer(checkup: &Checkup) -> &'static str {
    if !checkup.trials.iter().any(|trial| trial.allowed) {
        "none"
    } else if !checkup.reads_memory() {
        "proc-only"
    } else if checkup.trials.iter().all(|trial| trial.allowed) {
        "full"
    } else {
        "partly"
    }
}
