//! What is known of a library, and of a function.

use super::Marks;

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
    /// How the names of its native threads begin (`comm`, 15 bytes at most).
    pub threads: &'static [&'static str],
}

impl Library {
    /// Nothing known; every library states what differs.
    pub(super) const BARE: Self = Self { name: "", packages: &[], role: Role::Driver, functions: &[], threads: &[] };
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
}

impl Row {
    /// Functions of a file, without a meaning yet.
    pub(super) const fn of(file: &'static str, names: &'static [&'static str]) -> Self {
        Self { file, names, marks: Marks::NONE }
    }

    /// Running one of them means this.
    pub(super) const fn means(self, marks: Marks) -> Self {
        Self { marks, ..self }
    }

    /// Whether the row is about this function of its file.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.contains(&name)
    }
}
