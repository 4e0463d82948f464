//! The processes that are visible here, with what their `/proc` folders say about them.

use super::proc_file::{SMALL, known, numbered_entries, read_bytes, read_link, read_text};
use super::task_text::{parse_stat, status_value};
use crate::snapshot::{Known, ProcessId, Why};

/// How many processes are looked at. A large node runs some thousands; each costs about 30 microseconds.
pub const MOST_PROCESSES: usize = 32_768;

/// How many arguments of a command line are kept: a server's meaning is in its first few.
const MOST_ARGUMENTS: usize = 256;

/// How many bytes of one argument are kept.
const LONGEST_ARGUMENT: usize = 4096;

/// How much of `/proc/PID/maps` is read: 40,000 mappings of a hundred bytes.
const MOST_MAP_BYTES: u64 = 4 * 1024 * 1024;

/// What `/proc/PID` says about a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessEntry {
    /// Its number as we see it.
    pub pid: ProcessId,
    /// Its parent; `None` when that is outside of our pid namespace.
    pub parent: Option<ProcessId>,
    /// The kernel's name for it (`comm`), which the program may have chosen.
    pub name: String,
    /// Its arguments, which the program may have overwritten; empty for kernel threads and zombies.
    pub arguments: Vec<String>,
    /// The file it runs, as the process sees it, without ` (deleted)`.
    pub executable: Known<String>,
    /// The kernel's state letter.
    pub state: char,
    /// When it started, in clock ticks since boot.
    pub start_ticks: u64,
    /// Its effective user.
    pub user: Known<u32>,
    /// In how many pid namespaces it has a number, ours included: 1 means ours.
    pub namespace_depth: Known<usize>,
    /// Whether it is a thread of the kernel.
    pub kernel_thread: bool,
}

impl ProcessEntry {
    /// Whether it runs a program: neither a thread of the kernel nor a process that has ended.
    #[must_use]
    pub fn runs(&self) -> bool {
        !self.kernel_thread && !matches!(self.state, 'Z' | 'X' | 'x')
    }
}

/// The numbers of all processes, at most [`MOST_PROCESSES`].
///
/// # Errors
/// The reason why `/proc` could not be listed.
pub fn list() -> Result<Vec<ProcessId>, Why> {
    let (numbers, _) = numbered_entries("/proc", MOST_PROCESSES)?;
    Ok(numbers.into_iter().map(ProcessId).collect())
}

/// One process.
///
/// # Errors
/// The reason why its `stat` could not be read: `Vanished` when there is no such process.
pub fn read(pid: ProcessId) -> Result<ProcessEntry, Why> {
    let text = read_text(format!("/proc/{pid}/stat"), SMALL)?;
    let stat = parse_stat(&text).ok_or(if text.is_empty() { Why::Vanished } else { Why::Implausible })?;
    let status = read_text(format!("/proc/{pid}/status"), SMALL);
    let arguments = read_bytes(format!("/proc/{pid}/cmdline"), SMALL).unwrap_or_default();
    Ok(ProcessEntry {
        pid,
        parent: (stat.parent != 0).then_some(ProcessId(stat.parent)),
        name: stat.name,
        arguments: parse_arguments(&arguments),
        executable: known(read_link(format!("/proc/{pid}/exe")).map(|path| without_deleted(&path).to_owned())),
        state: stat.state,
        start_ticks: stat.start_ticks,
        user: known(status.as_deref().map_err(|why| *why).and_then(|text| parse_user(text).ok_or(Why::Implausible))),
        namespace_depth: known(
            status.as_deref().map_err(|why| *why).and_then(|text| parse_depth(text).ok_or(Why::NotInThisKernel)),
        ),
        kernel_thread: stat.kernel_thread,
    })
}

/// The parent of a process that was forked and runs the same program on; `None` of one that runs a program of its own.
#[must_use]
pub fn forked_from(pid: ProcessId) -> Option<ProcessId> {
    let text = read_text(format!("/proc/{pid}/stat"), SMALL).ok()?;
    parse_stat(&text).filter(|stat| stat.forked && stat.parent != 0).map(|stat| ProcessId(stat.parent))
}

/// All processes that can be read; those that end meanwhile are left out.
///
/// # Errors
/// The reason why `/proc` could not be listed.
pub fn scan() -> Result<Vec<ProcessEntry>, Why> {
    Ok(list()?.into_iter().filter_map(|pid| read(pid).ok()).collect())
}

