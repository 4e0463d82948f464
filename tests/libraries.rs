//! What a row says of a library is true of the library itself: of the oldest version that matters and of the newest, or of the one
//! that its range says.
//!
//! `scripts/environments oldest newest` installs both.
#![expect(clippy::expect_used, reason = "what is not there is said")]

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use hangspy::libraries::{
    self, Asks, AtPool, Class, Count, GivenBack, Holds, Lead, Library, Pool, Role, Step, Term, Versions,
};
use serde_json::{Value, json};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What the rows of one library promise.
#[derive(Default)]
struct Promises {
    /// File and name of functions.
    functions: BTreeSet<(&'static str, &'static str)>,
    /// Module and name of classes.
    classes: BTreeSet<(&'static str, &'static str)>,
    /// Attributes and variables, each of something in the package.
    names: BTreeSet<&'static str>,
}

impl Promises {
    fn of(library: &Library) -> Self {
        let mut promises = Self::default();
        for row in library.functions.iter().filter(|row| !row.file.starts_with('<')) {
            promises.functions.extend(row.names.iter().map(|name| (row.file, *name)));
            match row.at_pool {
                Some(AtPool::Asks(asks)) => promises.asks(asks),
                Some(AtPool::Parks(pool)) => promises.pool(pool),
                Some(AtPool::Limits | AtPool::Carries) | None => {}
            }
        }
        for holder in library.holders {
            promises.class(holder.class);
            match &holder.has {
                Holds::Place { pool, over, to_pool, job, given_back } => {
                    promises.pool(pool);
                    promises.steps(over);
                    promises.names.extend(to_pool.iter().chain(*job));
                    let (GivenBack::Unset(name) | GivenBack::Flag(name)) = given_back;
                    promises.names.insert(name);
                }
                Holds::Another(steps) => promises.steps(steps),
                Holds::Values(name) => drop(promises.names.insert(name)),
            }
        }
        promises
    }

    fn class(&mut self, class: Class) {
        self.classes.insert((class.module, class.name));
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::To(name) => drop(self.names.insert(name)),
                Step::Keys => {}
                Step::Until(name, through) => self.names.extend(through.iter().chain([name])),
            }
        }
    }

    fn asks(&mut self, asks: &Asks) {
        self.pool(asks.pool);
        self.names.extend(asks.job);
        match asks.from {
            Lead::This => {}
            Lead::Local(name, way) => self.names.extend(way.iter().chain([&name])),
            Lead::Method(name, ways) => self.names.extend(ways.iter().copied().flatten().chain([&name])),
        }
    }

    fn pool(&mut self, pool: &Pool) {
        self.class(pool.class);
        for count in [pool.size, pool.in_use, pool.waiting] {
            self.count(count);
        }
    }

    fn count(&mut self, count: Count) {
        match count {
            Count::Seen => {}
            Count::First(counts) | Count::Least(counts) => counts.iter().for_each(|count| self.count(*count)),
            Count::Sum(plus, minus) => {
                for term in plus.iter().chain(minus) {
                    match term {
                        Term::Number(way) | Term::Limit(way, _) | Term::Room(way) | Term::Lengths(way) => {
                            self.names.extend(*way)
                        }
                        Term::LimitOfEach(way, _, each) => self.names.extend(way.iter().chain(*each)),
                        Term::Length(ways) => self.names.extend(ways.iter().copied().flatten()),
                        Term::With(way, name) | Term::Without(way, name) => self.names.extend(way.iter().chain([name])),
                    }
                }
            }
        }
    }
}

/// The environments with the oldest and the newest versions: label and interpreter.
fn environments() -> Vec<(String, String)> {
    let script = Path::new(ROOT).join("scripts/environments");
    let output = Command::new(script).args(["oldest", "newest"]).stderr(Stdio::inherit()).output();
    let output = output.expect("scripts/environments needs python3 on PATH");
    assert!(output.status.success(), "scripts/environments oldest newest failed; run it by hand to see why");
    let index: Value = serde_json::from_slice(&output.stdout).expect("an index of environments");
    let text = |value: &Value, key: &str| value[key].as_str().expect("a text").to_owned();
    let made = index["environments"].as_array().expect("a list");
    made.iter().map(|one| (text(one, "label"), text(one, "python"))).collect()
}

/// What an environment does not bear out of what is asked.
fn missing(python: &str, asked: &Value) -> BTreeSet<String> {
    let program = Path::new(ROOT).join("fixtures/programs/promises.py");
    let mut child = Command::new(python)
        .arg(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the interpreter runs");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(asked.to_string().as_bytes()).expect("the program reads");
    drop(input);
    let output = child.wait_with_output().expect("the program ends");
    assert!(output.status.success(), "promises.py failed under {python}");
    serde_json::from_slice(&output.stdout).expect("a list of what is missing")
}

#[test]
fn each_row_is_borne_out_by_its_library() {
    let asked: Vec<Value> = libraries::all()
        .map(|library| {
            let Promises { functions, classes, names } = Promises::of(library);
            json!({"library": library.name, "packages": library.packages, "functions": functions, "classes": classes, "names": names})
        })
        .collect();
    let environments = environments();
    assert_eq!(environments.len(), 2, "oldest and newest");
    let mut missing = environments.iter().map(|(_, python)| missing(python, &json!(asked)));
    let (oldest, newest) = (missing.next().expect("two"), missing.next().expect("two"));
    assert_told("the oldest version that matters", &oldest, |range| !matches!(range, Versions::Before(_)));
    assert_told("the newest version", &newest, |range| !matches!(range, Versions::Since(_)));
}

/// Whether a library says of this that it is not in every version, but in these.
fn ranged(what: &str, is: fn(Versions) -> bool) -> bool {
    libraries::all().flat_map(|library| library.versions).any(|(own, range)| *own == what && is(*range))
}

/// Fails when one version lacks something of which no library says so, or has something that it should not have.
fn assert_told(version: &str, missing: &BTreeSet<String>, lacks: fn(Versions) -> bool) {
    let untold: Vec<&String> = missing.iter().filter(|what| !ranged(what, lacks)).collect();
    assert!(untold.is_empty(), "{version} does not have these; say in `versions` since or before when: {untold:#?}");
    // The standard library's patch versions are those of the interpreters that are here.
    let others = libraries::all().filter(|library| library.role != Role::Standard);
    let told = others.flat_map(|library| library.versions).filter(|(_, range)| lacks(*range));
    let wrong: Vec<&str> = told.map(|(what, _)| *what).filter(|what| !missing.contains(*what)).collect();
    assert!(wrong.is_empty(), "{version} has these, or no row names them: {wrong:#?}");
}
