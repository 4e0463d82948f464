//! Instructions of CPython 3.13, written by `scripts/opcodes` from what 3.13.0 says of itself. Do not edit.

use super::{Arguments, Does, Opcode, opcode};

#[rustfmt::skip]
pub(super) const OPCODES: &[(u8, Opcode)] = &[
    (0, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CACHE
    (1, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // BEFORE_ASYNC_WITH
    (2, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // BEFORE_WITH
    (3, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_INPLACE_ADD_UNICODE
    (4, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // BINARY_SLICE
    (5, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_SUBSCR
    (6, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CHECK_EG_MATCH
    (7, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CHECK_EXC_MATCH
    (8, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // CLEANUP_THROW
    (9, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // DELETE_SUBSCR
    (10, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // END_ASYNC_FOR
    (11, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // END_FOR
    (12, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // END_SEND
    (13, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // EXIT_INIT_CHECK
    (14, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // FORMAT_SIMPLE
    (15, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // FORMAT_WITH_SPEC
    (16, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_AITER
    (17, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // RESERVED
    (18, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // GET_ANEXT
    (19, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_ITER
    (20, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // GET_LEN
    (21, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_YIELD_FROM_ITER
    (22, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INTERPRETER_EXIT
    (23, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_ASSERTION_ERROR
    (24, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_BUILD_CLASS
    (25, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_LOCALS
    (26, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // MAKE_FUNCTION
    (27, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // MATCH_KEYS
    (28, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // MATCH_MAPPING
    (29, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // MATCH_SEQUENCE
    (30, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // NOP
    (31, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // POP_EXCEPT
    (32, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // POP_TOP
    (33, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // PUSH_EXC_INFO
    (34, opcode(0, Does::PushesNull, Some([1, 0, 0, 0]))), // PUSH_NULL
    (35, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // RETURN_GENERATOR
    (36, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // RETURN_VALUE
    (37, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // SETUP_ANNOTATIONS
    (38, opcode(0, Does::Other, Some([-4, 0, 0, 0]))), // STORE_SLICE
    (39, opcode(1, Does::Other, Some([-3, 0, 0, 0]))), // STORE_SUBSCR
    (40, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL
    (41, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // UNARY_INVERT
    (42, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // UNARY_NEGATIVE
    (43, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // UNARY_NOT
    (44, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // WITH_EXCEPT_START
    (45, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP
    (46, opcode(0, Does::Other, Some([0, -1, 0, 0]))), // BUILD_CONST_KEY_MAP
    (47, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_LIST
    (48, opcode(0, Does::Other, Some([1, -2, 0, 0]))), // BUILD_MAP
    (49, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_SET
    (50, opcode(0, Does::Other, None)), // BUILD_SLICE
    (51, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_STRING
    (52, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_TUPLE
    (53, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL
    (54, opcode(0, Does::Calls(Arguments::Spread), Some([-2, 0, -1, 0]))), // CALL_FUNCTION_EX
    (55, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CALL_INTRINSIC_1
    (56, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // CALL_INTRINSIC_2
    (57, opcode(0, Does::Calls(Arguments::CountedAndNames), Some([-2, -1, 0, 0]))), // CALL_KW
    (58, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP
    (59, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // CONTAINS_OP
    (60, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CONVERT_VALUE
    (61, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // COPY
    (62, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // COPY_FREE_VARS
    (63, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // DELETE_ATTR
    (64, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_DEREF
    (65, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_FAST
    (66, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_GLOBAL
    (67, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_NAME
    (68, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // DICT_MERGE
    (69, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // DICT_UPDATE
    (71, opcode(0, Does::Extends, Some([0, 0, 0, 0]))), // EXTENDED_ARG
    (72, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER
    (73, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_AWAITABLE
    (74, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // IMPORT_FROM
    (75, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // IMPORT_NAME
    (76, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // IS_OP
    (77, opcode(1, Does::Jumps, Some([0, 0, 0, 0]))), // JUMP_BACKWARD
    (78, opcode(0, Does::Jumps, Some([0, 0, 0, 0]))), // JUMP_BACKWARD_NO_INTERRUPT
    (79, opcode(0, Does::Jumps, Some([0, 0, 0, 0]))), // JUMP_FORWARD
    (80, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // LIST_APPEND
    (81, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // LIST_EXTEND
    (82, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR
    (83, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_CONST
    (84, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_DEREF
    (85, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_FAST
    (86, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_FAST_AND_CLEAR
    (87, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_FAST_CHECK
    (88, opcode(0, Does::Other, Some([2, 0, 0, 0]))), // LOAD_FAST_LOAD_FAST
    (89, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // LOAD_FROM_DICT_OR_DEREF
    (90, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // LOAD_FROM_DICT_OR_GLOBALS
    (91, opcode(4, Does::LoadsName { shift: 1 }, Some([1, 0, 1, 0]))), // LOAD_GLOBAL
    (92, opcode(0, Does::LoadsName { shift: 0 }, Some([1, 0, 0, 0]))), // LOAD_NAME
    (93, opcode(1, Does::Other, Some([-2, 0, 1, 0]))), // LOAD_SUPER_ATTR
    (94, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // MAKE_CELL
    (95, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // MAP_ADD
    (96, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // MATCH_CLASS
    (97, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_IF_FALSE
    (98, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_IF_NONE
    (99, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_IF_NOT_NONE
    (100, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_IF_TRUE
    (101, opcode(0, Does::Other, Some([0, -1, 0, 0]))), // RAISE_VARARGS
    (102, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // RERAISE
    (103, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // RETURN_CONST
    (104, opcode(1, Does::Other, Some([0, 0, 0, 0]))), // SEND
    (105, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // SET_ADD
    (106, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // SET_FUNCTION_ATTRIBUTE
    (107, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // SET_UPDATE
    (108, opcode(4, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR
    (109, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_DEREF
    (110, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_FAST
    (111, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // STORE_FAST_LOAD_FAST
    (112, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // STORE_FAST_STORE_FAST
    (113, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_GLOBAL
    (114, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_NAME
    (115, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // SWAP
    (116, opcode(0, Does::Other, Some([0, 1, 0, 0]))), // UNPACK_EX
    (117, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE
    (118, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // YIELD_VALUE
    (149, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // RESUME
    (150, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_ADD_FLOAT
    (151, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_ADD_INT
    (152, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_ADD_UNICODE
    (153, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_MULTIPLY_FLOAT
    (154, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_MULTIPLY_INT
    (155, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_SUBTRACT_FLOAT
    (156, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_SUBTRACT_INT
    (157, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_SUBSCR_DICT
    (158, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_SUBSCR_GETITEM
    (159, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_SUBSCR_LIST_INT
    (160, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_SUBSCR_STR_INT
    (161, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_SUBSCR_TUPLE_INT
    (162, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_ALLOC_AND_ENTER_INIT
    (163, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BOUND_METHOD_EXACT_ARGS
    (164, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BOUND_METHOD_GENERAL
    (165, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BUILTIN_CLASS
    (166, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BUILTIN_FAST
    (167, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BUILTIN_FAST_WITH_KEYWORDS
    (168, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BUILTIN_O
    (169, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_ISINSTANCE
    (170, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_LEN
    (171, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_LIST_APPEND
    (172, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_METHOD_DESCRIPTOR_FAST
    (173, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS
    (174, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_METHOD_DESCRIPTOR_NOARGS
    (175, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_METHOD_DESCRIPTOR_O
    (176, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_NON_PY_GENERAL
    (177, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_PY_EXACT_ARGS
    (178, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_PY_GENERAL
    (179, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_STR_1
    (180, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_TUPLE_1
    (181, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_TYPE_1
    (182, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP_FLOAT
    (183, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP_INT
    (184, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP_STR
    (185, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // CONTAINS_OP_DICT
    (186, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // CONTAINS_OP_SET
    (187, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER_GEN
    (188, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER_LIST
    (189, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER_RANGE
    (190, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER_TUPLE
    (191, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_CLASS
    (192, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN
    (193, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_INSTANCE_VALUE
    (194, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_METHOD_LAZY_DICT
    (195, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_METHOD_NO_DICT
    (196, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_METHOD_WITH_VALUES
    (197, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_MODULE
    (198, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_NONDESCRIPTOR_NO_DICT
    (199, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES
    (200, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_PROPERTY
    (201, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_SLOT
    (202, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_WITH_HINT
    (203, opcode(4, Does::LoadsName { shift: 1 }, Some([1, 0, 1, 0]))), // LOAD_GLOBAL_BUILTIN
    (204, opcode(4, Does::LoadsName { shift: 1 }, Some([1, 0, 1, 0]))), // LOAD_GLOBAL_MODULE
    (205, opcode(1, Does::Other, Some([-2, 0, 1, 0]))), // LOAD_SUPER_ATTR_ATTR
    (206, opcode(1, Does::Other, Some([-2, 0, 1, 0]))), // LOAD_SUPER_ATTR_METHOD
    (207, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // RESUME_CHECK
    (208, opcode(1, Does::Other, Some([0, 0, 0, 0]))), // SEND_GEN
    (209, opcode(4, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR_INSTANCE_VALUE
    (210, opcode(4, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR_SLOT
    (211, opcode(4, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR_WITH_HINT
    (212, opcode(1, Does::Other, Some([-3, 0, 0, 0]))), // STORE_SUBSCR_DICT
    (213, opcode(1, Does::Other, Some([-3, 0, 0, 0]))), // STORE_SUBSCR_LIST_INT
    (214, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL_ALWAYS_TRUE
    (215, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL_BOOL
    (216, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL_INT
    (217, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL_LIST
    (218, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL_NONE
    (219, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL_STR
    (220, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE_LIST
    (221, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE_TUPLE
    (222, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE_TWO_TUPLE
    (236, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // INSTRUMENTED_RESUME
    (237, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INSTRUMENTED_END_FOR
    (238, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INSTRUMENTED_END_SEND
    (239, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INSTRUMENTED_RETURN_VALUE
    (240, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // INSTRUMENTED_RETURN_CONST
    (241, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // INSTRUMENTED_YIELD_VALUE
    (242, opcode(1, Does::Other, Some([-2, 0, 1, 0]))), // INSTRUMENTED_LOAD_SUPER_ATTR
    (243, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // INSTRUMENTED_FOR_ITER
    (244, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // INSTRUMENTED_CALL
    (245, opcode(0, Does::Calls(Arguments::CountedAndNames), Some([-2, -1, 0, 0]))), // INSTRUMENTED_CALL_KW
    (246, opcode(0, Does::Calls(Arguments::Spread), Some([-2, 0, -1, 0]))), // INSTRUMENTED_CALL_FUNCTION_EX
    (248, opcode(0, Does::Jumps, Some([0, 0, 0, 0]))), // INSTRUMENTED_JUMP_FORWARD
    (249, opcode(1, Does::Jumps, Some([0, 0, 0, 0]))), // INSTRUMENTED_JUMP_BACKWARD
    (250, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // INSTRUMENTED_POP_JUMP_IF_TRUE
    (251, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // INSTRUMENTED_POP_JUMP_IF_FALSE
    (252, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // INSTRUMENTED_POP_JUMP_IF_NONE
    (253, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // INSTRUMENTED_POP_JUMP_IF_NOT_NONE
];
