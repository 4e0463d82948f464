//! `_Py_DebugOffsets`: since 3.13 the target itself says where it keeps things, at the start of `_PyRuntime`.
//!
//! What the structure lacks comes from the table of the version.

use super::tables::{debug_words, table};
use super::{FrameOffsets, FrameRoot, InterpreterFrameOffsets, Offsets};
use crate::memory::{Memory, ReadError, u64_at};
use crate::snapshot::{Address, Known, PythonVersion};

/// The first eight bytes (`_Py_Debug_Cookie`).
const COOKIE: &[u8; 8] = b"xdebugpy";

/// No structure of CPython is this large, so no offset in it can be: that of an interpreter is the largest.
const LARGEST_OFFSET: u64 = 1 << 24;
/// Thread states, frames and objects are smaller than this. So much is read of every one of them.
const LARGEST_OFFSET_IN_OBJECT: u64 = 1 << 13;

/// Cookie, version, `free_threaded`.
const HEAD: usize = 24;

/// What can be told before the words that differ by version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DebugHead {
    /// The interpreter's version.
    pub version: PythonVersion,
    /// Whether it was built without a GIL.
    pub free_threaded: bool,
}

/// A field that `_Py_DebugOffsets` has in one version or another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    RuntimeInterpretersHead,
    InterpreterNext,
    InterpreterThreadsHead,
    InterpreterModules,
    InterpreterGil,
    InterpreterCollector,
    CollectorCollecting,
    ThreadNext,
    ThreadInterpreter,
    ThreadCurrentFrame,
    ThreadId,
    ThreadNativeId,
    ThreadDataStackChunk,
    ThreadStatus,
    ThreadHoldsGil,
    ThreadGilRequested,
    ThreadBaseFrame,
    ThreadEvalBreaker,
    ThreadRunningLoop,
    FrameCode,
    FramePrevious,
    FrameInstruction,
    FrameLocals,
    FrameOwner,
    FrameStackPointer,
    CodeFile,
    CodeName,
    CodeQualifiedName,
    CodeLineTable,
    CodeFirstLine,
    CodeLocalNames,
    CodeInstructions,
    ObjectType,
    TypeName,
    TypeFlags,
    TypeBasicSize,
    TypeDictOffset,
    TypeCachedKeys,
    TupleItems,
    ListItems,
    VariableSize,
    SetUsed,
    SetTable,
    SetMask,
    DictKeys,
    DictValues,
    FloatValue,
    IntSize,
    IntDigits,
    BytesData,
    TextState,
    TextLength,
    TextAscii,
    TextCompact,
    GeneratorName,
    GeneratorFrame,
    GeneratorFrameState,
}

impl Field {
    /// No offset of this field can be larger.
    fn limit(self) -> u64 {
        match self {
            Self::RuntimeInterpretersHead
            | Self::InterpreterNext
            | Self::InterpreterThreadsHead
            | Self::InterpreterModules
            | Self::InterpreterGil
            | Self::InterpreterCollector => LARGEST_OFFSET,
            _ => LARGEST_OFFSET_IN_OBJECT,
        }
    }
}

/// Version and kind of build, if debug offsets stand at `runtime`.
///
/// # Errors
///
/// As [`Memory::read`].
pub fn debug_head(memory: &dyn Memory, runtime: Address) -> Result<Option<DebugHead>, ReadError> {
    let head = memory.read(runtime, HEAD)?;
    Ok(decode_head(&head))
}

/// The offsets of the interpreter whose `_PyRuntime` is at `runtime`, in its own words.
///
/// # Errors
///
/// As [`Memory::read`]; [`ReadError::Implausible`] when there are no debug offsets, when they are of a version without
/// a table or of a build without a GIL, and when an offset in them is absurd.
pub fn from_debug_offsets(memory: &dyn Memory, runtime: Address) -> Result<Offsets, ReadError> {
    let implausible = ReadError::Implausible(runtime);
    let head = debug_head(memory, runtime)?.ok_or(implausible)?;
    let words = debug_words(head.version).ok_or(implausible)?;
    let last = words.iter().map(|(_, index)| *index).max().unwrap_or(0);
    let bytes = memory.read(runtime, (last + 1) * 8)?;
    decode(&bytes, head, words).ok_or(implausible)
}

