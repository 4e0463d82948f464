//! Every output format for every kind of day, compared with golden files, and the promises that no golden file can keep.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use hangspy::render::{self, DoctorPage, GateRow, Graph, Layout, ProcessRow, ReadRow, Readable, Screen};
use hangspy::report::{Cause, Kind, Report};
use unicode_width::UnicodeWidthStr;

#[path = "common/golden.rs"]
mod golden;
#[path = "profiles/mod.rs"]
mod profiles;
#[path = "common/reports.rs"]
mod reports;
#[path = "common/scenes.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod scenes;
#[path = "common/scratch.rs"]
mod scratch;
#[path = "common/served.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod served;

fn set(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).expect("writing to memory cannot fail");
    String::from_utf8(bytes).expect("every format is UTF-8")
}

fn screen(report: &Report, width: usize, color: bool) -> String {
    set(|out| render::terminal(report, Screen { width, color }, out))
}

/// File name ending and text of every format.
fn formats(report: &Report) -> Vec<(&'static str, String)> {
    vec![
        ("screen.txt", screen(report, 80, false)),
        ("report.txt", set(|out| render::text(report, out))),
        ("dump.txt", set(|out| render::dump(report, Screen::default(), out))),
        ("json", set(|out| render::json(report, Layout::Pretty, out))),
        ("collapsed", set(|out| render::collapsed(report, Graph::All, out))),
        ("loop.svg", set(|out| render::flamegraph(report, Graph::Loop, out))),
        ("all.svg", set(|out| render::flamegraph(report, Graph::All, out))),
        ("gil.svg", set(|out| render::flamegraph(report, Graph::Gil, out))),
        ("tasks.svg", set(|out| render::flamegraph(report, Graph::Tasks, out))),
    ]
}

/// The part of a graph that is ours: inferno's script and style are its own business.
fn without_script(svg: &str) -> String {
    match (svg.find("<style"), svg.find("</script>")) {
        (Some(from), Some(to)) => format!("{}{}", &svg[..from], &svg[to..]).replace("><", ">\n<"),
        _ => svg.to_owned(),
    }
}

#[test]
fn every_format_is_as_blessed() {
    for case in reports::all() {
        for (ending, text) in formats(&case.report) {
            let text = if ending.ends_with("svg") { without_script(&text) } else { text };
            golden::assert_golden(&format!("render/{}.{ending}", case.name), &text);
        }
    }
}

#[test]
fn equal_reports_give_equal_bytes() {
    for case in reports::all() {
        assert!(formats(&case.report) == formats(&case.report), "{} differs from one time to the next", case.name);
    }
}

#[test]
fn no_line_is_wider_than_the_screen() {
    for case in reports::all() {
        for width in [60, 61, 72, 80, 100, 140] {
            for line in screen(&case.report, width, false).lines() {
                assert!(line.width() <= width, "{} at {width} columns: {} wide: {line}", case.name, line.width());
            }
        }
    }
}

#[test]
fn widths_outside_of_the_bounds_are_brought_within() {
    let report = reports::blocked();
    assert_eq!(screen(&report, 0, false), screen(&report, 60, false));
    assert_eq!(screen(&report, usize::MAX, false), screen(&report, 140, false));
}

#[test]
fn colour_changes_nothing_but_colour() {
    for case in reports::all() {
        let coloured = screen(&case.report, 80, true);
        let mut plain = String::new();
        let mut rest = coloured.as_str();
        while let Some(at) = rest.find('\x1b') {
            plain.push_str(&rest[..at]);
            let end = rest[at..].find('m').expect("only colour sequences");
            rest = &rest[at + end + 1..];
        }
        plain.push_str(rest);
        assert_ne!(coloured, plain, "{} has colour when asked", case.name);
        assert_eq!(plain, screen(&case.report, 80, false), "{} differs in more than colour", case.name);
    }
}

#[test]
fn nothing_harmful_reaches_any_format() {
    for (ending, text) in formats(&reports::hostile()) {
        let script = if ending.ends_with("svg") { without_script(&text) } else { text };
        for character in script.chars() {
            let harmful =
                (character.is_control() && character != '\n') || "\u{202e}\u{2028}\u{feff}".contains(character);
            // JSON keeps the text as it is, escaped by the rules of JSON, so that programs see what was read.
            assert!(!harmful || (ending == "json" && !character.is_control()), "{ending} lets {character:?} through");
        }
        assert!(!ending.ends_with("svg") || !script.contains("<script>alert"), "{ending} lets a script through");
    }
}

