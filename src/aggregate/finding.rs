//! Building a verdict. It takes its first piece of evidence to begin one, so there is none without.

use super::failures::failed_tasks;
use super::hurt::hurts;
use super::subject::{About, Subject};
use super::{
    Advice, Analysis, Blame, Cause, Confidence, Evidence, Hurt, Kind, SecondParty, Summary, TaskFact, Track, Verdict,
};
use crate::classify::Doing;
use crate::snapshot::{ProcessId, ThreadId};

/// A verdict in the making.
#[derive(Clone, Debug)]
pub struct Finding {
    verdict: Verdict,
}

impl Finding {
    /// Begins a verdict with what shows it.
    #[must_use]
    pub fn new(kind: Kind, process: ProcessId, summary: impl Into<Summary>, evidence: impl Into<Evidence>) -> Self {
        let verdict = Verdict {
            kind,
            cause: None,
            confidence: Confidence::Certain,
            summary: summary.into(),
            process: process.0,
            thread: None,
            event_loop: None,
            since_s: None,
            share: 0.0,
            blame: None,
            second_party: SecondParty::None,
            hurts: Vec::new(),
            evidence: vec![evidence.into()],
            remedy: Advice::Nothing,
            doing: None,
            consequences: Vec::new(),
            about: About::default(),
        };
        Self { verdict }
    }

    /// Names the cause and how sure we are of it.
    #[must_use]
    pub fn cause(mut self, cause: Cause, confidence: Confidence) -> Self {
        self.verdict.cause = Some(cause);
        self.verdict.confidence = confidence;
        self
    }

    /// Says how sure we are.
    #[must_use]
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.verdict.confidence = confidence;
        self
    }

    /// Names the thread and, where it runs one, its loop.
    #[must_use]
    pub fn on(mut self, thread: u32, event_loop: Option<&str>) -> Self {
        self.verdict.thread = Some(thread);
        self.verdict.event_loop = event_loop.map(str::to_owned);
        self.tells([Subject::Thread(ThreadId(thread))])
    }

    /// Says how long it has lasted, if it still does, and which share of the window it took.
    #[must_use]
    pub fn lasting(mut self, since_s: Option<f64>, share: f64) -> Self {
        self.verdict.since_s = since_s;
        self.verdict.share = share.clamp(0.0, 1.0);
        self
    }

    /// Names whom to blame and who is at the other side.
    #[must_use]
    pub fn blame(mut self, blame: Option<Blame>, party: SecondParty) -> Self {
        self.verdict.blame = blame;
        self.verdict.second_party = party;
        self
    }

    /// Says what the blamed function does.
    #[must_use]
    pub fn doing(mut self, doing: Option<Doing>) -> Self {
        self.verdict.doing = doing;
        self
    }

    /// Adds evidence.
    #[must_use]
    pub fn evidence(mut self, more: impl IntoIterator<Item: Into<Evidence>>) -> Self {
        self.verdict.evidence.extend(more.into_iter().map(Into::into));
        self
    }

    /// Says whom it hurts when this loop does not turn.
    #[must_use]
    pub(super) fn hurts_users_of(self, analysis: &Analysis<'_>, track: Option<&Track<'_>>) -> Self {
        let Some(track) = track else { return self };
        self.hurts(hurts(analysis, track)).tells([Subject::AcceptQueue])
    }

    /// Says whom it hurts.
    #[must_use]
    pub fn hurts(mut self, hurts: impl IntoIterator<Item: Into<Hurt>>) -> Self {
        self.verdict.hurts = hurts.into_iter().map(Into::into).collect();
        self
    }

    /// Says who stands still: a finding that holds up all of them explains this one.
    #[must_use]
    pub fn stands(mut self, who: impl IntoIterator<Item = Subject>) -> Self {
        self.verdict.about.stands.extend(who);
        self
    }

    /// Says who and what stands still with those.
    #[must_use]
    pub fn holds_up(mut self, who: impl IntoIterator<Item = Subject>) -> Self {
        self.verdict.about.holds_up.extend(who);
        self
    }

    /// Says what else it tells of.
    #[must_use]
    pub fn tells(mut self, what: impl IntoIterator<Item = Subject>) -> Self {
        self.verdict.about.tells.extend(what);
        self
    }

    /// Names the tasks that failed: one of them may have been the one to end this wait.
    #[must_use]
    pub(super) fn failures(self, analysis: &Analysis<'_>) -> Self {
        let (subjects, facts): (Vec<Subject>, Vec<TaskFact>) = failed_tasks(analysis).into_iter().unzip();
        self.evidence(facts).tells(subjects)
    }

    /// Says what to do.
    #[must_use]
    pub fn advice(mut self, remedy: impl Into<Advice>) -> Self {
        self.verdict.remedy = remedy.into();
        self
    }

    /// The verdict.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        self.verdict
    }
}