fn decode_head(bytes: &[u8]) -> Option<DebugHead> {
    if bytes.get(..8)? != COOKIE {
        return None;
    }
    // PY_VERSION_HEX: major, minor, patch, release level and serial.
    let [_, patch, minor, major, 0, 0, 0, 0] = u64_at(bytes, 8)?.to_le_bytes() else { return None };
    let version = PythonVersion { major, minor, patch: Known::Is(patch) };
    Some(DebugHead { version, free_threaded: u64_at(bytes, 16)? != 0 })
}

fn decode(bytes: &[u8], head: DebugHead, words: &[(Field, usize)]) -> Option<Offsets> {
    if head.free_threaded {
        return None;
    }
    let mut offsets = table(head.version)?;
    for (field, index) in words {
        let word = u64_at(bytes, index.checked_mul(8)?)?;
        if word > field.limit() {
            return None;
        }
        put(&mut offsets, *field, usize::try_from(word).ok()?);
    }
    widen(&mut offsets);
    Some(offsets)
}

/// Makes what is read of a thread and of a code object reach to the last field of it.
fn widen(offsets: &mut Offsets) {
    let thread = &mut offsets.thread;
    let optional = [thread.native_thread_id, thread.datastack_chunk, thread.datastack_top, thread.base_frame];
    let last = optional.into_iter().flatten().chain([thread.dict, thread.thread_id]).max().unwrap_or(0);
    thread.size = thread.size.max(last.saturating_add(8));
    let code = &mut offsets.code;
    let last = [code.file, code.name, code.line_table, code.local_names].into_iter().chain(code.qualified_name).max();
    code.size = code.size.max(last.unwrap_or(0).saturating_add(8));
}

fn put(offsets: &mut Offsets, field: Field, value: usize) {
    let Offsets { runtime, interpreter, thread, code, generator, .. } = offsets;
    match field {
        // `interpreters.main` follows `interpreters.head`.
        Field::RuntimeInterpretersHead => {
            (runtime.interpreters_head, runtime.interpreters_main) = (value, value.saturating_add(8));
        }
        Field::InterpreterNext => interpreter.next = value,
        Field::InterpreterThreadsHead => interpreter.threads_head = value,
        Field::InterpreterModules => interpreter.modules = value,
        Field::InterpreterGil => interpreter.gil = Some(value),
        Field::InterpreterCollector => interpreter.collecting = Some(value),
        Field::CollectorCollecting => {
            interpreter.collecting = interpreter.collecting.and_then(|collector| collector.checked_add(value));
        }
        Field::ThreadNext => thread.next = value,
        Field::ThreadInterpreter => thread.interpreter = value,
        Field::ThreadCurrentFrame => thread.frame_root = FrameRoot::Current { current_frame: value },
        Field::ThreadId => thread.thread_id = value,
        Field::ThreadNativeId => thread.native_thread_id = Some(value),
        Field::ThreadDataStackChunk => thread.datastack_chunk = Some(value),
        Field::ThreadStatus => thread.status = Some(value),
        Field::ThreadHoldsGil => thread.holds_gil = Some(value),
        Field::ThreadGilRequested => thread.gil_requested = Some(value),
        Field::ThreadBaseFrame => thread.base_frame = Some(value),
        Field::ThreadEvalBreaker => thread.eval_breaker = Some(value),
        Field::ThreadRunningLoop => thread.running_loop = Some(value),
        Field::CodeFile => code.file = value,
        Field::CodeName => code.name = value,
        Field::CodeQualifiedName => code.qualified_name = Some(value),
        Field::CodeLineTable => code.line_table = value,
        Field::CodeFirstLine => code.first_line = value,
        Field::CodeLocalNames => code.local_names = value,
        Field::CodeInstructions => code.instructions = Some(value),
        Field::GeneratorName => generator.name = value,
        Field::GeneratorFrame => generator.frame = value,
        Field::GeneratorFrameState => generator.frame_state = Some(value),
        _ => put_object(offsets, field, value),
    }
}

