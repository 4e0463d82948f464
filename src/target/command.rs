//! What a command line says about a Python process: which server, which application, what for.
//!
//! Functions of text. A program may write any title over its command line, so what is read here is a guess that the
//! family's sockets confirm.

use crate::snapshot::Server;

/// What a Python process was started as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Program {
    /// Which server program.
    pub(super) server: Server,
    /// What kind of process `multiprocessing` made it, if it did.
    pub(super) kind: Kind,
    /// Script without folder and `.py`, or module; `None` for `-c`, a REPL or a title that names neither.
    pub(super) name: Option<String>,
    /// The same as it was typed: `jobs.py`.
    pub(super) typed: Option<String>,
    /// `main:app`
    pub(super) application: Option<String>,
    /// Whether the arguments ask for a supervisor with children (`--workers 4`, `--reload`).
    pub(super) asks_for_children: bool,
}

/// How a Python process came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Started by a command line of its own, or a fork of one that was.
    Ordinary,
    /// A child that `multiprocessing` started afresh.
    Spawned,
    /// `multiprocessing`'s resource tracker, semaphore tracker or fork server.
    Tracker,
}

/// Programs that run another program inside themselves: the one they run is meant.
const WRAPPERS: [&str; 14] = [
    "debugpy",
    "coverage",
    "cProfile",
    "profile",
    "trace",
    "pdb",
    "ddtrace-run",
    "opentelemetry-instrument",
    "newrelic-admin",
    "viztracer",
    "scalene",
    "memray",
    "pyinstrument",
    "watchfiles",
];

/// How long a name or an application may be before it is cut: nobody types more.
const LONGEST_WORD: usize = 120;

/// Whether a file name is that of a Python interpreter: `python`, `python3`, `python3.12`, `python3.13t`, `python3-dbg`.
pub(super) fn is_interpreter(file_name: &str) -> bool {
    file_name.strip_prefix("python").is_some_and(|rest| {
        let rest = rest.strip_suffix("-dbg").unwrap_or(rest);
        rest.trim_end_matches(['d', 'm', 't', 'u']).chars().all(|letter| letter.is_ascii_digit() || letter == '.')
    })
}

/// The last part of a path.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What a command line says. `arguments` begins with the interpreter, or is a title that the program wrote.
pub(super) fn parse(arguments: &[String]) -> Program {
    let Some(first) = arguments.first() else { return nameless(Kind::Ordinary) };
    if !is_interpreter(base_name(first)) {
        return if first.contains(' ') { parse_title(first) } else { program(first, rest(arguments, 1)) };
    }
    let mut at = 1_usize;
    while let Some(argument) = arguments.get(at) {
        at = at.saturating_add(1);
        let Some(letters) = argument.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
            return program(argument, rest(arguments, at));
        };
        if let Some(long) = letters.strip_prefix('-') {
            // `--check-hash-based-pycs always`; other long options have no value.
            at = at.saturating_add(usize::from(long == "check-hash-based-pycs"));
            continue;
        }
        // Letters without a value may stand together: `-Bum uvicorn`.
        let Some(position) = letters.find(['c', 'm', 'X', 'W']) else { continue };
        let (_, letter) = letters.split_at(position);
        let attached = letter.get(1..).unwrap_or_default();
        let value = if attached.is_empty() {
            at = at.saturating_add(1);
            arguments.get(at.saturating_sub(1)).map_or("", String::as_str)
        } else {
            attached
        };
        match letter.chars().next() {
            Some('m') => return program(value, rest(arguments, at)),
            Some('c') => return inline(value, rest(arguments, at)),
            _ => {}
        }
    }
    nameless(Kind::Ordinary)
}

fn rest(arguments: &[String], from: usize) -> &[String] {
    arguments.get(from..).unwrap_or_default()
}

fn nameless(kind: Kind) -> Program {
    Program { server: Server::Other, kind, name: None, typed: None, application: None, asks_for_children: false }
}

/// `python -c CODE`, as `multiprocessing` starts its children and helpers.
fn inline(code: &str, arguments: &[String]) -> Program {
    let spawned =
        code.contains("multiprocessing.spawn") || arguments.iter().any(|word| word == "--multiprocessing-fork");
    let helps = ["resource_tracker", "semaphore_tracker", "forkserver"];
    if helps.iter().any(|module| code.contains(&format!("multiprocessing.{module}"))) {
        nameless(Kind::Tracker)
    } else {
        nameless(if spawned { Kind::Spawned } else { Kind::Ordinary })
    }
}

