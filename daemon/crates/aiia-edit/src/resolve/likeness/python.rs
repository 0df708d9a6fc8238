//! Functions of Python that share a name on purpose: what gets and what sets a property, overloads, and those that are registered.

use super::{Likeness, Side, alike};
use crate::resolve::likeness::parameters::Parameters;

#[derive(PartialEq, Eq)]
enum Role<'t> {
    Plain,
    Property,
    /// `@size.setter` and the like.
    Accessor(Vec<&'t str>),
    /// `@overload`: one of the forms of what is written out below.
    Overload,
    /// `@f.register` and functions called `_`.
    Registered(Vec<&'t str>),
}

pub(super) fn likeness((given, own): (Side, Side)) -> Likeness {
    let parameters = |side: Side| Parameters::of(side.behind_name(), "python");
    let are_taken_alike = || parameters(given) == parameters(own);
    match (role(given), role(own)) {
        (Role::Overload, Role::Overload) => {
            if are_taken_alike() {
                Likeness::Same
            } else {
                Likeness::Unsure
            }
        }
        (Role::Registered(of_given), Role::Registered(of_own)) => alike(of_given == of_own && are_taken_alike()),
        (Role::Accessor(of_given), Role::Accessor(of_own)) => alike(of_given == of_own),
        (Role::Overload | Role::Registered(_) | Role::Accessor(_), _) | (_, Role::Overload | Role::Registered(_)) => {
            Likeness::Another
        }
        (Role::Property, Role::Accessor(_)) => Likeness::Another,
        // The decorators may have been left out.
        (Role::Plain, Role::Accessor(_)) => alike(!has_decorators(given) && are_taken_alike()),
        (Role::Plain, Role::Property) if !are_taken_alike() => Likeness::Unsure,
        _ => Likeness::Same,
    }
}

fn decorators(side: Side<'_>) -> impl Iterator<Item = &str> {
    side.above().lines().map(str::trim).filter_map(|line| line.strip_prefix('@'))
}

fn has_decorators(side: Side) -> bool {
    decorators(side).next().is_some()
}

fn role(side: Side<'_>) -> Role<'_> {
    let name = &side.symbol.name;
    let of_property = |line: &&str| line.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('.'));
    let last_name = |line: &str| {
        let called = line.split('(').next().unwrap_or_default();
        called.rsplit('.').next().unwrap_or_default().trim().to_owned()
    };
    let accessors: Vec<&str> = decorators(side).filter(of_property).collect();
    let is_registered = |line: &&str| last_name(line) == "register";
    if !accessors.is_empty() && name != "_" {
        Role::Accessor(accessors)
    } else if decorators(side).any(|line| last_name(line) == "overload") {
        Role::Overload
    } else if name == "_" || decorators(side).any(|line| is_registered(&line)) {
        Role::Registered(decorators(side).filter(is_registered).collect())
    } else if decorators(side).any(|line| matches!(last_name(line).as_str(), "property" | "cached_property")) {
        Role::Property
    } else {
        Role::Plain
    }
}
