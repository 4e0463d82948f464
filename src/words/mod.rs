//! The vocabulary: what each word of the contract is called on a screen, what it means, and its page of `hangspy explain`.
//!
//! A pure room. One row for each kind (`kinds.rs`) and each cause (`causes.rs`); a page is a file `pages/WORD.md` with the
//! sections that [`SECTIONS`] names. A new cause is a variant of [`Cause`](crate::aggregate::Cause), a row and a page: what is
//! missing does not compile. The tables of the README are made of the same rows.

mod activity;
mod causes;
mod explain;
mod kinds;
mod page;

pub use activity::seen;
pub use causes::{CAUSES, CauseRow, Role, cause};
pub use explain::{Topic, nearest, topic, topics};
pub use kinds::{KINDS, KindRow, kind};
pub use page::{Part, SECTIONS, parts};
