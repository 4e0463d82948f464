//! Instructions of CPython 3.11, written by `scripts/opcodes` from what 3.11.7 says of itself. Do not edit.

use super::{Arguments, Does, Opcode, opcode};

#[rustfmt::skip]
pub(super) const OPCODES: &[(u8, Opcode)] = &[
    (0, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CACHE
    (1, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // POP_TOP
    (2, opcode(0, Does::PushesNull, Some([1, 0, 0, 0]))), // PUSH_NULL
    (3, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_ADAPTIVE
    (4, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_ADD_FLOAT
    (5, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_ADD_INT
    (6, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_ADD_UNICODE
    (7, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_INPLACE_ADD_UNICODE
    (8, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_MULTIPLY_FLOAT
    (9, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // NOP
    (10, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // UNARY_POSITIVE
    (11, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // UNARY_NEGATIVE
    (12, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // UNARY_NOT
    (13, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_MULTIPLY_INT
    (14, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_SUBTRACT_FLOAT
    (15, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // UNARY_INVERT
    (16, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_SUBTRACT_INT
    (17, opcode(4, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_SUBSCR_ADAPTIVE
    (18, opcode(4, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_SUBSCR_DICT
    (19, opcode(4, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_SUBSCR_GETITEM
    (20, opcode(4, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_SUBSCR_LIST_INT
    (21, opcode(4, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_SUBSCR_TUPLE_INT
    (22, opcode(4, Does::Calls(Arguments::Counted), Some([-1, 0, 0, 0]))), // CALL_ADAPTIVE
    (23, opcode(4, Does::Calls(Arguments::Counted), Some([-1, 0, 0, 0]))), // CALL_PY_EXACT_ARGS
    (24, opcode(4, Does::Calls(Arguments::Counted), Some([-1, 0, 0, 0]))), // CALL_PY_WITH_DEFAULTS
    (25, opcode(4, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_SUBSCR
    (26, opcode(2, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP_ADAPTIVE
    (27, opcode(2, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP_FLOAT_JUMP
    (28, opcode(2, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP_INT_JUMP
    (29, opcode(2, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP_STR_JUMP
    (30, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // GET_LEN
    (31, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // MATCH_MAPPING
    (32, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // MATCH_SEQUENCE
    (33, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // MATCH_KEYS
    (34, opcode(0, Does::Extends, Some([0, 0, 0, 0]))), // EXTENDED_ARG_QUICK
    (35, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // PUSH_EXC_INFO
    (36, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CHECK_EXC_MATCH
    (37, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CHECK_EG_MATCH
    (38, opcode(0, Does::Jumps, Some([0, 0, 0, 0]))), // JUMP_BACKWARD_QUICK
    (39, opcode(4, Does::LoadsAttribute { shift: 0 }, Some([0, 0, 0, 0]))), // LOAD_ATTR_ADAPTIVE
    (40, opcode(4, Does::LoadsAttribute { shift: 0 }, Some([0, 0, 0, 0]))), // LOAD_ATTR_INSTANCE_VALUE
    (41, opcode(4, Does::LoadsAttribute { shift: 0 }, Some([0, 0, 0, 0]))), // LOAD_ATTR_MODULE
    (42, opcode(4, Does::LoadsAttribute { shift: 0 }, Some([0, 0, 0, 0]))), // LOAD_ATTR_SLOT
    (43, opcode(4, Does::LoadsAttribute { shift: 0 }, Some([0, 0, 0, 0]))), // LOAD_ATTR_WITH_HINT
    (44, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_CONST__LOAD_FAST
    (45, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_FAST__LOAD_CONST
    (46, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_FAST__LOAD_FAST
    (47, opcode(5, Does::LoadsName { shift: 1 }, Some([1, 0, 1, 0]))), // LOAD_GLOBAL_ADAPTIVE
    (48, opcode(5, Does::LoadsName { shift: 1 }, Some([1, 0, 1, 0]))), // LOAD_GLOBAL_BUILTIN
    (49, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // WITH_EXCEPT_START
    (50, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_AITER
    (51, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // GET_ANEXT
    (52, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // BEFORE_ASYNC_WITH
    (53, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // BEFORE_WITH
    (54, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // END_ASYNC_FOR
    (55, opcode(5, Does::LoadsName { shift: 1 }, Some([1, 0, 1, 0]))), // LOAD_GLOBAL_MODULE
    (56, opcode(10, Does::LoadsAttribute { shift: 0 }, Some([1, 0, 0, 0]))), // LOAD_METHOD_ADAPTIVE
    (57, opcode(10, Does::LoadsAttribute { shift: 0 }, Some([1, 0, 0, 0]))), // LOAD_METHOD_CLASS
    (58, opcode(10, Does::LoadsAttribute { shift: 0 }, Some([1, 0, 0, 0]))), // LOAD_METHOD_MODULE
    (59, opcode(10, Does::LoadsAttribute { shift: 0 }, Some([1, 0, 0, 0]))), // LOAD_METHOD_NO_DICT
    (60, opcode(1, Does::Other, Some([-3, 0, 0, 0]))), // STORE_SUBSCR
    (61, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // DELETE_SUBSCR
    (62, opcode(10, Does::LoadsAttribute { shift: 0 }, Some([1, 0, 0, 0]))), // LOAD_METHOD_WITH_DICT
    (63, opcode(10, Does::LoadsAttribute { shift: 0 }, Some([1, 0, 0, 0]))), // LOAD_METHOD_WITH_VALUES
    (64, opcode(1, Does::Precalls, Some([0, -1, 0, 0]))), // PRECALL_ADAPTIVE
    (65, opcode(1, Does::Precalls, Some([0, -1, 0, 0]))), // PRECALL_BOUND_METHOD
    (66, opcode(1, Does::Precalls, Some([0, -1, 0, 0]))), // PRECALL_BUILTIN_CLASS
    (67, opcode(1, Does::Precalls, Some([0, -1, 0, 0]))), // PRECALL_BUILTIN_FAST_WITH_KEYWORDS
    (68, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_ITER
    (69, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_YIELD_FROM_ITER
    (70, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // PRINT_EXPR
    (71, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_BUILD_CLASS
    (72, opcode(1, Does::Precalls, Some([0, -1, 0, 0]))), // PRECALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS
    (73, opcode(1, Does::Precalls, Some([0, -1, 0, 0]))), // PRECALL_NO_KW_BUILTIN_FAST
    (74, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_ASSERTION_ERROR
    (75, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // RETURN_GENERATOR
    (76, opcode(1, Does::Precalls, Some([0, -1, 0, 0]))), // PRECALL_NO_KW_BUILTIN_O
    (77, opcode(1, Does::Precalls, Some([0, -1, 0, 0]))), // PRECALL_NO_KW_ISINSTANCE
    (78, opcode(1, Does::Precalls, Some([0, -1, 0, 0]))), // PRECALL_NO_KW_LEN
    (79, opcode(1, Does::Precalls, Some([0, -1, 0, 0]))), // PRECALL_NO_KW_LIST_APPEND
    (80, opcode(1, Does::Precalls, Some([0, -1, 0, 0]))), // PRECALL_NO_KW_METHOD_DESCRIPTOR_FAST
    (81, opcode(1, Does::Precalls, Some([0, -1, 0, 0]))), // PRECALL_NO_KW_METHOD_DESCRIPTOR_NOARGS
    (82, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // LIST_TO_TUPLE
    (83, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // RETURN_VALUE
    (84, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // IMPORT_STAR
    (85, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // SETUP_ANNOTATIONS
    (86, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // YIELD_VALUE
    (87, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // ASYNC_GEN_WRAP
    (88, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // PREP_RERAISE_STAR
    (89, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // POP_EXCEPT
    (90, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_NAME
    (91, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_NAME
    (92, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE
    (93, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER
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
    (106, opcode(4, Does::LoadsAttribute { shift: 0 }, Some([0, 0, 0, 0]))), // LOAD_ATTR
    (107, opcode(2, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP
    (108, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // IMPORT_NAME
    (109, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // IMPORT_FROM
    (110, opcode(0, Does::Jumps, Some([0, 0, 0, 0]))), // JUMP_FORWARD
    (111, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // JUMP_IF_FALSE_OR_POP
    (112, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // JUMP_IF_TRUE_OR_POP
    (113, opcode(1, Does::Precalls, Some([0, -1, 0, 0]))), // PRECALL_NO_KW_METHOD_DESCRIPTOR_O
    (114, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_FORWARD_IF_FALSE
    (115, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_FORWARD_IF_TRUE
    (116, opcode(5, Does::LoadsName { shift: 1 }, Some([1, 0, 1, 0]))), // LOAD_GLOBAL
    (117, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // IS_OP
    (118, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // CONTAINS_OP
    (119, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // RERAISE
    (120, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // COPY
    (121, opcode(1, Does::Precalls, Some([0, -1, 0, 0]))), // PRECALL_NO_KW_STR_1
    (122, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP
    (123, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // SEND
    (124, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_FAST
    (125, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_FAST
    (126, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_FAST
    (127, opcode(1, Does::Precalls, Some([0, -1, 0, 0]))), // PRECALL_NO_KW_TUPLE_1
    (128, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_FORWARD_IF_NOT_NONE
    (129, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_FORWARD_IF_NONE
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
    (141, opcode(1, Does::Precalls, Some([0, -1, 0, 0]))), // PRECALL_NO_KW_TYPE_1
    (142, opcode(0, Does::Calls(Arguments::Spread), Some([-2, 0, -1, 0]))), // CALL_FUNCTION_EX
    (143, opcode(1, Does::Precalls, Some([0, -1, 0, 0]))), // PRECALL_PYFUNC
    (144, opcode(0, Does::Extends, Some([0, 0, 0, 0]))), // EXTENDED_ARG
    (145, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // LIST_APPEND
    (146, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // SET_ADD
    (147, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // MAP_ADD
    (148, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_CLASSDEREF
    (149, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // COPY_FREE_VARS
    (150, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // RESUME_QUICK
    (151, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // RESUME
    (152, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // MATCH_CLASS
    (153, opcode(4, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR_ADAPTIVE
    (154, opcode(4, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR_INSTANCE_VALUE
    (155, opcode(0, Does::Other, Some([0, 0, 0, -1]))), // FORMAT_VALUE
    (156, opcode(0, Does::Other, Some([0, -1, 0, 0]))), // BUILD_CONST_KEY_MAP
    (157, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_STRING
    (158, opcode(4, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR_SLOT
    (159, opcode(4, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR_WITH_HINT
    (160, opcode(10, Does::LoadsAttribute { shift: 0 }, Some([1, 0, 0, 0]))), // LOAD_METHOD
    (161, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_FAST__LOAD_FAST
    (162, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // LIST_EXTEND
    (163, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // SET_UPDATE
    (164, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // DICT_MERGE
    (165, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // DICT_UPDATE
    (166, opcode(1, Does::Precalls, Some([0, -1, 0, 0]))), // PRECALL
    (167, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_FAST__STORE_FAST
    (168, opcode(1, Does::Other, Some([-3, 0, 0, 0]))), // STORE_SUBSCR_ADAPTIVE
    (169, opcode(1, Does::Other, Some([-3, 0, 0, 0]))), // STORE_SUBSCR_DICT
    (170, opcode(1, Does::Other, Some([-3, 0, 0, 0]))), // STORE_SUBSCR_LIST_INT
    (171, opcode(4, Does::Calls(Arguments::Counted), Some([-1, 0, 0, 0]))), // CALL
    (172, opcode(0, Does::Prepares, Some([0, 0, 0, 0]))), // KW_NAMES
    (173, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_BACKWARD_IF_NOT_NONE
    (174, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_BACKWARD_IF_NONE
    (175, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_BACKWARD_IF_FALSE
    (176, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_BACKWARD_IF_TRUE
    (177, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE_ADAPTIVE
    (178, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE_LIST
    (179, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE_TUPLE
    (180, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE_TWO_TUPLE
];
