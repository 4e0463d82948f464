//! Whether the stalls in a report are those that the application witnessed: none missing, none invented, none misdated.

use hangspy::aggregate::Kind;
use hangspy::report::{EpisodeReport, Report};

use super::truth::Truth;
use super::witness::{Block, Witness};

/// A block of this length must be reported, seconds: it is what people notice.
const MUST_BE_SEEN_S: f64 = 0.1;
/// Sampling every period cannot date a beginning and an end better than this many periods.
const TOLERANCE_PERIODS: f64 = 2.0;

/// When hangspy looked, and how exactly it can date what it saw. Seconds of `CLOCK_MONOTONIC`.
#[derive(Clone, Copy)]
struct Look {
    start: f64,
    end: f64,
    tolerance: f64,
}

/// Compares the stalls of every loop with the blocks on the same thread.
pub(crate) fn compare(truth: &Truth, witness: &Witness, report: &Report) -> Vec<String> {
    let window = &report.window;
    let start = window.started_monotonic_s;
    let tolerance = TOLERANCE_PERIODS / f64::from(window.rate.max(1));
    let look = Look { start, end: start + window.seconds, tolerance };
    let mut complaints = Vec::new();
    for found in &report.loops {
        let blocks: Vec<&Block> =
            witness.blocks.iter().filter(|block| block.pid == found.process && block.thread == found.thread).collect();
        complaints.extend(missing(&blocks, &found.episodes, look));
        complaints.extend(misdated_or_invented(truth, &blocks, &found.episodes, look));
    }
    complaints.extend(loops_nobody_reported(witness, report, look));
    complaints
}

/// Where the loop is starved or throttled, its stalls are no blocking calls and nobody witnesses them.
fn invention_is_judged(truth: &Truth) -> bool {
    truth.healthy || matches!(truth.kind, Kind::LoopBlocked | Kind::StartupStuck | Kind::ShutdownStuck)
}

/// Every block long enough needs a stall that begins with it.
fn missing(blocks: &[&Block], episodes: &[EpisodeReport], look: Look) -> Vec<String> {
    let long_enough = blocks.iter().filter(|block| visible(block, look) >= MUST_BE_SEEN_S + look.tolerance);
    let unmatched = long_enough.filter(|block| !episodes.iter().any(|episode| begin_together(block, episode, look)));
    unmatched
        .map(|block| {
            let told: Vec<String> = episodes.iter().map(|episode| episode_words(episode, look)).collect();
            format!("stall missing: {}; the report has {}", block_words(block, look), listed(&told))
        })
        .collect()
}

/// Every stall that begins with a block must end with it; one that begins with none is an invention.
fn misdated_or_invented(truth: &Truth, blocks: &[&Block], episodes: &[EpisodeReport], look: Look) -> Vec<String> {
    let judged =
        episodes.iter().filter_map(|episode| match blocks.iter().find(|block| begin_together(block, episode, look)) {
            Some(block) => misdated(block, episode, look),
            None if invention_is_judged(truth) => {
                let witnessed: Vec<String> = blocks.iter().map(|block| block_words(block, look)).collect();
                Some(format!("stall invented: {}; witnessed is {}", episode_words(episode, look), listed(&witnessed)))
            }
            None => None,
        });
    judged.collect()
}

fn begin_together(block: &Block, episode: &EpisodeReport, look: Look) -> bool {
    (episode.start_s - block.begin).abs() <= look.tolerance
}

/// A block on a thread of which the report has no loop cannot be matched; on threads without a loop it need not.
fn loops_nobody_reported(witness: &Witness, report: &Report, look: Look) -> Vec<String> {
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

/// A complaint when the length differs. Of a block that outlived the window only its length so far can be known.
fn misdated(block: &Block, episode: &EpisodeReport, look: Look) -> Option<String> {
    let outlived = block.end.is_none_or(|end| end > look.end);
    let expected = block.end.unwrap_or(look.end).min(look.end) - block.begin;
    let length_differs = (episode.length_s - expected).abs() > look.tolerance;
    // Around the last sample both answers are right.
    let end_is_clear = block.end.is_none_or(|end| (end - look.end).abs() > look.tolerance);
    let ended_differs = end_is_clear && episode.ended == outlived;
    (length_differs || ended_differs).then(|| {
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
