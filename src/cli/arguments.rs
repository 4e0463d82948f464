//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::drive::{self, Colors, Format, GraphThreads, duration};
use crate::gateway::Listen;

/// The version; `scripts/release` adds the commit.
const VERSION: &str = match option_env!("HANGSPY_VERSION") {
    Some(version) => version,
    None => env!("CARGO_PKG_VERSION"),
};

/// Says, from outside and without stopping it, why a Python web worker hangs
#[derive(Debug, Parser)]
#[command(
    name = "hangspy",
    version = VERSION,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    subcommand_precedence_over_arg = true,
    after_help = "\
Examples:
  hangspy                        diagnose the only Python server visible here
  hangspy 4711 -o incident       diagnose a process; keep capture, report and flame graph
  hangspy :8000 --json           diagnose whoever listens on port 8000; for machines
  hangspy dump gunicorn          what every thread of every worker does right now
  hangspy record :8000 --for 30s -o profile.svg
  hangspy test -- pytest         which tests block an event loop

Without a verb, hangspy diagnoses. See `hangspy VERB --help` for each verb."
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub verb: Option<Verb>,
    /// What to do without a verb.
    #[command(flatten)]
    pub diagnose: Diagnose,
    /// When to use colour
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto, global = true, value_name = "WHEN")]
    pub color: ColorChoice,
    /// Say nothing on stderr but errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// End when standard input ends, and say every 15 s that the run goes on: for `exec` sessions that may be cut off
    #[arg(long, global = true)]
    pub attended: bool,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl From<ColorChoice> for Colors {
    fn from(choice: ColorChoice) -> Self {
        match choice {
            ColorChoice::Auto => Self::Auto,
            ColorChoice::Always => Self::Always,
            ColorChoice::Never => Self::Never,
        }
    }
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Say what is wrong and whom to blame (the verb when none is given)
    Diagnose(Diagnose),
    /// Show what every thread and loop does at this instant
    Dump(Dump),
    /// Profile for a while and write flame graphs
    Record(Record),
    /// Watch all day, count small stalls, and capture what happened when there is a hang
    Watch(Watch),
    /// Say whether a loop is blocked for too long, for liveness probes
    Check(Check),
    /// Run tests, and say which of them block an event loop, where and why
    Test(Test),
    /// Look at a process that runs tests, and answer what the plugin of pytest in it asks: `pytest --hangspy` starts this
    #[command(hide = true)]
    Beside(Beside),
    /// Make the outputs again from a kept capture
    Report(Report),
    /// Find the same mistake elsewhere in the source: calls that block an event loop
    Similar(Similar),
    /// List the Python processes here
    Ps(Ps),
    /// Say what may be read, which gate refuses, and what opens it
    Doctor(Doctor),
    /// Say what a verdict means, how it was recognised, and how to mend it
    Explain(Explain),
    /// Print the completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, of hangspy or of a verb
    Man {
        /// The verb
        verb: Option<String>,
    },
}

/// Which process is meant.
#[derive(Debug, Args)]
pub struct Target {
    /// A pid, :PORT or a name; a master means its workers; nothing means the only Python server here
    pub target: Option<String>,
    /// The pid, as other tools are asked
    #[arg(short, long, value_name = "PID", conflicts_with = "target")]
    pub pid: Option<u32>,
}

impl Target {
    /// What the user named; nothing is empty.
    #[must_use]
    pub fn asked(self) -> String {
        self.pid.map(|pid| pid.to_string()).or(self.target).unwrap_or_default()
    }
}

/// `hangspy diagnose`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hangspy diagnose                      the only Python server visible here
  hangspy diagnose 4711 --for 10s       look longer
  hangspy diagnose :8000 -o incident    keep capture, report and flame graph in ./incident
  hangspy diagnose uvicorn --json       one JSON object on stdout

The exit code is 0 whatever is found; a finding is data. It is 3 when hangspy may not read the
process, 4 when there is none, 5 when it is not Python.")]
pub struct Diagnose {
    /// Which process.
    #[command(flatten)]
    pub target: Target,
    /// How long to look
    #[arg(long = "for", value_name = "DURATION", default_value = "3s", value_parser = duration::parse)]
    pub length: Duration,
    /// Looks per second
    #[arg(long, value_name = "HERTZ", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rate: u32,
    /// Print one JSON object instead of the screen
    #[arg(long)]
    pub json: bool,
    /// Keep the capture and write report, JSON and flame graph into this folder
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// What is not told, and what is written down.
    #[command(flatten)]
    pub privacy: Privacy,
}

/// `hangspy dump`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hangspy dump                the only Python server visible here
  hangspy dump 4711           one process
  hangspy dump :8000 --json   for machines")]
