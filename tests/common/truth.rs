//! What an application under `fixtures/apps` declares about itself: what is wrong with it and how to bring that about.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hangspy::aggregate::{Cause, Confidence, Kind};
use serde::{Deserialize, Serialize};

/// `truth.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Truth {
    /// What is wrong, or right, in one sentence.
    pub(crate) why: String,
    /// Whether nothing is wrong with it.
    pub(crate) healthy: bool,
    /// The verdict that must come first.
    pub(crate) kind: Kind,
    /// Other kinds that are as right: what is true can be said from more than one side.
    #[serde(default)]
    pub(crate) kinds: Vec<Kind>,
    /// Kinds that may be said beside it, and of a healthy one as no more than possible.
    #[serde(default)]
    pub(crate) also: Vec<Kind>,
    /// How sure the first verdict has to be at least.
    #[serde(default)]
    pub(crate) least: Option<Confidence>,
    /// The causes that are right; empty for a healthy one, and where no word for it is wrong.
    #[serde(default)]
    pub(crate) cause: Vec<Cause>,
    /// The function to blame, without its class; `None` where no function is to blame.
    pub(crate) function: Option<String>,
    /// Other functions that are as right to blame.
    #[serde(default)]
    pub(crate) functions: Vec<String>,
    /// The file that function is in: the last part of its path.
    pub(crate) file: Option<String>,
    /// The coroutine function beside it; `None` where it does not matter.
    pub(crate) coroutine: Option<String>,
    /// `witness`: the address or path that the application's log announces; `None` where it does not matter.
    pub(crate) peer: Option<Peer>,
    /// A function on the stack of the thread that holds what is waited for; `None` where nobody does.
    #[serde(default)]
    pub(crate) holder: Option<String>,
    /// Requests that are answered before it comes about, one after the other.
    #[serde(default)]
    pub(crate) before: Vec<String>,
    /// Other troubles of the same process, which have nothing to do with that one and must be told as well.
    #[serde(default)]
    pub(crate) besides: Vec<Besides>,
    /// What must be told under the verdict, as its consequence.
    #[serde(default)]
    pub(crate) therefore: Vec<Kind>,
    /// What may be told under it, depending on the interpreter and the loop.
    #[serde(default)]
    pub(crate) perhaps: Vec<Kind>,
    /// How the situation comes about.
    pub(crate) trigger: Option<String>,
    /// How often the trigger is sent; `None`: once.
    #[serde(default)]
    pub(crate) times: Option<usize>,
    /// What the trigger's request has as its body: it is a POST then.
    #[serde(default)]
    pub(crate) body: Option<String>,
    /// For how long the situation has to last before the look begins, seconds: what is only told of what is old.
    #[serde(default)]
    pub(crate) age_s: Option<u64>,
    /// Requests that keep coming while we look.
    pub(crate) load: Option<Load>,
    /// How the application is served.
    #[serde(default)]
    pub(crate) launch: Launch,
    /// The word of the only event loop that it is about; `None`: either.
    #[serde(default, rename = "loop")]
    pub(crate) event_loop: Option<String>,
    /// A command that the server runs under.
    #[serde(default)]
    pub(crate) wrapper: Option<Vec<String>>,
    /// More arguments for the server.
    #[serde(default)]
    pub(crate) arguments: Vec<String>,
    /// Words that the verdict must say, anywhere.
    #[serde(default)]
    pub(crate) says: Option<String>,
    /// Words that no verdict may say.
    #[serde(default)]
    pub(crate) not: Vec<String>,
    /// A word that must be among what the verdict says it hurts.
    #[serde(default)]
    pub(crate) hurts: Option<String>,
    /// Who kills the sick process during the look, in a word that the report must say.
    #[serde(default)]
    pub(crate) killed_by: Option<String>,
    /// Limits of a control group that the server runs in.
    #[serde(default)]
    pub(crate) limits: Option<Limits>,
    /// What is done to the server once the situation has come about.
    #[serde(default)]
    pub(crate) halt: Option<Halt>,
    /// For how long hangspy looks, where its default does not show the situation, seconds.
    #[serde(default)]
    pub(crate) window_s: Option<u64>,
    /// Whether it can only be brought about by root.
    #[serde(default)]
    pub(crate) needs_root: bool,
    /// Devices and other files without which it cannot be brought about.
    #[serde(default)]
    pub(crate) needs_files: Vec<PathBuf>,
    /// Whether it keeps a core busy although no cause says so.
    #[serde(default)]
    pub(crate) computes: bool,
    /// Whether it has threads by the dozen that move, or descriptors by the thousand: a look at it may cost as much as hangspy
    /// allows itself.
    #[serde(default)]
    pub(crate) crowded: bool,
    /// Packages it needs beyond FastAPI and uvicorn.
    #[serde(default)]
    pub(crate) packages: Vec<String>,
    /// On how many interpreters it runs.
    pub(crate) cross: Cross,
    /// Label of an interpreter and why the application does not run there.
    #[serde(default)]
    pub(crate) not_on: BTreeMap<String, String>,
    /// Why hangspy does not tell this yet: planned cells that are wrong count as skipped with these words; one that is wished for
    /// fails.
    #[serde(default)]
    pub(crate) open: Option<String>,
}

