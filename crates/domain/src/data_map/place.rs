//! Where a category lies.

/// A kind of container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Container {
    /// The operator's own, one for all tenants.
    Platform,
    /// A tenant's data.
    Tenant,
    /// A tenant's audit log.
    Audit,
    /// Direct uploads until they are verified.
    Staging,
}

/// Names in one kind of container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    container: Container,
    pattern: &'static str,
}

impl Place {
    /// The names that match a pattern: between slashes, `*` stands for any one part, `name*` for one that begins so, and `**` at
    /// the end for one part or more.
    #[must_use]
    pub const fn new(container: Container, pattern: &'static str) -> Self {
        Self { container, pattern }
    }

    /// The kind of container.
    #[must_use]
    pub const fn container(self) -> Container {
        self.container
    }

    /// The pattern.
    #[must_use]
    pub const fn pattern(self) -> &'static str {
        self.pattern
    }

    /// Whether a name in a container is one of these.
    #[must_use]
    pub fn holds(self, container: Container, path: &str) -> bool {
        if container != self.container {
            return false;
        }
        let mut parts = path.split('/');
        for pattern in self.pattern.split('/') {
            let Some(part) = parts.next().filter(|part| !part.is_empty()) else { return false };
            let fits = match pattern {
                "**" => return true,
                _ => pattern.strip_suffix('*').map_or(part == pattern, |start| part.starts_with(start)),
            };
            if !fits {
                return false;
            }
        }
        parts.next().is_none()
    }

    /// How exact the pattern is: of two that hold a name, the greater one counts.
    pub(super) fn exactness(self) -> usize {
        self.pattern.bytes().filter(|byte| *byte != b'*').count()
    }

    /// Whether all of it belongs to one person.
    #[cfg(test)]
    pub(super) fn is_a_persons_own(self) -> bool {
        self.container == Container::Tenant && self.pattern.starts_with("subjects/")
    }
}
