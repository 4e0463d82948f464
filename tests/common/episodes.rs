//! Whether the stalls in a report are those that the application witnessed: none missing, none invented, none misdated.

use hangspy::aggregate::Kind;
use hangspy::report::{EpisodeReport, Report};

use super::judge::Request;
use super::truth::Truth;
use super::witness::{Block, Witness};

/// A block of this length must be reported, seconds: it is what people notice.
const MUST_BE_SEEN_S: f64 = 0.1;
/// Sampling every period cannot date a beginning and an end better than this many periods.
const TOLERANCE_PERIODS: f64 = 2.0;

/// The last looks at a thread that computes may all be torn; a stall that goes on is seen until so many periods before the end.
const UNDECIDED_PERIODS: f64 = 5.0;
/// A thread that was awake for less than this share of its block slept through it.
const ASLEEP_SHARE: f64 = 0.25;

/// When hangspy looked, and how exactly it can date what it saw. Seconds of `CLOCK_MONOTONIC`.
#[derive(Clone, Copy)]
struct Look {
    start: f64,
    end: f64,
    tolerance: f64,
}

impl Look {
    fn of(report: &Report) -> Self {
        let window = &report.window;
        let start = window.started_monotonic_s;
        let tolerance = TOLERANCE_PERIODS / f64::from(window.rate.max(1));
        Self { start, end: start + window.seconds, tolerance }
    }
}

/// A witnessed block, and between which moments its stall can be said to begin.
#[derive(Clone, Copy)]
struct Witnessed<'a> {
    block: &'a Block,
    earliest: f64,
    latest: f64,
}

/// Compares the stalls of every loop with the blocks on the same thread. `request`: what made the application sick.
pub(crate) fn compare(truth: &Truth, witness: &Witness, report: &Report, request: Option<&Request>) -> Vec<String> {
    let look = Look::of(report);
    let mut complaints = Vec::new();
    for found in &report.loops {
        let blocks = blocks_of(witness, found.process, found.thread, request, look);
        complaints.extend(missing(&blocks, &found.episodes, look));
        complaints.extend(misdated_or_invented(truth, &blocks, &found.episodes, look));
    }
    complaints
}

/// The blocks of one thread.
///
/// What the server and the endpoint do between taking a request and the blocking call is the same step of the loop, so a stall
/// may be said to begin before the block was witnessed. And a library has work to do before its call sleeps, so one that sleeps
/// may be said to begin when the thread fell asleep. Both can be long on a crowded machine, and both are bounded by what the
/// thread did since the request; this goes for the first block after the request, others are dated exactly.
fn blocks_of<'a>(
    witness: &'a Witness,
    pid: u32,
    thread: u32,
    request: Option<&Request>,
    look: Look,
) -> Vec<Witnessed<'a>> {
    let mut request = request;
    let ours = witness.blocks.iter().filter(|block| block.pid == pid && block.thread == thread);
    ours.map(|block| {
        let exactly = Witnessed { block, earliest: block.begin, latest: block.begin };
        let Some(sent) = request.filter(|sent| sent.sent_at <= block.begin) else { return exactly };
        request = None;
        let awake = sent.awake_s.get(&pid).copied().filter(|_| thread == pid).unwrap_or(0.0);
        let slept = awake < (look.end - block.begin) * ASLEEP_SHARE;
        Witnessed { earliest: sent.sent_at, latest: block.begin + if slept { awake } else { 0.0 }, ..exactly }
    })
    .collect()
}

/// Where the loop is starved or throttled, its stalls are no blocking calls and nobody witnesses them.
fn invention_is_judged(truth: &Truth) -> bool {
    truth.healthy || matches!(truth.kind, Kind::LoopBlocked | Kind::StartupStuck | Kind::ShutdownStuck)
}

/// Every block long enough needs a stall that begins with it.
fn missing(blocks: &[Witnessed], episodes: &[EpisodeReport], look: Look) -> Vec<String> {
    let long_enough =
        blocks.iter().filter(|witnessed| visible(witnessed.block, look) >= MUST_BE_SEEN_S + look.tolerance);
    let unmatched =
        long_enough.filter(|witnessed| !episodes.iter().any(|episode| begin_together(witnessed, episode, look)));
    unmatched
        .map(|witnessed| {
            let told: Vec<String> = episodes.iter().map(|episode| episode_words(episode, look)).collect();
            format!("stall missing: {}; the report has {}", block_words(witnessed.block, look), listed(&told))
        })
        .collect()
}

