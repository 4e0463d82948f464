//! Every gate between us and a process, in the order in which the kernel asks them, each with what opens it.
//!
//! A function of [`Facts`] and of one trial: whether the memory can be read. What the trial says is the truth and the facts
//! only explain it, so a gate is never called shut when the kernel let us in.

use super::facts::{DAC_OVERRIDE, DAC_READ_SEARCH, Facts, Ids, Presence, SYS_PTRACE, differ};
use super::remedy;

/// How a gate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateState {
    /// It lets us through.
    Open,
    /// It would refuse, and a capability of ours passes it.
    Passed,
    /// It refuses.
    Shut,
    /// It lets us through; there is something to know about it.
    Note,
    /// What it depends on cannot be seen.
    Unknown,
}

impl GateState {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Passed => "passed",
            Self::Shut => "shut",
            Self::Note => "note",
            Self::Unknown => "unknown",
        }
    }
}

/// One gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExaminedGate {
    /// Its name.
    pub name: &'static str,
    /// How it stands.
    pub state: GateState,
    /// Why, in words.
    pub words: String,
    /// The command or the part of a manifest that opens it.
    pub opens: Option<String>,
}

/// All gates. `readable` is what the trial said; `None` when there was nothing to try it on.
pub(super) fn examine(facts: &Facts, readable: Option<bool>) -> Vec<ExaminedGate> {
    let judges: [fn(&Facts) -> ExaminedGate; 9] =
        [process, user, group, dumpable, yama, capabilities, user_namespace, seccomp, pid_namespace];
    let judges = judges.into_iter().take(if facts.presence == Presence::There { judges.len() } else { 1 });
    let mut gates: Vec<ExaminedGate> = judges.map(|judge| judge(facts)).collect();
    gates.extend(tracer(facts));
    match readable {
        Some(true) => {
            for gate in gates.iter_mut().filter(|gate| gate.state == GateState::Shut) {
                gate.state = GateState::Note;
                gate.words.push_str("; it did not refuse");
                gate.opens = None;
            }
        }
        Some(false) if !gates.iter().any(|gate| gate.state == GateState::Shut) => gates.push(ExaminedGate {
            name: "other",
            state: GateState::Shut,
            words:
                "none of these; a security module such as AppArmor or SELinux may, or a process of root is undumpable"
                    .to_owned(),
            opens: Some(remedy::with_capability(facts)),
        }),
        _ => {}
    }
    gates
}

fn gate(name: &'static str, state: GateState, words: impl Into<String>) -> ExaminedGate {
    ExaminedGate { name, state, words: words.into(), opens: None }
}

impl ExaminedGate {
    fn opened_by(mut self, command: String) -> Self {
        self.opens = Some(command);
        self
    }
}

/// A gate that the capability passes.
fn unless_capable(facts: &Facts, name: &'static str, words: String, command: String) -> ExaminedGate {
    if facts.capable() {
        gate(name, GateState::Passed, format!("{words}; SYS_PTRACE passes it"))
    } else {
        gate(name, GateState::Shut, words).opened_by(command)
    }
}

fn process(facts: &Facts) -> ExaminedGate {
    match facts.presence {
        Presence::There => gate("process", GateState::Open, "it is there"),
        Presence::Hidden => {
            gate("process", GateState::Shut, "it exists, and /proc hides it from us (hidepid, or a security module)")
                .opened_by(remedy::as_root(facts))
        }
        Presence::Absent => gate("process", GateState::Shut, "no process has this number"),
    }
}

fn user(facts: &Facts) -> ExaminedGate {
    let Some((own, target)) = facts.own.users.zip(facts.target.users) else {
        return gate("user", GateState::Unknown, "its user cannot be read");
    };
    if differ(Some(own), Some(target)) {
        let words = format!("it runs as user {}, hangspy as {}", all(target), own[0]);
        return unless_capable(facts, "user", words, remedy::as_user(facts, target[0]));
    }
    gate("user", GateState::Open, format!("both run as user {}", own[0]))
}

fn group(facts: &Facts) -> ExaminedGate {
    let Some((own, target)) = facts.own.groups.zip(facts.target.groups) else {
        return gate("group", GateState::Unknown, "its group cannot be read");
    };
    if differ(Some(own), Some(target)) {
        let words = format!("it runs as group {}, hangspy as {}", all(target), own[0]);
        return unless_capable(facts, "group", words, remedy::as_group(facts, target[0]));
    }
    gate("group", GateState::Open, format!("both run as group {}", own[0]))
}

/// `1000`, or all three where they are not the same.
fn all(ids: Ids) -> String {
    let [real, effective, saved] = ids;
    if real == effective && effective == saved {
        real.to_string()
    } else {
        format!("{real} (effective {effective}, saved {saved})")
    }
}

fn dumpable(facts: &Facts) -> ExaminedGate {
    match facts.dumpable {
        Some(true) => gate("dumpable", GateState::Open, "it allows its memory to be dumped"),
        Some(false) => unless_capable(
            facts,
            "dumpable",
            "it is marked undumpable: it called prctl, or changed its user".to_owned(),
            remedy::with_capability(facts),
        ),
        None => gate("dumpable", GateState::Unknown, "cannot be seen of a process of root"),
    }
}

