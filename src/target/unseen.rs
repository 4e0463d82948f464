//! Why a process that runs may not be among those that we see.

use crate::os::visibility::{self, Environment};

/// What is known to hide processes from us, with what shows them; `None` where nothing is.
#[must_use]
pub fn why_unseen() -> Option<String> {
    let mut reasons = Vec::new();
    if visibility::hides_others() {
        reasons.push("/proc hides the processes of other users (hidepid): run hangspy as the same user or as root");
    }
    if visibility::environment() == Environment::Pod {
        reasons.push(
            "the pod's other containers are visible with shareProcessNamespace: true, or from kubectl debug --target",
        );
    }
    (!reasons.is_empty()).then(|| reasons.join("; "))
}