/// A script or module and its arguments.
fn program(path: &str, arguments: &[String]) -> Program {
    let file = base_name(path);
    let name = file.strip_suffix(".py").unwrap_or(file);
    // `python -m uvicorn.__main__` and `python .../site-packages/uvicorn/__main__.py`
    let module = match name {
        "__main__" => path.rsplit('/').nth(1).unwrap_or(name),
        other => other.strip_suffix(".__main__").unwrap_or(other),
    };
    if WRAPPERS.contains(&module)
        && let Some(wrapped) = wrapped(arguments)
    {
        return wrapped;
    }
    let server = match server(module) {
        Server::Other if module == "manage" && arguments.first().is_some_and(|word| word == "runserver") => {
            Server::Django
        }
        server => server,
    };
    Program {
        server,
        kind: Kind::Ordinary,
        name: Some(cut(module)),
        typed: Some(cut(if file.starts_with("__main__") { module } else { file })),
        application: match server {
            Server::Other => None,
            Server::Celery => {
                let words = || arguments.iter().map(String::as_str);
                value_of("-A", words()).or_else(|| value_of("--app", words())).map(cut)
            }
            _ => application(arguments),
        },
        asks_for_children: server != Server::Other && asks_for_children(module, arguments),
    }
}

/// The server that a wrapper runs, when it is one that we know.
fn wrapped(arguments: &[String]) -> Option<Program> {
    let at = arguments.iter().position(|word| server(base_name(word)) != Server::Other)?;
    arguments.get(at).map(|word| program(word, rest(arguments, at.saturating_add(1))))
}

fn server(name: &str) -> Server {
    match name {
        // `fastapi run` is uvicorn with other words.
        "uvicorn" | "fastapi" => Server::Uvicorn,
        "gunicorn" => Server::Gunicorn,
        "hypercorn" => Server::Hypercorn,
        "granian" => Server::Granian,
        "daphne" => Server::Daphne,
        "waitress" | "waitress-serve" => Server::Waitress,
        "uwsgi" => Server::Uwsgi,
        "flask" => Server::Flask,
        "aiohttp.web" => Server::Aiohttp,
        "celery" => Server::Celery,
        "rq" | "rqworker" => Server::Rq,
        "dramatiq" | "dramatiq-gevent" => Server::Dramatiq,
        "huey_consumer" => Server::Huey,
        "arq" => Server::Arq,
        "taskiq" => Server::Taskiq,
        _ => Server::Other,
    }
}

/// `gunicorn: master [main:app]`, as setproctitle writes it over the whole command line.
/// `[celeryd: celery@host:MainProcess] -active- (worker -A shop)`, as Celery does.
fn parse_title(title: &str) -> Program {
    let first = title.trim_start_matches('[').split([' ', ':']).next().unwrap_or_default();
    if first == "celeryd" {
        let name = Some("celery".to_owned());
        let asks_for_children = title.contains("MainProcess") && forks_by_default(title.split_whitespace());
        let application = value_of("-A", title.split([' ', '(', ')'])).map(cut);
        return Program {
            server: Server::Celery,
            kind: Kind::Ordinary,
            typed: name.clone(),
            name,
            application,
            asks_for_children,
        };
    }
    let server = server(first);
    let application = title.split_once('[').and_then(|(_, rest)| rest.split(']').next()).map(cut);
    let name = (server != Server::Other).then(|| cut(first));
    let asks_for_children = server != Server::Other && title.contains("master");
    Program { server, kind: Kind::Ordinary, typed: name.clone(), name, application, asks_for_children }
}

fn cut(word: &str) -> String {
    word.chars().take(LONGEST_WORD).collect()
}

/// The first argument of the form `module:name`, which no option's value has in common with it but an address.
fn application(arguments: &[String]) -> Option<String> {
    arguments.iter().find(|word| is_application(word)).map(|word| cut(word))
}

