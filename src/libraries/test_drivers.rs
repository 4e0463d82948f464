//! What tests call to drive an application, beside the frameworks: what it does on the loop is not the application's fault.

use super::Home;

/// Clients of tests, and what starts an application for them.
const PACKAGES: &[&str] = &["aiohttp", "asgi_lifespan", "async_asgi_testclient", "httpx"];

/// Whether a function of this file is such a one, when a test calls it itself.
#[must_use]
pub fn drives_tests(file: &str) -> bool {
    matches!(Home::of(file), Home::Installed { package } if PACKAGES.contains(&package))
}

/// What runs tests and tells our plugin which.
const RUNNER: &str = "_pytest";

/// Whether a process in which this file runs could tell which test it runs.
#[must_use]
pub fn runs_tests(file: &str) -> bool {
    matches!(Home::of(file), Home::Installed { package } if package == RUNNER)
}
