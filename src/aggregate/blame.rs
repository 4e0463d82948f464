//! Whom to blame for a stall: the deepest frame of the user's that nearly all looks share.
//!
//! Stacks that could not be relied on are never used. Of those that were cut only the outer frames are there. Where one of
//! the user's is among them, the cut says that what it called did not last for as long as a reading takes, and speaks
//! against everything deeper; else it has no say about that. (Whole stacks alone would mislead: of a function that calls
//! short ones without pause, only those looks are whole that met one of them for long.) The order in which an answer is looked for:
//!
//! 1. the deepest frame of the user's that more than 90 % of the looks share (not a generator expression's own frame, it
//!    is a part of the function around it);
//! 2. the same, shared by more than half;
//! 3. the deepest shared function of a library that is known to wait where nobody expects it;
//! 4. the deepest shared frame of an installed package that is no known framework or driver: the application itself,
//!    installed;
//! 5. the deepest shared frame of a framework;
//! 6. the frame directly under the loop.
//!
//! A response that is being serialized has no frame of its endpoint on the stack, and perhaps one of a middleware of the
//! user's further out, which is innocent. Where a route is on the stack, nothing of the user's further in, and it is known
//! which endpoint it hands the request to, that endpoint is to blame.

use std::collections::BTreeMap;

use super::places::{place_of, places};
use super::stall::LOOKS_TO_BLAME;
use super::{Analysis, Blame, Confidence, Place};
use crate::classify::{Book, CodeFacts, Origin};
use crate::libraries::Marks;
use crate::snapshot::{CodeId, Frame, Recording, StackId};

/// A stack and how many looks saw it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) stack: StackId,
    pub(super) looks: usize,
    pub(super) cut: bool,
}

/// How sure one can be of what these stacks show: never certain where whole ones are too few to blame anybody, because what
/// was cut off may be what is to blame.
#[must_use]
pub(super) fn as_sure_as_whole(confidence: Confidence, stacks: &[Seen]) -> Confidence {
    let looks = |cut: bool| stacks.iter().filter(|seen| seen.cut == cut).map(|seen| seen.looks).sum::<usize>();
    if looks(true) > 0 && looks(false) < LOOKS_TO_BLAME { confidence.min(Confidence::Likely) } else { confidence }
}

/// The frame that is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blamed {
    /// Its code.
    pub code: CodeId,
    /// The line seen most often.
    pub line: Option<u32>,
    /// Whose code it is; anything but the user's is a stand-in.
    pub origin: Origin,
    /// The coroutine beside it.
    pub coroutine: Option<Frame>,
    /// The stack seen most often among those that have the frame.
    pub stack: StackId,
    /// Whether it is the endpoint of the request that runs, and none of its frames is on the stack.
    pub by_route: bool,
}

impl Blamed {
    /// The frame as a place.
    #[must_use]
    pub fn place(&self, recording: &Recording) -> Place {
        place_of(recording, self.code, self.line)
    }

    /// The whole of it in words.
    #[must_use]
    pub fn blame(&self, recording: &Recording) -> Blame {
        let place = self.place(recording);
        Blame {
            function: place.function,
            file: place.file,
            line: place.line,
            coroutine: self.coroutine.map(|frame| place_of(recording, frame.code, frame.line)),
            stack: places(recording, recording.stack(self.stack)),
        }
    }
}

/// So many of ten looks have to share the blamed frame.
const SHARED_BY_NEARLY_ALL: usize = 9;
/// Where nothing is shared by so many.
const SHARED_BY_MOST: usize = 5;

/// A stack of the stall, its step from the outside inwards.
struct Path<'a> {
    seen: Seen,
    frames: Vec<&'a Frame>,
}

/// Whom to blame in one stack.
#[must_use]
pub(super) fn blame_in(analysis: &Analysis<'_>, stack: StackId) -> Option<Blamed> {
    blame(analysis.recording, &analysis.book, &[Seen { stack, looks: 1, cut: false }], false)
}

/// Finds whom to blame. `importing` looks for the line that triggered an import instead of what the module does.
#[must_use]
pub(super) fn blame(recording: &Recording, book: &Book, stacks: &[Seen], importing: bool) -> Option<Blamed> {
    let paths: Vec<Path<'_>> = stacks.iter().filter_map(|seen| path(recording, book, *seen, importing)).collect();
    let is = |wanted: Origin| move |facts: CodeFacts| facts.origin == wanted && !facts.is_fragment;
    deepest(book, &paths, SHARED_BY_NEARLY_ALL, is(Origin::User))
        .or_else(|| deepest(book, &paths, SHARED_BY_MOST, is(Origin::User)))
        .or_else(|| deepest(book, &paths, SHARED_BY_NEARLY_ALL, |facts| facts.has_remedy))
        .or_else(|| deepest(book, &paths, SHARED_BY_NEARLY_ALL, is(Origin::Installed)))
        .or_else(|| deepest(book, &paths, SHARED_BY_NEARLY_ALL, is(Origin::Framework)))
        .or_else(|| outermost(book, &paths))
}

/// The endpoint instead of a frame that is none of the user's, or that only passes the request on to the route.
#[must_use]
pub(super) fn endpoint_instead(
    recording: &Recording,
    book: &Book,
    blamed: Blamed,
    endpoint: Option<CodeId>,
) -> Option<Blamed> {
    let code = endpoint?;
    let stack = recording.stack(blamed.stack);
    let route = stack.iter().position(|frame| book.code(frame.code).marks.has(Marks::ROUTE))?;
    let own = stack.iter().position(|frame| frame.code == blamed.code).filter(|own| *own < route);
    if own.is_some() && matches!(blamed.origin, Origin::User | Origin::Installed) {
        return None;
    }
    let line = recording.code(code).map(|code| code.first_line);
    let facts = book.code(code);
    let coroutine = facts.is_async.then_some(Frame { code, line });
    Some(Blamed { code, line, origin: facts.origin, coroutine, stack: blamed.stack, by_route: true })
}