fn put_object(offsets: &mut Offsets, field: Field, value: usize) {
    let object = &mut offsets.object;
    match field {
        Field::ObjectType => object.object_type = value,
        Field::TypeName => object.type_name = value,
        Field::TypeFlags => object.type_flags = value,
        Field::TypeBasicSize => object.type_basic_size = value,
        Field::TypeDictOffset => object.type_dict_offset = value,
        Field::TypeCachedKeys => object.type_cached_keys = value,
        Field::TupleItems => object.tuple_items = value,
        Field::ListItems => object.list_items = value,
        Field::VariableSize => object.variable_size = value,
        Field::SetUsed => object.set_used = value,
        Field::SetTable => object.set_table = value,
        Field::SetMask => object.set_mask = value,
        Field::DictKeys => object.dict_keys = value,
        Field::DictValues => object.dict_values = value,
        Field::FloatValue => object.float_value = value,
        Field::IntSize => object.int_size = value,
        Field::IntDigits => object.int_digits = value,
        Field::BytesData => object.bytes_data = value,
        Field::TextState => object.text_state = value,
        Field::TextLength => object.text_length = value,
        Field::TextAscii => object.text_ascii = value,
        Field::TextCompact => object.text_compact = value,
        _ => {
            if let FrameOffsets::Interpreter(frame) = &mut offsets.frame {
                put_frame(frame, field, value);
            }
        }
    }
}

fn put_frame(frame: &mut InterpreterFrameOffsets, field: Field, value: usize) {
    match field {
        Field::FrameCode => frame.code = value,
        Field::FramePrevious => frame.previous = value,
        Field::FrameInstruction => frame.instruction = value,
        Field::FrameLocals => (frame.locals, frame.size) = (value, value),
        Field::FrameOwner => frame.owner = value,
        Field::FrameStackPointer => frame.stack_pointer = Some(value),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(minor: u8, free_threaded: u64) -> Vec<u8> {
        let mut bytes = COOKIE.to_vec();
        bytes.extend([0xF0, 4, minor, 3, 0, 0, 0, 0]);
        bytes.extend(free_threaded.to_le_bytes());
        bytes
    }

    fn structure(minor: u8, word: u64) -> Vec<u8> {
        let mut bytes = head(minor, 0);
        bytes.extend((0..200).flat_map(|_| word.to_le_bytes()));
        bytes
    }

    fn decoded(bytes: &[u8]) -> Option<Offsets> {
        let head = decode_head(bytes)?;
        decode(bytes, head, debug_words(head.version)?)
    }

    #[test]
    fn the_head_tells_version_and_build() {
        let found = decode_head(&head(14, 1)).expect("the cookie is there");
        assert_eq!((found.version.to_string().as_str(), found.free_threaded), ("3.14.4", true));
        assert_eq!(decode_head(b"xdebugpyabc"), None);
        assert_eq!(decode_head(&[0; 24]), None);
    }

    #[test]
    fn every_field_is_put_somewhere() {
        for minor in 13..=15 {
            let version = decode_head(&head(minor, 0)).expect("the cookie is there").version;
            let plain = table(version).expect("a table");
            for (field, _) in debug_words(version).expect("debug words") {
                let mut changed = plain.clone();
                put(&mut changed, *field, 1_000_003);
                assert_ne!(changed, plain, "3.{minor}: {field:?} goes nowhere");
            }
        }
    }

    #[test]
    fn absurd_offsets_and_unknown_builds_are_refused() {
        assert!(decoded(&structure(13, LARGEST_OFFSET_IN_OBJECT)).is_some());
        assert!(decoded(&structure(13, LARGEST_OFFSET_IN_OBJECT + 1)).is_none());
        assert!(
            Field::InterpreterModules.limit() == LARGEST_OFFSET,
            "an interpreter has more fields than objects have"
        );
        assert!(decoded(&structure(13, u64::MAX)).is_none());
        assert!(decoded(&structure(99, 8)).is_none());
        assert!(decoded(&head(13, 0)).is_none(), "the words are missing");
        let mut free_threaded = structure(14, 8);
        free_threaded[16] = 1;
        assert!(decoded(&free_threaded).is_none());
    }
}
