//! Instructions of CPython 3.10, written by `scripts/opcodes` from what 3.10.13 says of itself. Do not edit.

use super::{Arguments, Does, Opcode, opcode};

#[rustfmt::skip]
pub(super) const OPCODES: &[(u8, Opcode)] = &[
    (1, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // POP_TOP
    (2, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // ROT_TWO
    (3, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // ROT_THREE
    (4, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // DUP_TOP
    (5, opcode(0, Does::Other, Some([2, 0, 0, 0]))), // DUP_TOP_TWO
    (6, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // ROT_FOUR
    (9, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // NOP
    (10, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // UNARY_POSITIVE
    (11, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // UNARY_NEGATIVE
    (12, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // UNARY_NOT
    (15, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // UNARY_INVERT
    (16, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_MATRIX_MULTIPLY
    (17, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INPLACE_MATRIX_MULTIPLY
    (19, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_POWER
    (20, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_MULTIPLY
    (22, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_MODULO
    (23, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_ADD
    (24, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_SUBTRACT
    (25, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_SUBSCR
    (26, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_FLOOR_DIVIDE
    (27, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_TRUE_DIVIDE
    (28, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INPLACE_FLOOR_DIVIDE
    (29, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INPLACE_TRUE_DIVIDE
    (30, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // GET_LEN
    (31, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // MATCH_MAPPING
    (32, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // MATCH_SEQUENCE
    (33, opcode(0, Does::Other, Some([2, 0, 0, 0]))), // MATCH_KEYS
    (34, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // COPY_DICT_WITHOUT_KEYS
    (49, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // WITH_EXCEPT_START
    (50, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_AITER
    (51, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // GET_ANEXT
    (52, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // BEFORE_ASYNC_WITH
    (54, opcode(0, Does::Other, Some([-7, 0, 0, 0]))), // END_ASYNC_FOR
    (55, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INPLACE_ADD
    (56, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INPLACE_SUBTRACT
    (57, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INPLACE_MULTIPLY
    (59, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INPLACE_MODULO
    (60, opcode(0, Does::Other, Some([-3, 0, 0, 0]))), // STORE_SUBSCR
    (61, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // DELETE_SUBSCR
    (62, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_LSHIFT
    (63, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_RSHIFT
    (64, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_AND
    (65, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_XOR
    (66, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // BINARY_OR
    (67, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INPLACE_POWER
    (68, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_ITER
    (69, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_YIELD_FROM_ITER
    (70, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // PRINT_EXPR
    (71, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_BUILD_CLASS
    (72, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // YIELD_FROM
    (73, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // GET_AWAITABLE
    (74, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_ASSERTION_ERROR
    (75, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INPLACE_LSHIFT
    (76, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INPLACE_RSHIFT
    (77, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INPLACE_AND
    (78, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INPLACE_XOR
    (79, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // INPLACE_OR
    (82, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // LIST_TO_TUPLE
    (83, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // RETURN_VALUE
    (84, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // IMPORT_STAR
    (85, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // SETUP_ANNOTATIONS
    (86, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // YIELD_VALUE
    (87, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // POP_BLOCK
    (89, opcode(0, Does::Other, Some([-3, 0, 0, 0]))), // POP_EXCEPT
    (90, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_NAME
    (91, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_NAME
    (92, opcode(0, Does::Other, Some([-1, 1, 0, 0]))), // UNPACK_SEQUENCE
    (93, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // FOR_ITER
    (94, opcode(0, Does::Other, Some([0, 1, 0, 0]))), // UNPACK_EX
    (95, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // STORE_ATTR
    (96, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // DELETE_ATTR
    (97, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_GLOBAL
    (98, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_GLOBAL
    (99, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // ROT_N
    (100, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_CONST
    (101, opcode(0, Does::LoadsName { shift: 0 }, Some([1, 0, 0, 0]))), // LOAD_NAME
    (102, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_TUPLE
    (103, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_LIST
    (104, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_SET
    (105, opcode(0, Does::Other, Some([1, -2, 0, 0]))), // BUILD_MAP
    (106, opcode(0, Does::LoadsAttribute { shift: 0 }, Some([0, 0, 0, 0]))), // LOAD_ATTR
    (107, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // COMPARE_OP
    (108, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // IMPORT_NAME
    (109, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // IMPORT_FROM
    (110, opcode(0, Does::Jumps, Some([0, 0, 0, 0]))), // JUMP_FORWARD
    (111, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // JUMP_IF_FALSE_OR_POP
    (112, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // JUMP_IF_TRUE_OR_POP
    (113, opcode(0, Does::Jumps, Some([0, 0, 0, 0]))), // JUMP_ABSOLUTE
    (114, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_IF_FALSE
    (115, opcode(0, Does::Jumps, Some([-1, 0, 0, 0]))), // POP_JUMP_IF_TRUE
    (116, opcode(0, Does::LoadsName { shift: 0 }, Some([1, 0, 0, 0]))), // LOAD_GLOBAL
    (117, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // IS_OP
    (118, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // CONTAINS_OP
    (119, opcode(0, Does::Other, Some([-3, 0, 0, 0]))), // RERAISE
    (121, opcode(0, Does::Jumps, Some([-2, 0, 0, 0]))), // JUMP_IF_NOT_EXC_MATCH
    (122, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // SETUP_FINALLY
    (124, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_FAST
    (125, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_FAST
    (126, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_FAST
    (129, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // GEN_START
    (130, opcode(0, Does::Other, Some([0, -1, 0, 0]))), // RAISE_VARARGS
    (131, opcode(0, Does::Calls(Arguments::Counted), Some([0, -1, 0, 0]))), // CALL_FUNCTION
    (132, opcode(0, Does::Other, None)), // MAKE_FUNCTION
    (133, opcode(0, Does::Other, None)), // BUILD_SLICE
    (135, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_CLOSURE
    (136, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_DEREF
    (137, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // STORE_DEREF
    (138, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // DELETE_DEREF
    (141, opcode(0, Does::Calls(Arguments::CountedAndNames), Some([-1, -1, 0, 0]))), // CALL_FUNCTION_KW
    (142, opcode(0, Does::Calls(Arguments::Spread), Some([-1, 0, -1, 0]))), // CALL_FUNCTION_EX
    (143, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // SETUP_WITH
    (144, opcode(0, Does::Extends, Some([0, 0, 0, 0]))), // EXTENDED_ARG
    (145, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // LIST_APPEND
    (146, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // SET_ADD
    (147, opcode(0, Does::Other, Some([-2, 0, 0, 0]))), // MAP_ADD
    (148, opcode(0, Does::Other, Some([1, 0, 0, 0]))), // LOAD_CLASSDEREF
    (152, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // MATCH_CLASS
    (154, opcode(0, Does::Other, Some([0, 0, 0, 0]))), // SETUP_ASYNC_WITH
    (155, opcode(0, Does::Other, Some([0, 0, 0, -1]))), // FORMAT_VALUE
    (156, opcode(0, Does::Other, Some([0, -1, 0, 0]))), // BUILD_CONST_KEY_MAP
    (157, opcode(0, Does::Other, Some([1, -1, 0, 0]))), // BUILD_STRING
    (160, opcode(0, Does::LoadsAttribute { shift: 0 }, Some([1, 0, 0, 0]))), // LOAD_METHOD
    (161, opcode(0, Does::Calls(Arguments::Counted), Some([-1, -1, 0, 0]))), // CALL_METHOD
    (162, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // LIST_EXTEND
    (163, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // SET_UPDATE
    (164, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // DICT_MERGE
    (165, opcode(0, Does::Other, Some([-1, 0, 0, 0]))), // DICT_UPDATE
];