/// What waits inside of a route where nothing of the user's is on the stack, in a library that a framework calls by itself:
/// the endpoint has returned, or was not called yet. Of a library with a function that is known to wait, that function.
#[must_use]
pub(super) fn library_instead(recording: &Recording, book: &Book, blamed: Blamed) -> Option<Blamed> {
    let stack = recording.stack(blamed.stack);
    let route = stack.iter().position(|frame| book.code(frame.code).marks.has(Marks::ROUTE))?;
    let inside = stack.get(..route)?;
    let has = |wanted: fn(CodeFacts) -> bool| inside.iter().any(|frame| wanted(book.code(frame.code)));
    let users = has(|code| matches!(code.origin, Origin::User | Origin::Installed));
    if users || has(|code| code.marks.has(Marks::SERIALIZE)) || !has(|code| code.origin == Origin::Driver) {
        return None;
    }
    let known = |frame: &&Frame| book.code(frame.code).has_remedy;
    let calls = |frame: &&Frame| book.code(frame.code).origin == Origin::Framework;
    let frame = inside.iter().find(known).or_else(|| inside.iter().find(calls))?;
    let origin = book.code(frame.code).origin;
    Some(Blamed { code: frame.code, line: frame.line, origin, coroutine: None, stack: blamed.stack, by_route: false })
}

fn path<'a>(recording: &'a Recording, book: &Book, seen: Seen, importing: bool) -> Option<Path<'a>> {
    let facts = book.stack(seen.stack);
    let from = if importing { facts.importer? } else { 0 };
    let step = recording.stack(seen.stack).get(from..facts.step)?;
    Some(Path { seen, frames: step.iter().rev().collect() })
}

/// Walks inwards from the loop as long as more than `tenths` of the looks go the same way, and remembers the last frame
/// that is `wanted`.
fn deepest(book: &Book, paths: &[Path<'_>], tenths: usize, wanted: impl Fn(CodeFacts) -> bool) -> Option<Blamed> {
    let mut company: Vec<&Path<'_>> = paths.iter().collect();
    let mut all: usize = paths.iter().map(|path| path.seen.looks).sum();
    let mut best = None;
    for depth in 0.. {
        // A cut stack that ends here without a frame that is wanted has no say any more.
        let ended = |path: &&&Path<'_>| {
            let silent = || path.frames.iter().all(|frame| !wanted(book.code(frame.code)));
            path.seen.cut && path.frames.len() == depth && silent()
        };
        all -= company.iter().filter(ended).map(|path| path.seen.looks).sum::<usize>();
        let mut votes: BTreeMap<CodeId, usize> = BTreeMap::new();
        for path in &company {
            if let Some(frame) = path.frames.get(depth) {
                *votes.entry(frame.code).or_default() += path.seen.looks;
            }
        }
        let Some((code, looks)) = votes.into_iter().max_by_key(|(code, looks)| (*looks, std::cmp::Reverse(*code)))
        else {
            break;
        };
        if looks * 10 <= all * tenths {
            break;
        }
        company.retain(|path| path.frames.get(depth).is_some_and(|frame| frame.code == code));
        if wanted(book.code(code)) {
            best = Some((depth, company.clone()));
        }
    }
    best.and_then(|(depth, company)| blamed(book, &company, depth))
}

fn outermost(book: &Book, paths: &[Path<'_>]) -> Option<Blamed> {
    let first = paths.iter().max_by_key(|path| path.seen.looks)?;
    let code = first.frames.first()?.code;
    let company: Vec<&Path<'_>> =
        paths.iter().filter(|path| path.frames.first().is_some_and(|frame| frame.code == code)).collect();
    blamed(book, &company, 0)
}

/// The frame at this depth of stacks that share it.
fn blamed(book: &Book, company: &[&Path<'_>], depth: usize) -> Option<Blamed> {
    let mut lines: BTreeMap<Option<u32>, usize> = BTreeMap::new();
    for path in company {
        if let Some(frame) = path.frames.get(depth) {
            *lines.entry(frame.line).or_default() += path.seen.looks;
        }
    }
    let (line, _) = lines.into_iter().max_by_key(|(line, looks)| (*looks, std::cmp::Reverse(*line)))?;
    // A whole stack on the blamed line is the best example; of equals, the one seen first.
    let worth = |path: &&&Path<'_>| {
        let on_line = path.frames.get(depth).is_some_and(|frame| frame.line == line);
        (on_line, !path.seen.cut, path.seen.looks, std::cmp::Reverse(path.seen.stack))
    };
    let example = company.iter().max_by_key(worth)?;
    let frame = example.frames.get(depth)?;
    let origin = book.code(frame.code).origin;
    Some(Blamed {
        code: frame.code,
        line,
        origin,
        coroutine: coroutine(book, example, depth, origin),
        stack: example.seen.stack,
        by_route: false,
    })
}

/// The nearest `async def` of the user's, from the blamed frame outwards. Of an installed application, its own.
fn coroutine(book: &Book, example: &Path<'_>, depth: usize, origin: Origin) -> Option<Frame> {
    let outer = example.frames.get(..=depth)?.iter().rev();
    let mine = |facts: CodeFacts| facts.origin == Origin::User || facts.origin == origin && origin == Origin::Installed;
    outer
        .copied()
        .find(|frame| {
            let facts = book.code(frame.code);
            facts.is_async && mine(facts)
        })
        .copied()
}
