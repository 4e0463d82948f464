//! How long a call may take: what the functions of clients have that says so, and the classes that count time for others.

/// Variables that say how long a call may take, and what one unit is in seconds.
pub const TIMES: &[(&str, f64)] =
    &[("timeout", 1.0), ("timeout_s", 1.0), ("timeout_ms", 0.001), ("block", 0.001), ("max_time_ms", 0.001)];

/// Variables that have a request's settings by name, and the setting that says for how many seconds the server may wait
/// (botocore's `_make_api_call`, of Amazon's queues).
pub const SETTINGS: &[(&str, &str)] = &[("api_params", "WaitTimeSeconds")];

/// The variable that has a command of Redis in parts (redis-py's `execute_command`).
pub const COMMAND: &str = "args";
/// Commands of Redis that wait for data, and say last for how many seconds.
pub const BLOCKING: &[&str] = &["BLPOP", "BRPOP", "BLMOVE", "BRPOPLPUSH", "BZPOPMIN", "BZPOPMAX"];
/// What stands in others before the time in milliseconds.
pub const BLOCK: &str = "BLOCK";

/// Words in the names of classes that count time for others: `asyncio.Timeout`, `async_timeout.Timeout`, aiohttp's
/// `TimeoutHandle` and `TimerContext`, AnyIO's `CancelScope`.
pub const COUNT_TIME: &[&str] = &["Timeout", "TimerContext", "CancelScope"];
