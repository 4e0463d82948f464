//! The program: words in, exit code out.

use std::panic;
use std::process::ExitCode;

use clap::Parser;
use hangspy::cli::{self, Arguments};
use hangspy::drive::{self, Colors, Console};
use hangspy::error::{self, Error};
use hangspy::os;

fn main() -> ExitCode {
    os::allocate_from_one_place();
    // A panic is a defect of ours, wherever it happens: it has its own exit code, not the runtime's.
    panic::catch_unwind(run).unwrap_or(ExitCode::from(error::ExitCode::Bug as u8))
}

fn run() -> ExitCode {
    if let Some(code) = drive::become_service_if_asked() {
        return code;
    }
    #[cfg(feature = "py-spy")]
    if let Some(code) = hangspy::attach::walk_if_asked() {
        return code;
    }
    let (outcome, console) = match Arguments::try_parse() {
        Ok(arguments) => {
            let (request, console) = arguments.request();
            (request.carry_out(console), console)
        }
        Err(words) => {
            let console = Console { colors: Colors::Auto, quiet: false, attended: false };
            match cli::explain(&words) {
                Ok(code) => return ExitCode::from(u8::try_from(code).unwrap_or(error::ExitCode::Usage as u8)),
                Err(error) => (Err(error), console),
            }
        }
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => end_with(&error, console),
    }
}

fn end_with(error: &Error, console: Console) -> ExitCode {
    console.complain(error);
    ExitCode::from(error.exit_code() as u8)
}
