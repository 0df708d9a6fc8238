//! The allow-list that everything passes, whatever made it.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::Builder;

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    let tags = [
        "a",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "input",
        "li",
        "ol",
        "p",
        "pre",
        "span",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ];
    let attributes: HashMap<&str, HashSet<&str>> = [
        ("a", ["href", "title"].into()),
        ("span", ["class", "title"].into()),
        ("pre", ["data-language", "data-blocks"].into()),
        ("ol", ["start"].into()),
        ("input", ["type", "checked", "disabled"].into()),
    ]
    .into();
    builder
        .tags(tags.into())
        .tag_attributes(attributes)
        .url_schemes(["http", "https"].into())
        .link_rel(Some("noopener noreferrer nofollow"))
        .strip_comments(true);
    builder
});

/// `html` without what is not on the list.
pub(crate) fn clean(html: &str) -> String {
    CLEANER.clean(html).to_string()
}
