//! What holds as long as a process lives.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Known, ProcessId, Why};

/// A Python version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PythonVersion {
    /// 2 or 3.
    pub major: u8,
    /// The feature version.
    pub minor: u8,
    /// The bug-fix release, where it could be read.
    pub patch: Known<u8>,
}

impl PartialOrd for Known<u8> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Known<u8> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.get().cmp(&other.get())
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)?;
        match self.patch {
            Known::Is(patch) => write!(formatter, ".{patch}"),
            Known::Unknown(_) => Ok(()),
        }
    }
}

/// What a process is for in its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Serves by itself.
    Single,
    /// Supervises workers and serves nothing.
    Master,
    /// Serves under a master.
    Worker,
    /// `multiprocessing`'s resource tracker, a reloader's watcher: Python, but not ours to judge.
    Helper,
}

impl Role {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Single => "server",
            Self::Master => "master",
            Self::Worker => "worker",
            Self::Helper => "helper",
        }
    }
}

/// Which server program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Server {
    /// uvicorn
    Uvicorn,
    /// gunicorn, with any worker class
    Gunicorn,
    /// hypercorn
    Hypercorn,
    /// granian
    Granian,
    /// daphne
    Daphne,
    /// waitress
    Waitress,
    /// uWSGI
    Uwsgi,
    /// `manage.py runserver` of Django
    Django,
    /// `flask run`
    Flask,
    /// aiohttp.web
    Aiohttp,
    /// Celery, a worker or its schedule
    Celery,
    /// RQ
    Rq,
    /// Dramatiq
    Dramatiq,
    /// Huey
    Huey,
    /// arq
    Arq,
    /// Taskiq
    Taskiq,
    /// Another program, or a script of the user's.
    Other,
}

impl Server {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Uvicorn => "uvicorn",
            Self::Gunicorn => "gunicorn",
            Self::Hypercorn => "hypercorn",
            Self::Granian => "granian",
            Self::Daphne => "daphne",
            Self::Waitress => "waitress",
            Self::Uwsgi => "uwsgi",
            Self::Django => "django",
            Self::Flask => "flask",
            Self::Aiohttp => "aiohttp",
            Self::Celery => "celery",
            Self::Rq => "rq",
            Self::Dramatiq => "dramatiq",
            Self::Huey => "huey",
            Self::Arq => "arq",
            Self::Taskiq => "taskiq",
            Self::Other => "python",
        }
    }
}

/// Who reads the stacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reader {
    /// Our own reader: full detail.
    Own,
    /// py-spy's walker, for versions whose layout we do not know: stacks and threads only.
    PySpy,
    /// Nobody: memory is closed to us, `/proc` is all there is.
    ProcOnly,
}

/// A process and what does not change about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its number as we see it.
    pub pid: ProcessId,
    /// Its parent.
    pub parent: Option<ProcessId>,
    /// What it is for.
    pub role: Role,
    /// Which server program.
    pub server: Server,
    /// Path of the executable, as the process sees it.
    pub executable: String,
    /// The interpreter's version.
    pub python: Known<PythonVersion>,
    /// Whether the interpreter was built without a GIL.
    pub free_threaded: Known<bool>,
    /// Who reads it.
    pub reader: Reader,
    /// Ports it accepts connections on, sorted.
    pub ports: Vec<u16>,
    /// When the process started: field 22 of `/proc/PID/stat`, in clock ticks since boot. With the pid, its identity.
    pub start_ticks: u64,
}

impl Process {
    /// A process of which nothing is known but its number.
    #[must_use]
    pub fn numbered(pid: ProcessId) -> Self {
        Self {
            pid,
            parent: None,
            role: Role::Single,
            server: Server::Other,
            executable: String::new(),
            python: Known::Unknown(Why::NotRead),
            free_threaded: Known::Unknown(Why::NotRead),
            reader: Reader::ProcOnly,
            ports: Vec::new(),
            start_ticks: 0,
        }
    }
}
