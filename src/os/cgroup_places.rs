//! Where a process stands in the trees of control groups, and where those trees are mounted.

use std::path::Path;

/// How many levels are climbed. Kubernetes uses five; the kernel's own default bound is far above it.
const MOST_LEVELS: usize = 32;

/// A line of `/proc/PID/cgroup`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Membership {
    /// Controllers of a v1 hierarchy; empty for v2.
    pub controllers: Vec<String>,
    /// The group, seen from the reader's own cgroup namespace.
    pub path: String,
}

/// `/proc/PID/cgroup`: `4:memory:/kubepods/pod1/c1` or `0::/kubepods/pod1/c1`. The path may hold colons.
#[must_use]
pub(super) fn parse_memberships(text: &str) -> Vec<Membership> {
    text.lines()
        .filter_map(|line| {
            let mut parts = line.splitn(3, ':');
            let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
            let controllers = controllers.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
            Some(Membership { controllers, path: path.to_owned() })
        })
        .collect()
}

/// A mounted hierarchy: a line of `/proc/PID/mountinfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hierarchy {
    /// 1 or 2.
    pub version: u8,
    /// Controllers of a v1 hierarchy; empty for v2.
    pub controllers: Vec<String>,
    /// Which group is mounted: `/`, or the container's own.
    pub root: String,
    /// Where.
    pub mount_point: String,
}

/// The control-group lines of `/proc/PID/mountinfo`.
#[must_use]
pub(super) fn parse_hierarchies(mountinfo: &str) -> Vec<Hierarchy> {
    mountinfo
        .lines()
        .filter_map(|line| {
            let (left, right) = line.split_once(" - ")?;
            let mut right = right.split(' ');
            let version = match right.next()? {
                "cgroup" => 1,
                "cgroup2" => 2,
                _ => return None,
            };
            let mut left = left.split(' ').skip(3);
            let (root, mount_point) = (unescape(left.next()?), unescape(left.next()?));
            let options = right.nth(1).unwrap_or_default();
            let controllers = if version == 1 { options.split(',').map(str::to_owned).collect() } else { Vec::new() };
            Some(Hierarchy { version, controllers, root, mount_point })
        })
        .collect()
}

/// Spaces, tabs, line breaks and backslashes stand as three octal digits in `mountinfo`.
fn unescape(text: &str) -> String {
    text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}

/// The folder of a group inside a mounted hierarchy; `None` when the hierarchy does not show this group.
fn folder(hierarchy: &Hierarchy, path: &str) -> Option<String> {
    let below = if hierarchy.root == "/" { path } else { path.strip_prefix(hierarchy.root.as_str())? };
    if !(below.is_empty() || below.starts_with('/')) || below.split('/').any(|part| part == "..") {
        return None;
    }
    Some(format!("{}{}", hierarchy.mount_point, below.trim_end_matches('/')))
}

/// The folders from a group up to its hierarchy's mount point, innermost first.
#[derive(Clone, Debug)]
pub(super) struct GroupFolders {
    pub(super) version: u8,
    pub(super) levels: Vec<String>,
}

/// Where a controller keeps the process: a v1 hierarchy that has the controller, else v2.
pub(super) fn place(memberships: &[Membership], hierarchies: &[Hierarchy], controller: &str) -> Option<GroupFolders> {
    let has = |controllers: &[String]| controllers.iter().any(|name| name == controller);
    let first = memberships.iter().find(|membership| has(&membership.controllers));
    let (version, membership) = match first {
        Some(membership) => (1, membership),
        None => (2, memberships.iter().find(|membership| membership.controllers.is_empty())?),
    };
    hierarchies
        .iter()
        .filter(|hierarchy| hierarchy.version == version && (version == 2 || has(&hierarchy.controllers)))
        .find_map(|hierarchy| {
            let innermost = folder(hierarchy, &membership.path).filter(|folder| Path::new(folder).exists())?;
            let mut levels = vec![innermost.clone()];
            let mut level = innermost.as_str();
            while level.len() > hierarchy.mount_point.len() && levels.len() < MOST_LEVELS {
                level = level.rsplit_once('/').map_or("", |(parent, _)| parent);
                levels.push(level.to_owned());
            }
            Some(GroupFolders { version, levels })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "23 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n\
        32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n\
        35 31 0:32 /docker/c1 /sys/fs/cgroup/my\\040memory rw,relatime - cgroup cgroup rw,memory\n\
        41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n";

    #[test]
    fn memberships() {
        let groups = parse_memberships("3:cpu,cpuacct:/a:b\n1:name=systemd:/x\n0::/init.scope\nbroken\n");
        assert_eq!(groups.len(), 3);
        assert_eq!((groups[0].controllers.len(), groups[0].path.as_str()), (2, "/a:b"));
        assert!(groups[2].controllers.is_empty());
    }

    #[test]
    fn hierarchies() {
        let mounted = parse_hierarchies(MOUNTS);
        assert_eq!(mounted.len(), 3, "{mounted:?}");
        assert_eq!(
            (mounted[0].version, mounted[0].controllers.as_slice()),
            (1, ["rw", "cpu", "cpuacct"].map(str::to_owned).as_slice())
        );
        assert_eq!(
            (mounted[1].root.as_str(), mounted[1].mount_point.as_str()),
            ("/docker/c1", "/sys/fs/cgroup/my memory")
        );
        assert_eq!((mounted[2].version, mounted[2].controllers.len()), (2, 0));
    }

    #[test]
    fn folders() {
        let mounted = parse_hierarchies(MOUNTS);
        assert_eq!(folder(&mounted[0], "/").as_deref(), Some("/sys/fs/cgroup/cpu,cpuacct"));
        assert_eq!(folder(&mounted[0], "/a/b").as_deref(), Some("/sys/fs/cgroup/cpu,cpuacct/a/b"));
        assert_eq!(folder(&mounted[1], "/docker/c1/x").as_deref(), Some("/sys/fs/cgroup/my memory/x"));
        assert_eq!(folder(&mounted[1], "/docker/c1").as_deref(), Some("/sys/fs/cgroup/my memory"));
        assert_eq!(folder(&mounted[1], "/docker/c12"), None, "another group with a longer name");
        assert_eq!(folder(&mounted[1], "/docker/c2"), None);
        assert_eq!(folder(&mounted[0], "/../c2"), None, "outside of our namespace");
    }
}
