//! What each rule saw last, and why it did or did not set off a capture: for `hangspy watch --explain`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::super::audit::utc;
use super::rules::{Rule, Rules};
use crate::error::{Error, Result};
use crate::figures;
use crate::os::clock;
use crate::render::sanitize;

/// Where it is kept, beside the ledger.
pub(super) const ACCOUNT: &str = "rules.json";
/// Version of what is kept.
const SCHEMA: u32 = 1;
/// A watch that has written nothing for so long has ended.
const SILENT_S: u64 = 30;

/// What the rules of one process saw since this was last told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Values {
    /// The longest step, seconds.
    pub(super) blocked_s: f64,
    /// The largest share of waiting for the GIL.
    pub(super) starved: f64,
    /// For how long what was judged has lasted, seconds; `None` when nothing was judged.
    pub(super) judged: Option<BTreeMap<Rule, f64>>,
}

/// An account of all rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    schema: u32,
    /// Until when, seconds since 1970.
    until_s: u64,
    rows: BTreeMap<Rule, Row>,
}

/// An account of one rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// What it takes to set it off, seconds or a share; `None` when it is off or takes none.
    limit: Option<f64>,
    off: bool,
    /// How often it has been asked.
    asked: u64,
    /// What the last answer was, by process.
    values: BTreeMap<u32, f64>,
    /// The largest there was.
    largest: f64,
    /// Where it was captured last, and when.
    captured: Option<(u64, String)>,
    /// What was not captured last, why, and when.
    refused: Option<(u64, String)>,
}

impl Account {
    /// Of rules that nobody has asked yet.
    pub(super) fn of(rules: &Rules) -> Self {
        let row = |limit: Option<f64>| Row { limit, off: limit.is_none(), ..Row::default() };
        let judged = [Rule::Deadlock, Rule::PoolExhausted, Rule::OldRequest, Rule::TasksStuck];
        let mut rows: BTreeMap<Rule, Row> = judged
            .into_iter()
            .map(|rule| (rule, row(rules.judged.get(&rule).map(|limit| limit.as_secs_f64()))))
            .collect();
        rows.insert(Rule::LoopBlocked, row(rules.blocked.map(|(limit, _)| limit.as_secs_f64())));
        rows.insert(Rule::LoopStarved, row(rules.starved));
        rows.insert(Rule::WorkerReplaced, Row { off: !rules.worker_replaced, ..Row::default() });
        rows.insert(Rule::Alert, Row::default());
        rows.insert(Rule::Asked, Row::default());
        Self { schema: SCHEMA, until_s: clock::wall().as_secs(), rows }
    }

    /// What a process showed.
    pub(super) fn add(&mut self, process: u32, values: &Values) {
        self.value(Rule::LoopBlocked, process, values.blocked_s);
        self.value(Rule::LoopStarved, process, values.starved);
        for rule in [Rule::Deadlock, Rule::PoolExhausted, Rule::OldRequest, Rule::TasksStuck] {
            if let Some(judged) = &values.judged {
                self.value(rule, process, judged.get(&rule).copied().unwrap_or_default());
            }
        }
    }

    fn value(&mut self, rule: Rule, process: u32, value: f64) {
        let Some(row) = self.rows.get_mut(&rule).filter(|row| !row.off) else { return };
        row.asked += 1;
        row.values.insert(process, value);
        row.largest = row.largest.max(value);
    }

    /// A process is not followed any more.
    pub(super) fn leave(&mut self, process: u32) {
        for row in self.rows.values_mut() {
            row.values.remove(&process);
        }
    }

    /// A rule was set off, and there is an incident.
    pub(super) fn captured(&mut self, rule: Rule, folder: &Path) {
        if let Some(row) = self.rows.get_mut(&rule) {
            row.captured = Some((clock::wall().as_secs(), format!("captured in {}", folder.display())));
        }
    }

    /// A rule was set off, and a limit acted.
    pub(super) fn refused(&mut self, rule: Rule, words: String) {
        if let Some(row) = self.rows.get_mut(&rule) {
            row.refused = Some((clock::wall().as_secs(), words));
        }
    }

    /// What is to be kept.
    ///
    /// # Errors
    ///
    /// When it has no JSON, which is a defect.
    pub(super) fn text(&mut self) -> Result<Vec<u8>> {
        self.until_s = clock::wall().as_secs();
        serde_json::to_vec_pretty(self).map_err(|error| Error::Bug(error.to_string()))
    }

