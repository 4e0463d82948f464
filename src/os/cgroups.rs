//! Limits of the control groups that a process is in, and what the limits did: cgroup v1, v2 and both at once.
//!
//! A limit may stand on any group between the process and the root (a pod's group above the container's), so all are
//! looked at and the tightest counts, with its own statistics.

use super::cgroup_memory::{memory_limit, memory_used};
use super::cgroup_places::{GroupFolders, Hierarchy, Membership, parse_hierarchies, parse_memberships, place};
use super::freezer::frozen;
use super::proc_file::{SMALL, known, read_group_text, read_text, reason};
use crate::snapshot::{Cgroup, Known, ProcessId, Why};

/// The control groups of a process, and the frozen one that it is in or below.
#[must_use]
pub(super) fn read_all(process: ProcessId) -> (Known<Cgroup>, Known<Option<String>>) {
    match trees(process) {
        Ok((memberships, hierarchies)) => {
            let groups =
                read_groups(&memberships, &hierarchies).map_err(|why| match std::fs::read_dir(root_of(process)) {
                    // Its groups are only where it sees them, and we may not go there.
                    Err(error) if reason(&error) == Why::NotPermitted => Why::NotPermitted,
                    _ => why,
                });
            (known(groups), known(frozen(&memberships, &hierarchies)))
        }
        Err(why) => (Known::Unknown(why), Known::Unknown(why)),
    }
}

/// How often the kernel killed for memory in the group of a process.
#[must_use]
pub fn memory_kills(process: ProcessId) -> Known<u64> {
    let (cgroup, _) = read_all(process);
    match cgroup {
        Known::Is(cgroup) => cgroup.memory_kills,
        Known::Unknown(why) => Known::Unknown(why),
    }
}

/// The file system as a process sees it.
fn root_of(process: ProcessId) -> String {
    format!("/proc/{process}/root")
}

/// In which groups a process is, and where their trees are mounted.
fn trees(process: ProcessId) -> Result<(Vec<Membership>, Vec<Hierarchy>), Why> {
    let memberships = parse_memberships(&read_text(format!("/proc/{process}/cgroup"), SMALL)?);
    // In a container that shares only the pid namespace our own mounts show other groups; then the process's serve.
    let views = [("/proc/self/mountinfo".to_owned(), String::new()), {
        (format!("/proc/{process}/mountinfo"), root_of(process))
    }];
    let hierarchies: Vec<Hierarchy> = views
        .into_iter()
        .filter_map(|(mountinfo, prefix)| Some((read_text(mountinfo, 16 * SMALL).ok()?, prefix)))
        .flat_map(|(text, prefix)| {
            parse_hierarchies(&text).into_iter().map(move |mut hierarchy| {
                hierarchy.mount_point.insert_str(0, &prefix);
                hierarchy
            })
        })
        .collect();
    Ok((memberships, hierarchies))
}

/// The limits of a process's groups.
///
/// # Errors
/// The reason why none could be found: no control groups are mounted where we or the process can see them.
fn read_groups(memberships: &[Membership], hierarchies: &[Hierarchy]) -> Result<Cgroup, Why> {
    let place = |controller: &str| place(memberships, hierarchies, controller);
    let (cpu, accounting, memory) = (place("cpu"), place("cpuacct"), place("memory"));
    let version = cpu.as_ref().or(memory.as_ref()).ok_or(Why::NotInThisKernel)?.version;
    let (cpu_quota, throttling) = cpu.as_ref().map_or((Known::Unknown(Why::NotInThisKernel), None), processor_limit);
    let (memory_limit, pressure) = memory.as_ref().map_or((Known::Unknown(Why::NotInThisKernel), None), memory_limit);
    let statistic = |name: &str| {
        let text = throttling.as_ref().ok_or(Why::NotInThisKernel)?;
        keyed(text, name).ok_or(Why::NotInThisKernel)
    };
    Ok(Cgroup {
        version,
        cpu_quota,
        periods: known(statistic("nr_periods")),
        throttled_periods: known(statistic("nr_throttled")),
        throttled_ns: known(
            statistic("throttled_time").or_else(|_| statistic("throttled_usec").map(|time| time.saturating_mul(1000))),
        ),
        cpu_used_ns: known(if same_group(memberships) {
            processor_used(cpu.as_ref(), accounting.as_ref())
        } else {
            Err(Why::NotInThisKernel)
        }),
        memory_limit,
        memory_used: known(memory_used(memory.as_ref(), pressure.as_ref())),
        memory_limit_hits: known(pressure.as_ref().ok_or(Why::NotInThisKernel).and_then(|place| place.hits())),
        memory_stalled_ns: known(pressure.as_ref().ok_or(Why::NotInThisKernel).and_then(|place| place.stalled())),
        memory_kills: known(pressure.as_ref().ok_or(Why::NotInThisKernel).and_then(|place| place.kills())),
    })
}

