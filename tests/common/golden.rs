//! Comparison with files that a person has looked at.

use std::path::Path;

/// The variable that blesses: what the program says now becomes what it shall say.
const BLESS: &str = "HANGSPY_BLESS";

/// Fails when `actual` is not what the golden file holds; with `HANGSPY_BLESS=1`, writes the file.
pub(crate) fn assert_golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os(BLESS).is_some_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().expect("a golden file lies in a folder")).expect("golden folder");
        std::fs::write(&path, actual).expect("golden file can be written");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if let Some((number, (is, was))) =
        actual.lines().zip(expected.lines().chain(std::iter::repeat(""))).enumerate().find(|(_, (is, was))| is != was)
    {
        panic!(
            "{name} changed at line {}:\n  was: {was}\n  is:  {is}\nlook at it, and if it is right: {BLESS}=1 cargo test",
            number + 1
        );
    }
    assert_eq!(actual.len(), expected.len(), "{name} changed at its end; if that is right: {BLESS}=1 cargo test");
}
