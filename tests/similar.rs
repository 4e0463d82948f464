//! `hangspy similar` on the applications of the fixtures: what is declared sick for a call that blocks its loop is found, and nothing is
//! said of a healthy one.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn similar(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hangspy"));
    command.arg("similar").args(words).current_dir(ROOT).output().expect("hangspy runs")
}

fn report(words: &[&str]) -> Value {
    let output = similar(&[words, &["--json"]].concat());
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("no report: {error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// The applications in which calls of this kind were found.
fn applications(report: &Value, kind: &str) -> BTreeSet<String> {
    let sites = report["sites"].as_array().expect("a list of calls");
    let of_kind = sites.iter().filter(|site| kind.is_empty() || site["kind"] == kind);
    let first = |site: &Value| {
        let chain = site["chain"].as_array().expect("a way").last().expect("with an end").clone();
        chain["file"].as_str().unwrap_or_default().split('/').next().unwrap_or_default().to_owned()
    };
    of_kind.map(first).collect()
}

fn named(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// What blocks no longer than it may, on purpose: the truth is healthy and the call is there.
const SHORT: &[&str] = &["descriptors_in_use", "many_short_queries", "short_block"];

/// All in which `requests` is called on a loop; a dozen others call it in threads, greenlets and processes.
const REQUESTS: &[&str] = &[
    "killed_by_gunicorn",
    "requests_on_loop",
    "requests_on_trio",
    "requests_under_gunicorn",
    "requests_with_timeout_on_loop",
    "self_request_on_loop",
];

#[test]
fn of_the_applications_those_are_found_that_call_what_blocks() {
    let report = report(&["--source", "fixtures/apps"]);
    assert_eq!(applications(&report, "requests"), named(REQUESTS));
    let healthy = |application: &String| {
        let truth = Path::new(ROOT).join("fixtures/apps").join(application).join("truth.json");
        let truth: Value = serde_json::from_slice(&std::fs::read(truth).expect("a truth")).expect("it is JSON");
        truth["healthy"] == true
    };
    let blamed: BTreeSet<String> = applications(&report, "").into_iter().filter(healthy).collect();
    assert_eq!(blamed, named(SHORT));
}

/// A folder with a program that blocks its loop, another such call, one that is allowed and a file that is no Python 3.
fn project() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("hangspy-similar-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("shop")).expect("a folder");
    let files = [
        (
            "app.py",
            "import asyncio\nimport time\n\ndef nap():\n    time.sleep(600)\n\nasync def main():\n    print('ready', flush=True)\n    nap()\n\nasyncio.run(main())\n",
        ),
        (
            "shop/orders page.py",
            "from time import sleep\nimport requests\n\nclass Orders:\n    def load(self):\n        sleep(1)\n    async def all(self):\n        self.load()\n        requests.get('http://shop')\n",
        ),
        ("shop/allowed.py", "import time\nasync def main():\n    time.sleep(1)  # hangspy: allow once at startup\n"),
        ("old.py", "print 'Python 2'\n"),
        ("broken.py", "def (:\n"),
    ];
    for (name, text) in files {
        std::fs::write(folder.join(name), text).expect("a file");
    }
    folder
}

#[test]
fn from_a_capture_the_other_calls_of_its_kind_are_found() {
    let folder = project();
    let source = folder.display().to_string();
    let mut python = Command::new("python3");
    let started = python.arg(folder.join("app.py")).stdout(std::process::Stdio::piped()).spawn();
    let mut program = started.expect("python3 is on PATH");
    let mut ready = [0; 6];
    let mut stdout = program.stdout.take().expect("a pipe");
    std::io::Read::read_exact(&mut stdout, &mut ready).expect("the program begins");
    let incident = folder.join("incident");
    let diagnosed = Command::new(env!("CARGO_BIN_EXE_hangspy"))
        .args(["diagnose", &program.id().to_string(), "--for", "1s", "-o", &incident.display().to_string()])
        .output()
        .expect("hangspy runs");
    program.kill().expect("it runs");
    program.wait().expect("it ends");
    let capture = incident.join("capture.hangspy").display().to_string();
    let found = report(&[&capture, "--source", &source]);
    assert_eq!(found["kinds"], serde_json::json!(["time"]), "{}", String::from_utf8_lossy(&diagnosed.stdout));
    let sites = found["sites"].as_array().expect("a list");
    let told: Vec<(bool, String)> = sites
        .iter()
        .map(|site| {
            let way = site["chain"].as_array().expect("a way").iter();
            let way: Vec<&str> = way.map(|step| step["function"].as_str().unwrap_or_default()).collect();
            (site["captured"] == true, way.join(" > "))
        })
        .collect();
    assert_eq!(told, [(true, "main > nap".to_owned()), (false, "Orders.all > Orders.load".to_owned())], "{found:#}");
    assert_eq!((&found["allowed"], &found["not_python"], &found["files"]), (&1.into(), &2.into(), &3.into()));

    let sarif = similar(&["--source", &source, "--sarif", "--check"]);
    assert_eq!(sarif.status.code(), Some(1), "there are findings");
    let log: Value = serde_json::from_slice(&sarif.stdout).expect("SARIF is JSON");
    assert_eq!((&log["version"], &log["runs"][0]["tool"]["driver"]["name"]), (&"2.1.0".into(), &"hangspy".into()));
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 3, "{log:#}");
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    for result in results {
        assert!(rules.iter().any(|rule| rule["id"] == result["ruleId"]), "{log:#}");
        assert!(result["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64() >= Some(1), "{log:#}");
        assert!(result["codeFlows"][0]["threadFlows"][0]["locations"].is_array(), "{log:#}");
    }
    let page = "shop/orders%20page.py";
    assert!(String::from_utf8_lossy(&sarif.stdout).contains(page), "{log:#}");
    let clean = similar(&["--source", &folder.join("shop/allowed.py").display().to_string(), "--check"]);
    assert_eq!(clean.status.code(), Some(0));
    std::fs::remove_dir_all(&folder).expect("it is ours");
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let output = similar(&["--source", "/hangspy-has-no-such-folder"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("reading /hangspy-has-no-such-folder") && !output.status.success(), "{said}");
}
