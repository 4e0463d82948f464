//! Notifications of Alertmanager (webhook, version 4) and of Grafana (version 1), which differ in nothing that is read here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Versions that are known, and whose they are.
const VERSIONS: &[(&str, &str)] = &[("4", "Alertmanager"), ("1", "Grafana")];
/// Alerts of one notification that are looked at; the rest is counted.
const MOST_ALERTS: usize = 256;
/// Labels of one alert that are kept,
const MOST_LABELS: usize = 32;
/// and characters of a text.
const LONGEST_TEXT: usize = 200;
/// The label that says which rule fired.
const NAME: &str = "alertname";

/// An alert that fires, or has ended. Its texts are foreign and bounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// Which rule fired; empty when it does not say.
    pub name: String,
    /// What tells it from others with the same name.
    pub fingerprint: String,
    /// Since when, as it says itself.
    pub starts_at: String,
    /// Until when; `None` while it fires.
    pub ends_at: Option<String>,
    /// What it is about.
    pub labels: BTreeMap<String, String>,
}

impl Alert {
    /// Whether it is the same, told at another time.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        (&self.fingerprint, &self.starts_at) == (&other.fingerprint, &other.starts_at)
    }
}

/// What came at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Whose it is.
    pub sender: &'static str,
    /// The alerts, at most [`MOST_ALERTS`].
    pub alerts: Vec<Alert>,
    /// How many more there were.
    pub left_out: usize,
}