/// Another trouble of the same process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Besides {
    /// The verdict.
    pub(crate) kind: Kind,
    /// The causes that are right.
    pub(crate) cause: Vec<Cause>,
    /// The function to blame; `None` where no function is.
    pub(crate) function: Option<String>,
}

/// Where the address of the other side is to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Peer {
    /// In the application's log.
    Witness,
}

/// Requests that keep coming.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Load {
    /// What is asked for.
    pub(crate) path: String,
    /// How often.
    pub(crate) per_second: u32,
}

/// Limits of a control group.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    /// The CPU quota in cores.
    pub(crate) cpu_cores: Option<f64>,
    /// The memory limit.
    pub(crate) memory_mib: Option<u64>,
}

/// A server that is kept from running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Halt {
    /// By what.
    pub(crate) by: Halted,
    /// For how long, beginning a second into the look; `None`: before the look begins, and for good.
    pub(crate) for_ms: Option<u64>,
}

/// What keeps a server from running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Halted {
    /// SIGSTOP.
    Signal,
    /// The freezer of cgroup v1.
    Freezer,
    /// The freezer of cgroup v2.
    FreezerOfV2,
}

/// How an application is served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Launch {
    /// One process.
    #[default]
    Uvicorn,
    /// `uvicorn --workers 2`
    Workers,
    /// gunicorn with two uvicorn workers.
    Gunicorn,
    /// gunicorn with two workers of one thread.
    GunicornSync,
    /// gunicorn with a worker of four threads.
    GunicornGthread,
    /// gunicorn with a worker of gevent's greenlets.
    GunicornGevent,
    /// hypercorn: a process that starts one worker.
    Hypercorn,
    /// hypercorn with a worker that runs trio.
    HypercornTrio,
    /// granian, ASGI.
    Granian,
    /// granian, WSGI, with two threads.
    GranianWsgi,
    /// daphne.
    Daphne,
    /// waitress with two threads.
    Waitress,
    /// cheroot with two threads.
    Cheroot,
    /// uWSGI: a master with a worker of two threads.
    Uwsgi,
    /// A celery worker with two children.
    Celery,
    /// A celery worker with two threads.
    CeleryThreads,
    /// A dramatiq worker: one process of two threads.
    Dramatiq,
    /// A huey consumer with two threads.
    Huey,
    /// The application itself, which runs no event loop.
    Script,
    /// The application itself, which runs the event loop that `HANGSPY_LOOP` names.
    LoopScript,
}

/// On how many interpreters an application runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Cross {
    /// Every version and both loops, and under masters.
    Full,
    /// Every version, with the loops in turns, and under masters: what [`Cross::Full`] comes to where nobody asked for it all.
    Masters,
    /// One of them.
    One,
    /// Every version, with the loops in turns.
    Versions,
    /// The one that has the servers and libraries of everybody, with the loops in turns.
    Home,
}

/// An application: its name, its folder and its truth.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct App {
    /// The folder's name.
    pub(crate) name: String,
    /// The folder.
    pub(crate) folder: PathBuf,
    /// What it declares.
    pub(crate) truth: Truth,
}

/// Reads every application, in the order of names.
pub(crate) fn apps(folder: &Path) -> Result<Vec<App>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut found: Vec<App> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.join("app.py").exists())
        .map(|path| read(&path))
        .collect::<Result<_, _>>()?;
    found.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(found)
}

fn read(folder: &Path) -> Result<App, String> {
    let path = folder.join("truth.json");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let truth = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(App { name, folder: folder.to_owned(), truth })
}
