//! A client that takes no data, and others who wait for that.

use super::Judge;
use super::task_deadlocks::blame;
use crate::aggregate::connections::peer_party;
use crate::aggregate::slow_clients::{Harm, SlowClient, slow_clients};
use crate::aggregate::{
    Advice, Analysis, Blame, Cause, Confidence, Finding, Hurt, Kind, PeerFact, Subject, TaskSummary, Verdict,
};
use crate::snapshot::Actor;

pub(super) struct SlowClients;

/// Verdicts about one process.
const MOST: usize = 3;

impl Judge for SlowClients {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let mut verdicts: Vec<Verdict> = Vec::new();
        for slow in slow_clients(analysis) {
            let found = slow.harm.and_then(|harm| verdict(analysis, &slow, harm));
            // Of several clients that one function waits for, the first says it.
            let place = |verdict: &Verdict| verdict.blame.as_ref().map(|blame| (blame.file.clone(), blame.line));
            verdicts.extend(found.filter(|found| verdicts.iter().all(|other| place(other) != place(found))));
        }
        verdicts.truncate(MOST);
        verdicts
    }
}

fn verdict(analysis: &Analysis<'_>, slow: &SlowClient<'_>, harm: Harm<'_>) -> Option<Verdict> {
    let blame: Blame = slow.tasks.iter().find_map(|task| blame(analysis, Actor::Task(task.address)))?;
    let place = blame.coroutine.clone()?;
    let (client, since_s) = (slow.connection.peer.clone(), slow.since.as_secs_f64());
    let with = |others| TaskSummary::WithSlowClient { place: place.clone(), client: client.clone(), others };
    let (summary, suffers, advice) = match harm {
        Harm::Holds(primitive) => (
            TaskSummary::BehindSlowClient {
                tasks: primitive.waiting,
                primitive: primitive.kind,
                place: place.clone(),
                client: client.clone(),
            },
            PeerFact::SenderHolds { place: place.clone() },
            Advice::SendOutsideTheLock,
        ),
        Harm::Serves(request) => (
            with(None),
            PeerFact::ServesAnother {
                method: request.method.clone(),
                path: request.path.clone(),
                client: request.client.clone(),
            },
            Advice::QueuePerClient,
        ),
        Harm::Others(count) => (
            with(Some(count as u64)),
            PeerFact::OthersSentNothing { websockets: count as u64, for_s: since_s },
            Advice::QueuePerClient,
        ),
    };
    let party = peer_party(&client);
    let stands = PeerFact::TakesNothing { bytes: slow.connection.unsent, client, apart_s: since_s };
    let finding = Finding::new(Kind::SlowRequests, analysis.pid(), summary, stands)
        .cause(Cause::SlowClient, Confidence::Likely)
        .lasting(Some(slow.since.as_secs_f64()), 1.0)
        .evidence([suffers])
        .hurts([hurt(harm)])
        .advice(advice)
        .blame(Some(blame), party)
        .stands(slow.tasks.iter().map(|task| Subject::Task(task.address)))
        .holds_up([Subject::Connection(slow.connection.descriptor)])
        .holds_up(behind(harm));
    Some(finding.verdict())
}

/// The lock that the sender holds, and who waits for it.
fn behind(harm: Harm<'_>) -> Vec<Subject> {
    match harm {
        Harm::Holds(primitive) => {
            let waiters = primitive.waiters.iter().map(|task| Subject::Task(*task));
            waiters.chain([Subject::Primitive(primitive.address)]).collect()
        }
        Harm::Serves(_) | Harm::Others(_) => Vec::new(),
    }
}

fn hurt(harm: Harm<'_>) -> Hurt {
    match harm {
        Harm::Holds(primitive) => Hurt::BehindLock { tasks: primitive.waiting },
        Harm::Serves(request) => Hurt::RequestOf {
            method: request.method.clone(),
            path: request.path.clone(),
            client: request.client.clone(),
        },
        Harm::Others(count) => Hurt::OtherClients { count: count as u64 },
    }
}
