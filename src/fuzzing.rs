//! Everything that decodes foreign bytes, as functions of bytes: for cargo-fuzz (`fuzz/`), and for the test below, which feeds
//! them with mutations of the committed corpora on a stable compiler (`scripts/fuzz`).
//!
//! What is decoded does not matter; that it ends and does not panic does. Compiled for tests and for fuzzing only.

/// A decoder by name: the name of its corpus and of its target in `fuzz/`.
pub type Target = (&'static str, fn(&[u8]));

/// All decoders.
#[must_use]
pub fn targets() -> Vec<Target> {
    let rooms: [&[Target]; 7] = [
        crate::attach::fuzz::TARGETS,
        crate::journal::fuzz::TARGETS,
        crate::layout::fuzz::TARGETS,
        crate::memory::fuzz::TARGETS,
        crate::os::fuzz::TARGETS,
        crate::read::fuzz::TARGETS,
        crate::suite::fuzz::TARGETS,
    ];
    rooms.concat()
}

/// Lets the decoder of this name decode.
///
/// # Panics
///
/// When there is none of this name, and when the decoder has a defect.
pub fn run(name: &str, bytes: &[u8]) {
    let found = targets().into_iter().find(|(known, _)| *known == name);
    let (_, decode) = found.unwrap_or_else(|| panic!("no decoder is called {name}"));
    decode(bytes);
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::path::PathBuf;
    use std::time::{Duration, Instant};

    use super::*;

    /// For how long each decoder is fed when nobody asks for more (`HANGSPY_FUZZ_SECONDS=60`) or for a number of inputs
    /// (`HANGSPY_FUZZ=1000000`).
    const LENGTH: Duration = Duration::from_millis(700);
    /// No input is longer.
    const LONGEST: usize = 64 << 10;
    /// One input that takes so long is a hang.
    const HANG: Duration = Duration::from_secs(20);

    /// Xorshift: the same numbers everywhere.
    struct Random(u64);

    impl Random {
        fn next(&mut self) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0
        }

        fn below(&mut self, end: usize) -> usize {
            (self.next() % end.max(1) as u64) as usize
        }
    }

    fn corpus(name: &str) -> Vec<Vec<u8>> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        let listed = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut paths: Vec<PathBuf> = listed.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| fs::read(path).unwrap()).collect()
    }

    /// Changes what a decoder may rely on: bits, numbers, lengths, and what stands where.
    fn mutate(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
        const NUMBERS: [u64; 9] = [0, 1, 8, 0x7f, 0xffff, 1 << 31, u64::MAX, u64::MAX >> 1, 0x7fff_ffff_f000];
        let at = random.below(bytes.len());
        match random.below(8) {
            0 => bytes.truncate(at),
            1 => bytes.splice(at..at, other.iter().take(random.below(64)).copied()).for_each(drop),
            2 => bytes.drain(at..(at + random.below(32)).min(bytes.len())).for_each(drop),
            3 => {
                let number = NUMBERS[random.below(NUMBERS.len())].to_le_bytes();
                let width = 1 << random.below(4);
                let end = (at + width).min(bytes.len());
                bytes.splice(at..end, number.into_iter().take(width)).for_each(drop);
            }
            4 => {
                let number = random.next() >> random.below(64);
                let digits = number.to_string().into_bytes();
                bytes.splice(at..at, digits).for_each(drop);
            }
            5 => {
                let from = random.below(other.len());
                let piece: Vec<u8> = other.iter().skip(from).take(random.below(256)).copied().collect();
                let end = (at + piece.len()).min(bytes.len());
                bytes.splice(at..end, piece).for_each(drop);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
        }
        bytes.truncate(LONGEST);
    }

    /// Feeds a decoder with so many inputs, or for so long.
    fn feed((name, decode): Target, inputs: u64, length: Option<Duration>) {
        let begun_all = Instant::now();
        let seeds = corpus(name);
        assert!(!seeds.is_empty(), "{name} has no corpus");
        let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ name.len() as u64);
        let mut fed = 0;
        for input in 0.. {
            if length.map_or(input >= inputs, |length| begun_all.elapsed() >= length) {
                break;
            }
            fed = input + 1;
            let mut bytes = seeds[random.below(seeds.len())].clone();
            let other = &seeds[random.below(seeds.len())];
            // The first inputs are the corpus itself.
            match seeds.get(usize::try_from(input).unwrap_or(usize::MAX)) {
                Some(seed) => bytes.clone_from(seed),
                None => (0..=random.below(6)).for_each(|_| mutate(&mut random, &mut bytes, other)),
            }
            let begun = Instant::now();
            let outcome = catch_unwind(AssertUnwindSafe(|| decode(&bytes)));
            let hangs = begun.elapsed() > HANG;
            if outcome.is_err() || hangs {
                let kept = std::env::temp_dir().join(format!("hangspy-fuzz-{name}"));
                fs::write(&kept, &bytes).unwrap();
                assert!(!hangs, "{name} takes {:?} for {}", begun.elapsed(), kept.display());
                println!("{name} panics at input {input}: {}", kept.display());
            }
            outcome.unwrap_or_else(|panic| resume_unwind(panic));
        }
        println!("{name}: {fed} inputs in {:.1} s", begun_all.elapsed().as_secs_f64());
    }

    #[test]
    fn no_decoder_panics_or_hangs() {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
        let inputs = number("HANGSPY_FUZZ");
        let seconds = number("HANGSPY_FUZZ_SECONDS").map(Duration::from_secs);
        let length = seconds.or(inputs.is_none().then_some(LENGTH));
        let only = std::env::var("HANGSPY_FUZZ_TARGET").ok();
        for target in targets().into_iter().filter(|(name, _)| only.as_deref().is_none_or(|only| only == *name)) {
            feed(target, inputs.unwrap_or(u64::MAX), length);
        }
    }

    #[test]
    fn every_decoder_is_a_target_of_cargo_fuzz() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz");
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        for (name, _) in targets() {
            assert!(manifest.contains(&format!("name = \"{name}\"")), "fuzz/Cargo.toml does not have {name}");
            let text = fs::read_to_string(folder.join(format!("fuzz_targets/{name}.rs"))).unwrap();
            assert!(text.contains(&format!("run(\"{name}\", bytes)")), "{name}");
        }
    }
}