fn is_application(word: &str) -> bool {
    let Some((module, object)) = word.split_once(':') else { return false };
    let identifier = |text: &str| {
        text.chars().next().is_some_and(|letter| letter.is_alphabetic() || letter == '_')
            && text.chars().all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '.')
    };
    // A host name and a port is an address; `app.factory()` is not.
    identifier(module) && identifier(object.split('(').next().unwrap_or_default())
}

fn asks_for_children(name: &str, arguments: &[String]) -> bool {
    let reloads = arguments.iter().any(|word| word == "--reload")
        || (name == "fastapi" && arguments.first().is_some_and(|word| word == "dev"));
    let workers = value_of("--workers", arguments.iter().map(String::as_str))
        .and_then(|count| count.parse::<u32>().ok())
        .unwrap_or(1);
    match name {
        // gunicorn's master never serves, whatever it is asked for.
        "gunicorn" => true,
        "celery" => {
            arguments.iter().any(|word| word == "worker") && forks_by_default(arguments.iter().map(String::as_str))
        }
        _ => reloads || workers > 1,
    }
}

/// Whether a Celery worker has children that work: unless it was asked for another pool.
fn forks_by_default<'a>(words: impl Iterator<Item = &'a str> + Clone) -> bool {
    let pool = value_of("-P", words.clone()).or_else(|| value_of("--pool", words));
    pool.is_none_or(|pool| matches!(pool, "prefork" | "processes"))
}

/// The value of an option: behind it, behind its `=`, or, of one letter, attached.
fn value_of<'a>(option: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut words = words;
    while let Some(word) = words.next() {
        let Some(rest) = word.strip_prefix(option) else { continue };
        match rest.strip_prefix('=') {
            Some(value) => return Some(value),
            None if rest.is_empty() => return words.next(),
            None if !option.starts_with("--") => return Some(rest),
            None => {}
        }
    }
    None
}

