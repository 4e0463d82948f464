//! A test run: what is added up while it goes on, and the report that comes of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Tool;
use super::test_hang::TestHang;
use super::test_stalls::{TestLimits, TestStall, test_stalls};
use crate::aggregate::{Analysis, Cause, LookAt};
use crate::classify::Look;
use crate::libraries;
use crate::snapshot::{Cost, GilRole, Ledger, Recording, SCHEMA, Snapshot, TestMark, TestMoment};

/// The finished findings of a test run: the contract of `hangspy test --json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestReport {
    /// Version of this contract.
    pub schema: u32,
    /// Who made it.
    pub tool: Tool,
    /// What was run.
    pub command: Vec<String>,
    /// What the command ended with, as a shell would tell it.
    pub exit: i32,
    /// How it was looked at.
    pub window: TestWindow,
    /// Processes of the command that were looked at.
    pub processes: Vec<TestProcess>,
    /// What was seen of each test, the most time blocked first. Tests that ended between two looks are not among them.
    pub tests: Vec<TestAccount>,
    /// Blocking functions, the most time first.
    pub functions: Vec<TestFunction>,
    /// Stalls by test and function: what broke the limit first, then the longest.
    pub stalls: Vec<TestStall>,
    /// Tests that hung.
    #[serde(default)]
    pub hangs: Vec<TestHang>,
    /// What hangspy itself cost.
    pub cost: Cost,
}

/// How a test run was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TestWindow {
    /// How long the command took, seconds.
    pub seconds: f64,
    /// From one look to the next, seconds.
    pub interval_s: f64,
    /// The shortest limit that these looks can tell, seconds.
    pub resolution_s: f64,
    /// For how long a test may block a loop, seconds; `None` only tells.
    pub limit_s: Option<f64>,
    /// Tests that ran.
    pub tests: u64,
    /// How the looking went.
    pub looks: Ledger,
}

/// A process of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestProcess {
    /// Its number.
    pub pid: u32,
    /// What it was started as: the first word of its command line.
    pub program: String,
    /// The version of its Python; empty where that is not known.
    pub python: String,
    /// How many tests it ran.
    pub tests: u64,
    /// Whether it is pytest and does not say which test runs: our plugin is not installed where it is.
    pub lacks_plugin: bool,
    /// Why nothing was seen of it, in words.
    pub unseen: Option<String>,
}

/// What was seen of a test, or of a process that does not say which test it runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TestAccount {
    /// The process.
    pub process: u32,
    /// pytest's name for the test; `None` where nobody says which runs.
    pub test: Option<String>,
    /// How many looks saw it.
    pub looks: u64,
    /// The time that these stand for, seconds.
    pub seconds: f64,
    /// Stalls of its loops.
    pub stalls: u64,
    /// Their time, seconds.
    pub blocked_s: f64,
    /// The longest, seconds.
    pub longest_s: f64,
    /// For how long its thread or a loop waited for the GIL, seconds.
    pub gil_wait_s: f64,
    /// Whether it blocked a loop for longer than it may.
    pub broken: bool,
}

/// A blocking function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestFunction {
    /// Its name; empty where nobody could be blamed.
    pub function: String,
    /// Its file.
    pub file: String,
    /// The line of the longest stall.
    pub line: Option<u32>,
    /// The cause of the longest.
    pub cause: Option<Cause>,
    /// In how many tests.
    pub tests: u64,
    /// Stalls.
    pub stalls: u64,
    /// Their time, seconds.
    pub total_s: f64,
    /// The longest, seconds.
    pub longest_s: f64,
}

/// What is added up while a test run goes on.
#[derive(Clone, Debug, Default)]
pub struct TestRun {
    /// By process and test; test 0 is a process that says nothing of tests.
    accounts: BTreeMap<(u32, u64), TestAccount>,
    stalls: Vec<TestStall>,
    hangs: Vec<TestHang>,
    /// Processes in which pytest runs, and whether a test was told there.
    runners: BTreeMap<u32, bool>,
}

impl TestRun {
    /// Adds what was seen of a process; `moments` are what it ran at each of the snapshots.
    pub fn add(&mut self, recording: &Recording, moments: &[TestMoment], limits: &TestLimits) -> &[TestStall] {
        let analysis = Analysis::with_stalls_from(recording, limits.told_from());
        let known = self.stalls.len();
        self.look_for_runner(recording, moments);
        self.add_looks(&analysis, moments);
        self.stalls.extend(test_stalls(&analysis, moments, limits));
        let new = self.stalls.get(known..).unwrap_or_default();
        for stall in new {
            let test = stall.test.as_ref();
            let account = account(&mut self.accounts, stall.process, test);
            account.stalls += stall.stalls;
            account.blocked_s += stall.total_s;
            account.longest_s = account.longest_s.max(stall.longest_s);
            account.broken |= stall.broken;
        }
        new
    }

    fn look_for_runner(&mut self, recording: &Recording, moments: &[TestMoment]) {
        if recording.codes.iter().any(|code| libraries::runs_tests(&code.file)) {
            let told = moments.iter().any(|moment| *moment != TestMoment::Unmarked);
            *self.runners.entry(recording.process.pid.0).or_default() |= told;
        }
    }

