//! Event loops: which threads run one, in which step each is, what waits in it.
//!
//! `running` finds the loops that threads run, `nearby` those that no thread says it runs; `stock` and `uvloop` know
//! what a loop is made of; `turns` and `current_task` tell one step from the next; `endpoint` says for which request.

pub(in crate::read) mod current_task;
pub(in crate::read) mod endpoint;
pub(in crate::read) mod nearby;
pub(in crate::read) mod reader;
pub(in crate::read) mod running;
pub(in crate::read) mod stock;
pub(in crate::read) mod turns;
pub(in crate::read) mod uvloop;