/// The tightest CPU quota in cores, and the `cpu.stat` of the group that has it (of the innermost when none has).
fn processor_limit(place: &GroupFolders) -> (Known<Option<f64>>, Option<String>) {
    let mut tightest: Option<(f64, &String)> = None;
    let mut failure = None;
    let mut answered = false;
    for level in &place.levels {
        match quota(place.version, level) {
            Ok(Some(cores)) if tightest.is_none_or(|(least, _)| cores < least) => tightest = Some((cores, level)),
            Ok(_) => answered = true,
            // The root of v2 has no such file.
            Err(why) => failure = Some(why),
        }
    }
    let level = tightest.map(|(_, level)| level).or(place.levels.first());
    let statistics = level.and_then(|level| read_group_text(&format!("{level}/cpu.stat")).ok());
    let limit = match (tightest, failure) {
        (Some((cores, _)), _) => Known::Is(Some(cores)),
        (None, Some(why)) if !answered && why != Why::Vanished => Known::Unknown(why),
        _ => Known::Is(None),
    };
    (limit, statistics)
}

fn quota(version: u8, level: &str) -> Result<Option<f64>, Why> {
    if version == 2 {
        return parse_cpu_max(&read_group_text(&format!("{level}/cpu.max"))?).ok_or(Why::Implausible);
    }
    let number = |name: &str| -> Result<i64, Why> {
        read_group_text(&format!("{level}/{name}"))?.trim().parse().map_err(|_| Why::Implausible)
    };
    let (quota, period) = (number("cpu.cfs_quota_us")?, number("cpu.cfs_period_us")?);
    Ok(cores(quota, period))
}

/// `cpu.max` of v2: `max 100000` or `80000 100000`. The outer `None` is a text that is neither.
#[must_use]
pub fn parse_cpu_max(text: &str) -> Option<Option<f64>> {
    let mut words = text.split_ascii_whitespace();
    let (quota, period) = (words.next()?, words.next()?.parse().ok()?);
    if quota == "max" { Some(None) } else { Some(cores(quota.parse().ok()?, period)) }
}

/// Microseconds of CPU per period as a number of cores; v1 writes -1 for "no limit".
fn cores(quota_us: i64, period_us: i64) -> Option<f64> {
    let quota = u32::try_from(quota_us).ok().filter(|quota| *quota > 0)?;
    let period = u32::try_from(period_us).ok().filter(|period| *period > 0)?;
    Some(f64::from(quota) / f64::from(period))
}

/// Whether the v1 hierarchies that limit the CPU and that count its use have the process in the same group. They may be
/// mounted apart, and what another group used is not what the quota was used for.
fn same_group(memberships: &[Membership]) -> bool {
    let path = |controller: &str| {
        let has = |membership: &&Membership| membership.controllers.iter().any(|name| name == controller);
        memberships.iter().find(has).map(|membership| &membership.path)
    };
    path("cpuacct").is_none_or(|counted| path("cpu").is_none_or(|limited| limited == counted))
}

