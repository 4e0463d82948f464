//! What a server's own object tells of a request beside its scope or environment.

use super::Reading;
use crate::libraries::{Since, Teller, Way};
use crate::memory::ReadError;
use crate::os::clock;
use crate::read::objects::builtin::Objects;
use crate::read::objects::hops;
use crate::read::objects::known::{known, lenient};
use crate::read::objects::moments;
use crate::snapshot::{Address, Known, Moment, RequestSample, Why};

/// Adds it to the request; whether the request is answered.
pub(super) fn tell(
    reading: &mut Reading<'_, '_>,
    by: Address,
    row: &Teller,
    sample: &mut RequestSample,
) -> Result<bool, ReadError> {
    let objects = reading.objects;
    let number = |way: Way| match hops::follow(objects, by, way)? {
        Some(found) => objects.integer(found).map(Some),
        None => Ok(None),
    };
    if let Some(done) = row.done
        && lenient(number(done))?.is_some_and(|flag| flag != 0)
    {
        return Ok(true);
    }
    if let Some((way, from)) = row.begun {
        let begun = lenient(number(way))?.map(|value| value >= from);
        sample.answering = Known::from_option(begun, Why::NotInThisPython);
    }
    if let Some(since) = row.since {
        sample.began = began(reading, by, since);
    }
    if let Some(way) = row.transport {
        let transport = lenient(hops::follow(objects, by, way))?;
        sample.descriptor = match (reading.transports.as_mut(), transport) {
            (Some(transports), Some(transport)) => transports.of(objects, transport).descriptor,
            (Some(_), None) => Known::Unknown(Why::NotInThisPython),
            (None, _) => Known::Unknown(Why::Bounded),
        };
    }
    if sample.protocol.get().is_some_and(|protocol| protocol == "asgi" || protocol == "wsgi") {
        sample.protocol = Known::Is(row.name.to_owned());
    }
    Ok(false)
}

/// When something began that a server wrote down.
pub(super) fn began(reading: &Reading<'_, '_>, from: Address, since: Since) -> Known<Moment> {
    let objects = reading.objects;
    let way = match since {
        Since::Wall(way) | Since::Monotonic(way) => way,
    };
    let seconds = match hops::follow(objects, from, way) {
        Ok(Some(time)) => known(float(objects, time)),
        Ok(None) => Known::Unknown(Why::NotInThisPython),
        Err(error) => known(Err(error)),
    };
    let seconds = match (seconds, since) {
        (Known::Is(seconds), Since::Wall(_)) => clock::now().seconds() - (clock::wall().as_secs_f64() - seconds),
        (Known::Is(seconds), Since::Monotonic(_)) => seconds,
        (Known::Unknown(why), _) => return Known::Unknown(why),
    };
    match moments::from_seconds(seconds) {
        Known::Is(moment) => reading.lifetime.past(moment),
        unknown => unknown,
    }
}

fn float(objects: Objects<'_>, object: Address) -> Result<f64, ReadError> {
    if objects.type_name_of(object)? == "float" { objects.float(object) } else { Err(ReadError::Implausible(object)) }
}
