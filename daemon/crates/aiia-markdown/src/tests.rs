//! What comes out, and what never does.

use super::render;

fn html(text: &str) -> String {
    render(text).into_iter().map(|block| block.html).collect()
}

fn check(text: &str, expected: &str) {
    assert_eq!(html(text).trim_end(), expected, "{text}");
}

#[test]
fn markdown_is_rendered() {
    check("a *b* **c** ~~d~~ `e`", "<p>a <em>b</em> <strong>c</strong> <del>d</del> <code>e</code></p>");
    check("# T", "<h1>T</h1>");
    check("3. a\n4. b", "<ol start=\"3\">\n<li>a</li>\n<li>b</li>\n</ol>");
    check("- [x] a", "<ul>\n<li><input disabled=\"\" type=\"checkbox\" checked=\"\">\na</li>\n</ul>");
    check("|a|\n|-|\n|b|", "<table><thead><tr><th>a</th></tr></thead><tbody>\n<tr><td>b</td></tr>\n</tbody></table>");
    check("a\n***\nb", "<p>a</p>\n<hr>\n<p>b</p>");
}

#[test]
fn code_is_highlighted_where_the_language_is_known() {
    check("```rs\nfn\n```", "<pre data-language=\"rust\"><code><span class=\"hl-keyword\">fn</span>\n</code></pre>");
    check("```\na<b\n```", "<pre data-language=\"\"><code>a&lt;b\n</code></pre>");
    check("```nonsense\nfn\n```", "<pre data-language=\"nonsense\"><code>fn\n</code></pre>");
    check("```\"><x\nfn\n```", "<pre data-language=\"\"><code>fn\n</code></pre>");
    check("    a", "<pre data-language=\"\"><code>a</code></pre>");
    // Half a block, as it is while it is being written.
    assert!(html("```python\ndef f").contains("hl-keyword"));
}

#[test]
fn links_lead_to_the_web_or_nowhere() {
    check(
        "[a](https://x.example/?q=1&r)",
        "<p><a href=\"https://x.example/?q=1&amp;r\" title=\"https://x.example/?q=1&amp;r\" rel=\"noopener noreferrer nofollow\">a</a></p>",
    );
    check("[a](javascript:alert(1))", "<p>a (javascript:alert(1))</p>");
    check("[a](command:x) [b](file:///etc/passwd)", "<p>a (command:x) b (file:///etc/passwd)</p>");
    check(
        "![a](https://x.example/p.png)",
        "<p><a href=\"https://x.example/p.png\" title=\"https://x.example/p.png\" rel=\"noopener noreferrer nofollow\">image: a</a></p>",
    );
    check("![a](data:image/png;base64,AA)", "<p>image: a (data:image/png;base64,AA)</p>");
}

#[test]
fn characters_that_nobody_sees_are_seen() {
    assert!(html("a\u{202e}b").contains("<span class=\"hidden-character\" title=\"U+202E\">\u{202e}</span>"));
    assert!(html("`a\u{200b}b`").contains("U+200B"));
    assert!(html("```\n\u{e0041}\n```").contains("U+E0041"));
    assert!(html("\u{1b}]0;x\u{7}").contains("title=\"U+001B\""));
    check("👩\u{200d}💻", "<p>👩\u{200d}💻</p>");
}

#[test]
fn nothing_hostile_comes_through() {
    let hostile = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<svg><set attributeName=href to=javascript:alert(1)></svg>",
        "<math><annotation-xml encoding='text/html'><img src=x></annotation-xml></math>",
        "<a href='javascript:alert(1)'>x</a>",
        "<style>@import 'https://evil.example'</style>",
        "<link rel=dns-prefetch href=//evil.example>",
        "<base href=//evil.example>",
        "<form action=//evil.example><button>x</form>",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>1</script>)",
        "[x](https://a.example\" onclick=alert(1) x=\")",
        "![x](//evil.example/a.png)",
        "<!-- --!><img src=x>",
        "```html\n</code></pre><script>alert(1)</script>\n```",
        "`</code><script>`",
        "<https://a.example/\"><script>x>",
        "<div style='background:url(//evil.example)'>x</div>",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    ];
    for text in hostile {
        let html = html(text);
        let lower = html.to_lowercase();
        for forbidden in [
            "<script",
            "<img",
            "<iframe",
            "<svg",
            "<math",
            "<style",
            "<link",
            "<base",
            "<form",
            "<div",
            "<noscript",
            "<!--",
        ] {
            assert!(!lower.contains(forbidden), "{text}: {html}");
        }
        for tag in lower.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default()) {
            assert!(!tag.contains(" on") && !tag.contains("javascript:") && !tag.contains("style="), "{text}: {html}");
        }
    }
}

