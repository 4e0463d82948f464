//! When an incident is captured without anybody asking: the built-in rules, and what a file changes of them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::super::duration;
use crate::aggregate::NEAR_MISS;
use crate::error::{Error, Result};
use crate::report::{Confidence, Kind, Verdict};
use crate::snapshot::{Census, Known, RequestSample};

/// A step of a loop that lasts so long blocks it.
const BLOCKED: Duration = Duration::from_secs(1);
/// One in which the application is loaded, begins or ends, is given more, as the judges do: large libraries take seconds to import.
const BLOCKED_OUTSIDE_OF_SERVICE: Duration = Duration::from_secs(10);
/// A loop that waits for the GIL in this share of three seconds is starved.
const STARVED: f64 = 0.5;
/// A longer file is no file of rules.
const LONGEST_FILE: u64 = 1 << 20;
/// More paths than that are a mistake.
const MOST_PATHS: usize = 100;

/// Why an incident is captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Rule {
    LoopBlocked,
    LoopStarved,
    Deadlock,
    PoolExhausted,
    OldRequest,
    TasksStuck,
    WorkerReplaced,
    Alert,
    Asked,
}

impl Rule {
    /// Its word, in names of folders too.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::LoopBlocked => "loop-blocked",
            Self::LoopStarved => "loop-starved",
            Self::Deadlock => "deadlock",
            Self::PoolExhausted => "pool-exhausted",
            Self::OldRequest => "old-request",
            Self::TasksStuck => "tasks-stuck",
            Self::WorkerReplaced => "worker-replaced",
            Self::Alert => "alert",
            Self::Asked => "asked",
        }
    }

    /// What an incident is of, in a line: the same again is captured less often.
    pub(super) fn of(self, thing: &str) -> String {
        format!("{}: {thing}", self.word())
    }
}

/// What of the verdicts on the last minute is a rule's business.
const JUDGED: &[(Kind, Rule)] = &[
    (Kind::Deadlock, Rule::Deadlock),
    (Kind::PoolExhausted, Rule::PoolExhausted),
    (Kind::RequestsWaiting, Rule::OldRequest),
    (Kind::SlowRequests, Rule::OldRequest),
    (Kind::TasksStuck, Rule::TasksStuck),
];

/// The rules as they hold. What is not there is switched off.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rules {
    /// How long a step may last, and how long one in which the application is loaded, begins or ends.
    pub(super) blocked: Option<(Duration, Duration)>,
    /// The share of three seconds in which a loop may wait for the GIL.
    pub(super) starved: Option<f64>,
    /// How long what is found by judging the last minute must have lasted.
    pub(super) judged: BTreeMap<Rule, Duration>,
    /// Requests to these paths may last.
    exclude: Vec<PathPattern>,
    pub(super) worker_replaced: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self::from(Words::default())
    }
}

impl Rules {
    /// Reads a file of rules; what it does not name is as it is without one.
    ///
    /// # Errors
    ///
    /// When it cannot be read, and with the line when it says what makes no sense.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = text(path).map_err(|error| unusable(path, &error.to_string()))?;
        Self::parse(&text).map_err(|reason| unusable(path, &reason))
    }

    fn parse(text: &str) -> std::result::Result<Self, String> {
        toml::from_str::<Words>(text).map(Self::from).map_err(|error| error.to_string().trim_end().to_owned())
    }

    /// The rule that the verdicts set off, and the verdict. What is merely possible wakes nobody.
    pub(super) fn set_off<'a>(&self, verdicts: &'a [Verdict], last: Option<&Census>) -> Option<(Rule, &'a Verdict)> {
        let mut found = self.found(verdicts);
        found.find_map(|(rule, verdict)| {
            let lasts = verdict.since_s.unwrap_or_default() >= self.judged.get(&rule)?.as_secs_f64();
            let excluded = rule == Rule::OldRequest && last.is_some_and(|census| self.excludes_all(census));
            (lasts && !excluded).then_some((rule, verdict))
        })
    }

    /// For how long what the rules are about has lasted, seconds.
    pub(super) fn values(&self, verdicts: &[Verdict]) -> BTreeMap<Rule, f64> {
        let mut values = BTreeMap::new();
        for (rule, verdict) in self.found(verdicts) {
            let value: &mut f64 = values.entry(rule).or_default();
            *value = value.max(verdict.since_s.unwrap_or_default());
        }
        values
    }

    fn found<'a>(&self, verdicts: &'a [Verdict]) -> impl Iterator<Item = (Rule, &'a Verdict)> {
        let sure = verdicts.iter().filter(|verdict| verdict.confidence > Confidence::Possible);
        sure.filter_map(|verdict| {
            let row = JUDGED.iter().find(|(kind, _)| *kind == verdict.kind)?;
            Some((row.1, verdict))
        })
    }

    /// Whether all requests in flight, of which there are some, may last.
    fn excludes_all(&self, census: &Census) -> bool {
        let may_last = |request: &RequestSample| {
            let Known::Is(path) = &request.path else { return false };
            self.exclude.iter().any(|pattern| pattern.matches(path))
        };
        !census.requests.is_empty() && census.requests.iter().all(may_last)
    }
}

