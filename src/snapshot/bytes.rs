//! About how much memory is taken by what is kept of a process: the items, and the text in them.

use std::sync::Arc;

use super::{
    Address, Awaited, Census, Connection, CrewSample, Descriptor, DescriptorClass, DescriptorKind, InterpreterSample,
    Known, LockSample, LoopSample, MemberSample, Occupier, PoolSample, PrimitiveSample, RequestSample, Snapshot,
    Surroundings, TaskGroup, TaskHold, TaskSample, ThreadId, ThreadSample, Why,
};

/// What an allocation takes beside what is in it.
const OVERHEAD: usize = 16;

/// Bytes of so many items.
pub(crate) fn each<T>(items: usize) -> usize {
    items.saturating_mul(size_of::<T>())
}

fn text(known: &Known<String>) -> usize {
    known.get().map_or(0, string)
}

fn string(text: impl AsRef<str>) -> usize {
    text.as_ref().len() + OVERHEAD
}

fn sum(parts: impl IntoIterator<Item = usize>) -> usize {
    parts.into_iter().fold(0, usize::saturating_add)
}

impl ThreadSample {
    /// Bytes that it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let python = self.python.as_ref().map_or(0, |python| text(&python.name));
        let descriptors = self.os.waits_on.iter().map(|descriptor| match &descriptor.kind {
            DescriptorKind::Inet { local, peer, state, .. } => {
                string(local) + peer.as_ref().map_or(0, string) + string(state) + OVERHEAD
            }
            DescriptorKind::Unix { path } | DescriptorKind::File { path, .. } => string(path),
            DescriptorKind::Pipe { others, .. } => sum(others.iter().map(|(_, name)| string(name) + OVERHEAD)),
            DescriptorKind::Anonymous { name } => string(name),
            DescriptorKind::Unresolved(_) => 0,
        });
        let own = size_of::<Self>() + OVERHEAD + text(&self.kernel_name) + python;
        sum([own, each::<Descriptor>(self.os.waits_on.len()), sum(descriptors)])
    }
}

impl Snapshot {
    /// Bytes that it takes beside the snapshot before it, with which it may share threads ([`Snapshot::share_with`]).
    #[must_use]
    pub fn bytes(&self, before: Option<&Self>) -> usize {
        let is_shared = |thread: &Arc<ThreadSample>| {
            let threads = before.map_or(&[][..], |before| before.threads.as_slice());
            let found = threads.binary_search_by_key(&thread.thread, |sample| sample.thread).ok();
            found.and_then(|at| threads.get(at)).is_some_and(|sample| Arc::ptr_eq(sample, thread))
        };
        let own = self.threads.iter().filter(|thread| !is_shared(thread)).map(|thread| thread.bytes());
        let task = |sample: &LoopSample| sample.task.get().and_then(Option::as_ref).map_or(0, |task| text(&task.name));
        sum([
            size_of::<Self>(),
            sum(own),
            each::<Arc<ThreadSample>>(self.threads.len()),
            each::<LoopSample>(self.loops.len()),
            sum(self.loops.iter().map(task)),
            each::<LockSample>(self.locks.len()),
            each::<ThreadId>(self.locks.iter().map(|lock| lock.waiters.len()).sum()),
            each::<InterpreterSample>(self.interpreters.len()),
            each::<(String, Why)>(self.gaps.len()),
            sum(self.gaps.iter().map(|(what, _)| string(what))),
        ])
    }
}

impl Surroundings {
    /// Bytes that they take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let connections = self.connections.get().map_or(&[][..], Vec::as_slice);
        let classes = self.descriptor_classes.get().map_or(&[][..], Vec::as_slice);
        let children = self.children.get().map_or(&[][..], Vec::as_slice);
        let ends = |one: &Connection| string(&one.local) + string(&one.peer) + string(&one.state);
        sum([
            size_of::<Self>(),
            each::<Connection>(connections.len()),
            sum(connections.iter().map(ends)),
            each::<DescriptorClass>(classes.len()),
            sum(classes.iter().map(|class| string(&class.what))),
            sum(children.iter().map(|child| size_of_val(child) + string(&child.name))),
        ])
    }
}