fn processor_used(cpu: Option<&GroupFolders>, accounting: Option<&GroupFolders>) -> Result<u64, Why> {
    let innermost = |place: Option<&GroupFolders>| place.and_then(|place| place.levels.first().cloned());
    if let Some(level) = innermost(accounting.filter(|place| place.version == 1)) {
        return read_group_text(&format!("{level}/cpuacct.usage"))?.trim().parse().map_err(|_| Why::Implausible);
    }
    let level = innermost(cpu).ok_or(Why::NotInThisKernel)?;
    let text = read_group_text(&format!("{level}/cpu.stat"))?;
    keyed(&text, "usage_usec").and_then(|used| used.checked_mul(1000)).ok_or(Why::NotInThisKernel)
}

/// The number behind a name in `cpu.stat`, `memory.events` and their kin.
pub(super) fn keyed(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).and_then(|value| value.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::cgroup_memory::parse_memory_limit;
    use super::*;

    /// A folder with files, removed at the end.
    struct Tree(PathBuf);

    impl Tree {
        fn new(name: &str, files: &[(&str, &str)]) -> Self {
            let root = std::env::temp_dir().join(format!("hangspy-cgroup-{name}-{}", std::process::id()));
            for (file, text) in files {
                let path = root.join(file);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            Self(root)
        }

        fn hierarchy(&self, version: u8, controllers: &[&str], root: &str, folder: &str) -> Hierarchy {
            Hierarchy {
                version,
                controllers: controllers.iter().map(|name| (*name).to_owned()).collect(),
                root: root.to_owned(),
                mount_point: self.0.join(folder).to_string_lossy().into_owned(),
            }
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_container_on_v2_sees_its_own_group_as_the_root() {
        let tree = Tree::new(
            "v2",
            &[
                ("u/cpu.max", "80000 100000\n"),
                ("u/cpu.stat", "usage_usec 5000\nnr_periods 901\nnr_throttled 899\nthrottled_usec 70\n"),
                ("u/memory.max", "858993459\n"),
                ("u/memory.current", "800000000\n"),
                ("u/memory.pressure", "some avg10=1.00 avg60=0.00 avg300=0.00 total=90\nfull avg10=0.00 total=70\n"),
                ("u/memory.events", "low 0\nhigh 2\nmax 31\noom 1\noom_kill 1\noom_group_kill 0\n"),
            ],
        );
        let group = read_groups(&parse_memberships("0::/\n"), &[tree.hierarchy(2, &[], "/", "u")]).unwrap();
        assert_eq!(
            group,
            Cgroup {
                version: 2,
                cpu_quota: Known::Is(Some(0.8)),
                periods: Known::Is(901),
                throttled_periods: Known::Is(899),
                throttled_ns: Known::Is(70_000),
                cpu_used_ns: Known::Is(5_000_000),
                memory_limit: Known::Is(Some(858_993_459)),
                memory_used: Known::Is(800_000_000),
                memory_limit_hits: Known::Is(33),
                memory_kills: Known::Is(1),
                memory_stalled_ns: Known::Is(70_000),
            }
        );
    }

    #[test]
    fn the_tightest_limit_on_the_way_to_the_root_counts() {
        let tree = Tree::new(
            "levels",
            &[
                ("u/pod/cpu.max", "50000 100000\n"),
                ("u/pod/cpu.stat", "usage_usec 9\nnr_periods 7\nnr_throttled 3\nthrottled_usec 1\n"),
                ("u/pod/memory.max", "1000\n"),
                ("u/pod/memory.current", "900\n"),
                ("u/pod/c1/cpu.max", "max 100000\n"),
                ("u/pod/c1/cpu.stat", "usage_usec 8\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n"),
                ("u/pod/c1/memory.max", "max\n"),
                ("u/pod/c1/memory.current", "100\n"),
            ],
        );
        let group = read_groups(&parse_memberships("0::/pod/c1\n"), &[tree.hierarchy(2, &[], "/", "u")]).unwrap();
        assert_eq!((group.cpu_quota, group.throttled_periods), (Known::Is(Some(0.5)), Known::Is(3)));
        assert_eq!((group.memory_limit, group.memory_used), (Known::Is(Some(1000)), Known::Is(900)));
        assert_eq!(group.cpu_used_ns, Known::Is(8000), "what the process's own group used");
        assert_eq!(group.memory_kills, Known::Unknown(Why::Vanished), "there is no memory.events");
    }

    #[test]
    fn v1_without_limits_in_a_container_without_a_namespace() {
        let tree = Tree::new(
            "v1",
            &[
                ("cpu/cpu.cfs_quota_us", "-1\n"),
                ("cpu/cpu.cfs_period_us", "100000\n"),
                ("cpu/cpu.stat", "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n"),
                ("cpu/cpuacct.usage", "123456789\n"),
                ("memory/memory.limit_in_bytes", "9223372036854771712\n"),
                ("memory/memory.usage_in_bytes", "4096\n"),
                ("memory/memory.failcnt", "5\n"),
                ("memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"),
            ],
        );
        let memberships = parse_memberships("4:memory:/docker/c1\n3:cpu,cpuacct:/docker/c1\n0::/system.slice\n");
        let hierarchies = [
            tree.hierarchy(1, &["rw", "memory"], "/docker/c1", "memory"),
            tree.hierarchy(1, &["rw", "cpu", "cpuacct"], "/docker/c1", "cpu"),
        ];
        let group = read_groups(&memberships, &hierarchies).unwrap();
        assert_eq!((group.version, group.cpu_quota, group.memory_limit), (1, Known::Is(None), Known::Is(None)));
        assert_eq!((group.cpu_used_ns, group.throttled_ns), (Known::Is(123_456_789), Known::Is(0)));
        assert_eq!((group.memory_limit_hits, group.memory_kills), (Known::Is(5), Known::Is(2)));
    }

    #[test]
    fn controllers_of_a_hybrid_system_are_looked_up_one_by_one() {
        let tree = Tree::new(
            "hybrid",
            &[
                ("cpu/app/cpu.cfs_quota_us", "150000\n"),
                ("cpu/app/cpu.cfs_period_us", "100000\n"),
                ("cpu/app/cpu.stat", "nr_periods 4\nnr_throttled 1\nthrottled_time 50\n"),
                ("u/app/memory.max", "max\n"),
                ("u/app/memory.current", "10\n"),
            ],
        );
        let memberships = parse_memberships("1:cpu:/app\n0::/app\n");
        let hierarchies = [tree.hierarchy(1, &["rw", "cpu"], "/", "cpu"), tree.hierarchy(2, &[], "/", "u")];
        let group = read_groups(&memberships, &hierarchies).unwrap();
        assert_eq!((group.version, group.cpu_quota, group.throttled_ns), (1, Known::Is(Some(1.5)), Known::Is(50)));
        assert_eq!((group.memory_limit, group.memory_used), (Known::Is(None), Known::Is(10)));
    }

    #[test]
    fn what_another_group_used_is_not_what_this_one_used() {
        let files = [("cpu/app/cpu.cfs_quota_us", "80000\n"), ("cpu/app/cpu.cfs_period_us", "100000\n")];
        let tree = Tree::new("apart", &[&files[..], &[("acct/cpuacct.usage", "123456789\n")]].concat());
        let hierarchies = [tree.hierarchy(1, &["rw", "cpu"], "/", "cpu"), tree.hierarchy(1, &["cpuacct"], "/", "acct")];
        let group = read_groups(&parse_memberships("2:cpuacct:/\n1:cpu:/app\n"), &hierarchies).unwrap();
        assert_eq!((group.cpu_quota, group.cpu_used_ns), (Known::Is(Some(0.8)), Known::Unknown(Why::NotInThisKernel)));
    }

    #[test]
    fn no_hierarchy_is_not_no_limit() {
        assert_eq!(read_groups(&parse_memberships("0::/\n"), &[]), Err(Why::NotInThisKernel));
    }

    #[test]
    fn limits_that_cannot_be_true() {
        assert_eq!(parse_cpu_max("max 100000"), Some(None));
        assert_eq!(parse_cpu_max("80000 0"), Some(None));
        assert_eq!(parse_cpu_max("many 100000"), None);
        assert_eq!(parse_cpu_max(""), None);
        assert_eq!(parse_memory_limit("max\n"), Some(None));
        assert_eq!(parse_memory_limit("-1"), None);
    }
}
