//! Reading a file of `/proc` or of a control group: never more than a bound, and a refusal becomes a reason.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use nix::errno::Errno;

use super::regular_file;
use crate::snapshot::{Known, Why, without_secrets};

/// Enough for any file about one thread or one process that is not a list.
pub(super) const SMALL: u64 = 64 * 1024;

/// Why the kernel did not answer.
pub(super) fn reason(error: &io::Error) -> Why {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::EACCES | Errno::EPERM) => Why::NotPermitted,
        Some(Errno::ENOENT | Errno::ESRCH | Errno::EBADF) => Why::Vanished,
        Some(Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM) => Why::Bounded,
        Some(_) => Why::NotInThisKernel,
        None => Why::Implausible,
    }
}

/// The first `limit` bytes of a file.
///
/// # Errors
/// The reason why the kernel did not give them.
pub(super) fn read_bytes(path: impl AsRef<Path>, limit: u64) -> Result<Vec<u8>, Why> {
    let file = File::open(path).map_err(|error| reason(&error))?;
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    Ok(bytes)
}

/// The first `limit` bytes of a file as text; what is not UTF-8 is replaced, since a process chooses its own names.
///
/// # Errors
/// The reason why the kernel did not give them.
pub(super) fn read_text(path: impl AsRef<Path>, limit: u64) -> Result<String, Why> {
    read_bytes(path, limit).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// A file of a control group, which may be mounted in the root of a process only: there no link leads out of that root, and
/// whatever else the process put into the place of such a file is not opened.
///
/// # Errors
/// The reason why the kernel did not give it; `Implausible` for what is no regular file.
pub(super) fn read_group_text(path: &str) -> Result<String, Why> {
    let found = match in_root_of_another(path) {
        Some((root, rest)) => regular_file::find(regular_file::find_here(Path::new(root))?, rest)?,
        None => regular_file::find_here(Path::new(path))?,
    };
    let mut bytes = Vec::new();
    let file = regular_file::open_also_of_the_kernel(&found)?;
    file.take(SMALL).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// `/proc/PID/root` and the path behind it.
fn in_root_of_another(path: &str) -> Option<(&str, &str)> {
    let behind = path.strip_prefix("/proc/")?.split_once("/root/")?.1;
    Some(path.split_at(path.len() - behind.len() - 1))
}

/// Where a link of `/proc` points, as text.
///
/// # Errors
/// The reason why the kernel did not say.
pub(super) fn read_link(path: impl AsRef<Path>) -> Result<String, Why> {
    let target = std::fs::read_link(path).map_err(|error| reason(&error))?;
    Ok(without_secrets(&target.to_string_lossy()).into_owned())
}

/// The fact or the reason, as a snapshot keeps it.
pub(super) fn known<T>(read: Result<T, Why>) -> Known<T> {
    match read {
        Ok(value) => Known::Is(value),
        Err(why) => Known::Unknown(why),
    }
}

/// Numeric names in a folder of `/proc`, sorted, at most `limit`; the flag says whether there were more.
///
/// # Errors
/// The reason why the kernel did not list it.
pub(super) fn numbered_entries(folder: impl AsRef<Path>, limit: usize) -> Result<(Vec<u32>, bool), Why> {
    let entries = std::fs::read_dir(folder).map_err(|error| reason(&error))?;
    let mut numbers = Vec::new();
    for entry in entries {
        // A process that ends during the walk makes the kernel report an error instead of an entry.
        let entry = entry.map_err(|error| reason(&error))?;
        let Some(number) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        if numbers.len() >= limit {
            numbers.sort_unstable();
            return Ok((numbers, true));
        }
        numbers.push(number);
    }
    numbers.sort_unstable();
    Ok((numbers, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_exist_has_vanished() {
        assert_eq!(read_text("/proc/4294967295/stat", SMALL), Err(Why::Vanished));
    }

    #[test]
    fn what_stands_in_the_place_of_a_group_s_file_is_not_opened() {
        let folder = std::env::temp_dir().join(format!("hangspy-group-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        nix::unistd::mkfifo(&folder.join("cpu.max"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        std::fs::write(folder.join("cpu.stat"), "usage_usec 7").unwrap();
        for root in ["", "/proc/self/root"] {
            let read = |name: &str| read_group_text(&format!("{root}{}/{name}", folder.display()));
            assert_eq!(read("cpu.max"), Err(Why::Implausible));
            assert_eq!(read("cpu.stat").as_deref(), Ok("usage_usec 7"));
        }
        std::fs::remove_dir_all(folder).unwrap();
        assert_eq!(in_root_of_another("/proc/7/root/sys/x"), Some(("/proc/7/root", "/sys/x")));
        assert_eq!(in_root_of_another("/sys/fs/cgroup/root/x"), None);
        assert!(read_group_text("/proc/self/status").is_ok_and(|text| text.starts_with("Name:")));
    }

    #[test]
    fn a_read_ends_at_its_bound() {
        assert_eq!(read_bytes("/proc/self/status", 5).map(|bytes| bytes.len()), Ok(5));
    }

    #[test]
    fn a_list_ends_at_its_bound_and_says_so() {
        let (all, cut) = numbered_entries("/proc/self/fd", 4096).unwrap();
        assert!(!cut && all.len() > 2, "/proc/self/fd lists {all:?}");
        let (some, cut) = numbered_entries("/proc/self/fd", 1).unwrap();
        assert!(cut && some.len() == 1, "a bound of one gave {some:?}");
    }
}
