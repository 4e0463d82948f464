//! Profiles for other tools, read by Python's own `pstats`, by a decoder of protocol buffers that is not ours, and by Go's pprof
//! where it is installed.

use std::fs;
use std::path::Path;
use std::process::Command;

use hangspy::render::{self, Graph};
use hangspy::report::Report;

use crate::reports;
use crate::scratch::Scratch;

/// A folder with all profiles of the report.
fn written(name: &str, report: &Report) -> Scratch {
    let folder = Scratch::new(&format!("profiles-{name}"));
    for (ending, bytes) in profiles(report) {
        fs::write(folder.0.join(format!("all.{ending}")), bytes).expect("a file");
    }
    folder
}

fn profiles(report: &Report) -> [(&'static str, Vec<u8>); 3] {
    let (mut pprof, mut pstats, mut speedscope) = (Vec::new(), Vec::new(), Vec::new());
    render::pprof(report, Graph::All, &mut pprof).expect("writing to memory cannot fail");
    render::pstats(report, Graph::All, &mut pstats).expect("writing to memory cannot fail");
    render::speedscope(report, Graph::All, &mut speedscope).expect("writing to memory cannot fail");
    [("pb.gz", pprof), ("pstats", pstats), ("speedscope.json", speedscope)]
}

fn said(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn collapsed_looks(report: &Report) -> u64 {
    let mut bytes = Vec::new();
    render::collapsed(report, Graph::All, &mut bytes).expect("writing to memory cannot fail");
    let text = String::from_utf8(bytes).expect("text");
    text.lines().filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

#[test]
fn totals_agree_between_all_formats_to_the_last_look() {
    let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/profiles/read.py");
    for case in reports::all() {
        let report = &case.report;
        let folder = written(case.name, report);
        let totals = said(Command::new("python3").arg(&reader).arg(folder.text()));
        let totals: Vec<u64> = totals.split_whitespace().map(|total| total.parse().expect("a number")).collect();
        let [looks, wall, _, gil, stalls, _] = totals[..] else { panic!("{}: {totals:?}", case.name) };
        assert_eq!(looks, collapsed_looks(report), "{}: looks", case.name);
        let entries = || report.profile.iter();
        assert_eq!(wall, entries().map(|entry| entry.samples * entry.look_ns).sum::<u64>(), "{}: time", case.name);
        let held = entries().filter(|entry| entry.holds_gil).map(|entry| entry.samples * entry.look_ns).sum::<u64>();
        assert_eq!(gil, held, "{}: time with the GIL", case.name);
        let episodes: usize = report.loops.iter().map(|of| of.episodes.len()).sum();
        assert_eq!(stalls, episodes as u64, "{}: stalls", case.name);
    }
}

#[test]
fn equal_reports_give_equal_profiles() {
    let case = reports::blocked();
    assert!(profiles(&case) == profiles(&case) && profiles(&case) == profiles(&reports::blocked()));
}

#[test]
fn go_finds_the_function_that_blocks() {
    if Command::new("go").arg("version").output().is_err() {
        return eprintln!("skipped: no go, install Debian's golang-go");
    }
    let report = reports::blocked();
    let blamed = report.verdicts[0].blame.as_ref().expect("a blocked loop has somebody to blame");
    let folder = written("go", &report);
    let profile = folder.0.join("all.pb.gz");
    let pprof = |more: &[&str]| said(Command::new("go").args(["tool", "pprof"]).args(more).arg(&profile));
    let top = pprof(&["-top", "-lines", "-sample_index=stall_delay"]);
    assert!(top.contains(&format!("{} {}:{}", blamed.function, blamed.file, blamed.line)), "{top}");
    assert!(pprof(&["-peek", &blamed.function]).contains(&blamed.function));
    assert!(pprof(&["-tags"]).contains("thread"));
    let base = format!("-diff_base={}", profile.display());
    assert!(pprof(&["-top", &base]).contains("Total samples = "), "a profile differs from itself by nothing");
}
