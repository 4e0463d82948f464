//! The one command, or the part of a pod's manifest, that opens a gate. Which of the two depends on where we run.

use super::facts::Facts;
use crate::os::visibility::Environment;

/// Run as root with the capability that passes most gates.
pub(super) fn with_capability(facts: &Facts) -> String {
    match facts.place {
        Environment::Host => sudo(facts),
        Environment::Container => {
            "start a container with --user 0 --cap-add SYS_PTRACE --pid container:NAME".to_owned()
        }
        Environment::Pod => manifest("runAsUser: 0, capabilities: {add: [SYS_PTRACE]}"),
    }
}

/// Have the very capabilities.
pub(super) fn capabilities(facts: &Facts, names: &str) -> String {
    match facts.place {
        Environment::Host => sudo(facts),
        Environment::Container => {
            names.split(", ").map(|name| format!("--cap-add {name} ")).collect::<String>().trim().into()
        }
        Environment::Pod => manifest(&format!("capabilities: {{add: [{names}]}}")),
    }
}

/// Run as root; no capability is needed.
pub(super) fn as_root(facts: &Facts) -> String {
    match facts.place {
        Environment::Host => sudo(facts),
        Environment::Container => "exec into the container with --user 0".to_owned(),
        Environment::Pod => manifest("runAsUser: 0"),
    }
}

/// Run as the target's user, which needs no right at all.
pub(super) fn as_user(facts: &Facts, user: u32) -> String {
    match facts.place {
        Environment::Host => sudo(facts),
        Environment::Container => format!("exec into the container with --user {user}"),
        Environment::Pod => manifest(&format!("runAsUser: {user}")),
    }
}

/// Run as the target's group.
pub(super) fn as_group(facts: &Facts, group: u32) -> String {
    match facts.place {
        Environment::Host => sudo(facts),
        Environment::Container => format!("exec into the container with --user USER:{group}"),
        Environment::Pod => manifest(&format!("runAsGroup: {group}")),
    }
}

/// Yama's first level: the capability, or a setting that needs no restart.
pub(super) fn against_yama(facts: &Facts) -> String {
    match facts.place {
        Environment::Host => format!("{}, or: sudo sysctl kernel.yama.ptrace_scope=0", sudo(facts)),
        Environment::Container | Environment::Pod => capabilities(facts, "SYS_PTRACE"),
    }
}

/// Go to where the target's rights count.
pub(super) fn inside(facts: &Facts) -> String {
    match facts.place {
        Environment::Host => sudo(facts),
        Environment::Container | Environment::Pod => {
            "run hangspy in the target's own container, or as root on the node".to_owned()
        }
    }
}

/// See the processes as the kernel numbers them for us.
pub(super) fn one_namespace() -> String {
    "enter both or none: nsenter --target PID --pid --mount ...; or mount it anew: mount -t proc proc /proc".to_owned()
}

/// Be rid of the filter.
pub(super) fn without_filter(facts: &Facts) -> String {
    match facts.place {
        Environment::Host => "start hangspy outside of the sandbox that filters its system calls".to_owned(),
        Environment::Container => "start the container with --security-opt seccomp=unconfined".to_owned(),
        Environment::Pod => manifest("seccompProfile: {type: Unconfined}"),
    }
}

fn sudo(facts: &Facts) -> String {
    format!("sudo hangspy {}", facts.pid)
}

/// What the container that hangspy runs in needs.
fn manifest(content: &str) -> String {
    format!("securityContext: {{{content}}}")
}
