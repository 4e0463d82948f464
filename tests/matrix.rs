//! The matrix: real sick and healthy applications on every CPython found here, on asyncio and uvloop, each looked at by the
//! `hangspy` binary and judged by its declared truth and by its own log.
//!
//! `HANGSPY_MATRIX` narrows it: `ROW[@VERSION[/LOOP]]`, comma separated, such as `sleep_on_loop@3.12/uvloop`. The usual
//! arguments of a test binary work too. Files of every cell stay in `target/matrix/`. With `HANGSPY_CROSS=full`, what
//! is crossed runs on both loops of every version instead of one in turn, and what else runs in one place because its libraries
//! are only there runs in every place: they are installed everywhere then.

mod common {
    pub(crate) mod cgroup;
    pub(crate) mod cores;
    pub(crate) mod environments;
    pub(crate) mod episodes;
    pub(crate) mod groups;
    pub(crate) mod halt;
    pub(crate) mod judge;
    pub(crate) mod launch;
    pub(crate) mod load;
    pub(crate) mod plan;
    pub(crate) mod plan_checks;
    pub(crate) mod scenario;
    pub(crate) mod servers;
    pub(crate) mod table;
    pub(crate) mod truth;
    pub(crate) mod watch;
    pub(crate) mod witness;
}

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use common::cores::Cores;
use common::plan::{Cell, plan};
use common::table::{Outcome, table};
use common::truth::Cross;

type Results = Arc<Mutex<Vec<(Cell, Outcome)>>>;
/// Shares of a core that looks at uncrowded applications took.
type Shares = Arc<Mutex<Vec<f64>>>;

/// Half of the looks have to take less than this share of a core. One look alone says little: what a busy machine does to it is
/// counted as its own. It is 3 to 4 %, and 5.5 % were seen on a machine that others slowed down to less than half of its speed.
const USUAL_CPU_SHARE: f64 = 0.08;
/// So many looks say what is usual.
const ENOUGH_LOOKS: usize = 50;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let prepared = common::groups::end_with_us().map_err(|error| error.to_string()).and_then(|()| cells());
    let cells = match prepared {
        Ok(cells) => cells,
        Err(reason) => {
            let _nowhere_to_say = writeln!(std::io::stderr(), "error: {reason}");
            return ExitCode::FAILURE;
        }
    };
    let cores = Arc::new(Cores::of_this_machine());
    arguments.test_threads.get_or_insert(cores.most());
    let (results, shares) = (Results::default(), Shares::default());
    let mut trials: Vec<Trial> = cells
        .into_iter()
        .map(|cell| trial(cell, Arc::clone(&cores), Arc::clone(&results), Arc::clone(&shares)))
        .collect();
    trials.extend(common::plan_checks::trials());
    let conclusion = libtest_mimic::run(&arguments, trials);
    let results = results.lock().unwrap_or_else(PoisonError::into_inner);
    if !results.is_empty() {
        let shown = table(&results);
        let _nowhere_to_say = std::io::stdout().write_all(shown.as_bytes());
        // Once more as a file, so that a script can show it below everything else.
        let _shown_already =
            std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("target/matrix/table.txt"), shown);
    }
    match too_costly(&mut shares.lock().unwrap_or_else(PoisonError::into_inner)) {
        Some(words) => {
            let _nowhere_to_say = writeln!(std::io::stderr(), "error: {words}");
            ExitCode::FAILURE
        }
        None => conclusion.exit_code(),
    }
}

/// That looking usually costs too much, in words. A build without optimization costs what it likes.
fn too_costly(shares: &mut [f64]) -> Option<String> {
    if shares.len() < ENOUGH_LOOKS || std::env::var_os("HANGSPY_BINARY").is_none() {
        return None;
    }
    shares.sort_by(f64::total_cmp);
    let usual = *shares.get(shares.len() / 2)?;
    let words = format!(
        "cost: half of {} looks took more than {:.1} % of a core; expected less than {:.0} % (scripts/bench measures more closely)",
        shares.len(),
        usual * 100.0,
        USUAL_CPU_SHARE * 100.0
    );
    (usual >= USUAL_CPU_SHARE).then_some(words)
}

fn cells() -> Result<Vec<Cell>, String> {
    let mut apps = common::truth::apps(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/apps"))?;
    let everything = std::env::var("HANGSPY_CROSS").is_ok_and(|cross| cross == "full");
    for app in &mut apps {
        app.truth.cross = match app.truth.cross {
            Cross::Home if everything => Cross::Full,
            Cross::Full if !everything => Cross::Masters,
            other => other,
        };
    }
    let wish = std::env::var("HANGSPY_MATRIX").ok();
    plan(&apps, &common::environments::all(), wish.as_deref())
}

/// What was not told rightly fails, unless the application says that this is open.
fn wrong(cell: &Cell, text: String) -> (Outcome, Result<Completion, Failed>) {
    match cell.app.truth.open.as_ref().map(|why| format!("open: {why}")) {
        Some(reason) => (Outcome::Skipped(reason.clone()), Ok(Completion::ignored_with(reason))),
        None => (Outcome::Wrong, Err(Failed::from(text))),
    }
}

fn trial(cell: Cell, cores: Arc<Cores>, results: Results, shares: Shares) -> Trial {
    Trial::ignorable_test(cell.to_string(), move || {
        let (outcome, verdict) = match &cell.place {
            Err(reason) => (Outcome::Skipped(reason.clone()), Ok(Completion::ignored_with(reason))),
            Ok(environment) => {
                let _places = cores.take(&cell.app.truth);
                match common::scenario::run(&cell, environment) {
                    Ok(share) => {
                        if !cell.app.truth.crowded {
                            shares.lock().unwrap_or_else(PoisonError::into_inner).push(share);
                        }
                        (Outcome::Right, Ok(Completion::Completed))
                    }
                    Err(text) => wrong(&cell, text),
                }
            }
        };
        results.lock().unwrap_or_else(PoisonError::into_inner).push((cell, outcome));
        verdict
    })
}
