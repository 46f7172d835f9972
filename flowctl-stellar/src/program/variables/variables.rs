use std::{collections::BTreeMap, ffi::OsString, fmt::Display};

use super::{Problem, Problems, Value, Variable, near::misspelt};

/// The environment of a program, as it is read variable by variable.
#[derive(Debug)]
pub(crate) struct Variables {
    set: BTreeMap<String, OsString>,
    known: Vec<Known>,
    problems: Vec<Problem>,
    without_effect: Vec<(&'static str, &'static str)>,
}

/// A variable that was read, for `--help`.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) variable: Variable,
    /// What holds where it is unset.
    pub(crate) unset: Unset,
}

/// What holds where a variable is unset.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unset {
    /// Nothing.
    Nothing,
    /// This value.
    Default(String),
}

impl Variables {
    /// These variables. Names that are not UTF-8 are nobody's and left out.
    pub(crate) fn new(set: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let set = set
            .into_iter()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self {
            set: set.collect(),
            known: Vec::new(),
            problems: Vec::new(),
            without_effect: Vec::new(),
        }
    }

    /// Reads a variable that may be unset. `None`: it is, or it is wrong, which is noted.
    pub(crate) fn optional<T: Value + PartialEq>(&mut self, variable: Variable) -> Option<T> {
        self.know(variable, Unset::Nothing);
        let texts = self.texts(variable);
        self.read(variable, texts)
    }

    /// Reads a variable that has a default. Gives that too where it is wrong, which is noted.
    pub(crate) fn or<T: Value + PartialEq + Display>(
        &mut self,
        variable: Variable,
        default: T,
    ) -> T {
        self.know(variable, Unset::Default(default.to_string()));
        let texts = self.texts(variable);
        self.read(variable, texts).unwrap_or(default)
    }

    /// Variables that other implementations of this program have and this one does not need: they may
    /// be set.
    pub(crate) fn without_effect(
        &mut self,
        names: impl IntoIterator<Item = &'static str>,
        why: &'static str,
    ) {
        self.without_effect
            .extend(names.into_iter().map(|name| (name, why)));
    }

    /// How many problems were noted so far.
    pub(crate) fn problems(&self) -> usize {
        self.problems.len()
    }

    /// Notes a problem.
    pub(crate) fn refuse(
        &mut self,
        name: impl Into<String>,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.problems.push(Problem {
            name: name.into(),
            what: what.into(),
            fix: fix.into(),
        });
    }

    /// Notes that a variable, which was read, must be set after all.
    pub(crate) fn refuse_unset(&mut self, variable: Variable) {
        if self.has_problem(variable) {
            return;
        }
        let fix = match variable.example {
            Some(example) => format!("set it to {}, for example {example}", variable.meaning),
            None => format!("set it to {}", variable.meaning),
        };
        self.refuse(variable.name(), "is not set", fix);
    }

    /// What was read, if nothing is wrong. Looks for misspelt names among what is set.
    ///
    /// # Errors
    ///
    /// Everything that is wrong.
    pub(crate) fn finish<T>(mut self, read: Option<T>) -> Result<T, Problems> {
        self.find_misspelt();
        match read {
            Some(read) if self.problems.is_empty() => Ok(read),
            _ => Err(Problems(self.problems)),
        }
    }

    /// The variables that were read so far.
    pub(crate) fn known(&self) -> &[Known] {
        &self.known
    }

    /// The variables that are set and have no effect, each with the reason.
    pub(crate) fn set_without_effect(&self) -> Vec<(&'static str, &'static str)> {
        let set = self.without_effect.iter();
        set.filter(|(name, _)| self.set.contains_key(*name))
            .copied()
            .collect()
    }

    fn know(&mut self, variable: Variable, unset: Unset) {
        self.known.push(Known { variable, unset });
    }

    fn has_problem(&self, variable: Variable) -> bool {
        let mut problems = self.problems.iter();
        problems.any(|problem| variable.names.contains(&problem.name.as_str()))
    }

    /// The texts of those of the variable's names that are set, in their order.
    fn texts(&mut self, variable: Variable) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        for name in variable.names {
            match self.set.get(*name).map(|value| value.to_str()) {
                None => {}
                Some(Some(text)) if text.trim().is_empty() => {}
                Some(Some(text)) => found.push((*name, text.trim().to_owned())),
                Some(None) => {
                    let fix = format!("set it to {}", variable.meaning);
                    self.refuse(*name, "is not UTF-8", fix);
                }
            }
        }
        found
    }

    /// The value of the first of the texts.
    fn read<T: Value + PartialEq>(
        &mut self,
        variable: Variable,
        texts: Vec<(&'static str, String)>,
    ) -> Option<T> {
        let shown = |text: &str| match variable.secret {
            true => "a value that is not shown".to_owned(),
            false => format!("`{text}`"),
        };
        let mut first: Option<(&'static str, String, T)> = None;
        for (name, text) in texts {
            match (T::read(&text), &first) {
                (Err(fix), _) => {
                    self.refuse(name, format!("is {}", shown(&text)), fix);
                    return None;
                }
                (Ok(value), None) => first = Some((name, text, value)),
                (Ok(value), Some((_, _, same))) if *same == value => {}
                (Ok(_), Some((other, value, _))) => {
                    let what = format!("is {}, but {other} is {}", shown(&text), shown(value));
                    self.refuse(name, what, "make them equal, or unset one of them");
                    return None;
                }
            }
            if !variable.agree {
                break;
            }
        }
        first.map(|(_, _, value)| value)
    }

    fn find_misspelt(&mut self) {
        let names = || {
            let known = self.known.iter();
            let known = known.flat_map(|known| known.variable.names.iter().copied());
            known.chain(self.without_effect.iter().map(|(name, _)| *name))
        };
        let unknown = self
            .set
            .keys()
            .filter(|set| names().all(|name| name != set.as_str()));
        let found: Vec<_> = unknown
            .filter_map(|set| Some((set.clone(), misspelt(set, names())?)))
            .filter(|(_, name)| !self.set.contains_key(*name))
            .collect();
        for (set, name) in found {
            let fix = format!("rename it to {name}, or unset it");
            self.refuse(set, format!("is not known; {name} is"), fix);
        }
    }
}
