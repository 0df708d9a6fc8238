//! Which definitions of other files the target needs: candidates, what is known of each, and how likely it is needed.
//!
//! What the target's body mentions is weighed by a logistic regression over the [`features`]. Of the rest the likeliest by another
//! one are weighed by a [`forest`], and of these the likeliest by another one, which knows what the first says of the others. All
//! are fitted to functions of public packages (`tests/bench/recall`).

mod again;
mod by_name;
mod collect;
mod features;
mod forest;
mod hinted;
mod imports;
mod linear;
mod measure;
mod nearest;
mod point;
mod reason;
mod related;
mod said;
mod score;
mod siblings;
mod tell;
mod texts;
mod weights;

pub(crate) use features::FEATURES;
pub(crate) use features::Feature;
pub(crate) use measure::is_test_path;
pub(crate) use point::new_names;
pub(crate) use reason::{nearness, reason};
pub(crate) use said::By;
pub(crate) use score::{Outcome, Ranked, Users, rank};
pub(crate) use texts::Texts;
