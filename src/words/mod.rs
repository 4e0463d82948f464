//! The vocabulary: what each word of the contract is called on a screen, what it means, and its page of `hangspy explain`.
//!
//! A pure room. One row for each kind (`kinds.rs`) and each cause (`causes.rs`); a page is a file `pages/WORD.md` with the
//! sections that [`SECTIONS`] names. A new cause is a variant of [`Cause`](crate::aggregate::Cause), a row and a page: what is
//! missing does not compile. The tables of the README are made of the same rows.

mod activity;
mod advice;
mod causes;
mod doing;
mod evidence;
mod explain;
mod findings;
mod hurt;
mod kinds;
mod lists;
mod names;
mod observations;
mod page;
mod party;
mod pools;
mod summary;
mod verbs;
mod waits;

pub use activity::seen;
pub use advice::advice;
pub use causes::{CAUSES, CauseRow, Verb, cause};
pub use doing::{did, doing};
pub use evidence::evidence;
pub use explain::{Topic, nearest, topic, topics};
pub use findings::{because, confidence};
pub use hurt::{fate, hurt, young_worker};
pub use kinds::{KINDS, KindRow, kind};
pub use lists::*;
pub use names::{place, text, who};
pub use observations::*;
pub use page::{Part, SECTIONS, parts};
pub use party::{child_state, held_by, holder, opened, party, resource};
pub use pools::{GIVES_BACK, contract, line, of_contract, one_of};
pub use summary::{Sentence, summary};
pub use waits::{ender, waits_for};