impl TaskSample {
    fn bytes(&self) -> usize {
        let wait = match self.wait.get().and_then(Option::as_ref).map(|wait| &wait.on) {
            Some(Awaited::Gather { pending, .. }) => each::<Address>(pending.len()),
            Some(Awaited::Connection { peer, .. }) => text(peer),
            _ => 0,
        };
        let ends = self.ends.get().map_or(0, |ends| size_of_val(ends.as_slice()));
        let object = self.object.as_ref().map_or(0, string);
        sum([size_of::<Self>(), text(&self.name), each::<Address>(self.awaited_by.len()), wait, ends, object])
    }
}

impl RequestSample {
    fn bytes(&self) -> usize {
        let texts = [&self.method, &self.path, &self.client, &self.protocol];
        let id = self.request_id.get().and_then(Option::as_ref).map_or(0, string);
        size_of::<Self>() + sum(texts.map(text)) + id
    }
}

impl Census {
    /// Bytes that it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let of_tasks = self.tasks.get().map_or(0, |tasks| {
            let waiters = tasks.primitives.iter().map(|primitive| primitive.waiters.len());
            let holders = tasks.primitives.iter().map(|primitive| primitive.holders.len());
            sum([
                sum(tasks.tasks.iter().map(TaskSample::bytes)),
                each::<TaskGroup>(tasks.groups.len()),
                each::<PrimitiveSample>(tasks.primitives.len()),
                each::<Address>(sum(waiters)),
                each::<TaskHold>(sum(holders).saturating_add(tasks.thread_locks.len())),
                sum(tasks.failed.iter().map(|failed| size_of_val(failed) + string(&failed.function))),
            ])
        });
        let named = self.pools.iter().map(|pool| pool.occupiers.len().saturating_add(pool.waiters.len()));
        let members = self.crews.iter().flat_map(|crew| &crew.members);
        let pieces = members.clone().filter_map(|member| member.piece.as_ref()).map(|piece| text(&piece.name));
        sum([
            size_of::<Self>(),
            of_tasks,
            each::<PoolSample>(self.pools.len()),
            sum(self.pools.iter().map(|pool| text(&pool.name))),
            each::<Occupier>(sum(named)),
            sum(self.requests.iter().map(RequestSample::bytes)),
            each::<CrewSample>(self.crews.len()),
            each::<MemberSample>(members.count()),
            sum(pieces),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Moment, PythonThread, StackSample, ThreadOs};

    fn thread(number: u32, name: &str) -> Arc<ThreadSample> {
        let unknown = Why::NotRead;
        let python = PythonThread {
            interpreter: 0,
            thread_state: Address(1),
            name: Known::Is(name.to_owned()),
            stack: StackSample::Torn,
            gil: Known::Unknown(unknown),
            site: Known::Unknown(unknown),
        };
        Arc::new(ThreadSample {
            thread: ThreadId(number),
            kernel_name: Known::Unknown(unknown),
            python: Some(python),
            os: ThreadOs::not_read(),
        })
    }

    fn snapshot(threads: Vec<Arc<ThreadSample>>) -> Snapshot {
        Snapshot {
            at: Moment(0),
            took: std::time::Duration::ZERO,
            interpreters: Vec::new(),
            threads,
            loops: Vec::new(),
            locks: Vec::new(),
            gaps: Vec::new(),
        }
    }

    #[test]
    fn what_is_shared_with_the_snapshot_before_takes_nothing() {
        let first = snapshot(vec![thread(1, "one"), thread(2, &"x".repeat(4000))]);
        let mut second = snapshot(vec![thread(1, "two"), thread(2, &"x".repeat(4000))]);
        let alone = second.bytes(Some(&first));
        assert!(alone > 4000 && alone == first.bytes(None), "{alone}");
        second.share_with(&first);
        let beside = second.bytes(Some(&first));
        assert_eq!(beside, alone - second.threads[1].bytes());
    }
}
