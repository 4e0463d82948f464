//! urllib3, which requests and botocore send with.

use super::{Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "urllib3",
    packages: &["urllib3"],
    role: Role::Driver,
    functions: &[Row::of("urllib3/connectionpool.py", &["_get_conn"]).means(Marks::POOL)],
    ..Library::BARE
};
