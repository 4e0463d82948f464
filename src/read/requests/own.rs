//! Requests of servers with an interface of their own, by the rows of `libraries`.

use super::fields::{self, client, path, word};
use super::{Met, Reading, Requests, Told, tellers};
use crate::libraries::{Served, Way};
use crate::memory::ReadError;
use crate::read::objects::hops;
use crate::read::objects::known::lenient;
use crate::read::threads::live::LiveFrame;
use crate::snapshot::{Known, Why};

impl Requests {
    /// The request of a frame in a function that a row knows; `called` is the frame that it has called.
    pub(super) fn of_own(
        &mut self,
        reading: &mut Reading<'_, '_>,
        frame: &LiveFrame,
        called: Option<&LiveFrame>,
        row: &Served,
    ) -> Result<Told, ReadError> {
        let objects = reading.objects;
        let called = called.and_then(|called| reading.codes.codes().get(called.code.0 as usize));
        if !row.calls.is_empty() && !called.is_some_and(|code| code.name.starts_with(row.calls)) {
            return Ok(Told::Nothing);
        }
        let Some(local) = self.local(objects, frame, row.local)? else { return Ok(Told::Nothing) };
        let find = |way: Way| lenient(hops::follow(objects, local, way));
        let mut sample = fields::unknown(local, Why::NotInThisPython);
        sample.method = word(objects, find(row.method)?);
        sample.path = path(objects, find(row.path)?);
        sample.client = client(objects, find(row.client)?);
        sample.protocol = Known::Is(row.name.to_owned());
        if let Some(since) = row.since {
            sample.began = tellers::began(reading, local, since);
        }
        if let Some(begun) = row.begun
            && let Some(flag) = find(begun)?
        {
            sample.answering = Known::from_option(objects.integer(flag).ok().map(|flag| flag != 0), Why::Implausible);
        }
        Ok(Told::Request(Box::new(Met { sample, handed_on: local })))
    }
}
