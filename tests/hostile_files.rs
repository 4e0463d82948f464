//! A process of another user names files that it may not read: root's hangspy does not read them for it.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;
#[path = "common/target.rs"]
mod target;

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use interpreters::interpreters;
use target::Target;

/// The user that owns nothing.
const NOBODY: u32 = 65_534;
/// A group that nobody is in, but for one test.
const A_GROUP: u32 = 64_999;

/// A folder that everybody may enter, removed again.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hangspy-files-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its mode");
        Self(path)
    }

    /// A file of root's group `group`, with the secret in line 2.
    fn file(&self, name: &str, group: u32, mode: u32) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, "first\nSECRET of root\nthird\n").expect("a file");
        chown(&path, Some(0), Some(group)).expect("its group");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its mode");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _left_behind = fs::remove_dir_all(&self.0);
    }
}

/// What hangspy tells of a process of nobody's that is blocked in `file`, line 2; `None` where this cannot be tried.
#[expect(clippy::print_stderr, reason = "a skip says why")]
fn told_of(file: &Path, group: u32) -> Option<String> {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root can read what others cannot");
        return None;
    }
    let found = interpreters();
    let Some(interpreter) = found.iter().find(|interpreter| interpreter.origin == "PATH") else {
        eprintln!("skipped: no interpreter that every user may run");
        return None;
    };
    let program = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/programs/names_a_file.py"));
    let mut command = Command::new(&interpreter.path);
    command.arg("-c").arg(program.expect("the program")).arg(file).arg("2");
    let target = Target::start(command.uid(NOBODY).gid(group));
    let pid = target.process().pid.to_string();
    let output =
        Command::new(env!("CARGO_BIN_EXE_hangspy")).args([&pid, "--for", "2s"]).output().expect("hangspy starts");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}: {}", interpreter.name(), String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("LOOP BLOCKED") && told.contains(&*file.to_string_lossy()), "the file is blamed: {told}");
    Some(told)
}

#[test]
fn a_file_that_only_root_may_read_is_not_read() {
    let folder = Folder::new("mode");
    let Some(told) = told_of(&folder.file("shadow", 0, 0o600), NOBODY) else { return };
    assert!(!told.contains("SECRET"), "{told}");
}

#[test]
fn a_link_to_such_a_file_is_not_read_either() {
    let folder = Folder::new("link");
    let link = folder.0.join("app.py");
    symlink(folder.file("shadow", 0, 0o600), &link).expect("a link");
    let Some(told) = told_of(&link, NOBODY) else { return };
    assert!(!told.contains("SECRET"), "{told}");
}

#[test]
fn what_the_process_may_read_is_read_by_user_and_by_group() {
    let folder = Folder::new("may");
    let Some(told) = told_of(&folder.file("app.py", 0, 0o644), NOBODY) else { return };
    assert!(told.contains("SECRET"), "everybody may read it: {told}");
    let of_the_group = folder.file("of_a_group.py", A_GROUP, 0o640);
    let told = told_of(&of_the_group, A_GROUP).expect("as before");
    assert!(told.contains("SECRET"), "its group may read it: {told}");
    let told = told_of(&of_the_group, NOBODY).expect("as before");
    assert!(!told.contains("SECRET"), "another group may not: {told}");
}

#[test]
fn what_the_kernel_tells_of_whoever_asks_is_not_read() {
    let Some(told) = told_of(Path::new("/proc/self/status"), NOBODY) else { return };
    assert!(!told.contains("Umask"), "{told}");
}