/// The text of a regular file. Where Kubernetes mounts a ConfigMap, it is behind a link.
fn text(path: &Path) -> io::Result<String> {
    let file = File::open(path)?;
    let data = file.metadata()?;
    if !data.is_file() || data.len() > LONGEST_FILE {
        return Err(io::Error::other("it is no file of text"));
    }
    let mut text = String::new();
    file.take(LONGEST_FILE).read_to_string(&mut text)?;
    Ok(text)
}

fn unusable(path: &Path, reason: &str) -> Error {
    Error::Usage {
        message: format!("the rules in {} cannot be used: {reason}", path.display()),
        hint: Some("what a rule may say is in: hangspy watch --help".to_owned()),
    }
}

/// The file, word by word.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Words {
    loop_blocked: Blocked,
    loop_starved: Starved,
    deadlock: Timed,
    pool_exhausted: Timed,
    old_request: OldRequest,
    tasks_stuck: Timed,
    worker_replaced: Switch,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Blocked {
    off: bool,
    limit: Option<StepLength>,
    limit_outside_of_service: Option<StepLength>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Starved {
    off: bool,
    share: Option<Share>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Timed {
    off: bool,
    limit: Option<Length>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct OldRequest {
    off: bool,
    limit: Option<Length>,
    exclude: PathPatterns,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Switch {
    off: bool,
}

impl From<Words> for Rules {
    fn from(words: Words) -> Self {
        let seconds = Duration::from_secs;
        let step = |length: Option<StepLength>, usual| length.map_or(usual, |length| length.0);
        let lengths = [
            (Rule::Deadlock, words.deadlock.off, words.deadlock.limit, Duration::ZERO),
            (Rule::PoolExhausted, words.pool_exhausted.off, words.pool_exhausted.limit, seconds(2)),
            (Rule::OldRequest, words.old_request.off, words.old_request.limit, seconds(10)),
            (Rule::TasksStuck, words.tasks_stuck.off, words.tasks_stuck.limit, seconds(10)),
        ];
        let held = lengths.into_iter().filter(|(_, off, ..)| !off);
        let blocked = (
            step(words.loop_blocked.limit, BLOCKED),
            step(words.loop_blocked.limit_outside_of_service, BLOCKED_OUTSIDE_OF_SERVICE),
        );
        Self {
            blocked: (!words.loop_blocked.off).then_some(blocked),
            starved: (!words.loop_starved.off).then(|| words.loop_starved.share.map_or(STARVED, |share| share.0)),
            judged: held.map(|(rule, _, limit, usual)| (rule, limit.map_or(usual, |limit| limit.0))).collect(),
            exclude: words.old_request.exclude.0,
            worker_replaced: !words.worker_replaced.off,
        }
    }
}

/// `10s`
struct Length(Duration);

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(words: D) -> std::result::Result<Self, D::Error> {
        duration::parse(&String::deserialize(words)?).map(Self).map_err(D::Error::custom)
    }
}

/// The same, and no less than what is counted.
struct StepLength(Duration);

impl<'de> Deserialize<'de> for StepLength {
    fn deserialize<D: Deserializer<'de>>(words: D) -> std::result::Result<Self, D::Error> {
        let length = Length::deserialize(words)?.0;
        let least = NEAR_MISS.as_millis();
        if length < NEAR_MISS {
            Err(D::Error::custom(format!("steps are seen from {least}ms on")))
        } else {
            Ok(Self(length))
        }
    }
}

/// More than nothing, all at most.
struct Share(f64);

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(words: D) -> std::result::Result<Self, D::Error> {
        let share = f64::deserialize(words)?;
        if share > 0.0 && share <= 1.0 {
            Ok(Self(share))
        } else {
            Err(D::Error::custom("a share is above 0 and at most 1"))
        }
    }
}

#[derive(Default)]
struct PathPatterns(Vec<PathPattern>);

impl<'de> Deserialize<'de> for PathPatterns {
    fn deserialize<D: Deserializer<'de>>(words: D) -> std::result::Result<Self, D::Error> {
        let patterns = Vec::<String>::deserialize(words)?;
        if patterns.len() > MOST_PATHS {
            return Err(D::Error::custom(format!("{MOST_PATHS} paths are the most")));
        }
        match patterns.iter().find(|pattern| !pattern.starts_with(['/', '*'])) {
            Some(wrong) => Err(D::Error::custom(format!("`{wrong}` fits no path: one begins with / or *"))),
            None => Ok(Self(patterns.into_iter().map(PathPattern).collect())),
        }
    }
}

