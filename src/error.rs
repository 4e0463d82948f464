//! The one typed error of hangspy: what went wrong in the user's words, the command that helps, and the exit code.
//!
//! Printed as `error: ...`, `  caused by: ...`, a blank line and `hint: ...`. Only `main` turns it into an exit code.

use std::io;
use std::path::PathBuf;

/// What a run of hangspy says to its caller. The numbers are part of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// The verb did what it was asked; a finding is data.
    Done = 0,
    /// A finding, for the verbs that judge (`check`, `test`).
    Finding = 1,
    /// The command line was not understood, or an input or output file is unusable.
    Usage = 2,
    /// The operating system refused to let us read the process.
    NotPermitted = 3,
    /// No such process, or it exited before anything was read.
    NoProcess = 4,
    /// The process is not Python, or a Python nobody can read.
    NotPython = 5,
    /// The evidence does not decide.
    CannotTell = 6,
    /// A defect in hangspy itself.
    Bug = 70,
    /// Interrupted before anything could be written.
    Interrupted = 130,
}

/// The one gate that refused to let us read a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// The process belongs to another user.
    OtherUser,
    /// The process belongs to another group.
    OtherGroup,
    /// The process has capabilities that we have not.
    FewerCapabilities,
    /// Yama's `ptrace_scope` forbids it.
    Yama,
    /// `/proc` hides the processes of others (`hidepid`).
    Hidden,
    /// The process made itself undumpable.
    NotDumpable,
    /// Another user namespace owns the process.
    UserNamespace,
    /// `/proc` shows another pid namespace than the one that we are in: its numbers mean other processes to us.
    PidNamespace,
    /// A seccomp filter answers the system call.
    Seccomp,
    /// The kernel refused and no single gate explains it.
    Unexplained,
}

impl Gate {
    /// The gate in words, to stand behind "refused by".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::OtherUser => "the process belongs to another user",
            Self::OtherGroup => "the process belongs to another group",
            Self::FewerCapabilities => "the process has capabilities that hangspy has not",
            Self::Yama => "kernel.yama.ptrace_scope allows only descendants",
            Self::Hidden => "/proc hides the process (hidepid, or a security module)",
            Self::NotDumpable => "the process is marked undumpable",
            Self::UserNamespace => "the process lives in another user namespace",
            Self::PidNamespace => "/proc shows another pid namespace than the one that hangspy runs in",
            Self::Seccomp => "a seccomp filter blocks process_vm_readv",
            Self::Unexplained => "the kernel refused without a visible reason",
        }
    }

    /// The command or setting that opens the gate.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::OtherUser => {
                "run hangspy as the same user or as root: sudo hangspy ...; in a pod, set its runAsUser, or 0 with SYS_PTRACE"
            }
            Self::Yama => {
                "run as root, or: sudo sysctl kernel.yama.ptrace_scope=0; in a pod, add the capability SYS_PTRACE"
            }
            Self::OtherGroup => {
                "run hangspy with the same group or as root: sudo hangspy ...; in a pod, set runAsGroup as the target has it"
            }
            Self::FewerCapabilities => {
                "run hangspy with the capability SYS_PTRACE: sudo hangspy ...; in a pod, add it to securityContext"
            }
            Self::Hidden => "run hangspy as the same user or as root: sudo hangspy ...",
            Self::NotDumpable => "run hangspy as root with the capability SYS_PTRACE",
            Self::UserNamespace => "run hangspy inside the container, or as root on the node",
            Self::PidNamespace => {
                "enter both or none: nsenter --target PID --pid --mount ...; or mount it anew: mount -t proc proc /proc"
            }
            Self::Seccomp => "set securityContext.seccompProfile.type: Unconfined for the debugging container",
            Self::Unexplained => "run hangspy as root with the capability SYS_PTRACE",
        }
    }
}

