//! Whether a process is in a frozen control group, and in which: the freezer of cgroup v1 and that of v2.

use super::cgroup_places::{GroupFolders, Hierarchy, Membership, place};
use super::proc_file::read_group_text;
use crate::snapshot::Why;

/// The frozen group that the process is in, or below; `None` when it is in none.
///
/// # Errors
/// The reason why that cannot be told: a freezer that has the process is mounted nowhere that we see.
pub(super) fn frozen(memberships: &[Membership], hierarchies: &[Hierarchy]) -> Result<Option<String>, Why> {
    let has_freezer = |membership: &&Membership| membership.controllers.iter().any(|name| name == "freezer");
    let (v1, v2): (Vec<&Membership>, Vec<&Membership>) = memberships
        .iter()
        .filter(|membership| membership.controllers.is_empty() || has_freezer(membership))
        .partition(has_freezer);
    let mut unseen = v1.is_empty() && v2.is_empty();
    for group in v1.into_iter().chain(v2) {
        match place(std::slice::from_ref(group), hierarchies, "freezer") {
            Some(place) if is_frozen(&place) => return Ok(Some(frozen_level(&place))),
            Some(_) => {}
            None => unseen = true,
        }
    }
    if unseen { Err(Why::NotInThisKernel) } else { Ok(None) }
}

/// The innermost group says whether it is frozen, by itself or by one above it. The root has no such file.
fn is_frozen(place: &GroupFolders) -> bool {
    let Some(innermost) = place.levels.first() else { return false };
    let (file, sign) = if place.version == 1 { ("freezer.state", "FROZEN") } else { ("cgroup.events", "frozen 1") };
    read_group_text(&format!("{innermost}/{file}")).is_ok_and(|text| text.lines().any(|line| line.trim() == sign))
}

/// The group that somebody froze: the first on the way to the root that says so of itself.
fn frozen_level(place: &GroupFolders) -> String {
    let file = if place.version == 1 { "freezer.self_freezing" } else { "cgroup.freeze" };
    let itself = |level: &&String| read_group_text(&format!("{level}/{file}")).is_ok_and(|text| text.trim() == "1");
    place.levels.iter().find(itself).or(place.levels.first()).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::cgroup_places::parse_memberships;
    use super::*;

    struct Tree(std::path::PathBuf);

    impl Tree {
        fn new(name: &str, files: &[(&str, &str)]) -> Self {
            let root = std::env::temp_dir().join(format!("hangspy-freezer-{name}-{}", std::process::id()));
            for (file, text) in files {
                let path = root.join(file);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            Self(root)
        }

        fn mounted(&self, version: u8, controllers: &[&str], folder: &str) -> Hierarchy {
            Hierarchy {
                version,
                controllers: controllers.iter().map(|name| (*name).to_owned()).collect(),
                root: "/".to_owned(),
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
    fn the_group_that_somebody_froze_is_named() {
        let tree = Tree::new(
            "v1",
            &[
                ("f/pod/freezer.state", "FROZEN\n"),
                ("f/pod/freezer.self_freezing", "1\n"),
                ("f/pod/c1/freezer.state", "FROZEN\n"),
                ("f/pod/c1/freezer.self_freezing", "0\n"),
                ("f/pod/c2/freezer.state", "FREEZING\n"),
                ("u/cgroup.procs", ""),
            ],
        );
        let mounts = [tree.mounted(1, &["rw", "freezer"], "f"), tree.mounted(2, &[], "u")];
        let found = frozen(&parse_memberships("3:freezer:/pod/c1\n0::/\n"), &mounts).unwrap().unwrap();
        assert!(found.ends_with("/f/pod"), "{found}");
        assert_eq!(
            frozen(&parse_memberships("3:freezer:/pod/c2\n0::/\n"), &mounts),
            Ok(None),
            "not all are frozen yet"
        );
        assert_eq!(frozen(&parse_memberships("3:freezer:/\n0::/\n"), &mounts), Ok(None));
    }

    #[test]
    fn both_freezers_are_asked_and_one_that_is_not_seen_is_not_thawed() {
        let tree = Tree::new(
            "v2",
            &[("u/app/cgroup.events", "populated 1\nfrozen 1\n"), ("u/app/cgroup.freeze", "1\n"), ("f/x", "")],
        );
        let both = [tree.mounted(1, &["freezer"], "f"), tree.mounted(2, &[], "u")];
        let found = frozen(&parse_memberships("3:freezer:/\n0::/app\n"), &both).unwrap().unwrap();
        assert!(found.ends_with("/u/app"), "{found}");
        assert_eq!(frozen(&parse_memberships("3:freezer:/\n0::/\n"), &both[1..]), Err(Why::NotInThisKernel));
        assert_eq!(frozen(&parse_memberships("1:cpu:/\n"), &both), Err(Why::NotInThisKernel));
    }
}
