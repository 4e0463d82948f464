//! uvicorn, and the workers that gunicorn runs it in.

use super::{ALL, Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "uvicorn",
    packages: &["uvicorn", "uvicorn_worker"],
    role: Role::Framework,
    functions: &[
        Row::of("uvicorn/server.py", &["run"]).means(Marks::LOOP),
        Row::of("uvicorn/_compat.py", &["asyncio_run"]).means(Marks::LOOP),
        Row::of("uvicorn/workers.py", &["run"]).means(Marks::LOOP),
        Row::of("uvicorn_worker/_workers.py", &["run"]).means(Marks::LOOP),
        Row::of("uvicorn/lifespan/on.py", &["main"]).means(Marks::LIFESPAN),
        Row::of("uvicorn/config.py", &["load"]).means(Marks::LOAD),
        Row::of("uvicorn/importer.py", ALL).means(Marks::LOAD),
    ],
    ..Library::BARE
};
