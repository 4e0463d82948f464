//! Text that wants to be more than text.

use super::blocked_report::{consumer_episode, consumer_verdict};
use super::{empty, entry, event_loop, place, process, ranked, task_report, thread};
use hangspy::report::{Blame, Cause, EpisodeReport, ProfileEntry, Report, SecondParty};
use hangspy::snapshot::Excerpt;

/// Text that wants to be more than text.
pub(crate) fn hostile() -> Report {
    let mut report = empty("\x1b]0;owned\x07", vec![process(31, "server")]);
    let evil = place("<script>alert(1)</script>]]>;\x1b[2J\nroot 99", "/srv/\u{202e}yp.evil/--><g>/app 12", 7);
    let wide =
        place("注文を取得する関数", "/srv/店/とても長い名前のフォルダ/さらに長い名前のフォルダ/注文管理.py", 123);
    let stack = vec![evil.clone(), wide.clone(), place("", "", 0)];
    let mut verdict = consumer_verdict();
    verdict.summary = "blocked in \x1b[31m\u{2028}evil".to_owned();
    verdict.blame = Some(Blame {
        function: evil.function.clone(),
        file: evil.file.clone(),
        line: 7,
        coroutine: Some(wide.clone()),
        stack: stack.clone(),
    });
    verdict.second_party =
        SecondParty::File { path: "/tmp/a\nb\x1b[0m".to_owned(), held_by: Some("pid 9 (\x07sh)".to_owned()) };
    verdict.evidence = vec![format!("unbroken {}", "x".repeat(300)), "\u{feff}zero\u{200b}width".to_owned()];
    report.verdicts.push(verdict);
    report.excerpts = vec![Excerpt {
        file: evil.file.clone(),
        lines: vec![(6, "\tif True:".to_owned()), (7, format!("\t\tprint('\x1b[2J{}')", "注".repeat(80)))],
    }];
    report.ranking =
        vec![ranked(31, &evil, 1, 3.0, 12.4, Cause::GilHeldWaiting), ranked(31, &wide, 10, 0.3, 0.08, Cause::Lock)];
    report.tasks = vec![task_report::tasks(31, "Task\x1b[2J\n", "task \x07\u{202e}evil", stack.clone())];
    let mut main = thread(31, 31, "Main;Thread\n 5", "recv\x1b from <b>&amp;", stack);
    main.stack_unknown = Some("\rtorn".to_owned());
    report.profile = vec![
        entry(31, &main, 3, Some(0)),
        ProfileEntry {
            holds_gil: true,
            stack: vec![place("spin 12 34", "", 0).into()],
            doing: String::new(),
            ..entry(31, &main, 2, Some(9))
        },
        ProfileEntry { stack: Vec::new(), ..entry(31, &main, u64::MAX >> 20, None) },
    ];
    report.threads = vec![main];
    report.loops = vec![event_loop(31, vec![EpisodeReport { place: Some(evil), ..consumer_episode() }])];
    report
}
