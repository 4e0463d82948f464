//! Every gate, decided from facts: what it is called, how it stands and what opens it.

use super::facts::{Facts, Presence, Rights};
use super::gates::examine;
use crate::os::visibility::Environment;

/// Two processes of user 1000 in a pod that have everything in common.
fn same_user() -> Facts {
    let rights = Rights {
        users: Some([1000; 3]),
        groups: Some([1000; 3]),
        effective: Some(0),
        permitted: Some(0),
        bounding: Some(0),
        seccomp: Some(2),
    };
    Facts {
        pid: 31,
        place: Environment::Pod,
        proc_is_ours: true,
        own: rights,
        target: rights,
        same_user_namespace: Some(true),
        numbers: vec![31],
        dumpable: Some(true),
        yama: Some(0),
        descendant: Some(false),
        ..Facts::default()
    }
}

fn on_host(facts: Facts) -> Facts {
    Facts { place: Environment::Host, ..facts }
}

fn capable(mut facts: Facts) -> Facts {
    facts.own.effective = Some(1 << 19);
    facts.own.permitted = Some(1 << 19);
    facts.own.bounding = Some(1 << 19);
    facts
}

/// The lines of the gates that are not simply open: state, name, words, and what opens them.
fn told(facts: &Facts, readable: bool) -> String {
    let lines = examine(facts, Some(readable)).into_iter().filter(|gate| gate.state.word() != "open").map(|gate| {
        let opens = gate.opens.map(|command| format!(" => {command}")).unwrap_or_default();
        format!("{} {}: {}{opens}", gate.state.word(), gate.name, gate.words)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn nothing_stands_between_processes_of_one_user() {
    assert_eq!(told(&same_user(), true), "");
    let names: Vec<&str> = examine(&same_user(), Some(true)).iter().map(|gate| gate.name).collect();
    assert_eq!(
        names,
        [
            "process",
            "user",
            "group",
            "dumpable",
            "yama",
            "capabilities",
            "user namespace",
            "seccomp",
            "pid namespace",
            "other tracer"
        ]
    );
}

#[test]
fn another_user_and_group() {
    let mut facts = same_user();
    facts.target.users = Some([0, 33, 33]);
    facts.target.groups = Some([33; 3]);
    assert_eq!(
        told(&facts, false),
        "shut user: it runs as user 0 (effective 33, saved 33), hangspy as 1000 => securityContext: {runAsUser: 0}\n\
         shut group: it runs as group 33, hangspy as 1000 => securityContext: {runAsGroup: 33}"
    );
    assert_eq!(
        told(&capable(facts), true),
        "passed user: it runs as user 0 (effective 33, saved 33), hangspy as 1000; SYS_PTRACE passes it\n\
         passed group: it runs as group 33, hangspy as 1000; SYS_PTRACE passes it\n\
         note capabilities: SYS_PTRACE is in force; without DAC_READ_SEARCH the system calls and descriptors of another \
         user's process stay closed => securityContext: {capabilities: {add: [SYS_PTRACE, DAC_READ_SEARCH]}}"
    );
}

#[test]
fn every_level_of_yama() {
    let at = |level, descendant| Facts { yama: Some(level), descendant: Some(descendant), ..same_user() };
    assert_eq!(told(&at(1, true), true), "");
    assert_eq!(
        told(&at(1, false), false),
        "shut yama: kernel.yama.ptrace_scope is 1: descendants only, and it is none of ours => \
         securityContext: {capabilities: {add: [SYS_PTRACE]}}"
    );
    assert_eq!(
        told(&on_host(at(1, false)), false),
        "shut yama: kernel.yama.ptrace_scope is 1: descendants only, and it is none of ours => \
         sudo hangspy 31, or: sudo sysctl kernel.yama.ptrace_scope=0"
    );
    // The target may have allowed it with PR_SET_PTRACER: what the trial says is true.
    assert_eq!(
        told(&at(1, false), true),
        "note yama: kernel.yama.ptrace_scope is 1: descendants only, and it is none of ours; it did not refuse"
    );
    assert_eq!(
        told(&on_host(at(2, true)), false),
        "shut yama: kernel.yama.ptrace_scope is 2: SYS_PTRACE only => sudo hangspy 31"
    );
    assert_eq!(
        told(&capable(at(2, false)), true),
        "passed yama: kernel.yama.ptrace_scope is 2: SYS_PTRACE only; SYS_PTRACE passes it"
    );
    assert_eq!(
        told(&capable(at(3, false)), false),
        "shut yama: kernel.yama.ptrace_scope is 3: nobody, and it stays so until the machine restarts => \
         start the machine with kernel.yama.ptrace_scope below 3 in /etc/sysctl.d"
    );
}

#[test]
fn what_a_process_may_not_be_or_have() {
    let undumpable = Facts { dumpable: Some(false), ..same_user() };
    assert_eq!(
        told(&undumpable, false),
        "shut dumpable: it is marked undumpable: it called prctl, or changed its user => \
         securityContext: {runAsUser: 0, capabilities: {add: [SYS_PTRACE]}}"
    );
    let mut able = same_user();
    able.target.permitted = Some(1 << 12 | 1 << 13 | 1 << 40 | 1 << 60);
    able.own.bounding = Some(1 << 19);
    assert_eq!(
        told(&able, false),
        "shut capabilities: it has capabilities that hangspy has not (NET_ADMIN, NET_RAW, CHECKPOINT_RESTORE, 60); \
         SYS_PTRACE is not in force, though root here may have it => \
         securityContext: {runAsUser: 0, capabilities: {add: [SYS_PTRACE]}}"
    );
    let unseen = Facts { dumpable: None, ..same_user() };
    assert_eq!(
        told(&unseen, false),
        "unknown dumpable: cannot be seen of a process of root\n\
         shut other: none of these; a security module such as AppArmor or SELinux may, or a process of root is undumpable \
         => securityContext: {runAsUser: 0, capabilities: {add: [SYS_PTRACE]}}"
    );
}

#[test]
fn namespaces_filters_and_tracers() {
    let other = Facts { same_user_namespace: Some(false), ..same_user() };
    assert_eq!(
        told(&other, false),
        "shut user namespace: it lives in another one than hangspy => \
         run hangspy in the target's own container, or as root on the node"
    );
    let filtered = Facts { own_memory_refused: true, ..same_user() };
    assert_eq!(
        told(&filtered, false),
        "shut seccomp: a filter over hangspy refuses process_vm_readv => \
         securityContext: {seccompProfile: {type: Unconfined}}"
    );
    let below = Facts { numbers: vec![4711, 31, 1], ..same_user() };
    let words = examine(&below, Some(true)).into_iter().map(|gate| gate.words);
    assert!(words.into_iter().any(|words| words == "it is in one below ours, where its number is 1"));
    let traced = Facts { tracer: Some((99, "strace".to_owned())), ..same_user() };
    assert_eq!(
        told(&traced, true),
        "note other tracer: strace (pid 99) traces it, and may have stopped threads of it => \
         end strace (pid 99), if it is yours"
    );
}

#[test]
fn a_process_that_is_not_seen() {
    let hidden = Facts { presence: Presence::Hidden, ..on_host(same_user()) };
    let gates = examine(&hidden, None);
    assert_eq!(gates.len(), 1, "nothing can be said of the other gates");
    assert_eq!(gates[0].words, "it exists, and /proc hides it from us (hidepid, or a security module)");
    assert_eq!(gates[0].opens.as_deref(), Some("sudo hangspy 31"));
    let absent = examine(&Facts { presence: Presence::Absent, ..same_user() }, None);
    assert_eq!((absent.len(), absent[0].opens.as_deref()), (1, None));
}
