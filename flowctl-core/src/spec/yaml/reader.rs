use std::{fmt, io};

use super::{
    check::{self, Way},
    env_file,
    node::{Map, Node, Span},
    overlay, parser,
    report::{Report, path_of},
    schema, set,
    shape::Shape,
    substitute, upstream,
};
use crate::spec::{
    Catalog, Diagnostic, NoCatalog, PipelineSpec, Role, SpecErrors, codes, document::Document,
    path::FieldPath,
};

type Variable<'a> = Box<dyn Fn(&str) -> Option<String> + 'a>;
type File<'a> = Box<dyn Fn(&str) -> io::Result<String> + 'a>;

/// Reads a pipeline from one or more YAML texts, and finds everything that is wrong with it.
///
/// Reads nothing by itself: texts, variables of the environment and the files that `env_file` names
/// come from the caller. Later texts are laid over earlier ones: maps merge, components merge by id, lists
/// are replaced, `null` removes. Work and memory are bounded whatever the text.
///
/// # Examples
///
/// ```
/// use flowctl_core::spec::Reader;
///
/// let reading = Reader::new()
///     .text("hello.yaml", "
/// apiVersion: flowctl/v1
/// kind: Pipeline
/// metadata: {name: hello}
/// spec:
///   sources: [{id: numbers, use: counter, config: {count: 3}}]
///   sinks: [{id: out, use: \"${SINK:-console}\", inputs: [numbers]}]
/// ")
///     .variables(|name| (name == "SINK").then(|| "jsonl".to_owned()))
///     .read()?;
/// assert_eq!(reading.spec.component("out").and_then(|sink| sink.uses.as_deref()), Some("jsonl"));
/// # Ok::<(), flowctl_core::SpecErrors>(())
/// ```
pub struct Reader<'a> {
    texts: Vec<(String, String)>,
    sets: Vec<String>,
    variable: Variable<'a>,
    file: File<'a>,
    catalog: &'a dyn Catalog,
}

/// A spec that can run, and what is odd about it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reading {
    /// The spec.
    pub spec: PipelineSpec,
    /// What has no effect or is not what it seems.
    pub warnings: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    /// A reader with no text, no variable, no file and no catalog.
    #[must_use]
    pub fn new() -> Self {
        Self {
            texts: Vec::new(),
            sets: Vec::new(),
            variable: Box::new(|_| None),
            file: Box::new(|_| Err(io::Error::other("files are not read here"))),
            catalog: &NoCatalog,
        }
    }

    /// Adds a text; the first is the pipeline, each further one is laid over it. `name` is what messages
    /// call it.
    #[must_use]
    pub fn text(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.texts.push((name.into(), text.into()));
        self
    }

    /// Sets one value after all texts: `spec.sinks[ID].env.NAME=value`, where the value is YAML.
    #[must_use]
    pub fn set(mut self, assignment: impl Into<String>) -> Self {
        self.sets.push(assignment.into());
        self
    }

    /// Where the values of `${NAME}` come from; default: no variable is set.
    #[must_use]
    pub fn variables(mut self, variable: impl Fn(&str) -> Option<String> + 'a) -> Self {
        self.variable = Box::new(variable);
        self
    }

    /// How the files that `env_file` names are read; default: none can be.
    #[must_use]
    pub fn files(mut self, file: impl Fn(&str) -> io::Result<String> + 'a) -> Self {
        self.file = Box::new(file);
        self
    }

    /// What is known about native components; default: nothing.
    #[must_use]
    pub fn catalog(mut self, catalog: &'a dyn Catalog) -> Self {
        self.catalog = catalog;
        self
    }

    /// Reads the texts.
    ///
    /// # Errors
    ///
    /// All that is wrong, each with its place in a text.
    pub fn read(self) -> Result<Reading, SpecErrors> {
        let mut report = Report::default();
        let Some(mut root) = self.tree(&mut report) else {
            return Err(report.fail());
        };
        for substitute::Failure {
            code,
            message,
            help,
            span,
        } in substitute::substitute(&mut root, &*self.variable)
        {
            let path = path_of(&root, span).unwrap_or_default();
            let mut problem = Diagnostic::new(code, path, message);
            problem.help = help;
            report.push(problem, span);
        }
        let Some(map) = root.map_mut() else {
            return Err(report.fail());
        };
        if upstream::is_legacy(map) {
            upstream::refuse_legacy(map, &mut report);
            return Err(report.fail());
        }
        upstream::translate(map, &mut report);
        env_files(map, &*self.file, &mut report);

        let schema = schema::schema();
        let shape = Shape::new(&schema, &schema);
        let value = check::check(&root, &shape, Way::Root, &mut report);
        let document = value
            .filter(|_| !report.undecodable)
            .map(serde_json::from_value::<Document>);
        let spec = match document {
            None => return Err(report.fail()),
            Some(Ok(document)) => PipelineSpec::from(document),
            Some(Err(_)) if report.has_errors() => return Err(report.fail()),
            Some(Err(error)) => {
                let message = format!("the pipeline cannot be read: {error}");
                let span = root.span;
                report.push(
                    Diagnostic::new(codes::BAD_VALUE, FieldPath::root(), message),
                    span,
                );
                return Err(report.fail());
            }
        };
        report.add_meaning(spec.problems(self.catalog), &root);
        report.finish().map(|warnings| Reading { spec, warnings })
    }

    /// The tree of all texts, one laid over the other; `None` when there is no use in going on.
    fn tree(&self, report: &mut Report) -> Option<Node> {
        let mut root: Option<Node> = None;
        let mut broken = self.texts.is_empty();
        if broken {
            let problem = Diagnostic::new(codes::EMPTY, FieldPath::root(), "there is no text");
            report.unplaced(problem);
        }
        for (name, text) in &self.texts {
            match one_tree(name, text, report) {
                None => broken = true,
                Some(node) => match &mut root {
                    None => root = Some(node),
                    Some(root) => overlay::lay(root, node),
                },
            }
        }
        let mut root = root.filter(|_| !broken)?;
        for assignment in &self.sets {
            let number = report.texts.add("--set", assignment);
            if let Err(why) = set::set(&mut root, assignment, number) {
                let message = format!("`--set` cannot be applied: {why}");
                let length = assignment.chars().count();
                let span = Span {
                    text: number,
                    line: 1,
                    column: 1,
                    length,
                };
                report.push(
                    Diagnostic::new(codes::SET, FieldPath::root(), message),
                    span,
                );
            }
        }
        Some(root)
    }
}

