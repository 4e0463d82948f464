//! Starlette.

use super::{ALL, Library, Marks, Role, Row, Versions};

pub(super) const LIBRARY: Library = Library {
    name: "starlette",
    packages: &["starlette"],
    role: Role::Framework,
    functions: &[
        Row::of("starlette/routing.py", &["lifespan"]).means(Marks::LIFESPAN),
        Row::of("starlette/routing.py", &["startup"]).means(Marks::ENTER),
        Row::of("starlette/routing.py", &["shutdown"]).means(Marks::LEAVE),
        Row::of("starlette/routing.py", &["handle"]).means(Marks::ROUTE).route("endpoint"),
        // `BaseHTTPMiddleware`
        Row::of("starlette/middleware/base.py", &["__call__"]).means(Marks::MIDDLEWARE),
        Row::of("starlette/middleware/base.py", &["coro"]).means(Marks::INSIDE_MIDDLEWARE),
        Row::of("starlette/middleware/base.py", &["call_next"]).means(Marks::CALLER),
        Row::of("starlette/responses.py", ALL).means(Marks::RESPONSE),
        Row::of("starlette/responses.py", &["render"]).means(Marks::SERIALIZE),
    ],
    keeps_nothing: true,
    versions: &[
        ("starlette/routing.py: startup", Versions::Before("1.0.0")),
        ("starlette/routing.py: shutdown", Versions::Before("1.0.0")),
    ],
    ..Library::BARE
};
