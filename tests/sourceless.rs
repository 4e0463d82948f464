//! Verdicts that once took the text of a source line are the same when the source is gone.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;
#[path = "common/target.rs"]
mod target;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use interpreters::Interpreter;
use serde_json::Value;
use target::Target;

/// What blocks the loop, and the cause that has to be told. The first line of each is what the loop calls.
const CASES: &[(&str, &str, &str)] = &[
    ("a regular expression", "    re.match('(a+)+b', 'a' * 60)", "native-cpu-gil"),
    ("a native call on one line with others", "    words, size = str(9 ** (10 ** 8)), 1", "native-cpu-gil"),
    ("a loop on one line", "    while time.time() < end: pass", "python-cpu"),
    ("an empty loop", "    while True: pass", "python-cpu"),
    ("a comprehension on one line", "    return [word * 3 for word in range(10 ** 12) if word < 0]", "python-cpu"),
    ("a database that is locked", "    connection.execute('insert into t values (1)')", "sqlite-busy"),
];

fn program(line: &str) -> String {
    format!(
        "import asyncio, re, sqlite3, sys, threading, time
end = time.time() + 600
path = sys.argv[0] + '.db'
holder = sqlite3.connect(path, isolation_level=None)
holder.execute('create table t (x)')
holder.execute('begin exclusive')
connection = sqlite3.connect(path, timeout=600)
def block():
{line}
def run():
    print('ready', flush=True)
    block()
async def main():
    asyncio.get_running_loop().call_soon(run)
    await asyncio.sleep(600)
asyncio.run(main())
"
    )
}

/// Kind and cause of the first verdict on a program whose source was deleted once it ran.
fn told(interpreter: &Interpreter, folder: &Path, line: &str) -> String {
    let source = folder.join("app.py");
    fs::write(&source, program(line)).expect("the folder is writable");
    let target = Target::start(Command::new(&interpreter.path).arg(&source));
    fs::remove_file(&source).expect("the source was just written");
    let pid = target.process().pid.to_string();
    let hangspy = Command::new(env!("CARGO_BIN_EXE_hangspy"))
        .args([pid.as_str(), "--for", "2s", "--json"])
        .stderr(Stdio::null())
        .output()
        .expect("hangspy starts");
    let _gone = fs::remove_file(folder.join("app.py.db"));
    let report: Value = serde_json::from_slice(&hangspy.stdout).expect("one JSON object");
    let verdict = &report["verdicts"][0];
    format!("{}/{}", verdict["kind"].as_str().unwrap_or("?"), verdict["cause"].as_str().unwrap_or("?"))
}

#[test]
fn a_verdict_does_not_need_the_source() {
    let folder = std::env::temp_dir().join(format!("hangspy-sourceless-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("the folder for temporary files is writable");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for interpreter in interpreters::interpreters() {
        for (story, line, cause) in CASES {
            let told = told(&interpreter, &folder, line);
            seen += 1;
            if told != format!("loop-blocked/{cause}") {
                wrong.push(format!("{}: {story}: {told}, not {cause}", interpreter.name()));
            }
        }
    }
    let _gone = fs::remove_dir_all(&folder);
    assert!(seen > 0 && wrong.is_empty(), "without the source:\n{}", wrong.join("\n"));
}