#[test]
fn a_cost_that_nobody_measured_is_not_nothing() {
    let report = Report { cost: hangspy::snapshot::Cost::default(), ..reports::healthy() };
    let last = screen(&report, 80, false).lines().last().map(str::to_owned);
    assert_eq!(last.as_deref(), Some("hangspy     its cost is not known, target never stopped"));
}

#[test]
fn a_length_whose_beginning_nobody_saw_is_told_as_the_least() {
    let mut report = reports::blocked();
    let headline = |report: &Report| screen(report, 80, false).lines().nth(2).map(str::to_owned).unwrap_or_default();
    assert!(headline(&report).starts_with("LOOP BLOCKED for 12.4 s, still blocked "), "{}", headline(&report));
    report.verdicts[0].kind = Kind::PoolExhausted;
    let words = "POOL EXHAUSTED for at least 12.4 s, still exhausted ";
    assert!(headline(&report).starts_with(words), "{}", headline(&report));
    (report.verdicts[0].kind, report.verdicts[0].since_s) = (Kind::Deadlock, None);
    let words = format!("DEADLOCK, seen for {} ", hangspy::figures::seconds(report.window.seconds));
    assert!(headline(&report).starts_with(&words), "{}", headline(&report));
}

#[test]
fn whoever_has_the_item_of_a_queue_waits_for_its_peer_and_not_for_the_queue() {
    let mut report = reports::blocked();
    (report.verdicts[0].kind, report.verdicts[0].cause) = (Kind::PoolExhausted, Some(Cause::AsyncioQueue));
    assert!(
        screen(&report, 80, false).contains("\n  waits for   10.0.3.7:9092 (kafka)\n"),
        "{}",
        screen(&report, 80, false)
    );
}

#[test]
fn a_start_that_one_call_holds_up_is_not_told_twice() {
    let mut report = reports::blocked();
    report.verdicts[0].kind = Kind::StartupStuck;
    report.verdicts[0].summary = "startup stuck for 12.4 s in consume (consumer.py:41)".to_owned();
    assert!(!screen(&report, 80, false).contains("startup stuck"));
    report.verdicts[0].doing = None;
    assert!(screen(&report, 80, false).contains("startup stuck for 12.4 s in consume (consumer.py:41)"));
}

#[test]
fn a_reading_that_mostly_failed_is_said_loudly() {
    let mut report = reports::blocked();
    report.window.failed = report.window.samples;
    assert!(screen(&report, 80, false).starts_with("READ BADLY: most looks failed: 150 of 300; "));
    report.window.samples = 0;
    report.window.failed = 0;
    assert!(screen(&report, 80, false).starts_with("READ BADLY: nothing could be read; "));
}

#[test]
fn what_was_left_out_to_stay_small_is_said() {
    let mut report = reports::blocked();
    assert!(!screen(&report, 80, false).contains("this family"));
    (report.window.left_out, report.window.unwatched) = (150, 769);
    let told = screen(&report, 80, false);
    assert!(told.contains("769 more processes of this family were not looked at\n"), "{told}");
    assert!(told.contains("150 of 300 looks kept, spread over the whole time"), "{told}");
    report.window.unwatched = 1;
    assert!(screen(&report, 80, false).contains("1 more process of this family was not looked at\n"));
}

#[test]
fn collapsed_stacks_parse_back() {
    for case in reports::all() {
        let text = set(|out| render::collapsed(&case.report, Graph::All, out));
        let mut total = 0_u64;
        for line in text.lines() {
            let (stack, count) = line.rsplit_once(' ').expect("a stack and a count");
            total += count.parse::<u64>().expect("a count");
            assert!(stack.split(';').all(|frame| !frame.trim().is_empty()), "{}: empty frame in {line}", case.name);
        }
        let sampled: u64 = case.report.profile.iter().map(|entry| entry.samples).sum();
        assert_eq!(total, sampled, "{} loses looks", case.name);
    }
}

