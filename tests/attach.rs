//! Attaching: binaries without symbols, without a file, in another root; and everything that is not to be attached to.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;
#[path = "common/target.rs"]
mod target;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use hangspy::attach::{self, Access, Session};
use interpreters::{Interpreter, interpreters};
use target::Target;

const READY: &str = "import sys; sys.stdout.write('ready\\n'); sys.stdout.flush(); sys.stdin.readline()";

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("the target folder can be written");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A copy of an interpreter, and of its library when it has one.
struct Copied {
    program: PathBuf,
    library: Option<PathBuf>,
    prefix: PathBuf,
}

impl Copied {
    fn new(folder: &Folder, interpreter: &Interpreter) -> Self {
        let (_, minor, _) = interpreter.version;
        let prefix = interpreter.path.ancestors().nth(2).expect("PREFIX/bin/python3.N").to_owned();
        let library = prefix.join(format!("lib/libpython3.{minor}.so.1.0"));
        let copy = |from: &Path| {
            let to = folder.0.join(from.file_name().expect("a file"));
            fs::copy(from, &to).expect("the interpreter can be copied");
            to
        };
        let program = copy(&interpreter.path);
        Self { program, library: library.exists().then(|| copy(&library)), prefix }
    }

    fn start(&self) -> Target {
        let mut command = Command::new(&self.program);
        command.args(["-S", "-u", "-c", READY]).env("PYTHONHOME", &self.prefix);
        if let Some(folder) = self.library.as_ref().and_then(|library| library.parent()) {
            command.env("LD_LIBRARY_PATH", folder);
        }
        Target::start(&mut command)
    }
}

/// Makes names unfindable in a file, which is changed in place because a process may have mapped it. By Python, which
/// does it a hundred times as fast as an unoptimized test.
fn rename(interpreter: &Interpreter, path: &Path, names: &[&str]) {
    let code = "import sys
with open(sys.argv[1], 'r+b') as file:
    data = file.read()
    for name in sys.argv[2:]:
        name = b'\\0' + name.encode() + b'\\0'
        data = data.replace(name, name[:-2] + b'X\\0')
    file.seek(0)
    file.write(data)
";
    let done = Command::new(&interpreter.path).args(["-I", "-c", code]).arg(path).args(names).status();
    assert!(done.expect("Python starts").success(), "{} could not be changed", path.display());
}

fn assert_own(session: hangspy::error::Result<Session>, name: &str) {
    let session = session.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(matches!(session.access, Access::Own(_)), "{name}: read by {:?}", session.process.reader);
}

#[test]
fn a_runtime_without_symbol_is_found_by_its_section_or_by_a_search() {
    for interpreter in interpreters() {
        for (what, names) in [("symbol", &["_PyRuntime"][..]), ("section", &["_PyRuntime", ".PyRuntime"])] {
            let name = format!("{} without {what}", interpreter.name());
            let folder = Folder::new(&format!("nameless-{}-{what}", interpreter.version.1));
            let copied = Copied::new(&folder, &interpreter);
            // A program refers to itself without names; a library needs them until it is loaded.
            rename(&interpreter, &copied.program, names);
            let target = copied.start();
            copied.library.iter().for_each(|library| rename(&interpreter, library, names));
            assert_own(attach::attach(target.process()), &name);
        }
    }
}

#[test]
fn a_stripped_copy_is_attached_to() {
    for interpreter in interpreters() {
        if interpreter.origin == "HANGSPY_PYTHONS" {
            eprintln!("skipped: {}, which was changed by patchelf: strip(1) breaks it", interpreter.name());
            continue;
        }
        let folder = Folder::new(&format!("stripped-{}", interpreter.name()));
        let copied = Copied::new(&folder, &interpreter);
        let files = copied.library.iter().chain([&copied.program]);
        match Command::new("strip").arg("--strip-all").args(files).status() {
            Ok(status) => assert!(status.success(), "strip fails on a copy of {}", interpreter.name()),
            Err(error) => return eprintln!("skipped: no strip(1) here: {error}"),
        }
        assert_own(attach::attach(copied.start().process()), &interpreter.name());
    }
}

#[test]
fn a_deleted_program_is_attached_to() {
    for interpreter in interpreters() {
        let folder = Folder::new(&format!("deleted-{}", interpreter.name()));
        let copied = Copied::new(&folder, &interpreter);
        let target = copied.start();
        fs::remove_file(&copied.program).expect("the copy can be deleted");
        assert_own(attach::attach(target.process()), &format!("{}, deleted", interpreter.name()));
    }
}

#[test]
fn a_library_that_an_upgrade_deleted_is_attached_to() {
    for interpreter in interpreters() {
        let folder = Folder::new(&format!("upgraded-{}", interpreter.name()));
        let copied = Copied::new(&folder, &interpreter);
        let Some(library) = &copied.library else { continue };
        let target = copied.start();
        fs::remove_file(library).expect("the copy can be deleted");
        assert_own(attach::attach(target.process()), &format!("{}, library deleted", interpreter.name()));
    }
}

