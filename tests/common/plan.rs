//! Which application runs on which interpreter and loop: a full cross for some, one place each for the rest, spread over all.

use std::collections::BTreeSet;
use std::fmt;

use super::cgroup;
use super::environments::{Environment, Environments};
use super::servers::Server;
use super::truth::{App, Cross, Launch};

/// Labels of environments in the order of the table's columns.
pub(crate) const LABELS: [&str; 9] = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15", "debian"];
/// How far apart the places of two neighbouring applications are; it has no divisor in common with the number of places,
/// so that as many applications as there are places visit all of them.
const STRIDE: usize = 5;
/// Where everybody's servers and libraries are installed.
const HOME: &str = "3.11";
/// Where those of the fully crossed applications that fall sick in one worker alone also run under a master with workers.
const WORKERS_ON: [(&str, Loop); 3] = [("3.9", Loop::Uvloop), ("3.12", Loop::Asyncio), ("3.15", Loop::Uvloop)];
/// Where they also run under gunicorn.
const GUNICORN_ON: [(&str, Loop); 3] = [("3.8", Loop::Asyncio), ("3.11", Loop::Uvloop), ("3.14", Loop::Asyncio)];

/// Which event loop an application is started with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Loop {
    /// The standard library's.
    Asyncio,
    /// uvloop.
    Uvloop,
}

impl Loop {
    /// Both.
    pub(crate) const BOTH: [Self; 2] = [Self::Asyncio, Self::Uvloop];

    /// The word that uvicorn, the report and the names of cells use.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Asyncio => "asyncio",
            Self::Uvloop => "uvloop",
        }
    }
}

/// One application in one place.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    /// The application.
    pub(crate) app: App,
    /// How it is served; differs from the truth's where a fully crossed application also runs under a master.
    pub(crate) launch: Launch,
    /// The environment's label.
    pub(crate) label: String,
    /// The loop.
    pub(crate) event_loop: Loop,
    /// The environment, or why it cannot run there.
    pub(crate) place: Result<Environment, String>,
}

impl Cell {
    /// The row it belongs to: the application, with the master it was put under.
    pub(crate) fn row(&self) -> String {
        match self.launch {
            launch if launch == self.app.truth.launch => self.app.name.clone(),
            Launch::Uvicorn => format!("{}+uvicorn", self.app.name),
            Launch::Workers => format!("{}+workers", self.app.name),
            Launch::Gunicorn => format!("{}+gunicorn", self.app.name),
            other => unreachable!("{}: nobody is put under {other:?}", self.app.name),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}@{}/{}", self.row(), self.label, self.event_loop.word())
    }
}

/// All cells, in the order of rows and columns. `wish` is the value of `HANGSPY_MATRIX`: `ROW[@LABEL[/LOOP]]`, comma separated.
pub(crate) fn plan(apps: &[App], found: &Environments, wish: Option<&str>) -> Result<Vec<Cell>, String> {
    let mut cells = Vec::new();
    let crossed = apps.iter().filter(|app| matches!(app.truth.cross, Cross::Full | Cross::Masters));
    for (turn, app) in crossed.enumerate() {
        match app.truth.cross {
            Cross::Full => {
                let everywhere = LABELS.iter().flat_map(|label| Loop::BOTH.map(|event_loop| (*label, event_loop)));
                cells.extend(
                    everywhere.map(|(label, event_loop)| cell(app, app.truth.launch, label, event_loop, found)),
                );
            }
            _ => cells.extend(each_version(app, turn, found)),
        }
        if alone(app) {
            cells.extend(WORKERS_ON.map(|(label, event_loop)| cell(app, Launch::Workers, label, event_loop, found)));
            cells.extend(GUNICORN_ON.map(|(label, event_loop)| cell(app, Launch::Gunicorn, label, event_loop, found)));
        }
    }
    for (index, app) in apps.iter().filter(|app| app.truth.cross == Cross::One).enumerate() {
        cells.push(one_place(app, index, found));
    }
    for (index, app) in apps.iter().filter(|app| app.truth.cross == Cross::Home).enumerate() {
        cells.push(in_turn(app, HOME, index, found));
    }
    for app in apps.iter().filter(|app| app.truth.cross == Cross::Versions) {
        cells.extend(each_version(app, 0, found));
    }
    match wish {
        None => Ok(cells),
        Some(wish) => wish
            .split(',')
            .map(|part| chosen(part.trim(), apps, &cells, found))
            .collect::<Result<Vec<_>, _>>()
            .map(|cells| cells.concat().into_iter().map(wanted).collect()),
    }
}

/// Whether of several workers only the one falls sick that gets the request: what a truth says is true of one process.
fn alone(app: &App) -> bool {
    let by_request = app.truth.trigger.as_deref().is_some_and(|trigger| trigger != "startup");
    app.truth.launch == Launch::Uvicorn && (app.truth.healthy || by_request)
}

/// Who names a cell wants to see what is wrong with it, also where that is open.
fn wanted(mut cell: Cell) -> Cell {
    cell.app.truth.open = None;
    cell
}

/// Every version once; `turn` says which loop the first one has.
fn each_version(app: &App, turn: usize, found: &Environments) -> Vec<Cell> {
    LABELS.iter().enumerate().map(|(index, label)| in_turn(app, label, turn + index, found)).collect()
}

