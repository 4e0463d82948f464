//! Where a file of Python code stands, as its path tells.

use super::standard_modules;

/// Where a file of Python code stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home<'a> {
    /// In the standard library; its path below the library's folder: `asyncio/events.py`.
    Standard(&'a str),
    /// In `site-packages` or `dist-packages`.
    Installed {
        /// The package or module, without `.py`.
        package: &'a str,
    },
    /// Anywhere else: an application, or a library that was put beside it.
    Elsewhere,
}

impl<'a> Home<'a> {
    /// Where this file stands. Frozen modules, `<frozen importlib._bootstrap>`, are the standard library's.
    #[must_use]
    pub fn of(file: &'a str) -> Self {
        if file.starts_with("<frozen ") {
            return Self::Standard(file);
        }
        if let Some(inside) = behind(file, |folder| matches!(folder, "site-packages" | "dist-packages")) {
            return Self::Installed { package: module(inside) };
        }
        let library = behind_version(file).or_else(|| behind(file, is_version_archive));
        match library {
            Some(inside) if standard_modules::has(module(inside)) => Self::Standard(inside),
            _ => Self::Elsewhere,
        }
    }

    /// The package or module that the file is of; `None` elsewhere.
    #[must_use]
    pub fn package(self) -> Option<&'a str> {
        match self {
            Self::Standard(inside) => Some(module(inside)),
            Self::Installed { package } => Some(package),
            Self::Elsewhere => None,
        }
    }
}

/// The first folder or module of a path.
fn module(inside: &str) -> &str {
    let first = inside.split('/').next().unwrap_or(inside);
    first.strip_suffix(".py").unwrap_or(first)
}

/// What stands behind the innermost folder that fits.
fn behind(file: &str, fits: impl Fn(&str) -> bool) -> Option<&str> {
    let mut rest = file;
    let mut found = None;
    while let Some((folder, inside)) = rest.split_once('/') {
        rest = inside.trim_start_matches('/');
        if fits(folder) && !rest.is_empty() {
            found = Some(rest);
        }
    }
    found
}

/// What stands behind `lib/python3.12`.
fn behind_version(file: &str) -> Option<&str> {
    let mut rest = file;
    let (mut found, mut in_library) = (None, false);
    while let Some((folder, inside)) = rest.split_once('/') {
        rest = inside.trim_start_matches('/');
        if in_library && is_version_folder(folder) && !rest.is_empty() {
            found = Some(rest);
        }
        in_library = matches!(folder, "lib" | "lib64");
    }
    found
}

/// `python3`, `python3.12`, `python3.13t`
fn is_version_folder(name: &str) -> bool {
    let version = name.strip_prefix("python3").or_else(|| name.strip_prefix("python2"));
    version.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// `python312.zip`
fn is_version_archive(name: &str) -> bool {
    let digits = name.strip_prefix("python").and_then(|rest| rest.strip_suffix(".zip"));
    digits.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_of_the_folder_below_its_library() {
        let package = |file| Home::of(file).package();
        assert_eq!(package("/venv/lib/python3.11/site-packages/httpx/_client.py"), Some("httpx"));
        assert_eq!(package("/usr/lib/python3.11/asyncio/locks.py"), Some("asyncio"));
        assert_eq!(package("/usr/lib/python3.11/queue.py"), Some("queue"));
        assert_eq!(package("/srv/app/queue.py"), None);
    }

    #[test]
    fn the_innermost_folder_decides() {
        for (file, home) in [
            ("/usr/lib/python3.12/asyncio/events.py", Home::Standard("asyncio/events.py")),
            ("/usr/local/lib/python3.13t/queue.py", Home::Standard("queue.py")),
            ("/usr/lib/python312.zip/threading.py", Home::Standard("threading.py")),
            ("<frozen importlib._bootstrap>", Home::Standard("<frozen importlib._bootstrap>")),
            ("/venv/lib/python3.12/site-packages/uvicorn/server.py", Home::Installed { package: "uvicorn" }),
            ("/usr/lib/python3/dist-packages/decorator.py", Home::Installed { package: "decorator" }),
            ("/srv/lib/python3.12/orders.py", Home::Elsewhere),
            ("/srv/app/queue.py", Home::Elsewhere),
            ("app.py", Home::Elsewhere),
            ("", Home::Elsewhere),
        ] {
            assert_eq!(Home::of(file), home, "{file}");
        }
    }
}
