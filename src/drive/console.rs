//! stdout is data, stderr is talk.

use std::io::{self, IsTerminal, Write};

use crate::error::{Error, Result};
use crate::render::{keep_start, sanitize};

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colors {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Columns of the screen where the terminal does not say.
const USUAL_WIDTH: usize = 80;
/// Columns of a line for a file or a pipe.
const USUAL_LINE: usize = 200;
/// Wider than this no line is easier to read.
const WIDEST: usize = 100;

/// How to talk to the user.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    /// When to use colour.
    pub colors: Colors,
    /// Whether to keep silent on stderr except for errors.
    pub quiet: bool,
    /// Whether the run ends when standard input ends, and says now and then that it goes on.
    pub attended: bool,
}

impl Console {
    /// Whether stdout gets colour.
    pub(crate) fn colored(self) -> bool {
        match self.colors {
            Colors::Always => true,
            Colors::Never => false,
            Colors::Auto => {
                io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        }
    }

    /// Columns of the screen.
    pub(crate) fn width(self) -> usize {
        if !io::stdout().is_terminal() {
            return USUAL_WIDTH;
        }
        terminal_size::terminal_size().map_or(USUAL_WIDTH, |(width, _)| usize::from(width.0).min(WIDEST))
    }

    /// Whether a progress bar makes sense.
    pub(super) fn shows_progress(self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Says something to the user, a line. Who closed stderr does not want to hear it.
    pub(crate) fn say(self, words: &str) {
        if !self.quiet {
            let _unheard = io::stderr().write_all(harmless(&words.replace('\n', "\\n")).as_bytes());
        }
    }

    /// Says something to the user in one line of the terminal; what is too long is cut out of the middle part.
    pub(super) fn say_in_a_line(self, before: &str, middle: &str, behind: &str) {
        let terminal = terminal_size::terminal_size_of(io::stderr());
        let columns = terminal.map_or(USUAL_LINE, |(width, _)| usize::from(width.0));
        self.say(&fitted(before, middle, behind, columns));
    }

    /// Writes data to stdout. A reader that closed the pipe has seen enough: that is no error.
    ///
    /// # Errors
    ///
    /// When stdout cannot be written.
    pub fn print(self, data: &[u8]) -> Result<()> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(data).and_then(|()| stdout.flush()) {
            Err(source) if source.kind() != io::ErrorKind::BrokenPipe => {
                Err(Error::Output { path: "stdout".into(), source })
            }
            _ => Ok(()),
        }
    }

    /// Prints an error: what, why, and the command that helps.
    pub fn complain(self, error: &Error) {
        let mut words = format!("error: {error}\n");
        let mut cause = std::error::Error::source(error);
        while let Some(reason) = cause {
            words.push_str(&format!("  caused by: {reason}\n"));
            cause = reason.source();
        }
        if let Some(hint) = error.hint() {
            words.push_str(&format!("\nhint: {hint}\n"));
        }
        let _unheard = io::stderr().write_all(harmless(words.trim_end()).as_bytes());
    }
}

/// Words with names of the target's in them, whole lines that cannot move the cursor.
fn harmless(words: &str) -> String {
    words.split('\n').map(|line| format!("{}\n", sanitize::line(line))).collect()
}

/// A line of so many columns, to which the middle part is cut.
fn fitted(before: &str, middle: &str, behind: &str, columns: usize) -> String {
    let taken = before.chars().count() + behind.chars().count();
    format!("{before}{}{behind}", keep_start(&sanitize::line(middle), columns.saturating_sub(taken)))
}

/// Rendering into memory fails only by a defect of ours.
pub(crate) fn unprintable(source: io::Error) -> Error {
    Error::Bug(format!("the report could not be rendered: {source}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_target_do_not_move_the_cursor() {
        assert_eq!(harmless("blocked in ev\u{1b}[2Jil\nhint: 1"), "blocked in ev\\x1b[2Jil\nhint: 1\n");
    }

    #[test]
    fn a_line_ends_at_the_end_of_the_terminal_whatever_names_there_are() {
        let name = "blocked in ".to_owned() + &"x".repeat(4000) + "\u{1b}[2J";
        let line = fitted("after 1.0 s: ", &name, "; still looking", 60);
        assert_eq!(line.chars().count(), 60, "{line}");
        assert!(line.starts_with("after 1.0 s: blocked in xxx") && line.ends_with("xxx…; still looking"), "{line}");
        assert_eq!(fitted("after 1 s: ", "blocked", "; still looking", 60), "after 1 s: blocked; still looking");
        assert_eq!(fitted("after 1 s: ", "blocked", "; still looking", 5), "after 1 s: …; still looking");
    }
}
