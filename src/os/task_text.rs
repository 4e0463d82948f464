//! The texts that the kernel writes about one thread, parsed.

use std::time::Duration;

use crate::snapshot::{CpuTimes, Switches, SyscallState, TaskState};

/// What `/proc/PID/stat` and `/proc/PID/task/TID/stat` say and we use (`proc_pid_stat(5)`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// The kernel's name for the task, up to 15 bytes that the program chose (kernel threads: up to 63).
    pub name: String,
    /// The state letter as the kernel writes it.
    pub state: char,
    /// The parent, 0 when it is outside of our pid namespace.
    pub parent: u32,
    /// Whether it is a thread of the kernel itself (`PF_KTHREAD`), whatever it is called.
    pub kernel_thread: bool,
    /// Whether it runs the program of its parent: forked, and no `exec` since (`PF_FORKNOEXEC`).
    pub forked: bool,
    /// Major page faults so far.
    pub major_faults: u64,
    /// When it started, in clock ticks since boot.
    pub start_ticks: u64,
}

/// `/proc/PID/stat`. The name stands in parentheses and may itself hold parentheses, spaces and line breaks, so the
/// fields begin after the last `)`. A text that ends early, as that of a vanishing process may, is `None`.
#[must_use]
pub fn parse_stat(text: &str) -> Option<Stat> {
    let open = text.find('(')?;
    let close = text.rfind(')')?;
    let name = text.get(open.checked_add(1)?..close)?;
    let mut fields = text.get(close.checked_add(1)?..)?.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    // Fields are numbered from 1; the state is 3, the parent 4, so the iterator stands before 5.
    let flags: u32 = fields.nth(9 - 5)?.parse().ok()?;
    let major_faults = fields.nth(12 - 10)?.parse().ok()?;
    let start_ticks = fields.nth(22 - 13)?.parse().ok()?;
    let kernel_thread = flags & KERNEL_THREAD != 0;
    let forked = flags & FORKED != 0;
    Some(Stat { name: name.to_owned(), state, parent, kernel_thread, forked, major_faults, start_ticks })
}

/// `PF_KTHREAD` of `include/linux/sched.h`.
const KERNEL_THREAD: u32 = 0x0020_0000;
/// `PF_FORKNOEXEC`, in the same file.
const FORKED: u32 = 0x40;

/// What `/proc/PID/task/TID/stat` says of a thread and we use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskStat {
    /// Its state.
    pub state: TaskState,
    /// Page faults so far that had to read from a disk, or would have.
    pub major_faults: u64,
    /// The CPU it last ran on.
    pub processor: u32,
}

/// `/proc/PID/task/TID/stat`, without making a string of the name.
#[must_use]
pub fn parse_task_stat(text: &str) -> Option<TaskStat> {
    let close = text.rfind(')')?;
    let mut fields = text.get(close.checked_add(1)?..)?.split_ascii_whitespace();
    let state = task_state(fields.next()?.chars().next()?);
    // Fields are numbered from 1; the state is 3, so the iterator stands before 4.
    let major_faults = fields.nth(12 - 4)?.parse().ok()?;
    let processor = fields.nth(39 - 13)?.parse().ok()?;
    Some(TaskStat { state, major_faults, processor })
}

/// The meaning of a state letter.
#[must_use]
pub fn task_state(letter: char) -> TaskState {
    match letter {
        'R' => TaskState::Running,
        'S' => TaskState::Sleeping,
        'D' => TaskState::DiskSleep,
        'T' => TaskState::Stopped,
        't' => TaskState::Traced,
        'Z' => TaskState::Zombie,
        _ => TaskState::Other,
    }
}

/// `/proc/PID/task/TID/syscall`: `running`, `-1 SP PC`, or `NUMBER A0 A1 A2 A3 A4 A5 SP PC`.
#[must_use]
pub fn parse_syscall(text: &str) -> Option<SyscallState> {
    let mut words = text.split_ascii_whitespace();
    let first = words.next()?;
    match first {
        "running" => return Some(SyscallState::Running),
        "-1" => return Some(SyscallState::Outside),
        _ => {}
    }
    let number = first.parse().ok()?;
    let mut arguments = [0; 6];
    for argument in &mut arguments {
        *argument = hexadecimal(words.next()?)?;
    }
    let stack_pointer = hexadecimal(words.next()?)?;
    Some(SyscallState::Inside { number, arguments, stack_pointer })
}