#[test]
fn text_that_is_added_changes_nothing_that_is_final() {
    let text = "# T\n\na *b*\nc\n\nb.py\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n\n```\n<<<<<<< SEARCH\nx\n=======\n>>>>>>> REPLACE\n```\n\n- x\n- y\n\n  z\n\n```rust\nfn f() {}\n\nlet a;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> q\n\n1. a\n\n2. b\n\nU\n===\nend";
    let whole = render(text);
    assert_eq!(whole.iter().filter(|block| block.is_final).count(), whole.len() - 2);
    for (end, _) in text.char_indices() {
        let part = render(&text[..end]);
        let done = part.iter().take_while(|block| block.is_final).count();
        assert!(part[done..].iter().all(|block| !block.is_final) && part.len() - done <= 2);
        let html = |blocks: &[super::Block]| blocks.iter().map(|block| block.html.clone()).collect::<Vec<_>>();
        assert_eq!(html(&part[..done]), html(&whole[..done]), "{:?}", &text[..end]);
        // What follows gives the same alone as in the whole.
        let Some(open) = part.get(done) else { continue };
        assert_eq!(html(&render(&text[open.range.start..])), html(&whole[done..]), "{:?}", &text[..end]);
    }
}

#[test]
fn deep_and_long_texts_come_to_an_end() {
    for text in [
        "> ".repeat(5000) + "x",
        "- ".repeat(5000) + "x",
        "*".repeat(50_000),
        "[".repeat(50_000),
        "`".repeat(50_000),
        "|a".repeat(20_000),
        "<<<<<<< SEARCH\n".repeat(5000),
        "a.b\n<<<<<<< SEARCH\n=======\n>>>>>>> REPLACE\n".repeat(2000),
    ] {
        let html = html(&text);
        assert!(html.len() < 40 * text.len() + 1000);
    }
}

const SAME: &str = "<span class=\"diff-same\"> ";

#[test]
fn search_replace_blocks_are_shown_as_changes() {
    let block =
        "src/a.rs\n<<<<<<< SEARCH\nfn a() {\n    one();\n}\n=======\nfn a() {\n    two();\n}\n>>>>>>> REPLACE\n";
    let change = |blocks: u32, name: &str| {
        format!(
            "{name}<pre data-language=\"diff\" data-blocks=\"{blocks}\"><code>{SAME}fn a() {{\n</span>\
             <span class=\"diff-removed\">-    <span class=\"diff-word\">one</span>();\n</span>\
             <span class=\"diff-added\">+    <span class=\"diff-word\">two</span>();\n</span>{SAME}}}\n</span></code></pre>"
        )
    };
    let named = "<p><code>src/a.rs</code></p>\n";
    check(block, &change(0, named));
    check(
        &format!("Do *this*:\n\n{block}\nDone."),
        &format!("<p>Do <em>this</em>:</p>\n{}\n<p>Done.</p>", change(0, named)),
    );
    // In a fence, with the name inside or above it.
    check(&format!("```rust\n{block}```\n"), &change(1, named));
    let bare = block.trim_start_matches("src/a.rs\n");
    check(&format!("src/a.rs\n```\n{bare}```"), &format!("<p>src/a.rs</p>\n{}", change(1, "")));
    check(
        &format!("```\n{block}\n{block}```\nEnd"),
        &format!("{}\n{}\n<p>End</p>", change(1, named), change(0, named)),
    );
    // A merge conflict in code is code.
    assert!(html("```\nif a << b {}\n```").contains("a &lt;&lt; b"));
}

#[test]
fn a_change_that_is_still_being_written_is_shown() {
    check(
        "<<<<<<< SEARCH\nold",
        &format!("<pre data-language=\"diff\" data-blocks=\"0\"><code>{SAME}old\n</span></code></pre>"),
    );
    check(
        "<<<<<<< SEARCH\nold\n=======\nne",
        "<pre data-language=\"diff\" data-blocks=\"0\"><code><span class=\"diff-removed\">-old\n</span>\
         <span class=\"diff-added\">+ne\n</span></code></pre>",
    );
    assert!(html("<<<<<<< SEARCH\n<script>\n=======\n\u{202e}\n>>>>>>> REPLACE").contains("&lt;script&gt;"));
    assert!(html("<<<<<<< SEARCH").contains("<pre"));
}
