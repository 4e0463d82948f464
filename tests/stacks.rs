//! Our stacks against the target's own account of them, and against py-spy's, on every interpreter found.

#![expect(clippy::expect_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/interpreters.rs"]
mod interpreters;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use hangspy::attach::{self, Access, Session};
use hangspy::error::Gate;
use hangspy::memory::ReadError;
use hangspy::read::Sampler;
use hangspy::snapshot::{Code, Frame, Process, ProcessId, Snapshot, StackSample, ThreadId, Why};
use interpreters::{Interpreter, interpreters};

/// A frame in words: function, qualified name where the interpreter keeps it, file, line.
type Words = (String, Option<String>, String, Option<u32>);

/// A program of ours that ends with the test.
struct Target {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Target {
    fn start(interpreter: &Interpreter, program: &str, arguments: &[&str]) -> Self {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/programs").join(program);
        let mut command = Command::new(&interpreter.path);
        command.arg("-u").arg(program).args(arguments).env("PYTHONIOENCODING", "utf-8");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        Self { child, input, output }
    }

    /// The next line that the program says.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("its output can be read");
        assert!(line.ends_with('\n'), "the program ended early: run it by hand, fixtures/programs");
        line.trim_end().to_owned()
    }

    /// Tells the program something.
    fn tell(&mut self, line: &str) {
        writeln!(self.input.as_mut().expect("its input is open"), "{line}").expect("the program listens");
    }

