//! Libraries that call something again and again until it does not fail: in a task that sleeps there, everything so far failed.

use super::{Library, Marks, Role, Row};

pub(super) const LIBRARY: Library = Library {
    name: "tenacity",
    packages: &["aiohttp_retry", "backoff", "httpx_retries", "retrying", "stamina", "tenacity"],
    role: Role::Driver,
    functions: &[
        // Before 8.4 in the first of these files.
        Row::of("tenacity/_asyncio.py", &["__call__", "__anext__"]).means(Marks::RETRY),
        Row::of("tenacity/asyncio/__init__.py", &["__call__", "__anext__"]).means(Marks::RETRY),
        Row::of("backoff/_async.py", &["retry"]).means(Marks::RETRY),
        Row::of("aiohttp_retry/client.py", &["_do_request"]).means(Marks::RETRY),
        Row::of("httpx_retries/transport.py", &["_retry_operation_async"]).means(Marks::RETRY),
    ],
    ..Library::BARE
};
