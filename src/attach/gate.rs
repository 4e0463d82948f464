//! Which one gate refused to let us read a process.
//!
//! The kernel answers `EPERM` and no more (`ptrace(2)`, "Ptrace access mode checking"). The gates are asked in the order
//! in which the user can do something about them; the decision is a function of facts that anybody may read.

use super::facts::{Facts, Presence, differ};
use crate::error::{Error, Gate};
use crate::snapshot::ProcessId;

/// The error for a process whose memory is closed to us: it names the gate.
#[must_use]
pub fn refusal(pid: ProcessId) -> Error {
    Error::NotPermitted { pid: pid.0, gate: that_refused(pid) }
}

/// The gate that refused to let us read the memory of a process.
pub(super) fn that_refused(pid: ProcessId) -> Gate {
    decide(&Facts::of(pid))
}

fn decide(facts: &Facts) -> Gate {
    if facts.presence == Presence::Hidden {
        return Gate::Hidden;
    }
    if !facts.proc_is_ours {
        return Gate::PidNamespace;
    }
    if facts.own_memory_refused {
        return Gate::Seccomp;
    }
    // Nobody passes at 3; at 2 only the capability does.
    if facts.yama == Some(3) || (facts.yama == Some(2) && !facts.capable()) {
        return Gate::Yama;
    }
    // A capability counts in the namespace that it was given in.
    if facts.same_user_namespace == Some(false) {
        return Gate::UserNamespace;
    }
    if facts.capable() {
        return Gate::Unexplained;
    }
    if differ(facts.own.users, facts.target.users) {
        return Gate::OtherUser;
    }
    if facts.dumpable == Some(false) {
        return Gate::NotDumpable;
    }
    if differ(facts.own.groups, facts.target.groups) {
        return Gate::OtherGroup;
    }
    if facts.missing_capabilities() != 0 {
        return Gate::FewerCapabilities;
    }
    if facts.yama == Some(1) && facts.descendant != Some(true) { Gate::Yama } else { Gate::Unexplained }
}

#[cfg(test)]
mod tests {
    use super::super::facts::{Ids, Rights};
    use super::*;

    /// Facts of two processes that have everything in common.
    fn same_user() -> Facts {
        let rights = Rights {
            users: Some([1000; 3]),
            groups: Some([1000; 3]),
            effective: Some(0),
            permitted: Some(0),
            ..Rights::default()
        };
        Facts {
            own: rights,
            target: rights,
            proc_is_ours: true,
            same_user_namespace: Some(true),
            dumpable: Some(true),
            yama: Some(0),
            descendant: Some(false),
            ..Facts::default()
        }
    }

    fn of_user(users: Ids) -> Facts {
        let mut facts = same_user();
        facts.target.users = Some(users);
        facts
    }

    fn capable(mut facts: Facts) -> Facts {
        facts.own.effective = Some(1 << 19);
        facts
    }

    #[test]
    fn every_gate_is_recognized() {
        let mut other_group = same_user();
        other_group.target.groups = Some([33; 3]);
        let mut able_target = same_user();
        able_target.target.permitted = Some(1 << 12);
        let cases = [
            (Facts { presence: Presence::Hidden, ..same_user() }, Gate::Hidden),
            (Facts { own_memory_refused: true, ..of_user([33; 3]) }, Gate::Seccomp),
            (of_user([33; 3]), Gate::OtherUser),
            (of_user([1000, 1000, 0]), Gate::OtherUser),
            (Facts { yama: Some(1), ..of_user([33; 3]) }, Gate::OtherUser),
            (Facts { yama: Some(1), ..same_user() }, Gate::Yama),
            (Facts { yama: Some(1), descendant: Some(true), ..same_user() }, Gate::Unexplained),
            (Facts { yama: Some(2), descendant: Some(true), ..of_user([33; 3]) }, Gate::Yama),
            (capable(Facts { yama: Some(3), ..same_user() }), Gate::Yama),
            (Facts { dumpable: Some(false), ..same_user() }, Gate::NotDumpable),
            (Facts { dumpable: Some(false), yama: Some(1), ..same_user() }, Gate::NotDumpable),
            (capable(Facts { same_user_namespace: Some(false), ..same_user() }), Gate::UserNamespace),
            (capable(Facts { yama: Some(2), ..of_user([33; 3]) }), Gate::Unexplained),
            (Facts { yama: Some(1), ..other_group }, Gate::OtherGroup),
            (Facts { yama: Some(1), ..able_target }, Gate::FewerCapabilities),
            (capable(Facts { proc_is_ours: false, ..same_user() }), Gate::PidNamespace),
            (Facts { presence: Presence::Hidden, proc_is_ours: false, ..same_user() }, Gate::Hidden),
            (same_user(), Gate::Unexplained),
            (Facts { proc_is_ours: true, ..Facts::default() }, Gate::Unexplained),
        ];
        for (facts, gate) in cases {
            assert_eq!(decide(&facts), gate, "{facts:?}");
        }
    }
}
