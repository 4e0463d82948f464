//! The processes of a command: found again and again, because tests start and end them.

use std::collections::{BTreeMap, BTreeSet};

use crate::os;
use crate::os::{Program, processes};
use crate::snapshot::ProcessId;

/// More processes of one command are not followed.
const MOST_PROCESSES: usize = 256;

/// The processes of a command.
#[derive(Debug)]
pub(super) struct Family {
    head: ProcessId,
    /// Who was there with which program, and whether that was told. A shell that becomes pytest is another one.
    known: BTreeMap<ProcessId, (Program, bool)>,
}

/// A process that was not there before, and those above it up to the command, the nearest first; it is the first of them itself.
pub(super) type Newcomer = Vec<ProcessId>;

impl Family {
    /// That of this process.
    pub(super) fn of(head: ProcessId) -> Self {
        Self { head, known: BTreeMap::new() }
    }

    /// Who has come since this was last asked. A process is told when it is seen for the second time: what is forked to become
    /// another program has done so by then.
    pub(super) fn newcomers(&mut self) -> Vec<Newcomer> {
        let mut ways: Vec<Newcomer> = vec![vec![self.head]];
        let mut seen = BTreeSet::new();
        let mut new = Vec::new();
        while let Some(way) = ways.pop() {
            let Some(pid) = way.first().copied().filter(|pid| seen.len() < MOST_PROCESSES && seen.insert(*pid)) else {
                continue;
            };
            let Ok(entry) = processes::read(pid) else { continue };
            let children = os::children(pid, &[]).unwrap_or_default();
            ways.extend(children.iter().map(|child| [&[child.pid], way.as_slice()].concat()));
            let Ok(program) = Program::of(pid) else { continue };
            match self.known.get_mut(&pid).filter(|(known, _)| *known == program) {
                Some((_, told)) if *told => {}
                Some((_, told)) => {
                    *told = true;
                    new.push(way);
                }
                None if entry.runs() => drop(self.known.insert(pid, (program, false))),
                None => {}
            }
        }
        self.known.retain(|pid, _| seen.contains(pid));
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn children_and_theirs_are_told_once() {
        let mut shell =
            Command::new("sh").args(["-c", "sleep 1000 & read line; kill $!"]).stdin(Stdio::piped()).spawn().unwrap();
        let head = ProcessId(shell.id());
        // Until then the child is a fork of the shell, and becomes another program while we look.
        let sleeps = || os::children(head, &[]).unwrap().iter().any(|child| child.name == "sleep");
        while !sleeps() {}
        let mut family = Family::of(head);
        let mut found = BTreeSet::new();
        while found.len() < 2 {
            for way in family.newcomers() {
                assert_eq!(way.last(), Some(&head));
                found.insert(way);
            }
        }
        assert!(family.newcomers().is_empty());
        drop(shell.stdin.take());
        shell.wait().unwrap();
        assert!(family.newcomers().is_empty());
    }
}
