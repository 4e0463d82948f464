//! The memory limit of a control group, and what it did: cgroup v1 and v2.

use super::cgroup_places::GroupFolders;
use super::cgroups::keyed;
use super::proc_file::read_group_text;
use crate::snapshot::{Known, Why};

/// v1 writes "no limit" as the largest multiple of a page; nobody has half of that.
const UNLIMITED_V1: u64 = u64::MAX / 4;

/// A group with a memory controller.
#[derive(Clone, Debug)]
pub(super) struct MemoryGroup {
    version: u8,
    level: String,
}

impl MemoryGroup {
    /// How often it was pushed back at the limit.
    pub(super) fn hits(&self) -> Result<u64, Why> {
        if self.version == 1 {
            return read_group_text(&format!("{}/memory.failcnt", self.level))?
                .trim()
                .parse()
                .map_err(|_| Why::Implausible);
        }
        let events = read_group_text(&format!("{}/memory.events", self.level))?;
        let (high, max) = (keyed(&events, "high"), keyed(&events, "max"));
        high.zip(max).map(|(high, max)| high.saturating_add(max)).ok_or(Why::NotInThisKernel)
    }

    /// How often the kernel killed in it.
    pub(super) fn kills(&self) -> Result<u64, Why> {
        let file = if self.version == 1 { "memory.oom_control" } else { "memory.events" };
        let text = read_group_text(&format!("{}/{file}", self.level))?;
        keyed(&text, "oom_kill").ok_or(Why::NotInThisKernel)
    }

    /// For how long all of its processes that had work to do waited for memory, nanoseconds: the pressure stall information
    /// of v2.
    pub(super) fn stalled(&self) -> Result<u64, Why> {
        if self.version == 1 {
            return Err(Why::NotInThisKernel);
        }
        parse_stalled(&read_group_text(&format!("{}/memory.pressure", self.level))?).ok_or(Why::Implausible)
    }

    fn used(&self) -> Result<u64, Why> {
        let file = if self.version == 1 { "memory.usage_in_bytes" } else { "memory.current" };
        read_group_text(&format!("{}/{file}", self.level))?.trim().parse().map_err(|_| Why::Implausible)
    }

    fn limit(&self) -> Result<Option<u64>, Why> {
        let file = if self.version == 1 { "memory.limit_in_bytes" } else { "memory.max" };
        parse_memory_limit(&read_group_text(&format!("{}/{file}", self.level))?).ok_or(Why::Implausible)
    }
}

/// `memory.max` or `memory.limit_in_bytes`. The outer `None` is a text that is neither a number nor `max`.
#[must_use]
pub(super) fn parse_memory_limit(text: &str) -> Option<Option<u64>> {
    match text.trim() {
        "max" => Some(None),
        number => Some(Some(number.parse().ok()?).filter(|bytes| *bytes < UNLIMITED_V1)),
    }
}

/// The `full` line of `memory.pressure`; its total is in microseconds.
pub(super) fn parse_stalled(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("full "))?;
    let total = line.split_ascii_whitespace().find_map(|word| word.strip_prefix("total="))?;
    total.parse::<u64>().ok()?.checked_mul(1000)
}

/// The tightest memory limit and the group that has it; the innermost when none has.
pub(super) fn memory_limit(place: &GroupFolders) -> (Known<Option<u64>>, Option<MemoryGroup>) {
    let group = |level: &String| MemoryGroup { version: place.version, level: level.clone() };
    let tightest = place
        .levels
        .iter()
        .map(group)
        .filter_map(|group| Some((group.limit().ok()??, group)))
        .min_by_key(|(bytes, _)| *bytes);
    match tightest {
        Some((bytes, group)) => (Known::Is(Some(bytes)), Some(group)),
        None => (Known::Is(None), place.levels.first().map(group)),
    }
}

/// Memory in use where the limit stands, so that the two can be compared.
pub(super) fn memory_used(place: Option<&GroupFolders>, limited: Option<&MemoryGroup>) -> Result<u64, Why> {
    if place.is_none() {
        return Err(Why::NotInThisKernel);
    }
    limited.ok_or(Why::NotInThisKernel)?.used()
}
