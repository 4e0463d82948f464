//! Whose code a frame runs: the user's, or somebody else's.

use crate::libraries::{self, Home, Role};
use crate::snapshot::Code;

/// Whose code it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The user's: everything that is nothing else, and what came from `-c` or standard input.
    User,
    /// Installed, and none of the packages we know: perhaps the application itself, installed.
    Installed,
    /// A known server or framework.
    Framework,
    /// A known client, driver or number cruncher.
    Driver,
    /// The standard library, or code without a file.
    Standard,
}

/// File names of code that a user typed. Other names in angle brackets belong to code generators and frozen modules.
const TYPED: &[&str] = &["<string>", "<stdin>", "<console>", "<input>"];
/// What `-c` is called, and what most code generators call their code.
const TYPED_OR_GENERATED: &str = "<string>";
/// The same with a number behind: notebooks, the new interactive interpreter, doctests.
const TYPED_NUMBERED: &[&str] = &["<ipython-input-", "<python-input-", "<doctest "];

impl Origin {
    /// Whose code this is, from its file and, where a file says nothing, its name.
    #[must_use]
    pub fn of(code: &Code) -> Self {
        let file = code.file.as_str();
        if file.is_empty() {
            return Self::Standard;
        }
        if file.starts_with('<') {
            return Self::of_nameless(code);
        }
        match Home::of(file) {
            Home::Installed { package } => match libraries::role(package) {
                Some(Role::Framework) => Self::Framework,
                Some(Role::Driver) => Self::Driver,
                Some(Role::Standard) | None => Self::Installed,
            },
            Home::Standard(_) => Self::Standard,
            Home::Elsewhere if is_launcher(code) => Self::Framework,
            Home::Elsewhere => Self::User,
        }
    }

    /// `dataclasses` and `namedtuple` compile their methods from `<string>` too; those are dunder methods. So do
    /// decorators that keep a function's signature (SQLAlchemy's, `decorator`): one function from its first line on.
    fn of_nameless(code: &Code) -> Self {
        let file = code.file.as_str();
        if file == TYPED_OR_GENERATED && code.first_line == 1 && code.name != "<module>" {
            return Self::Standard;
        }
        let typed = TYPED.contains(&file) || TYPED_NUMBERED.iter().any(|start| file.starts_with(start));
        let generated = code.name.starts_with("__") && code.name.ends_with("__");
        if typed && !generated { Self::User } else { Self::Standard }
    }
}

/// The script that an installer writes for a console entry point: `.../bin/uvicorn`.
fn is_launcher(code: &Code) -> bool {
    let mut parts = code.file.rsplit('/');
    let (script, folder) = (parts.next(), parts.next());
    code.name == "<module>" && folder == Some("bin") && script.is_some_and(|script| !script.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{CodeFlags, Known, Why};

    fn origin(name: &str, file: &str) -> Origin {
        Origin::of(&Code {
            name: name.to_owned(),
            qualified_name: Known::Unknown(Why::NotInThisPython),
            file: file.to_owned(),
            first_line: 1,
            flags: CodeFlags::default(),
        })
    }

    #[test]
    fn the_users_code_is_told_from_everybody_elses() {
        for (name, file, expected) in [
            ("go", "/srv/app/main.py", Origin::User),
            ("go", "app.py", Origin::User),
            ("go", "/home/lib/python/app.py", Origin::User),
            ("go", "/opt/shop/lib/orders.py", Origin::User),
            ("go", "/opt/shop/lib/python3.12/orders.py", Origin::User),
            ("go", "/opt/shop/app.pyz/orders.py", Origin::User),
            ("<module>", "<string>", Origin::User),
            ("go", "<stdin>", Origin::User),
            ("__init__", "<string>", Origin::Standard),
            ("_connection_for_bind", "<string>", Origin::Standard),
            ("<module>", "/venv/bin/uvicorn", Origin::Framework),
            ("select", "/usr/lib/python3.11/selectors.py", Origin::Standard),
            ("_run", "/usr/local/lib/python3.13t/asyncio/events.py", Origin::Standard),
            ("run", "/usr/lib/python312.zip/threading.py", Origin::Standard),
            ("_find_and_load", "<frozen importlib._bootstrap>", Origin::Standard),
            ("get", "/venv/lib/python3.12/site-packages/requests/api.py", Origin::Driver),
            ("app", "/venv/lib/python3.12/site-packages/fastapi/routing.py", Origin::Framework),
            ("handle", "/venv/lib/python3.12/site-packages/shop/orders.py", Origin::Installed),
            ("wraps", "/usr/lib/python3/dist-packages/decorator.py", Origin::Driver),
        ] {
            assert_eq!(origin(name, file), expected, "{name} in {file}");
        }
    }
}
