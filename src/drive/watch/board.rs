//! What was asked for from outside, and what became of it.
//!
//! Pure state behind the [`desk`](super::desk): the gateway's thread puts in, the guard's takes out. One capture is asked for at a time: it
//! sees all processes, so whoever asks in the meantime is told its number.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use super::recorder::INCIDENT;
use super::rules::Rule;
use crate::gateway::{Alert, Notification, Operation, Progress, Receipt, State};

/// Operations that are remembered.
const MOST_OPERATIONS: usize = 100;
/// Alerts that are remembered, so that one that is told again is not captured again.
const MOST_KNOWN: usize = 4096;
/// Alerts that an incident names; more are counted.
const MOST_NAMED: usize = 32;
/// An alert that comes so soon after a capture for another one is named in its incident: what hangs makes several alerts fire one after
/// the other, and each capture holds the minute before.
const SAME_MOMENT: Duration = Duration::from_secs(60);

/// What tells an alert from all others: both of a pair send it, and each repeats it.
type Key = (String, String);

/// The state.
#[derive(Debug, Default)]
pub(super) struct Board {
    last: u64,
    operations: VecDeque<Operation>,
    known: BTreeSet<Key>,
    /// The same in the order in which they came.
    order: VecDeque<Key>,
    active: Option<Call>,
    /// The last capture for an alert, since when there is its incident, and how many alerts that names.
    captured: Option<Captured>,
    /// Alerts that have ended, or came soon after a capture, and are not written down yet.
    news: VecDeque<News>,
}

#[derive(Clone, Copy, Debug)]
struct Captured {
    number: u64,
    at: Instant,
    named: usize,
}

/// What an incident does not say yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// Of the last incident that was captured for an alert: it is for this one too.
    Joined(Alert),
    /// An alert has ended.
    Ended(Alert),
}

/// A capture that was asked for.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) number: u64,
    pub(super) rule: Rule,
    /// What it is of, without the word of the rule.
    pub(super) thing: String,
    /// The alerts that it is for.
    pub(super) alerts: Vec<Alert>,
    /// Since when it has been taken.
    pub(super) began: Option<Instant>,
    /// Whether somebody wants it to end: `Some(true)` keeps what was seen.
    pub(super) end: Option<bool>,
}

/// How a capture ended.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// As an incident of this name, which says this.
    Kept { incident: String, summary: String },
    /// As no incident, and why.
    Not(State, Option<String>),
}

impl Board {
    /// Takes alerts: those that fire and are not known are a reason to capture.
    pub(super) fn alerts(&mut self, notification: &Notification, now_s: u64) -> Receipt {
        let mut receipt = Receipt { left_out: notification.left_out, ..Receipt::default() };
        for alert in &notification.alerts {
            let key = (alert.fingerprint.clone(), alert.starts_at.clone());
            if alert.ends_at.is_some() {
                receipt.resolved += 1;
                if self.known.contains(&key) && self.news.len() < MOST_NAMED {
                    self.news.push_back(News::Ended(alert.clone()));
                }
            } else if self.learn(key) {
                receipt.new += 1;
                receipt.operation = Some(self.call(alert, now_s));
            } else {
                receipt.known += 1;
            }
        }
        receipt
    }

    /// Whether an alert was not known.
    fn learn(&mut self, key: Key) -> bool {
        if !self.known.insert(key.clone()) {
            return false;
        }
        self.order.push_back(key);
        if self.order.len() > MOST_KNOWN
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }

    /// The capture for an alert: the one that is being taken or was taken just now, or a new one.
    fn call(&mut self, alert: &Alert, now_s: u64) -> u64 {
        let captured = self.captured.as_mut().filter(|last| self.active.is_none() && last.at.elapsed() < SAME_MOMENT);
        if let Some(last) = captured {
            last.named += 1;
            if last.named <= MOST_NAMED {
                self.news.push_back(News::Joined(alert.clone()));
            }
            let number = last.number;
            self.change(number, |operation| operation.alerts += 1);
            return number;
        }
        let thing = format!("{} {}", alert.name, alert.fingerprint);
        let number = match self.active.as_ref() {
            Some(call) => call.number,
            None => self.begin(Rule::Alert, thing, now_s),
        };
        if let Some(call) = self.active.as_mut().filter(|call| call.alerts.len() < MOST_NAMED) {
            call.alerts.push(alert.clone());
        }
        self.change(number, |operation| operation.alerts += 1);
        number
    }

    /// Asks for a capture; `Err` has the number of the one that is being taken.
    pub(super) fn ask(&mut self, rule: Rule, thing: &str, now_s: u64) -> Result<u64, u64> {
        match self.active.as_ref() {
            Some(call) => Err(call.number),
            None => Ok(self.begin(rule, thing.to_owned(), now_s)),
        }
    }

    fn begin(&mut self, rule: Rule, thing: String, now_s: u64) -> u64 {
        self.last += 1;
        let number = self.last;
        self.operations.push_back(Operation {
            number,
            state: State::Waiting,
            reason: None,
            progress: None,
            thing: rule.of(&thing),
            alerts: 0,
            asked_s: now_s,
            incident: None,
            summary: None,
            earlier: Vec::new(),
        });
        if self.operations.len() > MOST_OPERATIONS {
            self.operations.pop_front();
        }
        self.active = Some(Call { number, rule, thing, alerts: Vec::new(), began: None, end: None });
        number
    }

    /// What is asked for or being taken now.
    pub(super) fn active(&self) -> Option<&Call> {
        self.active.as_ref()
    }

    /// It is being taken from now on.
    pub(super) fn began(&mut self) {
        let Some(call) = self.active.as_mut() else { return };
        call.began = Some(Instant::now());
        let number = call.number;
        self.change(number, |operation| operation.state = State::Running);
    }

