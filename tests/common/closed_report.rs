//! A process whose memory is closed to us.

use super::{empty, gap, no_gil, process, strings, thread};
use hangspy::aggregate::{ProcessSummary, Summary, Undecided};
use hangspy::report::{Confidence, Facts, GilReport, Kind, Report, SecondParty, Verdict};
use hangspy::snapshot::{Known, Why};

/// What the sentence is made of.
const SAID: Summary = Summary::Process(ProcessSummary::CannotTell { because: Undecided::MemoryClosed });

/// Memory is closed to us and `/proc` does not decide.
pub(crate) fn cannot_tell() -> Report {
    let mut closed = process(31, "server");
    closed.reader = hangspy::snapshot::Reader::ProcOnly;
    closed.python.clear();
    closed.loops.clear();
    let mut report = empty("31", vec![closed]);
    report.verdicts.push(Verdict {
        kind: Kind::CannotTell,
        cause: None,
        confidence: Confidence::Possible,
        summary: "cannot tell: the process's memory is closed to us".to_owned(),
        process: 31,
        thread: Some(31),
        event_loop: None,
        since_s: None,
        share: 0.0,
        blame: None,
        second_party: SecondParty::None,
        hurts: strings(&["2 connections not accepted on :8000"]),
        evidence: strings(&["in futex in 150 of 150 looks", "0 context switches in 3.0 s"]),
        doing: None,
        advice: "run hangspy as root, or: sudo sysctl kernel.yama.ptrace_scope=0; in a pod, add SYS_PTRACE".to_owned(),
        consequences: Vec::new(),
        facts: Facts { summary: Some(SAID), ..Facts::default() },
    });
    let mut main = thread(31, 31, "uvicorn", "in futex", Vec::new());
    main.stack_unknown = Some("not permitted".to_owned());
    main.cpu_share = Known::Unknown(Why::NotPermitted);
    main.gil_share = Known::Unknown(Why::NotPermitted);
    report.threads = vec![main];
    report.gil = vec![GilReport {
        process: 31,
        held: Known::Unknown(Why::NotPermitted),
        switches_per_s: Known::Unknown(Why::NotPermitted),
        ..no_gil()
    }];
    report.gaps = vec![
        gap(31, "stacks", "not permitted"),
        gap(31, "GIL", "not permitted"),
        gap(31, "event loops", "not permitted"),
        gap(31, "resident memory", "not offered by this kernel"),
    ];
    report
}
