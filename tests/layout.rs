//! Offsets against living interpreters: every one found on this machine is started, attached to and checked.

#[path = "common/interpreters.rs"]
mod interpreters;
#[path = "common/target.rs"]
mod target;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;

use hangspy::attach::{self, Access, OwnAccess};
use hangspy::layout;
use hangspy::snapshot::{Address, Known, PythonVersion};
use interpreters::{Interpreter, interpreters};
use target::Target;

const PROGRAM: &str = "import asyncio, sys, threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
sys.stdout.write('ready\\n'); sys.stdout.flush()
sys.stdin.readline()
";

/// Starts an interpreter and attaches to it.
fn attached(interpreter: &Interpreter) -> (Target, PythonVersion, OwnAccess) {
    let name = interpreter.name();
    let target = Target::start(Command::new(&interpreter.path).args(["-u", "-c", PROGRAM]));
    let session = attach::attach(target.process()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let python = session.process.python.ok().unwrap_or_else(|| panic!("{name}: no version"));
    let Access::Own(own) = session.access else { panic!("{name}: read by {:?}", session.process.reader) };
    (target, python, *own)
}

#[test]
fn every_interpreter_found_is_attached_to_with_offsets_that_are_true_of_it() {
    let found = interpreters();
    assert!(!found.is_empty(), "no CPython 3.8 to 3.15 found: install one, or set HANGSPY_PYTHONS");
    for interpreter in found {
        let name = interpreter.name();
        let (_target, python, own) = attached(&interpreter);
        let (major, minor, patch) = interpreter.version;
        assert_eq!((python.major, python.minor, python.patch), (major, minor, Known::Is(patch)), "{name}");
        assert_eq!(layout::validate(&own.offsets, &own.memory, own.runtime), Ok(()), "{name}");
        assert_eq!(own.asyncio.is_some(), minor >= 14, "{name}: .AsyncioDebug");
    }
}

#[test]
fn tables_agree_with_what_the_interpreter_says_of_itself() {
    for interpreter in interpreters() {
        let name = interpreter.name();
        let (_target, python, own) = attached(&interpreter);
        let table = layout::table(python).expect("a table for every version attached to");
        let says = layout::debug_head(&own.memory, own.runtime).expect("the runtime can be read");
        assert_eq!(says.is_some(), python.minor >= 13, "{name}: debug offsets");
        if says.is_some() {
            let said = layout::from_debug_offsets(&own.memory, own.runtime).expect("the debug offsets make sense");
            assert_eq!(table, said, "{name}: the table (left) is not of this release; see scripts/offsets");
        }
        assert_eq!(own.offsets, table, "{name}: .AsyncioDebug and the table (right) differ");
    }
}

#[test]
fn a_table_of_another_version_is_refused() {
    for interpreter in interpreters() {
        let (_target, python, own) = attached(&interpreter);
        for minor in (8..=15).filter(|minor| *minor != python.minor) {
            let table = layout::table(PythonVersion { minor, ..python }).expect("a table");
            let verdict = layout::validate(&table, &own.memory, own.runtime);
            // The chain that is walked is the same in 3.9 and 3.10; the version itself tells them apart.
            let alike = matches!((python.minor, minor), (9, 10) | (10, 9));
            assert_eq!(verdict.is_ok(), alike, "{}, read as 3.{minor}: {verdict:?}", interpreter.name());
        }
    }
}

#[test]
fn a_runtime_beside_the_runtime_is_refused() {
    for interpreter in interpreters() {
        let (_target, _, own) = attached(&interpreter);
        for by in [-64_i64, -16, -8, 8, 16, 64] {
            let beside = Address(own.runtime.0.wrapping_add_signed(by));
            let verdict = layout::validate(&own.offsets, &own.memory, beside);
            assert!(verdict.is_err(), "{}, {by} bytes beside", interpreter.name());
        }
    }
}

#[test]
fn task_offsets_are_those_of_a_living_task() {
    let code = "import asyncio, sys
async def wait():
    await asyncio.Event().wait()
async def main():
    task = asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    size = asyncio.Task.__basicsize__
    sys.stderr.write('%d %d\\n' % (id(task), size)); sys.stderr.flush()
    sys.stdout.write('ready\\n'); sys.stdout.flush()
    sys.stdin.readline()
asyncio.run(main())
";
    for interpreter in interpreters() {
        let name = interpreter.name();
        let mut command = Command::new(&interpreter.path);
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let target = Target::start(command.args(["-u", "-c", code]).stderr(writer));
        let mut line = String::new();
        BufReader::new(reader).read_line(&mut line).expect("the program tells where its task is");
        let numbers: Vec<u64> = line.split_whitespace().flat_map(str::parse).collect();
        let [task, size] = numbers[..] else { panic!("{name}: {line}") };
        let session = attach::attach(target.process()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let Access::Own(own) = session.access else { panic!("{name}: read by {:?}", session.process.reader) };
        let size = usize::try_from(size).expect("a size");
        assert_eq!(own.offsets.task_of_size(size), Some(own.offsets.task), "{name}: size {size}");
        let seen = own.offsets.task_seen(&own.memory, Address(task), size);
        assert_eq!(seen, Ok(Some(own.offsets.task)), "{name}: as the task shows them (left)");
    }
}

/// Whether a generator of `scripts` would write what is there, under this Python, and what it said.
fn checked(python: &Interpreter, script: &str) -> std::io::Result<(bool, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(script);
    let output = Command::new(&python.path).arg(path).arg("--check").output()?;
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    Ok((output.status.success(), said))
}

#[test]
fn tables_are_what_the_headers_give() {
    let found = interpreters();
    let Some(python) = found.iter().rfind(|interpreter| interpreter.version >= (3, 10, 0)) else {
        return eprintln!("skipped: scripts/offsets needs Python 3.10 or newer");
    };
    if Command::new("cc").arg("--version").output().is_err() {
        return eprintln!("skipped: no C compiler here");
    }
    let (same, said) = checked(python, "offsets").expect("Python starts");
    eprint!("{said}");
    assert!(same, "a table is not what scripts/offsets writes; run: python3 scripts/offsets\n{said}");
}

#[test]
fn opcodes_are_what_the_interpreters_say() {
    let found = interpreters();
    let python = found.last().expect("no CPython 3.8 to 3.15 found: install one, or set HANGSPY_PYTHONS");
    let (same, said) = checked(python, "opcodes").expect("Python starts");
    assert!(same, "a table is not what scripts/opcodes writes; run: scripts/opcodes\n{said}");
}
