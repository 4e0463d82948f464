//! Which program a process runs, as far as the kernel tells one from another.

use std::os::unix::fs::MetadataExt;

use super::proc_file::{SMALL, read_text, reason};
use crate::snapshot::{ProcessId, Why};

/// Where the fields of `/proc/PID/stat` stand behind the name: `starttime`, `startcode`, `startstack`.
const START_TICKS: usize = 19;
const START_CODE: usize = 23;
const START_STACK: usize = 25;

/// A program that a process runs. Another process under the same number has another one, and so has the same process after
/// `exec`: the kernel then places code and stack elsewhere, and where it does not, the file is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    start_ticks: u64,
    code: u64,
    stack: u64,
    file: Option<(u64, u64)>,
}

impl Program {
    /// The program that a process runs now. Of a process that we may not look into, only that it is still the same process.
    ///
    /// # Errors
    /// `Vanished` when there is no such process or it has ended; `Implausible` for nonsense.
    pub fn of(process: ProcessId) -> Result<Self, Why> {
        // Of the first thread: for the process as a whole the kernel goes through all its threads.
        let text = read_text(format!("/proc/{process}/task/{process}/stat"), SMALL)?;
        let (start_ticks, code, stack) = parse(&text)?;
        let file = match std::fs::metadata(format!("/proc/{process}/exe")) {
            Ok(data) => Some((data.dev(), data.ino())),
            Err(error) => match reason(&error) {
                Why::Vanished => return Err(Why::Vanished),
                _ => None,
            },
        };
        Ok(Self { start_ticks, code, stack, file })
    }

    /// Whether `later` is the same process, whatever it runs.
    #[must_use]
    pub fn is_same_process(&self, later: &Self) -> bool {
        self.start_ticks == later.start_ticks
    }
}

pub(super) fn parse(text: &str) -> Result<(u64, u64, u64), Why> {
    let (_, fields) = text.rsplit_once(')').ok_or(if text.is_empty() { Why::Vanished } else { Why::Implausible })?;
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    if fields.first().is_some_and(|state| matches!(*state, "Z" | "X" | "x")) {
        return Err(Why::Vanished);
    }
    let field = |index: usize| fields.get(index).and_then(|field| field.parse().ok()).ok_or(Why::Implausible);
    Ok((field(START_TICKS)?, field(START_CODE)?, field(START_STACK)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_runs_one_program_until_it_runs_another() {
        use std::process::{Command, Stdio};
        let mut child = Command::new("sh")
            .args(["-c", "read line; exec sleep 1000"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("sh(1) starts");
        let pid = ProcessId(child.id());
        let before = Program::of(pid).unwrap();
        assert_eq!(Program::of(pid), Ok(before));
        drop(child.stdin.take());
        while std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap() != "sleep\n" {
            std::thread::yield_now();
        }
        let after = Program::of(pid).unwrap();
        assert!(after != before && before.is_same_process(&after), "{before:?} and {after:?}");
        child.kill().unwrap();
        while Program::of(pid).is_ok() {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert_eq!(Program::of(pid), Err(Why::Vanished));
        assert_ne!(Program::of(ProcessId(1)).map(|one| one.is_same_process(&before)), Ok(true));
    }

    #[test]
    fn fields_behind_a_name_with_parentheses() {
        let fields = "S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 424242 9 9 9 11 12 13 14";
        assert_eq!(parse(&format!("7 (a) b) (c) {fields}\n")), Ok((424_242, 11, 13)));
        assert_eq!(parse(&format!("7 (a) {}", fields.replace('S', "Z"))), Err(Why::Vanished));
        assert_eq!(parse("7 (a) S 1"), Err(Why::Implausible));
        assert_eq!(parse(""), Err(Why::Vanished));
    }
}
