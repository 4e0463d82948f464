//! Whether a process is Python, told from the names of the files that it runs and maps.

use crate::libraries::uvloop;
use crate::os::processes::{ProcessEntry, mapped_files};
use crate::snapshot::{Known, LoopKind, PythonVersion, Why};

use super::command::{base_name, is_interpreter};

/// Whether the name of its executable, or where that cannot be read of its first argument, is a Python interpreter's.
///
/// Shims of version managers and `#!` scripts are looked through by the kernel: the link leads to the interpreter.
pub(super) fn is_python(entry: &ProcessEntry) -> bool {
    if !entry.runs() {
        return false;
    }
    match &entry.executable {
        Known::Is(path) => is_interpreter(base_name(path)),
        Known::Unknown(_) => {
            let first = entry.arguments.first().map_or("", |first| base_name(first));
            is_interpreter(first) || is_interpreter(&entry.name)
        }
    }
}

/// Whether a process under another name has CPython inside: the library, or extension modules made for it.
///
/// Slower than [`is_python`], and can wait when the process itself is stuck changing its own mappings; asked only about
/// processes that are meant already or when nothing else is Python.
pub(super) fn embeds_python(entry: &ProcessEntry) -> bool {
    entry.runs() && mapped_files(entry.pid).is_ok_and(|files| files.iter().any(|file| is_python_library(file)))
}

fn is_python_library(path: &str) -> bool {
    let name = base_name(path);
    name.strip_prefix("libpython").is_some_and(|rest| rest.starts_with(['2', '3']))
        || name.contains(".cpython-3")
        || (path.contains("/lib-dynload/") && path.contains("/python"))
}

/// The version in the names of the executable and, where that has none, of mapped files. The patch is in no name.
pub(super) fn version(entry: &ProcessEntry) -> Known<PythonVersion> {
    if let Some(version) = entry.executable.get().and_then(|path| version_in(base_name(path))) {
        return Known::Is(version);
    }
    match mapped_files(entry.pid) {
        Ok(files) => Known::from_option(
            files.iter().filter(|path| is_python_library(path)).find_map(|path| version_in(path)),
            Why::NotRead,
        ),
        Err(why) => Known::Unknown(why),
    }
}

/// `python3.12`, `libpython3.12.so.1.0`, `/lib/python3.12/`, `.cpython-312-`.
fn version_in(text: &str) -> Option<PythonVersion> {
    let minor_of = |digits: &str| {
        let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
        digits.get(..end)?.parse::<u8>().ok()
    };
    let version = |major, minor| PythonVersion { major, minor, patch: Known::Unknown(Why::NotRead) };
    for (mark, major) in [("python3.", 3), (".cpython-3", 3), ("python2.", 2)] {
        if let Some((_, rest)) = text.split_once(mark)
            && let Some(minor) = minor_of(rest)
        {
            return Some(version(major, minor));
        }
    }
    None
}

/// Whether the interpreter was built without a GIL, where its name says so.
pub(super) fn free_threaded(entry: &ProcessEntry) -> Known<bool> {
    let name = entry.executable.get().map_or("", |path| base_name(path));
    let ends =
        |letter: char| name.strip_suffix(letter).is_some_and(|rest| rest.ends_with(|last: char| last.is_ascii_digit()));
    // A build without a GIL is also installed under the plain name, so the plain name says nothing.
    if is_interpreter(name) && ends('t') { Known::Is(true) } else { Known::Unknown(Why::NotRead) }
}

/// Which loop the process can run: uvloop, when its library is mapped. Any process can run the standard one.
pub(super) fn loop_kind(entry: &ProcessEntry) -> Known<LoopKind> {
    match mapped_files(entry.pid) {
        Ok(files) if files.iter().any(|path| path.contains(uvloop::MAPPED)) => Known::Is(LoopKind::Uvloop),
        Ok(_) => Known::Unknown(Why::NotRead),
        Err(why) => Known::Unknown(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::ProcessId;

    fn entry(executable: Known<String>, first: &str) -> ProcessEntry {
        ProcessEntry {
            pid: ProcessId(4711),
            parent: None,
            name: "server".into(),
            arguments: vec![first.into()],
            executable,
            state: 'S',
            start_ticks: 1,
            user: Known::Is(0),
            namespace_depth: Known::Is(1),
            kernel_thread: false,
        }
    }

    #[test]
    fn the_executable_decides_where_it_is_known() {
        let path = |path: &str| Known::Is(path.to_owned());
        assert!(is_python(&entry(path("/usr/bin/python3.11"), "gunicorn: master [a:b]")));
        assert!(!is_python(&entry(path("/usr/bin/sleep"), "python3")), "a title is not an interpreter");
        assert!(is_python(&entry(Known::Unknown(Why::NotPermitted), "/usr/bin/python3")));
        assert!(!is_python(&entry(Known::Unknown(Why::NotPermitted), "nginx")));
    }

    #[test]
    fn neither_zombies_nor_kernel_threads_are_python() {
        let mut zombie = entry(Known::Unknown(Why::Vanished), "python3");
        zombie.state = 'Z';
        assert!(!is_python(&zombie));
        let mut thread = entry(Known::Unknown(Why::Vanished), "python3");
        thread.kernel_thread = true;
        assert!(!is_python(&thread));
    }

    #[test]
    fn versions_in_names() {
        let minor = |text| version_in(text).map(|version| (version.major, version.minor));
        assert_eq!(minor("python3.12"), Some((3, 12)));
        assert_eq!(minor("python2.7"), Some((2, 7)));
        assert_eq!(minor("/usr/lib/libpython3.9.so.1.0"), Some((3, 9)));
        assert_eq!(minor("/x/_asyncio.cpython-314-x86_64-linux-gnu.so"), Some((3, 14)));
        assert_eq!(minor("/usr/local/lib/python3.13t/lib-dynload/_ssl.so"), Some((3, 13)));
        assert_eq!(minor("python3"), None);
        assert_eq!(minor("python3.99999"), None);
    }

    #[test]
    fn libraries() {
        for path in ["/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0", "/a/uvloop/loop.cpython-312-x86_64-linux-gnu.so"]
        {
            assert!(is_python_library(path), "{path}");
        }
        assert!(!is_python_library("/usr/lib/libc.so.6") && !is_python_library("/srv/libpythonic.so"));
    }
}
