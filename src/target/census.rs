//! All Python processes that are visible here, each with its place in its family.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::os::processes::{self, ProcessEntry};
use crate::os::visibility;
use crate::snapshot::{Process, ProcessId, Reader, Role, Server};

use super::command::{self, base_name};
use super::family::{Kinship, Member, places};
use super::listening::DoorReader;
use super::python::{embeds_python, free_threaded, is_python, version};

/// How many processes under other names are asked for a Python inside when no other is found: their mappings take up to
/// a millisecond each.
const MOST_ASKED: usize = 512;

/// The Python processes and the rest.
#[derive(Debug)]
pub(super) struct Census {
    pub(super) members: BTreeMap<ProcessId, Member>,
    pub(super) places: BTreeMap<ProcessId, Kinship>,
    /// Processes that run a program and are not Python, as far as their names say.
    pub(super) others: Vec<ProcessEntry>,
    pub(super) doors: DoorReader,
}

impl Census {
    /// Looks at every process once. Neither kernel threads nor zombies nor this program are among them.
    ///
    /// # Errors
    /// `Usage` when `/proc` is not mounted, `Io` when it cannot be listed.
    pub(super) fn take() -> Result<Self> {
        if !visibility::is_mounted() {
            return Err(Error::Usage {
                message: "/proc is not mounted here: nothing can be seen of any process".to_owned(),
                hint: Some("mount it: mount -t proc proc /proc".to_owned()),
            });
        }
        let own = visibility::own_number();
        let all = processes::scan().map_err(|why| Error::Io {
            doing: "listing the processes in /proc".to_owned(),
            source: std::io::Error::other(why.words()),
        })?;
        let own_executable = own.and_then(|own| processes::read(own).ok()?.executable.ok());
        let ours = |entry: &ProcessEntry| {
            Some(entry.pid) == own || (own_executable.is_some() && entry.executable.get() == own_executable.as_ref())
        };
        let (pythons, others) =
            all.into_iter().filter(|entry| entry.runs() && !ours(entry)).partition::<Vec<ProcessEntry>, _>(is_python);
        let mut census =
            Self { members: BTreeMap::new(), places: BTreeMap::new(), others, doors: DoorReader::default() };
        for entry in pythons {
            census.admit(entry);
        }
        census.places = places(&census.members);
        Ok(census)
    }

    fn admit(&mut self, entry: ProcessEntry) {
        let program = command::parse(&entry.arguments);
        let doors = self.doors.read(entry.pid);
        self.members.insert(entry.pid, Member { entry, program, doors });
    }

    /// Asks processes under other names whether they have Python inside, and takes in those that do.
    pub(super) fn admit_embedding(&mut self, asked: impl Fn(&ProcessEntry) -> bool) {
        let mut left = MOST_ASKED;
        let (embedding, others) =
            std::mem::take(&mut self.others).into_iter().partition::<Vec<ProcessEntry>, _>(|entry| {
                let look = left > 0 && asked(entry);
                left = left.saturating_sub(usize::from(look));
                look && embeds_python(entry)
            });
        self.others = others;
        if embedding.is_empty() {
            return;
        }
        for entry in embedding {
            self.admit(entry);
        }
        self.places = places(&self.members);
    }

    /// The place of a member.
    pub(super) fn role(&self, pid: ProcessId) -> Role {
        self.places.get(&pid).map_or(Role::Single, |place| place.role)
    }

    /// The first of a member's family; itself when it stands alone.
    pub(super) fn head(&self, pid: ProcessId) -> ProcessId {
        self.places.get(&pid).map_or(pid, |place| place.head)
    }

    /// Whether it serves, or supervises those who do: a known server, or a door that is open.
    pub(super) fn serves(&self, pid: ProcessId) -> bool {
        let server = self.places.get(&pid).map_or(Server::Other, |place| place.server);
        server != Server::Other || self.members.get(&pid).is_some_and(|member| !member.doors.open.is_empty())
    }

    /// Who is meant when a family is named by its head: its workers, and the head where it is no mere master.
    pub(super) fn family(&self, head: ProcessId) -> Vec<Process> {
        let workers: Vec<Process> = self
            .places
            .iter()
            .filter(|(_, place)| place.head == head && place.role == Role::Worker)
            .filter_map(|(pid, _)| self.process(*pid))
            .collect();
        let own = (workers.is_empty() || self.role(head) == Role::Single).then(|| self.process(head)).flatten();
        own.into_iter().chain(workers).collect()
    }

    /// A member as the snapshot knows it. What only attaching can tell is filled in there.
    pub(super) fn process(&self, pid: ProcessId) -> Option<Process> {
        let member = self.members.get(&pid)?;
        let place = self.places.get(&pid);
        Some(Process {
            pid,
            parent: member.entry.parent,
            role: place.map_or(Role::Single, |place| place.role),
            server: place.map_or(Server::Other, |place| place.server),
            executable: member.entry.executable.get().cloned().unwrap_or_default(),
            python: version(&member.entry),
            free_threaded: free_threaded(&member.entry),
            reader: Reader::ProcOnly,
            ports: member.doors.ports(),
            start_ticks: member.entry.start_ticks,
        })
    }

    /// A member's line in a list of several: `4711  uvicorn main:app  :8000`.
    pub(super) fn line(&self, pid: ProcessId) -> String {
        let Some(member) = self.members.get(&pid) else { return pid.to_string() };
        let ports: String = member.doors.ports().iter().map(|port| format!("  :{port}")).collect();
        format!("  {pid:>7}  {}{ports}", one_line(&command::shown(&member.program, &member.entry.arguments)))
    }

    /// What the processes that are not Python are called, the commonest few.
    pub(super) fn other_names(&self) -> String {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in &self.others {
            let name = entry.executable.get().map_or(entry.name.as_str(), |path| base_name(path));
            *counts.entry(name).or_default() += 1;
        }
        let mut names: Vec<(&str, usize)> = counts.into_iter().collect();
        names.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(right.0)));
        let more = names.len().saturating_sub(MOST_NAMES);
        let mut words: Vec<String> = names.into_iter().take(MOST_NAMES).map(|(name, _)| one_line(name)).collect();
        if more > 0 {
            words.push(format!("{more} more"));
        }
        words.join(", ")
    }
}

/// How many names of other programs a message lists.
const MOST_NAMES: usize = 8;

/// A name that a process chose, fit to stand in a line of a message.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}
