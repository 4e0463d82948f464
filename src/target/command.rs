//! What a command line says about a Python process: which server, which application, what for.
//!
//! Functions of text. A program may write any title over its command line, so what is read here is a guess that the
//! family's sockets confirm.

use crate::libraries::{self, Supervises, is_wrapper, multiprocessing, program_named};
use crate::snapshot::Server;

/// What a Python process was started as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Program {
    /// Which server program.
    pub(super) server: Server,
    /// What kind of process `multiprocessing` made it, if it did.
    pub(super) kind: Birth,
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
pub(super) enum Birth {
    /// Started by a command line of its own, or a fork of one that was.
    Ordinary,
    /// A child that `multiprocessing` started afresh.
    Spawned,
    /// `multiprocessing`'s resource tracker, semaphore tracker or fork server.
    Tracker,
}

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
    let Some(first) = arguments.first() else { return nameless(Birth::Ordinary) };
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
    nameless(Birth::Ordinary)
}

fn rest(arguments: &[String], from: usize) -> &[String] {
    arguments.get(from..).unwrap_or_default()
}

fn nameless(kind: Birth) -> Program {
    Program { server: Server::Other, kind, name: None, typed: None, application: None, asks_for_children: false }
}

/// `python -c CODE`, as `multiprocessing` starts its children and helpers.
fn inline(code: &str, arguments: &[String]) -> Program {
    let spawned = code.contains(multiprocessing::SPAWN) || arguments.iter().any(|word| word == multiprocessing::FORKED);
    if multiprocessing::HELPERS.iter().any(|module| code.contains(module)) {
        nameless(Birth::Tracker)
    } else {
        nameless(if spawned { Birth::Spawned } else { Birth::Ordinary })
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
    if is_wrapper(module)
        && let Some(wrapped) = wrapped(arguments)
    {
        return wrapped;
    }
    let row = program_named(module, arguments.first().map(String::as_str));
    Program {
        server: row.map_or(Server::Other, |row| row.server),
        kind: Birth::Ordinary,
        name: Some(cut(module)),
        typed: Some(cut(if file.starts_with("__main__") { module } else { file })),
        application: row.and_then(|row| application(row, arguments)),
        asks_for_children: row.is_some_and(|row| asks_for_children(row, arguments)),
    }
}

/// The server that a wrapper runs, when it is one that we know.
fn wrapped(arguments: &[String]) -> Option<Program> {
    let at = arguments.iter().position(|word| program_named(base_name(word), None).is_some())?;
    arguments.get(at).map(|word| program(word, rest(arguments, at.saturating_add(1))))
}

/// `gunicorn: master [main:app]`, as setproctitle writes it over the whole command line.
/// `[celeryd: celery@host:MainProcess] -active- (worker -A shop)`, as Celery does.
fn parse_title(title: &str) -> Program {
    let first = title.trim_start_matches('[').split([' ', ':']).next().unwrap_or_default();
    let Some(row) = program_named(first, None) else { return nameless(Birth::Ordinary) };
    let words = || title.split([' ', '(', ')']);
    let application = match row.application {
        [] => title.split_once('[').and_then(|(_, rest)| rest.split(']').next()),
        options => first_value(options, words()),
    };
    let children = match row.supervises {
        Supervises::Unless { options, children, .. } => works_in(options, children, words()),
        Supervises::Always | Supervises::WhenAsked { .. } => true,
    };
    let name = row.names.first().map(|name| (*name).to_owned());
    Program {
        server: row.server,
        kind: Birth::Ordinary,
        typed: name.clone(),
        name,
        application: application.map(cut),
        asks_for_children: children && title.contains(row.title),
    }
}

fn cut(word: &str) -> String {
    word.chars().take(LONGEST_WORD).collect()
}

/// What the options of a program say, else the first argument of the form `module:name`, which no option's value has in
/// common with it but an address.
fn application(row: &libraries::Program, arguments: &[String]) -> Option<String> {
    let mut words = arguments.iter().map(String::as_str);
    match row.application {
        [] => words.find(|word| is_application(word)),
        options => first_value(options, words),
    }
    .map(cut)
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

fn asks_for_children(row: &libraries::Program, arguments: &[String]) -> bool {
    let words = || arguments.iter().map(String::as_str);
    match row.supervises {
        Supervises::Always => true,
        Supervises::WhenAsked { or_argument } => {
            let workers = value_of("--workers", words()).and_then(|count| count.parse::<u32>().ok()).unwrap_or(1);
            words().any(|word| word == "--reload")
                || workers > 1
                || or_argument.is_some() && words().next() == or_argument
        }
        Supervises::Unless { argument, options, children } => {
            words().any(|word| word == argument) && works_in(options, children, words())
        }
    }
}

/// Whether children work: unless the program was asked for another kind of workers.
fn works_in<'a>(options: &[&str], children: &[&str], words: impl Iterator<Item = &'a str> + Clone) -> bool {
    first_value(options, words).is_none_or(|kind| children.contains(&kind))
}

/// The value of the first of these options that is there.
fn first_value<'a>(options: &[&str], words: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    options.iter().find_map(|option| value_of(option, words.clone()))
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
        (Birth::Spawned, ..) => [Some("multiprocessing child".to_owned()), None],
        (Birth::Tracker, ..) => [Some("multiprocessing helper".to_owned()), None],
        (Birth::Ordinary, Some(name), application) if program.server != Server::Other => {
            [Some(name.clone()), application.clone()]
        }
        (Birth::Ordinary, Some(_), _) => {
            [first.filter(|first| Some(first) != program.typed.as_ref()), program.typed.clone()]
        }
        (Birth::Ordinary, None, _) => [first, None],
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
        assert_eq!(program.kind, Birth::Ordinary, "{line}");
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
        assert_eq!(parse(&arguments(spawned, &["--multiprocessing-fork"])).kind, Birth::Spawned);
        for helper in ["resource_tracker", "semaphore_tracker", "forkserver"] {
            let code = format!("from multiprocessing.{helper} import main;main(4)");
            assert_eq!(parse(&arguments(&code, &[])).kind, Birth::Tracker, "{helper}");
        }
        assert_eq!(parse(&arguments("import time; time.sleep(9)", &[])).kind, Birth::Ordinary);
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
        assert_eq!(parse(&[]), nameless(Birth::Ordinary));
    }
}
