//! What to do about a trouble, in words.

mod call_kind;
mod calls;

use crate::aggregate::{Advice, Cause, Verdict};

/// What to do about a finding; empty where there is nothing to do.
#[must_use]
pub fn advice(verdict: &Verdict) -> String {
    let (pid, cause) = (verdict.process, verdict.cause.unwrap_or(Cause::Unknown));
    let (blame, does, party) = (verdict.blame.as_ref(), verdict.doing.as_ref(), &verdict.second_party);
    match &verdict.remedy {
        Advice::OffTheLoop => calls::for_blocked_loop(cause, blame, does, party),
        Advice::StartWithout => calls::for_stuck_start(cause, blame, does, party),
        Advice::FreeWorkers { workers } => calls::for_blocked_worker(cause, blame, party, *workers),
        Advice::ShareTheGil => calls::for_starved_loop(cause, blame, party),
        Advice::ReleaseGilFirst => calls::for_native_mutex(blame),
        Advice::GivePlacesBack => calls::for_exhausted_pool(cause, blame),
        Advice::OwnThread => calls::for_only_thread(blame),
        Advice::NotBehindItself => calls::for_call_behind_itself(blame),
        Advice::CloseDescriptors { of: Some(what), closed_by_peer: true } => {
            format!("close them: the other side has closed these {what}")
        }
        Advice::CloseDescriptors { of: Some(what), closed_by_peer: false } => {
            format!("find who opens the {what} and does not close them; or raise ulimit -n")
        }
        Advice::CloseDescriptors { of: None, .. } => {
            format!("find what is opened and not closed: ls -l /proc/{pid}/fd; or raise ulimit -n")
        }
        Advice::Continue => format!("let it go on: kill -CONT {pid}; then find out who sent SIGSTOP"),
        Advice::EndTracer { tracer: Some(tracer) } => format!("detach or end the tracer: see what pid {tracer} is"),
        Advice::Thaw { group } => {
            let group = group.clone().unwrap_or_else(|| format!("the groups in /proc/{pid}/cgroup"));
            format!("see who froze its control group and thaw it, for instance: docker unpause; the group is {group}")
        }
        Advice::LimitAnswer { peer, timed: true } => {
            format!("see why {peer} does not answer, and set the timeout to what your clients wait for")
        }
        Advice::LimitAnswer { peer, timed: false } => format!(
            "give the call a timeout shorter than your clients wait, answer 504 when it ends, and see why {peer} does not \
             answer"
        ),
        Advice::LookLonger => format!("look again for longer: hangspy {pid} --for 10s"),
        Advice::RecordLoop => format!("see what keeps it busy: hangspy record {pid} -o profile.svg"),
        Advice::RecordThreads => {
            format!("see where its time goes: hangspy record {pid} --threads all -o profile.svg")
        }
        Advice::DumpThreads => format!(
            "see what its threads do: hangspy dump {pid}; where its time goes: hangspy record {pid} --threads all -o \
             profile.svg"
        ),
        Advice::SeeThreads => format!("see its log, and what its threads do: hangspy dump {pid}"),
        Advice::OpenGate => format!("see which gate refuses and what opens it: hangspy doctor {pid}"),
        fixed => sentence(fixed).to_owned(),
    }
}

