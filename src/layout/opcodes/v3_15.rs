//! Instructions of CPython 3.15, written by `scripts/opcodes` from what 3.15.2 says of itself. Do not edit.

use super::{Arguments, Does, Opcode, opcode};

#[rustfmt::skip]
pub(super) const OPCODES: &[(u8, Opcode)] = &[
    (0, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CACHE
    (1, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // BINARY_SLICE
    (2, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // BUILD_TEMPLATE
    (3, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_INPLACE_ADD_UNICODE
    (4, opcode(1, Does::Calls(Arguments::SpreadBoth), Some([-3, 0, 0, 0]))), // CALL_FUNCTION_EX
    (5, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CHECK_EG_MATCH
    (6, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CHECK_EXC_MATCH
    (7, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // CLEANUP_THROW
    (8, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // DELETE_SUBSCR
    (9, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // END_FOR
    (10, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // END_SEND
    (11, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // EXIT_INIT_CHECK
    (12, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // FORMAT_SIMPLE
    (13, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // FORMAT_WITH_SPEC
    (14, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_AITER
    (15, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // GET_ANEXT
    (16, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // GET_LEN
    (17, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // RESERVED
    (18, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INTERPRETER_EXIT
    (19, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_BUILD_CLASS
    (20, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_LOCALS
    (21, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // MAKE_FUNCTION
    (22, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // MATCH_KEYS
    (23, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // MATCH_MAPPING
    (24, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // MATCH_SEQUENCE
    (25, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // NOP
    (26, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // NOT_TAKEN
    (27, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // POP_EXCEPT
    (28, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // POP_ITER
    (29, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // POP_TOP
    (30, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // PUSH_EXC_INFO
    (31, opcode(0, Does::PushesNull, Some([1, 0, 0, 0]))), // PUSH_NULL
    (32, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // RETURN_GENERATOR
    (33, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // RETURN_VALUE
    (34, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // SETUP_ANNOTATIONS
    (35, opcode(0, Does::Other, Some([-4, 0, 0, 0]))), // STORE_SLICE
    (36, opcode(1, Does::Other, Some([-3, 0, 0, 0]))), // STORE_SUBSCR
    (37, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL
    (38, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // UNARY_INVERT
    (39, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // UNARY_NEGATIVE
    (40, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // UNARY_NOT
    (41, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // WITH_EXCEPT_START
    (42, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP
    (43, opcode(0, Does::Other, Some([-1, 0, -1, 0]))), // BUILD_INTERPOLATION
    (44, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_LIST
    (45, opcode(0, Does::Other, Some([1, -2, 0, 0]))), // BUILD_MAP
    (46, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_SET
    (47, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_SLICE
    (48, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_STRING
    (49, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_TUPLE
    (50, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL
    (51, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CALL_INTRINSIC_1
    (52, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // CALL_INTRINSIC_2
    (53, opcode(3, Does::Calls(Arguments::CountedAndNames), Some([-2, -1, 0, 0]))), // CALL_KW
    (54, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP
    (55, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // CONTAINS_OP
    (56, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // CONVERT_VALUE
    (57, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // COPY
    (58, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // COPY_FREE_VARS
    (59, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // DELETE_ATTR
    (60, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_DEREF
    (61, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_FAST
    (62, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_GLOBAL
    (63, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_NAME
    (64, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // DICT_MERGE
    (65, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // DICT_UPDATE
    (66, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // END_ASYNC_FOR
    (67, opcode(0, Does::Extends, Some([0, 0, 0, 0]))), // EXTENDED_ARG
    (68, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER
    (69, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_AWAITABLE
    (70, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // GET_ITER
    (71, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // IMPORT_FROM
    (72, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // IMPORT_NAME
    (73, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // IS_OP
    (74, opcode(1, Does::Jumps, Some([0, 0, 0, 0]))), // JUMP_BACKWARD
    (75, opcode(0, Does::Jumps, Some([0, 0, 0, 0]))), // JUMP_BACKWARD_NO_INTERRUPT
    (76, opcode(0, Does::Jumps, Some([0, 0, 0, 0]))), // JUMP_FORWARD
    (77, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // LIST_APPEND
    (78, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // LIST_EXTEND
    (79, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR
    (80, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_COMMON_CONSTANT
    (81, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_CONST
    (82, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_DEREF
    (83, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_FAST
    (84, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_FAST_AND_CLEAR
    (85, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_FAST_BORROW
    (86, opcode(0, Does::Other, Some([2, 0, 0, 0]))), // LOAD_FAST_BORROW_LOAD_FAST_BORROW
    (87, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_FAST_CHECK
    (88, opcode(0, Does::Other, Some([2, 0, 0, 0]))), // LOAD_FAST_LOAD_FAST
    (89, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // LOAD_FROM_DICT_OR_DEREF
    (90, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // LOAD_FROM_DICT_OR_GLOBALS
    (91, opcode(4, Does::LoadsName { shift: 1 }, Some([1, 0, 1, 0]))), // LOAD_GLOBAL
    (92, opcode(0, Does::LoadsName { shift: 0 }, Some([1, 0, 0, 0]))), // LOAD_NAME
    (93, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_SMALL_INT
    (94, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_SPECIAL
    (95, opcode(1, Does::Other, Some([-2, 0, 1, 0]))), // LOAD_SUPER_ATTR
    (96, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // MAKE_CELL
    (97, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // MAP_ADD
    (98, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // MATCH_CLASS
    (99, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_IF_FALSE
    (100, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_IF_NONE
    (101, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_IF_NOT_NONE
    (102, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_IF_TRUE
    (103, opcode(0, Does::Other, Some([0, -1, 0, 0]))), // RAISE_VARARGS
    (104, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // RERAISE
    (105, opcode(1, Does::Other, Some([0, 0, 0, 0]))), // SEND
    (106, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // SET_ADD
    (107, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // SET_FUNCTION_ATTRIBUTE
    (108, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // SET_UPDATE
    (109, opcode(4, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR
    (110, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_DEREF
    (111, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_FAST
    (112, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // STORE_FAST_LOAD_FAST
    (113, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // STORE_FAST_STORE_FAST
    (114, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_GLOBAL
    (115, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_NAME
    (116, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // SWAP
    (117, opcode(0, Does::Other, Some([0, 1, 0, 0]))), // UNPACK_EX
    (118, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE
    (119, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // YIELD_VALUE
    (128, opcode(1, Does::Other, Some([0, 0, 0, 0]))), // RESUME
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
    (141, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_SUBSCR_USTR_INT
    (142, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_SUBTRACT_FLOAT
    (143, opcode(5, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OP_SUBTRACT_INT
    (144, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_ALLOC_AND_ENTER_INIT
    (145, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BOUND_METHOD_EXACT_ARGS
    (146, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BOUND_METHOD_GENERAL
    (147, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BUILTIN_CLASS
    (148, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BUILTIN_FAST
    (149, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BUILTIN_FAST_WITH_KEYWORDS
    (150, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_BUILTIN_O
    (151, opcode(1, Does::Calls(Arguments::SpreadBoth), Some([-3, 0, 0, 0]))), // CALL_EX_NON_PY_GENERAL
    (152, opcode(1, Does::Calls(Arguments::SpreadBoth), Some([-3, 0, 0, 0]))), // CALL_EX_PY
    (153, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_ISINSTANCE
    (154, opcode(3, Does::Calls(Arguments::CountedAndNames), Some([-2, -1, 0, 0]))), // CALL_KW_BOUND_METHOD
    (155, opcode(3, Does::Calls(Arguments::CountedAndNames), Some([-2, -1, 0, 0]))), // CALL_KW_NON_PY
    (156, opcode(3, Does::Calls(Arguments::CountedAndNames), Some([-2, -1, 0, 0]))), // CALL_KW_PY
    (157, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_LEN
    (158, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_LIST_APPEND
    (159, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_METHOD_DESCRIPTOR_FAST
    (160, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS
    (161, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_METHOD_DESCRIPTOR_NOARGS
    (162, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_METHOD_DESCRIPTOR_O
    (163, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_NON_PY_GENERAL
    (164, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_PY_EXACT_ARGS
    (165, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_PY_GENERAL
    (166, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_STR_1
    (167, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_TUPLE_1
    (168, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_TYPE_1
    (169, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP_FLOAT
    (170, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP_INT
    (171, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP_STR
    (172, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // CONTAINS_OP_DICT
    (173, opcode(1, Does::Other, Some([-1, 0, 0, 0]))), // CONTAINS_OP_SET
    (174, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER_GEN
    (175, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER_LIST
    (176, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER_RANGE
    (177, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER_TUPLE
    (178, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER_VIRTUAL
    (179, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // GET_ITER_SELF
    (180, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // GET_ITER_VIRTUAL
    (181, opcode(1, Does::Jumps, Some([0, 0, 0, 0]))), // JUMP_BACKWARD_JIT
    (182, opcode(1, Does::Jumps, Some([0, 0, 0, 0]))), // JUMP_BACKWARD_NO_JIT
    (183, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_CLASS
    (184, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_CLASS_WITH_METACLASS_CHECK
    (185, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN
    (186, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_INSTANCE_VALUE
    (187, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_METHOD_LAZY_DICT
    (188, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_METHOD_NO_DICT
    (189, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_METHOD_WITH_VALUES
    (190, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_MODULE
    (191, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_NONDESCRIPTOR_NO_DICT
    (192, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES
    (193, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_PROPERTY
    (194, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_SLOT
    (195, opcode(9, Does::LoadsAttribute { shift: 1 }, Some([0, 0, 1, 0]))), // LOAD_ATTR_WITH_HINT
    (196, opcode(4, Does::LoadsName { shift: 1 }, Some([1, 0, 1, 0]))), // LOAD_GLOBAL_BUILTIN
    (197, opcode(4, Does::LoadsName { shift: 1 }, Some([1, 0, 1, 0]))), // LOAD_GLOBAL_MODULE
    (198, opcode(1, Does::Other, Some([-2, 0, 1, 0]))), // LOAD_SUPER_ATTR_ATTR
    (199, opcode(1, Does::Other, Some([-2, 0, 1, 0]))), // LOAD_SUPER_ATTR_METHOD
    (200, opcode(1, Does::Other, Some([0, 0, 0, 0]))), // RESUME_CHECK
    (201, opcode(1, Does::Other, Some([0, 0, 0, 0]))), // RESUME_CHECK_JIT
    (202, opcode(1, Does::Other, Some([0, 0, 0, 0]))), // SEND_ASYNC_GEN
    (203, opcode(1, Does::Other, Some([0, 0, 0, 0]))), // SEND_GEN
    (204, opcode(1, Does::Other, Some([0, 0, 0, 0]))), // SEND_VIRTUAL
    (205, opcode(4, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR_INSTANCE_VALUE
    (206, opcode(4, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR_SLOT
    (207, opcode(4, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR_WITH_HINT
    (208, opcode(1, Does::Other, Some([-3, 0, 0, 0]))), // STORE_SUBSCR_DICT
    (209, opcode(1, Does::Other, Some([-3, 0, 0, 0]))), // STORE_SUBSCR_LIST_INT
    (210, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL_ALWAYS_TRUE
    (211, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL_BOOL
    (212, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL_INT
    (213, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL_LIST
    (214, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL_NONE
    (215, opcode(3, Does::Other, Some([0, 0, 0, 0]))), // TO_BOOL_STR
    (216, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE_LIST
    (217, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE_TUPLE
    (218, opcode(1, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE_TWO_TUPLE
    (233, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INSTRUMENTED_END_FOR
    (234, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // INSTRUMENTED_POP_ITER
    (235, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // INSTRUMENTED_END_SEND
    (236, opcode(1, Does::Other, Some([1, 0, 0, 0]))), // INSTRUMENTED_FOR_ITER
    (238, opcode(0, Does::Jumps, Some([0, 0, 0, 0]))), // INSTRUMENTED_JUMP_FORWARD
    (239, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // INSTRUMENTED_NOT_TAKEN
    (240, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // INSTRUMENTED_POP_JUMP_IF_TRUE
    (241, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // INSTRUMENTED_POP_JUMP_IF_FALSE
    (242, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // INSTRUMENTED_POP_JUMP_IF_NONE
    (243, opcode(1, Does::Jumps, Some([-1, 0, 0, 0]))), // INSTRUMENTED_POP_JUMP_IF_NOT_NONE
    (244, opcode(1, Does::Other, Some([0, 0, 0, 0]))), // INSTRUMENTED_RESUME
    (245, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // INSTRUMENTED_RETURN_VALUE
    (246, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // INSTRUMENTED_YIELD_VALUE
    (247, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // INSTRUMENTED_END_ASYNC_FOR
    (248, opcode(1, Does::Other, Some([-2, 0, 1, 0]))), // INSTRUMENTED_LOAD_SUPER_ATTR
    (249, opcode(3, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // INSTRUMENTED_CALL
    (250, opcode(3, Does::Calls(Arguments::CountedAndNames), Some([-2, -1, 0, 0]))), // INSTRUMENTED_CALL_KW
    (251, opcode(1, Does::Calls(Arguments::SpreadBoth), Some([-3, 0, 0, 0]))), // INSTRUMENTED_CALL_FUNCTION_EX
    (252, opcode(1, Does::Jumps, Some([0, 0, 0, 0]))), // INSTRUMENTED_JUMP_BACKWARD
    (255, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // TRACE_RECORD
];
