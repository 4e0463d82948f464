//! One cell of the matrix: an application is started and made sick, hangspy looks at it, the judge compares.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hangspy::aggregate::Kind;
use hangspy::report::Report;

use super::environments::Environment;
use super::halt::Moment;
use super::judge::{Case, Request, judge, manners};
use super::launch::Running;
use super::load::Clients;
use super::plan::Cell;
use super::servers::Server;
use super::truth::Truth;
use super::watch::{StateWatch, awake_s, look};
use super::witness::Witness;

/// How long hangspy looks: its default.
const WINDOW: Duration = Duration::from_secs(3);

/// What a look leaves behind for the judge.
struct Evidence {
    pid: u32,
    request: Option<Request>,
    arguments: Vec<String>,
    run: super::judge::Run,
}

/// Runs a cell; the share of a core that hangspy took. The error is a text for people: what was expected and said, where the files
/// are, how to do it again.
pub(crate) fn run(cell: &Cell, environment: &Environment) -> Result<f64, String> {
    let folder = folder(cell)?;
    let outcome = observe(cell, environment, &folder).and_then(|evidence| {
        let complaints = complaints(cell, environment, &evidence, &folder)?;
        if complaints.is_empty() {
            Ok(evidence.run.cpu_share())
        } else {
            Err(format!("{}\n  looked with: hangspy {}", complaints.join("\n"), evidence.arguments.join(" ")))
        }
    });
    outcome.map_err(|text| {
        let mut words = format!("{cell}: {}\n", cell.app.truth.why);
        for line in text.lines() {
            let _infallible = writeln!(words, "  {line}");
        }
        let shown = folder.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(&folder).display().to_string();
        let _infallible = write!(
            words,
            "  files:  {shown}/ (report.json, witness.jsonl, server.log, stderr.txt)\n  again:  HANGSPY_MATRIX={cell} cargo test --test matrix"
        );
        words
    })
}

/// An empty folder for the files of a cell.
fn folder(cell: &Cell) -> Result<PathBuf, String> {
    let name = cell.to_string().replace('/', "-");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/matrix").join(name);
    let problem = |error: std::io::Error| format!("{}: {error}", folder.display());
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(problem)?;
    }
    fs::create_dir_all(&folder).map_err(problem)?;
    Ok(folder)
}

/// Brings the situation about and looks at it. The application is gone afterwards, also when this fails.
fn observe(cell: &Cell, environment: &Environment, folder: &Path) -> Result<Evidence, String> {
    let truth = &cell.app.truth;
    let mut running = Running::start(cell, &environment.python, folder)?;
    let (port, request) = bring_about(&mut running, cell, truth)?;
    std::thread::sleep(Duration::from_secs(truth.age_s.unwrap_or(0)));
    let pid = running.pid();
    let window = truth.window_s.map_or(WINDOW, Duration::from_secs);
    let arguments = ["diagnose", &pid.to_string(), "--for", &format!("{}s", window.as_secs()), "--json"]
        .map(str::to_owned)
        .to_vec();
    let _clients = truth.load.as_ref().zip(port).map(|(load, port)| Clients::start(load, port));
    let watch = StateWatch::start(pid);
    let halt = truth.halt.map(|halt| running.brake(halt.by).apply(halt)).transpose()?.flatten();
    let before = running.throttling();
    let looked = look(&arguments, window, folder);
    let throttled = before.zip(running.throttling()).map(|(before, after)| share_between(before, after));
    let stopped = watch.finish();
    halt.map_or(Ok(()), Moment::finish)?;
    let request = request.map(|request| since_then(request, &awake_s(pid)));
    let mut run = looked?;
    run.throttled = throttled;
    if truth.halt.is_none() {
        run.stopped = stopped;
    }
    Ok(Evidence { pid, request, arguments, run })
}

/// Share of the periods between two counts of periods and of throttled ones.
fn share_between(before: (u64, u64), after: (u64, u64)) -> f64 {
    let (periods, throttled) = (after.0.saturating_sub(before.0), after.1.saturating_sub(before.1));
    throttled as f64 / periods.max(1) as f64
}

/// The request, with the times since the threads began made into times since it was sent.
fn since_then(mut request: Request, now: &BTreeMap<u32, f64>) -> Request {
    request.awake_s.retain(|member, _| now.contains_key(member));
    for (member, awake) in &mut request.awake_s {
        *awake = now.get(member).map_or(0.0, |now| now - *awake);
    }
    request
}

/// Waits until the application is in the state that its truth is about. Returns the port, where it has one by then, and the
/// request that did it, where one did.
fn bring_about(running: &mut Running, cell: &Cell, truth: &Truth) -> Result<(Option<u16>, Option<Request>), String> {
    if matches!(truth.kind, Kind::StartupStuck | Kind::Starting) {
        running.handshake(if truth.healthy { "running" } else { "blocked" })?;
        return Ok((None, None));
    }
    let port = running.serving(cell.launch)?;
    for path in &truth.before {
        running.answered(port, path)?;
    }
    let Some(trigger) = &truth.trigger else {
        return Ok((Some(port), None));
    };
    let mut request = None;
    if trigger.starts_with('/') {
        running.warm_up(port)?;
        request = Some(Request { sent_at: hangspy::os::clock::now().seconds(), awake_s: awake_s(running.pid()) });
        for _ in 0..truth.times.unwrap_or(1) {
            running.request(port, trigger, truth.body.as_deref())?;
        }
    }
    running.handshake(if truth.healthy { "running" } else { "blocked" })?;
    Ok((Some(port), request))
}

fn complaints(
    cell: &Cell,
    environment: &Environment,
    evidence: &Evidence,
    folder: &Path,
) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(folder.join("report.json")).map_err(|error| error.to_string())?;
    let report: Report = match serde_json::from_str(&text) {
        Ok(report) => report,
        Err(error) => {
            let mut complaints = manners(&evidence.run, 1);
            complaints.push(format!("report: expected one JSON object of the contract, but {error}"));
            complaints.push(format!("stderr: {}", evidence.run.stderr.trim()));
            return Ok(complaints);
        }
    };
    let log = fs::read_to_string(folder.join("witness.jsonl")).unwrap_or_default();
    let witness = Witness::parse(&log)?;
    Ok(judge(&Case {
        truth: &cell.app.truth,
        witness: &witness,
        report: &report,
        run: &evidence.run,
        pid: evidence.pid,
        request: evidence.request.as_ref(),
        loop_kind: Some(cell.event_loop.word()).filter(|_| !Server::of(cell.launch).loops.is_empty()),
        version: &environment.version,
    }))
}
