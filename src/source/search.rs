//! From each `async def` to the calls that block.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::module::Module;
use super::names::{Callee, FunctionId, Names};
use crate::libraries::blocking_kind;
use crate::report::{BlockingSite, CallStep};

/// Functions between an `async def` and what blocks.
const MOST_BETWEEN: usize = 12;

/// The kinds of calls that are searched for; all of them when there is none.
pub type Kinds = BTreeSet<String>;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Similar {
    /// Calls, by kind and place.
    pub sites: Vec<BlockingSite>,
    /// Calls that a comment allows.
    pub allowed: u64,
}

/// Searches modules for calls of these kinds.
#[must_use]
pub fn search(modules: &[Module], kinds: &Kinds) -> Similar {
    let names = Names::new(modules);
    let mut found: BTreeMap<(String, u32, String), BlockingSite> = BTreeMap::new();
    let mut allowed = BTreeSet::new();
    for (index, module) in modules.iter().enumerate() {
        let coroutines = module.functions.iter().enumerate().filter(|(_, function)| function.is_async);
        for (function, _) in coroutines {
            from(&names, (index, function), kinds, &mut |site, quiet| {
                let Some(last) = site.chain.last() else { return };
                let key = (last.file.clone(), last.line, site.call.clone());
                if quiet {
                    allowed.insert(key);
                    return;
                }
                let known = found.entry(key).or_insert_with(|| BlockingSite { coroutines: 0, ..site.clone() });
                let coroutines = known.coroutines + 1;
                if site.chain.len() < known.chain.len() {
                    *known = site;
                }
                known.coroutines = coroutines;
            });
        }
    }
    let mut sites: Vec<BlockingSite> = found.into_values().collect();
    sites.sort_by(|one, other| one.kind.cmp(&other.kind));
    Similar { sites, allowed: allowed.len() as u64 }
}

/// The functions that are looked into from one `async def`, and how one gets to each.
struct Way {
    function: FunctionId,
    chain: Vec<CallStep>,
    certain: bool,
    allowed: bool,
}

/// Whether a comment at a call, or at the function that makes it, allows it.
fn is_allowed(module: &Module, function: u32, call: u32) -> bool {
    module.allowed.iter().any(|line| *line == function || *line == call)
}

/// Goes from one `async def` through the plain functions that it calls, the nearest first; tells each call that blocks, and
/// whether a comment allows it.
fn from(names: &Names<'_>, coroutine: FunctionId, kinds: &Kinds, tell: &mut dyn FnMut(BlockingSite, bool)) {
    let mut seen = BTreeSet::from([(coroutine, false)]);
    let mut told = BTreeSet::new();
    let mut ways = VecDeque::from([Way { function: coroutine, chain: Vec::new(), certain: true, allowed: false }]);
    while let Some(way) = ways.pop_front() {
        let Some((module, function)) = names
            .modules
            .get(way.function.0)
            .zip(names.function(way.function))
            .filter(|_| way.chain.len() <= MOST_BETWEEN)
        else {
            continue;
        };
        for call in &function.calls {
            let step = CallStep { function: function.name.clone(), file: module.path.clone(), line: call.line };
            let chain: Vec<CallStep> = way.chain.iter().cloned().chain([step]).collect();
            match names.callee(way.function.0, function, &call.name) {
                Callee::Own(next) => {
                    let callee = names.function(next).filter(|callee| !callee.is_async);
                    // What is awaited and not a coroutine of its own is run by whatever decorates it.
                    let is_called = callee.is_some_and(|callee| !(call.awaited && callee.is_decorated));
                    let allowed = way.allowed || is_allowed(module, function.line, call.line);
                    if is_called && seen.insert((next, allowed)) {
                        let certain = way.certain && call.name.len() == 1;
                        ways.push_back(Way { function: next, chain, certain, allowed });
                    }
                }
                Callee::Foreign(name) => {
                    let kind = blocking_kind(&name).filter(|kind| kinds.is_empty() || kinds.contains(*kind));
                    let Some(kind) = kind.filter(|_| {
                        !call.awaited
                            && !call.at_once
                            && told.insert((way.function, call.line, name.clone(), way.allowed))
                    }) else {
                        continue;
                    };
                    let quiet = way.allowed || is_allowed(module, function.line, call.line);
                    let certain = way.certain && name.matches('.').count() == 1;
                    tell(
                        BlockingSite {
                            kind: kind.to_owned(),
                            call: name,
                            chain,
                            coroutines: 1,
                            certain,
                            captured: false,
                        },
                        quiet,
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::module;
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<(String, String)> {
        let modules: Vec<Module> = files.iter().map(|(path, text)| module(path, text).unwrap()).collect();
        let names = |site: &BlockingSite| {
            let chain: Vec<&str> = site.chain.iter().map(|step| step.function.as_str()).collect();
            (site.call.clone(), chain.join(" > "))
        };
        search(&modules, &Kinds::new()).sites.iter().map(names).collect()
    }

    #[test]
    fn calls_are_followed_through_functions_methods_and_modules() {
        let shop = "
import requests as http
from .prices import Prices, load
from time import sleep

class Shop:
    def __init__(self, session: http.Session):
        self.session, self.other = session, None
        self.http = http.Session()
        self.prices = Prices()
    def fetch(self):
        return self.http.get('http://shop')
    async def orders(self):
        self.fetch()
        self.prices.read()

async def direct(session: http.Session):
    session.get('http://shop').json()

async def through():
    def inner():
        sleep(1)
    inner()
    load()

async def of_the_module():
    from shop import prices
    prices.load()
";
        let prices = "
import subprocess
class Base:
    def read(self):
        subprocess.run(['true'])
class Prices(Base):
    pass
def load():
    with subprocess.Popen('true') as child:
        child.wait()
";
        let expected = [
            ("requests.Session.get", "Shop.orders > Shop.fetch"),
            ("requests.Session.get", "direct"),
            ("subprocess.run", "Shop.orders > Base.read"),
            ("subprocess.Popen.wait", "through > load"),
            ("time.sleep", "through > through.<locals>.inner"),
        ];
        let expected: BTreeSet<_> = expected.map(|(call, chain)| (call.to_owned(), chain.to_owned())).into();
        let found = found(&[("src/shop/__init__.py", ""), ("src/shop/app.py", shop), ("src/shop/prices.py", prices)]);
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
    }

    #[test]
    fn what_is_moved_off_the_loop_or_is_no_call_there_is_not_claimed() {
        let healthy = "
import asyncio, threading, time, requests
from starlette.concurrency import run_in_threadpool
import redis.asyncio as redis

def load():
    time.sleep(1)

def endpoint():
    load()

@moves_to_a_thread
def decorated():
    load()

async def healthy(client: redis.Redis):
    await asyncio.to_thread(load)
    await run_in_threadpool(load)
    await asyncio.get_running_loop().run_in_executor(None, requests.get, 'http://shop')
    await asyncio.to_thread(lambda: time.sleep(1))
    await decorated()
    await asyncio.sleep(1)
    await client.get('key')
    def later():
        time.sleep(1)
    await asyncio.to_thread(later)
    load()  # hangspy: allow once at startup
    threading.Lock().acquire(blocking=False)
";
        let modules = [module("app.py", healthy).unwrap()];
        let similar = search(&modules, &Kinds::new());
        assert_eq!((similar.sites.as_slice(), similar.allowed), (&[][..], 1));
    }
}