    /// It has ended, and there are these incidents from before; what it was.
    pub(super) fn ended(&mut self, end: End, earlier: Vec<String>) -> Option<Call> {
        let call = self.active.take()?;
        if matches!(end, End::Kept { .. }) && !call.alerts.is_empty() {
            self.captured = Some(Captured { number: call.number, at: Instant::now(), named: call.alerts.len() });
        }
        self.change(call.number, |operation| {
            operation.earlier = earlier;
            match end {
                End::Kept { incident, summary } => {
                    operation.state = State::Done;
                    operation.incident = Some(incident);
                    operation.summary = Some(summary);
                }
                End::Not(state, reason) => {
                    operation.state = state;
                    operation.reason = reason;
                }
            }
        });
        Some(call)
    }

    /// Asks for its end. What it is then, if there is such an operation.
    pub(super) fn end(&mut self, number: u64, keep: bool) -> Option<Operation> {
        if let Some(call) = self.active.as_mut().filter(|call| call.number == number) {
            call.end = Some(keep);
        }
        self.operations().into_iter().find(|operation| operation.number == number)
    }

    /// What was asked for lately.
    pub(super) fn operations(&self) -> Vec<Operation> {
        let began = self.active.as_ref().and_then(|call| Some((call.number, call.began?)));
        let progress = |operation: &Operation| {
            let (_, began) = began.filter(|(number, _)| *number == operation.number)?;
            let elapsed = began.elapsed().min(INCIDENT);
            Some(Progress { elapsed_s: seconds(elapsed), length_s: seconds(INCIDENT) })
        };
        self.operations.iter().map(|one| Operation { progress: progress(one), ..one.clone() }).collect()
    }

    /// What incidents do not say yet, since this was last asked.
    pub(super) fn news(&mut self) -> Vec<News> {
        self.news.drain(..).collect()
    }

    fn change(&mut self, number: u64, change: impl FnOnce(&mut Operation)) {
        self.operations.iter_mut().rev().find(|operation| operation.number == number).map(change);
    }
}

/// To a tenth of a second.
fn seconds(length: Duration) -> f64 {
    (length.as_secs_f64() * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(fingerprint: &str, ended: bool) -> Alert {
        Alert {
            name: "HealthFails".to_owned(),
            fingerprint: fingerprint.to_owned(),
            starts_at: "2026-11-28T23:40:00Z".to_owned(),
            ends_at: ended.then(|| "2026-11-28T23:45:00Z".to_owned()),
            labels: std::collections::BTreeMap::new(),
        }
    }

    fn notification(alerts: Vec<Alert>) -> Notification {
        Notification { sender: "Alertmanager", alerts, left_out: 0 }
    }

    #[test]
    fn an_alert_is_captured_once_and_closed() {
        let mut board = Board::default();
        let first = board.alerts(&notification(vec![alert("a", false), alert("b", false)]), 100);
        assert_eq!(first, Receipt { operation: Some(1), new: 2, ..Receipt::default() });
        let again = board.alerts(&notification(vec![alert("a", false)]), 101);
        assert_eq!(again, Receipt { known: 1, ..Receipt::default() });
        let call = board.active().expect("it was asked for");
        assert_eq!((call.number, call.alerts.len(), call.rule), (1, 2, Rule::Alert));
        board.began();
        assert_eq!(board.operations()[0].progress.map(|progress| progress.length_s), Some(3.0));
        let third = board.alerts(&notification(vec![alert("c", false)]), 102);
        assert_eq!(third.operation, Some(1), "the same moment is captured already");
        assert_eq!(board.ask(Rule::Asked, "a request", 103), Err(1));
        let end = End::Kept { incident: "2026-alert-7".to_owned(), summary: "blocked".to_owned() };
        let call = board.ended(end, Vec::new()).expect("it was active");
        assert_eq!(call.alerts.len(), 3);
        let operation = &board.operations()[0];
        assert_eq!((operation.state, operation.alerts, operation.progress), (State::Done, 3, None));
        assert_eq!(operation.thing, "alert: HealthFails a");
        assert_eq!(board.alerts(&notification(vec![alert("a", true), alert("x", true)]), 104).resolved, 2);
        assert_eq!(board.news(), [News::Ended(alert("a", true))], "nobody has told of the other");
        let soon = board.alerts(&notification(vec![alert("d", false)]), 104);
        assert_eq!((soon.operation, board.operations().len()), (Some(1), 1), "it is about the same moment");
        assert_eq!(board.news(), [News::Joined(alert("d", false))]);
        assert_eq!(board.ask(Rule::Asked, "a request", 105), Ok(2));
        assert!(board.end(2, false).is_some() && board.end(3, false).is_none());
        assert_eq!(board.active().and_then(|call| call.end), Some(false));
        assert!(board.ended(End::Not(State::Cancelled, None), Vec::new()).is_some());
        assert!(board.ended(End::Not(State::Cancelled, None), Vec::new()).is_none());
    }

    #[test]
    fn what_is_remembered_has_limits() {
        let mut board = Board::default();
        for index in 0..MOST_KNOWN + 100 {
            board.alerts(&notification(vec![alert(&index.to_string(), false)]), 0);
            if index % 10 == 0 {
                board.ended(End::Not(State::Refused, None), Vec::new());
            }
        }
        assert_eq!((board.known.len(), board.order.len(), board.operations.len()), (MOST_KNOWN, MOST_KNOWN, 100));
        for index in 0..200 {
            board.alerts(&notification(vec![alert("burst", false), alert(&format!("{index} more"), false)]), 0);
        }
        assert_eq!(board.active().map(|call| call.alerts.len()), Some(MOST_NAMED));
    }
}