#[test]
fn an_interpreter_that_only_its_own_mount_namespace_has_is_attached_to() {
    for interpreter in interpreters() {
        let folder = Folder::new(&format!("mounted-{}", interpreter.version.1));
        let copied = Copied::new(&folder, &interpreter);
        let hidden = Folder::new(&format!("hidden-{}", interpreter.version.1));
        let script =
            "mount -t tmpfs none \"$2\" && cp \"$1\"/* \"$2\" && LD_LIBRARY_PATH=$2 exec \"$2/$3\" -S -u -c \"$4\"";
        let program = copied.program.file_name().expect("a file");
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", script, "sh"]).args([&folder.0, &hidden.0]).arg(program).arg(READY);
        if !Command::new("unshare").args(["--mount", "true"]).status().is_ok_and(|status| status.success()) {
            return eprintln!("skipped: no mount namespace may be made here, run as root");
        }
        let target = Target::start(command.env("PYTHONHOME", &copied.prefix));
        assert_eq!(fs::read_dir(&hidden.0).expect("the folder is there").count(), 0, "the copy is not hidden");
        assert_own(attach::attach(target.process()), &format!("{}, in its own mount namespace", interpreter.name()));
    }
}

/// `python` of every release of this version among pyenv's.
fn old_interpreters(version: &str) -> Vec<PathBuf> {
    let home = env::var_os("HOME").unwrap_or_default();
    let root = env::var_os("PYENV_ROOT").map_or_else(|| Path::new(&home).join(".pyenv"), PathBuf::from);
    let releases = fs::read_dir(root.join("versions")).into_iter().flatten().flatten();
    let begin = format!("{version}.");
    let releases = releases.filter(|release| release.file_name().to_string_lossy().starts_with(&begin));
    releases.map(|release| release.path().join("bin/python")).filter(|program| program.exists()).collect()
}

const READY_IN_A_FUNCTION: &str = "import sys
def ready():
    sys.stdout.write('ready\\n'); sys.stdout.flush(); sys.stdin.readline()
ready()
";

#[cfg(not(feature = "py-spy"))]
#[test]
fn older_versions_are_refused_without_py_spy() {
    for program in ["2.7", "3.6", "3.7"].into_iter().flat_map(old_interpreters) {
        let target = Target::start(Command::new(&program).args(["-u", "-c", READY_IN_A_FUNCTION]));
        let error = attach::attach(target.process()).expect_err("nobody reads it");
        assert!(error.to_string().ends_with("this hangspy was built without py-spy"), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("feature py-spy")), "{:?}", error.hint());
    }
}

#[cfg(feature = "py-spy")]
#[test]
fn older_versions_are_left_to_py_spy() {
    use hangspy::snapshot::Reader;

    attach::walk_with(Path::new(env!("CARGO_BIN_EXE_hangspy")));
    for version in ["2.7", "3.6", "3.7"] {
        let found = old_interpreters(version);
        if found.is_empty() {
            eprintln!("skipped: CPython {version} is not in pyenv");
        }
        for program in found {
            let target = Target::start(Command::new(&program).args(["-u", "-c", READY_IN_A_FUNCTION]));
            let mut session = attach::attach(target.process()).unwrap_or_else(|error| panic!("{version}: {error}"));
            assert_eq!(session.process.reader, Reader::PySpy, "{version}");
            let python = session.process.python.ok().expect("a version");
            assert_eq!(format!("{}.{}", python.major, python.minor), version);
            let Access::PySpy(walker) = &mut session.access else { panic!("{version}: {:?}", session.access) };
            let threads = walker.threads().unwrap_or_else(|error| panic!("{version}: {error}"));
            let [thread] = &threads[..] else { panic!("{version}: {threads:?}") };
            let frames: Vec<_> = thread.frames.iter().map(|frame| (frame.name.as_str(), frame.line)).collect();
            assert_eq!(frames, [("ready", Some(3)), ("<module>", Some(4))], "{version}");
        }
    }
}

#[test]
#[cfg(feature = "py-spy")]
fn the_process_that_walks_with_py_spy_has_no_rights_but_to_read() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let found = interpreters();
    let interpreter = found.first().expect("an interpreter: install one, or set HANGSPY_PYTHONS");
    let target = Target::start(Command::new(&interpreter.path).args(["-u", "-c", READY]));
    let mut command = Command::new(env!("CARGO_BIN_EXE_hangspy"));
    command.args(["--walk-with-py-spy", &target.process().pid.to_string()]);
    let mut walker = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("hangspy starts");
    let mut answer = String::new();
    let told = walker.stdout.take().map(BufReader::new).expect("a pipe").read_line(&mut answer);
    let status = fs::read_to_string(format!("/proc/{}/status", walker.id())).expect("it waits for a question");
    drop(walker.stdin.take());
    walker.wait().expect("it is our child");
    let name = interpreter.name();
    assert!(told.is_ok() && answer.contains("\"Version\""), "{name}: py-spy reads with what is left: {answer}");
    for expected in ["NoNewPrivs:\t1", "Seccomp:\t2", "CapInh:\t0000000000000000"] {
        assert!(status.contains(expected), "{expected} is not in {status}");
    }
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:\t")).expect("what it may do");
    let may = u64::from_str_radix(effective, 16).expect("a bit for each");
    let (chown, kill, module) = (1_u64 << 0, 1 << 5, 1 << 16);
    let may_trace = may & 1 << 19 != 0;
    assert!(!may_trace || may & (chown | kill | module) == 0, "{effective}");
}