/// Everything that can end a verb early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request makes no sense.
    #[error("{message}")]
    Usage {
        /// What is wrong with it.
        message: String,
        /// What to type instead.
        hint: Option<String>,
    },
    /// There is no process with this number.
    #[error("no process has pid {pid}")]
    NoSuchProcess {
        /// The number asked for.
        pid: u32,
    },
    /// The process ended while we looked, before anything was read.
    #[error("process {pid} exited before anything could be read")]
    Exited {
        /// The process that was there.
        pid: u32,
    },
    /// Nothing here matches what was asked for.
    #[error("{message}")]
    NoTarget {
        /// What was looked for.
        message: String,
        /// Why it may not be visible here, where something is known to hide it.
        hint: Option<String>,
    },
    /// Several unrelated processes match.
    #[error("{message}")]
    ManyTargets {
        /// What was looked for and what was found, a line each.
        message: String,
    },
    /// The kernel refused.
    #[error("not permitted to read process {pid}: {}", gate.words())]
    NotPermitted {
        /// The process.
        pid: u32,
        /// Who refused.
        gate: Gate,
    },
    /// The process runs something else.
    #[error("process {pid} ({name}) is not Python: {reason}")]
    NotPython {
        /// The process.
        pid: u32,
        /// Its name.
        name: String,
        /// What was looked for and not found.
        reason: String,
    },
    /// Python, but one whose memory we cannot interpret.
    #[error("process {pid} runs a Python that hangspy cannot read: {reason}")]
    UnknownPython {
        /// The process.
        pid: u32,
        /// Why not.
        reason: String,
    },
    /// An output could not be claimed or written.
    #[error("cannot write {}", path.display())]
    Output {
        /// The file or folder.
        path: PathBuf,
        /// What the kernel said.
        #[source]
        source: io::Error,
    },
    /// A capture could not be read.
    #[error("cannot read the capture {}: {reason}", path.display())]
    Capture {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The user stopped us before there was anything to keep.
    #[error("interrupted before anything was read")]
    Interrupted,
    /// Reading or writing something that is ours.
    #[error("{doing}")]
    Io {
        /// What we were doing.
        doing: String,
        /// What the kernel said.
        #[source]
        source: io::Error,
    },
    /// A defect in hangspy.
    #[error("internal error: {0}")]
    Bug(String),
}

/// The result of everything in hangspy that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The exit code that this error ends the program with.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage { .. } | Self::ManyTargets { .. } | Self::Output { .. } | Self::Capture { .. } => {
                ExitCode::Usage
            }
            Self::NoSuchProcess { .. } | Self::Exited { .. } | Self::NoTarget { .. } => ExitCode::NoProcess,
            Self::NotPermitted { .. } => ExitCode::NotPermitted,
            Self::NotPython { .. } | Self::UnknownPython { .. } => ExitCode::NotPython,
            Self::Interrupted => ExitCode::Interrupted,
            Self::Io { .. } | Self::Bug(_) => ExitCode::Bug,
        }
    }

    /// What the user can type next, where we know it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let words = match self {
            Self::Usage { hint, .. } | Self::NoTarget { hint: hint @ Some(_), .. } => return hint.clone(),
            Self::NoSuchProcess { .. } | Self::NoTarget { hint: None, .. } => {
                "list the Python processes here: hangspy ps"
            }
            Self::Exited { .. } => "see what runs now: hangspy ps",
            Self::ManyTargets { .. } => "name one of them: hangspy PID",
            Self::NotPermitted { gate, .. } => gate.hint(),
            Self::NotPython { .. } => "list the Python processes here: hangspy ps",
            Self::UnknownPython { .. } if cfg!(feature = "py-spy") => {
                "hangspy reads CPython 3.8 to 3.15, and 2.7 to 3.7 with less detail"
            }
            Self::UnknownPython { .. } => {
                "this hangspy reads CPython 3.8 to 3.15; one built with the feature py-spy also reads 2.7 to 3.7"
            }
            Self::Output { .. } => {
                "choose a folder that is yours and has room; a new one is made for you alone: -o ~/hangspy/"
            }
            Self::Capture { .. } => "captures are written by: hangspy -o DIR, as DIR/*.hangspy",
            Self::Interrupted => return None,
            Self::Io { .. } | Self::Bug(_) => {
                "please report this with the command line and the version: hangspy --version"
            }
        };
        Some(words.to_owned())
    }
}
