//! The rules of `hangspy watch`: each built-in one is set off by a program that has the trouble, and none by its healthy twin; a file
//! changes them; `--explain` says what they saw.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;
#[path = "common/scratch.rs"]
mod scratch;
#[path = "common/started.rs"]
mod started;

use std::fs;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use scratch::Scratch;
use started::Running;

/// What has not happened by then never will.
const PATIENCE: Duration = Duration::from_secs(150);
/// Readings of tasks and pools after which a healthy program has shown that it is.
const READINGS: u64 = 2;

/// A program, a watch of it, and its folder, which is removed at the end.
struct Watched {
    _watch: Running,
    _program: Running,
    scratch: Scratch,
}

impl Watched {
    fn start(name: &str, body: &str, rules: &str) -> Self {
        let scratch = Scratch::new(name);
        let interpreter =
            interpreters::interpreters().into_iter().next().expect("some CPython 3.8 to 3.15 is installed");
        let source = format!("import asyncio, concurrent.futures, threading, time\n{body}");
        let program = Running::python(&interpreter, &source, &[]);
        let file = scratch.0.join("rules.toml");
        fs::write(&file, rules).expect("it can be written");
        let words = ["watch", &program.pid(), "-q", "-o", scratch.text(), "--rules", text(&file)].map(str::to_owned);
        let watch = Command::new(env!("CARGO_BIN_EXE_hangspy")).args(words).spawn().expect("hangspy starts");
        Self { _watch: Running(watch), _program: program, scratch }
    }

