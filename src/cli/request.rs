//! What the user wants, in the words of the `drive` room.

use std::io;
use std::path::PathBuf;

use clap::CommandFactory;
use clap::error::ErrorKind;
use clap_complete::Shell;

use super::arguments::{self, Arguments, Verb};
use crate::drive::{self, Console};
use crate::error::{Error, ExitCode, Result};
use crate::suite;

/// What the user wants.
#[derive(Clone, Debug)]
pub enum Request {
    /// `hangspy diagnose`
    Diagnose(drive::Diagnose),
    /// `hangspy dump`
    Dump(drive::Dump),
    /// `hangspy record`
    Record(drive::Record),
    /// `hangspy watch`
    Watch(drive::Armed),
    /// `hangspy watch --explain`, of the watch in this folder
    Rules(PathBuf),
    /// `hangspy watch`, of a service that it starts
    Entry(drive::Entry),
    /// `hangspy check`
    Check(drive::Check),
    /// `hangspy test`
    Test(suite::Test),
    /// `hangspy beside`
    Beside(suite::Beside),
    /// `hangspy report`
    Report(drive::Render),
    /// `hangspy similar`
    Similar(drive::Similar),
    /// `hangspy ps`
    Processes(drive::Processes),
    /// `hangspy doctor`
    Doctor(drive::Doctor),
    /// `hangspy explain`, of these words
    Explain(String),
    /// `hangspy completions`
    Completions(Shell),
    /// `hangspy man`
    Manual(Option<String>),
}

impl Arguments {
    /// The request and how to talk about it.
    #[must_use]
    pub fn request(self) -> (Request, Console) {
        let console = Console { colors: self.color.into(), quiet: self.quiet, attended: self.attended };
        let request = match self.verb {
            None => self.diagnose.into(),
            Some(Verb::Diagnose(words)) => words.into(),
            Some(Verb::Dump(words)) => {
                let (asked, privacy) = (words.target.asked(), words.privacy.into());
                Request::Dump(drive::Dump { asked, json: words.json, privacy })
            }
            Some(Verb::Record(words)) => Request::Record(drive::Record {
                asked: words.target.asked(),
                length: words.length,
                rate: words.rate,
                outputs: words.output,
                format: words.format.map(Into::into),
                threads: words.threads.into(),
                privacy: words.privacy.into(),
            }),
            Some(Verb::Watch(words)) => words.into(),
            Some(Verb::Check(words)) => Request::Check(drive::Check {
                asked: words.target.asked(),
                max_stall: words.max_stall,
                output: words.output,
                unknown_fails: words.if_unknown == arguments::Unknown::Fail,
                termination_log: words.termination_log,
                audit: words.audit.file,
            }),
            Some(Verb::Test(words)) => Request::Test(suite::Test {
                command: words.command,
                limit: words.max_stall,
                hang: words.hang_timeout,
                rate: words.rate,
                json: words.json,
                output: words.output,
            }),
            Some(Verb::Beside(words)) => Request::Beside(suite::Beside {
                process: words.process,
                marks: words.marks,
                limit: words.max_stall,
                hang: words.hang_timeout,
                terminal: words.terminal,
                rate: words.rate,
            }),
            Some(Verb::Report(words)) => Request::Report(drive::Render {
                captures: words.capture,
                ledger: words.ledger,
                outputs: words.output,
                format: words.format.map(Into::into),
                threads: words.threads.into(),
                json: words.json,
                redact: words.redact,
            }),
            Some(Verb::Similar(words)) => Request::Similar(drive::Similar {
                captures: words.capture,
                source: words.source,
                told: match (words.json, words.sarif) {
                    (true, _) => drive::Told::Json,
                    (_, true) => drive::Told::Sarif,
                    _ => drive::Told::Screen,
                },
                check: words.check,
            }),
            Some(Verb::Ps(words)) => Request::Processes(drive::Processes { json: words.json, audit: words.audit.file }),
            Some(Verb::Doctor(words)) => Request::Doctor(drive::Doctor {
                asked: words.target.asked(),
                json: words.json,
                audit: words.audit.file,
            }),
            Some(Verb::Explain(words)) => Request::Explain(words.word.join(" ")),
            Some(Verb::Completions { shell }) => Request::Completions(shell),
            Some(Verb::Man { verb }) => Request::Manual(verb),
        };
        (request, console)
    }
}