fn hexadecimal(word: &str) -> Option<u64> {
    u64::from_str_radix(word.strip_prefix("0x")?, 16).ok()
}

/// `/proc/PID/task/TID/schedstat`: nanoseconds on a CPU, nanoseconds waiting for one, times put on one. The kernel brings
/// the first up to date at its ticks (1 to 10 ms) and when the thread leaves the CPU, not when the file is read.
#[must_use]
pub fn parse_schedstat(text: &str) -> Option<CpuTimes> {
    let mut words = text.split_ascii_whitespace();
    Some(CpuTimes {
        on_cpu_ns: words.next()?.parse().ok()?,
        run_queue_ns: words.next()?.parse().ok()?,
        timeslices: words.next()?.parse().ok()?,
    })
}

/// A line `NAME:\tVALUE` of `/proc/PID/status`; only a line that begins with the name counts, since the program's own
/// name stands in the first line.
#[must_use]
pub fn status_value<'text>(text: &'text str, name: &str) -> Option<&'text str> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

/// The context switches in `/proc/PID/task/TID/status`.
#[must_use]
pub fn parse_status_switches(text: &str) -> Option<Switches> {
    Some(Switches {
        voluntary: status_value(text, "voluntary_ctxt_switches")?.parse().ok()?,
        involuntary: status_value(text, "nonvoluntary_ctxt_switches")?.parse().ok()?,
    })
}

/// A size in `/proc/PID/status` (`VmRSS`, `VmHWM`), in bytes.
#[must_use]
pub fn parse_status_size(text: &str, name: &str) -> Option<u64> {
    let kibibytes: u64 = status_value(text, name)?.strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// What `/proc/PID/task/TID/sched` says and we use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sched {
    /// `se.exec_start`: when it was last seen on a CPU, on the scheduler's own clock.
    pub last_on_cpu: Duration,
    /// The same counters as in `status`.
    pub switches: Option<Switches>,
}

/// `/proc/PID/task/TID/sched`. The heading holds the program's own name and ends with a ruler of dashes, so nothing
/// before the ruler is believed.
#[must_use]
pub fn parse_sched(text: &str) -> Option<Sched> {
    let body = text.get(text.find("\n-----")?..)?;
    let mut last_on_cpu = None;
    let mut voluntary = None;
    let mut involuntary = None;
    for line in body.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        match name.trim_end() {
            "se.exec_start" => last_on_cpu = milliseconds(value.trim()),
            "nr_voluntary_switches" => voluntary = value.trim().parse().ok(),
            "nr_involuntary_switches" => {
                involuntary = value.trim().parse().ok();
                break;
            }
            _ => {}
        }
    }
    let switches = voluntary.and_then(|voluntary| involuntary.map(|involuntary| Switches { voluntary, involuntary }));
    Some(Sched { last_on_cpu: last_on_cpu?, switches })
}

