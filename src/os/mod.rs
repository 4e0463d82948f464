//! `/proc` and control groups: parsers over text plus thin readers.
//!
//! Everything here is what the kernel says, so it holds for every Python and for none. Parsers are functions of `&str`
//! and are tested on real texts; the readers beside them open a file, read a bounded part of it and turn a refusal into
//! a [`Why`](crate::snapshot::Why). Names, paths and command lines are chosen by the process that is looked at: they are
//! passed on as they are and must be sanitized before they are shown.

mod allocator;
mod cgroup_memory;
mod cgroup_places;
pub mod cgroups;
pub mod clock;
mod descriptor_classes;
pub mod descriptors;
pub mod file_locks;
mod file_user;
mod freezer;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod least_rights;
mod lone_user;
mod name_servers;
pub mod open_files;
mod proc_file;
pub mod processes;
mod program;
pub mod regular_file;
mod self_cost;
mod sock_diag;
pub mod sockets;
pub mod source;
mod surroundings;
pub mod system_calls;
pub mod task_text;
mod tcp_traffic;
pub mod threads;
pub mod visibility;

pub use allocator::allocate_from_one_place;
pub use cgroups::memory_kills;
pub use least_rights::{keep_what_reading_needs, keep_what_serving_needs};
pub use lone_user::{listening_among, listening_as_lone_user};
pub use program::Program;
pub use self_cost::{SelfCost, self_cost};
pub use surroundings::{children, parse_descriptor_limit, parse_tracer, surroundings};
