//! What we know of foreign code: one file for each library, as rows.
//!
//! A pure room of constants. A [`Library`] says which packages it is made of, what they are to a diagnosis ([`Role`]), and
//! which of its functions mean what: each [`Row`] names a file below the folder in which packages stand, functions of it,
//! and their meaning. The other rooms ask [`rows`], [`marks`], [`role`] and [`service`] and name no library themselves.
//!
//! A new library is a file like `urllib3.rs` and its line in `registry.rs`. A package of which only the role is known is a
//! word in `packages.rs`; what listens on a port is a line of `services.rs`.

mod aiohttp;
mod aiomysql;
mod aiosqlite;
pub mod anyio;
pub mod asyncio;
mod asyncpg;
mod awaits;
mod blocking_calls;
pub mod concurrent_futures;
pub mod contextlib;
mod django;
mod eventlet;
mod fastapi;
mod getpass;
mod gevent;
pub mod greenlet;
mod gunicorn;
mod home;
mod httpcore;
mod hypercorn;
pub mod importlib;
mod kafka;
mod library;
mod logging;
mod marks;
pub mod multiprocessing;
mod nats;
mod packages;
mod pdb;
mod pools;
mod programs;
mod psycopg;
mod pydevd;
mod pymongo;
pub mod queue;
mod redis;
mod registry;
mod remedies;
mod requests;
mod retries;
mod services;
pub mod sockets;
mod sqlalchemy;
mod sqlite;
mod standard_modules;
mod starlette;
mod subprocess;
mod test_drivers;
pub mod threading;
mod time_limits;
pub mod trio;
mod urllib3;
mod uvicorn;
pub mod uvloop;
mod ways;
pub mod weakref;
mod websockets;
mod work;

pub use awaits::{Awaits, Path, Ready, Stream, Time};
pub use blocking_calls::{BLOCKING_CALLS, BlockingCalls, blocking_kind};
pub use home::Home;
pub use library::{Library, Native, Role, Row, Versions, Watchdog, Watches};
pub use marks::Marks;
pub use pools::{Asks, AtPool, Class, Count, GivenBack, Holder, Holds, Lead, Pool, Step, Taken, Term, When};
pub use programs::{Program, Supervises, forks_workers, is_wrapper, program_named};
pub use registry::{
    all, call_marks, holders, is_barrier, is_native_service, library, marks, native, native_of_thread, role, rows,
    timeouts, watchdog,
};
pub use remedies::{Remedy, remedy};
pub use requests::{RSGI, Served, Since, Teller, protocol_of_cycle, served, teller};
pub use services::{METADATA, async_client, host, local_service, port, service};
pub use test_drivers::{drives_tests, runs_tests};
pub use time_limits::{BLOCK, BLOCKING, COMMAND, COUNT_TIME, SETTINGS, TIMES};
pub use ways::{From, Hop, Way};
pub use work::{CREWS, Crew, Every, Piece, Post, STARTS_THREADS, Size};

use library::ALL;