    fn sampler(&self) -> Sampler {
        Sampler::new(attach::attach(process(self.child.id())).expect("attaching works"))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn process(pid: u32) -> Process {
    Process::numbered(ProcessId(pid))
}

/// What a sampler has seen so far.
#[derive(Default)]
struct Seen {
    codes: Vec<Code>,
    stacks: Vec<Vec<Frame>>,
}

impl Seen {
    fn look(&mut self, sampler: &mut Sampler) -> Result<Snapshot, ReadError> {
        let snapshot = sampler.snapshot();
        self.codes.extend(sampler.new_codes());
        self.stacks.extend(sampler.new_stacks());
        snapshot
    }

    fn frames(&self, stack: StackSample) -> Option<(bool, Vec<Words>)> {
        let (whole, stack) = match stack {
            StackSample::Stable(stack) => (true, stack),
            StackSample::Cut(stack) => (false, stack),
            StackSample::Torn | StackSample::Unknown(_) => return None,
        };
        let words = |frame: &Frame| {
            let code = &self.codes[frame.code.0 as usize];
            (code.name.clone(), code.qualified_name.get().cloned(), code.file.clone(), frame.line)
        };
        Some((whole, self.stacks[stack.0 as usize].iter().map(words).collect()))
    }

    /// Frames of every thread that has a whole stack.
    fn whole(&self, snapshot: &Snapshot) -> BTreeMap<ThreadId, Vec<Words>> {
        let python = snapshot.threads.iter().filter_map(|sample| Some((sample.thread, sample.python.as_ref()?)));
        python
            .filter_map(|(thread, python)| match self.frames(python.stack) {
                Some((true, frames)) => Some((thread, frames)),
                _ => None,
            })
            .collect()
    }
}

/// What `parked.py` says of its own threads.
fn account(line: &str) -> BTreeMap<ThreadId, Vec<Words>> {
    let threads: BTreeMap<String, Vec<Words>> = serde_json::from_str(line).expect("one line of JSON");
    threads.into_iter().map(|(thread, frames)| (ThreadId(thread.parse().expect("a thread id")), frames)).collect()
}

#[test]
fn our_stacks_are_the_programs_own() {
    for interpreter in &interpreters() {
        let name = interpreter.name();
        let mut target = Target::start(interpreter, "parked.py", &[]);
        let account = account(&target.line());
        let mut sampler = target.sampler();
        let mut seen = Seen::default();
        for look in 1..=3 {
            let snapshot = seen.look(&mut sampler).expect("the process can be read");
            assert!(snapshot.gaps.is_empty(), "{name}: gaps in look {look}: {:?}", snapshot.gaps);
            let ours = seen.whole(&snapshot);
            for (thread, theirs) in &account {
                let ours = ours.get(thread).unwrap_or_else(|| panic!("{name}: no whole stack of thread {thread}"));
                assert_eq!(ours.len(), theirs.len(), "{name}: depth of {:?} in look {look}", theirs.first());
                for (depth, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                    assert_eq!(ours, theirs, "{name}: frame {depth} of thread {thread} in look {look}");
                }
            }
            // The thread that waits for the pool's worker has no account of its own.
            assert!(ours.len() > account.len(), "{name}: {} of {} threads", ours.len(), account.len());
        }
        assert_eq!(sampler.ledger().torn + sampler.ledger().cut, 0, "{name}: parked threads do not move");
    }
}

#[cfg(feature = "py-spy")]
#[test]
fn our_stacks_are_those_of_py_spy() {
    for interpreter in &interpreters() {
        let name = interpreter.name();
        let mut target = Target::start(interpreter, "parked.py", &[]);
        let account = account(&target.line());
        let mut seen = Seen::default();
        let snapshot = seen.look(&mut target.sampler()).expect("the process can be read");
        let ours = seen.whole(&snapshot);
        let settings = py_spy::Config {
            blocking: py_spy::config::LockingStrategy::NonBlocking,
            full_filenames: true,
            ..py_spy::Config::default()
        };
        let pid = py_spy::Pid::try_from(target.child.id()).expect("a process id");
        let mut spy = py_spy::PythonSpy::new(pid, &settings).expect("py-spy attaches");
        let mut compared = 0;
        let named = |wanted: &Option<String>| {
            let mut python = snapshot
                .threads
                .iter()
                .filter(|sample| sample.python.as_ref().is_some_and(|python| python.name.get() == wanted.as_ref()));
            python.next().map(|sample| sample.thread)
        };
        for trace in spy.get_stack_traces().expect("py-spy reads the stacks") {
            // Up to 3.10 py-spy has no kernel ids, but the threads have different names.
            let thread = trace.os_thread_id.and_then(|id| u32::try_from(id).ok()).map(ThreadId);
            let Some(thread) = thread.or_else(|| named(&trace.thread_name)) else { continue };
            let Some(ours) = ours.get(&thread).filter(|_| account.contains_key(&thread)) else { continue };
            // py-spy has qualified names where the interpreter keeps them, and its own files for exec'ed text.
            let theirs: Vec<(String, String, Option<u32>)> = trace
                .frames
                .into_iter()
                .map(|frame| (frame.name, frame.filename, u32::try_from(frame.line).ok().filter(|line| *line > 0)))
                .collect();
            let ours: Vec<(String, String, Option<u32>)> = ours
                .iter()
                .map(|(name, qualified, file, line)| (qualified.clone().unwrap_or(name.clone()), file.clone(), *line))
                .collect();
            assert_eq!(ours, theirs, "{name}: thread {thread}");
            compared += 1;
        }
        assert!(compared > account.len() / 2, "{name}: py-spy knew only {compared} of {} threads", account.len());
    }
}

#[test]
fn a_name_is_never_that_of_a_function_that_is_gone() {
    for interpreter in &interpreters() {
        let name = interpreter.name();
        let mut target = Target::start(interpreter, "passing_names.py", &[]);
        assert_eq!(target.line(), "ready");
        let mut sampler = target.sampler();
        let mut seen = Seen::default();
        let mut named = 0;
        for _ in 0..400 {
            let snapshot = seen.look(&mut sampler).expect("the process can be read");
            for sample in &snapshot.threads {
                let Some(python) = &sample.python else { continue };
                let Some((_, frames)) = seen.frames(python.stack) else { continue };
                let Some(thread) = python.name.get().and_then(|name| name.strip_prefix("maker ")) else { continue };
                for (function, _, file, line) in frames {
                    let Some((owner, kind)) = function.strip_prefix('f').and_then(|rest| rest.split_once('_')) else {
                        continue;
                    };
                    let kind: u32 = kind.parse().expect("a number");
                    assert_eq!(owner, thread, "{name}: a function of another thread, line {line:?} of {file}");
                    assert_eq!(file, format!("<maker {owner}, {kind}>"), "{name}: the file of {function}");
                    let first = kind + 1;
                    let lines = [Some(first), Some(10)];
                    assert!(lines.contains(&line), "{name}: {function} is on {line:?}, which is none of {lines:?}");
                    named += 1;
                }
            }
        }
        assert!(named > 100, "{name}: the functions were met only {named} times in 400 looks");
    }
}

#[test]
fn a_mixture_of_two_call_chains_is_not_reported() {
    for interpreter in &interpreters() {
        for threads in ["1", "4"] {
            let name = interpreter.name();
            let mut target = Target::start(interpreter, "hot_chains.py", &[threads]);
            assert_eq!(target.line(), "ready");
            let mut sampler = target.sampler();
            let mut seen = Seen::default();
            let (mut kept, mut mixed, mut lost) = (0_u32, Vec::new(), 0_u32);
            for _ in 0..500 {
                let snapshot = seen.look(&mut sampler).expect("the process can be read");
                for python in snapshot.threads.iter().filter_map(|sample| sample.python.as_ref()) {
                    let Some((_, frames)) = seen.frames(python.stack) else {
                        lost += 1;
                        continue;
                    };
                    let chain: Vec<&str> = frames
                        .iter()
                        .rev()
                        .map(|(function, ..)| function.as_str())
                        .skip_while(|function| *function != "run" || frames.len() < 2)
                        .skip_while(|function| *function == "run")
                        .collect();
                    kept += 1;
                    let Some(letter) = chain.first().and_then(|function| function.chars().next()) else { continue };
                    if chain.iter().zip(0..).any(|(function, step)| **function != format!("{letter}{step}")) {
                        mixed.push(chain.join(" "));
                    }
                }
            }
            // One in fifty is what the reader promises.
            assert!(
                mixed.len() * 50 <= kept as usize,
                "{name}, {threads} threads: {} of {kept} stacks never were: {:?}",
                mixed.len(),
                mixed.first()
            );
            assert!(lost * 2 < kept, "{name}, {threads} threads: {lost} stacks lost, {kept} kept");
        }
    }
}

#[test]
fn threads_that_come_and_go() {
    for interpreter in &interpreters() {
        let name = interpreter.name();
        let mut target = Target::start(interpreter, "short_threads.py", &[]);
        assert_eq!(target.line(), "ready");
        let mut sampler = target.sampler();
        let mut seen = Seen::default();
        for look in 0..200 {
            let snapshot = seen.look(&mut sampler).expect("the process can be read");
            let staying = seen
                .whole(&snapshot)
                .values()
                .filter(|frames| frames.first().is_some_and(|(function, ..)| function == "staying"))
                .count();
            assert_eq!(staying, 5, "{name}: threads that stay, in look {look}");
            let mut ids: Vec<ThreadId> = snapshot.threads.iter().map(|sample| sample.thread).collect();
            let sorted = ids.clone();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(sorted, ids, "{name}: threads are sorted and there once");
        }
    }
}

#[test]
fn every_interpreter_of_a_process_is_read() {
    for interpreter in interpreters().iter().filter(|interpreter| interpreter.version.1 >= 12) {
        let name = interpreter.name();
        let mut target = Target::start(interpreter, "interpreters.py", &[]);
        assert_eq!(target.line(), "ready");
        let mut seen = Seen::default();
        let snapshot = seen.look(&mut target.sampler()).expect("the process can be read");
        assert_eq!(snapshot.interpreters.len(), 3, "{name}: interpreters");
        let functions = |thread: &ThreadId| -> Vec<String> {
            let frames = seen.whole(&snapshot).remove(thread).unwrap_or_default();
            frames.into_iter().map(|(function, ..)| function).collect()
        };
        let main = functions(&ThreadId(target.child.id()));
        assert_eq!(main, ["in_main_thread", "<module>", "called", "<module>"], "{name}: the main thread");
        let others: Vec<Vec<String>> = snapshot.threads.iter().map(|sample| functions(&sample.thread)).collect();
        let apart = others.iter().find(|frames| frames.iter().any(|function| function == "in_own_thread"));
        let apart = apart.unwrap_or_else(|| panic!("{name}: no thread runs the other interpreter: {others:?}"));
        assert_eq!(apart[..3], ["in_own_thread", "<module>", "apart"], "{name}: the thread of the other interpreter");
    }
}

#[test]
fn a_target_that_ends_is_gone() {
    for interpreter in &interpreters() {
        let mut target = Target::start(interpreter, "short_threads.py", &[]);
        assert_eq!(target.line(), "ready");
        let mut sampler = target.sampler();
        let mut seen = Seen::default();
        seen.look(&mut sampler).expect("the process can be read");
        drop(target.input.take());
        let ended = loop {
            match seen.look(&mut sampler) {
                Ok(_) => {}
                Err(ReadError::Gone) => break true,
                // What is being torn down need not make sense.
                Err(_) if target.child.try_wait().expect("it is our child").is_none() => {}
                Err(_) => break seen.look(&mut sampler) == Err(ReadError::Gone),
            }
        };
        assert!(ended, "{}: a process that ended must be said to be gone", interpreter.name());
    }
}

#[test]
fn a_thread_that_slept_and_went_on_is_read_again() {
    for interpreter in &interpreters() {
        let name = interpreter.name();
        let mut target = Target::start(interpreter, "steps.py", &[]);
        let mut sampler = target.sampler();
        let mut seen = Seen::default();
        for step in 0..60 {
            let function = target.line();
            for look in 0..step % 4 {
                let snapshot = seen.look(&mut sampler).expect("the process can be read");
                let walker = snapshot
                    .threads
                    .iter()
                    .filter_map(|sample| sample.python.as_ref())
                    .find(|python| python.name.get().is_some_and(|name| name == "walker"));
                let stack = seen.frames(walker.expect("the thread is there").stack);
                let (whole, frames) = stack.unwrap_or_else(|| panic!("{name}: no stack in step {step}"));
                let functions: Vec<&str> = frames.iter().map(|(function, ..)| function.as_str()).take(3).collect();
                assert!(whole, "{name}: the thread sleeps, yet its stack is cut");
                assert_eq!(functions, ["wait", &function, "walk"], "{name}: step {step}, look {look}");
            }
            target.tell("go on");
        }
    }
}

#[test]
fn a_function_whose_texts_changed_inside_is_read_again() {
    // Longer than the code of a thread that moves is proven ahead.
    const LOOKS: usize = 40;
    for interpreter in &interpreters() {
        let name = interpreter.name();
        let mut target = Target::start(interpreter, "late_hashes.py", &[]);
        let mut sampler = target.sampler();
        let mut seen = Seen::default();
        for (place, expected) in [("in", "leaf"), ("out", "<module>"), ("in", "leaf")] {
            assert_eq!(target.line(), place);
            let mut innermost = None;
            for _ in 0..LOOKS {
                let snapshot = seen.look(&mut sampler).expect("the process can be read");
                innermost = seen.whole(&snapshot).into_values().next().map(|frames| frames[0].0.clone());
            }
            assert_eq!(innermost.as_deref(), Some(expected), "{name}");
            target.tell("go on");
        }
    }
}

#[test]
fn a_forked_child_is_read() {
    for interpreter in &interpreters() {
        let name = interpreter.name();
        let mut target = Target::start(interpreter, "forked.py", &[]);
        let line = target.line();
        let child = line.strip_prefix("child ").and_then(|pid| pid.parse().ok()).expect("the pid of the child");
        for (pid, expected, threads) in [(child, "in_child", 1), (target.child.id(), "in_parent", 4)] {
            let mut sampler = Sampler::new(attach::attach(process(pid)).expect("attaching works"));
            let mut seen = Seen::default();
            let snapshot = seen.look(&mut sampler).expect("the process can be read");
            let whole = seen.whole(&snapshot);
            assert_eq!(snapshot.threads.len(), threads, "{name}: threads of {pid}");
            let innermost = whole.get(&ThreadId(pid)).and_then(|frames| frames.first());
            assert_eq!(
                innermost.map(|(function, ..)| function.as_str()),
                Some(expected),
                "{name}: main thread of {pid}"
            );
        }
    }
}

#[test]
fn two_thousand_threads() {
    let found = interpreters();
    for interpreter in found.first().into_iter().chain(found.last()) {
        let name = interpreter.name();
        let mut target = Target::start(interpreter, "many_threads.py", &["2000", "6"]);
        assert_eq!(target.line(), "ready");
        let mut sampler = target.sampler();
        let mut seen = Seen::default();
        let mut before: Option<Snapshot> = None;
        for look in 0..4 {
            let snapshot = seen.look(&mut sampler).expect("the process can be read");
            if let Some(before) = before.filter(|_| look > 1) {
                let pairs = snapshot.threads.iter().zip(&before.threads);
                let changed = pairs.filter(|(now, before)| now != before).count();
                assert!(changed < 200, "{name}: samples of {changed} threads differ although they sleep");
            }
            let waiting = seen.whole(&snapshot).into_values().filter(|frames| frames.len() == 6).count();
            assert!(waiting >= 1998, "{name}: only {waiting} whole stacks of six frames");
            assert!(snapshot.gaps.is_empty(), "{name}: {:?}", snapshot.gaps);
            before = Some(snapshot);
        }
    }
}

#[test]
fn without_memory_the_kernels_view_remains() {
    let found = interpreters();
    let interpreter = found.last().expect("an interpreter");
    let mut target = Target::start(interpreter, "many_threads.py", &["4", "6"]);
    assert_eq!(target.line(), "ready");
    let access = Access::ProcOnly { gate: Gate::Yama };
    let mut sampler = Sampler::new(Session {
        process: process(target.child.id()),
        c_library: hangspy::snapshot::Known::Unknown(Why::NotPermitted),
        access,
    });
    let snapshot = sampler.snapshot().expect("/proc can be read");
    assert_eq!(snapshot.threads.len(), 4);
    assert!(snapshot.threads.iter().all(|sample| sample.python.is_none() && sample.os.syscall.get().is_some()));
    let closed: Vec<_> = snapshot.gaps.iter().filter(|(_, why)| *why == Why::NotPermitted).collect();
    assert_eq!(closed.len(), 2, "what cannot be read is said: {:?}", snapshot.gaps);
    drop(target);
    assert_eq!(sampler.snapshot().err(), Some(ReadError::Gone));
}

#[cfg(feature = "py-spy")]
#[test]
fn a_python_that_only_py_spy_knows() {
    use std::path::PathBuf;

    use hangspy::snapshot::Reader;

    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv")));
    let found = root.and_then(|root| {
        let versions = std::fs::read_dir(root.join("versions")).ok()?;
        let programs = versions.flatten().map(|entry| entry.path().join("bin/python3.7"));
        programs.filter(|path| path.exists()).max()
    });
    let Some(path) = found else {
        writeln!(std::io::stderr(), "skipped: CPython 3.7 is not in pyenv").expect("standard error can be written");
        return;
    };
    let interpreter = Interpreter { version: (3, 7, 0), path, origin: "pyenv" };
    let mut target = Target::start(&interpreter, "many_threads.py", &["4", "6"]);
    assert_eq!(target.line(), "ready");
    attach::walk_with(Path::new(env!("CARGO_BIN_EXE_hangspy")));
    let session = attach::attach(process(target.child.id())).expect("attaching works");
    assert_eq!(session.process.reader, Reader::PySpy);
    let mut sampler = Sampler::new(session);
    let mut seen = Seen::default();
    let snapshot = seen.look(&mut sampler).expect("the process can be read");
    let whole = seen.whole(&snapshot);
    let waiting = whole.values().filter(|frames| frames.len() == 6 && frames[0].0 == "wait").count();
    assert_eq!(waiting, 2, "threads that wait, of {whole:?}; gaps: {:?}", snapshot.gaps);
    assert!(snapshot.threads.iter().all(|sample| sample.os.syscall.get().is_some()), "what the kernel says");
}
