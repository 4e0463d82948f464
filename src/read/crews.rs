//! Who works piece by piece, by the functions on the stacks of threads and tasks: see `libraries`.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::objects::builtin::Objects;
use super::objects::hops;
use super::objects::known::{known, lenient};
use super::pools::executors::count_queued;
use super::scene::Scene;
use super::stacks::locals::FrameLocals;
use super::tasks::frames::TaskFrames;
use super::threads::live::{LiveFrame, LiveThread};
use crate::libraries::{CREWS, Crew, Every, From, Piece, STARTS_THREADS, Size, queue as threads_queue};
use crate::memory::{ReadError, little_endian};
use crate::snapshot::{Actor, Address, Code, CodeId, CrewSample, Known, MemberSample, PieceSample, Why, WorkKind};

/// Characters of a piece's name that are kept.
const LONGEST_NAME: usize = 200;
/// Functions that are kept, before all are forgotten.
const MOST_FUNCTIONS: usize = 16_384;
/// Frames from the outside inwards in which an application of WSGI is looked for: there are a few where a program calls
/// its server, and more where that is written in Python.
const OUTERMOST: usize = 4;
/// A piece that is done less often than this is not done by a schedule.
const LONGEST_INTERVAL: Duration = Duration::from_secs(400 * 86_400);