/// The sentences that are the same for everybody; empty for those that [`advice`] makes of the facts.
#[rustfmt::skip]
const fn sentence(advice: &Advice) -> &'static str {
    match advice {
        Advice::Nothing | Advice::OffTheLoop | Advice::StartWithout | Advice::FreeWorkers { .. } | Advice::ShareTheGil
        | Advice::ReleaseGilFirst | Advice::GivePlacesBack | Advice::OwnThread | Advice::NotBehindItself | Advice::CloseDescriptors { .. } | Advice::Continue
        | Advice::EndTracer { tracer: Some(_) } | Advice::Thaw { .. } | Advice::LimitAnswer { .. } | Advice::LookLonger
        | Advice::RecordLoop | Advice::RecordThreads | Advice::DumpThreads | Advice::OpenGate | Advice::SeeThreads => "",
        Advice::EndTracer { tracer: None } => "detach or end the debugger",
        Advice::RaiseCpuLimit => "raise the CPU limit, or run fewer threads: pools sized by the node's cores are too large here",
        Advice::RaiseMemoryLimit => "raise the memory limit, or keep less in memory: what is needed does not fit any more",
        Advice::BoundConcurrency => "bound how many run at once: an asyncio.Semaphore, or a queue with a few workers",
        Advice::NoLockInHandler => "take no lock in a signal handler, and log nothing there: use loop.add_signal_handler(...), or only set a flag",
        Advice::NoLockInFinalizer => "take no lock in __del__: it runs at any moment, in any thread; close explicitly, or use a threading.RLock",
        Advice::NoLockTwice => "do not take the lock again while it is held: use a threading.RLock, or call the inner function without it",
        Advice::SameOrder => "take these locks in the same order everywhere, or guard both with one lock; restart to get out of it",
        Advice::SameOrderOfTasks => "take these locks in the same order everywhere and do not wait for a task that needs a lock you hold; restart to get out of it",
        Advice::NoAwaitInsideLock => "do not await while a threading.Lock is held: use an asyncio.Lock, or let go of it before the await; restart to get out of it",
        Advice::ImportFirst => "import the modules once at start-up, before threads and requests, and start no threads while importing",
        Advice::AwaitInstead => "await the coroutine instead of running a loop inside of the loop: run_until_complete and nest_asyncio let calls return only in the reverse order in which they began",
        Advice::RestartLoop => "see in the log what ended the thread of that loop (an exception, loop.stop()); when it ends, start it anew or fail loudly, and wait with a timeout: future.result(timeout=...)",
        Advice::RestartService => "see in the master's log why its workers ended, and restart the service",
        Advice::LimitStartup => "give what startup awaits a timeout, and let it fail loudly or start without it",
        Advice::LimitShutdown => "give what shutdown awaits a timeout, and cancel it when that is over",
        Advice::EndStreams => "end streams when the server stops (request.is_disconnected, an event set at shutdown), or set --timeout-graceful-shutdown",
        Advice::LetItWork => "wait for it, and give its probes time enough for that; requests are not served meanwhile",
        Advice::SendOutsideTheLock => "do not send while the lock is held: copy what it protects and let go of it first, and send with a timeout",
        Advice::QueuePerClient => "give each client a task and a bounded queue of its own, send with a timeout, and close the connection of a client that does not keep up",
        Advice::HoldForLess => "hold it for less time: do not await anything slow inside of it, and give what is awaited a timeout",
        Advice::GiveBack => "take it with async with, or release it in a finally; one task took it and ended, or was cancelled, before it let go",
        Advice::EnterOnce => "do not enter it again from inside of it: take the place once, outside, or use a second semaphore",
        Advice::RestartConsumer => "look for the exception that ended the consumer; keep its task, and restart it or stop serving when it ends",
        Advice::SetTheEvent => "see in the log whether the task that should have set the event failed; let it set it in a finally, and wait with a timeout: await asyncio.wait_for(event.wait(), ...)",
        Advice::LetGoFirst => "let go of the lock before you wait for a coroutine of this loop (.result()): code on the loop wants it, and neither goes on; restart to get out of it",
        Advice::BoundRetries => "see in the log with what the attempts fail; bound how often or for how long it is tried, below what clients wait",
        Advice::LetCancelThrough => "let the CancelledError through: catch Exception, not BaseException, and after `except CancelledError` raise it again; a timeout around the wait cannot end what swallows it",
        Advice::ReadOutput => "read what the child writes while it runs (await process.communicate()), or send it to DEVNULL",
        Advice::ReadBodyOnce => "a body that middleware has read comes no second time: hand on what was read, or read it once; give uploads a timeout",
        Advice::SeeHolder => "see who should give it back or take it, and whether that ended with an exception; release in a finally, and wait with a timeout",
        Advice::SeeWhatFailedElsewhere => "see in the log whether what should have ended this wait failed, and wait with a timeout",
        Advice::SeeWhatFailed => "see in the log whether what should have ended this wait failed, and wait with a timeout: await asyncio.wait_for(..., 30)",
        Advice::LookOutside => "if clients hang all the same, look at what is between them and this process: proxy, name server, load balancer",
        Advice::LookInside => "if requests hang all the same: see what the threads do with hangspy dump, and look at pools and upstreams",
        Advice::LookAround => "see its log, its threads (hangspy dump) and what is between it and its clients",
        Advice::SeeWhatEndedIt => "see what ended it: its supervisor's log, and the kernel's for memory (dmesg)",
    }
}
