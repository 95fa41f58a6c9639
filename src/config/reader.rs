//! Reads variables one by one, and collects what is wrong with them.

use std::fmt;

use crate::environment::Environment;

/// What is wrong with one variable.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    name: &'static str,
    rule: String,
}

/// Everything that is wrong, a line each.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problems(Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The configuration cannot be used:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {} {}", problem.name, problem.rule))
    }
}

/// Reads variables and collects what is wrong with them.
pub(crate) struct Reader<'a> {
    environment: &'a Environment,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(environment: &'a Environment) -> Self {
        Self { environment, problems: Vec::new() }
    }

    /// Notes what is wrong with a variable, once.
    pub(crate) fn refuse(&mut self, name: &'static str, rule: impl Into<String>) {
        let problem = Problem { name, rule: rule.into() };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// A variable that may be missing.
    pub(crate) fn optional(&self, name: &'static str) -> Option<&'a str> {
        self.environment.get(name)
    }

    /// The parts of a variable that is separated by commas.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        self.environment.list(name)
    }

    /// An error where anything is wrong.
    pub(super) fn whole(self) -> Result<(), Problems> {
        if self.problems.is_empty() { Ok(()) } else { Err(Problems(self.problems)) }
    }

    /// What is wrong.
    pub(crate) fn into_problems(self) -> Problems {
        Problems(self.problems)
    }

    /// A variable that must be there.
    pub(crate) fn required(&mut self, name: &'static str) -> Option<&'a str> {
        let value = self.optional(name);
        if value.is_none() {
            self.refuse(name, "is missing");
        }
        value
    }

    /// A variable that must be there and have a form; the error says the rule.
    pub(crate) fn parsed<T, E: fmt::Display>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.required(name)?;
        match parse(value) {
            Ok(parsed) => Some(parsed),
            Err(rule) => {
                self.refuse(name, rule.to_string());
                None
            }
        }
    }
}

/// Reads a part of the configuration by itself.
#[cfg(any(feature = "dev", test))]
pub(crate) fn read<T>(
    environment: &Environment,
    read: impl FnOnce(&mut Reader<'_>) -> Option<T>,
) -> Result<T, Problems> {
    let mut reader = Reader::new(environment);
    match read(&mut reader) {
        Some(part) => reader.whole().map(|()| part),
        None => Err(reader.into_problems()),
    }
}