    /// Reads what was kept.
    ///
    /// # Errors
    ///
    /// In words, when it is no account or one of another version.
    pub(super) fn parse(text: &str) -> std::result::Result<Self, String> {
        let kept: Self = serde_json::from_str(text).map_err(|error| format!("it is no account of rules: {error}"))?;
        if kept.schema == SCHEMA { Ok(kept) } else { Err(format!("it is an account of version {}", kept.schema)) }
    }

    /// As a table, with what came of each rule under it.
    pub(super) fn page(&self, folder: &Path) -> String {
        let mut page = format!("{:<17}{:>8}{:>8}{:>9}   {}\n", "RULE", "limit", "last", "largest", "why");
        for (rule, row) in &self.rows {
            let figure =
                |value: f64| if *rule == Rule::LoopStarved { figures::share(value) } else { figures::seconds(value) };
            let last = row.values.values().copied().max_by(f64::total_cmp);
            let cell = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), figure);
            let largest = (row.asked > 0).then_some(row.largest);
            let why = row.why(last);
            let (limit, last, largest) = (cell(row.limit), cell(last), cell(largest));
            page.push_str(&format!("{:<17}{limit:>8}{last:>8}{largest:>9}   {why}\n", rule.word()));
            for (at_s, words) in row.captured.iter().chain(&row.refused) {
                page.push_str(&format!("  {}: {}\n", utc(*at_s), sanitize::line(words)));
            }
        }
        let ago = clock::wall().as_secs().saturating_sub(self.until_s);
        if ago > SILENT_S {
            let ago = figures::seconds(ago as f64);
            page.push_str(&format!("as of {ago} ago: no watch seems to run with {}\n", folder.display()));
        }
        page
    }
}

impl Row {
    fn was_set_off(&self) -> bool {
        self.captured.is_some() || self.refused.is_some()
    }

    fn why(&self, last: Option<f64>) -> &'static str {
        match (self.off, self.limit, last) {
            (true, ..) => "switched off",
            (false, None, _) if !self.was_set_off() => "has not happened",
            (false, None, _) => "was set off",
            (false, Some(_), None) => "not asked yet",
            (false, Some(_), Some(0.0)) => "nothing of it is seen",
            (false, Some(limit), Some(last)) if last < limit => "below its limit",
            (false, Some(_), Some(_)) if !self.was_set_off() => "at its limit, and not captured yet",
            (false, Some(_), Some(_)) => "was set off",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_is_told_with_its_last_value_and_why() {
        let mut rules = Rules::default();
        rules.judged.remove(&Rule::Deadlock);
        let mut account = Account::of(&rules);
        let judged = BTreeMap::from([(Rule::PoolExhausted, 12.0)]);
        account.add(7, &Values { blocked_s: 0.25, starved: 0.0, judged: Some(judged) });
        account.add(7, &Values { blocked_s: 0.1, ..Values::default() });
        account.captured(Rule::PoolExhausted, Path::new("/d/incidents/1"));
        account.refused(Rule::PoolExhausted, "not captured: \u{1b}[2J".to_owned());
        let account = Account::parse(&String::from_utf8(account.text().unwrap()).unwrap()).unwrap();
        let page = account.page(Path::new("/d"));
        let line = |word: &str| {
            page.lines().find(|line| line.starts_with(word)).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(line("loop-blocked"), "loop-blocked 1.0 s 100 ms 250 ms below its limit");
        assert_eq!(line("deadlock"), "deadlock - - - switched off");
        assert_eq!(line("pool-exhausted"), "pool-exhausted 2.0 s 12 s 12 s was set off");
        assert!(line("tasks-stuck").ends_with("nothing of it is seen"), "{page}");
        assert_eq!(line("asked"), "asked - - - has not happened");
        assert!(
            page.contains(": captured in /d/incidents/1\n")
                && page.contains(": not captured: \\x1b[2J\n")
                && !page.contains("as of"),
            "{page}"
        );
        let mut gone = account;
        gone.leave(7);
        gone.until_s -= 100;
        assert!(gone.page(Path::new("/d")).ends_with("as of 1 min 40 s ago: no watch seems to run with /d\n"));
    }
}
