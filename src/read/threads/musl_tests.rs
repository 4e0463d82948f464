//! What is read through musl's own structures, on a real musl: a program whose threads sleep as those of CPython do.
//!
//! Needs `musl-gcc` (Debian: musl-tools); without it the test is skipped and says so. `scripts/musl` does the same with a
//! real CPython.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::gil;
use super::ids::ThreadIds;
use crate::layout::{CLibrary, CLibraryOffsets, table};
use crate::memory::{LiveMemory, Memory};
use crate::os::threads::{Detail, ThreadReader, list};
use crate::snapshot::{Address, Known, ProcessId, PythonVersion, SyscallState, ThreadId, Why};

/// How often a thread that is about to sleep is looked at.
const LOOKS: usize = 100_000;

struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        let _ended = self.0.kill();
        let _ended = self.0.wait();
    }
}

/// A thread as it tells of itself.
struct Told {
    handle: u64,
    thread: ThreadId,
    role: String,
}

/// Builds the program and starts it; `None` without the compiler.
fn start() -> Option<(Program, Address, Vec<Told>)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/programs/musl_waiters.c");
    let program = std::env::temp_dir().join(format!("hangspy-musl-waiters-{}", std::process::id()));
    let built = Command::new("musl-gcc").args(["-O1", "-o"]).arg(&program).arg(source).status().ok()?;
    assert!(built.success(), "musl-gcc cannot build musl_waiters.c");
    let mut child = Command::new(&program).stdout(Stdio::piped()).spawn().unwrap();
    fs::remove_file(program).unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let program = Program(child);
    let mut lines = output.lines().map(Result::unwrap).take_while(|line| line != "ready");
    let address = Address(lines.next().unwrap().parse().unwrap());
    let told = lines.map(|line| {
        let [handle, thread, role] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        Told { handle: handle.parse().unwrap(), thread: ThreadId(thread.parse().unwrap()), role: role.to_owned() }
    });
    let told = told.collect();
    Some((program, address, told))
}

/// Where a thread sleeps. It said so before it called the kernel, so it may be a moment before it does.
fn slept_on(reader: &mut ThreadReader, thread: ThreadId) -> Address {
    for _ in 0..LOOKS {
        if let Known::Is(SyscallState::Inside { arguments, .. }) = reader.read(thread, Detail::Light).syscall {
            return Address(arguments[0]);
        }
        std::thread::yield_now();
    }
    panic!("{thread} does not go to sleep");
}

#[test]
fn waiters_and_numbers_of_a_real_musl() {
    let Some((program, gil, told)) = start() else {
        // Who closed standard error does not want to know what was skipped.
        let _unheard = writeln!(std::io::stderr(), "skipped: musl-gcc is not on PATH (Debian: musl-tools)");
        return;
    };
    let process = ProcessId(program.0.id());
    let memory = LiveMemory::new(process);
    let library = CLibraryOffsets::of(Known::Is(CLibrary::Musl));
    assert_eq!(told.len(), 9, "three threads in each of three places");

    let mut ids = ThreadIds::new(process, library.thread_ids);
    ids.learn(&list(process).ok().unwrap());
    let handles: Vec<u64> = told.iter().map(|told| told.handle).collect();
    let expected: Vec<Option<ThreadId>> = told.iter().map(|told| Some(told.thread)).collect();
    assert_eq!(ids.of_handles(&memory, &handles), Ok(expected), "the kernel's numbers in struct pthread");

    // 3.11 has the GIL in the runtime, so that its place says where the runtime would be.
    let offsets = table(PythonVersion { major: 3, minor: 11, patch: Known::Unknown(Why::NotRead) }).unwrap();
    let runtime = Address(gil.0 - offsets.runtime.gil.unwrap() as u64);
    let (_, found) = gil::interpreter(&memory, &offsets, &library, runtime, runtime);
    let found = found.expect("a GIL that nobody holds");
    let mut reader = ThreadReader::new(process);
    let mut roles: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for told in &told {
        let address = slept_on(&mut reader, told.thread);
        let role = found.role_of_sleeper(&memory, &offsets, address, true);
        let word = role.map_or("apart".to_owned(), |role| serde_json::to_string(&role).unwrap().replace('"', ""));
        roles.entry(told.role.clone()).or_default().push(word);
    }
    let all = |role: &str| (role.to_owned(), vec![role.to_owned(); 3]);
    assert_eq!(roles, BTreeMap::from([all("waits"), all("hands-over"), all("apart")]));
    assert!(memory.read_u64(gil).is_ok(), "it lives to the end");
}