fn one_tree(name: &str, text: &str, report: &mut Report) -> Option<Node> {
    let too_large = text.len() > parser::MAX_TEXT;
    // Lines of a text that will not be read need not be kept.
    let number = report.texts.add(name, if too_large { "" } else { text });
    let parsed = match parser::parse(text, number) {
        Ok(parsed) => parsed,
        Err(stop) => {
            let (mut problem, span) = stop.into_diagnostic();
            let line = report.texts.location(span).map(|location| location.excerpt);
            if problem.code == codes::SYNTAX && line.is_some_and(|line| line.contains("${")) {
                problem.help = Some("inside of `{}` and `[]`, put `${…}` in quotes".to_owned());
            }
            report.push(problem, span);
            return None;
        }
    };
    for parser::Duplicate { key, path, span } in parsed.duplicates {
        let message = format!("the key `{}` is written twice", key.escape_debug());
        let problem = Diagnostic::new(codes::DUPLICATE_KEY, path, message);
        report.push(
            problem
                .label("the first one holds")
                .help("remove one of them"),
            span,
        );
    }
    let start = Span {
        text: number,
        line: 1,
        column: 1,
        length: 1,
    };
    match parsed.root {
        Some(root) if root.map().is_some() => Some(root),
        Some(root) if !root.is_null() => {
            let message = "a pipeline is a map that begins with `apiVersion: flowctl/v1`";
            report.push(
                Diagnostic::new(codes::WRONG_TYPE, FieldPath::root(), message),
                root.span,
            );
            None
        }
        _ => {
            let problem = Diagnostic::new(
                codes::EMPTY,
                FieldPath::root(),
                "there is nothing in the text",
            );
            report.push(problem.help("begin with `apiVersion: flowctl/v1`"), start);
            None
        }
    }
}

fn env_files(root: &mut Map, file: &dyn Fn(&str) -> io::Result<String>, report: &mut Report) {
    let Some(spec) = root.get_mut("spec").and_then(Node::map_mut) else {
        return;
    };
    for role in Role::ALL {
        let Some(list) = spec.get_mut(role.list()).and_then(Node::list_mut) else {
            continue;
        };
        for (n, component) in list.iter_mut().enumerate() {
            let Some(component) = component.map_mut() else {
                continue;
            };
            for (n_file, message, span) in env_file::resolve(component, file) {
                let path = FieldPath::component(role.list(), n).key("env_file");
                let path = n_file.map_or_else(|| path.clone(), |n| path.index(n));
                report.push(Diagnostic::new(codes::ENV_FILE, path, message), span);
            }
        }
    }
}

impl Default for Reader<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.texts.iter().map(|(name, _)| name).collect();
        f.debug_struct("Reader")
            .field("texts", &names)
            .field("sets", &self.sets)
            .finish_non_exhaustive()
    }
}

impl PipelineSpec {
    /// Reads a pipeline from one YAML text in which no variable is set; warnings are left out.
    /// [`Reader`] can do more.
    ///
    /// # Errors
    ///
    /// All that is wrong, each with its place in the text, which is called `pipeline.yaml`.
    pub fn from_yaml(text: &str) -> Result<Self, SpecErrors> {
        Reader::new()
            .text("pipeline.yaml", text)
            .read()
            .map(|reading| reading.spec)
    }

    /// The pipeline as YAML; reading it gives an equal value.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        super::writer::write(self)
    }

    /// The JSON Schema of a pipeline in YAML or JSON, for editors; draft 2020-12, generated from the types.
    #[must_use]
    pub fn json_schema() -> String {
        format!("{:#}", schema::schema())
    }
}
