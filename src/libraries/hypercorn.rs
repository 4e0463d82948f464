//! hypercorn.

use super::{Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "hypercorn",
    packages: &["hypercorn"],
    role: Role::Framework,
    functions: &[
        Row::of("hypercorn/asyncio/run.py", &["_run", "asyncio_worker"]).means(Marks::LOOP),
        Row::of("hypercorn/asyncio/lifespan.py", &["handle_lifespan"]).means(Marks::LIFESPAN),
        Row::of("hypercorn/utils.py", &["load_application"]).means(Marks::LOAD),
    ],
    ..Library::BARE
};
