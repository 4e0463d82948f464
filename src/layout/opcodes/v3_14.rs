//! Instructions of CPython 3.14, written by `scripts/opcodes` from what 3.14.10 says of itself. Do not edit.

use super::{Arguments, Does, Opcode, opcode};

#[rustfmt::skip]
pub(super) const OPCODES: &[(u8, Opcode)] = &[
    (0, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CACHE
    (1, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // BINARY_SLICE
    (2, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // BUILD_TEMPLATE
    (3, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_INPLACE_ADD_UNICODE
    (4, opcode(0, Does::Calls(Arguments::SpreadBoth), Some([-3, 0, 0, 0]))), // CALL_FUNCTION_EX
    (5, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CHECK_EG_MATCH
    (6, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CHECK_EXC_MATCH
    (7, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // CLEANUP_THROW
    (8, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // DELETE_SUBSCR
    (9, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // END_FOR
    (10, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // END_SEND
    (11, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // EXIT_INIT_CHECK
    (12, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // FORMAT_SIMPLE
    (13, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // FORMAT_WITH_SPEC
    (14, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_AITER
    (15, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // GET_ANEXT
    (16, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_ITER
    (17, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // RESERVED
    (18, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // GET_LEN
    (19, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_YIELD_FROM_ITER
    (20, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INTERPRETER_EXIT
    (21, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_BUILD_CLASS
    (22, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_LOCALS
    (23, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // MAKE_FUNCTION
    (24, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // MATCH_KEYS
    (25, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // MATCH_MAPPING
    (26, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // MATCH_SEQUENCE
    (27, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // NOP
    (28, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // NOT_TAKEN
    (29, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // POP_EXCEPT
    (30, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // POP_ITER
    (31, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // POP_TOP
    (32, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // PUSH_EXC_INFO
    (33, opcode(0, Does::PushesNull, Some([1, 0, 0, 0]))), // PUSH_NULL
    (34, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // RETURN_GENERATOR
    (35, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // RETURN_VALUE
    (36, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // SETUP_ANNOTATIONS
    (37, opcode(0, Does::Other, Some([-4, 0, 0, 0]))), // STORE_SLICE
    (38, opcode(1, Does::Other, Some([-3, 0, 0, 0]))), // STORE_SUBSCR
    (39, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL
    (40, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // UNARY_INVERT
    (41, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // UNARY_NEGATIVE
    (42, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // UNARY_NOT
    (43, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // WITH_EXCEPT_START
    (44, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP
    (45, opcode(0, Does::Other, Some([-1, 0, -1, 0]))), // BUILD_INTERPOLATION
    (46, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_LIST
    (47, opcode(0, Does::Other, Some([1, -2, 0, 0]))), // BUILD_MAP
    (48, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_SET
    (49, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_SLICE
    (50, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_STRING
    (51, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_TUPLE
    (52, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL
    (53, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CALL_INTRINSIC_1
    (54, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // CALL_INTRINSIC_2
    (55, opcode(3, Does::Calls(Arguments::CountedAndNames), Some([-2, -1, 0, 0]))), // CALL_KW
    (56, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP
    (57, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // CONTAINS_OP
    (58, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CONVERT_VALUE
    (59, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // COPY
    (60, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // COPY_FREE_VARS
    (61, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // DELETE_ATTR
    (62, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_DEREF
    (63, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_FAST
    (64, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_GLOBAL
    (65, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_NAME
    (66, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // DICT_MERGE
    (67, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // DICT_UPDATE
    (68, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // END_ASYNC_FOR
    (69, opcode(0, Does::Extends, Some([0, 0, 0, 0]))), // EXTENDED_ARG
    (70, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER
    (71, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_AWAITABLE
    (72, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // IMPORT_FROM
    (73, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // IMPORT_NAME
    (74, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // IS_OP
    (75, opcode(1, Does::Jumps, Some([0, 0, 0, 0]))), // JUMP_BACKWARD
    (76, opcode(0, Does::Jumps, Some([0, 0, 0, 0]))), // JUMP_BACKWARD_NO_INTERRUPT
    (77, opcode(0, Does::Jumps, Some([0, 0, 0, 0]))), // JUMP_FORWARD
    (78, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // LIST_APPEND
    (79, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // LIST_EXTEND
    (80, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR
    (81, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_COMMON_CONSTANT
    (82, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_CONST
    (83, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_DEREF
    (84, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_FAST
    (85, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_FAST_AND_CLEAR
    (86, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_FAST_BORROW
    (87, opcode(0, Does::Other, Some([2, 0, 0, 0]))), // LOAD_FAST_BORROW_LOAD_FAST_BORROW
    (88, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_FAST_CHECK
    (89, opcode(0, Does::Other, Some([2, 0, 0, 0]))), // LOAD_FAST_LOAD_FAST
    (90, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // LOAD_FROM_DICT_OR_DEREF
    (91, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // LOAD_FROM_DICT_OR_GLOBALS
    (92, opcode(4, Does::LoadsName { shift: 1 }, Some([1, 0, 1, 0]))), // LOAD_GLOBAL
    (93, opcode(0, Does::LoadsName { shift: 0 }, Some([1, 0, 0, 0]))), // LOAD_NAME
    (94, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_SMALL_INT
    (95, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_SPECIAL
    (96, opcode(1, Does::Other, Some([-2, 0, 1, 0]))), // LOAD_SUPER_ATTR
    (97, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // MAKE_CELL
    (98, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // MAP_ADD
    (99, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // MATCH_CLASS
    (100, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_IF_FALSE
    (101, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_IF_NONE
    (102, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_IF_NOT_NONE
    (103, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_IF_TRUE
    (104, opcode(0, Does::Other, Some([0, -1, 0, 0]))), // RAISE_VARARGS
    (105, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // RERAISE
    (106, opcode(1, Does::Other, Some([0, 0, 0, 0]))), // SEND
    (107, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // SET_ADD
    (108, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // SET_FUNCTION_ATTRIBUTE
    (109, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // SET_UPDATE
    (110, opcode(4, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR
    (111, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_DEREF
    (112, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_FAST
    (113, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // STORE_FAST_LOAD_FAST
    (114, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // STORE_FAST_STORE_FAST
    (115, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_GLOBAL
    (116, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_NAME
    (117, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // SWAP
    (118, opcode(0, Does::Other, Some([0, 1, 0, 0]))), // UNPACK_EX
    (119, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE
    (120, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // YIELD_VALUE
    (128, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // RESUME
    (129, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_ADD_FLOAT
    (130, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_ADD_INT
    (131, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_ADD_UNICODE
    (132, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_EXTEND
    (133, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_MULTIPLY_FLOAT
    (134, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_MULTIPLY_INT
    (135, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_SUBSCR_DICT
    (136, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_SUBSCR_GETITEM
    (137, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_SUBSCR_LIST_INT
    (138, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_SUBSCR_LIST_SLICE
    (139, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_SUBSCR_STR_INT
    (140, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_SUBSCR_TUPLE_INT
    (141, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_SUBTRACT_FLOAT
    (142, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_SUBTRACT_INT
    (143, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_ALLOC_AND_ENTER_INIT
    (144, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BOUND_METHOD_EXACT_ARGS
    (145, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BOUND_METHOD_GENERAL
    (146, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BUILTIN_CLASS
    (147, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BUILTIN_FAST
    (148, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BUILTIN_FAST_WITH_KEYWORDS
    (149, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BUILTIN_O
    (150, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_ISINSTANCE
    (151, opcode(3, Does::Calls(Arguments::CountedAndNames), Some([-2, -1, 0, 0]))), // CALL_KW_BOUND_METHOD
    (152, opcode(3, Does::Calls(Arguments::CountedAndNames), Some([-2, -1, 0, 0]))), // CALL_KW_NON_PY
    (153, opcode(3, Does::Calls(Arguments::CountedAndNames), Some([-2, -1, 0, 0]))), // CALL_KW_PY
    (154, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_LEN
    (155, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_LIST_APPEND
    (156, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_METHOD_DESCRIPTOR_FAST
    (157, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS
    (158, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_METHOD_DESCRIPTOR_NOARGS
    (159, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_METHOD_DESCRIPTOR_O
    (160, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_NON_PY_GENERAL
    (161, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_PY_EXACT_ARGS
    (162, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_PY_GENERAL
    (163, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_STR_1
    (164, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_TUPLE_1
    (165, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_TYPE_1
    (166, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP_FLOAT
    (167, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP_INT
    (168, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP_STR
    (169, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // CONTAINS_OP_DICT
    (170, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // CONTAINS_OP_SET
    (171, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER_GEN
    (172, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER_LIST
    (173, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER_RANGE
    (174, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER_TUPLE
    (175, opcode(1, Does::Jumps, Some([0, 0, 0, 0]))), // JUMP_BACKWARD_JIT
    (176, opcode(1, Does::Jumps, Some([0, 0, 0, 0]))), // JUMP_BACKWARD_NO_JIT
    (177, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_CLASS
    (178, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_CLASS_WITH_METACLASS_CHECK
    (179, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN
    (180, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_INSTANCE_VALUE
    (181, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_METHOD_LAZY_DICT
    (182, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_METHOD_NO_DICT
    (183, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_METHOD_WITH_VALUES
    (184, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_MODULE
    (185, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_NONDESCRIPTOR_NO_DICT
    (186, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES
    (187, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_PROPERTY
    (188, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_SLOT
    (189, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_WITH_HINT
    (190, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_CONST_IMMORTAL
    (191, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_CONST_MORTAL
    (192, opcode(4, Does::LoadsName { shift: 1 }, Some([1, 0, 1, 0]))), // LOAD_GLOBAL_BUILTIN
    (193, opcode(4, Does::LoadsName { shift: 1 }, Some([1, 0, 1, 0]))), // LOAD_GLOBAL_MODULE
    (194, opcode(1, Does::Other, Some([-2, 0, 1, 0]))), // LOAD_SUPER_ATTR_ATTR
    (195, opcode(1, Does::Other, Some([-2, 0, 1, 0]))), // LOAD_SUPER_ATTR_METHOD
    (196, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // RESUME_CHECK
    (197, opcode(1, Does::Other, Some([0, 0, 0, 0]))), // SEND_GEN
    (198, opcode(4, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR_INSTANCE_VALUE
    (199, opcode(4, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR_SLOT
    (200, opcode(4, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR_WITH_HINT
    (201, opcode(1, Does::Other, Some([-3, 0, 0, 0]))), // STORE_SUBSCR_DICT
    (202, opcode(1, Does::Other, Some([-3, 0, 0, 0]))), // STORE_SUBSCR_LIST_INT
    (203, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL_ALWAYS_TRUE
    (204, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL_BOOL
    (205, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL_INT
    (206, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL_LIST
    (207, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL_NONE
    (208, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL_STR
    (209, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE_LIST
    (210, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE_TUPLE
    (211, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE_TWO_TUPLE
    (234, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INSTRUMENTED_END_FOR
    (235, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INSTRUMENTED_POP_ITER
    (236, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INSTRUMENTED_END_SEND
    (237, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // INSTRUMENTED_FOR_ITER
    (239, opcode(0, Does::Jumps, Some([0, 0, 0, 0]))), // INSTRUMENTED_JUMP_FORWARD
    (240, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // INSTRUMENTED_NOT_TAKEN
    (241, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // INSTRUMENTED_POP_JUMP_IF_TRUE
    (242, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // INSTRUMENTED_POP_JUMP_IF_FALSE
    (243, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // INSTRUMENTED_POP_JUMP_IF_NONE
    (244, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // INSTRUMENTED_POP_JUMP_IF_NOT_NONE
    (245, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // INSTRUMENTED_RESUME
    (246, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // INSTRUMENTED_RETURN_VALUE
    (247, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // INSTRUMENTED_YIELD_VALUE
    (248, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // INSTRUMENTED_END_ASYNC_FOR
    (249, opcode(1, Does::Other, Some([-2, 0, 1, 0]))), // INSTRUMENTED_LOAD_SUPER_ATTR
    (250, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // INSTRUMENTED_CALL
    (251, opcode(3, Does::Calls(Arguments::CountedAndNames), Some([-2, -1, 0, 0]))), // INSTRUMENTED_CALL_KW
    (252, opcode(0, Does::Calls(Arguments::SpreadBoth), Some([-3, 0, 0, 0]))), // INSTRUMENTED_CALL_FUNCTION_EX
    (253, opcode(1, Does::Jumps, Some([0, 0, 0, 0]))), // INSTRUMENTED_JUMP_BACKWARD
];
