//! Control groups for applications that run under a limit or are frozen: made beside the group that the tests are in, and
//! removed afterwards. Where none can be made, the reason is a text for the table of what was skipped.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::truth::{Halt, Halted, Limits};

/// The kernel's usual length of a quota's period, microseconds.
const PERIOD_US: f64 = 100_000.0;
/// Processes that were killed are gone after this time; the group of one that is not stays behind.
const EMPTY_WITHIN: Duration = Duration::from_secs(5);
/// How often it is asked whether they are.
const ASK_AGAIN: Duration = Duration::from_millis(10);

static MADE: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A group that is removed with this value.
#[derive(Debug)]
pub(crate) struct Cgroup {
    folder: PathBuf,
}

/// Which groups an application needs, each with what is written into its files before anybody is in it.
fn wanted(limits: Option<&Limits>, halt: Option<&Halt>) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let cores = limits.and_then(|limits| limits.cpu_cores).map(|cores| {
        let quota = cores * PERIOD_US;
        ("cpu", vec![("cpu.cfs_quota_us", format!("{quota:.0}")), ("cpu.max", format!("{quota:.0} {PERIOD_US:.0}"))])
    });
    let memory = limits.and_then(|limits| limits.memory_mib).map(|mebibytes| {
        let bytes = (mebibytes << 20).to_string();
        ("memory", vec![("memory.limit_in_bytes", bytes.clone()), ("memory.max", bytes)])
    });
    let freezer = match halt.map(|halt| halt.by) {
        Some(Halted::Freezer) => Some(("freezer", vec![("freezer.state", "THAWED".to_owned())])),
        Some(Halted::FreezerOfV2) => Some(("", vec![("cgroup.freeze", "0".to_owned())])),
        Some(Halted::Signal) | None => None,
    };
    cores.into_iter().chain(memory).chain(freezer).collect()
}

/// The groups of an application.
pub(crate) fn groups(name: &str, limits: Option<&Limits>, halt: Option<&Halt>) -> Result<Vec<Cgroup>, String> {
    wanted(limits, halt).into_iter().map(|(controller, files)| Cgroup::new(controller, name, &files)).collect()
}

/// Why an application's groups cannot be made here; `None` where they can.
pub(crate) fn missing(limits: Option<&Limits>, halt: Option<&Halt>) -> Option<String> {
    groups("probe", limits, halt).err()
}

/// Thaws and empties every group: for a program that is being ended.
pub(crate) fn give_up() {
    MADE.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|folder| set_frozen(folder, false));
}

impl Cgroup {
    fn new(controller: &str, name: &str, files: &[(&str, String)]) -> Result<Self, String> {
        let parent = parent(controller)?;
        let plain = name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
        let folder = parent.join(format!("hangspy-{}-{plain}", std::process::id()));
        let kind = if controller.is_empty() { "cgroup v2" } else { controller };
        fs::create_dir(&folder).map_err(|error| format!("no {kind} group can be made: {error}"))?;
        MADE.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.clone());
        let group = Self { folder };
        // The same limit has one file in v1 and another in v2.
        let written = files.iter().filter(|(file, _)| group.folder.join(file).exists());
        let written = written.map(|(file, value)| fs::write(group.folder.join(file), value));
        match written.collect::<Result<Vec<()>, _>>() {
            Ok(done) if !done.is_empty() => Ok(group),
            Ok(_) => Err(format!("the {kind} controller is not delegated to groups made here")),
            Err(error) => Err(format!("the {kind} group takes no limit: {error}")),
        }
    }

    /// The file that takes the number of a process to move it here.
    pub(crate) fn door(&self) -> PathBuf {
        self.folder.join("cgroup.procs")
    }

    /// Periods in which somebody inside wanted to run, and in how many of them the quota was used up.
    pub(crate) fn throttling(&self) -> Option<(u64, u64)> {
        let text = fs::read_to_string(self.folder.join("cpu.stat")).ok()?;
        let number = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().parse::<u64>().ok()
        };
        Some((number("nr_periods ")?, number("nr_throttled ")?))
    }

    /// Where it is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Freezes or thaws whoever is inside, where the group can.
    pub(crate) fn freeze(&self, frozen: bool) {
        set_frozen(&self.folder, frozen);
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        self.freeze(false);
        let deadline = Instant::now() + EMPTY_WITHIN;
        while fs::remove_dir(&self.folder).is_err() && self.folder.exists() && Instant::now() < deadline {
            std::thread::sleep(ASK_AGAIN);
        }
        MADE.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.folder);
    }
}

/// Whether nothing in this group runs.
pub(crate) fn is_frozen(folder: &Path) -> bool {
    let v1 = fs::read_to_string(folder.join("freezer.state")).unwrap_or_default();
    let v2 = fs::read_to_string(folder.join("cgroup.events")).unwrap_or_default();
    v1.trim() == "FROZEN" || v2.lines().any(|line| line == "frozen 1")
}

/// Freezes or thaws a group, where it can be.
pub(crate) fn set_frozen(folder: &Path, frozen: bool) {
    let v1 = if frozen { "FROZEN" } else { "THAWED" };
    let v2 = if frozen { "1" } else { "0" };
    for (file, value) in [("freezer.state", v1), ("cgroup.freeze", v2)] {
        let path = folder.join(file);
        if path.exists() {
            let _seen_by_the_verdict = fs::write(path, value);
        }
    }
}

/// The folder in which a group can be made: our own group's in v1; in v2 the root of what is mounted, since groups that
/// have processes may not have limited ones below them. No controller: v2, wherever it is.
fn parent(controller: &str) -> Result<PathBuf, String> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").map_err(|error| error.to_string())?;
    let own = fs::read_to_string("/proc/self/cgroup").map_err(|error| error.to_string())?;
    let mounted = |version: &'static str| {
        mounts.lines().filter_map(move |line| {
            let (left, right) = line.split_once(" - ")?;
            let right: Vec<&str> = right.split(' ').collect();
            let (root, folder) = (left.split(' ').nth(3)?, left.split(' ').nth(4)?);
            (right.first() == Some(&version)).then(|| (root, folder, right.last().copied().unwrap_or_default()))
        })
    };
    let has = |options: &str| options.split(',').any(|option| option == controller);
    if let Some((root, folder, _)) = mounted("cgroup").find(|(.., options)| !controller.is_empty() && has(options)) {
        let is_ours = |line: &&str| line.split(':').nth(1).is_some_and(has);
        let path = own.lines().find(is_ours).and_then(|line| line.splitn(3, ':').nth(2)).unwrap_or("/");
        let below = path.strip_prefix(root).unwrap_or(path).trim_start_matches('/');
        return Ok(Path::new(folder).join(below));
    }
    let (_, folder, _) = mounted("cgroup2").next().ok_or("no control groups are mounted here")?;
    let folder = PathBuf::from(folder);
    let offered = fs::read_to_string(folder.join("cgroup.controllers")).unwrap_or_default();
    if controller.is_empty() || offered.split_whitespace().any(|name| name == controller) {
        // Refused where it is not ours to hand on; the missing file says so later.
        let _maybe_already = fs::write(folder.join("cgroup.subtree_control"), format!("+{controller}"));
        return Ok(folder);
    }
    Err(format!("no {controller} controller here"))
}
