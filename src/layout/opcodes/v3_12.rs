//! Instructions of CPython 3.12, written by `scripts/opcodes` from what 3.12.1 says of itself. Do not edit.

use super::{Arguments, Does, Opcode, opcode};

#[rustfmt::skip]
pub(super) const OPCODES: &[(u8, Opcode)] = &[
    (0, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CACHE
    (1, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // POP_TOP
    (2, opcode(0, Does::PushesNull, Some([1, 0, 0, 0]))), // PUSH_NULL
    (3, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INTERPRETER_EXIT
    (4, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // END_FOR
    (5, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // END_SEND
    (6, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_ADD_FLOAT
    (7, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_ADD_INT
    (8, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_ADD_UNICODE
    (9, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // NOP
    (10, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_INPLACE_ADD_UNICODE
    (11, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // UNARY_NEGATIVE
    (12, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // UNARY_NOT
    (13, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_MULTIPLY_FLOAT
    (14, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_MULTIPLY_INT
    (15, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // UNARY_INVERT
    (16, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_SUBTRACT_FLOAT
    (17, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // RESERVED
    (18, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_SUBTRACT_INT
    (19, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_SUBSCR_DICT
    (20, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_SUBSCR_GETITEM
    (21, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_SUBSCR_LIST_INT
    (22, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_SUBSCR_TUPLE_INT
    (23, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_PY_EXACT_ARGS
    (24, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_PY_WITH_DEFAULTS
    (25, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_SUBSCR
    (26, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // BINARY_SLICE
    (27, opcode(0, Does::Other, Some([-4, 0, 0, 0]))), // STORE_SLICE
    (28, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BOUND_METHOD_EXACT_ARGS
    (29, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BUILTIN_CLASS
    (30, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // GET_LEN
    (31, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // MATCH_MAPPING
    (32, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // MATCH_SEQUENCE
    (33, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // MATCH_KEYS
    (34, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BUILTIN_FAST_WITH_KEYWORDS
    (35, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // PUSH_EXC_INFO
    (36, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CHECK_EXC_MATCH
    (37, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CHECK_EG_MATCH
    (38, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS
    (39, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_NO_KW_BUILTIN_FAST
    (40, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_NO_KW_BUILTIN_O
    (41, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_NO_KW_ISINSTANCE
    (42, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_NO_KW_LEN
    (43, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_NO_KW_LIST_APPEND
    (44, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_NO_KW_METHOD_DESCRIPTOR_FAST
    (45, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_NO_KW_METHOD_DESCRIPTOR_NOARGS
    (46, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_NO_KW_METHOD_DESCRIPTOR_O
    (47, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_NO_KW_STR_1
    (48, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_NO_KW_TUPLE_1
    (49, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // WITH_EXCEPT_START
    (50, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_AITER
    (51, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // GET_ANEXT
    (52, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // BEFORE_ASYNC_WITH
    (53, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // BEFORE_WITH
    (54, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // END_ASYNC_FOR
    (55, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // CLEANUP_THROW
    (56, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_NO_KW_TYPE_1
    (57, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP_FLOAT
    (58, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP_INT
    (59, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP_STR
    (60, opcode(1, Does::Other, Some([-3, 0, 0, 0]))), // STORE_SUBSCR
    (61, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // DELETE_SUBSCR
    (62, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER_LIST
    (63, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER_TUPLE
    (64, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER_RANGE
    (65, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER_GEN
    (66, opcode(1, Does::Other, Some([-2, 0, 1, 0]))), // LOAD_SUPER_ATTR_ATTR
    (67, opcode(1, Does::Other, Some([-2, 0, 1, 0]))), // LOAD_SUPER_ATTR_METHOD
    (68, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_ITER
    (69, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_YIELD_FROM_ITER
    (70, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_CLASS
    (71, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_BUILD_CLASS
    (72, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN
    (73, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_INSTANCE_VALUE
    (74, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_ASSERTION_ERROR
    (75, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // RETURN_GENERATOR
    (76, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_MODULE
    (77, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_PROPERTY
    (78, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_SLOT
    (79, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_WITH_HINT
    (80, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_METHOD_LAZY_DICT
    (81, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_METHOD_NO_DICT
    (82, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_METHOD_WITH_VALUES
    (83, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // RETURN_VALUE
    (84, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_CONST__LOAD_FAST
    (85, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // SETUP_ANNOTATIONS
    (86, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_FAST__LOAD_CONST
    (87, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_LOCALS
    (88, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_FAST__LOAD_FAST
    (89, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // POP_EXCEPT
    (90, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_NAME
    (91, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_NAME
    (92, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE
    (93, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER
    (94, opcode(0, Does::Other, Some([0, 1, 0, 0]))), // UNPACK_EX
    (95, opcode(4, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR
    (96, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // DELETE_ATTR
    (97, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_GLOBAL
    (98, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_GLOBAL
    (99, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // SWAP
    (100, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_CONST
    (101, opcode(0, Does::LoadsName { shift: 0 }, Some([1, 0, 0, 0]))), // LOAD_NAME
    (102, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_TUPLE
    (103, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_LIST
    (104, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_SET
    (105, opcode(0, Does::Other, Some([1, -2, 0, 0]))), // BUILD_MAP
    (106, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR
    (107, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP
    (108, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // IMPORT_NAME
    (109, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // IMPORT_FROM
    (110, opcode(0, Does::Jumps, Some([0, 0, 0, 0]))), // JUMP_FORWARD
    (111, opcode(4, Does::LoadsName { shift: 1 }, Some([1, 0, 1, 0]))), // LOAD_GLOBAL_BUILTIN
    (112, opcode(4, Does::LoadsName { shift: 1 }, Some([1, 0, 1, 0]))), // LOAD_GLOBAL_MODULE
    (113, opcode(4, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR_INSTANCE_VALUE
    (114, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_IF_FALSE
    (115, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_IF_TRUE
    (116, opcode(4, Does::LoadsName { shift: 1 }, Some([1, 0, 1, 0]))), // LOAD_GLOBAL
    (117, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // IS_OP
    (118, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // CONTAINS_OP
    (119, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // RERAISE
    (120, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // COPY
    (121, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // RETURN_CONST
    (122, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP
    (123, opcode(1, Does::Other, Some([0, 0, 0, 0]))), // SEND
    (124, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_FAST
    (125, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_FAST
    (126, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_FAST
    (127, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_FAST_CHECK
    (128, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_IF_NOT_NONE
    (129, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_IF_NONE
    (130, opcode(0, Does::Other, Some([0, -1, 0, 0]))), // RAISE_VARARGS
    (131, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_AWAITABLE
    (132, opcode(0, Does::Other, None)), // MAKE_FUNCTION
    (133, opcode(0, Does::Other, None)), // BUILD_SLICE
    (134, opcode(0, Does::Jumps, Some([0, 0, 0, 0]))), // JUMP_BACKWARD_NO_INTERRUPT
    (135, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // MAKE_CELL
    (136, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_CLOSURE
    (137, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_DEREF
    (138, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_DEREF
    (139, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_DEREF
    (140, opcode(0, Does::Jumps, Some([0, 0, 0, 0]))), // JUMP_BACKWARD
    (141, opcode(1, Does::Other, Some([-2, 0, 1, 0]))), // LOAD_SUPER_ATTR
    (142, opcode(0, Does::Calls(Arguments::Spread), Some([-2, 0, -1, 0]))), // CALL_FUNCTION_EX
    (143, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_FAST_AND_CLEAR
    (144, opcode(0, Does::Extends, Some([0, 0, 0, 0]))), // EXTENDED_ARG
    (145, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // LIST_APPEND
    (146, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // SET_ADD
    (147, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // MAP_ADD
    (148, opcode(4, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR_SLOT
    (149, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // COPY_FREE_VARS
    (150, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // YIELD_VALUE
    (151, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // RESUME
    (152, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // MATCH_CLASS
    (153, opcode(4, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR_WITH_HINT
    (154, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_FAST__LOAD_FAST
    (155, opcode(0, Does::Other, Some([0, 0, 0, -1]))), // FORMAT_VALUE
    (156, opcode(0, Does::Other, Some([0, -1, 0, 0]))), // BUILD_CONST_KEY_MAP
    (157, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_STRING
    (158, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_FAST__STORE_FAST
    (159, opcode(1, Does::Other, Some([-3, 0, 0, 0]))), // STORE_SUBSCR_DICT
    (160, opcode(1, Does::Other, Some([-3, 0, 0, 0]))), // STORE_SUBSCR_LIST_INT
    (161, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE_LIST
    (162, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // LIST_EXTEND
    (163, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // SET_UPDATE
    (164, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // DICT_MERGE
    (165, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // DICT_UPDATE
    (166, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE_TUPLE
    (167, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE_TWO_TUPLE
    (168, opcode(1, Does::Other, Some([0, 0, 0, 0]))), // SEND_GEN
    (171, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL
    (172, opcode(0, Does::Prepares, Some([0, 0, 0, 0]))), // KW_NAMES
    (173, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CALL_INTRINSIC_1
    (174, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // CALL_INTRINSIC_2
    (175, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // LOAD_FROM_DICT_OR_GLOBALS
    (176, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // LOAD_FROM_DICT_OR_DEREF
    (237, opcode(1, Does::Other, Some([-2, 0, 1, 0]))), // INSTRUMENTED_LOAD_SUPER_ATTR
    (238, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // INSTRUMENTED_POP_JUMP_IF_NONE
    (239, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // INSTRUMENTED_POP_JUMP_IF_NOT_NONE
    (240, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // INSTRUMENTED_RESUME
    (241, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // INSTRUMENTED_CALL
    (242, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INSTRUMENTED_RETURN_VALUE
    (243, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // INSTRUMENTED_YIELD_VALUE
    (244, opcode(0, Does::Calls(Arguments::Spread), Some([-2, 0, -1, 0]))), // INSTRUMENTED_CALL_FUNCTION_EX
    (245, opcode(0, Does::Jumps, Some([0, 0, 0, 0]))), // INSTRUMENTED_JUMP_FORWARD
    (246, opcode(0, Does::Jumps, Some([0, 0, 0, 0]))), // INSTRUMENTED_JUMP_BACKWARD
    (247, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // INSTRUMENTED_RETURN_CONST
    (248, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // INSTRUMENTED_FOR_ITER
    (249, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // INSTRUMENTED_POP_JUMP_IF_FALSE
    (250, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // INSTRUMENTED_POP_JUMP_IF_TRUE
    (251, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // INSTRUMENTED_END_FOR
    (252, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INSTRUMENTED_END_SEND
];
