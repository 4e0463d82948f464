//! Who is in the process: the tasks, the pools, the requests.
//!
//! A census goes by the threads and loops of the snapshot before it and reads by whole pages ([`Pages`]), because what it
//! walks through lies close together. It follows objects that nobody holds still: everything is checked against its
//! type, every walk is bounded, and what could not be read in time or did not hold together is said as a gap.
//!
//! One reader for each part, each a function of the [`Scene`]; pools and requests may refer to the tasks read before.

use super::allowance::Allowance;
use super::ends;
use super::greenlets::{self, Greenlets};
use super::objects::builtin::Objects;
use super::objects::known::why;
use super::objects::moments::Lifetime;
use super::own::OwnReader;
use super::runners::{self, OfRunners};
use super::scene::Scene;
use super::tasks::handovers;
use super::tasks::reader;
use super::threads::kernel::KernelThreads;
use super::threads::libuv::{WORKER, Worker};
use crate::memory::{Memory, Pages};
use crate::os::clock;
use crate::snapshot::{Address, Census, Known, Moment, ThreadId, Why};

/// What is missing where it could not be found out who can end the waits of tasks.
const ENDS: &str = "who can end the waits of tasks";

impl OwnReader {
    /// Reads everything once.
    pub(in crate::read) fn census(&mut self, kernel: &mut KernelThreads, at: Moment, allowance: Allowance) -> Census {
        let threads = match self.live_threads(kernel) {
            Ok((threads, _)) => threads,
            Err(error) => return Census::unknown(at, why(error)),
        };
        let interpreters: Vec<Address> =
            self.stacks.interpreters().iter().map(|interpreter| interpreter.address).collect();
        let workers = workers(kernel, &self.memory, at);
        let pages = Pages::new(&self.memory);
        let mut scene = Scene {
            objects: Objects::new(&pages, &self.offsets),
            pages: &pages,
            interpreters: &interpreters,
            threads: &threads,
            locks: &self.last_locks,
            loops: &self.last_loops,
            loop_threads: &self.loop_threads,
            workers: &workers,
            codes: &mut self.stacks.codes,
            stacks: &mut self.stacks.stacks,
            for_listing: allowance.half().begin(),
            limit: allowance.begin(),
        };
        let mut census = Census::unknown(at, Why::NotRead);
        match reader::read(&mut scene, &self.wait_watch) {
            Ok(mut tasks) => {
                let greenlets = match greenlets::read(&mut scene, &self.memory, self.pid, &self.wait_watch) {
                    Ok(greenlets) => greenlets,
                    Err(error) => Greenlets { found: Known::Unknown(why(error)), ..Greenlets::default() },
                };
                tasks.frames.extend(greenlets.frames);
                let of_runners = match runners::read(&mut scene, &self.wait_watch) {
                    Ok(found) => found,
                    Err(_) => OfRunners { cut: true, ..OfRunners::default() },
                };
                tasks.frames.extend(of_runners.frames);
                let lifetime = Lifetime { began: self.began, now: clock::now() };
                match self.requests.read(&scene, &tasks.census, &tasks.frames, &mut tasks.transports, lifetime) {
                    Ok(requests) => census.requests = requests,
                    Err(error) => census.gaps.push(("requests".to_owned(), why(error))),
                }
                match self.crews.read(&scene, &tasks.frames) {
                    Ok(crews) => census.crews = crews,
                    Err(error) => census.gaps.push(("workers and jobs".to_owned(), why(error))),
                }
                match handovers::read(&scene, &tasks.census) {
                    Ok(handovers) => {
                        census.handovers = handovers.found;
                        let cut = handovers.cut.then(|| (Census::WAITS_FOR_LOOPS.to_owned(), Why::Bounded));
                        census.gaps.extend(cut);
                    }
                    Err(error) => census.gaps.push((Census::WAITS_FOR_LOOPS.to_owned(), why(error))),
                }
                match self.pools.read(&scene, &tasks, &census.requests) {
                    Ok(pools) => census.pools = pools,
                    Err(error) => census.gaps.push(("pools".to_owned(), why(error))),
                }
                if let Err(error) = ends::read(&scene, &mut tasks.census, &tasks.frames) {
                    census.gaps.push((ENDS.to_owned(), why(error)));
                }
                tasks.census.add_greenlets(greenlets.found, greenlets.waiting);
                tasks.waits.extend(greenlets.waits);
                tasks.census.cut |= of_runners.cut;
                tasks.census.add_tasks(of_runners.tasks);
                tasks.waits.extend(of_runners.waits);
                self.wait_watch.begin(tasks.waits);
                census.gaps.extend(tasks.gaps);
                census.tasks = Known::Is(tasks.census);
            }
            Err(error) => census.tasks = Known::Unknown(why(error)),
        }
        census
    }
}

/// The threads of libuv and what they wait for.
fn workers(kernel: &mut KernelThreads, memory: &dyn Memory, at: Moment) -> Vec<Worker> {
    let listed = kernel.listed().get().cloned().unwrap_or_default();
    let named: Vec<ThreadId> =
        listed.into_iter().filter(|thread| kernel.name(*thread).get().is_some_and(|name| name == WORKER)).collect();
    named.into_iter().map(|thread| Worker::of(thread, &kernel.read(Some(memory), thread, true, at))).collect()
}