/// Every stall that begins with a block must end with it; one that begins with none is an invention.
fn misdated_or_invented(truth: &Truth, blocks: &[Witnessed], episodes: &[EpisodeReport], look: Look) -> Vec<String> {
    let judged = episodes.iter().filter_map(|episode| {
        match blocks.iter().find(|witnessed| begin_together(witnessed, episode, look)) {
            // Nobody witnesses the end of a block that was killed in it.
            Some(witnessed) if truth.killed_by.is_some() && witnessed.block.end.is_none() => None,
            Some(witnessed) => misdated(witnessed.block, episode, look),
            None if invention_is_judged(truth) => {
                let told: Vec<String> = blocks.iter().map(|witnessed| block_words(witnessed.block, look)).collect();
                Some(format!("stall invented: {}; witnessed is {}", episode_words(episode, look), listed(&told)))
            }
            None => None,
        }
    });
    judged.collect()
}

fn begin_together(witnessed: &Witnessed, episode: &EpisodeReport, look: Look) -> bool {
    let possible = witnessed.earliest - look.tolerance..=witnessed.latest + look.tolerance;
    possible.contains(&episode.start_s)
}

/// A block on a thread of which the report has no loop cannot be matched; on threads without a loop it need not.
pub(crate) fn loops_nobody_reported(witness: &Witness, report: &Report) -> Vec<String> {
    let look = Look::of(report);
    let main_thread =
        |block: &&Block| block.thread == block.pid && visible(block, look) >= MUST_BE_SEEN_S + look.tolerance;
    witness
        .blocks
        .iter()
        .filter(main_thread)
        .filter(|block| !report.loops.iter().any(|found| found.process == block.pid && found.thread == block.thread))
        .map(|block| format!("loop missing: thread {} of process {} blocked and has no loop", block.thread, block.pid))
        .collect()
}

/// A complaint when a stall does not end with its block. Of one that outlived the window only its length so far can be known.
fn misdated(block: &Block, episode: &EpisodeReport, look: Look) -> Option<String> {
    let outlived = block.end.is_none_or(|end| end > look.end);
    let expected = block.end.unwrap_or(look.end).min(look.end);
    let early = expected - (episode.start_s + episode.length_s);
    let undecided = look.tolerance * UNDECIDED_PERIODS / TOLERANCE_PERIODS;
    let end_differs = if outlived && !episode.ended { early > undecided } else { early > look.tolerance };
    let end_differs = end_differs || -early > look.tolerance;
    // Around the last sample both answers are right.
    let end_is_clear = block.end.is_none_or(|end| (end - look.end).abs() > look.tolerance);
    let ended_differs = end_is_clear && episode.ended == outlived;
    (end_differs || ended_differs).then(|| {
        format!("stall misdated: expected {}, said {}", block_words(block, look), episode_words(episode, look))
    })
}

/// How much of a block the window shows, seconds.
fn visible(block: &Block, look: Look) -> f64 {
    block.end.unwrap_or(look.end).min(look.end) - block.begin.max(look.start)
}

fn block_words(block: &Block, look: Look) -> String {
    let begin = block.begin - look.start;
    match block.end {
        Some(end) => format!("{} from {begin:+.3} s for {:.3} s", block.name, end - block.begin),
        None => format!("{} from {begin:+.3} s, not over at {:+.3} s", block.name, look.end - look.start),
    }
}

fn episode_words(episode: &EpisodeReport, look: Look) -> String {
    let place = episode.place.as_ref().map_or("nobody", |place| place.function.as_str());
    let over = if episode.ended { "over" } else { "not over" };
    format!("{place} from {:+.3} s for {:.3} s, {over}", episode.start_s - look.start, episode.length_s)
}

fn listed(sentences: &[String]) -> String {
    if sentences.is_empty() { "nothing".to_owned() } else { sentences.join(", ") }
}
