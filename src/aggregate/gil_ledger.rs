//! The GIL's ledger: who had it, in which function, who waited meanwhile, and for how long.
//!
//! Every look stands for the time around it, from halfway to the look before to halfway to the next: looks are not evenly
//! spaced, and on a crowded machine it is the long gaps that count. A thread has the GIL also while it sleeps; a thread
//! waits for it only when it sleeps on the GIL itself.

use std::collections::BTreeMap;

use super::gil;
use super::track::thread_name;
use crate::classify::{Book, Origin};
use crate::snapshot::{CodeId, Frame, Recording, Snapshot, StackId, StackSample, ThreadId, ThreadSample};

/// What happened to the GIL in a recording. All times are seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GilLedger {
    /// How much time the looks stand for in which the GIL could be read.
    pub covered_s: f64,
    /// For how much of it somebody had the GIL.
    pub held_s: f64,
    /// What each thread had and waited for, in the order of threads; only those that did either.
    pub threads: Vec<ThreadAccount>,
    /// What each function had, the most first.
    pub functions: Vec<FunctionAccount>,
}

/// One thread in the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreadAccount {
    /// The thread.
    pub thread: ThreadId,
    /// Its name.
    pub name: String,
    /// For how long it had the GIL.
    pub held_s: f64,
    /// For how long it waited for it.
    pub waited_s: f64,
}

/// One function in the ledger: the innermost of the user's on the stacks of whoever had the GIL.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionAccount {
    /// Its code; `None` stands for stacks that could not be read.
    pub code: Option<CodeId>,
    /// The line that most of the time was seen in.
    pub line: Option<u32>,
    /// For how long it had the GIL, in all threads.
    pub held_s: f64,
    /// How many threads ran it.
    pub threads: usize,
    /// How long each thread waited meanwhile, the longest first.
    pub victims: Vec<(ThreadId, f64)>,
}

impl FunctionAccount {
    /// How long other threads waited meanwhile, added up, seconds.
    #[must_use]
    pub fn waited_s(&self) -> f64 {
        self.victims.iter().map(|(_, seconds)| seconds).sum()
    }
}

impl GilLedger {
    /// Adds up a recording.
    #[must_use]
    pub fn of(recording: &Recording, book: &Book) -> Self {
        let mut books = OpenAccounts::default();
        for (snapshot, seconds) in weighted(&recording.snapshots) {
            books.enter(recording, book, snapshot, seconds);
        }
        books.close()
    }

    /// Share of the time in which somebody had the GIL; `None` when it could never be read.
    #[must_use]
    pub fn held_share(&self) -> Option<f64> {
        self.share(self.held_s)
    }

    /// A time as a share of the time that is covered; `None` when nothing is.
    #[must_use]
    pub fn share(&self, seconds: f64) -> Option<f64> {
        (self.covered_s > 0.0).then(|| (seconds / self.covered_s).clamp(0.0, 1.0))
    }

    /// What is known of a thread.
    #[must_use]
    pub fn thread(&self, thread: ThreadId) -> Option<&ThreadAccount> {
        let at = self.threads.binary_search_by_key(&thread, |account| account.thread).ok()?;
        self.threads.get(at)
    }
}

/// The looks, and for how many seconds each stands.
fn weighted(snapshots: &[Snapshot]) -> impl Iterator<Item = (&Snapshot, f64)> {
    let between = |one: Option<&Snapshot>, other: Option<&Snapshot>| {
        one.zip(other).map_or(0.0, |(one, other)| other.at.since(one.at).as_secs_f64())
    };
    snapshots.iter().enumerate().map(move |(index, snapshot)| {
        let before = index.checked_sub(1).and_then(|index| snapshots.get(index));
        let around = between(before, Some(snapshot)) + between(Some(snapshot), snapshots.get(index + 1));
        (snapshot, around / 2.0)
    })
}

/// The codes of a stack from the outside to the function that counts.
type Path = Vec<CodeId>;

/// What was seen on one path.
#[derive(Clone, Debug, Default)]
struct Account {
    held_s: f64,
    threads: BTreeMap<ThreadId, f64>,
    lines: BTreeMap<Option<u32>, f64>,
    victims: BTreeMap<ThreadId, f64>,
}

/// The books while they are open.
#[derive(Debug, Default)]
struct OpenAccounts {
    covered_s: f64,
    held_s: f64,
    threads: BTreeMap<ThreadId, ThreadAccount>,
    /// Stacks of which everything is known; the empty path stands for those of which nothing is.
    whole: BTreeMap<Path, Account>,
    /// Stacks of which only the outer frames are known.
    cut: BTreeMap<Path, Account>,
}