/// A command line for people without what may be secret: the interpreter's and the program's name, the application.
pub(super) fn shown(program: &Program, arguments: &[String]) -> String {
    let first = arguments.first().map(|first| cut(base_name(first.split(' ').next().unwrap_or(first))));
    let words = match (program.kind, &program.name, &program.application) {
        (Kind::Spawned, ..) => [Some("multiprocessing child".to_owned()), None],
        (Kind::Tracker, ..) => [Some("multiprocessing helper".to_owned()), None],
        (Kind::Ordinary, Some(name), application) if program.server != Server::Other => {
            [Some(name.clone()), application.clone()]
        }
        (Kind::Ordinary, Some(_), _) => {
            [first.filter(|first| Some(first) != program.typed.as_ref()), program.typed.clone()]
        }
        (Kind::Ordinary, None, _) => [first, None],
    };
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    fn parsed(line: &str) -> (Server, Option<String>, Option<String>, bool) {
        let program = parse(&words(line));
        assert_eq!(program.kind, Kind::Ordinary, "{line}");
        (program.server, program.name, program.application, program.asks_for_children)
    }

    #[test]
    fn interpreters_by_name() {
        for name in ["python", "python3", "python3.12", "python3.13t", "python3.8m", "python2.7", "python3-dbg"] {
            assert!(is_interpreter(name), "{name}");
        }
        for name in ["pythonista", "ipython", "python-config", "bash", "", "python3.12.sh"] {
            assert!(!is_interpreter(name), "{name}");
        }
    }

    #[test]
    fn servers_however_they_are_started() {
        for line in [
            "/venv/bin/python /venv/bin/uvicorn main:app",
            "python3.12 -m uvicorn main:app --host 0.0.0.0",
            "python -u -X dev -Bm uvicorn main:app",
            "python -W ignore::UserWarning -muvicorn main:app",
            "/usr/bin/python3 /srv/lib/uvicorn/__main__.py main:app",
            "python -m uvicorn.__main__ main:app",
            "python -m debugpy --listen 0.0.0.0:5678 -m uvicorn main:app",
            "python /venv/bin/ddtrace-run uvicorn --port 80 main:app",
            "uvicorn main:app",
        ] {
            let found = parsed(line);
            assert_eq!(found, (Server::Uvicorn, Some("uvicorn".into()), Some("main:app".into()), false), "{line}");
        }
    }

    #[test]
    fn supervisors_are_asked_for() {
        assert!(parsed("python /bin/uvicorn main:app --workers 2").3);
        assert!(parsed("python /bin/uvicorn main:app --workers=2").3);
        assert!(parsed("python /bin/uvicorn main:app --reload").3);
        assert!(parsed("python /bin/fastapi dev main.py").3);
        assert!(!parsed("python /bin/uvicorn main:app --workers 1").3);
        assert!(parsed("python /bin/gunicorn main:app").3);
        assert!(parse(&["gunicorn: master [main:app]".to_owned()]).asks_for_children);
        assert!(!parse(&["gunicorn: worker [main:app]".to_owned()]).asks_for_children);
    }

    #[test]
    fn titles() {
        let title = vec!["gunicorn: worker [shop.main:app]".to_owned()];
        let program = parse(&title);
        assert_eq!((program.server, program.application.as_deref()), (Server::Gunicorn, Some("shop.main:app")));
        assert_eq!(shown(&program, &title), "gunicorn shop.main:app");
        assert_eq!(parse(&["my server: busy".to_owned()]).server, Server::Other);
    }

    #[test]
    fn workers_of_queues() {
        let celery = parsed("python /bin/celery -A shop.tasks worker -P prefork -c 2");
        assert_eq!(celery, (Server::Celery, Some("celery".into()), Some("shop.tasks".into()), true));
        assert!(parsed("python -m celery --app=shop worker").3, "a worker forks unless it was asked not to");
        assert!(!parsed("python -m celery -A shop worker --pool=threads").3);
        assert!(!parsed("python -m celery -A shop beat").3);
        let title = |text: &str| parse(&[text.to_owned()]);
        let master = title("[celeryd: celery@web:MainProcess] -active- (worker -A shop)");
        assert_eq!((master.server, master.asks_for_children), (Server::Celery, true));
        assert!(!title("[celeryd: celery@web:ForkPoolWorker-1]").asks_for_children);
        assert_eq!(parsed("python /bin/rq worker high").0, Server::Rq);
        assert_eq!(parsed("python /bin/huey_consumer.py shop.huey").0, Server::Huey);
        assert_eq!(parsed("python manage.py runserver 8000").0, Server::Django);
        assert_eq!(parsed("python manage.py migrate").0, Server::Other);
    }

    #[test]
    fn children_of_multiprocessing() {
        let spawned = "from multiprocessing.spawn import spawn_main; spawn_main(tracker_fd=5, pipe_handle=7)";
        let arguments = |code: &str, more: &[&str]| {
            let all = ["python", "-B", "-c", code].into_iter().chain(more.iter().copied());
            all.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(parse(&arguments(spawned, &["--multiprocessing-fork"])).kind, Kind::Spawned);
        for helper in ["resource_tracker", "semaphore_tracker", "forkserver"] {
            let code = format!("from multiprocessing.{helper} import main;main(4)");
            assert_eq!(parse(&arguments(&code, &[])).kind, Kind::Tracker, "{helper}");
        }
        assert_eq!(parse(&arguments("import time; time.sleep(9)", &[])).kind, Kind::Ordinary);
    }

    #[test]
    fn applications_are_not_addresses() {
        assert!(is_application("main:app") && is_application("shop.web.main:create_app()"));
        for word in ["127.0.0.1:8000", "localhost:8000", "unix:/run/x.sock", "--bind", "a b:c", "http://x", ":app"] {
            assert!(!is_application(word), "{word}");
        }
    }

    #[test]
    fn shown_without_values() {
        let show = |line: &str| shown(&parse(&words(line)), &words(line));
        assert_eq!(show("/usr/bin/python3 /srv/jobs.py --password hunter2"), "python3 jobs.py");
        assert_eq!(show("python /bin/uvicorn main:app --ssl-keyfile-password hunter2"), "uvicorn main:app");
        assert_eq!(show("python -c print('hunter2')"), "python");
        assert_eq!(show("/opt/app/server --token=hunter2"), "server");
    }

    #[test]
    fn strange_command_lines_do_no_harm() {
        for line in ["", "python", "python -", "python -c", "python -m", "python --", "python -X", "-", "python \u{0}"]
        {
            assert_eq!(parse(&words(line)).server, Server::Other, "{line:?}");
        }
        assert_eq!(parse(&[]), nameless(Kind::Ordinary));
    }
}
