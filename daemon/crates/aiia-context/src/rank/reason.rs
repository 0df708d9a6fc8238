//! Why a definition is in the bundle, in a sentence for the user.

use super::features::{Feature, Features};
use crate::Nearness;

/// The strongest of what speaks for a definition. `owner` is the type it is a member of, `target` the name of the target.
pub(crate) fn reason(features: &Features, name: &str, owner: Option<&str>, target: Option<&str>) -> String {
    let has = |feature: Feature| features[feature as usize] > 0.0;
    let strong = |feature: Feature| features[feature as usize] > 0.5;
    let member = |what: &str| owner.map_or_else(|| what.to_owned(), |owner| format!("a member of `{owner}`, {what}"));
    if has(Feature::InBody) {
        format!("the target uses `{name}`")
    } else if has(Feature::InSignature) {
        format!("the signature names `{name}`")
    } else if has(Feature::OfSignature) {
        member("which the signature names")
    } else if has(Feature::OfSelf) {
        member("which the target is part of")
    } else if has(Feature::OfBase) {
        member("which the target's type is made from")
    } else if strong(Feature::Imported) {
        format!("this file imports `{name}`")
    } else if has(Feature::ModuleQualified) || has(Feature::Qualified) {
        format!("this file uses `{name}`")
    } else if has(Feature::InNamesake) {
        target.map_or_else(
            || "like functions use it".to_owned(),
            |target| format!("other functions named `{target}` use it"),
        )
    } else if has(Feature::InCaller) {
        "used where the target is called".to_owned()
    } else if has(Feature::InSibling) || has(Feature::InLikeFunction) {
        "functions like the target use it".to_owned()
    } else if strong(Feature::OfImported) {
        member("which this file imports")
    } else if has(Feature::OfMentioned) {
        member("which this file mentions")
    } else if has(Feature::Mentioned) {
        format!("this file mentions `{name}`")
    } else if has(Feature::ModuleImported) {
        "its module is imported".to_owned()
    } else if has(Feature::InLikeFiles) {
        "files like this one use it".to_owned()
    } else {
        "close to what the target uses".to_owned()
    }
}

/// Why its file has to do with the target, to be put behind the reason of a definition.
pub(crate) fn nearness(why: Nearness) -> String {
    match why {
        Nearness::Open => "; its file is open".to_owned(),
        Nearness::Edited => "; its file was edited lately".to_owned(),
        Nearness::ChangesTogether { together, of } => {
            format!("; its file changed with this one in {together} of {of} commits")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::features::COUNT;
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(&[Feature::InBody, Feature::OfSelf], "the target uses `get`")]
    #[case(&[Feature::OfSignature], "a member of `Map`, which the signature names")]
    #[case(&[Feature::InNamesake], "other functions named `run` use it")]
    #[case(&[], "close to what the target uses")]
    fn says_the_strongest(#[case] features: &[Feature], #[case] expected: &str) {
        let mut values = [0.0; COUNT];
        for feature in features {
            values[*feature as usize] = 1.0;
        }
        assert_eq!(reason(&values, "get", Some("Map"), Some("run")), expected);
    }
}