impl OpenAccounts {
    fn enter(&mut self, recording: &Recording, book: &Book, snapshot: &Snapshot, seconds: f64) {
        if gil::sample(snapshot).is_none() {
            return;
        }
        self.covered_s += seconds;
        let holder = gil::holder(snapshot);
        let victims: Vec<ThreadId> = gil::waiters(snapshot).map(|thread| self.waits(thread, seconds)).collect();
        let Some(holder) = holder else { return };
        self.held_s += seconds;
        self.thread(holder).held_s += seconds;
        let (accounts, (path, line)) = match holder.python.as_ref().map(|python| python.stack) {
            Some(StackSample::Stable(stack)) => (&mut self.whole, path(recording, book, stack)),
            Some(StackSample::Cut(stack)) => (&mut self.cut, path(recording, book, stack)),
            _ => (&mut self.whole, (Path::new(), None)),
        };
        let account = accounts.entry(path).or_default();
        account.held_s += seconds;
        *account.threads.entry(holder.thread).or_default() += seconds;
        *account.lines.entry(line).or_default() += seconds;
        for victim in victims {
            *account.victims.entry(victim).or_default() += seconds;
        }
    }

    fn thread(&mut self, thread: &ThreadSample) -> &mut ThreadAccount {
        self.threads.entry(thread.thread).or_insert_with(|| ThreadAccount {
            thread: thread.thread,
            name: thread_name(thread),
            held_s: 0.0,
            waited_s: 0.0,
        })
    }

    fn waits(&mut self, thread: &ThreadSample, seconds: f64) -> ThreadId {
        self.thread(thread).waited_s += seconds;
        thread.thread
    }

    fn close(mut self) -> GilLedger {
        for (outer, account) in std::mem::take(&mut self.cut) {
            self.share_out(outer, &account);
        }
        let mut functions: BTreeMap<Option<CodeId>, Account> = BTreeMap::new();
        for (path, account) in &self.whole {
            functions.entry(path.last().copied()).or_default().add(account, 1.0);
        }
        let mut functions: Vec<FunctionAccount> =
            functions.into_iter().map(|(code, account)| account.of_function(code)).collect();
        functions.sort_by(|one, other| other.held_s.total_cmp(&one.held_s).then(one.code.cmp(&other.code)));
        GilLedger {
            covered_s: self.covered_s,
            held_s: self.held_s,
            threads: self.threads.into_values().collect(),
            functions,
        }
    }

    /// A stack that was cut ended somewhere inside of what is left of it: most likely where whole stacks that begin the same
    /// way do, and as often in each. Without any, the function that is left has it.
    fn share_out(&mut self, outer: Path, account: &Account) {
        let inside: Vec<(Path, f64)> = self
            .whole
            .range(outer.clone()..)
            .take_while(|(path, _)| path.starts_with(&outer))
            .map(|(path, whole)| (path.clone(), whole.held_s))
            .filter(|(path, _)| !path.is_empty())
            .collect();
        let all: f64 = inside.iter().map(|(_, held_s)| held_s).sum();
        if all <= 0.0 {
            self.whole.entry(outer).or_default().add(account, 1.0);
            return;
        }
        for (path, held_s) in inside {
            self.whole.entry(path).or_default().add(account, held_s / all);
        }
    }
}

impl Account {
    fn add(&mut self, other: &Self, part: f64) {
        fn merge<K: Ord + Copy>(into: &mut BTreeMap<K, f64>, from: &BTreeMap<K, f64>, part: f64) {
            for (key, seconds) in from {
                *into.entry(*key).or_default() += seconds * part;
            }
        }
        self.held_s += other.held_s * part;
        merge(&mut self.threads, &other.threads, part);
        merge(&mut self.victims, &other.victims, part);
        // The line of a stack that was cut is that of a caller as often as not.
        if part >= 1.0 || self.lines.is_empty() {
            merge(&mut self.lines, &other.lines, part);
        }
    }

    fn of_function(self, code: Option<CodeId>) -> FunctionAccount {
        let most = self.lines.iter().max_by(|one, other| one.1.total_cmp(other.1).then(other.0.cmp(one.0)));
        let line = most.and_then(|(line, _)| *line);
        let mut victims: Vec<(ThreadId, f64)> = self.victims.into_iter().collect();
        victims.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        FunctionAccount { code, line, held_s: self.held_s, threads: self.threads.len(), victims }
    }
}

/// The function that counts and what called it: the user's innermost, not counting generator expressions, else that of an
/// installed application, else whatever is innermost.
fn path(recording: &Recording, book: &Book, stack: StackId) -> (Path, Option<u32>) {
    let frames = recording.stack(stack);
    let is = |origin: Origin| {
        move |frame: &Frame| {
            let facts = book.code(frame.code);
            facts.origin == origin && !facts.is_fragment
        }
    };
    let mine = frames.iter().position(is(Origin::User)).or_else(|| frames.iter().position(is(Origin::Installed)));
    let counted = frames.get(mine.unwrap_or(0)..).unwrap_or(&[]);
    (counted.iter().rev().map(|frame| frame.code).collect(), counted.first().and_then(|frame| frame.line))
}
