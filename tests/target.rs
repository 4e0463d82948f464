//! Finding the process that is meant, among real ones: servers with workers, reloaders, helpers, strangers, the dead.

mod common {
    pub(crate) mod environments;
    pub(crate) mod family;
}

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use common::environments::{Environment, all};
use common::family::Family;
use hangspy::error::Error;
use hangspy::os::{children, processes, threads};
use hangspy::snapshot::{Known, Process, ProcessId, Role, Server, ThreadId};
use hangspy::target::{Listed, find, list};

/// One environment with every server that is asked for here.
fn environment() -> &'static Environment {
    static CHOSEN: OnceLock<Environment> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        let needed = ["uvicorn", "gunicorn", "uvicorn-worker"];
        let environments = all();
        let fits = |environment: &&Environment| needed.iter().all(|name| environment.packages.contains_key(*name));
        let found = environments.environments.iter().rfind(fits).cloned();
        found.unwrap_or_else(|| panic!("no environment has {needed:?}: run scripts/environments and read why"))
    })
}

fn python() -> Command {
    let mut command = Command::new(&environment().python);
    command.env("PYTHONUNBUFFERED", "1");
    command
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers")
}

/// A server program of the environment, in the folder of `app.py`.
fn server(program: &str, arguments: &[&str]) -> Family {
    let script = environment().python.with_file_name(program);
    Family::start(python().current_dir(folder()).env_remove("WEB_CONCURRENCY").arg(script).args(arguments))
}

fn script(code: &str) -> Family {
    Family::start(python().args(["-c", code]))
}

fn pids(found: &[Process]) -> Vec<u32> {
    found.iter().map(|process| process.pid.0).collect()
}

fn found(asked: &str) -> Vec<Process> {
    find(asked).unwrap_or_else(|error| panic!("{asked:?} was not found: {error}"))
}

fn listed(pid: u32) -> Option<Listed> {
    let all = list().unwrap_or_else(|error| panic!("the processes cannot be listed: {error}"));
    all.into_iter().find(|listed| listed.process.pid.0 == pid)
}

/// Master, workers and what a port, the master's pid and a worker's pid mean.
fn check_family(master: u32, workers: &[u32], port: u32, server: Server) {
    for asked in [format!(":{port}"), master.to_string()] {
        let found = found(&asked);
        assert_eq!(pids(&found), workers, "{asked} does not mean the workers of {master}");
        for process in &found {
            assert_eq!((process.role, process.server), (Role::Worker, server), "{process:?}");
            assert_eq!(process.ports.iter().copied().map(u32::from).collect::<Vec<_>>(), [port], "{process:?}");
            assert_eq!(process.parent, Some(ProcessId(master)), "{process:?}");
        }
    }
    let one = found(&workers[0].to_string());
    assert_eq!(pids(&one), [workers[0]], "a worker's pid means that worker");
    let listed = listed(master).unwrap_or_else(|| panic!("the master {master} is not listed"));
    assert_eq!((listed.process.role, listed.process.server), (Role::Master, server), "{listed:?}");
    let below =
        children(ProcessId(master), &[]).unwrap_or_else(|why| panic!("the children of {master}: {}", why.words()));
    for child in below.iter().filter(|child| !workers.contains(&child.pid.0)) {
        let helper = self::listed(child.pid.0).unwrap_or_else(|| panic!("the helper {child:?} is not listed"));
        assert_eq!(helper.process.role, Role::Helper, "{helper:?}");
    }
}

#[test]
fn uvicorn_with_workers() {
    let mut family = server("uvicorn", &["app:app", "--workers", "2", "--port", "0"]);
    let workers = family.numbers("ready ", 2);
    let port = family.numbers("running on http://127.0.0.1:", 1)[0];
    check_family(family.pid(), &workers, port, Server::Uvicorn);
}

