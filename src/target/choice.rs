//! Which processes of a large family are looked at.

use crate::os::threads::{Detail, ThreadReader};
use crate::snapshot::{Call, Known, Process, Role, Syscall, SyscallState, TaskState, ThreadId, ThreadOs};

/// How many processes are looked at in one run, each by threads of ours: more than servers have workers on one machine, and few
/// enough for what a run may cost. A program can have any number of children.
pub const MOST_PROCESSES: usize = 32;

/// At most `most` of these processes, in the same order, and how many were left out. Those stay which look sick to the kernel, then
/// those which serve.
#[must_use]
pub fn choose(mut processes: Vec<Process>, most: usize) -> (Vec<Process>, u64) {
    if processes.len() <= most {
        return (processes, 0);
    }
    let main_thread = |process: &Process| {
        let mut reader = ThreadReader::new(process.pid);
        reader.read(ThreadId(process.pid.0), Detail::Full)
    };
    let left_out = processes.len().saturating_sub(most);
    processes.sort_by_cached_key(|process| rank(process, &main_thread(process)));
    processes.truncate(most);
    processes.sort_by_key(|process| (process.role == Role::Worker, process.pid));
    (processes, left_out as u64)
}

/// How soon a process is looked at: the head of the family, who stands outside of where servers wait, who runs, who waits; of
/// each those who serve first.
fn rank(process: &Process, main_thread: &ThreadOs) -> (u8, bool) {
    let urgency = match (&main_thread.state, &main_thread.syscall) {
        _ if process.role != Role::Worker => 0,
        (Known::Is(TaskState::DiskSleep | TaskState::Stopped | TaskState::Traced), _) => 1,
        (_, Known::Is(SyscallState::Inside { number, .. })) => {
            let call = Syscall::of(*number).map(|call| call.call);
            if matches!(call, Some(Call::Poll | Call::Epoll | Call::Accept)) { 3 } else { 1 }
        }
        (Known::Is(TaskState::Sleeping), _) => 3,
        _ => 2,
    };
    (urgency, process.ports.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::ProcessId;

    fn thread(state: TaskState, number: Option<u32>) -> ThreadOs {
        let inside = |number| SyscallState::Inside { number, arguments: [0; 6], stack_pointer: 0 };
        ThreadOs {
            state: Known::Is(state),
            syscall: Known::Is(number.map_or(SyscallState::Running, inside)),
            ..ThreadOs::not_read()
        }
    }

    #[test]
    fn the_sick_come_first_and_then_those_who_serve() {
        let worker = Process { role: Role::Worker, ..Process::numbered(ProcessId(1)) };
        let serves = Process { ports: vec![8000], ..worker.clone() };
        let (futex, epoll) = (202, 232);
        let in_order = [
            rank(&Process::numbered(ProcessId(1)), &thread(TaskState::Sleeping, Some(epoll))),
            rank(&serves, &thread(TaskState::Sleeping, Some(futex))),
            rank(&worker, &thread(TaskState::Stopped, Some(epoll))),
            rank(&serves, &thread(TaskState::Running, None)),
            rank(&worker, &thread(TaskState::Running, None)),
            rank(&serves, &thread(TaskState::Sleeping, Some(epoll))),
            rank(&worker, &thread(TaskState::Sleeping, Some(epoll))),
        ];
        assert!(in_order.is_sorted(), "{in_order:?}");
    }

    #[test]
    fn a_small_family_is_looked_at_as_it_is_and_of_a_large_one_the_rest_is_counted() {
        let family = |size| -> Vec<Process> {
            let worker = |pid| Process { role: Role::Worker, ..Process::numbered(ProcessId(u32::MAX - pid)) };
            (0..size).map(worker).collect()
        };
        assert_eq!(choose(family(3), 3), (family(3), 0));
        let (chosen, left_out) = choose(family(801), MOST_PROCESSES);
        assert_eq!((chosen.len(), left_out), (MOST_PROCESSES, 801 - MOST_PROCESSES as u64));
        assert!(chosen.is_sorted_by_key(|process| process.pid));
    }
}