/// `1362955.437729` milliseconds: six digits of fraction are nanoseconds.
fn milliseconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.')?;
    let whole: u64 = whole.parse().ok()?;
    let fraction: u64 = fraction.parse().ok().filter(|_| fraction.len() == 6)?;
    Some(Duration::from_nanos(whole.checked_mul(1_000_000)?.checked_add(fraction)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "4711 (python3) S 4700 4711 4700 34816 4711 4194304 5178 0 3 0 41 9 0 0 20 0 7 0 812345 \
                        612405248 9182 18446744073709551615 1 1 0 0 0 0 0 16781312 134235906 0 0 0 17 1 0 0 0 0 0";

    #[test]
    fn stat_of_a_server() {
        let stat = parse_stat(STAT).unwrap();
        assert_eq!(
            stat,
            Stat {
                name: "python3".into(),
                state: 'S',
                parent: 4700,
                kernel_thread: false,
                forked: false,
                major_faults: 3,
                start_ticks: 812_345
            }
        );
        let stat = TaskStat { state: TaskState::Sleeping, major_faults: 3, processor: 1 };
        assert_eq!(parse_task_stat(STAT), Some(stat));
    }

    #[test]
    fn stat_of_the_kernels_own_thread() {
        let text = "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 12 0 0 18446744073709551615 0 0 0";
        let stat = parse_stat(text).unwrap();
        assert!(stat.kernel_thread && stat.parent == 0, "{stat:?}");
    }

    #[test]
    fn stat_of_hostile_names() {
        for name in ["a) R 1 (b", "x\ny) Z 0", "\u{1b}[31m", ")", "((", ""] {
            let text = STAT.replace("python3", name);
            let stat = parse_stat(&text).unwrap();
            assert_eq!((stat.name.as_str(), stat.state, stat.parent), (name, 'S', 4700), "the name moved the fields");
        }
    }

    #[test]
    fn stat_cut_before_the_start_time_is_nothing() {
        let needed = STAT.find("812345").unwrap();
        for end in 0..needed {
            assert_eq!(parse_stat(&STAT[..end]), None, "a stat cut at {end} was believed");
        }
    }

    #[test]
    fn syscall_in_its_three_forms() {
        assert_eq!(parse_syscall("running\n"), Some(SyscallState::Running));
        assert_eq!(parse_syscall("-1 0x7ffc8a5b2c18 0x7f10be2d6f7c\n"), Some(SyscallState::Outside));
        let epoll = "232 0x6 0x7f2a1c0a1e00 0x3 0xffffffffffffffff 0x0 0x0 0x7ffd1a2b3c40 0x7f2a1d0f56e3\n";
        assert_eq!(
            parse_syscall(epoll),
            Some(SyscallState::Inside {
                number: 232,
                arguments: [6, 0x7f2a_1c0a_1e00, 3, u64::MAX, 0, 0],
                stack_pointer: 0x7ffd_1a2b_3c40
            })
        );
        for broken in ["", "232", "232 0x6 0x7", "x 0x1", "232 6 7 8 9 10 11 12 13", "99999999999999999999 0x0"] {
            assert_eq!(parse_syscall(broken), None, "{broken:?} was believed");
        }
    }

    #[test]
    fn schedstat() {
        let times = CpuTimes { on_cpu_ns: 523_410_123, run_queue_ns: 9_112_345, timeslices: 812 };
        assert_eq!(parse_schedstat("523410123 9112345 812\n"), Some(times));
        assert_eq!(parse_schedstat("523410123 9112345"), None);
    }

    #[test]
    fn status_lines() {
        let text = "Name:\tvoluntary_ctxt_switches:\t7\nState:\tS (sleeping)\nVmRSS:\t   41236 kB\n\
                    voluntary_ctxt_switches:\t150\nnonvoluntary_ctxt_switches:\t12\n";
        assert_eq!(parse_status_switches(text), Some(Switches { voluntary: 150, involuntary: 12 }));
        assert_eq!(parse_status_size(text, "VmRSS"), Some(41_236 * 1024));
        assert_eq!(parse_status_size(text, "VmHWM"), None);
    }

    const SCHED: &str = "python3 (4711, #threads: 7)\n\
        -------------------------------------------------------------------\n\
        se.exec_start                                :       1362955.437729\n\
        se.vruntime                                  :           106.128088\n\
        nr_switches                                  :                  162\n\
        nr_voluntary_switches                        :                  150\n\
        nr_involuntary_switches                      :                   12\n\
        policy                                       :                    0\n";

    #[test]
    fn sched_of_a_thread() {
        let sched = parse_sched(SCHED).unwrap();
        assert_eq!(sched.last_on_cpu, Duration::from_nanos(1_362_955_437_729));
        assert_eq!(sched.switches, Some(Switches { voluntary: 150, involuntary: 12 }));
    }

    #[test]
    fn sched_of_a_hostile_name() {
        let text = SCHED.replace("python3", "se.exec_start : 9");
        assert_eq!(parse_sched(&text).unwrap().last_on_cpu, Duration::from_nanos(1_362_955_437_729));
        assert_eq!(parse_sched("no ruler\nse.exec_start : 1.000000"), None);
    }
}
