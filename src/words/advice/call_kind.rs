//! What kind of call a cause stands for, as far as advice differs.

use crate::aggregate::Cause;

/// A kind of call. Each piece of advice names the kinds that it knows something better about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallKind {
    Sleep,
    /// For another service.
    Peer,
    /// For the service itself.
    SelfRequest,
    Dns,
    Lock,
    /// For others in reach, which may take a timeout.
    Bounded,
    Computes,
    GilThreads,
    GilNative,
    GilWaits,
    DbPool,
    HttpPool,
    DefaultExecutor,
    AsyncioQueue,
    AsyncioLock,
    Other,
}

impl CallKind {
    pub(super) const fn of(cause: Cause) -> Self {
        match cause {
            Cause::Sleep => Self::Sleep,
            Cause::SocketRead | Cause::SocketWrite | Cause::Connect => Self::Peer,
            Cause::SelfRequest => Self::SelfRequest,
            Cause::Dns => Self::Dns,
            Cause::Lock => Self::Lock,
            Cause::QueueWait | Cause::FutureResult | Cause::PoolCheckout | Cause::Subprocess | Cause::FileLock => {
                Self::Bounded
            }
            Cause::PythonCpu | Cause::NativeCpu | Cause::NativeCpuGil => Self::Computes,
            Cause::GilPythonThreads => Self::GilThreads,
            Cause::GilNativeHold => Self::GilNative,
            Cause::GilHeldWaiting => Self::GilWaits,
            Cause::DbPool => Self::DbPool,
            Cause::HttpPool => Self::HttpPool,
            Cause::DefaultExecutor => Self::DefaultExecutor,
            Cause::AsyncioQueue => Self::AsyncioQueue,
            Cause::AsyncioLock => Self::AsyncioLock,
            Cause::LockAcrossAwait
            | Cause::ImportLock
            | Cause::ForkLock
            | Cause::FileIo
            | Cause::Disk
            | Cause::SqliteBusy
            | Cause::PipeWrite
            | Cause::Stdin
            | Cause::Gc
            | Cause::Serialization
            | Cause::Import
            | Cause::NeverSuspends
            | Cause::TaskStorm
            | Cause::ThreadPool
            | Cause::AsyncioEvent
            | Cause::NoTimeout
            | Cause::SlowClient
            | Cause::OpenStream
            | Cause::CancelledAndGoing
            | Cause::Client
            | Cause::FdLimit
            | Cause::Quota
            | Cause::Debugger
            | Cause::PageFaults
            | Cause::Freezer
            | Cause::Signal
            | Cause::Unknown => Self::Other,
        }
    }
}
