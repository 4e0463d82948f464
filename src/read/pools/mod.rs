//! Pools that somebody uses or waits for, found through the frames of those who do.
//!
//! A pool has no place of its own in the interpreter. But whoever works for it, waits for it or has something out of it
//! has a frame, suspended or not, with the pool among its local variables, or something that leads to it.
//!
//! Pools of connections are read by the rows that [`libraries`](crate::libraries) has of them: `connections` finds who
//! asks, `holdings` what objects have, `counts` what a pool says of itself. Where a row cannot say it there is code:
//! `limiters` and `executors` are found through their threads, `queues` by what a program does with one, `name_lookups` in
//! the threads of libuv. `behind` tells who waits for a call in his own queue.

mod behind;
mod connections;
mod counts;
pub(in crate::read) mod executors;
mod found;
mod holdings;
mod limiters;
mod meanings;
mod name_lookups;
mod queues;
pub(in crate::read) mod reader;
