//! Requests of WSGI: `environ` and `start_response`.

use super::fields::{self, NAMING, host_and_port, path, word};
use super::{Met, Reading, Requests, Told};
use crate::libraries::teller;
use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::read::objects::dicts::Entry;
use crate::read::objects::hops;
use crate::read::objects::known::{known, lenient};
use crate::read::threads::live::LiveFrame;
use crate::snapshot::{Known, Why};

impl Requests {
    /// The request of a frame with an `environ` and a `start_response`.
    pub(super) fn of_environment(
        &mut self,
        reading: &mut Reading<'_, '_>,
        frame: &LiveFrame,
    ) -> Result<Told, ReadError> {
        let objects = reading.objects;
        let Some(environ) = self.local(objects, frame, "environ")? else { return Ok(Told::Nothing) };
        if objects.type_name_of(environ)? != "dict" {
            return Ok(Told::Nothing);
        }
        let entries = objects.dict_entries(environ)?;
        let Some(method) = self.keys.value(objects, &entries, "REQUEST_METHOD")? else { return Ok(Told::Nothing) };
        let mut sample = fields::unknown(environ, Why::NotInThisPython);
        sample.method = word(objects, Some(method));
        let mounted = match self.keys.value(objects, &entries, "SCRIPT_NAME")? {
            Some(mounted) => objects.text(mounted)?,
            None => String::new(),
        };
        sample.path = match path(objects, self.keys.value(objects, &entries, "PATH_INFO")?) {
            Known::Is(path) => Known::Is(format!("{mounted}{path}")),
            unknown => unknown,
        };
        sample.client = self.client_of(objects, &entries)?;
        sample.request_id = known(self.name_of(objects, &entries));
        sample.protocol = Known::Is("wsgi".to_owned());
        if let Some(start) = lenient(self.local(objects, frame, "start_response"))?
            && let Some(by) = lenient(hops::bound_to(objects, start))?
            && let Some(row) = teller(&objects.type_name_of(by)?)
        {
            super::tellers::tell(reading, by, row, &mut sample)?;
        }
        Ok(Told::Request(Box::new(Met { sample, handed_on: environ })))
    }

    /// The client as the kernel writes it, where the port is known too; else its host.
    fn client_of(&mut self, objects: Objects<'_>, entries: &[Entry]) -> Result<Known<String>, ReadError> {
        let host = word(objects, self.keys.value(objects, entries, "REMOTE_ADDR")?);
        let port = match self.keys.value(objects, entries, "REMOTE_PORT")? {
            Some(port) if objects.type_name_of(port)? == "int" => objects.integer(port).ok(),
            port => word(objects, port).get().and_then(|port| port.parse().ok()),
        };
        Ok(match (host, port) {
            (Known::Is(host), Some(port)) => Known::Is(host_and_port(&host, port)),
            (host, _) => host,
        })
    }

    /// The name that whoever sent the request gave it.
    fn name_of(&mut self, objects: Objects<'_>, entries: &[Entry]) -> Result<Option<String>, ReadError> {
        for name in NAMING {
            let key = format!("HTTP_{}", name.to_ascii_uppercase().replace('-', "_"));
            if let Some(found) = objects.find(entries, &key)? {
                return Ok(word(objects, Some(found.value)).get().cloned());
            }
        }
        Ok(None)
    }
}