/// The files that a process has mapped, each once, as it sees them.
///
/// # Errors
/// The reason why the kernel did not list them.
pub fn mapped_files(pid: ProcessId) -> Result<Vec<String>, Why> {
    Ok(parse_mapped_files(&read_text(format!("/proc/{pid}/maps"), MOST_MAP_BYTES)?))
}

/// The paths in `/proc/PID/maps`, without those of anonymous memory.
#[must_use]
pub fn parse_mapped_files(text: &str) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for path in text.lines().filter_map(|line| line.find('/').and_then(|start| line.get(start..))) {
        let path = without_deleted(path);
        // The parts of one file stand one after the other.
        if files.last().is_none_or(|last| last != path) {
            files.push(path.to_owned());
        }
    }
    files
}

/// `/proc/PID/cmdline`: arguments end with a zero byte. A program that wrote its own title there leaves one argument,
/// often padded with more zero bytes.
#[must_use]
pub fn parse_arguments(bytes: &[u8]) -> Vec<String> {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
    let bytes = bytes.get(..end).unwrap_or_default();
    if bytes.is_empty() {
        return Vec::new();
    }
    bytes
        .split(|byte| *byte == 0)
        .take(MOST_ARGUMENTS)
        .map(|argument| String::from_utf8_lossy(argument.get(..LONGEST_ARGUMENT).unwrap_or(argument)).into_owned())
        .collect()
}

/// What the kernel appends to the path of a file that was replaced, as an upgrade of the interpreter does.
fn without_deleted(path: &str) -> &str {
    path.strip_suffix(" (deleted)").unwrap_or(path)
}

/// The effective user in `/proc/PID/status`: the second of four.
#[must_use]
pub fn parse_user(status: &str) -> Option<u32> {
    status_value(status, "Uid")?.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// In how many pid namespaces `/proc/PID/status` numbers the process.
#[must_use]
pub fn parse_depth(status: &str) -> Option<usize> {
    let columns = status_value(status, "NSpid")?.split_ascii_whitespace().count();
    (columns > 0).then_some(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_are_among_the_processes() {
        let own = ProcessId(std::process::id());
        assert!(list().unwrap().contains(&own), "our own pid is not listed");
        let entry = read(own).unwrap();
        assert!(entry.runs() && entry.parent.is_some(), "{entry:?}");
        assert_eq!(entry.executable.get().map(String::as_str), std::env::current_exe().unwrap().to_str());
        assert_eq!(entry.arguments.first(), std::env::args().next().as_ref());
        assert_eq!(read(ProcessId(u32::MAX)), Err(Why::Vanished));
    }

    #[test]
    fn arguments_as_given_and_as_overwritten() {
        assert_eq!(parse_arguments(b"python\0-m\0uvicorn\0main:app\0"), ["python", "-m", "uvicorn", "main:app"]);
        assert_eq!(parse_arguments(b"python\0\0x\0"), ["python", "", "x"]);
        assert_eq!(parse_arguments(b"gunicorn: master [main:app]\0\0\0\0\0"), ["gunicorn: master [main:app]"]);
        assert!(parse_arguments(b"").is_empty() && parse_arguments(b"\0\0").is_empty());
        assert_eq!(parse_arguments(&[b'a'; 9000])[0].len(), LONGEST_ARGUMENT);
        assert_eq!(parse_arguments(&b"a\0".repeat(9000)).len(), MOST_ARGUMENTS);
    }

    #[test]
    fn files_in_maps() {
        let maps = "55d0-55d1 r--p 00000000 fe:00 131 /usr/bin/python3.12\n\
                    55d1-55d2 r-xp 00001000 fe:00 131 /usr/bin/python3.12\n\
                    7f10-7f11 rw-p 00000000 00:00 0 \n7f11-7f12 rw-p 00000000 00:00 0 [heap]\n\
                    7f12-7f13 r--p 00000000 fe:00 9 /opt/my app/x.so (deleted)\n";
        assert_eq!(parse_mapped_files(maps), ["/usr/bin/python3.12", "/opt/my app/x.so"]);
    }

    #[test]
    fn users_and_namespaces() {
        let status = "Name:\tUid:\t7\nUid:\t1000\t1001\t1000\t1000\nNSpid:\t4711\t31\n";
        assert_eq!(parse_user(status), Some(1001));
        assert_eq!(parse_depth(status), Some(2));
        assert_eq!(parse_depth("Name:\tx\n"), None);
    }

    #[test]
    fn a_replaced_executable_keeps_its_name() {
        assert_eq!(without_deleted("/usr/bin/python3.12 (deleted)"), "/usr/bin/python3.12");
    }
}