impl From<arguments::Diagnose> for Request {
    fn from(words: arguments::Diagnose) -> Self {
        Self::Diagnose(drive::Diagnose {
            asked: words.target.asked(),
            length: words.length,
            rate: words.rate,
            json: words.json,
            output: words.output,
            privacy: words.privacy.into(),
        })
    }
}

impl From<arguments::Watch> for Request {
    fn from(words: arguments::Watch) -> Self {
        if words.explain {
            return Self::Rules(words.output);
        }
        if !words.command.is_empty() {
            // The watcher is asked what we are asked, but for the command.
            let own = std::env::args_os().skip(1);
            return Self::Entry(drive::Entry {
                command: words.command,
                watcher: own.take_while(|word| word != "--").collect(),
            });
        }
        let beside_service = words.service.is_some();
        Self::Watch(drive::Armed {
            asked: words.service.map_or_else(|| words.target.asked(), |pid| pid.to_string()),
            folder: words.output,
            wait: words.wait || beside_service,
            audit: words.audit.file,
            rules: words.rules,
            beside_service,
            door: words.door.into(),
        })
    }
}

impl Request {
    /// Does it, and returns the exit code.
    ///
    /// # Errors
    ///
    /// Whatever the verb raises.
    pub fn carry_out(&self, console: Console) -> Result<u8> {
        let done = match self {
            Self::Test(request) => return suite::test(request, console),
            Self::Similar(request) => return drive::similar(request, console),
            Self::Check(request) => return drive::check(request, console),
            Self::Entry(request) => return drive::entry(request, console),
            Self::Beside(request) => suite::beside(request, console),
            Self::Diagnose(request) => drive::diagnose(request, console),
            Self::Dump(request) => drive::dump(request, console),
            Self::Record(request) => drive::record(request, console),
            Self::Rules(folder) => drive::explain_rules(folder, console),
            Self::Watch(request) => drive::watch(request, console),
            Self::Report(request) => drive::report(request, console),
            Self::Processes(request) => drive::processes(request, console),
            Self::Doctor(request) => drive::doctor(request, console),
            Self::Explain(asked) => drive::explain(asked, console),
            Self::Completions(shell) => completions(*shell, console),
            Self::Manual(verb) => manual(verb.as_deref(), console),
        };
        done.map(|()| ExitCode::Done as u8)
    }
}

/// Prints the completion script.
fn completions(shell: Shell, console: Console) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "hangspy", &mut script);
    console.print(&script)
}

/// Prints a manual page: `man -l <(hangspy man dump)` shows it.
fn manual(verb: Option<&str>, console: Console) -> Result<()> {
    let mut command = Arguments::command();
    command.build();
    if let Some(verb) = verb {
        let known = command.find_subcommand(verb).cloned();
        command = known.ok_or_else(|| Error::Usage {
            message: format!("there is no verb {verb}"),
            hint: Some("list the verbs: hangspy --help".to_owned()),
        })?;
    }
    let title = verb.map_or_else(|| "hangspy".to_owned(), |verb| format!("hangspy-{verb}"));
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .title(title)
        .render(&mut page)
        .map_err(|source| Error::Output { path: "stdout".into(), source })?;
    console.print(&page)
}

/// Whether a word can only have been meant as a verb: it is none that we have, and no pid, port or option.
fn looks_like_a_verb(word: &str) -> bool {
    let plain = word.bytes().all(|letter| letter.is_ascii_lowercase() || letter == b'-');
    plain && !word.starts_with('-') && Arguments::command().find_subcommand(word).is_none()
}

/// Prints what clap has to say, help or a complaint, and tells the exit code.
///
/// # Errors
///
/// When it cannot be printed, and when what stands in the place of a verb is none.
pub fn explain(words: &clap::Error) -> Result<i32> {
    let told = matches!(words.kind(), ErrorKind::UnknownArgument | ErrorKind::ArgumentConflict);
    let first = std::env::args().nth(1).filter(|_| told);
    if let Some(word) = first.filter(|word| looks_like_a_verb(word)) {
        let command = Arguments::command();
        let shown = command.get_subcommands().filter(|verb| !verb.is_hide_set());
        let verbs: Vec<&str> = shown.map(clap::Command::get_name).collect();
        return Err(Error::Usage {
            message: format!("there is no verb {word}"),
            hint: Some(format!("the verbs are {}: hangspy --help", verbs.join(", "))),
        });
    }
    match words.print() {
        Err(source) if source.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::Output { path: "stdout".into(), source })
        }
        _ => Ok(words.exit_code()),
    }
}
