//! The other side of a wait on a screen.

use super::places;
use crate::report::{Place, SecondParty};
use crate::words::child_state;

/// The other side in words; `None` when there is none.
#[must_use]
pub(super) fn second_party(party: &SecondParty) -> Option<String> {
    match party {
        SecondParty::Peer { address, service: Some(service) } => Some(format!("{address} ({service})")),
        SecondParty::Peer { address, service: None } => Some(address.clone()),
        SecondParty::Holder { holder, stack } => Some(match telling(stack) {
            Some(place) => {
                let position = places::brief_position(&place.file, place.line);
                format!("{holder}, in {} {position}", places::function(&place.function))
            }
            None => holder.clone(),
        }),
        SecondParty::Child { pid, name, state } => Some(format!("child {pid} ({name}), {}", child_state(*state))),
        SecondParty::File { path, held_by: Some(holder) } => Some(format!("{path}, held by {holder}")),
        SecondParty::File { path, held_by: None } => Some(path.clone()),
        SecondParty::Resource { name } => Some(name.clone()),
        SecondParty::None => None,
    }
}

/// The frame that says most about a stack: the innermost outside of libraries, else the innermost.
#[must_use]
pub(super) fn telling(stack: &[Place]) -> Option<&Place> {
    stack.iter().find(|place| !places::is_library(&place.file)).or_else(|| stack.first())
}
