//! Verbs that follow a count.

/// `1 thread waits`, `2 threads wait`
pub(super) const fn wait(count: u64) -> &'static str {
    if count == 1 { "waits" } else { "wait" }
}