fn yama(facts: &Facts) -> ExaminedGate {
    let words = |rule: &str| format!("kernel.yama.ptrace_scope is {}: {rule}", facts.yama.unwrap_or(0));
    match (facts.yama, facts.descendant) {
        (None, _) => gate("yama", GateState::Open, "this kernel has no Yama"),
        (Some(0), _) => gate("yama", GateState::Open, words("it asks nothing more")),
        (Some(1), Some(true)) => gate("yama", GateState::Open, words("descendants only, and it is one of ours")),
        (Some(1), _) => unless_capable(
            facts,
            "yama",
            words("descendants only, and it is none of ours"),
            remedy::against_yama(facts),
        ),
        (Some(2), _) => unless_capable(facts, "yama", words("SYS_PTRACE only"), remedy::with_capability(facts)),
        (Some(_), _) => gate("yama", GateState::Shut, words("nobody, and it stays so until the machine restarts"))
            .opened_by("start the machine with kernel.yama.ptrace_scope below 3 in /etc/sysctl.d".to_owned()),
    }
}

fn capabilities(facts: &Facts) -> ExaminedGate {
    let bounded = facts.own.bounding.is_some_and(|set| set >> SYS_PTRACE & 1 == 1);
    if facts.own.effective.is_none() {
        return gate("capabilities", GateState::Unknown, "our own cannot be read");
    }
    if facts.capable() {
        let foreign = differ(facts.own.users, facts.target.users) && facts.own.users.is_some_and(|ids| ids[1] != 0);
        if foreign && !facts.own.has(DAC_READ_SEARCH) && !facts.own.has(DAC_OVERRIDE) {
            let words = "SYS_PTRACE is in force; without DAC_READ_SEARCH the system calls and descriptors of another \
                         user's process stay closed";
            return gate("capabilities", GateState::Note, words)
                .opened_by(remedy::capabilities(facts, "SYS_PTRACE, DAC_READ_SEARCH"));
        }
        return gate("capabilities", GateState::Open, "SYS_PTRACE is in force");
    }
    let own = if bounded {
        "SYS_PTRACE is not in force, though root here may have it"
    } else {
        "SYS_PTRACE is not in force, and nobody here can have it"
    };
    let missing = facts.missing_capabilities();
    if missing != 0 {
        let words = format!("it has capabilities that hangspy has not ({}); {own}", names(missing));
        return gate("capabilities", GateState::Shut, words).opened_by(remedy::with_capability(facts));
    }
    let needed = if differ(facts.own.users, facts.target.users) {
        "it would open another user's process"
    } else {
        "not needed for a process of the same user"
    };
    gate("capabilities", GateState::Open, format!("{own}; {needed}"))
}

fn user_namespace(facts: &Facts) -> ExaminedGate {
    match facts.same_user_namespace {
        Some(true) => gate("user namespace", GateState::Open, "both are in the same"),
        // Root of the machine counts in every namespace below it; the trial says whether that is what we are.
        Some(false) => gate("user namespace", GateState::Shut, "it lives in another one than hangspy")
            .opened_by(remedy::inside(facts)),
        None => gate("user namespace", GateState::Unknown, "cannot be seen"),
    }
}

fn seccomp(facts: &Facts) -> ExaminedGate {
    if facts.own_memory_refused {
        return gate("seccomp", GateState::Shut, "a filter over hangspy refuses process_vm_readv")
            .opened_by(remedy::without_filter(facts));
    }
    match facts.own.seccomp {
        Some(0) => gate("seccomp", GateState::Open, "no filter over hangspy"),
        Some(_) => gate("seccomp", GateState::Open, "a filter over hangspy; process_vm_readv passes it"),
        None => gate("seccomp", GateState::Open, "process_vm_readv is allowed"),
    }
}

fn pid_namespace(facts: &Facts) -> ExaminedGate {
    if !facts.proc_is_ours {
        return gate(
            "pid namespace",
            GateState::Shut,
            "/proc shows another one than hangspy runs in: one number means two processes",
        )
        .opened_by(remedy::one_namespace());
    }
    match facts.numbers.as_slice() {
        [_, .., inner] => {
            gate("pid namespace", GateState::Open, format!("it is in one below ours, where its number is {inner}"))
        }
        [_] => gate("pid namespace", GateState::Open, "both are in the same"),
        [] => gate("pid namespace", GateState::Unknown, "this kernel does not say"),
    }
}

/// Another tracer refuses nothing, but what it stopped looks like a hang.
fn tracer(facts: &Facts) -> Option<ExaminedGate> {
    if facts.presence != Presence::There {
        return None;
    }
    Some(match &facts.tracer {
        None => gate("other tracer", GateState::Open, "nobody traces it"),
        Some((pid, name)) => {
            let words = format!("{name} (pid {pid}) traces it, and may have stopped threads of it");
            gate("other tracer", GateState::Note, words).opened_by(format!("end {name} (pid {pid}), if it is yours"))
        }
    })
}

/// Names of the capabilities in a set, the first few (Linux `include/uapi/linux/capability.h`).
fn names(set: u64) -> String {
    const MOST: usize = 4;
    let all: Vec<String> = (0..u64::BITS)
        .filter(|number| set >> number & 1 == 1)
        .map(|number| NAMES.get(number as usize).map_or_else(|| number.to_string(), |name| (*name).to_owned()))
        .collect();
    let more = all.len().saturating_sub(MOST);
    let mut words = all.into_iter().take(MOST).collect::<Vec<_>>().join(", ");
    if more > 0 {
        words.push_str(&format!(" and {more} more"));
    }
    words
}

/// By number.
const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];