#[derive(Deserialize)]
struct Sent {
    version: String,
    alerts: Vec<SentAlert>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SentAlert {
    status: String,
    starts_at: String,
    #[serde(default)]
    ends_at: String,
    #[serde(default)]
    fingerprint: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

impl Notification {
    /// Reads the body of a request. Fields that are not known are passed over.
    ///
    /// # Errors
    ///
    /// In words, when it is no notification, or one of another version.
    pub fn parse(body: &[u8]) -> Result<Self, String> {
        let sent: Sent = serde_json::from_slice(body).map_err(|error| format!("it is no notification: {error}"))?;
        let known = VERSIONS.iter().find(|(version, _)| *version == sent.version);
        let Some((_, sender)) = known else {
            return Err(format!(
                "version {} is not known here; 4 (Alertmanager) and 1 (Grafana) are",
                cut(sent.version)
            ));
        };
        let left_out = sent.alerts.len().saturating_sub(MOST_ALERTS);
        Ok(Self { sender, alerts: sent.alerts.into_iter().take(MOST_ALERTS).map(Alert::from).collect(), left_out })
    }
}

impl From<SentAlert> for Alert {
    fn from(sent: SentAlert) -> Self {
        // Who sends no fingerprint has told alerts apart by their labels.
        let fingerprint = if sent.fingerprint.is_empty() { of_labels(&sent.labels) } else { cut(sent.fingerprint) };
        let has_ended = sent.status == "resolved";
        Self {
            name: sent.labels.get(NAME).cloned().map(cut).unwrap_or_default(),
            fingerprint,
            starts_at: cut(sent.starts_at),
            ends_at: has_ended.then(|| cut(sent.ends_at)),
            labels: sent.labels.into_iter().take(MOST_LABELS).map(|(name, value)| (cut(name), cut(value))).collect(),
        }
    }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn of_labels(labels: &BTreeMap<String, String>) -> String {
    let hash = Sha256::digest(format!("{labels:?}").as_bytes());
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Alertmanager 0.25 sends it, with what later versions added.
    const ALERTMANAGER: &str = r#"{"receiver":"hangspy","status":"firing","alerts":[
        {"status":"firing","labels":{"alertname":"HealthFails","instance":"http://127.0.0.1/api/health"},
         "annotations":{"summary":"no answer"},"startsAt":"2026-11-28T23:40:00Z","endsAt":"0001-01-01T00:00:00Z",
         "generatorURL":"http://prometheus/graph","fingerprint":"c2b1a0"},
        {"status":"resolved","labels":{"alertname":"Other"},"annotations":{},"startsAt":"2026-11-28T23:30:00Z",
         "endsAt":"2026-11-28T23:41:00Z","generatorURL":"","fingerprint":"d3"}],
        "groupLabels":{},"commonLabels":{},"commonAnnotations":{},"externalURL":"http://alertmanager","version":"4",
        "groupKey":"{}:{}","truncatedAlerts":0,"notification_reason":"first","routeLabels":{}}"#;

    /// As Grafana sends it.
    const GRAFANA: &str = r#"{"receiver":"hangspy","status":"firing","orgId":1,"alerts":[{"status":"firing",
        "labels":{"alertname":"Slow"},"annotations":{},"startsAt":"2026-11-28T23:40:00.1+01:00",
        "endsAt":"0001-01-01T00:00:00Z","values":{"B":22,"C":1},"valueString":"[ ]","generatorURL":"","fingerprint":"f0",
        "silenceURL":"","dashboardURL":"","panelURL":""}],"groupLabels":{},"commonLabels":{},"commonAnnotations":{},
        "externalURL":"","version":"1","groupKey":"{}","truncatedAlerts":0,"title":"","state":"alerting","message":""}"#;

    #[test]
    fn both_are_read() {
        let read = Notification::parse(ALERTMANAGER.as_bytes()).unwrap();
        assert_eq!((read.sender, read.alerts.len(), read.left_out), ("Alertmanager", 2, 0));
        let first = &read.alerts[0];
        assert_eq!((first.name.as_str(), first.fingerprint.as_str()), ("HealthFails", "c2b1a0"));
        assert_eq!((first.starts_at.as_str(), &first.ends_at), ("2026-11-28T23:40:00Z", &None));
        assert_eq!(read.alerts[1].ends_at.as_deref(), Some("2026-11-28T23:41:00Z"));
        let read = Notification::parse(GRAFANA.as_bytes()).unwrap();
        assert_eq!((read.sender, read.alerts[0].name.as_str()), ("Grafana", "Slow"));
    }

    #[test]
    fn what_is_no_notification_is_refused_in_words() {
        let deep = format!("{{\"version\":\"4\",\"alerts\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        let passed_over =
            format!("{{\"version\":\"4\",\"x\":{}{},\"alerts\":[]}}", "[".repeat(10_000), "]".repeat(10_000));
        for (body, words) in [
            ("", "no notification"),
            ("alert!", "no notification"),
            ("[]", "no notification"),
            ("{\"version\":4,\"alerts\":[]}", "no notification"),
            ("{\"version\":\"4\"}", "no notification"),
            ("{\"version\":\"5\",\"alerts\":[]}", "version 5 is not known here"),
            (deep.as_str(), "no notification"),
            (passed_over.as_str(), "no notification"),
        ] {
            let refused = Notification::parse(body.as_bytes()).map(|read| read.alerts.len());
            assert!(
                refused.as_ref().is_err_and(|said| said.contains(words)) || body == passed_over,
                "{body:.40}: {refused:?}"
            );
        }
        assert!(Notification::parse(b"\xff\xfe").is_err());
    }

    #[test]
    fn what_is_too_much_is_cut_and_counted() {
        let labels: Vec<String> = (0..100).map(|index| format!("\"{index}\":\"{}\"", "\u{e9}".repeat(300))).collect();
        let one = format!("{{\"status\":\"firing\",\"startsAt\":\"\",\"labels\":{{{}}}}}", labels.join(","));
        let many = vec![one.as_str(); MOST_ALERTS + 5].join(",");
        let read = Notification::parse(format!("{{\"version\":\"4\",\"alerts\":[{many}]}}").as_bytes()).unwrap();
        assert_eq!((read.alerts.len(), read.left_out), (MOST_ALERTS, 5));
        let first = &read.alerts[0];
        assert_eq!((first.labels.len(), first.fingerprint.len()), (MOST_LABELS, 16));
        assert!(first.labels.values().all(|value| value.chars().count() == LONGEST_TEXT + 3));
    }
}
