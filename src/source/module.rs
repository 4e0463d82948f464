//! One file of Python: functions, calls, and what names stand for.

use std::collections::BTreeMap;

use tree_sitter::{Node, Parser};

/// How files of Python end.
pub(super) const ENDING: &str = ".py";
/// What quiets a line, in a comment: `# hangspy: allow REASON`.
const ALLOW: &str = "hangspy: allow";
/// Arguments that ask a call not to wait, and flags in them that do.
const NOT_WAITING: &[&str] = &["False", "block=False", "blocking=False", "timeout=0", "timeout=0.0"];
const NOT_WAITING_FLAGS: &[&str] = &["AI_NUMERICHOST", "WNOHANG"];
/// Nodes of one file that are looked at.
const MOST_NODES: usize = 2_000_000;

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Module {
    /// Its path below the folder that was searched.
    pub path: String,
    /// Its name as one imports it from that folder: `shop.prices`.
    pub name: String,
    /// Names that it imports, and the whole name of each.
    pub imports: BTreeMap<String, String>,
    /// Names that stand for what an expression makes, at the level of the module.
    pub values: BTreeMap<String, Vec<String>>,
    /// Its classes by name.
    pub classes: BTreeMap<String, Class>,
    /// Its functions.
    pub functions: Vec<Function>,
    /// Lines on which calls are allowed.
    pub allowed: Vec<u32>,
}

/// A class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Class {
    /// What it is made of.
    pub bases: Vec<Vec<String>>,
    /// What its attributes stand for.
    pub attributes: BTreeMap<String, Vec<String>>,
}

/// A function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// As Python calls it: `Shop.prices`, `main.<locals>.load`.
    pub name: String,
    /// The class that it is a method of.
    pub class: Option<String>,
    /// Whether it is an `async def`.
    pub is_async: bool,
    /// Whether something is around it that may run it elsewhere.
    pub is_decorated: bool,
    /// Where it begins.
    pub line: u32,
    /// What local names stand for.
    pub values: BTreeMap<String, Vec<String>>,
    /// What it calls.
    pub calls: Vec<Call>,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What is called: `["self", "http", "get"]`.
    pub name: Vec<String>,
    /// Where.
    pub line: u32,
    /// Whether its result is awaited.
    pub awaited: bool,
    /// Whether its arguments ask it not to wait.
    pub at_once: bool,
}

/// Where a node stands.
#[derive(Clone, Copy)]
struct Scope<'m> {
    function: Option<usize>,
    class: Option<&'m str>,
}

/// Reads a file; `None` when it is not Python 3.
#[must_use]
pub fn module(path: &str, text: &str) -> Option<Module> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_python::LANGUAGE.into()).ok()?;
    let tree = parser.parse(text, None)?;
    let root = tree.root_node();
    if root.has_error() {
        return None;
    }
    let bare = path.strip_suffix(ENDING).unwrap_or(path);
    let name = bare.strip_suffix("/__init__").unwrap_or(bare).replace('/', ".");
    let mut reader = Reader { text, module: Module { path: path.to_owned(), name, ..Module::default() } };
    let mut open = vec![(root, Scope { function: None, class: None })];
    let mut nodes = 0;
    while let Some((node, scope)) = open.pop() {
        nodes += 1;
        if nodes > MOST_NODES || matches!(node.kind(), "print_statement" | "exec_statement") {
            return None;
        }
        reader.node(node, scope, &mut open);
    }
    Some(reader.module)
}

struct Reader<'t> {
    text: &'t str,
    module: Module,
}

type Open<'t> = Vec<(Node<'t>, Scope<'t>)>;

