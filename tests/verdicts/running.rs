//! Loops that compute: for whom, and whether they ever let others have their turn.

use hangspy::report::{Cause, Confidence, Kind};
use hangspy::snapshot::{CodeId, GilRole, Known, LoopSample};

use super::scenes::{LOOKS, Line, PERIOD, STOCK_LOOP, Scene, Shot, running};
use super::{assert_healthy, assert_verdict, first, report};

const SERIALIZE: &[Line<'_>] = &[
    ("jsonable_encoder", "site-packages/fastapi/encoders.py", 333),
    ("async serialize_response", "site-packages/fastapi/routing.py", 180),
    ("async app", "site-packages/fastapi/routing.py", 301),
    ("async handle", "site-packages/starlette/routing.py", 288),
];
const SERVER: &[Line<'_>] = &[("async run_asgi", "site-packages/uvicorn/protocols/http/h11_impl.py", 403)];
const MIDDLEWARE: &[Line<'_>] = &[("async add_header", "/srv/middleware.py", 12)];

/// A server that serializes a response for the whole window; `outer` stands between the server and the route.
fn serializing(outer: &[Line<'_>], inner: &[Line<'_>], endpoint: Option<Line<'_>>) -> Scene {
    let mut scene = Scene::new();
    let stack = scene.stack(&[inner, SERIALIZE, outer, SERVER, STOCK_LOOP]);
    let endpoint: Option<CodeId> = endpoint.map(|line| scene.frame(line).code);
    let mut scene = scene.always(&running(stack, GilRole::Holds));
    each_loop(&mut scene, |sample| sample.endpoint = Known::Is(endpoint));
    scene
}

fn each_loop(scene: &mut Scene, change: impl Fn(&mut LoopSample)) {
    scene.recording.snapshots.iter_mut().flat_map(|snapshot| &mut snapshot.loops).for_each(change);
}

#[test]
fn a_response_is_serialized_for_its_endpoint() {
    let export = Some(("async export", "/srv/app.py", 30));
    let scene = serializing(&[], &[], export);
    assert_verdict("bare", &scene, Kind::LoopBlocked, Cause::Serialization, "export", Some("export"));
    assert_eq!(first(&report(&scene)).confidence, Confidence::Certain);

    let scene = serializing(MIDDLEWARE, &[], export);
    let story = "a middleware of the user's passes the request on, and is innocent";
    assert_verdict(story, &scene, Kind::LoopBlocked, Cause::Serialization, "export", Some("export"));

    let validator: &[Line<'_>] = &[("check_price", "/srv/models.py", 8)];
    let scene = serializing(&[], validator, export);
    let story = "code of the user's that runs inside is to blame itself";
    assert_verdict(story, &scene, Kind::LoopBlocked, Cause::NativeCpuGil, "check_price", None);

    let scene = serializing(&[], &[], None);
    assert_eq!(first(&report(&scene)).cause, Some(Cause::Serialization));
    let story = "an endpoint that is not known is not guessed";
    assert!(first(&report(&scene)).confidence < Confidence::Certain, "{story}");
}

/// A coroutine of the user's that runs for the whole window, with these frames on top of it in turns.
fn computing(tops: &[&[Line<'_>]]) -> Scene {
    let mut scene = Scene::new();
    for index in 0..LOOKS {
        let top = tops[index as usize % tops.len()];
        let stack = scene.stack(&[top, &[("async consume", "/srv/app.py", 14)], STOCK_LOOP]);
        scene.look(Shot { on_cpu_ns: index * PERIOD, ..running(stack, GilRole::Holds) }, Vec::new());
    }
    scene
}

#[test]
fn a_coroutine_that_awaits_and_never_suspends_is_told_from_one_that_computes() {
    const GET: &[Line<'_>] = &[("async get", "asyncio/queues.py", 155)];
    let blocked = |story: &str, scene: &Scene, cause: Cause| {
        assert_verdict(story, scene, Kind::LoopBlocked, cause, "consume", Some("consume"));
    };
    blocked("a queue that is never empty", &computing(&[&[], GET]), Cause::NeverSuspends);
    const AWAITED: &[Line<'_>] = &[("async stream", "/srv/stream.py", 3)];
    blocked("a generator of the user's", &computing(&[&[], AWAITED, GET]), Cause::NeverSuspends);
    const HELPER: &[Line<'_>] = &[("helper", "/srv/app.py", 5)];
    blocked("functions only", &computing(&[&[], HELPER]), Cause::PythonCpu);
    const LATER: &[Line<'_>] = &[("async get", "asyncio/queues.py", 160)];
    blocked("one and the same await all the time", &computing(&[GET, LATER]), Cause::PythonCpu);
}

/// A loop that is never idle: another task in every look, the turn so old.
fn storm(turn_age: u64, ready: u64) -> Scene {
    let mut scene = Scene::new();
    for index in 0..LOOKS {
        let line: Line<'_> = ("async resize", "/srv/app.py", 12 + u32::try_from(index % 2).expect("0 or 1"));
        let stack = scene.stack(&[&[line], STOCK_LOOP]);
        let began = (index * PERIOD).saturating_sub(index * PERIOD % turn_age);
        let shot = running(stack, GilRole::Holds);
        let turn_began = Some(began.cast_signed());
        scene.look(Shot { step: Some(index), turn_began, on_cpu_ns: index * PERIOD, ..shot }, Vec::new());
    }
    each_loop(&mut scene, |sample| sample.ready = Known::Is(ready));
    scene
}

#[test]
fn a_storm_of_tasks_overloads_the_loop_when_its_turns_take_long() {
    const SECOND: u64 = 1_000_000_000;
    let scene = storm(SECOND, 100_000);
    assert_verdict("storm", &scene, Kind::LoopOverloaded, Cause::TaskStorm, "resize", Some("resize"));
    assert_eq!(first(&report(&scene)).confidence, Confidence::Certain);
    assert_eq!(first(&report(&storm(SECOND, 60))).confidence, Confidence::Likely, "sixty slow steps are no storm");
}

#[test]
fn a_loop_that_never_rests_and_serves_in_time_is_an_observation() {
    let spin = storm(PERIOD, 1);
    assert_healthy("short turns", &spin);
    let said = report(&spin);
    let told =
        said.observations.iter().any(|seen| seen.summary.contains("never rests") && seen.summary.contains("resize"));
    assert!(told, "{:?}", said.observations);
    let mut idle = Scene::new();
    for _ in 0..LOOKS {
        idle.idle();
    }
    assert!(report(&idle).observations.is_empty(), "nothing is said of a loop that rests");
}
