//! What a process has mapped is its own choice: it costs neither our life nor our memory, nor anybody else his line.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;
#[path = "common/target.rs"]
mod target;

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use interpreters::interpreters;
use target::Target;

/// What listing a handful of processes may take.
const PATIENCE: Duration = Duration::from_secs(20);

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hangspy-binaries-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _left_behind = fs::remove_dir_all(&self.0);
    }
}

/// A Python that maps a file and does something to it then.
#[expect(clippy::print_stderr, reason = "a skip says why")]
fn mapping(file: &Path, then: &str) -> Target {
    let interpreter = interpreters().pop().expect("an interpreter: install one, or set HANGSPY_PYTHONS");
    eprintln!("looking at {}", interpreter.name());
    let program = format!(
        "import mmap, os, sys\nfile = open(sys.argv[1], 'rb')\nmapped = mmap.mmap(file.fileno(), 4096, prot=1)\n\
         {then}\nprint('ready', flush=True)\nsys.stdin.readline()"
    );
    Target::start(Command::new(&interpreter.path).args(["-c", &program]).arg(file))
}

/// Lists the processes with 400 MB of address space, and returns the line of this one.
fn line_of(target: &Target) -> String {
    let began = Instant::now();
    let limited = "ulimit -v 400000; exec \"$0\" ps";
    let mut command = Command::new("sh");
    // Otherwise the C library reserves 64 MiB of it for each thread, used or not.
    command.args(["-c", limited, env!("CARGO_BIN_EXE_hangspy")]).env("MALLOC_ARENA_MAX", "1");
    let output = command.output().expect("it starts");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{:?}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    let pid = target.process().pid.to_string();
    let line = told.lines().find(|line| line.split_whitespace().next() == Some(&*pid));
    line.unwrap_or_else(|| panic!("{pid} has no line: {told}")).to_owned()
}

/// The name of a library that is no interpreter's, whatever version really runs.
const LIBRARY: &str = "libpython3.11.so.1.0";

/// A copy of our own program, an ELF file, to be spoilt.
fn an_elf_file(folder: &Folder) -> File {
    let path = folder.0.join(LIBRARY);
    fs::copy(env!("CARGO_BIN_EXE_hangspy"), &path).expect("a copy");
    File::options().read(true).write(true).open(path).expect("it can be written")
}

fn word(file: &File, at: u64) -> u64 {
    let mut bytes = [0; 8];
    file.read_exact_at(&mut bytes, at).expect("a header");
    u64::from_le_bytes(bytes)
}

/// Writes a word into every section header.
fn in_each_section(file: &File, at: u64, value: u64) {
    let (table, count) = (word(file, 40), word(file, 56) >> 32 & 0xFFFF);
    for index in 0..count {
        file.write_all_at(&value.to_le_bytes(), table + index * 64 + at).expect("a section header");
    }
}

#[test]
fn sections_of_two_to_the_forty_bytes() {
    let folder = Folder::new("bss");
    in_each_section(&an_elf_file(&folder), 32, 1 << 40);
    let line = line_of(&mapping(&folder.0.join(LIBRARY), ""));
    assert!(line.contains("yes"), "{line}");
}

#[test]
fn names_that_never_end() {
    let folder = Folder::new("names");
    let file = an_elf_file(&folder);
    let length = file.metadata().expect("its length").len();
    // All tables are one text without an end, and every symbol's name begins in it.
    in_each_section(&file, 24, length);
    in_each_section(&file, 32, 16 << 20);
    file.write_all_at(&b"A".repeat(16 << 20), length).expect("there is room");
    let line = line_of(&mapping(&folder.0.join(LIBRARY), ""));
    assert!(line.contains("yes"), "{line}");
}

#[test]
fn names_that_never_end_in_many_processes_at_once() {
    let folder = Folder::new("many");
    let file = an_elf_file(&folder);
    let length = file.metadata().expect("its length").len();
    in_each_section(&file, 24, length);
    in_each_section(&file, 32, 16 << 20);
    file.set_len(length + (16 << 20)).expect("there is room");
    // Each of them took 32 MiB, all at once.
    let fork = "for _ in range(24): os.fork() or (sys.stdin.readline(), os._exit(0))";
    line_of(&mapping(&folder.0.join(LIBRARY), fork));
}

#[test]
fn a_file_that_was_cut_off_since() {
    let folder = Folder::new("cut");
    drop(an_elf_file(&folder));
    let line = line_of(&mapping(&folder.0.join(LIBRARY), "os.truncate(sys.argv[1], 100)"));
    assert!(line.contains("yes"), "{line}");
}

#[test]
fn a_fifo_where_the_file_was() {
    let folder = Folder::new("fifo");
    drop(an_elf_file(&folder));
    let line = line_of(&mapping(&folder.0.join(LIBRARY), "os.remove(sys.argv[1]); os.mkfifo(sys.argv[1])"));
    assert!(line.contains("yes"), "{line}");
}

#[test]
fn a_version_that_is_no_number() {
    let folder = Folder::new("version");
    let name = folder.0.join("libpython3.99999999999999999999.so");
    fs::copy(env!("CARGO_BIN_EXE_hangspy"), &name).expect("a copy");
    let line = line_of(&mapping(&name, "b = [b'\\x003.99999999999.999999 (x' * 100]"));
    assert!(line.contains("yes"), "{line}");
}