#[test]
fn uvicorn_that_reloads() {
    let mut family = server("uvicorn", &["app:app", "--reload", "--port", "0"]);
    let workers = family.numbers("ready ", 1);
    let port = family.numbers("running on http://127.0.0.1:", 1)[0];
    check_family(family.pid(), &workers, port, Server::Uvicorn);
}

#[test]
fn gunicorn_with_uvicorn_workers_on_ipv6() {
    let arguments = ["app:app", "-w", "2", "-k", "uvicorn_worker.UvicornWorker", "-b", "[::1]:0"];
    let mut family = server("gunicorn", &arguments);
    let workers = family.numbers("ready ", 2);
    let port = family.numbers("Listening at: http://[::1]:", 1)[0];
    check_family(family.pid(), &workers, port, Server::Gunicorn);
}

#[test]
fn a_server_that_never_gets_to_listen() {
    let mut family = server("uvicorn", &["app:stuck", "--port", "0"]);
    let pid = family.numbers("starting ", 1)[0];
    let found = found(&pid.to_string());
    assert_eq!(pids(&found), [family.pid()]);
    assert_eq!((found[0].role, found[0].server), (Role::Single, Server::Uvicorn));
    assert!(found[0].ports.is_empty(), "{:?}", found[0].ports);
    assert!(pids(&self::found("app:stuck")).contains(&pid), "it is not found by its application");
}

#[test]
fn a_plain_listener_on_ipv6_and_its_child_that_is_not_python() {
    let mut family = script(
        "import socket, subprocess, sys, time\n\
         door = socket.create_server(('::1', 0), family=socket.AF_INET6)\n\
         child = subprocess.Popen(['sleep', '600'])\n\
         print('child', child.pid)\n\
         print('port', door.getsockname()[1])\n\
         time.sleep(600)",
    );
    let (child, port) = (family.numbers("child ", 1)[0], family.numbers("port ", 1)[0]);
    let found = found(&format!(":{port}"));
    assert_eq!(pids(&found), [family.pid()]);
    assert_eq!((found[0].role, found[0].server), (Role::Single, Server::Other));
    let version = environment().version.split('.').nth(1).and_then(|minor| minor.parse::<u8>().ok());
    assert_eq!(found[0].python.get().map(|python| python.minor), version, "{:?}", found[0]);
    let refused = find(&child.to_string());
    assert!(matches!(&refused, Err(Error::NotPython { pid, .. }) if *pid == child), "sleep became {refused:?}");
    assert!(listed(child).is_none(), "sleep is listed as Python");
}

#[test]
fn a_listener_that_is_not_python_is_named() {
    let door = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = door.local_addr().unwrap().port();
    // This test program holds the socket and is never meant itself; its child has it too.
    nix::fcntl::fcntl(&door, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::empty())).unwrap();
    let family = Family::start(Command::new("sleep").arg("600"));
    let refused = find(&format!(":{port}"));
    // Other tests fork at the same time and hold it for a moment, too; all of them are strangers.
    assert!(matches!(refused, Err(Error::NotPython { .. })), "{} holds the port: {refused:?}", family.pid());
}

#[test]
fn the_dead_and_the_missing() {
    let mut dead = Command::new(&environment().python).args(["-c", ""]).stdin(Stdio::null()).spawn().unwrap();
    let id = nix::sys::wait::Id::Pid(nix::unistd::Pid::from_raw(dead.id().cast_signed()));
    let flags = nix::sys::wait::WaitPidFlag::WEXITED | nix::sys::wait::WaitPidFlag::WNOWAIT;
    nix::sys::wait::waitid(id, flags).unwrap();
    let refused = find(&dead.id().to_string());
    let is_listed = listed(dead.id()).is_some();
    dead.wait().unwrap();
    assert!(matches!(refused, Err(Error::Exited { pid }) if pid == dead.id()), "a zombie became {refused:?}");
    assert!(!is_listed, "a zombie is listed");
    assert!(matches!(find("4294967295"), Err(Error::NoSuchProcess { .. })));
    assert!(matches!(find(":1"), Err(Error::NoTarget { .. } | Error::NotPython { .. })));
    assert!(matches!(find(":0"), Err(Error::Usage { .. })));
    assert!(matches!(find("99999999999999"), Err(Error::Usage { .. })));
    assert!(matches!(find("no such name"), Err(Error::NoTarget { .. })));
}

