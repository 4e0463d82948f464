//! What a name stands for, over imports, assignments, annotations and attributes of `self`.

use std::collections::BTreeMap;

use super::module::{Class, Function, Module};

/// How often a name is followed before it is taken as it is: they can go in circles.
const MOST_STEPS: usize = 12;

/// A function of a module, by their numbers.
pub(super) type FunctionId = (usize, usize);

/// What a call calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Callee {
    /// A function of the source.
    Own(FunctionId),
    /// Something else, by its whole name.
    Foreign(String),
}

/// The modules of a source tree, by name.
pub(super) struct Names<'s> {
    pub(super) modules: &'s [Module],
    /// By their names and by the ends of those: `from shop import prices` means `src.shop.prices` where nothing else is called so.
    by_name: BTreeMap<&'s str, Option<usize>>,
    /// By the first part of their names.
    functions: Vec<BTreeMap<&'s str, usize>>,
}

impl<'s> Names<'s> {
    pub(super) fn new(modules: &'s [Module]) -> Self {
        let mut by_name: BTreeMap<&str, Option<usize>> = BTreeMap::new();
        for (index, module) in modules.iter().enumerate() {
            let ends = module.name.match_indices('.').filter_map(|(at, _)| module.name.get(at + 1..));
            for end in ends {
                by_name.entry(end).and_modify(|known| *known = None).or_insert(Some(index));
            }
        }
        for (index, module) in modules.iter().enumerate() {
            by_name.insert(&module.name, Some(index));
        }
        let of_module = |module: &'s Module| {
            module.functions.iter().enumerate().map(|(index, function)| (function.name.as_str(), index)).collect()
        };
        Self { modules, by_name, functions: modules.iter().map(of_module).collect() }
    }

    pub(super) fn function(&self, (module, function): FunctionId) -> Option<&'s Function> {
        self.modules.get(module)?.functions.get(function)
    }

    /// What is called by this name in a function.
    pub(super) fn callee(&self, module: usize, function: &Function, name: &[String]) -> Callee {
        let whole = self.in_function(module, function, name, MOST_STEPS);
        self.own(&whole, MOST_STEPS).map_or(Callee::Foreign(whole), Callee::Own)
    }

    /// The whole name of what a name in a function stands for.
    fn in_function(&self, module: usize, function: &Function, name: &[String], steps: usize) -> String {
        let Some(((first, rest), of)) = name.split_first().zip(self.modules.get(module)) else { return String::new() };
        if let Some(class) = function.class.as_ref().filter(|_| first == "self" || first == "cls") {
            return match rest.split_first() {
                Some((attribute, further)) if !further.is_empty() => {
                    let value = self.attribute(module, class, attribute, steps);
                    value.map_or_else(|| name.join("."), |value| joined(&value, further))
                }
                _ => joined(&format!("{}.{class}", of.name), rest),
            };
        }
        for around in scopes(&function.name) {
            let Some(index) = self.functions.get(module).and_then(|known| known.get(around)) else { continue };
            if let Some(value) = of.functions.get(*index).and_then(|outer| Some((outer, outer.values.get(first)?))) {
                let (outer, value) = value;
                if steps > 0 && value.first() != Some(first) {
                    return joined(&self.in_function(module, outer, value, steps - 1), rest);
                }
            }
            let inner = format!("{around}.<locals>.{first}");
            if self.functions.get(module).is_some_and(|known| known.contains_key(inner.as_str())) {
                return joined(&format!("{}.{inner}", of.name), rest);
            }
        }
        self.in_module(module, name, steps)
    }

    /// The whole name of what a name at the level of a module stands for.
    fn in_module(&self, module: usize, name: &[String], steps: usize) -> String {
        let Some(((first, rest), of)) = name.split_first().zip(self.modules.get(module)) else { return String::new() };
        let own = of.classes.contains_key(first)
            || self.functions.get(module).is_some_and(|known| known.contains_key(first.as_str()));
        if own {
            return joined(&format!("{}.{first}", of.name), rest);
        }
        if let Some(whole) = of.imports.get(first) {
            return joined(whole, rest);
        }
        match of.values.get(first).filter(|value| steps > 0 && value.first() != Some(first)) {
            Some(value) => joined(&self.in_module(module, value, steps - 1), rest),
            None => name.join("."),
        }
    }

    /// What an attribute of a class stands for, its own or one of a class that it is made of.
    fn attribute(&self, module: usize, class: &str, attribute: &str, steps: usize) -> Option<String> {
        let of = self.class(module, class)?;
        if let Some(value) = of.attributes.get(attribute) {
            return Some(self.in_module(module, value, steps.checked_sub(1)?));
        }
        of.bases.iter().find_map(|base| {
            let whole = self.in_module(module, base, steps);
            let (module, class) = self.split(&whole)?;
            self.attribute(module, class, attribute, steps.checked_sub(1)?)
        })
    }

    fn class(&self, module: usize, class: &str) -> Option<&'s Class> {
        self.modules.get(module)?.classes.get(class)
    }

    /// The function of the source that has this whole name: a function, a method, or what a class is made with.
    fn own(&self, whole: &str, steps: usize) -> Option<FunctionId> {
        let steps = steps.checked_sub(1)?;
        let (module, rest) = self.split(whole)?;
        let known = self.functions.get(module)?;
        if let Some(index) = known.get(rest) {
            return Some((module, *index));
        }
        if let Some(index) = self.class(module, rest).and_then(|_| known.get(format!("{rest}.__init__").as_str())) {
            return Some((module, *index));
        }
        let (first, further) = rest.split_once('.').unwrap_or((rest, ""));
        if let Some(class) = self.class(module, first).filter(|_| !further.is_empty()) {
            let inherited =
                |base: &Vec<String>| self.own(&format!("{}.{further}", self.in_module(module, base, steps)), steps);
            return class.bases.iter().find_map(inherited);
        }
        // What a module imports is found through it too.
        let of = self.modules.get(module)?;
        let name: Vec<String> = rest.split('.').map(str::to_owned).collect();
        let elsewhere = of.imports.contains_key(first) || of.values.contains_key(first);
        elsewhere.then(|| self.own(&self.in_module(module, &name, steps), steps)).flatten()
    }

    /// The module that a whole name begins with, and the rest of it.
    fn split<'n>(&self, whole: &'n str) -> Option<(usize, &'n str)> {
        let ends = whole.match_indices('.').map(|(at, _)| at).rev();
        ends.into_iter().find_map(|at| {
            let module = self.by_name.get(whole.get(..at)?).copied().flatten()?;
            Some((module, whole.get(at + 1..)?))
        })
    }
}

/// The function itself and those around it, by name, the innermost first.
fn scopes(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |inner| inner.rsplit_once(".<locals>.").map(|(outer, _)| outer))
}

fn joined(whole: &str, rest: &[String]) -> String {
    std::iter::once(whole).chain(rest.iter().map(String::as_str)).collect::<Vec<_>>().join(".")
}
