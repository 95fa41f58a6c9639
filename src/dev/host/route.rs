//! Route templates of `function.json`, and which of them a path belongs to.

use std::cmp::Ordering;

/// One segment of a route template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// Compared without regard to case.
    Literal(String),
    /// `{name}`: one segment that is not empty.
    Parameter,
    /// `{name?}`, at the end: the same, or nothing.
    Optional,
    /// `{*name}`: all that is left, also nothing.
    CatchAll,
}

impl Segment {
    /// The lower one is tried first.
    fn precedence(&self) -> u8 {
        match self {
            Self::Literal(_) => 1,
            Self::Parameter | Self::Optional => 3,
            Self::CatchAll => 5,
        }
    }
}

/// A route template such as `tenants/{tenant}/invites/{*path}`, with the host's prefix.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    template: String,
    segments: Vec<Segment>,
}

impl Route {
    /// Reads a template. Constraints and mixed segments are not used here: they are refused.
    pub(crate) fn parse(prefix: &str, template: &str) -> Result<Self, String> {
        let whole = if prefix.is_empty() { template.to_owned() } else { format!("{prefix}/{template}") };
        let mut segments = Vec::new();
        for part in whole.split('/') {
            if matches!(segments.last(), Some(Segment::CatchAll | Segment::Optional)) {
                return Err(format!("something follows what may be missing in route '{template}'"));
            }
            segments.push(match part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(name) if is_name(name) => Segment::Parameter,
                Some(name) if name.strip_prefix('*').is_some_and(is_name) => Segment::CatchAll,
                Some(name) if name.strip_suffix('?').is_some_and(is_name) => Segment::Optional,
                None if !part.is_empty() && !part.contains(['{', '}']) => {
                    Segment::Literal(part.to_lowercase())
                }
                _ => return Err(format!("segment '{part}' of route '{template}' is not supported")),
            });
        }
        Ok(Self { template: format!("/{whole}"), segments })
    }

    /// The template with the prefix, for the log: it names no one.
    pub(crate) fn template(&self) -> &str {
        &self.template
    }

    /// Whether a decoded path belongs to this route. One slash at the end makes no difference.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let Some(path) = path.strip_prefix('/') else { return false };
        let mut parts = path.strip_suffix('/').unwrap_or(path).split('/');
        for segment in &self.segments {
            let fits = match segment {
                Segment::CatchAll => return true,
                Segment::Literal(literal) => parts.next().is_some_and(|part| part.to_lowercase() == *literal),
                Segment::Parameter => parts.next().is_some_and(|part| !part.is_empty()),
                Segment::Optional => parts.next().is_none_or(|part| !part.is_empty()),
            };
            if !fits {
                return false;
            }
        }
        parts.next().is_none()
    }

    /// Which of two routes is tried first: at the first difference, literals before parameters before a catch-all.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        let precedences = |route: &Self| route.segments.iter().map(Segment::precedence).collect::<Vec<_>>();
        precedences(self).cmp(&precedences(other)).then_with(|| self.template.cmp(&other.template))
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(template: &str) -> Route {
        Route::parse("api", template).unwrap()
    }

    #[test]
    fn literals_match_without_regard_to_case() {
        assert!(route("tenants/{tenant}/invites").matches("/API/Tenants/T1/INVITES"));
        assert!(!route("tenants/{tenant}/invites").matches("/api/tenants/t1/users"));
    }

    #[test]
    fn a_parameter_is_one_segment_and_never_empty() {
        assert!(!route("tenants/{tenant}").matches("/api/tenants/a/b"));
        assert!(!route("tenants/{tenant}").matches("/api/tenants//"));
        assert!(route("tenants/{tenant}").matches("/api/tenants/a/"));
    }

    #[test]
    fn a_catch_all_takes_everything_and_nothing() {
        for path in ["/api/tenants/t/invites", "/api/tenants/t/invites/", "/api/tenants/t/invites/a//b"] {
            assert!(route("tenants/{tenant}/invites/{*path}").matches(path), "{path}");
        }
    }

    #[test]
    fn an_optional_parameter_may_be_missing() {
        for (path, matches) in [
            ("/api/tenants", true),
            ("/api/tenants/", true),
            ("/api/tenants/t1", true),
            ("/api/tenants/t1/x", false),
        ] {
            assert_eq!(route("tenants/{tenant?}").matches(path), matches, "{path}");
        }
    }

    #[test]
    fn the_prefix_belongs_to_the_route() {
        assert!(!route("config").matches("/config"));
        assert!(!route("config").matches("//api/config"));
    }

    #[test]
    fn literals_go_before_parameters_and_those_before_catch_alls() {
        let mut routes = [route("{*path}"), route("tenants/{tenant}"), route("tenants/import")];
        routes.sort_by(Route::compare);
        let order: Vec<_> = routes.iter().map(Route::template).collect();
        assert_eq!(order, ["/api/tenants/import", "/api/tenants/{tenant}", "/api/{*path}"]);
    }

    #[test]
    fn templates_that_would_match_otherwise_than_written_are_refused() {
        for template in ["a/{x:int}", "a/{x?}/b", "a/b{x}", "a//b", "{*x}/b", ""] {
            assert!(Route::parse("api", template).is_err(), "{template}");
        }
    }
}