impl<'t> Reader<'t> {
    fn words(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    fn field(&self, node: Node<'_>, field: &str) -> Option<&'t str> {
        node.child_by_field_name(field).map(|child| self.words(child))
    }

    fn node(&mut self, node: Node<'t>, scope: Scope<'t>, open: &mut Open<'t>) {
        match node.kind() {
            "function_definition" => return self.function(node, scope, open),
            "class_definition" => return self.class(node, open),
            // What runs later runs elsewhere, for all that is known.
            "lambda" => return,
            "call" => self.call(node, scope),
            "assignment" | "named_expression" => self.assignment(node, scope),
            "as_pattern" => self.as_pattern(node, scope),
            "import_statement" => self.import(node, ""),
            "import_from_statement" => {
                let from = self.field(node, "module_name").unwrap_or_default().to_owned();
                self.import(node, &self.absolute(&from));
            }
            "comment" if self.words(node).contains(ALLOW) => self.module.allowed.push(line(node)),
            _ => {}
        }
        children(node, scope, open);
    }

    fn function(&mut self, node: Node<'t>, scope: Scope<'t>, open: &mut Open<'t>) {
        let own = self.field(node, "name").unwrap_or_default();
        let outer = scope.function.and_then(|index| self.module.functions.get(index));
        let name = match (outer, scope.class) {
            (Some(outer), None) => format!("{}.<locals>.{own}", outer.name),
            (_, Some(class)) => format!("{class}.{own}"),
            (None, None) => own.to_owned(),
        };
        let class = scope.class.map(str::to_owned).or_else(|| outer?.class.clone());
        let mut function = Function {
            name,
            class,
            is_async: node.child(0).is_some_and(|first| first.kind() == "async"),
            is_decorated: node.parent().is_some_and(|around| around.kind() == "decorated_definition"),
            line: line(node),
            ..Function::default()
        };
        if let Some(parameters) = node.child_by_field_name("parameters") {
            for parameter in parameters.named_children(&mut parameters.walk()) {
                self.annotation(parameter, &mut function.values);
            }
            children(parameters, scope, open);
        }
        self.module.functions.push(function);
        let inside = Scope { function: Some(self.module.functions.len() - 1), class: None };
        open.extend(node.child_by_field_name("body").map(|body| (body, inside)));
    }

    /// A parameter whose annotation says what it is.
    fn annotation(&self, parameter: Node<'t>, values: &mut BTreeMap<String, Vec<String>>) {
        let name = parameter.child_by_field_name("name").or_else(|| parameter.named_child(0));
        let kind = parameter.child_by_field_name("type").and_then(|kind| self.dotted(kind.named_child(0)?));
        if let Some((name, kind)) = name.filter(|name| name.kind() == "identifier").zip(kind) {
            values.insert(self.words(name).to_owned(), kind);
        }
    }

    fn class(&mut self, node: Node<'t>, open: &mut Open<'t>) {
        let Some(name) = self.field(node, "name") else { return };
        let bases = node.child_by_field_name("superclasses");
        let bases =
            bases.map(|bases| bases.named_children(&mut bases.walk()).filter_map(|base| self.dotted(base)).collect());
        self.module.classes.insert(name.to_owned(), Class { bases: bases.unwrap_or_default(), ..Class::default() });
        let inside = Scope { function: None, class: Some(name) };
        open.extend(node.child_by_field_name("body").map(|body| (body, inside)));
    }

    fn call(&mut self, node: Node<'t>, scope: Scope<'t>) {
        let name = node.child_by_field_name("function").and_then(|function| self.dotted(function));
        let awaited = node.parent().is_some_and(|around| around.kind() == "await");
        let arguments = node.child_by_field_name("arguments");
        let at_once = arguments.is_some_and(|all| all.named_children(&mut all.walk()).any(|one| self.is_at_once(one)));
        let function = scope.function.and_then(|index| self.module.functions.get_mut(index));
        if let Some((function, name)) = function.zip(name) {
            function.calls.push(Call { name, line: line(node), awaited, at_once });
        }
    }

    /// Whether an argument says that nothing is waited for: `lock.acquire(False)`, `queue.get(block=False)`, `os.waitpid(pid, os.WNOHANG)`.
    fn is_at_once(&self, argument: Node<'_>) -> bool {
        let words: String = self.words(argument).split_whitespace().collect();
        NOT_WAITING.contains(&words.as_str()) || NOT_WAITING_FLAGS.iter().any(|flag| words.contains(flag))
    }

    fn assignment(&mut self, node: Node<'t>, scope: Scope<'t>) {
        let left = node.child_by_field_name("left").or_else(|| node.child_by_field_name("name"));
        let right = node.child_by_field_name("right").or_else(|| node.child_by_field_name("value"));
        let by_type = || node.child_by_field_name("type").and_then(|kind| self.dotted(kind.named_child(0)?));
        // An awaited value is another than the call's.
        let value = right.and_then(|right| self.dotted(right)).or_else(by_type);
        if let Some((left, value)) = left.and_then(|left| self.dotted(left)).zip(value) {
            self.bind(left, value, scope);
        }
    }

    /// `with requests.Session() as session`.
    fn as_pattern(&mut self, node: Node<'t>, scope: Scope<'t>) {
        let value = node.named_child(0).and_then(|value| self.dotted(value));
        let target = node.child_by_field_name("alias").and_then(|alias| self.dotted(alias.named_child(0)?));
        if let Some((target, value)) = target.zip(value) {
            self.bind(target, value, scope);
        }
    }

    fn bind(&mut self, left: Vec<String>, value: Vec<String>, scope: Scope<'t>) {
        let function = scope.function.and_then(|index| self.module.functions.get_mut(index));
        let (values, name) = match (left.as_slice(), function) {
            ([own, attribute], Some(function)) if own == "self" => {
                let class = function.class.as_ref().and_then(|class| self.module.classes.get_mut(class));
                let Some(class) = class else { return };
                (&mut class.attributes, attribute)
            }
            ([name], Some(function)) => (&mut function.values, name),
            ([name], None) => match scope.class.and_then(|class| self.module.classes.get_mut(class)) {
                Some(class) => (&mut class.attributes, name),
                None => (&mut self.module.values, name),
            },
            _ => return,
        };
        if *name != value.join(".") {
            values.insert(name.clone(), value);
        }
    }

    fn import(&mut self, node: Node<'t>, from: &str) {
        for child in node.children_by_field_name("name", &mut node.walk()) {
            let (name, alias) = match child.kind() {
                "aliased_import" => (self.field(child, "name").unwrap_or_default(), self.field(child, "alias")),
                _ => (self.words(child), None),
            };
            let whole = if from.is_empty() { name.to_owned() } else { format!("{from}.{name}") };
            match alias {
                Some(alias) => self.module.imports.insert(alias.to_owned(), whole),
                None if from.is_empty() => {
                    // `import a.b` binds `a`.
                    let first = name.split('.').next().unwrap_or_default().to_owned();
                    self.module.imports.insert(first.clone(), first)
                }
                None => self.module.imports.insert(name.to_owned(), whole),
            };
        }
    }

    /// The whole name of a module that is named from here: `..prices`.
    fn absolute(&self, from: &str) -> String {
        let name = from.trim_start_matches('.');
        let up = from.len() - name.len();
        if up == 0 {
            return name.to_owned();
        }
        let bare = self.module.path.strip_suffix(ENDING).unwrap_or_default();
        let is_package = bare.ends_with("/__init__");
        let mut package: Vec<&str> = self.module.name.split('.').collect();
        package.truncate(package.len().saturating_sub(if is_package { up - 1 } else { up }));
        package.extend((!name.is_empty()).then_some(name));
        package.join(".")
    }

    /// A name with dots; what a call makes goes by the name of the call.
    fn dotted(&self, node: Node<'_>) -> Option<Vec<String>> {
        let mut rest = Vec::new();
        let mut node = node;
        loop {
            match node.kind() {
                "identifier" => {
                    rest.push(self.words(node).to_owned());
                    rest.reverse();
                    return Some(rest);
                }
                "attribute" => {
                    rest.push(self.field(node, "attribute")?.to_owned());
                    node = node.child_by_field_name("object")?;
                }
                "call" => node = node.child_by_field_name("function")?,
                "parenthesized_expression" => node = node.named_child(0)?,
                _ => return None,
            }
        }
    }
}

fn children<'t>(node: Node<'t>, scope: Scope<'t>, open: &mut Open<'t>) {
    let from = open.len();
    open.extend(node.named_children(&mut node.walk()).map(|child| (child, scope)));
    if let Some(new) = open.get_mut(from..) {
        new.reverse();
    }
}

fn line(node: Node<'_>) -> u32 {
    u32::try_from(node.start_position().row + 1).unwrap_or(u32::MAX)
}