/// A path in which `*` stands for anything.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PathPattern(String);

impl PathPattern {
    fn matches(&self, path: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(mut rest) = parts.next().and_then(|first| path.strip_prefix(first)) else { return false };
        let mut parts = parts.peekable();
        if parts.peek().is_none() {
            return rest.is_empty();
        }
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return rest.ends_with(part);
            }
            match rest.find(part) {
                Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
                None => return false,
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_changes_what_it_names_and_nothing_else() {
        let usual = Rules::default();
        assert_eq!(Rules::parse(""), Ok(usual.clone()));
        let changed = Rules::parse(
            "[loop-blocked]\nlimit = \"200ms\"\n[deadlock]\noff = true\n[old-request]\nexclude = [\"/poll/*\"]\n",
        );
        let changed = changed.unwrap();
        assert_eq!(changed.blocked, Some((Duration::from_millis(200), BLOCKED_OUTSIDE_OF_SERVICE)));
        assert_eq!((changed.starved, changed.judged.get(&Rule::Deadlock)), (usual.starved, None));
        assert_eq!(changed.judged.get(&Rule::OldRequest), Some(&Duration::from_secs(10)));
        assert_eq!(changed.exclude, [PathPattern("/poll/*".to_owned())]);
    }

    #[test]
    fn what_makes_no_sense_is_named_with_its_line() {
        for (text, line, named) in [
            ("\n[loop-blokced]\noff = true", "line 2", "loop-blokced"),
            ("[deadlock]\nlimits = \"1s\"", "line 2", "limits"),
            ("[loop-blocked]\n\nlimit = \"1ms\"", "line 3", "steps are seen from 20ms on"),
            ("[loop-starved]\nshare = 1.5", "line 2", "a share is above 0 and at most 1"),
            ("[tasks-stuck]\nlimit = 10", "line 2", "string"),
            ("[tasks-stuck]\nlimit = \"10 parsecs\"", "line 2", "10 parsecs"),
            ("[old-request]\nexclude = [\"poll\"]", "line 2", "`poll` fits no path"),
            ("[asked]\noff = true", "line 1", "asked"),
            ("off = ", "line 1", ""),
        ] {
            let told = Rules::parse(text).unwrap_err();
            assert!(told.contains(line) && told.contains(named), "{text:?}: {told}");
        }
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, path, expected) in [
            ("/poll", "/poll", true),
            ("/poll", "/poll/1", false),
            ("/poll/*", "/poll/1/2", true),
            ("*/events", "/a/events", true),
            ("*/events", "/a/events/1", false),
            ("/a/*/c*", "/a/b/c", true),
            ("/a/*/c*", "/a/c", false),
            ("*", "/", true),
        ] {
            assert_eq!(PathPattern(pattern.to_owned()).matches(path), expected, "{pattern} {path}");
        }
    }
}
