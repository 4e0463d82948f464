//! What a thread that looks at a process gives up first: everything that looking does not need.
//!
//! The kernel keeps rights by thread, and whoever reads a hostile process is a thread of its own. The one that finds the target
//! and writes what was asked for keeps its rights; it reads no memory of anybody.

use std::collections::BTreeMap;
use std::error::Error;

use nix::libc;
use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities, set_no_new_privs};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    apply_filter, sock_filter,
};

/// What reading takes: memory and the closed files of `/proc`; files that only their owner may list; the very file that is mapped;
/// sockets of another network namespace; and becoming the target's user to read its source.
const KEPT: CapabilitySet = CapabilitySet::SYS_PTRACE
    .union(CapabilitySet::DAC_READ_SEARCH)
    .union(CapabilitySet::CHECKPOINT_RESTORE)
    .union(CapabilitySet::SYS_ADMIN)
    .union(CapabilitySet::SETUID)
    .union(CapabilitySet::SETGID);

/// System calls that change another process, a file or ourselves, and that reading never makes.
const NEVER: &[libc::c_long] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_send_signal,
    libc::SYS_pidfd_getfd,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_truncate,
    libc::SYS_renameat2,
    libc::SYS_unlinkat,
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_mkdirat,
    libc::SYS_mknodat,
    libc::SYS_fchmodat,
    libc::SYS_fchownat,
    libc::SYS_fchmodat2,
    libc::SYS_fchmod,
    libc::SYS_fchown,
    libc::SYS_utimensat,
    libc::SYS_fsetxattr,
    libc::SYS_fremovexattr,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    // Makes any of these calls, past the filter.
    libc::SYS_io_uring_setup,
    libc::SYS_move_pages,
    libc::SYS_migrate_pages,
    libc::SYS_process_mrelease,
    libc::SYS_setpriority,
    libc::SYS_ioprio_set,
    libc::SYS_sched_setscheduler,
    libc::SYS_sched_setparam,
    libc::SYS_sched_setattr,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_mount_setattr,
    libc::SYS_fsopen,
    libc::SYS_fspick,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
];

/// The older names of some of them, which newer architectures do not have.
#[cfg(target_arch = "x86_64")]
const NEVER_EITHER: &[libc::c_long] = &[
    libc::SYS_creat,
    libc::SYS_rename,
    libc::SYS_renameat,
    libc::SYS_unlink,
    libc::SYS_rmdir,
    libc::SYS_link,
    libc::SYS_symlink,
    libc::SYS_mkdir,
    libc::SYS_mknod,
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_utime,
    libc::SYS_utimes,
    libc::SYS_futimesat,
];
#[cfg(not(target_arch = "x86_64"))]
const NEVER_EITHER: &[libc::c_long] = &[];

/// Gives up, for the calling thread and those that it starts, what it does not need to look. What the kernel does not let us give
/// up is kept: an old kernel without filters is no reason not to look.
pub fn keep_what_reading_needs() {
    let _no_filter = set_no_new_privs(true).is_ok() && filter().is_ok_and(|filter| apply_filter(&filter).is_ok());
    let _refused = capabilities(None).map(|own| set_capabilities(None, kept(own)));
}

/// Gives up what a thread does not need that serves what was written: it reads files of ours and changes nothing.
pub fn keep_what_serving_needs() {
    let _no_filter = set_no_new_privs(true).is_ok() && filter().is_ok_and(|filter| apply_filter(&filter).is_ok());
    let serving = |own: CapabilitySets| CapabilitySets {
        effective: own.effective.intersection(CapabilitySet::DAC_READ_SEARCH),
        permitted: own.permitted.intersection(CapabilitySet::DAC_READ_SEARCH),
        inheritable: CapabilitySet::empty(),
    };
    let _refused = capabilities(None).map(|own| set_capabilities(None, serving(own)));
}

/// What stays of a thread's capabilities. Who lacks `SYS_PTRACE`, as the root of most containers does, may read another process of
/// the same user only while it has every capability that the other has (`cap_ptrace_access_check` in the kernel's
/// `security/commoncap.c`): giving one up would take the target away.
fn kept(own: CapabilitySets) -> CapabilitySets {
    let inheritable = CapabilitySet::empty();
    if !own.permitted.contains(CapabilitySet::SYS_PTRACE) {
        return CapabilitySets { inheritable, ..own };
    }
    // Containers are given the right to read and write files past their modes, and not the one to read them alone.
    let reads_files = own.permitted.contains(CapabilitySet::DAC_READ_SEARCH);
    let files = if reads_files { CapabilitySet::empty() } else { CapabilitySet::DAC_OVERRIDE };
    CapabilitySets {
        effective: own.effective.intersection(KEPT | files),
        permitted: own.permitted.intersection(KEPT | files),
        inheritable,
    }
}