/// A place with the loop whose turn it is, or the only one that it is about.
fn in_turn(app: &App, label: &str, index: usize, found: &Environments) -> Cell {
    let loops = Server::of(app.truth.launch).loops;
    let of_turn = if loops.is_empty() { Loop::Asyncio } else { loops[index % loops.len()] };
    let only = Loop::BOTH.into_iter().find(|one| app.truth.event_loop.as_deref() == Some(one.word()));
    cell(app, app.truth.launch, label, only.unwrap_or(of_turn), found)
}

/// The place of the `index`th application that runs once: where its turn is, or the next one where it can run.
fn one_place(app: &App, index: usize, found: &Environments) -> Cell {
    let places: Vec<(&str, Loop)> = LABELS
        .iter()
        .filter(|label| **label != "debian")
        .flat_map(|label| Loop::BOTH.map(|event_loop| (*label, event_loop)))
        .collect();
    let turns = (0..places.len()).map(|step| places[(index * STRIDE + step) % places.len()]);
    let mut candidates =
        turns.map(|(label, event_loop)| cell(app, app.truth.launch, label, event_loop, found)).peekable();
    let first = candidates.peek().cloned();
    let possible = candidates.find(|candidate| candidate.place.is_ok());
    match (possible, first) {
        (Some(cell), _) | (None, Some(cell)) => cell,
        (None, None) => unreachable!("there are places"),
    }
}

fn cell(app: &App, launch: Launch, label: &str, event_loop: Loop, found: &Environments) -> Cell {
    let place = match app.truth.event_loop.as_deref() {
        Some(only) if only != event_loop.word() => Err(format!("only on {only}")),
        // The column of those without a loop is the first one.
        _ if !Server::of(launch).loops.contains(&event_loop) && event_loop != Loop::Asyncio => {
            Err(format!("{launch:?} has no {}", event_loop.word()))
        }
        _ => place(app, launch, label, found),
    };
    Cell { app: app.clone(), launch, label: label.to_owned(), event_loop, place }
}

/// The environment that an application can run in, or what it lacks there.
fn place(app: &App, launch: Launch, label: &str, found: &Environments) -> Result<Environment, String> {
    if let Some(reason) = found.absent.get(label) {
        return Err(reason.clone());
    }
    let environment = found
        .environments
        .iter()
        .find(|environment| environment.label == label)
        .ok_or_else(|| format!("scripts/environments says nothing about {label}"))?;
    let minor = environment.version.rsplit_once('.').map_or(environment.version.as_str(), |(minor, _)| minor);
    if let Some(reason) = app.truth.not_on.get(minor) {
        return Err(reason.clone());
    }
    if app.truth.needs_root && !nix::unistd::geteuid().is_root() {
        return Err("needs root".to_owned());
    }
    if let Some(file) = app.truth.needs_files.iter().find(|file| !file.exists()) {
        return Err(format!("there is no {} here", file.display()));
    }
    if let Some(reason) = cgroup::missing(app.truth.limits.as_ref(), app.truth.halt.as_ref()) {
        return Err(reason);
    }
    let server = Server::of(launch).packages.iter().copied();
    let needed: BTreeSet<&str> = app.truth.packages.iter().map(String::as_str).chain(server).collect();
    for package in needed {
        if let Some(reason) = environment.missing.get(package) {
            return Err(format!("{package}: {reason}"));
        }
        if !environment.packages.contains_key(package) {
            return Err(format!("{package} is in no environment; add it to scripts/environments"));
        }
    }
    Ok(environment.clone())
}

/// The cells that one wish means: those planned, and also one that is not planned when it is named with its place.
fn chosen(wish: &str, apps: &[App], planned: &[Cell], found: &Environments) -> Result<Vec<Cell>, String> {
    let (row, place) = wish.split_once('@').map_or((wish, None), |(row, place)| (row, Some(place)));
    let (name, launch) = match row.split_once('+') {
        Some((name, "workers")) => (name, Some(Launch::Workers)),
        Some((name, "gunicorn")) => (name, Some(Launch::Gunicorn)),
        Some((name, "uvicorn")) => (name, Some(Launch::Uvicorn)),
        Some((_, other)) => return Err(format!("HANGSPY_MATRIX: {other:?} is none of uvicorn, workers, gunicorn")),
        None => (row, None),
    };
    let app = apps
        .iter()
        .find(|app| app.name == name)
        .ok_or_else(|| format!("HANGSPY_MATRIX: there is no fixtures/apps/{name}"))?;
    let Some(place) = place else {
        return Ok(planned.iter().filter(|cell| cell.row() == row).cloned().collect());
    };
    let (label, word) = place.split_once('/').map_or((place, None), |(label, word)| (label, Some(word)));
    if !LABELS.contains(&label) {
        return Err(format!("HANGSPY_MATRIX: {label:?} is none of {}", LABELS.join(", ")));
    }
    let loops: Vec<Loop> =
        Loop::BOTH.into_iter().filter(|event_loop| word.is_none_or(|word| word == event_loop.word())).collect();
    if loops.is_empty() {
        return Err(format!("HANGSPY_MATRIX: the loop of {wish:?} is neither asyncio nor uvloop"));
    }
    let launch = launch.unwrap_or(app.truth.launch);
    Ok(loops.into_iter().map(|event_loop| cell(app, launch, label, event_loop, found)).collect())
}
