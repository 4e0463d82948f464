//! Greenlets that wait for their turn: where each is, for what it waits.
//!
//! The stack of a greenlet whose turn it is not is nowhere among the threads'. Nothing lists greenlets either, so they are looked for
//! where Python's allocator puts objects of their size (`heap`), by their class and all that derive from it (`classes`). Each has a
//! frame (`frames`), and the functions there say what it waits for (`waits`), as for tasks, among which they are given out.

mod classes;
mod frames;
mod heap;
pub(in crate::read) mod waits;

use self::heap::Instances;
use self::waits::Waits;
use super::allowance::FEW;
use super::objects::builtin::Objects;
use super::objects::known::lenient;
use super::scene::Scene;
use super::stacks::frames::RawFrame;
use super::tasks::frames::TaskFrames;
use super::tasks::functions::Functions;
use super::tasks::watch::{WaitWatch, Watched};
use super::threads::live::LiveFrame;
use crate::attach::anonymous_memory;
use crate::libraries::greenlet::HUBS;
use crate::memory::{Memory, ReadError};
use crate::snapshot::{Address, Awaited, Ending, Frame, Known, ProcessId, TaskPhase, TaskSample, TaskWait, Why};

/// Greenlets whose frames are read.
const MOST_GREENLETS: usize = 4096;

/// What was found of greenlets.
#[derive(Debug, Default)]
pub(in crate::read) struct Greenlets {
    /// How many there are, waiting or not; 0 where nothing gives them turns.
    pub(in crate::read) found: Known<u64>,
    /// Those that wait for their turn.
    pub(in crate::read) waiting: Vec<TaskSample>,
    pub(in crate::read) frames: Vec<TaskFrames>,
    /// Their waits, to be watched until the next census.
    pub(in crate::read) waits: Vec<Watched>,
}

/// Reads all greenlets that wait.
///
/// # Errors
///
/// When the process is gone or closed to us. Greenlets that cannot be read, because they got their turn meanwhile, are left out.
pub(in crate::read) fn read(
    scene: &mut Scene<'_>,
    memory: &dyn Memory,
    pid: ProcessId,
    watch: &WaitWatch,
) -> Result<Greenlets, ReadError> {
    if !lenient(has_hub(scene))? {
        return Ok(Greenlets { found: Known::Is(0), ..Greenlets::default() });
    }
    let classes = lenient(classes::all(scene.objects, scene.interpreters))?;
    let Ok(places) = anonymous_memory(pid) else {
        return Ok(Greenlets { found: Known::Unknown(Why::NotPermitted), ..Greenlets::default() });
    };
    let Instances { objects, mut cut } =
        heap::instances(memory, scene.objects.offsets, &places, &classes, scene.limit)?;
    let plain = classes.first().map_or(0, |class| class.size);
    let mut reader = Reader { plain, functions: Functions::default(), waits: Waits::default() };
    let mut greenlets = Greenlets::default();
    for (index, object) in objects.iter().take(MOST_GREENLETS).enumerate() {
        if scene.limit.is_spent_after(index, FEW) {
            cut = true;
            break;
        }
        if let Some((sample, frames, watched)) = lenient(reader.greenlet(scene, *object, watch))? {
            greenlets.waiting.push(sample);
            greenlets.frames.push(frames);
            greenlets.waits.push(watched);
        }
    }
    greenlets.found = match objects.len() {
        _ if cut || objects.len() > MOST_GREENLETS => Known::Unknown(Why::Bounded),
        // Either the hub waits for its turn, or the one that was there before it. Another allocator puts them elsewhere.
        _ if greenlets.waiting.is_empty() => Known::Unknown(Why::NotInThisPython),
        count => Known::Is(count as u64),
    };
    Ok(greenlets)
}

