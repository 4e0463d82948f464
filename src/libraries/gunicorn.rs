//! gunicorn: a master, and workers of many kinds.

use super::{Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "gunicorn",
    packages: &["gunicorn"],
    role: Role::Framework,
    functions: &[Row::of("gunicorn/util.py", &["import_app"]).means(Marks::LOAD)],
    ..Library::BARE
};
