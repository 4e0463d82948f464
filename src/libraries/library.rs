//! What is known of a library, and of a function.

use super::{AtPool, Awaits, Holder, Marks, Path};
use crate::snapshot::Server;

/// What a library is to a diagnosis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Part of Python's standard library.
    Standard,
    /// A server or framework, or what stands between the loop and the endpoint.
    Framework,
    /// A client, driver or number cruncher: what an application calls.
    Driver,
}

/// What we know of a library.
#[derive(Clone, Copy, Debug)]
pub struct Library {
    /// How people call it.
    pub name: &'static str,
    /// The names under which it is imported.
    pub packages: &'static [&'static str],
    /// What it is to a diagnosis.
    pub role: Role,
    /// What its functions mean.
    pub functions: &'static [Row],
    /// Native code under it, in which no Python frame says what it does.
    pub native: Option<Native>,
    /// Classes whose objects have something out of a pool.
    pub holders: &'static [Holder],
    /// Classes whose blocks end when their time is over, and the attribute that has it: of `async with timeout(...)`.
    pub timeouts: &'static [(&'static str, &'static str)],
    /// Classes after whose objects a search for who can end a wait goes no further: they lead to the whole program, or keep
    /// nothing that could end one.
    pub barriers: &'static [&'static str],
    /// Its functions stand on many stacks and keep nothing that is out of a pool among their local variables, so that
    /// nobody has to look through them.
    pub keeps_nothing: bool,
    /// What ends workers of the server that give no sign of life.
    pub watchdog: Option<Watchdog>,
    /// What of all that is not in every version: `FILE: FUNCTION`, `MODULE.CLASS`, or an attribute. `tests/libraries.rs` finds what is
    /// not listed here in the oldest version that matters and in the newest, and what is listed in the right one of them.
    pub versions: &'static [(&'static str, Versions)],
}

/// In which versions of a library something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    /// In this one and later ones.
    Since(&'static str),
    /// In those before this one.
    Before(&'static str),
    /// In the first of these and later ones, but not in the second any more.
    Between(&'static str, &'static str),
}

/// What a supervisor does about workers that give no sign of life.
#[derive(Clone, Copy, Debug)]
pub struct Watchdog {
    /// The server that has it.
    pub server: Server,
    /// What a sign of life takes.
    pub watches: Watches,
    /// The option that says for how long a worker may be silent, in seconds.
    pub option: &'static str,
    /// Other names of that option.
    pub aliases: &'static [&'static str],
    /// The seconds where nothing is said.
    pub default_s: u64,
}

/// What a worker's sign of life takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watches {
    /// A turn of its loop.
    Loop,
    /// A thread that gets the GIL; a blocked loop does not matter.
    Gil,
}

/// A library of native code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Native {
    /// Its name: `librdkafka`.
    pub name: &'static str,
    /// How the names of its threads begin (`comm`, 15 bytes at most).
    pub threads: &'static [&'static str],
    /// The service that it talks to.
    pub service: Option<&'static str>,
    /// Methods that wait inside of it, as Python calls them.
    pub calls: &'static [&'static str],
    /// What being in such a call means.
    pub marks: Marks,
}

impl Library {
    /// Nothing known; every library states what differs.
    pub(super) const BARE: Self = Self {
        name: "",
        packages: &[],
        role: Role::Driver,
        functions: &[],
        native: None,
        holders: &[],
        timeouts: &[],
        barriers: &[],
        keeps_nothing: false,
        watchdog: None,
        versions: &[],
    };
}

/// For [`Row::of`]: all functions of the file.
pub(super) const ALL: &[&str] = &[];

/// What functions of a file mean. Rows add up: a function may be in several.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The file, from its package's folder on: `uvicorn/server.py`; `queue.py` for a module of the standard library.
    pub file: &'static str,
    /// Names of the functions; none stands for all.
    pub names: &'static [&'static str],
    /// What running one of them means.
    pub marks: Marks,
    /// What a task waits for that is suspended in one of them.
    pub awaits: Option<Awaits>,
    /// What one of them is to a pool.
    pub at_pool: Option<AtPool>,
    /// Where the frame of a thread that runs a call has the future which ends with it: a local variable, and the way on.
    pub call: Option<(&'static str, Path)>,
    /// The attribute of its `self`, a route, that has the function which answers requests.
    pub endpoint: Option<&'static str>,
}

impl Row {
    /// Functions of a file, without a meaning yet.
    pub(super) const fn of(file: &'static str, names: &'static [&'static str]) -> Self {
        Self { file, names, marks: Marks::NONE, awaits: None, at_pool: None, call: None, endpoint: None }
    }

    /// Running one of them means this.
    pub(super) const fn means(self, marks: Marks) -> Self {
        Self { marks, ..self }
    }

    /// A task that is suspended in one of them waits for this.
    pub(super) const fn awaits(self, awaits: Awaits) -> Self {
        Self { awaits: Some(awaits), ..self }
    }

    /// They are this to a pool.
    pub(super) const fn at_pool(self, at_pool: AtPool) -> Self {
        Self { at_pool: Some(at_pool), ..self }
    }

    /// A thread runs a call in them, whose future is at the end of this way from a local variable.
    pub(super) const fn runs_call(self, local: &'static str, way: Path) -> Self {
        Self { call: Some((local, way)), ..self }
    }

    /// They are methods of a route, which has the function that answers requests in this attribute.
    pub(super) const fn route(self, attribute: &'static str) -> Self {
        Self { endpoint: Some(attribute), ..self }
    }

    /// Whether the row is about this function of its file.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.contains(&name)
    }
}
