//! Requests of ASGI and RSGI: `scope`, `receive`, `send`, `protocol`.

use super::fields::{self, client, path, request_id, word};
use super::{Met, Reading, Requests, Told};
use crate::libraries::{RSGI, protocol_of_cycle, teller};
use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::read::objects::hops;
use crate::read::objects::known::{known, lenient};
use crate::read::threads::live::LiveFrame;
use crate::snapshot::{Address, Known, Why};

impl Requests {
    /// The request of a frame with a `scope`.
    pub(super) fn of_scope(
        &mut self,
        reading: &mut Reading<'_, '_>,
        frame: &LiveFrame,
        receives: bool,
    ) -> Result<Told, ReadError> {
        let objects = reading.objects;
        let Some(scope) = self.local(objects, frame, "scope")? else { return Ok(Told::Nothing) };
        if !receives {
            return rsgi(objects, scope);
        }
        let teller = match lenient(self.local(objects, frame, "send"))? {
            Some(send) => lenient(hops::bound_to(objects, send))?,
            None => None,
        };
        self.of_asgi(reading, scope, teller, None)
    }

    /// The request of a server's own task, whose object has the scope.
    pub(super) fn of_cycle(&mut self, reading: &mut Reading<'_, '_>, frame: &LiveFrame) -> Result<Told, ReadError> {
        let objects = reading.objects;
        let Some(cycle) = self.local(objects, frame, "self")? else { return Ok(Told::Nothing) };
        let attributes = objects.attributes(cycle)?;
        let Some(scope) = self.keys.value(objects, &attributes, "scope")? else { return Ok(Told::Nothing) };
        let code = reading.codes.codes().get(frame.code.0 as usize);
        let protocol = code.and_then(|code| protocol_of_cycle(&code.file, &code.name)).map(str::to_owned);
        self.of_asgi(reading, scope, Some(cycle), protocol)
    }

    fn of_asgi(
        &mut self,
        reading: &mut Reading<'_, '_>,
        scope: Address,
        by: Option<Address>,
        protocol: Option<String>,
    ) -> Result<Told, ReadError> {
        let objects = reading.objects;
        if objects.type_name_of(scope)? != "dict" {
            return Ok(Told::Nothing);
        }
        let entries = objects.dict_entries(scope)?;
        let Some(kind) = self.keys.value(objects, &entries, "type")? else { return Ok(Told::Nothing) };
        let kind = objects.text(kind)?;
        if !matches!(kind.as_str(), "http" | "websocket") {
            return Ok(Told::Over);
        }
        let mut sample = fields::unknown(by.unwrap_or(scope), Why::NotInThisPython);
        sample.method = match kind.as_str() {
            "websocket" => Known::Is("WEBSOCKET".to_owned()),
            _ => word(objects, self.keys.value(objects, &entries, "method")?),
        };
        sample.path = path(objects, self.keys.value(objects, &entries, "path")?);
        sample.client = client(objects, self.keys.value(objects, &entries, "client")?);
        let headers = self.keys.value(objects, &entries, "headers")?;
        sample.request_id = match (headers, reading.transports.is_some()) {
            (Some(headers), true) => known(request_id(objects, headers)),
            (None, true) => Known::Unknown(Why::NotInThisPython),
            (_, false) => Known::Unknown(Why::Bounded),
        };
        sample.protocol = Known::Is(protocol.unwrap_or_else(|| "asgi".to_owned()));
        if let Some(by) = by
            && let Some(row) = teller(&objects.type_name_of(by)?)
            && super::tellers::tell(reading, by, row, &mut sample)?
        {
            // Its background tasks may go on for long.
            return Ok(Told::Over);
        }
        Ok(Told::Request(Box::new(Met { sample, handed_on: self.common(objects, scope)? })))
    }

    /// What a scope and its copies have in common: the headers, which are handed on with them.
    pub(super) fn common(&mut self, objects: Objects<'_>, scope: Address) -> Result<Address, ReadError> {
        if objects.type_name_of(scope)? != "dict" {
            return Ok(scope);
        }
        let entries = objects.dict_entries(scope)?;
        let headers = self.keys.value(objects, &entries, "headers")?;
        let own = match headers {
            // All empty tuples are one object.
            Some(headers) => objects.type_name_of(headers)? == "list",
            None => false,
        };
        Ok(headers.filter(|_| own).unwrap_or(scope))
    }
}

fn rsgi(objects: Objects<'_>, scope: Address) -> Result<Told, ReadError> {
    let class = objects.type_name_of(scope)?;
    let name = class.rsplit('.').next().unwrap_or(&class);
    if !name.starts_with(RSGI) {
        return Ok(Told::Nothing);
    }
    let mut sample = fields::unknown(scope, Why::NotInThisPython);
    sample.protocol = Known::Is("rsgi".to_owned());
    if name.contains("Websocket") {
        sample.method = Known::Is("WEBSOCKET".to_owned());
    }
    Ok(Told::Request(Box::new(Met { sample, handed_on: scope })))
}