#[test]
fn json_reads_back_as_the_same_report() {
    for case in reports::all() {
        for layout in [Layout::Pretty, Layout::Compact] {
            let text = set(|out| render::json(&case.report, layout, out));
            assert!(text.ends_with("}\n"), "one object and a newline");
            let mut read: Report = serde_json::from_str(&text).expect("the report reads back");
            read.excerpts.clone_from(&case.report.excerpts);
            read.profile.clone_from(&case.report.profile);
            assert!(read == case.report, "{} changed on the way through JSON", case.name);
        }
        assert_eq!(set(|out| render::json(&case.report, Layout::Compact, out)).lines().count(), 1);
    }
}

#[test]
fn processes_are_listed_in_columns() {
    let rows = [
        ProcessRow {
            pid: 31,
            role: "master".to_owned(),
            server: "gunicorn".to_owned(),
            python: "3.12.4".to_owned(),
            loops: "uvloop".to_owned(),
            ports: vec![8000, 8443],
            readable: Readable::Yes,
            command: "/usr/local/bin/python /usr/local/bin/gunicorn -k uvicorn.workers.UvicornWorker shop.main:app"
                .to_owned(),
        },
        ProcessRow {
            pid: 4711,
            role: "server".to_owned(),
            readable: Readable::No("the process belongs to another user".to_owned()),
            command: "python \x1b[2J-m app".to_owned(),
            ..ProcessRow::default()
        },
    ];
    golden::assert_golden("render/processes.txt", &set(|out| render::processes(&rows, Screen::default(), out)));
    let narrow = Screen { width: 60, ..Screen::default() };
    golden::assert_golden("render/processes.narrow.txt", &set(|out| render::processes(&rows, narrow, out)));
    golden::assert_golden("render/processes.json", &set(|out| render::processes_json(&rows, out)));
}

#[test]
fn gates_are_told_with_what_opens_them() {
    let gate = |gate: &str, state: &str, words: &str, opens: Option<&str>| GateRow {
        gate: gate.to_owned(),
        state: state.to_owned(),
        words: words.to_owned(),
        opens: opens.map(str::to_owned),
    };
    let read = |what: &str, gives: &str, allowed| ReadRow { what: what.to_owned(), gives: gives.to_owned(), allowed };
    let closed = DoctorPage {
        pid: 31,
        command: "uvicorn main:app\x1b[2J".to_owned(),
        tool: "0.1.0".to_owned(),
        user: Some(10_001),
        answer: "proc-only",
        gates: vec![
            gate("process", "open", "it is there", None),
            gate(
                "user",
                "shut",
                "it runs as user 0, hangspy as 10001",
                Some("securityContext: {runAsUser: 0, capabilities: {add: [SYS_PTRACE]}}"),
            ),
            gate("dumpable", "unknown", "cannot be seen of a process of root", None),
            gate("user namespace", "open", "both are in the same", None),
        ],
        reads: vec![read("memory", "stacks, loops, locks", false), read("stat", "states and CPU of threads", true)],
    };
    let open = DoctorPage {
        pid: 32,
        answer: "full",
        gates: vec![gate("process", "open", "it is there", None)],
        ..closed.clone()
    };
    let pages = [closed, open];
    golden::assert_golden("render/doctor.txt", &set(|out| render::doctor(&pages, Screen::default(), out)));
    golden::assert_golden("render/doctor.json", &set(|out| render::doctor_json(&pages, out)));
}

#[test]
fn the_graph_that_is_drawn_unasked_goes_with_the_worst_verdict() {
    assert_eq!(Graph::fitting(&reports::starved()), Graph::Gil, "starved of the GIL: whoever had it");
    assert_eq!(Graph::fitting(&reports::blocked()), Graph::Loop, "blocked: the loop itself");
    let mut nobody = reports::starved();
    nobody.profile.iter_mut().for_each(|entry| entry.holds_gil = false);
    assert_eq!(Graph::fitting(&nobody), Graph::Loop, "an empty graph helps nobody");
    let mut stuck = reports::healthy();
    assert_eq!(Graph::fitting(&stuck), Graph::Loop, "healthy: the loop");
    stuck.verdicts.iter_mut().for_each(|verdict| verdict.kind = Kind::TasksStuck);
    assert_eq!(Graph::fitting(&stuck), Graph::Tasks, "tasks are stuck: what they wait for");
    stuck.tasks.clear();
    assert_eq!(Graph::fitting(&stuck), Graph::Loop, "no tasks could be read");
}
