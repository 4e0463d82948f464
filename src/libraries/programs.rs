//! Programs: what command lines and titles say of servers, of those who work off jobs, and of what runs others inside of itself.

use crate::snapshot::Server;

/// A program that serves, or works off jobs.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// What it is.
    pub server: Server,
    /// Its commands and modules, without `.py`. The first one stands for all in a title.
    pub names: &'static [&'static str],
    /// The first argument that makes it one; empty where it always is.
    pub argument: &'static str,
    /// The options that name the application; where there are none, an argument of the form `module:name` does.
    pub application: &'static [&'static str],
    /// When it is a supervisor whose children work.
    pub supervises: Supervises,
    /// The word in the title of a supervisor.
    pub title: &'static str,
    /// Whether master and workers have one command line, because workers are forks of the master.
    pub forks_workers: bool,
}

/// When a program is a supervisor whose children work.
#[derive(Clone, Copy, Debug)]
pub enum Supervises {
    /// Always, whatever it is asked for.
    Always,
    /// When it is asked for several workers, or to load again what changed, which this first argument means as well.
    WhenAsked {
        /// The argument.
        or_argument: Option<&'static str>,
    },
    /// When it has this argument, unless one of these options asks for another kind of workers than these.
    Unless {
        /// The argument.
        argument: &'static str,
        /// The options.
        options: &'static [&'static str],
        /// The kinds that are children.
        children: &'static [&'static str],
    },
}

const BARE: Program = Program {
    server: Server::Other,
    names: &[],
    argument: "",
    application: &[],
    supervises: Supervises::WhenAsked { or_argument: None },
    title: "master",
    forks_workers: false,
};

const fn program(server: Server, names: &'static [&'static str]) -> Program {
    Program { server, names, ..BARE }
}

const PROGRAMS: &[Program] = &[
    program(Server::Uvicorn, &["uvicorn"]),
    // `fastapi run` is uvicorn with other words.
    Program {
        supervises: Supervises::WhenAsked { or_argument: Some("dev") },
        ..program(Server::Uvicorn, &["fastapi"])
    },
    // gunicorn's master never serves.
    Program { supervises: Supervises::Always, forks_workers: true, ..program(Server::Gunicorn, &["gunicorn"]) },
    program(Server::Hypercorn, &["hypercorn"]),
    program(Server::Granian, &["granian"]),
    program(Server::Daphne, &["daphne"]),
    program(Server::Waitress, &["waitress", "waitress-serve"]),
    // Its ini file may ask for processes, which no command line says: they are forks of their master.
    Program { forks_workers: true, ..program(Server::Uwsgi, &["uwsgi"]) },
    Program { argument: "runserver", ..program(Server::Django, &["manage"]) },
    program(Server::Flask, &["flask"]),
    program(Server::Aiohttp, &["aiohttp.web"]),
    Program {
        application: &["-A", "--app"],
        supervises: Supervises::Unless {
            argument: "worker",
            options: &["-P", "--pool"],
            children: &["prefork", "processes"],
        },
        title: "MainProcess",
        forks_workers: true,
        // Its titles call it so.
        ..program(Server::Celery, &["celery", "celeryd"])
    },
    Program { forks_workers: true, ..program(Server::Rq, &["rq", "rqworker"]) },
    Program { forks_workers: true, ..program(Server::Dramatiq, &["dramatiq", "dramatiq-gevent"]) },
    Program { forks_workers: true, ..program(Server::Huey, &["huey_consumer"]) },
    program(Server::Arq, &["arq"]),
    program(Server::Taskiq, &["taskiq"]),
];

/// Programs that run another program inside of themselves: the one that they run is meant.
const WRAPPERS: &[&str] = &[
    "cProfile",
    "coverage",
    "ddtrace-run",
    "debugpy",
    "memray",
    "newrelic-admin",
    "opentelemetry-instrument",
    "pdb",
    "profile",
    "pyinstrument",
    "scalene",
    "trace",
    "viztracer",
    "watchfiles",
];

/// The program of this name, when its first argument makes it one.
#[must_use]
pub fn program_named(name: &str, first_argument: Option<&str>) -> Option<&'static Program> {
    let is_meant = |row: &&Program| row.argument.is_empty() || first_argument == Some(row.argument);
    PROGRAMS.iter().filter(|row| row.names.contains(&name)).find(is_meant)
}

/// Whether master and workers of a server have one command line.
#[must_use]
pub fn forks_workers(server: Server) -> bool {
    PROGRAMS.iter().any(|row| row.server == server && row.forks_workers)
}

/// Whether a program runs another one inside of itself.
#[must_use]
pub fn is_wrapper(name: &str) -> bool {
    WRAPPERS.contains(&name)
}
