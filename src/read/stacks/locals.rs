//! Local variables of frames, by name.

use std::collections::HashMap;

use crate::layout::FrameOffsets;
use crate::memory::{Batch, ReadError, little_endian, u64_at};
use crate::read::objects::builtin::Objects;
use crate::read::threads::live::LiveFrame;
use crate::snapshot::{Address, CodeId};

/// Local variables of one function that are known by name.
const MOST_LOCALS: usize = 128;
/// Cells of one frame that are looked at: variables that inner functions use.
const MOST_CELLS: usize = 8;
/// Functions whose names are kept, before all are forgotten.
const MOST_FUNCTIONS: usize = 4096;

/// Knows the names of local variables.
#[derive(Debug, Default)]
pub(in crate::read) struct FrameLocals {
    names: HashMap<(Address, CodeId), Vec<Option<String>>>,
}

impl FrameLocals {
    /// What a frame has under this name; of a variable that inner functions use, what its cell holds.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub(in crate::read) fn value(
        &mut self,
        objects: Objects<'_>,
        frame: &LiveFrame,
        name: &str,
    ) -> Result<Option<Address>, ReadError> {
        match self.get(objects, frame, name)? {
            Some(found) if objects.type_name_of(found)? == "cell" => {
                let held = objects.memory.read_pointer(found.plus(objects.offsets.object.cell_value))?;
                Ok(Some(held).filter(|held| !held.is_null()))
            }
            found => Ok(found),
        }
    }

    /// The value of a local variable; `None` when the function has none of this name, or it is not set.
    ///
    /// # Errors
    ///
    /// When the frame or its code cannot be read.
    pub(in crate::read) fn get(
        &mut self,
        objects: Objects<'_>,
        frame: &LiveFrame,
        name: &str,
    ) -> Result<Option<Address>, ReadError> {
        let names = self.names(objects, frame)?;
        let Some(index) = names.iter().position(|known| known.as_deref() == Some(name)) else { return Ok(None) };
        let (start, tags) = place(objects);
        let bytes = objects.memory.read(frame.address.plus(start + index * 8), 8)?;
        Ok(u64_at(&bytes, 0).map(|word| Address(word & !tags)).filter(|value| !value.is_null()))
    }

    /// The values of all local variables of a frame, by index; null where one is not set.
    ///
    /// # Errors
    ///
    /// When the frame or its code cannot be read.
    pub(in crate::read) fn values(
        &mut self,
        objects: Objects<'_>,
        frame: &LiveFrame,
    ) -> Result<Vec<Address>, ReadError> {
        let count = self.names(objects, frame)?.len();
        let (start, tags) = place(objects);
        let bytes = objects.memory.read(frame.address.plus(start), count * 8)?;
        Ok(bytes.chunks_exact(8).map(|word| Address(little_endian(word) & !tags)).collect())
    }

    /// What the cells of a frame hold, up to 3.10: an argument that an inner function uses is there and not among the
    /// local variables.
    ///
    /// # Errors
    ///
    /// When the frame or its code cannot be read.
    pub(in crate::read) fn cells(
        &mut self,
        objects: Objects<'_>,
        frame: &LiveFrame,
    ) -> Result<Vec<Address>, ReadError> {
        let count = self.names(objects, frame)?.len();
        let (start, tags) = place(objects);
        let mut found = Vec::new();
        for index in count..count + MOST_CELLS {
            let word = objects.memory.read_u64(frame.address.plus(start + index * 8))? & !tags;
            // The value stack follows, which may hold anything.
            if word == 0 || !objects.type_name_of(Address(word)).is_ok_and(|name| name == "cell") {
                break;
            }
            found.push(objects.memory.read_pointer(Address(word).plus(objects.offsets.object.cell_value))?);
        }
        Ok(found)
    }

    /// The values of all local variables of many frames, in one fetch: the index of the frame and the value. Frames
    /// that cannot be read have none.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us.
    pub(in crate::read) fn all(
        &mut self,
        objects: Objects<'_>,
        frames: &[LiveFrame],
    ) -> Result<Vec<(usize, Address)>, ReadError> {
        let (start, tags) = place(objects);
        let mut batch = Batch::default();
        let mut slots = Vec::with_capacity(frames.len());
        for (index, frame) in frames.iter().enumerate() {
            let count = match self.names(objects, frame) {
                Err(gone @ (ReadError::Gone | ReadError::Refused)) => return Err(gone),
                names => names.map_or(0, <[_]>::len),
            };
            slots.push((index, batch.want(frame.address.plus(start), count * 8)));
        }
        objects.memory.fetch(&mut batch)?;
        let words = slots.into_iter().flat_map(|(index, slot)| {
            let words = batch.bytes(slot).unwrap_or_default().chunks_exact(8);
            words.map(move |word| (index, Address(little_endian(word) & !tags)))
        });
        Ok(words.filter(|(_, value)| !value.is_null()).collect())
    }

    /// The names of a function's local variables, by index.
    ///
    /// # Errors
    ///
    /// When its code cannot be read.
    pub(in crate::read) fn names(
        &mut self,
        objects: Objects<'_>,
        frame: &LiveFrame,
    ) -> Result<&[Option<String>], ReadError> {
        let key = (frame.code_address, frame.code);
        if !self.names.contains_key(&key) {
            if self.names.len() >= MOST_FUNCTIONS {
                self.names.clear();
            }
            let names = objects.memory.read_pointer(frame.code_address.plus(objects.offsets.code.local_names))?;
            let names: Vec<Address> = objects.tuple(names)?.into_iter().take(MOST_LOCALS).collect();
            let names = objects.texts(&names, |_| true)?;
            self.names.insert(key, names);
        }
        Ok(self.names.get(&key).map_or(&[], Vec::as_slice))
    }
}

/// The dictionary of a frame's global variables.
///
/// # Errors
///
/// When the frame cannot be read.
pub(in crate::read) fn globals(objects: Objects<'_>, frame: &LiveFrame) -> Result<Address, ReadError> {
    let offset = match &objects.offsets.frame {
        FrameOffsets::Object(layout) => layout.globals,
        FrameOffsets::Interpreter(layout) => layout.globals,
    };
    objects.memory.read_pointer(frame.address.plus(offset))
}

/// Where the local variables of a frame begin, and which bits of them are no address.
fn place(objects: Objects<'_>) -> (usize, u64) {
    match &objects.offsets.frame {
        FrameOffsets::Object(layout) => (layout.locals, 0),
        FrameOffsets::Interpreter(layout) => (layout.locals, layout.tag_mask),
    }
}

/// The first local variable of a frame, `self` in a method; null when it has none.
pub(in crate::read) fn first_local(objects: Objects<'_>, frame: &LiveFrame) -> Result<Address, ReadError> {
    let (locals, tags) = match &objects.offsets.frame {
        FrameOffsets::Object(layout) => (layout.locals, 0),
        FrameOffsets::Interpreter(layout) => (layout.locals, layout.tag_mask),
    };
    objects.memory.read_pointer(frame.address.plus(locals)).map(|local| Address(local.0 & !tags))
}
