//! Built-in objects and locks.

/// Built-in objects. What is the same in every version since 3.8 (`ob_type` at 8, `ob_size` at 16) is here as well, so
/// that no reader has numbers of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectOffsets {
    /// `ob_type`
    pub object_type: usize,
    /// `ob_size` of variable-sized objects.
    pub variable_size: usize,
    /// `PyTypeObject.tp_name`
    pub type_name: usize,
    /// `PyTypeObject.tp_basicsize`
    pub type_basic_size: usize,
    /// `PyTypeObject.tp_flags`
    pub type_flags: usize,
    /// `PyTypeObject.tp_dictoffset`
    pub type_dict_offset: usize,
    /// `PyTypeObject.tp_dict`; since 3.12 null for built-in types of the interpreter.
    pub type_dict: usize,
    /// `PyTypeObject.tp_mro` (tuple)
    pub type_mro: usize,
    /// `PyTypeObject.tp_base`
    pub type_base: usize,
    /// `PyHeapTypeObject.ht_cached_keys`
    pub type_cached_keys: usize,
    /// `PyASCIIObject.length`
    pub text_length: usize,
    /// `PyASCIIObject.state`
    pub text_state: usize,
    /// Size of `PyASCIIObject`: where ASCII text begins.
    pub text_ascii: usize,
    /// Size of `PyCompactUnicodeObject`: where other compact text begins.
    pub text_compact: usize,
    /// `PyBytesObject.ob_sval`
    pub bytes_data: usize,
    /// `PyTupleObject.ob_item`
    pub tuple_items: usize,
    /// `PyListObject.ob_item` (pointer)
    pub list_items: usize,
    /// `PyFloatObject.ob_fval`
    pub float_value: usize,
    /// First digit of an int.
    pub int_digits: usize,
    /// `lv_tag` (since 3.12) or `ob_size`
    pub int_size: usize,
    /// Whether the size word is `lv_tag`: count << 3 | sign.
    pub int_tagged: bool,
    /// `PyDictObject.ma_used`
    pub dict_used: usize,
    /// `PyDictObject.ma_keys`
    pub dict_keys: usize,
    /// `PyDictObject.ma_values`
    pub dict_values: usize,
    /// `PyDictKeysObject.dk_size` (up to 3.10) or `dk_log2_size` (since)
    pub keys_size: usize,
    /// Whether the size is a logarithm (since 3.11).
    pub keys_size_log2: bool,
    /// `dk_log2_index_bytes`, since 3.11.
    pub keys_index_bytes_log2: Option<usize>,
    /// `dk_kind`, since 3.11: 0 general, 1 text keys, 2 split.
    pub keys_kind: Option<usize>,
    /// `dk_nentries`
    pub keys_entries: usize,
    /// `dk_indices`
    pub keys_indices: usize,
    /// First value inside `PyDictValues`, since 3.13 (0 before).
    pub values_first: usize,
    /// `dequeobject.leftblock`
    pub deque_left_block: usize,
    /// `dequeobject.leftindex`
    pub deque_left_index: usize,
    /// `dequeobject.state`: counts changes.
    pub deque_state: usize,
    /// First item of a deque's block.
    pub block_items: usize,
    /// How many items a block has (`BLOCKLEN`).
    pub block_length: usize,
    /// Link to the block on the right.
    pub block_right: usize,
    /// `PySetObject.used`
    pub set_used: usize,
    /// `PySetObject.mask`
    pub set_mask: usize,
    /// `PySetObject.table`
    pub set_table: usize,
    /// Size of a `setentry`: key, then hash.
    pub set_entry_size: usize,
    /// `PyWeakReference.wr_object`
    pub weakref_object: usize,
    /// `PyModuleObject.md_dict`
    pub module_dict: usize,
    /// `PyMemberDescrObject.d_member` (pointer to a `PyMemberDef`): a `__slots__` member.
    pub member_definition: usize,
    /// `PyMemberDef.type` (int): 6 and 16 are object slots (`T_OBJECT`, `T_OBJECT_EX`).
    pub member_type: usize,
    /// `PyMemberDef.offset`
    pub member_offset: usize,
    /// `PyCFunctionObject.m_self`
    pub builtin_self: usize,
    /// `PyMethodObject.im_func`
    pub method_function: usize,
    /// `PyMethodObject.im_self`
    pub method_self: usize,
    /// `PyFunctionObject.func_code`
    pub function_code: usize,
    /// `PyCellObject.ob_ref`
    pub cell_value: usize,
    /// `partialobject.fn`
    pub partial_function: usize,
}

/// `_thread.lock` and `_thread.RLock`.
///
/// Up to 3.13 a lock points to a `sem_t`, on which waiters sleep. Since 3.14 it is a `PyMutex`, a byte, and waiters
/// sleep in the parking lot (CPython `Python/parking_lot.c`) on a semaphore of their own stack. A plain lock is that already
/// since 3.13.1 (gh-117721), at the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockOffsets {
    /// `lock_lock` (pointer to the semaphore) up to 3.13, the `PyMutex` itself since 3.14.
    pub word: usize,
    /// Whether the words of both kinds are the `PyMutex` itself.
    pub parked: bool,
    /// `locked` (char) of a plain lock, up to 3.13.0.
    pub locked: Option<usize>,
    /// The word of an RLock: as `word`.
    pub recursive_word: usize,
    /// `rlock_owner`: the `pthread_t`, 0 when free.
    pub recursive_owner: usize,
    /// `rlock_count` or `level` (unsigned long).
    pub recursive_count: usize,
    /// What to add to the count to have the depth: 0, since 3.14 1.
    pub recursive_bias: u64,
    /// `struct wait_entry`: the address waited on, since 3.13.
    pub wait_address: Option<usize>,
    /// `struct wait_entry`: the semaphore the waiter sleeps on, since 3.13.
    pub wait_semaphore: Option<usize>,
}