pub struct Dump {
    /// Which process.
    #[command(flatten)]
    pub target: Target,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// What is not told, and what is written down.
    #[command(flatten)]
    pub privacy: Privacy,
}

/// `hangspy record`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hangspy record :8000 --for 30s -o profile.svg
  hangspy record 4711 --for 1m -o all.svg --threads all
  hangspy record 4711 --for 30s -o run.hangspy -o run.collapsed -o run.json
  hangspy record 4711 --for 30s -o out/          the usual formats, into a folder
  hangspy record 4711 --for 30s -o cpu.pb.gz && go tool pprof -top cpu.pb.gz

The ending chooses the format: .svg flame graph, .collapsed or .folded stacks, .json report,
.txt report, .hangspy capture; for other profilers .pb.gz or .pprof, .pstats or .prof,
.speedscope.json. Ctrl-C ends early and keeps what was gathered.")]
pub struct Record {
    /// Which process.
    #[command(flatten)]
    pub target: Target,
    /// How long to record
    #[arg(long = "for", value_name = "DURATION", default_value = "30s", value_parser = duration::parse)]
    pub length: Duration,
    /// Looks per second
    #[arg(long, value_name = "HERTZ", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rate: u32,
    /// Where to write; may be given several times; a folder gets the usual ones
    #[arg(short, long, value_name = "FILE", required = true)]
    pub output: Vec<PathBuf>,
    /// The format of all files, whatever they end in
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<FormatChoice>,
    /// Which threads a flame graph shows
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = ThreadsChoice::Fitting)]
    pub threads: ThreadsChoice,
    /// What is not told, and what is written down.
    #[command(flatten)]
    pub privacy: Privacy,
}

/// `hangspy test`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hangspy test -- pytest                         what blocks event loops, by test and by function
  hangspy test --max-stall 50ms -- pytest -n 4   and ends with 1 when a test blocks one for longer
  hangspy test -o blocks -- uv run pytest        keep the whole report in ./blocks
  hangspy test --hang-timeout 60s -- pytest      end a run that hangs, and tell in what
  hangspy test -- python -m unittest             by process: only pytest says which test runs
  pytest --hangspy=50ms                          without us around it: a test that blocks one fails

The exit code is the command's own; it is 1 when that is 0 and a test broke the limit. With
--json the command's standard output goes to standard error.")]
pub struct Test {
    /// For how long a test may block an event loop; without it nothing is judged
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub max_stall: Option<Duration>,
    /// End the run when a test lasts so long, and tell what it hangs in; needs the plugin of pytest
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub hang_timeout: Option<Duration>,
    /// Looks per second
    #[arg(long, value_name = "HERTZ", default_value_t = 100, value_parser = clap::value_parser!(u32).range(10..=1000))]
    pub rate: u32,
    /// Print one JSON object instead of the screen
    #[arg(long)]
    pub json: bool,
    /// Write the whole report into this folder: tests.txt and tests.json
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// The command and its arguments, behind two dashes
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// `hangspy beside`
#[derive(Debug, Args)]
pub struct Beside {
    /// The process
    pub process: u32,
    /// The folder in which it says which test it runs
    #[arg(long, value_name = "DIR")]
    pub marks: PathBuf,
    /// For how long a test may block an event loop; without it nothing is judged
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub max_stall: Option<Duration>,
    /// For how long a phase of a test may last
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub hang_timeout: Option<Duration>,
    /// Where to tell what it hangs in when pytest cannot
    #[arg(long, value_name = "FILE")]
    pub terminal: Option<PathBuf>,
    /// Looks per second
    #[arg(long, value_name = "HERTZ", default_value_t = 100, value_parser = clap::value_parser!(u32).range(10..=1000))]
    pub rate: u32,
}

/// What is not told of a target, and what is written down about looking at it.
#[derive(Debug, Args)]
pub struct Privacy {
    /// Leave out source lines, addresses, folders and URLs; keeps no capture
    #[arg(long)]
    pub redact: bool,
    /// What is written down.
    #[command(flatten)]
    pub audit: Audit,
}

/// What is written down about looking at a target.
#[derive(Debug, Args)]
pub struct Audit {
    /// Add a line for each attach to this file: who, when, whom, what could be read and by what right
    #[arg(long = "audit", value_name = "FILE")]
    pub file: Option<PathBuf>,
}

impl From<Privacy> for drive::Privacy {
    fn from(words: Privacy) -> Self {
        Self { redact: words.redact, audit: words.audit.file }
    }
}

/// `hangspy watch`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hangspy watch -o /var/lib/hangspy             the only Python server visible here
  hangspy watch :8000 -o incidents --wait       also when it starts later
  hangspy watch -o incidents -- uvicorn app:app starts the service itself, as the entry point of a container
  kill -USR1 PID                                an incident now, of whatever it watches
  hangspy watch --explain -o incidents          what each rule saw last, and why it did or did not act
  hangspy report --ledger /var/lib/hangspy      the small stalls so far, ranked
  hangspy watch :8000 -o incidents --listen 127.0.0.1:9777
                                                alerts of Prometheus or Grafana capture one: POST /alerts

It follows workers as they come and go, and writes a folder of files as `diagnose -o` does when a loop is
blocked for 1 s, waits for the GIL half of 3 s, when threads or tasks are deadlocked, a pool is waited for
2 s, a request or a task is stuck for 10 s, a worker in trouble is replaced, or SIGUSR1 comes; with the minute
before. At most 5 an hour, the same again after 60 s, 120 s, ..., the oldest go beyond 200 MiB. SIGTERM
writes what was seen last and ends it.

A file of rules has a table for each that it changes: [loop-blocked] limit, limit-outside-of-service;
[loop-starved] share; [deadlock], [pool-exhausted], [tasks-stuck] limit; [old-request] limit, exclude (paths
in which * stands for anything); [worker-replaced]. Each may be off = true. Lengths read \"500ms\", \"3s\".")]
pub struct Watch {
    /// Which process.
    #[command(flatten)]
    pub target: Target,
    /// Where incidents and the ledger of small stalls are kept; made if it is not there
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// Wait for a target that is not there yet
    #[arg(long)]
    pub wait: bool,
    /// Rules other than the built-in ones, in TOML
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// Say of each rule of the watch in DIR what it saw last and why it did or did not set off a capture, and end
    #[arg(long, conflicts_with_all = ["target", "pid", "command", "wait", "rules", "service"])]
    pub explain: bool,
    /// Where alerts come in.
    #[command(flatten)]
    pub door: Door,
    /// What is written down.
    #[command(flatten)]
    pub audit: Audit,
    /// The service that we have started and that is to be watched
    #[arg(long, hide = true, value_name = "PID", conflicts_with_all = ["target", "pid", "command"])]
    pub service: Option<u32>,
    /// A service to be started and watched, behind two dashes; ends with its exit code
    #[arg(last = true, value_name = "COMMAND", conflicts_with_all = ["target", "pid"])]
    pub command: Vec<OsString>,
}

