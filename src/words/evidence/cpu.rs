//! What shows who used the CPU, and what the quota did.

use crate::aggregate::CpuFact;
use crate::figures::{count, seconds, share};
use crate::words::names::place;
use crate::words::party::quota;

pub(super) fn words(fact: &CpuFact) -> String {
    match fact {
        CpuFact::QuotaAdds { cores, share: often } => {
            format!("the CPU quota{} adds to it: throttled in {} of its periods", quota(*cores), share(*often))
        }
        CpuFact::Throttled { share: often } => {
            format!("cpu.stat: throttled in {} of the periods of the window", share(*often))
        }
        CpuFact::QuotaThrottled { share: often } => {
            format!("CPU quota: throttled in {} of its periods", share(*often))
        }
        CpuFact::ThrottledFor { for_s, of_s } => {
            format!("throttled for {} in {}, added up over its CPUs", seconds(*for_s), seconds(*of_s))
        }
        CpuFact::UsedElsewhere { own_share } => {
            format!("most of it used by other processes of the control group: this one used {}", share(*own_share))
        }
        CpuFact::UsedBy { place: at, name, threads, share: of } => {
            let what = at.as_ref().map_or_else(|| format!("native threads {name}"), place);
            let threads = count(*threads, "thread");
            format!("most of it used by {what}, {threads}, {} of this process's CPU time", share(*of))
        }
        CpuFact::AwaitedCpu { thread, looks, of } => {
            format!("the loop of thread {thread} waited for a CPU in {looks} of {of} looks")
        }
    }
}
