//! Places, threads, tasks and texts.

use crate::aggregate::{Place, Where};
use crate::classify::Who;
use crate::snapshot::Known;

/// `fetch_orders (app.py:7)`
#[must_use]
pub fn place(place: &Place) -> String {
    place.to_string()
}

/// ` in fetch_orders (app.py:7)`, and nothing where that is not known.
pub(super) fn in_place(at: Option<&Place>) -> String {
    at.map(|at| format!(" in {}", place(at))).unwrap_or_default()
}

/// `thread 4712 reindex`, `task Task-7`
#[must_use]
pub fn who(who: &Who) -> String {
    match who {
        Who::Thread { thread, name } => match name.as_deref().filter(|name| !name.is_empty()) {
            Some(name) => format!("thread {thread} {name}"),
            None => format!("thread {thread}"),
        },
        Who::Task { name: Some(name), .. } => format!("task {name}"),
        Who::Task { name: None, address } => format!("task {address}"),
    }
}

/// The function that somebody is in, else who it is.
pub(super) fn position(at: &Where) -> String {
    match at {
        Where::Place(at) => place(at),
        Where::Who(one) => who(one),
    }
}

/// A text of the target's, `?` where it is not known.
#[must_use]
pub fn text(text: &Known<String>) -> &str {
    text.get().map_or("?", String::as_str)
}