/// `hangspy check`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hangspy check --max-stall 5s -o /var/lib/hangspy    the only Python server visible here
  hangspy check :8000 --max-stall 10s                 whoever listens on a port; a master means its workers

One line on standard output. The exit code is 1 when a loop has been in one step for longer than that, and what
was seen is kept before. Else it is 0; 6 when nothing can be told and that is to be a failure.")]
pub struct Check {
    /// Which process.
    #[command(flatten)]
    pub target: Target,
    /// For how long a loop may be blocked
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration::parse)]
    pub max_stall: Duration,
    /// Keep what was seen of a stall among the incidents in this folder
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// What it means when nothing can be told: no such process, no right to read it
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = Unknown::Pass)]
    pub if_unknown: Unknown,
    /// Where the kubelet reads why a container ended
    #[arg(long, value_name = "FILE", default_value = "/dev/termination-log")]
    pub termination_log: PathBuf,
    /// What is written down.
    #[command(flatten)]
    pub audit: Audit,
}

/// What it means that nothing can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Unknown {
    /// The check passes
    Pass,
    /// The check fails, with 6
    Fail,
}

/// Where alerts come in.
#[derive(Debug, Args)]
pub struct Door {
    /// Take alerts, requests for captures and scrapes at ADDRESS:PORT or unix:PATH; GET / lists what can be asked for
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<Listen>,
    /// A file with the token that every request must bear; needed where others than this machine reach the address
    #[arg(long, value_name = "FILE", requires = "listen")]
    pub token_file: Option<PathBuf>,
    /// A file with the secret that Grafana signs its notifications with, instead of bearing the token
    #[arg(long, value_name = "FILE", requires = "listen")]
    pub secret_file: Option<PathBuf>,
}

impl From<Door> for Option<drive::Door> {
    fn from(words: Door) -> Self {
        let (token, secret) = (words.token_file, words.secret_file);
        words.listen.map(|listen| drive::Door { listen, token, secret })
    }
}

/// `hangspy report`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hangspy report incident/capture.hangspy                 the screen again
  hangspy report incident/capture.hangspy -o again/       every output again, byte for byte
  hangspy report run.hangspy -o gil.svg --threads gil
  hangspy report --ledger /var/lib/hangspy                the small stalls that a watch has counted")]