    /// Words of the folders of incidents: time, rule, process.
    fn incidents(&self) -> Vec<String> {
        let listed = fs::read_dir(self.scratch.0.join("incidents")).into_iter().flatten().flatten();
        let whole = listed.filter(|entry| entry.path().join("incident.json").exists());
        whole.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    /// How often tasks and pools were read and judged.
    fn readings(&self) -> u64 {
        let kept = fs::read(self.scratch.0.join("rules.json")).unwrap_or_default();
        let account: serde_json::Value = serde_json::from_slice(&kept).unwrap_or_default();
        account["rows"]["tasks-stuck"]["asked"].as_u64().unwrap_or_default()
    }

    fn explained(&self) -> String {
        let told = hangspy(&["watch", "--explain", "-o", self.scratch.text()]);
        assert_eq!(told.status.code(), Some(0), "{}", String::from_utf8_lossy(&told.stderr));
        String::from_utf8_lossy(&told.stdout).into_owned()
    }

    /// Waits until this is so.
    fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !is_so(self) {
            assert!(Instant::now() < until, "{what}: {:?}\n{}", self.incidents(), self.explained());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn hangspy(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hangspy")).args(arguments).output().expect("hangspy starts")
}

fn text(path: &std::path::Path) -> &str {
    path.to_str().expect("a plain path")
}

/// The sick program sets this rule off.
fn fires(rule: &str, body: &str) {
    let watched = Watched::start(&format!("sick-{rule}"), body, "");
    watched.until(rule, |watched| watched.incidents().iter().any(|name| name.contains(rule)));
    // The account is written every other second.
    watched.until("explained", |watched| {
        let told = watched.explained();
        let mut under = told.lines().skip_while(|line| !line.starts_with(rule)).skip(1);
        under.next().is_some_and(|line| line.contains(": captured in "))
    });
}

/// Its healthy twin sets none off.
fn fires_none(name: &str, body: &str) {
    let watched = Watched::start(&format!("healthy-{name}"), body, "");
    watched.until("readings", |watched| watched.readings() >= READINGS);
    assert_eq!(watched.incidents(), Vec::<String>::new(), "{}", watched.explained());
}

#[test]
fn a_loop_that_waits_for_the_gil() {
    let body = |threads: usize| {
        format!(
            "
def spin():
    while True:
        pass
async def main():
    for _ in range({threads}):
        threading.Thread(target=spin, daemon=True).start()
    print('ready', flush=True)
    while True:
        await asyncio.sleep({pause})
asyncio.run(main())
",
            pause = if threads > 0 { "0" } else { "0.001" }
        )
    };
    fires("loop-starved", &body(3));
    fires_none("loop-starved", &body(0));
}

#[test]
fn threads_that_wait_for_each_other() {
    let body = |crossed: bool| {
        format!(
            "
one, other = threading.Lock(), threading.Lock()
met = threading.Barrier(2)
def take(first, second, crossed):
    while True:
        with first:
            if crossed:
                met.wait()
            with second:
                time.sleep(0.01)
async def main():
    for locks in [(one, other), {second}]:
        threading.Thread(target=take, args=(*locks, {crossed}), daemon=True).start()
    print('ready', flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
",
            second = if crossed { "(other, one)" } else { "(one, other)" },
            crossed = if crossed { "True" } else { "False" }
        )
    };
    fires("deadlock", &body(true));
    fires_none("deadlock", &body(false));
}

#[test]
fn a_full_pool() {
    let body = |seconds: f64| {
        format!(
            "
async def ask(loop):
    while True:
        await loop.run_in_executor(None, time.sleep, {seconds})
async def main():
    loop = asyncio.get_running_loop()
    loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(2))
    print('ready', flush=True)
    await asyncio.gather(*[ask(loop) for _ in range(5)])
asyncio.run(main())
"
        )
    };
    fires("pool-exhausted", &body(600.0));
    fires_none("pool-exhausted", &body(0.01));
}

#[test]
fn tasks_behind_a_lock_that_nobody_lets_go() {
    let body = |leaks: bool| {
        format!(
            "
async def work(lock):
    while True:
        await lock.acquire()
        await asyncio.sleep(0.01)
        if not {leaks}:
            lock.release()
async def main():
    lock = asyncio.Lock()
    print('ready', flush=True)
    await asyncio.gather(*[work(lock) for _ in range(5)])
asyncio.run(main())
",
            leaks = if leaks { "True" } else { "False" }
        )
    };
    fires("tasks-stuck", &body(true));
    fires_none("tasks-stuck", &body(false));
}

const NAPS: &str = "
async def main():
    print('ready', flush=True)
    while True:
        time.sleep(0.3)
        await asyncio.sleep(0.05)
asyncio.run(main())
";

#[test]
fn a_file_changes_the_rules() {
    let sharper = Watched::start("sharper", NAPS, "[loop-blocked]\nlimit = \"200ms\"\n");
    sharper.until("loop-blocked", |watched| watched.incidents().iter().any(|name| name.contains("loop-blocked")));
    let off = Watched::start("off", NAPS, "[loop-blocked]\nlimit = \"200ms\"\noff = true\n");
    off.until("readings", |watched| watched.readings() >= READINGS);
    assert_eq!(off.incidents(), Vec::<String>::new());
    let told = off.explained();
    let line = told.lines().find(|line| line.starts_with("loop-blocked")).unwrap_or_default();
    assert!(line.ends_with("switched off"), "{told}");
}

#[test]
fn rules_that_make_no_sense_are_refused_with_their_line() {
    let scratch = Scratch::new("refused");
    let rules = scratch.0.join("rules.toml");
    fs::write(&rules, "[deadlock]\noff = true\n\n[loop-blokced]\n").expect("it can be written");
    let own = std::process::id().to_string();
    let refused = hangspy(&["watch", &own, "-o", scratch.text(), "--rules", text(&rules)]);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{words}");
    assert!(words.contains("line 4") && words.contains("loop-blokced"), "{words}");
    let refused = hangspy(&["watch", &own, "-o", scratch.text(), "--rules", "/nonexistent"]);
    assert_eq!(refused.status.code(), Some(2));
    let nothing = hangspy(&["watch", "--explain", "-o", scratch.text()]);
    assert_eq!(nothing.status.code(), Some(2), "{}", String::from_utf8_lossy(&nothing.stdout));
}
