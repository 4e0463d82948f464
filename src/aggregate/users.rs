//! Threads and tasks that use something, by the function of the user's that they are in.

use std::collections::BTreeMap;

use super::blame::{Blamed, Seen, blame};
use super::pools::snapshot_at;
use super::{Analysis, Place};
use crate::classify::Origin;
use crate::snapshot::{Actor, Census, CodeId, Known, Occupier, StackSample};

/// Those that are in one function.
#[derive(Clone, Debug)]
pub(super) struct Users {
    /// The function and the line most of them are on.
    pub(super) blamed: Blamed,
    /// Who they are.
    pub(super) users: Vec<Actor>,
}

/// Users by function, the largest group first. Those in whose stacks is no function of the user's are left out.
pub(super) fn groups(analysis: &Analysis<'_>, census: &Census, users: &[Occupier]) -> Vec<Users> {
    let mut by_function: BTreeMap<CodeId, (Vec<Seen>, Vec<Actor>)> = BTreeMap::new();
    for user in users {
        let Some(seen) = stack_of(analysis, census, user.who) else { continue };
        let Some(blamed) = blame(analysis.recording, &analysis.book, &[seen], false) else { continue };
        if matches!(blamed.origin, Origin::User | Origin::Installed) {
            let group = by_function.entry(blamed.code).or_default();
            group.0.push(seen);
            group.1.push(user.who);
        }
    }
    let group = |(code, (seen, users)): (CodeId, (Vec<Seen>, Vec<Actor>))| {
        Some(Users { blamed: blame_for(analysis, code, &seen)?, users })
    };
    let mut groups: Vec<Users> = by_function.into_iter().filter_map(group).collect();
    groups.sort_by_key(|group| (std::cmp::Reverse(group.users.len()), group.blamed.code));
    groups
}

/// The frame of a function that all of these stacks blame each by itself. Where they come to it on different ways it is no
/// frame that they share: then it is that of the stack seen most often.
fn blame_for(analysis: &Analysis<'_>, code: CodeId, seen: &[Seen]) -> Option<Blamed> {
    let of = |seen: &[Seen]| blame(analysis.recording, &analysis.book, seen, false);
    let together = of(seen).filter(|blamed| blamed.code == code);
    together.or_else(|| {
        let same = |one: &Seen| seen.iter().filter(|other| (other.stack, other.cut) == (one.stack, one.cut)).count();
        of(&[*seen.iter().max_by_key(|one| (same(one), std::cmp::Reverse(one.stack)))?])
    })
}

/// How many users of the last census are in which function, the most first; `None` stands for no function of the user's.
#[must_use]
pub fn users_of(analysis: &Analysis<'_>, users: &[Occupier]) -> Vec<(Option<Place>, u64)> {
    let Some(census) = analysis.recording.censuses.last() else { return Vec::new() };
    let groups = groups(analysis, census, users);
    let known: usize = groups.iter().map(|group| group.users.len()).sum();
    let mut counts: Vec<(Option<Place>, u64)> =
        groups.iter().map(|group| (Some(group.blamed.place(analysis.recording)), group.users.len() as u64)).collect();
    if users.len() > known {
        counts.push((None, (users.len() - known) as u64));
    }
    counts
}

/// The function of the user's that a thread or task is in; `None` when there is none on its stack.
#[must_use]
pub fn place_of_user(analysis: &Analysis<'_>, census: &Census, who: Actor) -> Option<Place> {
    let seen = stack_of(analysis, census, who)?;
    let blamed = blame(analysis.recording, &analysis.book, &[seen], false)?;
    let own = matches!(blamed.origin, Origin::User | Origin::Installed);
    own.then(|| blamed.place(analysis.recording))
}

/// What a user was at when the census was taken.
fn stack_of(analysis: &Analysis<'_>, census: &Census, who: Actor) -> Option<Seen> {
    match who {
        Actor::Thread(thread) => {
            let (_, snapshot) = snapshot_at(analysis, census.at)?;
            match snapshot.thread(thread)?.python.as_ref()?.stack {
                StackSample::Stable(stack) => Some(Seen { stack, looks: 1, cut: false }),
                StackSample::Cut(stack) => Some(Seen { stack, looks: 1, cut: true }),
                StackSample::Torn | StackSample::Unknown(_) => None,
            }
        }
        Actor::Task(task) => {
            let Known::Is(stack) = census.tasks.get()?.task(task)?.chain else { return None };
            Some(Seen { stack, looks: 1, cut: false })
        }
    }
}