    fn add_looks(&mut self, analysis: &Analysis<'_>, moments: &[TestMoment]) {
        let starved: BTreeSet<usize> =
            analysis.tracks.iter().flat_map(|track| &track.looks).filter_map(in_want).collect();
        let snapshots = &analysis.recording.snapshots;
        for (index, (snapshot, moment)) in snapshots.iter().zip(moments).enumerate() {
            let mark = match moment {
                TestMoment::Runs(mark) => Some(mark.as_ref()),
                TestMoment::Unmarked => None,
                TestMoment::Between | TestMoment::Changed => continue,
            };
            // A look stands for the time until the next one, which is never long unless we were kept from looking.
            let next = snapshots.get(index + 1);
            let seconds = next.map_or(0.0, |next| next.at.since(snapshot.at).as_secs_f64());
            let account = account(&mut self.accounts, analysis.pid().0, mark);
            account.looks += 1;
            account.seconds += seconds;
            if starved.contains(&index) || mark.is_some_and(|mark| waits_for_gil(snapshot, mark)) {
                account.gil_wait_s += seconds;
            }
        }
    }

    /// A test hangs.
    pub fn hangs(&mut self, hang: TestHang) {
        self.hangs.push(hang);
    }

    /// The process of a test that hung was killed.
    pub fn killed(&mut self, process: u32) {
        for hang in self.hangs.iter_mut().filter(|hang| hang.process == process) {
            hang.killed = true;
        }
    }

    /// What was found where tests hung.
    #[must_use]
    pub fn all_hangs(&self) -> &[TestHang] {
        &self.hangs
    }

    /// What was found where this process hung in the test that it began as its so-manyth.
    #[must_use]
    pub fn hang_of(&self, process: u32, test: u64) -> Option<&TestHang> {
        self.hangs.iter().find(|hang| hang.process == process && hang.test.test == test)
    }

    /// The stalls of the test that this process began as its so-manyth.
    pub fn stalls_of(&self, process: u32, test: u64) -> impl Iterator<Item = &TestStall> {
        let is_its = move |mark: &TestMark| mark.test == test;
        self.stalls.iter().filter(move |stall| stall.process == process && stall.test.as_ref().is_some_and(is_its))
    }

    /// Whether a test blocked a loop for longer than it may.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.stalls.iter().any(|stall| stall.broken)
    }

    /// The report on all of it.
    #[must_use]
    pub fn report(
        mut self,
        command: Vec<String>,
        exit: i32,
        window: TestWindow,
        mut processes: Vec<TestProcess>,
        cost: Cost,
    ) -> TestReport {
        for process in &mut processes {
            process.lacks_plugin = self.runners.get(&process.pid).is_some_and(|told| !told);
        }
        // Processes say it themselves.
        let tests = processes.iter().fold(0, |sum: u64, process| sum.saturating_add(process.tests));
        self.stalls.sort_by(|one, other| {
            other
                .broken
                .cmp(&one.broken)
                .then(other.longest_s.total_cmp(&one.longest_s))
                .then(one.test.cmp(&other.test))
        });
        let mut accounts: Vec<TestAccount> = self.accounts.into_values().collect();
        accounts.sort_by(|one, other| {
            let by = |account: &TestAccount| (account.blocked_s, account.gil_wait_s, account.seconds);
            let (one, other) = (by(one), by(other));
            other.0.total_cmp(&one.0).then(other.1.total_cmp(&one.1)).then(other.2.total_cmp(&one.2))
        });
        TestReport {
            schema: SCHEMA,
            tool: Tool { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            command,
            exit,
            window: TestWindow { tests, ..window },
            processes,
            tests: accounts,
            functions: functions(&self.stalls),
            stalls: self.stalls,
            hangs: self.hangs,
            cost,
        }
    }
}

fn account<'a>(
    accounts: &'a mut BTreeMap<(u32, u64), TestAccount>,
    process: u32,
    mark: Option<&TestMark>,
) -> &'a mut TestAccount {
    accounts.entry((process, mark.map_or(0, |mark| mark.test))).or_insert_with(|| TestAccount {
        process,
        test: mark.map(|mark| mark.node.clone()),
        ..TestAccount::default()
    })
}

/// The snapshot in which a loop waited for the GIL.
fn in_want(seen: &LookAt<'_>) -> Option<usize> {
    (seen.look == Look::StarvedOfGil).then_some(seen.snapshot)
}

/// Whether the thread that runs the test waits for the GIL.
fn waits_for_gil(snapshot: &Snapshot, mark: &TestMark) -> bool {
    let python = snapshot.thread(mark.thread).and_then(|thread| thread.python.as_ref());
    python.and_then(|python| python.gil.ok()) == Some(GilRole::Waits)
}

/// The functions of stalls, the most time first.
fn functions(stalls: &[TestStall]) -> Vec<TestFunction> {
    let mut found: BTreeMap<(String, String), TestFunction> = BTreeMap::new();
    let mut tests: BTreeSet<(String, String, u32, u64)> = BTreeSet::new();
    for stall in stalls {
        let blame = stall.verdict.blame.as_ref();
        let (file, function) = blame.map(|blame| (blame.file.clone(), blame.function.clone())).unwrap_or_default();
        let entry = found.entry((file.clone(), function.clone())).or_insert_with(|| TestFunction {
            function: function.clone(),
            file: file.clone(),
            line: None,
            cause: None,
            tests: 0,
            stalls: 0,
            total_s: 0.0,
            longest_s: 0.0,
        });
        entry.stalls += stall.stalls;
        entry.total_s += stall.total_s;
        if stall.longest_s >= entry.longest_s {
            entry.longest_s = stall.longest_s;
            entry.line = blame.map(|blame| blame.line);
            entry.cause = stall.verdict.cause;
        }
        let is_new = |mark: &TestMark| tests.insert((file, function, stall.process, mark.test));
        entry.tests += u64::from(stall.test.as_ref().is_some_and(is_new));
    }
    let mut functions: Vec<TestFunction> = found.into_values().collect();
    functions.sort_by(|one, other| other.total_s.total_cmp(&one.total_s));
    functions
}
