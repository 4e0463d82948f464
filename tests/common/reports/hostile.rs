//! Text that wants to be more than text, wherever a target can put some.

use hangspy::report::Report;
use hangspy::snapshot::{Excerpt, Known, Recording, Role};

use crate::scenes::{PID, Scene, pipe, waiting};

const FILE: &str = "/srv/\u{202e}yp.evil/--><g>/app 12";
const WIDE: &str = "/srv/店/とても長い名前のフォルダ/さらに長い名前のフォルダ/注文管理.py";

/// A consumer whose every name is meant to do harm.
pub(crate) fn hostile() -> Report {
    let mut recording = super::blocked::consumer();
    names(&mut recording);
    recording.excerpts = vec![Excerpt {
        file: FILE.to_owned(),
        lines: vec![(40, "\tif True:".to_owned()), (41, format!("\t\tprint('\x1b[2J{}')", "注".repeat(80)))],
    }];
    let other = super::numbered(writer(), PID + 100, Role::Single);
    super::told("\x1b]0;owned\x07", vec![recording, other])
}

/// The functions and files of the application, its threads, tasks, requests and peers.
fn names(recording: &mut Recording) {
    for code in &mut recording.codes {
        let (name, file) = match code.name.as_str() {
            "consume" => ("<script>alert(1)</script>]]>;\x1b[2J\nroot 99", FILE),
            "follow" => ("注文を取得する関数", WIDE),
            "fetch_invoice" => ("", ""),
            "live" => ("spin 12 34", "/tmp/\u{2028}a\nb\x1b[0m"),
            _ => continue,
        };
        (code.name, code.file) = (name.to_owned(), file.to_owned());
        code.qualified_name = Known::Is(name.to_owned());
    }
    super::name_threads(recording, |thread| Some(format!("Main;Thread\n {}\u{feff}", thread.0)));
    for census in &mut recording.censuses {
        if let Known::Is(tasks) = &mut census.tasks {
            tasks.tasks.iter_mut().for_each(|task| task.name = Known::Is("Task\x1b[2J\n\u{202e}".to_owned()));
        }
        for request in &mut census.requests {
            request.path = Known::Is("/\r\x1b[31m<b>&amp;".to_owned());
            request.client = Known::Is("\u{200b}10.0.0.9".to_owned());
        }
        for pool in &mut census.pools {
            pool.name = Known::Is("pool\x1b[0m".to_owned());
        }
    }
}

/// A loop that writes to a file whose name goes on for ever, which somebody reads who is not who he says.
fn writer() -> Recording {
    let mut scene = Scene::new();
    let stack = scene.endpoint(&[("write", "/srv/app.py", 7)]);
    let reader = format!("\x07sh {}", "x".repeat(300));
    scene.always(&waiting(stack, 1, [1, 0, 0, 0, 0, 0]).on(pipe(1, &reader))).recording
}
