//! What the kernel says, as input of fuzzing. The kernel is trusted; names, paths and titles in its texts are the target's.

use super::{
    cgroup_memory, cgroup_places, cgroups, file_locks, file_user, name_servers, open_files, processes, program,
    sock_diag, sockets, surroundings, task_text, tcp_traffic, threads,
};

/// A decoder by name.
type Target = (&'static str, fn(&[u8]));

/// The decoders of this room.
pub(crate) const TARGETS: &[Target] = &[("proc_texts", proc_texts), ("proc_rows", proc_rows), ("netlink", netlink)];

fn proc_texts(bytes: &[u8]) {
    let _arguments = processes::parse_arguments(bytes);
    let text = &String::from_utf8_lossy(bytes);
    let _stat = (task_text::parse_stat(text), task_text::parse_task_stat(text), task_text::parse_sched(text));
    let _status = (task_text::parse_status_switches(text), task_text::parse_status_size(text, "VmRSS"));
    let _light = (task_text::parse_syscall(text), task_text::parse_schedstat(text), threads::parse_innermost(text));
    let _limits = (surroundings::parse_descriptor_limit(text), surroundings::parse_tracer(text));
    let _overflows = surroundings::parse_accept_overflows(text);
    let _process = (processes::parse_user(text), processes::parse_depth(text), processes::parse_mapped_files(text));
    let _user = (file_user::parse(text), program::parse(text));
    let _cgroups = (cgroup_places::parse_memberships(text), cgroup_places::parse_hierarchies(text));
    let _quota = (cgroups::parse_cpu_max(text), cgroup_memory::parse_memory_limit(text));
    let _stalled = cgroup_memory::parse_stalled(text);
    let _files = (open_files::parse_epoll_targets(text), open_files::parse_mount(text, "8:1"), file_locks::parse(text));
}

fn proc_rows(bytes: &[u8]) {
    for row in String::from_utf8_lossy(bytes).lines() {
        let _inet = (sockets::parse_inet_row("tcp", row), sockets::parse_inet_row("tcp6", row));
        let _others = (sockets::parse_unix_row(row), name_servers::parse(row));
    }
}

fn netlink(bytes: &[u8]) {
    let _inet = sock_diag::parse_inet_message(bytes);
    let _unix = sock_diag::parse_unix_message(bytes);
    let _traffic = tcp_traffic::parse_message(bytes);
    let _complete = sock_diag::take_messages(bytes, &mut |message| {
        let _inet = sock_diag::parse_inet_message(message);
    });
}
