//! The servers and job runners that applications are started with: the command line of each, and what it brings along.

use super::plan::Loop;
use super::truth::Launch;

/// How many workers a master gets.
const WORKERS: &str = "2";

/// One way to start an application.
pub(crate) struct Server {
    launch: Launch,
    /// What follows the interpreter. `{port}`: the port that it is to listen on; `{loop}`: its event loop. One that is told to
    /// listen on port 0 says which one it got.
    words: &'static [&'static str],
    /// The event loops that it can be started with; empty: it has none.
    pub(crate) loops: &'static [Loop],
    /// So many processes say that they serve.
    pub(crate) serving: usize,
    /// What has to be installed beside the application's own packages.
    pub(crate) packages: &'static [&'static str],
}

const ASYNCIO: &[Loop] = &[Loop::Asyncio];
const NONE: &[Loop] = &[];

const SERVERS: &[Server] = &[
    Server {
        launch: Launch::Uvicorn,
        words: &["-m", "uvicorn", "app:app", "--port", "0", "--loop", "{loop}"],
        loops: &Loop::BOTH,
        serving: 1,
        packages: &[],
    },
    Server {
        launch: Launch::Workers,
        words: &["-m", "uvicorn", "app:app", "--port", "0", "--loop", "{loop}", "--workers", WORKERS],
        loops: &Loop::BOTH,
        serving: 2,
        packages: &[],
    },
    Server {
        launch: Launch::Gunicorn,
        words: &["-m", "gunicorn", "app:app", "-b", "127.0.0.1:0", "-w", WORKERS, "-k", "{class}", "--timeout", "600"],
        loops: &Loop::BOTH,
        serving: 2,
        packages: &["gunicorn", "uvicorn-worker"],
    },
    Server {
        launch: Launch::GunicornSync,
        words: &["-m", "gunicorn", "app:app", "-b", "127.0.0.1:0", "-w", WORKERS, "-k", "sync", "--timeout", "600"],
        loops: NONE,
        serving: 2,
        packages: &["gunicorn"],
    },
    Server {
        launch: Launch::GunicornGthread,
        words: &[
            "-m",
            "gunicorn",
            "app:app",
            "-b",
            "127.0.0.1:0",
            "-k",
            "gthread",
            "--threads",
            "4",
            "--timeout",
            "600",
        ],
        loops: NONE,
        serving: 1,
        packages: &["gunicorn"],
    },
    Server {
        launch: Launch::GunicornGevent,
        words: &["-m", "gunicorn", "app:app", "-b", "127.0.0.1:0", "-k", "gevent", "--timeout", "600"],
        loops: NONE,
        serving: 1,
        packages: &["gunicorn", "gevent"],
    },
    Server {
        launch: Launch::Hypercorn,
        words: &["-m", "hypercorn", "app:app", "-b", "127.0.0.1:{port}", "-k", "{loop}"],
        loops: &Loop::BOTH,
        serving: 1,
        packages: &["hypercorn"],
    },
    Server {
        launch: Launch::HypercornTrio,
        words: &["-m", "hypercorn", "app:app", "-b", "127.0.0.1:{port}", "-k", "trio"],
        loops: NONE,
        serving: 1,
        packages: &["hypercorn", "trio"],
    },
    Server {
        launch: Launch::Granian,
        words: &["-m", "granian", "app:app", "--interface", "asgi", "--port", "{port}", "--loop", "{loop}"],
        loops: &Loop::BOTH,
        serving: 1,
        packages: &["granian"],
    },
    Server {
        launch: Launch::GranianWsgi,
        words: &["-m", "granian", "app:app", "--interface", "wsgi", "--port", "{port}", "--blocking-threads", "2"],
        loops: NONE,
        serving: 1,
        packages: &["granian"],
    },
    Server {
        launch: Launch::Daphne,
        words: &["-m", "daphne", "app:app", "-p", "{port}"],
        loops: ASYNCIO,
        serving: 1,
        packages: &["daphne"],
    },
    Server {
        launch: Launch::Waitress,
        words: &["-m", "waitress", "--listen=127.0.0.1:{port}", "--threads=2", "app:app"],
        loops: NONE,
        serving: 1,
        packages: &["waitress"],
    },
    Server {
        launch: Launch::Cheroot,
        words: &["-m", "cheroot", "app:app", "--bind", "127.0.0.1:{port}", "--threads", "2"],
        loops: NONE,
        serving: 1,
        packages: &["cheroot"],
    },
    Server {
        launch: Launch::Uwsgi,
        words: &[
            "-m",
            "uwsgi",
            "--http-socket",
            "127.0.0.1:{port}",
            "--module",
            "app:app",
            "--master",
            "--lazy-apps",
            "--threads",
            "2",
            "--die-on-term",
        ],
        loops: NONE,
        serving: 1,
        packages: &["pyuwsgi"],
    },
    Server {
        launch: Launch::Celery,
        words: &["-m", "celery", "-A", "app", "worker", "-P", "prefork", "-c", WORKERS],
        loops: NONE,
        serving: 2,
        packages: &["celery"],
    },
    Server {
        launch: Launch::CeleryThreads,
        words: &["-m", "celery", "-A", "app", "worker", "-P", "threads", "-c", "2"],
        loops: NONE,
        serving: 1,
        packages: &["celery"],
    },
    Server {
        launch: Launch::Dramatiq,
        words: &["-m", "dramatiq", "app", "--processes", "1", "--threads", "2"],
        loops: NONE,
        serving: 1,
        packages: &["dramatiq"],
    },
    Server {
        launch: Launch::Huey,
        words: &["-m", "huey.bin.huey_consumer", "app.app", "--workers", "2"],
        loops: NONE,
        serving: 1,
        packages: &["huey"],
    },
    Server { launch: Launch::Script, words: &["app.py"], loops: NONE, serving: 1, packages: &[] },
    Server { launch: Launch::LoopScript, words: &["app.py"], loops: &Loop::BOTH, serving: 1, packages: &[] },
];

impl Server {
    /// The one that a truth names.
    pub(crate) fn of(launch: Launch) -> &'static Self {
        SERVERS
            .iter()
            .find(|server| server.launch == launch)
            .unwrap_or_else(|| panic!("{launch:?} has no row in tests/common/servers.rs"))
    }

    /// Whether it says itself which port it listens on.
    pub(crate) fn says_its_port(&self) -> bool {
        self.words.iter().any(|word| *word == "0" || word.ends_with(":0"))
    }

    /// What follows the interpreter on the command line.
    pub(crate) fn arguments(&self, port: u16, event_loop: Loop) -> Vec<String> {
        // These two classes differ in the loop: the first takes uvloop where it is installed.
        let class = match event_loop {
            Loop::Uvloop => "uvicorn_worker.UvicornWorker",
            Loop::Asyncio => "uvicorn_worker.UvicornH11Worker",
        };
        let filled = |word: &&str| {
            word.replace("{port}", &port.to_string()).replace("{loop}", event_loop.word()).replace("{class}", class)
        };
        self.words.iter().map(filled).collect()
    }
}