#[test]
fn hostile_names_move_nothing_and_reach_no_line() {
    let mut command = python();
    command.arg0("evil\u{1b}[2J\n) Z 1 (").args([
        "-c",
        "import os, time\n\
         open('/proc/self/comm', 'wb').write(b'x) Z 1\\n(\\x1b[31m')\n\
         print('ready', os.getpid())\n\
         time.sleep(600)",
    ]);
    let mut family = Family::start(&mut command);
    let pid = family.numbers("ready ", 1)[0];
    let found = found(&pid.to_string());
    assert_eq!(pids(&found), [pid]);
    assert_eq!(found[0].parent, Some(ProcessId(std::process::id())), "the name moved the fields of stat");
    let entry = processes::read(ProcessId(pid)).unwrap();
    assert!(entry.runs() && entry.name.contains(')'), "{entry:?}");
    let listed = listed(pid).unwrap();
    assert!(!listed.command.contains(char::is_control), "{:?}", listed.command);
    assert_eq!(listed.readable, Known::Is(true), "a child of ours can be read");
}

#[test]
fn a_process_in_a_pid_namespace_of_its_own() {
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--map-root-user", "--"]).arg(&environment().python);
    command.args(["-uc", "import os, time; print('inside', os.getpid()); time.sleep(600)"]);
    if !can_unshare() {
        return;
    }
    let mut family = Family::start(&mut command);
    assert_eq!(family.numbers("inside ", 1), [1], "the process is not the first of its namespace");
    let outer = children(ProcessId(family.pid()), &[]).unwrap()[0].pid;
    assert_eq!(pids(&found(&outer.to_string())), [outer.0]);
    // `unshare` is not Python: what runs below it is meant.
    assert_eq!(pids(&found(&family.pid().to_string())), [outer.0]);
    assert_eq!(processes::read(outer).unwrap().namespace_depth, Known::Is(2));
    assert_eq!(threads::innermost_id(outer, ThreadId(outer.0)), Known::Is(1));
}

/// The inner half of the next test, which gives it a world with one server in it.
#[test]
#[ignore = "the_only_server_here runs it in a pid namespace of its own"]
fn inside_a_world_of_its_own() {
    let found = find("").unwrap_or_else(|error| panic!("the only server was not found: {error}"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].server, Server::Uvicorn, "{found:?}");
}

#[test]
fn the_only_server_here() {
    if !can_unshare() {
        return;
    }
    // A script, a helper and a server that has not opened its port: only the last is meant.
    let world = r#"
        "$1" -c 'import time; time.sleep(600)' &
        "$1" -c 'from multiprocessing.resource_tracker import main;main(0)' &
        "$1" "$2" app:stuck_elsewhere --port 0 | while read -r word pid; do
            if [ "$word" = starting ]; then "$3" --ignored --exact inside_a_world_of_its_own && echo passed; exit; fi
        done"#;
    let uvicorn = environment().python.with_file_name("uvicorn");
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--map-root-user", "--mount-proc", "--", "sh", "-c", world, "sh"]);
    command.arg(&environment().python).arg(uvicorn).arg(std::env::current_exe().unwrap()).current_dir(folder());
    let mut family = Family::start(&mut command);
    family.said("passed", 1);
}

/// Whether this machine lets us make namespaces; containers often do not.
#[expect(clippy::print_stderr, reason = "a skip says why")]
fn can_unshare() -> bool {
    let allowed = Command::new("unshare")
        .args(["--pid", "--fork", "--map-root-user", "--mount-proc", "true"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !allowed {
        eprintln!("skipped: unshare --pid --mount-proc is not permitted here");
    }
    allowed
}
