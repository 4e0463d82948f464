//! Whoever may write to the folder chooses nothing of what is written, and two runs do not write into one place.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;
#[path = "common/target.rs"]
mod target;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use interpreters::interpreters;
use target::Target;

/// The user that owns nothing.
const NOBODY: u32 = 65_534;
/// Until a run has claimed its files.
const PATIENCE: Duration = Duration::from_secs(20);

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, owner: u32, mode: u32) -> Self {
        let path = std::env::temp_dir().join(format!("hangspy-outputs-{name}-{}", std::process::id()));
        let _from_before = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its mode");
        chown(&path, Some(owner), None).expect("its owner");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _left_behind = fs::remove_dir_all(&self.0);
    }
}

#[expect(clippy::print_stderr, reason = "a skip says why")]
fn idle() -> Target {
    let interpreter = interpreters().pop().expect("an interpreter: install one, or set HANGSPY_PYTHONS");
    eprintln!("looking at {}", interpreter.name());
    let program = "import sys; print('ready', flush=True); sys.stdin.readline()";
    Target::start(Command::new(&interpreter.path).args(["-c", program]))
}

fn hangspy(target: &Target, length: &str, more: &[&Path]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hangspy"));
    command.arg(target.process().pid.to_string()).args(["--for", length]).args(more);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(target: &Target, more: &[&Path]) -> Output {
    hangspy(target, "300ms", more).output().expect("hangspy starts")
}

fn assert_refused(output: &Output, words: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains(words), "{:?}: {said}", output.status);
}

#[test]
fn a_folder_of_somebody_else_is_not_written_into_nor_a_link_in_it_followed() {
    if !nix::unistd::geteuid().is_root() {
        return eprintln!("skipped: only root can make what belongs to somebody else");
    }
    let target = idle();
    let (theirs, ours) = (Folder::new("theirs", NOBODY, 0o755), Folder::new("ours", 0, 0o700));
    let profile = ours.0.join("profile");
    fs::write(&profile, "untouched").expect("a file");
    for name in ["stacks.collapsed", "report.txt", "audit"] {
        symlink(&profile, theirs.0.join(name)).expect("a planted link");
    }
    assert_refused(&run(&target, &[Path::new("-o"), &theirs.0]), "others may write");
    let audit = theirs.0.join("audit");
    assert_refused(&run(&target, &[Path::new("--audit"), &audit]), "others may write");
    let open = Folder::new("open", 0, 0o777);
    symlink(&ours.0, open.0.join("planted")).expect("a planted link");
    assert_refused(&run(&target, &[Path::new("-o"), &open.0.join("planted")]), "a link on the way");
    assert_eq!(fs::read_to_string(&profile).expect("still there"), "untouched");
    assert_eq!(fs::read_dir(&ours.0).expect("a folder").count(), 1);
}

#[test]
fn a_link_in_a_folder_of_ours_is_no_file_to_write() {
    let target = idle();
    let ours = Folder::new("link", nix::unistd::geteuid().as_raw(), 0o700);
    let profile = ours.0.join("profile");
    fs::write(&profile, "untouched").expect("a file");
    let link = ours.0.join("audit");
    symlink(&profile, &link).expect("a link");
    assert_refused(&run(&target, &[Path::new("--audit"), &link]), "cannot write");
    assert_eq!(fs::read_to_string(&profile).expect("still there"), "untouched");
}

#[test]
fn what_is_written_is_for_us_alone() {
    let target = idle();
    let ours = Folder::new("modes", nix::unistd::geteuid().as_raw(), 0o700);
    let folder = ours.0.join("new/deep");
    let output = run(&target, &[Path::new("-o"), &folder, Path::new("--audit"), &ours.0.join("audit")]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mode = |path: &Path| fs::metadata(path).expect("it is there").mode() & 0o7777;
    assert_eq!((mode(&folder), mode(&ours.0.join("new")), mode(&ours.0.join("audit"))), (0o700, 0o700, 0o600));
    let files: Vec<PathBuf> =
        fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    assert_eq!(files.len(), 5, "{files:?}");
    assert!(files.iter().all(|file| mode(file) == 0o600), "{files:?}");
}

#[test]
fn of_two_runs_into_one_folder_the_second_is_refused_and_nothing_is_damaged() {
    let target = idle();
    let ours = Folder::new("two", nix::unistd::geteuid().as_raw(), 0o700);
    let folder = ours.0.join("incident");
    let mut first = hangspy(&target, "3s", &[Path::new("-o"), &folder]).spawn().expect("hangspy starts");
    let began = Instant::now();
    // While the last of its files is claimed, and once the first has taken its place.
    for file in [".stacks.collapsed.part", "capture.hangspy"] {
        while !folder.join(file).exists() {
            assert!(began.elapsed() < PATIENCE, "{file} does not appear");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_refused(&run(&target, &[Path::new("-o"), &folder]), "another run");
    }
    assert!(first.wait().expect("it ends").success());
    let capture = folder.join("capture.hangspy");
    let read = hangspy::journal::read(&capture).expect("a capture");
    assert_eq!(read.truncation, None);
    assert!(run(&target, &[Path::new("-o"), &folder]).status.success(), "a third run replaces it");
}