/// Refuses, before the table of calls is asked, those of the x32 ABI of x86-64: the same calls by other numbers, which the filter
/// would let pass (`__X32_SYSCALL_BIT` in the kernel's `arch/x86/include/uapi/asm/unistd.h`). Other architectures have no numbers
/// as large. Calls of 32-bit x86 have an architecture of their own, for which the filter ends the program.
fn refuses_other_numbers(table: BpfProgram) -> BpfProgram {
    const X32: u32 = 0x4000_0000;
    const EPERM: u32 = libc::EPERM.cast_unsigned();
    let step = |code: u32, jf, k| sock_filter { code: u16::try_from(code).unwrap_or_default(), jt: 0, jf, k };
    // The number of the call is the first field of `seccomp_data`.
    let number = step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0);
    let is_other = step(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K, 1, X32);
    let refused = step(libc::BPF_RET | libc::BPF_K, 0, libc::SECCOMP_RET_ERRNO | EPERM);
    [number, is_other, refused].into_iter().chain(table).collect()
}

/// Refuses what reading never does; everything else goes on as before.
fn filter() -> Result<BpfProgram, Box<dyn Error>> {
    use SeccompCmpArgLen::{Dword, Qword};
    use SeccompCmpOp::{MaskedEq, Ne};
    let when = |argument, length, operator, value| SeccompCondition::new(argument, length, operator, value);
    let flags = |argument, mask: i32, value: i32| {
        let mask = u64::from(mask.cast_unsigned());
        SeccompRule::new(vec![when(argument, Dword, MaskedEq(mask), u64::from(value.cast_unsigned()))?])
    };
    let writes = |argument| {
        let ways = [(libc::O_ACCMODE, libc::O_WRONLY), (libc::O_ACCMODE, libc::O_RDWR), (libc::O_CREAT, libc::O_CREAT)];
        ways.into_iter().map(|(mask, value)| flags(argument, mask, value)).collect::<Result<Vec<_>, _>>()
    };
    let own = u64::from(std::process::id());
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        NEVER.iter().chain(NEVER_EITHER).map(|call| (*call, Vec::new())).collect();
    rules.insert(libc::SYS_openat, writes(2)?);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_open, writes(1)?);
    // Signal 0 only asks whether there is somebody.
    rules.insert(libc::SYS_kill, vec![SeccompRule::new(vec![when(1, Dword, Ne, 0)?])?]);
    // Our own end by a defect is a signal to ourselves.
    rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![when(0, Dword, Ne, own)?])?]);
    // Limits may be asked for, and our own be changed.
    let of_others = vec![when(0, Dword, Ne, 0)?, when(2, Qword, Ne, 0)?];
    rules.insert(libc::SYS_prlimit64, vec![SeccompRule::new(of_others)?]);
    let refused = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refused, std::env::consts::ARCH.try_into()?)?;
    Ok(refuses_other_numbers(filter.try_into()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fs::{self, File, OpenOptions};

    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    #[test]
    fn without_the_right_to_trace_nothing_is_given_up_that_the_target_may_have() {
        let of_container = CapabilitySet::CHOWN | CapabilitySet::KILL | CapabilitySet::SETUID;
        let sets = |of: CapabilitySet| CapabilitySets { effective: of, permitted: of, inheritable: of };
        assert_eq!(kept(sets(of_container)).permitted, of_container);
        assert_eq!(kept(sets(of_container)).effective, of_container);
        let may_trace = kept(sets(of_container | CapabilitySet::SYS_PTRACE));
        assert_eq!(may_trace.permitted, CapabilitySet::SETUID | CapabilitySet::SYS_PTRACE);
        let files = CapabilitySet::DAC_OVERRIDE | CapabilitySet::SYS_PTRACE;
        assert_eq!(kept(sets(files)).permitted, files);
        let reads = files | CapabilitySet::DAC_READ_SEARCH;
        assert_eq!(kept(sets(reads)).permitted, reads.difference(CapabilitySet::DAC_OVERRIDE));
        assert!(kept(sets(of_container)).inheritable.is_empty() && may_trace.inheritable.is_empty());
    }

    /// What the filter says to a call, as the kernel runs it (`bpf_check_classic` lets through no other steps).
    fn verdict(program: &BpfProgram, architecture: u32, number: u32, arguments: [u64; 6]) -> u32 {
        let mut data = [number.to_le_bytes(), architecture.to_le_bytes(), [0; 4], [0; 4]].concat();
        data.extend(arguments.into_iter().flat_map(u64::to_le_bytes));
        let word = |at: u32| u32::from_le_bytes(data[at as usize..at as usize + 4].try_into().unwrap());
        let (mut at, mut value) = (0, 0_u32);
        loop {
            let step = &program[at];
            let code = u32::from(step.code);
            at += 1;
            let jump = |holds| usize::from(if holds { step.jt } else { step.jf });
            match code & 0x07 {
                libc::BPF_LD => value = word(step.k),
                libc::BPF_ALU if code & 0xf0 == libc::BPF_AND => value &= step.k,
                libc::BPF_RET => return step.k,
                libc::BPF_JMP => match code & 0xf0 {
                    libc::BPF_JA => at += step.k as usize,
                    libc::BPF_JEQ => at += jump(value == step.k),
                    libc::BPF_JGE => at += jump(value >= step.k),
                    libc::BPF_JGT => at += jump(value > step.k),
                    other => panic!("an unknown comparison {other:x}"),
                },
                other => panic!("an unknown step {other:x}"),
            }
        }
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn calls_by_other_numbers_are_refused_too() {
        const X86_64: u32 = 0xc000_003e;
        const I386: u32 = 0x4000_0003;
        let program = filter().unwrap();
        let refused = libc::SECCOMP_RET_ERRNO | libc::EPERM.cast_unsigned();
        let number = |call: libc::c_long| u32::try_from(call).unwrap();
        let says = |architecture, number, arguments| verdict(&program, architecture, number, arguments);
        for call in NEVER.iter().chain(NEVER_EITHER) {
            assert_eq!(says(X86_64, number(*call), [0; 6]), refused, "{call}");
        }
        let ptrace_of_x32 = 521;
        for call in [number(libc::SYS_ptrace), number(libc::SYS_read), ptrace_of_x32] {
            assert_eq!(says(X86_64, call | 0x4000_0000, [0; 6]), refused, "{call}");
        }
        assert_eq!(says(I386, 26, [0; 6]), libc::SECCOMP_RET_KILL_PROCESS, "ptrace of 32-bit x86");
        let open = number(libc::SYS_openat);
        let flags = |flags: i32| [0, 0, flags.cast_unsigned().into(), 0, 0, 0];
        assert_eq!(says(X86_64, open, flags(libc::O_RDWR | libc::O_CLOEXEC)), refused);
        assert_eq!(says(X86_64, open, flags(libc::O_RDONLY | libc::O_CLOEXEC)), libc::SECCOMP_RET_ALLOW);
        // Its flags are in memory, where no filter looks.
        for call in [libc::SYS_openat2, libc::SYS_process_vm_readv] {
            assert_eq!(says(X86_64, number(call), [0; 6]), libc::SECCOMP_RET_ALLOW);
        }
    }

    #[test]
    fn a_thread_that_looks_reads_on_and_changes_nothing() {
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        let pid = Pid::from_raw(child.id().cast_signed());
        let path = std::env::temp_dir().join(format!("hangspy-rights-{}", std::process::id()));
        fs::write(&path, "kept").unwrap();
        std::thread::scope(|scope| {
            let looker = scope.spawn(|| {
                keep_what_reading_needs();
                assert_eq!(kill(pid, None), Ok(()));
                assert!(fs::read(format!("/proc/{pid}/maps")).is_ok());
                assert_eq!(kill(pid, Signal::SIGTERM), Err(nix::errno::Errno::EPERM));
                assert!(OpenOptions::new().write(true).open(format!("/proc/{pid}/mem")).is_err());
                assert!(OpenOptions::new().read(true).write(true).open(&path).is_err());
                assert!(File::create(path.with_extension("new")).is_err());
                assert!(fs::remove_file(&path).is_err() && fs::rename(&path, path.with_extension("moved")).is_err());
                let attribute = rustix::fs::setxattr(&path, "user.planted", b"x", rustix::fs::XattrFlags::empty());
                assert_eq!(attribute, Err(rustix::io::Errno::PERM));
                assert!(std::process::Command::new("true").status().is_err());
                let none_but = capabilities(None).unwrap().permitted.difference(KEPT);
                assert!(none_but.is_empty(), "{none_but:?}");
            });
            looker.join().unwrap();
        });
        assert_eq!(fs::read_to_string(&path).unwrap(), "kept");
        fs::remove_file(&path).expect("other threads keep their rights");
        child.kill().expect("other threads keep their rights");
        child.wait().unwrap();
    }
}
