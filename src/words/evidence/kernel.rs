//! What the kernel tells of threads, children and memory.

use crate::aggregate::KernelFact;
use crate::figures::{count, seconds, share};

pub(super) fn words(fact: &KernelFact) -> String {
    match fact {
        KernelFact::AllStopped { looks, of } => format!("every thread stopped in {looks} of {of} looks"),
        KernelFact::GroupFrozen { readings, of } => {
            format!("the control group says that it is frozen, in {readings} of {of} readings")
        }
        KernelFact::AllUninterruptible { looks } => {
            format!("every thread in uninterruptible sleep in {looks} of {looks} looks, also where none sleeps so")
        }
        KernelFact::MainAsleep { looks, of, for_s } => {
            let since = for_s.map(|for_s| format!(", last on a CPU {} ago", seconds(for_s))).unwrap_or_default();
            format!("main thread asleep in {looks} of {of} looks{since}")
        }
        KernelFact::Threads { threads, share: of } => {
            let of = of.map(|of| format!(", together {} of a core", share(of))).unwrap_or_default();
            format!("{}{of}", count(*threads, "thread"))
        }
        KernelFact::InPoll { looks, of } => format!("main thread waits in its poll in {looks} of {of} looks"),
        KernelFact::PollsAlone { looks, of } => {
            format!("main thread in its poll in {looks} of {of} looks, and no connection waits to be accepted")
        }
        KernelFact::OutsidePoll { looks, of } => format!("main thread outside of its poll in {looks} of {of} looks"),
        KernelFact::NoWorker { readings } => {
            format!("no worker among its children in {readings} of {readings} readings")
        }
        KernelFact::NotReaped { workers } => format!("{} ended and not reaped", count(*workers, "worker")),
        KernelFact::Killed { kills } => {
            let times = count(*kills, "time");
            format!("the kernel has killed in this control group for want of memory, {times} so far")
        }
        KernelFact::AtMemoryLimit { share: of, limit_mib, hits_per_s } => {
            let of = share(*of);
            format!("{of} of the limit of {limit_mib} MiB in use; pushed back at it {hits_per_s:.0} times a second")
        }
        KernelFact::PageFaults { thread, per_s, looks, of } => {
            format!("thread {thread}: {per_s:.0} major page faults a second, asleep in one in {looks} of {of} looks")
        }
        KernelFact::MemoryStalled { share: of } => {
            format!("memory.pressure: everybody in the control group waited for memory {} of the time", share(*of))
        }
    }
}
