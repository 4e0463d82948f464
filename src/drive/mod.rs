//! The verbs: pacing, channels, signals, stop conditions.
//!
//! Every verb that looks goes the same way (`session`): the target is found, each process is watched from a thread of its
//! own (`lookout`, paced by `pace`; a `neighbour` reads what may take long, `supervision` what becomes of a worker), sightings
//! come together in recordings (`observe`) while the `narrator` keeps the capture and says the first verdict, and
//! `report::build` concludes. Outputs are claimed before the first look. `watch` is another way: it has no window.
//!
//! Only this room and `os` ask a clock, only this room prints.

mod audit;
mod check;
mod console;
mod diagnose;
mod doctor;
mod dump;
pub mod duration;
mod entry;
mod excerpts;
mod explain;
mod interrupt;
mod kept;
mod leash;
mod lookout;
mod narrator;
mod neighbour;
mod new_file;
mod observe;
mod observed;
mod one_program;
mod outputs;
mod pace;
mod processes;
mod progress;
mod record;
mod report;
mod safe_folder;
mod session;
mod similar;
mod supervision;
mod watch;

pub use check::{Check, check};
pub use console::{Colors, Console};
pub use diagnose::{Diagnose, diagnose};
pub use doctor::{Doctor, doctor};
pub use dump::{Dump, dump};
pub use entry::{Entry, become_service_if_asked, entry};
pub use explain::explain;
pub use outputs::{Format, GraphThreads};
pub use processes::{Processes, processes};
pub use record::{Record, record};
pub use report::{Render, report};
pub use session::Privacy;
pub use similar::{Similar, Told, similar};
pub use watch::{Armed, Door, explain_rules, watch};

// For `suite`, which looks in another way.
pub(crate) use console::unprintable;
pub(crate) use interrupt::Interrupt;
pub(crate) use leash::Limit;
pub(crate) use new_file::NewFile;
pub(crate) use pace::Pace;
pub(crate) use safe_folder::SafeFolder;
pub(crate) use session::own_cost;