/// Whether a library is loaded that gives turns to greenlets.
fn has_hub(scene: &Scene<'_>) -> Result<bool, ReadError> {
    let objects = scene.objects;
    for interpreter in scene.interpreters {
        let modules = objects.memory.read_pointer(interpreter.plus(objects.offsets.interpreter.modules))?;
        let entries = objects.dict_entries(modules)?;
        for hub in HUBS {
            if objects.find(&entries, hub)?.is_some() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

struct Reader {
    /// Bytes of a greenlet of the plain class.
    plain: u64,
    functions: Functions,
    waits: Waits,
}

impl Reader {
    /// One greenlet; `None` when it does not wait for its turn.
    fn greenlet(
        &mut self,
        scene: &mut Scene<'_>,
        object: Address,
        watch: &WaitWatch,
    ) -> Result<Option<(TaskSample, TaskFrames, Watched)>, ReadError> {
        let objects = scene.objects;
        let Some(top) = frames::top(objects, object, self.plain)? else { return Ok(None) };
        let chain = frames::chain(objects, top.frame)?;
        let (live, shown) = self.decoded(objects, scene, &chain)?;
        let wait = self.waits.of(objects, scene.codes, &live)?;
        let ends = match &wait.on {
            Awaited::Connection { descriptor: Known::Is(number), .. } => {
                Known::Is(vec![Ending::Descriptor { number: *number, kind: Known::Unknown(Why::NotRead) }])
            }
            Awaited::Sleep { .. } => Known::Is(Vec::new()),
            // Who would give it the turn is not searched for.
            _ => Known::Unknown(Why::Bounded),
        };
        let sample = TaskSample {
            address: object,
            name: Known::Unknown(Why::NotInThisPython),
            event_loop: Address::default(),
            phase: TaskPhase::Waiting,
            chain: Known::from_option(scene.stacks.intern(&shown), Why::Bounded),
            wait: Known::Is(Some(TaskWait { future: top.frame, on: wait.on })),
            awaited_by: Vec::new(),
            timed: wait.timed,
            moved: watch.moved(object),
            ends,
            object: None,
            cancels: Known::Unknown(Why::NotInThisPython),
        };
        let watched = Watched { task: object, word: top.at, future: top.frame };
        Ok(Some((sample, TaskFrames { task: object, frames: live, shown, end: None }, watched)))
    }

    /// The frames as they are in memory, and as they are shown.
    fn decoded(
        &mut self,
        objects: Objects<'_>,
        scene: &mut Scene<'_>,
        chain: &[RawFrame],
    ) -> Result<(Vec<LiveFrame>, Vec<Frame>), ReadError> {
        let (mut live, mut shown) = (Vec::with_capacity(chain.len()), Vec::with_capacity(chain.len()));
        for raw in chain {
            let function = self.functions.of(objects, scene.codes, raw.code)?;
            let RawFrame { address, code: code_address, instruction, .. } = *raw;
            live.push(LiveFrame { address, code_address, code: function.id, instruction });
            shown.push(function.frame(instruction));
        }
        Ok((live, shown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::table;
    use crate::memory::Batch;
    use crate::snapshot::PythonVersion;

    /// Memory in which every word is the same, an address or not.
    struct Same(u64);

    impl Memory for Same {
        fn fetch(&self, batch: &mut Batch) -> Result<(), ReadError> {
            batch.fill(|_, bytes| {
                bytes.chunks_exact_mut(8).for_each(|word| word.copy_from_slice(&self.0.to_le_bytes()));
                true
            });
            Ok(())
        }
    }

    #[test]
    fn whatever_stands_there_the_search_ends() {
        for minor in 8..=15 {
            let version = PythonVersion { major: 3, minor, patch: Known::Unknown(Why::NotRead) };
            let offsets = table(version).unwrap();
            for word in [0, 1, 0x7000_0000, u64::MAX] {
                let memory = Same(word);
                let objects = Objects::new(&memory, &offsets);
                let greenlet = Address(0x7000_0000);
                assert!(!matches!(frames::top(objects, greenlet, 40), Ok(Some(_))), "{word:#x} is no frame");
                assert!(frames::chain(objects, greenlet).map_or(true, |found| found.is_empty()), "{word:#x}");
                assert!(classes::all(objects, &[Address(0x6000_0000)]).is_ok_and(|all| all.is_empty()) || word > 1);
            }
        }
    }
}
