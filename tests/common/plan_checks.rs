//! Checks of the matrix's own plan, on a machine and applications made up for them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use libtest_mimic::{Failed, Trial};

use super::environments::{Environment, Environments};
use super::plan::{Cell, LABELS, plan};
use super::table::{Outcome, table};
use super::truth::{App, Launch};

/// All of them, as trials beside the cells.
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("plan: a full cross visits every place", full_cross),
        Trial::test("plan: with the loops in turns every version has one, and neighbours the other", in_turns),
        Trial::test("plan: single runs are spread over every version and loop", spread),
        Trial::test("plan: a single run moves on to where it can run", moves_on),
        Trial::test("plan: at home is one place, each version another", home),
        Trial::test("plan: what is open is not, once it is wished for", open),
        Trial::test("plan: a wish chooses cells, also unplanned ones, and a wrong one is refused", wishes),
        Trial::test("table: rows, columns, reasons and counts", shown),
    ]
}

fn machine() -> Environments {
    let environment = |label: &&str| Environment {
        label: (*label).to_owned(),
        version: if *label == "debian" { "3.11.2".to_owned() } else { format!("{label}.1") },
        python: PathBuf::from("python"),
        packages: BTreeMap::new(),
        missing: BTreeMap::from([("confluent-kafka".to_owned(), "no wheel".to_owned())]),
    };
    let found = LABELS.iter().filter(|label| **label != "3.14").map(environment).collect();
    Environments { environments: found, absent: BTreeMap::from([("3.14".to_owned(), "not installed".to_owned())]) }
}

fn app(name: &str, cross: &str) -> Result<App, Failed> {
    let truth = serde_json::json!({"why": "made up", "healthy": true, "kind": "healthy", "function": null, "file": null,
        "coroutine": null, "peer": null, "trigger": null, "load": null, "cross": cross});
    Ok(App { name: name.to_owned(), folder: PathBuf::new(), truth: serde_json::from_value(truth)? })
}

fn expect(holds: bool, sentence: &str, cells: &[Cell]) -> Result<(), Failed> {
    let names: Vec<String> = cells.iter().map(Cell::to_string).collect();
    if holds { Ok(()) } else { Err(format!("expected: {sentence}; planned are {}", names.join(", ")).into()) }
}

fn full_cross() -> Result<(), Failed> {
    let cells = plan(&[app("idle", "full")?], &machine(), None)?;
    let own: Vec<Cell> = cells.iter().filter(|cell| cell.row() == "idle").cloned().collect();
    expect(own.len() == LABELS.len() * 2, "a cell for every label and loop", &own)?;
    let skipped: Vec<Cell> = own.into_iter().filter(|cell| cell.place.is_err()).collect();
    expect(skipped.len() == 2 && skipped.iter().all(|cell| cell.label == "3.14"), "only 3.14 skipped", &skipped)?;
    let under_master = |row: &str| cells.iter().filter(|cell| cell.row() == row).count();
    expect(under_master("idle+workers") == 3 && under_master("idle+gunicorn") == 3, "three of each master", &cells)?;
    let unserved = cells.iter().filter(|cell| cell.row() == "idle+gunicorn" && cell.place.is_ok()).count();
    expect(unserved == 0, "no gunicorn where the package is missing", &cells)?;
    let mut by_itself = app("sick", "full")?;
    by_itself.truth.healthy = false;
    by_itself.truth.trigger = Some("startup".to_owned());
    let cells = plan(&[by_itself], &machine(), None)?;
    expect(cells.len() == LABELS.len() * 2, "no master where every worker falls sick by itself", &cells)
}

fn in_turns() -> Result<(), Failed> {
    let cells = plan(&[app("idle", "masters")?, app("calm", "masters")?], &machine(), None)?;
    let of = |row: &str| -> BTreeSet<_> {
        cells.iter().filter(|cell| cell.row() == row).map(|cell| (cell.label.clone(), cell.event_loop)).collect()
    };
    let both =
        of("idle").len() == LABELS.len() && of("calm").len() == LABELS.len() && of("idle").is_disjoint(&of("calm"));
    expect(both, "each version once, on another loop than the neighbour", &cells)?;
    expect(of("calm+gunicorn").len() == 3, "under masters too", &cells)
}

fn spread() -> Result<(), Failed> {
    let everywhere = Environments { absent: BTreeMap::new(), ..machine() };
    let mut environments = everywhere.environments.clone();
    environments.push(Environment {
        label: "3.14".to_owned(),
        version: "3.14.1".to_owned(),
        ..environments[0].clone()
    });
    let everywhere = Environments { environments, ..everywhere };
    let apps: Vec<App> = (0..16).map(|number| app(&format!("app{number:02}"), "one")).collect::<Result<_, _>>()?;
    let cells = plan(&apps, &everywhere, None)?;
    let places: BTreeSet<_> = cells.iter().map(|cell| (cell.label.clone(), cell.event_loop)).collect();
    expect(cells.len() == 16 && places.len() == 16, "sixteen applications in sixteen places", &cells)
}