/// What a function is to a crew: the crew's place among [`CREWS`], and the row.
#[derive(Clone, Copy, Debug)]
enum Part {
    Post { crew: usize, class: &'static str },
    Piece { crew: usize, row: &'static Piece },
}

/// Reads the crews of one process, again and again.
#[derive(Debug, Default)]
pub(super) struct Crews {
    locals: FrameLocals,
    parts: HashMap<CodeId, Vec<Part>>,
}

/// What somebody's stack tells.
struct Found {
    crew: usize,
    piece: Option<PieceSample>,
}

impl Crews {
    /// The crews, in the order of their rows.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us. What else cannot be read is left out.
    pub(super) fn read(&mut self, scene: &Scene<'_>, tasks: &[TaskFrames]) -> Result<Vec<CrewSample>, ReadError> {
        let of_threads = scene.threads.iter().map(|thread| (Actor::Thread(thread.thread), &thread.frames));
        let of_tasks = tasks.iter().map(|task| (Actor::Task(task.task), &task.frames));
        let mut crews: BTreeMap<usize, CrewSample> = BTreeMap::new();
        for (who, frames) in of_threads.chain(of_tasks) {
            let Some(found) = self.work_of(scene, frames)? else { continue };
            let Some(row) = CREWS.get(found.crew) else { continue };
            // The hub itself waits for its turn while a greenlet has it: only a thread waits for work there.
            if row.in_turns && found.piece.is_none() && matches!(who, Actor::Task(_)) {
                continue;
            }
            let crew = match crews.entry(found.crew) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(self.sample(scene, row, frames)?),
            };
            if crew.members.len() < CrewSample::MOST_MEMBERS {
                crew.members.push(MemberSample { who, piece: found.piece });
            }
        }
        let counted = crews.into_iter().map(|(at, mut crew)| {
            if CREWS.get(at).is_some_and(|row| matches!(row.size, Size::Posts)) {
                crew.size = Known::Is(Some(crew.members.len() as u64));
            }
            crew
        });
        let mut found: Vec<CrewSample> = counted.collect();
        if found.is_empty() {
            found.extend(self.called_from_c(scene)?);
        }
        Ok(found)
    }

    /// The threads of a server that is not written in Python (uWSGI, mod_wsgi): C calls an application of WSGI in them, and those
    /// that wait for a request have a state of Python's, for the next one, and no frame.
    fn called_from_c(&mut self, scene: &Scene<'_>) -> Result<Option<CrewSample>, ReadError> {
        let mut members = Vec::new();
        let mut counted = true;
        let of_c = |thread: &&LiveThread| !is_started_by_python(scene, &thread.frames);
        for thread in scene.threads.iter().filter(of_c).take(CrewSample::MOST_MEMBERS) {
            let piece = self.application(scene, &thread.frames)?;
            if piece.is_some() || thread.frames.is_empty() && thread.stable {
                members.push(MemberSample { who: Actor::Thread(thread.thread), piece });
            } else {
                // A program that called the server waits in it for requests as well, or only for its end.
                counted = false;
            }
        }
        let serves = members.iter().any(|member| member.piece.is_some());
        Ok(serves.then(|| CrewSample {
            name: "a server in C".to_owned(),
            kind: WorkKind::Requests,
            size: if counted { Known::Is(Some(members.len() as u64)) } else { Known::Unknown(Why::NotInThisPython) },
            waiting: Known::Unknown(Why::NotInThisPython),
            in_turns: false,
            members,
        }))
    }

    /// The request that the outermost application of WSGI on a stack has.
    fn application(&mut self, scene: &Scene<'_>, frames: &[LiveFrame]) -> Result<Option<PieceSample>, ReadError> {
        for frame in frames.iter().rev().take(OUTERMOST) {
            let start = lenient(self.local(scene.objects, frame, "start_response"))?;
            if let Some(address) = lenient(self.local(scene.objects, frame, "environ"))?.filter(|_| start.is_some()) {
                return Ok(Some(PieceSample {
                    address,
                    name: Known::Unknown(Why::NotInThisPython),
                    began: Known::Unknown(Why::NotInThisPython),
                    every: Known::Unknown(Why::NotInThisPython),
                }));
            }
        }
        Ok(None)
    }

    /// What somebody works at, by their frames from the outside inwards.
    fn work_of(&mut self, scene: &Scene<'_>, frames: &[LiveFrame]) -> Result<Option<Found>, ReadError> {
        let mut posts: Vec<usize> = Vec::new();
        for frame in frames.iter().rev() {
            for part in self.parts(scene, frame) {
                match part {
                    Part::Post { crew, class } => {
                        if class.is_empty() || lenient(self.is_of(scene.objects, frame, class))? {
                            posts.push(crew);
                        }
                    }
                    Part::Piece { crew, row } => {
                        let anywhere = CREWS.get(crew).is_some_and(|crew| crew.posts.is_empty() || crew.in_turns);
                        if anywhere || posts.contains(&crew) {
                            let piece = lenient(self.piece(scene.objects, frame, row))?;
                            if piece.is_some() {
                                return Ok(Some(Found { crew, piece }));
                            }
                        }
                    }
                }
            }
        }
        // Threads of an executor wait for anybody's work.
        let own = |crew: &usize| CREWS.get(*crew).is_some_and(|row| matches!(row.size, Size::One | Size::Posts));
        Ok(posts.into_iter().find(own).map(|crew| Found { crew, piece: None }))
    }

    fn parts(&mut self, scene: &Scene<'_>, frame: &LiveFrame) -> Vec<Part> {
        if let Some(known) = self.parts.get(&frame.code) {
            return known.clone();
        }
        if self.parts.len() >= MOST_FUNCTIONS {
            self.parts.clear();
        }
        let parts = scene.codes.codes().get(frame.code.0 as usize).map(parts_of).unwrap_or_default();
        self.parts.insert(frame.code, parts.clone());
        parts
    }

    fn is_of(&mut self, objects: Objects<'_>, frame: &LiveFrame, class: &str) -> Result<bool, ReadError> {
        match self.local(objects, frame, "self")? {
            Some(this) => Ok(objects.type_name_of(this)?.trim_start_matches('_') == class),
            None => Ok(false),
        }
    }

    fn piece(
        &mut self,
        objects: Objects<'_>,
        frame: &LiveFrame,
        row: &Piece,
    ) -> Result<Option<PieceSample>, ReadError> {
        let Some(object) = self.local(objects, frame, row.local)? else { return Ok(None) };
        let name = match row.name {
            Some((local, way)) => match lenient(self.local(objects, frame, local))? {
                Some(from) => text(objects, lenient(hops::follow(objects, from, way))?),
                None => Known::Unknown(Why::NotInThisPython),
            },
            None => Known::Unknown(Why::NotInThisPython),
        };
        let every = match row.every {
            Some(Every::Delta(way)) => interval(objects, lenient(hops::follow(objects, object, way))?),
            Some(Every::Units { number, unit }) => {
                let number = lenient(hops::follow(objects, object, number))?;
                let unit = text(objects, lenient(hops::follow(objects, object, unit))?);
                let number = number.and_then(|number| u64::try_from(objects.integer(number).ok()?).ok());
                Known::from_option(number.zip(unit.ok()).and_then(of_units), Why::NotInThisPython)
            }
            None => Known::Unknown(Why::NotInThisPython),
        };
        Ok(Some(PieceSample { address: object, name, began: Known::Unknown(Why::NotInThisPython), every }))
    }

    /// A crew without its members.
    fn sample(&mut self, scene: &Scene<'_>, row: &Crew, frames: &[LiveFrame]) -> Result<CrewSample, ReadError> {
        let objects = scene.objects;
        let size = match row.size {
            Size::One => Known::Is(Some(1)),
            Size::Unbounded => Known::Is(None),
            Size::Posts => Known::Unknown(Why::NotRead),
            Size::Kept(from) => match self.kept(scene, frames, from)? {
                Some(number) => known(objects.integer(number).map(|number| u64::try_from(number).ok())),
                None => Known::Unknown(Why::NotInThisPython),
            },
        };
        let waiting = match row.queue {
            Some(from) => match self.kept(scene, frames, from)? {
                Some(queue) => length(objects, queue),
                None => Known::Unknown(Why::NotInThisPython),
            },
            None => Known::Unknown(Why::NotInThisPython),
        };
        Ok(CrewSample {
            name: row.name.to_owned(),
            kind: row.kind,
            size,
            waiting,
            in_turns: row.in_turns,
            members: Vec::new(),
        })
    }

    /// What stands at a place of somebody's stack; else of any thread's.
    fn kept(&mut self, scene: &Scene<'_>, own: &[LiveFrame], from: From) -> Result<Option<Address>, ReadError> {
        let is_meant = |frame: &&LiveFrame| {
            let code = scene.codes.codes().get(frame.code.0 as usize);
            code.is_some_and(|code| code.name == from.function && is_file(code, from.file))
        };
        let all = own.iter().chain(scene.threads.iter().flat_map(|thread| &thread.frames));
        let Some(frame) = all.into_iter().find(is_meant) else { return Ok(None) };
        let Some(local) = lenient(self.local(scene.objects, frame, from.local))? else { return Ok(None) };
        lenient(hops::follow(scene.objects, local, from.way))
    }

    /// A local variable; of one that inner functions use, what its cell holds.
    fn local(&mut self, objects: Objects<'_>, frame: &LiveFrame, name: &str) -> Result<Option<Address>, ReadError> {
        self.locals.value(objects, frame, name)
    }
}

fn parts_of(code: &Code) -> Vec<Part> {
    let mut parts = Vec::new();
    for (at, crew) in CREWS.iter().enumerate() {
        for post in crew.posts.iter().filter(|post| post.function == code.name && is_file(code, post.file)) {
            parts.push(Part::Post { crew: at, class: post.class });
        }
        for row in crew.pieces {
            if row.functions.contains(&code.name.as_str()) && is_file(code, row.file) {
                parts.push(Part::Piece { crew: at, row });
            }
        }
    }
    parts
}

/// Whether a thread is one that Python itself started.
fn is_started_by_python(scene: &Scene<'_>, frames: &[LiveFrame]) -> bool {
    let outermost = frames.last().and_then(|frame| scene.codes.codes().get(frame.code.0 as usize));
    outermost.is_some_and(|code| is_file(code, STARTS_THREADS))
}

/// Whether a function is of this file.
fn is_file(code: &Code, file: &str) -> bool {
    code.file.strip_suffix(file).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

fn text(objects: Objects<'_>, object: Option<Address>) -> Known<String> {
    match object {
        Some(object) => known(match objects.type_name_of(object) {
            Ok(class) if class == "str" => objects.text(object).map(|text| text.chars().take(LONGEST_NAME).collect()),
            Ok(_) => Err(ReadError::Implausible(object)),
            Err(error) => Err(error),
        }),
        None => Known::Unknown(Why::NotInThisPython),
    }
}

/// The length of a `timedelta`: hash, days, seconds, microseconds (CPython `Include/datetime.h`).
fn interval(objects: Objects<'_>, object: Option<Address>) -> Known<Duration> {
    let Some(object) = object else { return Known::Unknown(Why::NotInThisPython) };
    let read = || {
        if objects.type_name_of(object)? != "datetime.timedelta" {
            return Err(ReadError::Implausible(object));
        }
        let fields = objects.memory.read(object.plus(objects.offsets.object.object_type + 16), 12)?;
        let field = |at: usize| fields.get(at..at + 4).map(little_endian).ok_or(ReadError::Implausible(object));
        let seconds = field(0)?.saturating_mul(86_400).saturating_add(field(4)?);
        let length = Duration::from_secs(seconds).saturating_add(Duration::from_micros(field(8)?));
        if length.is_zero() || length > LONGEST_INTERVAL { Err(ReadError::Implausible(object)) } else { Ok(length) }
    };
    known(read())
}

/// So many units of this name.
fn of_units((number, unit): (u64, String)) -> Option<Duration> {
    let seconds: u64 = match unit.trim_end_matches('s') {
        "second" => 1,
        "minute" => 60,
        "hour" => 3600,
        "day" => 86_400,
        "week" => 604_800,
        _ => return None,
    };
    let length = number.checked_mul(seconds).map(Duration::from_secs)?;
    (!length.is_zero() && length <= LONGEST_INTERVAL).then_some(length)
}

/// How many items a queue has.
fn length(objects: Objects<'_>, queue: Address) -> Known<u64> {
    let read = || match objects.type_name_of(queue)?.as_str() {
        "collections.deque" => objects.deque_ends(queue).map(|ends| Some(ends.length)),
        "_queue.SimpleQueue" => count_queued(objects, queue),
        _ => match objects.attribute(queue, threads_queue::ITEMS)? {
            // `queue.Queue`
            Some(items) if objects.type_name_of(items.value)? == "collections.deque" => {
                objects.deque_ends(items.value).map(|ends| Some(ends.length))
            }
            _ => Ok(None),
        },
    };
    match read() {
        Ok(length) => Known::from_option(length, Why::NotInThisPython),
        Err(error) => known(Err(error)),
    }
}
