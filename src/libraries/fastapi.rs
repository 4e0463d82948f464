//! FastAPI.

use super::{AtPool, Class, Holder, Holds, Library, Marks, Role, Row, Versions};

pub(super) const LIBRARY: Library = Library {
    name: "fastapi",
    packages: &["fastapi", "fastapi_cli"],
    role: Role::Framework,
    functions: &[
        Row::of("fastapi/routing.py", &["handle"]).means(Marks::ROUTE).route("endpoint"),
        Row::of("fastapi/dependencies/utils.py", &["solve_dependencies"]).means(Marks::DEPENDS),
        Row::of("fastapi/encoders.py", &["jsonable_encoder"]).means(Marks::SERIALIZE),
        Row::of("fastapi/routing.py", &["serialize_response", "_prepare_response_content"]).means(Marks::SERIALIZE),
        Row::of("fastapi/responses.py", &["render"]).means(Marks::SERIALIZE),
        // The arguments of the endpoint.
        Row::of("fastapi/routing.py", &["app"]).at_pool(AtPool::Carries),
    ],
    holders: &[Holder {
        class: Class { name: "SolvedDependency", module: "fastapi.dependencies.utils" },
        has: Holds::Values("values"),
    }],
    keeps_nothing: true,
    versions: &[
        ("fastapi.dependencies.utils.SolvedDependency", Versions::Since("0.112.3")),
        ("fastapi/routing.py: handle", Versions::Since("0.137.0")),
        ("fastapi/routing.py: _prepare_response_content", Versions::Before("0.128.0")),
    ],
    ..Library::BARE
};