pub struct Report {
    /// Captures that `hangspy diagnose -o` or `hangspy record -o` kept
    #[arg(required_unless_present = "ledger")]
    pub capture: Vec<PathBuf>,
    /// Rank the small stalls that `hangspy watch -o DIR` has counted, instead
    #[arg(long, value_name = "DIR", conflicts_with_all = ["capture", "output", "format", "redact"])]
    pub ledger: Option<PathBuf>,
    /// Where to write; a folder gets the usual ones; without it the screen is printed
    #[arg(short, long, value_name = "FILE")]
    pub output: Vec<PathBuf>,
    /// The format of all files, whatever they end in
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<FormatChoice>,
    /// Which threads a flame graph shows
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = ThreadsChoice::Fitting)]
    pub threads: ThreadsChoice,
    /// Print one JSON object instead of the screen
    #[arg(long)]
    pub json: bool,
    /// Leave out source lines, addresses, folders and URLs
    #[arg(long)]
    pub redact: bool,
}

/// `hangspy similar`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hangspy similar incident/capture.hangspy --source .   the calls that the capture shows, elsewhere
  hangspy similar --source src --check                  all that are known to block; ends with 1 when there is one
  hangspy similar --source . --sarif > similar.sarif    for what shows findings beside the code

Nothing is imported or run. From each `async def` it follows plain functions and methods of the source to
calls that block; what is handed to a thread is not called there. `# hangspy: allow REASON` at a call, or
at the function that makes it, quiets it.")]
pub struct Similar {
    /// Captures that show what blocked a loop; without one, all calls that are known to block
    pub capture: Vec<PathBuf>,
    /// The folder of the source, or one file
    #[arg(long, value_name = "DIR")]
    pub source: PathBuf,
    /// Print one JSON object
    #[arg(long, conflicts_with = "sarif")]
    pub json: bool,
    /// Print SARIF 2.1.0
    #[arg(long)]
    pub sarif: bool,
    /// End with 1 when there is such a call
    #[arg(long)]
    pub check: bool,
}

/// `hangspy ps`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hangspy ps           a table
  hangspy ps --json    for machines")]
pub struct Ps {
    /// Print one JSON array
    #[arg(long)]
    pub json: bool,
    /// What is written down.
    #[command(flatten)]
    pub audit: Audit,
}

/// `hangspy doctor`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hangspy doctor                the only Python server visible here
  hangspy doctor 4711           one process
  hangspy doctor :8000 --json   for machines

The exit code is 0 when the memory can be read, 3 when a gate refuses it, 4 when there is no such
process, 5 when it is not Python.")]
pub struct Doctor {
    /// Which process.
    #[command(flatten)]
    pub target: Target,
    /// Print one JSON array
    #[arg(long)]
    pub json: bool,
    /// What is written down.
    #[command(flatten)]
    pub audit: Audit,
}

/// `hangspy explain`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hangspy explain                 all kinds and causes, a line each
  hangspy explain loop-blocked    one of them at length
  hangspy explain socket-read")]
pub struct Explain {
    /// A kind or a cause, as a verdict names it; nothing lists them
    #[arg(value_name = "KIND|CAUSE")]
    pub word: Vec<String>,
}

/// Output formats by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatChoice {
    /// A flame graph
    Svg,
    /// Collapsed stacks, a line each
    Collapsed,
    /// pprof's gzipped protocol buffer
    Pprof,
    /// Statistics for Python's pstats
    Pstats,
    /// JSON for speedscope
    Speedscope,
    /// The report as JSON
    Json,
    /// The report as text
    Text,
    /// The capture itself
    Capture,
}

impl From<FormatChoice> for Format {
    fn from(choice: FormatChoice) -> Self {
        match choice {
            FormatChoice::Svg => Self::FlameGraph,
            FormatChoice::Collapsed => Self::Collapsed,
            FormatChoice::Pprof => Self::Pprof,
            FormatChoice::Pstats => Self::Pstats,
            FormatChoice::Speedscope => Self::Speedscope,
            FormatChoice::Json => Self::Json,
            FormatChoice::Text => Self::Text,
            FormatChoice::Capture => Self::Capture,
        }
    }
}

/// Which threads a flame graph shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ThreadsChoice {
    /// Those that the worst verdict is about: whoever had the GIL when a loop was starved of it, the tasks when those are
    /// stuck, else the loops
    Fitting,
    /// Threads that run an event loop, by wall clock, their polling left out
    Loop,
    /// All threads, by wall clock
    All,
    /// Whoever holds the GIL
    Gil,
    /// What tasks wait for, one unit wide for each, and what the other threads do
    Tasks,
}

impl From<ThreadsChoice> for GraphThreads {
    fn from(choice: ThreadsChoice) -> Self {
        match choice {
            ThreadsChoice::Fitting => Self::Fitting,
            ThreadsChoice::Loop => Self::Loop,
            ThreadsChoice::All => Self::All,
            ThreadsChoice::Gil => Self::Gil,
            ThreadsChoice::Tasks => Self::Tasks,
        }
    }
}
