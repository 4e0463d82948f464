//! A client that takes no data, and others who wait for that.

use super::Judge;
use super::task_deadlocks::blame;
use crate::aggregate::connections::peer_party;
use crate::aggregate::phrases::{bytes_words, count_words, length_words, place_words};
use crate::aggregate::slow_clients::{Harm, SlowClient, slow_clients};
use crate::aggregate::{Advice, Analysis, Blame, Cause, Confidence, Finding, Hurt, Kind, Subject, Verdict};
use crate::snapshot::{Actor, Known, PrimitiveKind, PrimitiveSample, RequestSample};

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
    let place = place_words(&blame.coroutine.clone()?);
    let client = &slow.connection.peer;
    let (summary, suffers, advice) = match harm {
        Harm::Holds(primitive) => (
            format!(
                "{} for {} that {place} holds while it waits for the client {client} to take data",
                waiting(primitive),
                word(primitive)
            ),
            format!("{place} holds it, and the client takes nothing"),
            Advice::SendOutsideTheLock,
        ),
        Harm::Serves(request) => (
            format!("{place} waits for the client {client} to take data, and the request of another client with it"),
            format!("the task that waits serves {}", request_words(request)),
            Advice::QueuePerClient,
        ),
        Harm::Others(count) => (
            format!(
                "{place} waits for the client {client} to take data, and {} with it",
                count_words(count as u64, "other client")
            ),
            format!(
                "{} that were sent as much before were sent nothing for {} at least",
                count_words(count as u64, "other WebSocket"),
                length_words(slow.since)
            ),
            Advice::QueuePerClient,
        ),
    };
    let stands = format!(
        "{} wait to be sent to {client}, which took nothing of it between two readings {} apart",
        bytes_words(slow.connection.unsent),
        length_words(slow.since)
    );
    let finding = Finding::new(Kind::SlowRequests, analysis.pid(), summary, stands)
        .cause(Cause::SlowClient, Confidence::Likely)
        .lasting(Some(slow.since.as_secs_f64()), 1.0)
        .evidence([suffers])
        .hurts([hurt(harm)])
        .advice(advice)
        .blame(Some(blame), peer_party(client))
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

fn waiting(primitive: &PrimitiveSample) -> String {
    format!("{} {}", count_words(primitive.waiting, "task"), if primitive.waiting == 1 { "waits" } else { "wait" })
}

fn word(primitive: &PrimitiveSample) -> &'static str {
    match primitive.kind {
        PrimitiveKind::Semaphore => "an asyncio.Semaphore",
        _ => "an asyncio.Lock",
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

/// `WEBSOCKET /live of 10.0.0.9:51234`
fn request_words(request: &RequestSample) -> String {
    let text = |known: &Known<String>| known.get().cloned().unwrap_or_else(|| "?".to_owned());
    format!("{} {} of {}", text(&request.method), text(&request.path), text(&request.client))
}
