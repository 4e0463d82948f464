//! Clients without an answer, where nobody can read the requests: the kernel knows who said something last on a connection.
//!
//! That alone is no trouble: a client of a WebSocket may have said something last. Where the process is owed an answer itself, by
//! somebody that it asked, its clients are likely to wait for that.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Judge;
use crate::aggregate::connections::{is_incoming, peer_party, silent_for, unanswered_for};
use crate::aggregate::{
    Advice, Analysis, Cause, Confidence, Evidence, Finding, Kind, PeerFact, Subject, TaskSummary, UndecidedFact,
    Verdict,
};
use crate::snapshot::{Connection, Surroundings, WorkKind};

pub(super) struct UnansweredClients;

/// So long both have to have waited.
const OWED: Duration = Duration::from_secs(10);

impl Judge for UnansweredClients {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        // Requests that were read, be it not all of them, are told by what they wait for.
        let read = analysis.recording.censuses.last().is_some_and(|census| !census.requests.is_empty());
        if read || unread_server(analysis).is_none() {
            return Vec::new();
        }
        analysis.last_surroundings().and_then(|around| told(analysis, around)).into_iter().collect()
    }
}

/// Who serves here, where its requests cannot be read: greenlets that are not their turn, or a server that we do not know.
pub(super) fn unread_server<'a>(analysis: &Analysis<'a>) -> Option<&'a str> {
    let census = analysis.recording.censuses.last()?;
    let listeners = analysis.last_surroundings()?.listeners.get()?;
    if !analysis.tracks.is_empty() || listeners.is_empty() {
        return None;
    }
    // The hub is on the stack only while it has the turn.
    let crews = analysis.recording.censuses.iter().rev().flat_map(|census| &census.crews);
    let mut serving = crews.filter(|crew| crew.kind == WorkKind::Requests);
    match serving.next() {
        Some(crew) if crew.in_turns && !reads_greenlets(analysis) => Some(&crew.name),
        Some(_) => None,
        None => census.requests.is_empty().then_some("this server"),
    }
}

/// Whether all greenlets were read, and with them the requests that they serve.
pub(super) fn reads_greenlets(analysis: &Analysis<'_>) -> bool {
    analysis.tasks().is_some_and(|(_, tasks)| tasks.greenlets.ok().is_some_and(|greenlets| greenlets > 0))
}

/// Clients that said something last, and for how long the one that waits longest has got nothing.
pub(super) fn clients(around: &Surroundings) -> (u64, Duration) {
    let owed = |connection: &Connection| {
        let traffic = connection.traffic.get()?;
        // Where nothing was sent the kernel counts from when it was connected, which may be the same tick.
        let nothing_sent = traffic.acknowledged == 0 && traffic.last_received <= traffic.last_sent;
        let asked = traffic.received > 0 && (traffic.last_received < traffic.last_sent || nothing_sent);
        silent_for(connection).filter(|silent| is_incoming(around, connection) && asked && *silent >= OWED)
    };
    let owed: Vec<Duration> = around.connections.get().into_iter().flatten().filter_map(owed).collect();
    (owed.len() as u64, owed.into_iter().max().unwrap_or_default())
}

fn told(analysis: &Analysis<'_>, around: &Surroundings) -> Option<Verdict> {
    let (clients, longest) = clients(around);
    if clients == 0 {
        return None;
    }
    let mut peers: BTreeMap<&str, (u64, Duration)> = BTreeMap::new();
    for connection in around.connections.get().into_iter().flatten() {
        if let Some(owed) = unanswered_for(around, connection).filter(|owed| *owed >= OWED) {
            let (count, longest) = peers.entry(&connection.peer).or_default();
            (*count, *longest) = (*count + 1, owed.max(*longest));
        }
    }
    let (peer, (connections, silent)) = peers.into_iter().max_by_key(|(_, (count, _))| *count)?;
    let summary = TaskSummary::ClientsUnanswered {
        clients,
        for_s: longest.as_secs_f64(),
        peer: peer.to_owned(),
        owes_for_s: silent.as_secs_f64(),
    };
    let owed = PeerFact::ConnectionsOwed { connections, peer: peer.to_owned() };
    let finding = Finding::new(Kind::RequestsWaiting, analysis.pid(), summary, owed)
        .cause(Cause::NoTimeout, Confidence::Possible)
        .lasting(Some(longest.as_secs_f64()), 1.0)
        .evidence([
            Evidence::from(UndecidedFact::RequestsNotRead { server: unread_server(analysis)?.to_owned() }),
            PeerFact::ListenersLookAlike.into(),
        ])
        .blame(None, peer_party(peer))
        .tells([Subject::AcceptQueue])
        .advice(Advice::LimitAnswer { peer: peer.to_owned(), timed: false });
    Some(finding.verdict())
}
