//! One file per output format.
//!
//! A pure room: every format is a function of a [`Report`](crate::report::Report) and a writer, and equal reports give
//! equal bytes. Three things are shared. `sanitize` makes foreign text harmless; `page` sets lines of a given width and
//! takes text in no other way than through `sanitize`; `words` says the contract's words as a person would.
//!
//! The screen ([`terminal`]) and the report file ([`text()`]) are set by the same functions; an [`Extent`] tells them
//! whether to choose or to show everything.

mod closing;
mod collapsed;
mod doctor;
mod dump;
mod explain;
mod finding;
mod flamegraph;
mod gil_owners;
mod header;
mod json;
mod ledger;
mod page;
mod party;
mod places;
mod processes;
mod profiles;
mod ranking;
mod requests;
pub mod sanitize;
mod similar;
mod tasks;
mod terminal;
mod test_hang;
mod test_run;
mod text;
mod waits;

pub use collapsed::collapsed;
pub use doctor::{DoctorPage, GateRow, ReadRow, doctor, doctor_json};
pub use dump::dump;
pub use explain::{explainable, explained};
pub use flamegraph::{Graph, flamegraph};
pub use json::{Layout, json};
pub use ledger::{ledger, ledger_json};
pub use page::keep_start;
pub use processes::{ProcessRow, Readable, processes, processes_json};
pub use profiles::{pprof, pstats, speedscope};
pub use similar::{similar, similar_json, similar_sarif};
pub use terminal::{Screen, terminal};
pub use test_hang::test_hang;
pub use test_run::{test_stall, test_stall_line, tests, tests_json, tests_text};
pub use text::text;

/// Whether to choose what matters most or to show everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// A screen: the strongest facts, paths shortened.
    Screen,
    /// A file: all facts, paths whole.
    Full,
}