fn moves_on() -> Result<(), Failed> {
    let mut first = app("app", "one")?;
    for label in ["3.8", "3.9", "3.10"] {
        first.truth.not_on.insert(label.to_owned(), "made up".to_owned());
    }
    let cells = plan(std::slice::from_ref(&first), &machine(), None)?;
    expect(cells.len() == 1 && cells[0].label == "3.11" && cells[0].place.is_ok(), "the next possible place", &cells)?;
    first.truth.event_loop = Some("uvloop".to_owned());
    let cells = plan(std::slice::from_ref(&first), &machine(), None)?;
    expect(cells.len() == 1 && cells[0].event_loop.word() == "uvloop" && cells[0].place.is_ok(), "its loop", &cells)?;
    first.truth.event_loop = None;
    first.truth.packages.push("confluent-kafka".to_owned());
    let cells = plan(&[first], &machine(), None)?;
    let reason = cells.first().and_then(|cell| cell.place.as_ref().err()).cloned().unwrap_or_default();
    expect(cells.len() == 1 && reason == "made up", "one skipped cell with the reason of its first place", &cells)
}

fn home() -> Result<(), Failed> {
    let at_home = [app("first", "home")?, app("second", "home")?];
    let cells = plan(&at_home, &machine(), None)?;
    let names: Vec<String> = cells.iter().map(Cell::to_string).collect();
    expect(names == ["first@3.11/asyncio", "second@3.11/uvloop"], "one place, the loops in turns", &cells)?;
    let mut without_loop = app("script", "home")?;
    without_loop.truth.launch = Launch::Script;
    let cells = plan(&[app("first", "home")?, without_loop.clone()], &machine(), None)?;
    expect(cells[1].to_string() == "script@3.11/asyncio", "the first column where there is no loop", &cells)?;
    let cells = plan(&[without_loop], &machine(), Some("script@3.11/uvloop"))?;
    expect(cells.len() == 1 && cells[0].place.is_err(), "no uvloop where there is no loop", &cells)?;
    let cells = plan(&[app("everywhere", "versions")?], &machine(), None)?;
    let labels: BTreeSet<&str> = cells.iter().map(|cell| cell.label.as_str()).collect();
    expect(cells.len() == LABELS.len() && labels.len() == LABELS.len(), "every version once", &cells)
}

fn open() -> Result<(), Failed> {
    let mut app = app("app", "home")?;
    app.truth.open = Some("not told yet".to_owned());
    let cells = plan(std::slice::from_ref(&app), &machine(), None)?;
    expect(cells.len() == 1 && cells[0].app.truth.open.is_some(), "open in the plan", &cells)?;
    let cells = plan(&[app], &machine(), Some("app"))?;
    expect(cells.len() == 1 && cells[0].app.truth.open.is_none(), "judged like any other when it is named", &cells)
}

fn wishes() -> Result<(), Failed> {
    let apps = [app("idle", "full")?, app("once", "one")?];
    let chosen = |wish: &str| plan(&apps, &machine(), Some(wish));
    let cells = chosen("once@3.12/uvloop, idle@debian, idle+gunicorn@3.9/asyncio")?;
    let names: Vec<String> = cells.iter().map(Cell::to_string).collect();
    let expected = ["once@3.12/uvloop", "idle@debian/asyncio", "idle@debian/uvloop", "idle+gunicorn@3.9/asyncio"];
    expect(names == expected, &expected.join(", "), &cells)?;
    let planned = chosen("once")?;
    expect(planned.len() == 1, "the planned cell", &planned)?;
    for wrong in ["nothing", "idle@3.7", "idle@3.12/trio", "idle+granian"] {
        if let Ok(cells) = chosen(wrong) {
            expect(false, &format!("{wrong} is refused"), &cells)?;
        }
    }
    Ok(())
}

fn shown() -> Result<(), Failed> {
    let cells = plan(&[app("idle", "full")?], &machine(), Some("idle@3.8,idle@3.14/uvloop"))?;
    let outcomes = [Outcome::Right, Outcome::Wrong, Outcome::Skipped("not installed".to_owned())];
    let results: Vec<(Cell, Outcome)> = cells.into_iter().zip(outcomes).collect();
    let text = table(&results);
    let row = text.lines().find(|line| line.starts_with("idle")).unwrap_or_default();
    let words: Vec<&str> = row.split_whitespace().collect();
    let right = words.len() == 19 && words[1] == "ok" && words[2] == "FAIL" && words[14] == "skip" && words[18] == ".";
    let told = text.contains("skipped, not installed: idle@3.14/uvloop")
        && text.ends_with("matrix: 1 passed, 1 failed, 1 skipped\n");
    if right && told { Ok(()) } else { Err(format!("the table is wrong:\n{text}").into()) }
}
