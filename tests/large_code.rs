//! A frame is there whatever its function is called and however long its line table is, and so is what it calls.
#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;
#[path = "common/target.rs"]
mod target;

use std::path::Path;
use std::process::Command;

use hangspy::attach;
use hangspy::read::Sampler;
use hangspy::snapshot::{Code, StackSample};
use interpreters::{Interpreter, interpreters};
use target::Target;

/// The lines that `large_code.py` is on, innermost first: names and lines of all its frames.
fn frames(interpreter: &Interpreter, mode: &str) -> Vec<(Code, Option<u32>)> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/programs/large_code.py");
    let target = Target::start(Command::new(&interpreter.path).arg(program).arg(mode));
    let mut sampler = Sampler::new(attach::attach(target.process()).expect("attaching works"));
    let snapshot = sampler.snapshot().expect("the process can be read");
    let thread = snapshot.threads.iter().find_map(|thread| thread.python.as_ref()).expect("a thread of Python's");
    let StackSample::Stable(stack) = thread.stack else { panic!("{}, {mode}: {:?}", interpreter.name(), thread.stack) };
    let (codes, stacks) = (sampler.new_codes(), sampler.new_stacks());
    let frames = stacks.get(stack.0 as usize).expect("the stack").iter();
    frames.map(|frame| (codes.get(frame.code.0 as usize).expect("its code").clone(), frame.line)).collect()
}

/// For every interpreter: the frame that calls `wait`.
fn callers(mode: &str, check: impl Fn(&str, &Code, Option<u32>)) {
    for interpreter in &interpreters() {
        let frames = frames(interpreter, mode);
        assert_eq!(frames.first().map(|(code, _)| code.name.as_str()), Some("wait"), "{}, {mode}", interpreter.name());
        assert_eq!(
            frames.last().map(|(code, _)| code.name.as_str()),
            Some("<module>"),
            "{}, {mode}",
            interpreter.name()
        );
        let (code, line) = frames.get(1).expect("it is called by somebody");
        check(&interpreter.name(), code, *line);
    }
}

#[test]
fn a_generated_module_of_60_000_lines_is_on_its_last_line() {
    callers("module", |name, code, line| {
        assert_eq!((code.file.as_str(), line), ("/srv/generated.py", Some(60_000)), "{name}");
    });
}

#[test]
fn a_name_of_5_000_characters_is_cut_and_says_so() {
    callers("name", |name, code, line| {
        let characters: Vec<char> = code.name.chars().collect();
        assert_eq!((characters.len(), characters.last(), line), (1025, Some(&'…'), Some(2)), "{name}");
        assert!(code.name.starts_with("né日né日"), "{name}: {:?}", code.name);
    });
}

#[test]
fn a_name_of_a_subclass_of_str_is_read_where_it_is() {
    callers("subclass", |name, code, _| assert_eq!(code.name, "named", "{name}"));
}

#[test]
fn a_line_table_of_5_mebibytes_gives_the_right_line_or_none() {
    callers("table", |name, code, line| {
        assert_eq!(code.name, "outer", "{name}");
        assert!(line.is_none_or(|line| line == code.first_line + 1), "{name}: {line:?}");
    });
}
