//! What the functions of frames mean for pools, each asked once.

use std::collections::HashMap;

use crate::libraries::{self, Asks, AtPool, Awaits, Home, Marks, Pool};
use crate::read::stacks::codes::CodeTable;
use crate::read::threads::live::LiveFrame;
use crate::snapshot::{Code, CodeId};

/// What a function is to a pool.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meaning {
    /// Whoever runs it asks for a place.
    pub(super) asks: Option<&'static Asks>,
    /// Whoever asked this pool and came here waits for a place.
    pub(super) parks: Option<&'static Pool>,
    /// It is a method of a limiter.
    pub(super) limits: bool,
    /// What a task waits for that is suspended in it.
    pub(super) awaits: Option<Awaits>,
    pub(super) marks: Marks,
    /// Its local variables are not looked through.
    pub(super) barren: bool,
}

/// Tells functions by their names, once for each.
#[derive(Debug, Default)]
pub(super) struct Meanings {
    known: HashMap<CodeId, Meaning>,
}

impl Meaning {
    const NONE: Self = Self { asks: None, parks: None, limits: false, awaits: None, marks: Marks::NONE, barren: false };

    fn of(code: &Code) -> Self {
        let mut meaning = Self { barren: keeps_nothing(&code.file), ..Self::NONE };
        for row in libraries::rows(&code.file, &code.name) {
            meaning.marks = meaning.marks.and(row.marks);
            meaning.awaits = meaning.awaits.or(row.awaits);
            match row.at_pool {
                Some(AtPool::Asks(asks)) => meaning.asks = Some(asks),
                Some(AtPool::Parks(pool)) => meaning.parks = Some(pool),
                Some(AtPool::Limits) => meaning.limits = true,
                Some(AtPool::Carries) => meaning.barren = false,
                None => {}
            }
        }
        meaning
    }
}

impl Meanings {
    /// What the function of this frame is.
    pub(super) fn of(&mut self, codes: &CodeTable, frame: &LiveFrame) -> Meaning {
        *self.known.entry(frame.code).or_insert_with(|| {
            let code = codes.codes().get(frame.code.0 as usize);
            code.map_or(Meaning::NONE, Meaning::of)
        })
    }
}

/// Whether the functions of a file keep nothing of pools among their local variables.
fn keeps_nothing(file: &str) -> bool {
    Home::of(file).package().and_then(libraries::library).is_some_and(|library| library.keeps_nothing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{CodeFlags, Known};

    fn meaning(name: &str, file: &str) -> Meaning {
        let (name, file) = (name.to_owned(), file.to_owned());
        Meaning::of(&Code {
            qualified_name: Known::Is(name.clone()),
            name,
            file,
            first_line: 1,
            flags: CodeFlags::default(),
        })
    }

    #[test]
    fn endpoints_have_arguments_where_the_rest_of_a_framework_has_nothing() {
        let library = "/venv/lib/python3.12/site-packages";
        assert!(!meaning("app", &format!("{library}/fastapi/routing.py")).barren);
        assert!(meaning("serialize_response", &format!("{library}/fastapi/routing.py")).barren);
        assert!(meaning("run", "/usr/lib/python3.12/threading.py").barren);
        assert!(!meaning("get", "/srv/app.py").barren);
    }

    #[test]
    fn the_queue_of_a_pool_is_not_the_queue_of_the_standard_library() {
        let library = "/venv/lib/python3.12/site-packages";
        let parked = meaning("get", &format!("{library}/sqlalchemy/util/queue.py")).parks;
        let asked = meaning("_do_get", &format!("{library}/sqlalchemy/pool/impl.py")).asks;
        assert!(parked.zip(asked).is_some_and(|(parked, asked)| std::ptr::eq(parked, asked.pool)));
        assert!(meaning("get", "/usr/lib/python3.12/queue.py").parks.is_none());
    }
}
