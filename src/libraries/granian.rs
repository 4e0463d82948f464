//! granian: workers in Rust that call Python.

use super::{Library, Program, Role};
use crate::snapshot::Server;

pub(super) const LIBRARY: Library = Library {
    name: "granian",
    packages: &["granian"],
    role: Role::Framework,
    programs: &[Program::of(&["granian"], Server::Granian)],
    ..Library::BARE
};
