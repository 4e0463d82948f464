//! What the code objects and stacks of a recording mean, worked out once: both are interned, looks only refer to them.

use super::Origin;
use crate::libraries::{self, Marks, remedy};
use crate::snapshot::{CodeId, Frame, Recording, StackId};

/// Which half of its life an application is in, as its lifespan frames tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// The server imports the application or runs its startup.
    Startup,
    /// Under the lifespan, and no frame says in which half.
    Lifespan,
    /// The server runs its shutdown.
    Shutdown,
}

/// What a code object means.
#[derive(Clone, Copy, Debug)]
pub struct CodeFacts {
    /// Whose it is.
    pub origin: Origin,
    /// What running it means.
    pub marks: Marks,
    /// Whether it is an `async def`.
    pub is_async: bool,
    /// Whether it is only a part of the function around it: a generator expression or comprehension.
    pub is_fragment: bool,
    /// Whether it is a module's body.
    pub is_module: bool,
    /// Whether it is a function of a library that waits where nobody expects it, and something else is to be used.
    pub has_remedy: bool,
}

/// What a stack means. Positions count from the innermost frame.
#[derive(Clone, Copy, Debug, Default)]
pub struct StackFacts {
    /// How many frames belong to the loop's current step; all frames where no loop is underneath.
    pub step: usize,
    /// Whether frames of an event loop are underneath.
    pub under_loop: bool,
    /// The innermost frame of the user's in the step.
    pub user: Option<usize>,
    /// The frame of the user's that triggered an import that still runs.
    pub importer: Option<usize>,
    /// Meanings of the frames inside of the user's innermost; of all in the step where it has none.
    pub inner: Marks,
    /// Meanings of all frames.
    pub all: Marks,
    /// Which half of its life the application is in.
    pub phase: Option<Phase>,
}

/// The meanings of a recording's code objects and stacks.
#[derive(Debug)]
pub struct Book {
    codes: Vec<CodeFacts>,
    stacks: Vec<StackFacts>,
}

/// For an id that is not of this recording: nobody's code.
const NO_CODE: CodeFacts = CodeFacts {
    origin: Origin::Standard,
    marks: Marks::NONE,
    is_async: false,
    is_fragment: false,
    is_module: false,
    has_remedy: false,
};

impl Book {
    /// Works out the meanings.
    #[must_use]
    pub fn of(recording: &Recording) -> Self {
        let facts = |code: &crate::snapshot::Code| {
            let origin = Origin::of(code);
            CodeFacts {
                origin,
                marks: if origin == Origin::User { Marks::NONE } else { libraries::marks(&code.file, &code.name) },
                is_async: code.flags.is_async(),
                is_fragment: matches!(code.name.as_str(), "<genexpr>" | "<listcomp>" | "<dictcomp>" | "<setcomp>"),
                is_module: code.name == "<module>",
                has_remedy: origin != Origin::User && remedy(&code.file, &code.name).is_some(),
            }
        };
        let mut book = Self { codes: recording.codes.iter().map(facts).collect(), stacks: Vec::new() };
        book.stacks = recording.stacks.iter().map(|frames| book.stack_facts(frames)).collect();
        book
    }

    /// What a code object means.
    #[must_use]
    pub fn code(&self, code: CodeId) -> CodeFacts {
        self.codes.get(code.0 as usize).copied().unwrap_or(NO_CODE)
    }

    /// What a stack means.
    #[must_use]
    pub fn stack(&self, stack: StackId) -> StackFacts {
        self.stacks.get(stack.0 as usize).copied().unwrap_or_default()
    }

    fn stack_facts(&self, frames: &[Frame]) -> StackFacts {
        let facts: Vec<CodeFacts> = frames.iter().map(|frame| self.code(frame.code)).collect();
        let below = facts.iter().position(|code| code.marks.has(Marks::LOOP));
        let step = facts.get(..below.unwrap_or(facts.len())).unwrap_or(&[]);
        let user = step.iter().position(|code| code.origin == Origin::User);
        let inner = step.get(..user.unwrap_or(step.len())).unwrap_or(&[]);
        let union = |part: &[CodeFacts]| part.iter().fold(Marks::NONE, |all, code| all.and(code.marks));
        StackFacts {
            step: step.len(),
            under_loop: below.is_some(),
            user,
            importer: importer(step, user),
            inner: union(inner),
            all: union(&facts),
            phase: phase(&facts),
        }
    }
}

/// The user's frame that triggered an import which is still running.
///
/// A function that imports is to blame even when the module's body is the user's too: the import is what does not
/// belong on the loop. A module's body that imports is only to blame when what it imports is not the user's, because
/// otherwise, while an application starts, every file would blame the one that imports it.
fn importer(step: &[CodeFacts], user: Option<usize>) -> Option<usize> {
    let imports_inside = |at: usize| {
        let inside = step.get(..at).unwrap_or(&[]);
        inside.last().is_some_and(|code| code.marks.has(Marks::IMPORT))
    };
    let functions = step.iter().enumerate().filter(|(_, code)| code.origin == Origin::User && !code.is_module);
    let mut triggers = functions.map(|(at, _)| at).filter(|at| imports_inside(*at));
    let library_imports = |at: usize| step.get(..at).unwrap_or(&[]).iter().any(|code| code.marks.has(Marks::IMPORT));
    triggers.next_back().or_else(|| user.filter(|at| library_imports(*at)))
}

/// Read from the outside: what comes first under the lifespan's frames decides.
fn phase(facts: &[CodeFacts]) -> Option<Phase> {
    let mut under_lifespan = false;
    for code in facts.iter().rev() {
        if code.marks.has(Marks::LOAD) {
            return Some(Phase::Startup);
        }
        if under_lifespan && code.marks.has(Marks::ENTER) {
            return Some(Phase::Startup);
        }
        if under_lifespan && code.marks.has(Marks::LEAVE) {
            return Some(Phase::Shutdown);
        }
        under_lifespan |= code.marks.has(Marks::LIFESPAN);
    }
    under_lifespan.then_some(Phase::Lifespan)
}
