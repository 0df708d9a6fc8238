//! Whole files: what is read of them, and what is refused.

use std::io::{Cursor, Write};

use aiia_protocol::archive::{ChatFile, FiledAttachment, FiledMessage};
use aiia_protocol::attachment::{Attachment, AttachmentKind};
use aiia_protocol::message::{Rating, Role};
use aiia_protocol::transfer::ImportSource;
use rstest::rstest;
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

fn read(bytes: Vec<u8>) -> Result<(ImportSource, Vec<Item>), String> {
    let mut source = Source::examine(Cursor::new(bytes)).map_err(|refused| refused.to_string())?;
    let mut items = Vec::new();
    source
        .read(&mut |item| {
            items.push(item);
            true
        })
        .map_err(|refused| refused.to_string())?;
    Ok((source.kind(), items))
}

fn read_json(value: &Value) -> (ImportSource, Vec<Item>) {
    read(value.to_string().into_bytes()).unwrap()
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn chat_of(item: &Item) -> &ChatFile {
    match item {
        Item::Chat(chat) | Item::Partly { chat, .. } => chat,
        other => panic!("{other:?}"),
    }
}

/// Role, text and place of the message before, for each message.
fn said(file: &ChatFile) -> Vec<(Role, &str, Option<usize>)> {
    let place = |filed: &FiledMessage| {
        let parent = filed.message.parent_id.as_ref()?;
        file.messages.iter().position(|other| other.message.id == *parent)
    };
    file.messages.iter().map(|filed| (filed.message.role, filed.message.content.as_str(), place(filed))).collect()
}

fn node(id: &str, parent: Option<&str>, children: &[&str], role: &str, parts: Value) -> (String, Value) {
    let message = json!({"id": id, "author": {"role": role}, "create_time": 1_700_000_000.0,
        "content": {"content_type": "text", "parts": parts}, "metadata": {"model_slug": "gpt-4o"}});
    (id.to_owned(), json!({"id": id, "parent": parent, "children": children, "message": message}))
}

fn chatgpt() -> Value {
    let root = json!({"id": "root", "parent": null, "children": ["sys"], "message": null});
    let mut hidden = node("sys", Some("root"), &["q"], "system", json!([""])).1;
    hidden["message"]["metadata"]["is_visually_hidden_from_conversation"] = json!(true);
    let mut mapping = serde_json::Map::from_iter([("root".to_owned(), root), ("sys".to_owned(), hidden)]);
    mapping.extend([
        node("a2", Some("q"), &[], "assistant", json!(["Second"])),
        node("q", Some("sys"), &["a1", "a2"], "user", json!(["Why?", {"content_type": "image_asset_pointer"}])),
        node("a1", Some("q"), &[], "assistant", json!(["First"])),
    ]);
    json!([{"title": "T", "conversation_id": "c", "create_time": 1_700_000_000.0, "mapping": mapping, "current_node": "a1"}])
}

#[test]
fn chatgpt_is_a_tree_without_hidden_nodes() {
    let (kind, items) = read_json(&chatgpt());
    assert_eq!(kind, ImportSource::ChatGpt);
    let Item::Partly { chat, detail } = &items[0] else { panic!("{items:?}") };
    assert_eq!(detail, "Not taken over: 1 × image.");
    let expected = [
        (Role::User, "Why?\n\n*[image]*", None),
        (Role::Assistant, "First", Some(0)),
        (Role::Assistant, "Second", Some(0)),
    ];
    assert_eq!(said(chat), expected);
    assert_eq!(chat.chat.head_id.as_ref(), Some(&chat.messages[1].message.id));
    assert_eq!(chat.messages[1].message.model.as_deref(), Some("openai/gpt-4o"));
    assert_eq!(chat.chat.created_at, "2023-11-14T22:13:20.000Z");
    assert_eq!(read_json(&chatgpt()).1, items, "the same file gives the same identifiers");
}

#[test]
fn claude_is_a_list_or_a_tree() {
    let message = |id: &str, sender: &str, text: &str| json!({"uuid": id, "sender": sender, "created_at": "2025-01-01T00:00:00.5Z", "content": [{"type": "text", "text": text}]});
    let mut messages = vec![message("1", "human", "Hi"), message("2", "assistant", "Hello")];
    messages[0]["attachments"] = json!([{"file_name": "a.md", "extracted_content": "```\nx\n```"}]);
    let chat = |messages: &[Value]| json!([{"uuid": "c", "name": "N", "chat_messages": messages}]);
    let (kind, items) = read_json(&chat(&messages));
    assert_eq!(kind, ImportSource::Claude);
    let expected = [(Role::User, "Hi\n\na.md:\n\n````\n```\nx\n```\n````", None), (Role::Assistant, "Hello", Some(0))];
    assert_eq!(said(chat_of(&items[0])), expected);

    messages.push(message("3", "assistant", "Again"));
    for (message, parent) in messages.iter_mut().zip(["00000000-0000-4000-8000-000000000000", "1", "1"]) {
        message["parent_message_uuid"] = json!(parent);
    }
    let items = read_json(&chat(&messages)).1;
    assert_eq!(said(chat_of(&items[0]))[2], (Role::Assistant, "Again", Some(0)));
}

#[test]
fn open_webui_has_ratings_and_tags() {
    let messages = json!({
        "1": {"id": "1", "parentId": null, "role": "user", "content": "Hi", "timestamp": 1_700_000_000},
        "2": {"id": "2", "parentId": "1", "role": "assistant", "content": "Hello", "model": "llama3:8b",
              "annotation": {"rating": -1, "comment": "too short"}},
    });
    let chat = json!({"history": {"messages": messages, "currentId": "2"}, "params": {"system": "Be brief."}});
    let (kind, items) = read_json(
        &json!([{"id": "c", "title": "T", "chat": chat, "pinned": true, "meta": {"tags": ["rust", "a\nb"]}}]),
    );
    assert_eq!(kind, ImportSource::OpenWebUi);
    let file = chat_of(&items[0]);
    assert_eq!((file.chat.tags.join(","), file.chat.pinned), ("rust,ab".to_owned(), true));
    assert_eq!(file.chat.system_prompt.as_deref(), Some("Be brief."));
    let answer = &file.messages[1].message;
    assert_eq!((answer.rating, answer.note.as_deref()), (Some(Rating::Down), Some("too short")));
    assert_eq!(answer.model.as_deref(), Some("open-webui/llama3:8b"));
}

#[test]
fn one_bad_chat_is_told_and_takes_no_other_with_it() {
    let mut export = chatgpt();
    let good = export[0].clone();
    let bad = |change: &dyn Fn(&mut Value)| {
        let mut chat = good.clone();
        change(&mut chat);
        chat
    };
    export.as_array_mut().unwrap().extend([
        bad(&|chat| chat["mapping"]["root"]["parent"] = json!("a1")),
        bad(&|chat| chat["mapping"] = json!([])),
        bad(&|chat| chat["mapping"] = json!({})),
        bad(&|chat| chat["conversation_id"] = json!(null)),
        json!("text"),
        bad(&|chat| chat["mapping"]["q"]["parent"] = json!("missing")),
    ]);
    let items = read_json(&export).1;
    let told: Vec<&str> = items
        .iter()
        .map(|item| match item {
            Item::Broken { detail, .. } | Item::Partly { detail, .. } => detail.as_str(),
            _ => "",
        })
        .collect();
    assert_eq!(
        told,
        [
            "Not taken over: 1 × image.",
            "Its messages follow each other in a circle.",
            "It has no `mapping` of messages.",
            "It has no message that can be shown.",
            "It has no identifier, by which a second import would know it again.",
            "It has no `mapping` of messages.",
            "Not taken over: 1 × image. 1 of its messages answer one that is missing, and begin a branch now.",
        ]
    );
}

#[rstest]
#[case::empty(b"".to_vec(), "damaged or cut off")]
#[case::no_json(b"hello".to_vec(), "damaged or cut off")]
#[case::nothing(b"[]".to_vec(), "has no chats")]
#[case::unknown(b"[{\"a\":1}]".to_vec(), "no export")]
#[case::number(b"7".to_vec(), "damaged")]
#[case::templates(b"{\"format\":\"aiia-templates\",\"templates\":[]}".to_vec(), "templates import")]
#[case::deep(b"[".repeat(100_000), "damaged")]
#[case::cut(chatgpt().to_string().into_bytes()[..200].to_vec(), "cut off")]
#[case::rest([chatgpt().to_string().as_bytes(), b"x"].concat(), "damaged")]
#[case::no_zip(b"PK\x03\x04 not really".to_vec(), "damaged or cut off")]
#[case::empty_zip(zipped(&[]), "neither")]
#[case::other_zip(zipped(&[("a.txt", b"x")]), "neither")]
#[case::climbs(zipped(&[("../conversations.json", b"[]")]), "leads elsewhere")]
#[case::absolute(zipped(&[("/conversations.json", b"[]")]), "leads elsewhere")]
#[case::other_manifest(zipped(&[("manifest.json", b"{\"manifest_version\":3}")]), "manifest.json")]
#[case::newer(zipped(&[("manifest.json", br#"{"format":"aiia-archive","version":9,"created_at":"","projects":0,"chats":0,"messages":0,"templates":0}"#)]), "version 9")]
#[case::not_whole(zipped(&[("manifest.json", br#"{"format":"aiia-archive","version":1,"created_at":"","projects":0,"chats":2,"messages":0,"templates":0}"#)]), "not whole")]
fn what_is_no_whole_export_is_refused(#[case] bytes: Vec<u8>, #[case] expected: &str) {
    let refused = read(bytes).unwrap_err();
    assert!(refused.contains(expected), "{refused}");
}

#[test]
fn a_zip_that_is_cut_off_or_damaged_anywhere_is_refused() {
    let export = chatgpt().to_string().into_bytes();
    let whole = zipped(&[("folder/conversations.json", &export)]);
    assert_eq!(read(whole.clone()).unwrap().1.len(), 1);
    for end in (4..whole.len()).step_by(7) {
        assert!(read(whole[..end].to_vec()).is_err(), "cut at {end}");
    }
    let mut damaged = whole;
    damaged[100] ^= 0xff;
    assert!(read(damaged).is_err());
}

#[test]
fn a_link_is_refused() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink("conversations.json", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let refused = read(zip.finish().unwrap().into_inner()).unwrap_err();
    assert!(refused.contains("leads elsewhere"), "{refused}");
}

/// A chat as our own export has it.
fn own() -> ChatFile {
    let items = read_json(&chatgpt()).1;
    let mut file = chat_of(&items[0]).clone();
    file.chat.title = "<script>alert(1)</script> & \"x\"".to_owned();
    file.messages[0].message.content =
        "![x](https://evil.example/?d=1) <img src=x onerror=alert(1)>\n\n```rust\nfn".to_owned();
    file.messages[1].message.note = Some("<b>note</b>".to_owned());
    file
}

#[test]
fn an_archive_comes_back_as_it_was() {
    let file = own();
    let project = file.project.clone().unwrap();
    let mut archive =
        ArchiveWriter::new(Cursor::new(Vec::new()), "2025-01-01T00:00:00Z".to_owned(), std::slice::from_ref(&project))
            .unwrap();
    for _ in 0..3 {
        archive.chat(&file).unwrap();
    }
    let (bytes, manifest) = archive.finish(&[], &[]).unwrap();
    assert_eq!((manifest.chats, manifest.messages), (3, 9));
    let (kind, items) = read(bytes.into_inner()).unwrap();
    assert_eq!((kind, items.len(), &items[0]), (ImportSource::Aiia, 4, &Item::Project(project)));
    assert_eq!(chat_of(&items[3]), &file);
    let alone = read(serde_json::to_vec_pretty(&file).unwrap()).unwrap();
    assert_eq!((alone.0, chat_of(&alone.1[0])), (ImportSource::Aiia, &file));
}

fn attachment(id: &str, data: &[u8]) -> FiledAttachment {
    let attachment = Attachment {
        id: id.into(),
        name: format!("{id}.txt"),
        kind: AttachmentKind::Text,
        media_type: "text/plain; charset=utf-8".to_owned(),
        bytes: data.len() as u64,
        sha256: "aa".to_owned(),
    };
    FiledAttachment { attachment, data: data.to_vec() }
}

fn entries(zip: &[u8]) -> Vec<String> {
    let zip = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    zip.file_names().map(|name| name.unwrap().into_owned()).collect()
}

#[test]
fn what_goes_with_chats_stands_beside_them_and_is_read_before_them() {
    let large = vec![b'x'; 5 << 20];
    let attached = ["one", "two", "three"].map(|id| attachment(id, &large));
    let mut file = own();
    let mut archive = ArchiveWriter::new(Cursor::new(Vec::new()), "2025-01-01T00:00:00Z".to_owned(), &[]).unwrap();
    for filed in &attached {
        archive.attachment(filed).unwrap();
        file.attachments = vec![FiledAttachment { data: Vec::new(), ..filed.clone() }];
        archive.chat(&file).unwrap();
    }
    let (bytes, manifest) = archive.finish(&[], &[]).unwrap();
    let bytes = bytes.into_inner();
    assert_eq!((manifest.version, manifest.chats, manifest.attachments), (2, 3, 3));
    let names = entries(&bytes);
    assert_eq!(names.iter().filter(|name| name.starts_with("attachments/")).count(), 3, "{names:?}");
    assert_eq!(names.iter().filter(|name| name.starts_with("chats/")).count(), 1, "{names:?}");
    let items = read(bytes).unwrap().1;
    let first: Vec<&Item> = items.iter().take(3).collect();
    assert_eq!(first, attached.map(Item::Attachment).iter().collect::<Vec<_>>());
    assert_eq!((items.len(), chat_of(&items[5])), (6, &file));
}

#[rstest]
#[case::attachments_in_the_chats(1, "", None)]
#[case::none_named(2, "", None)]
#[case::one_that_is_not_there(2, ", \"attachments\": 1", Some("has 1 attachments, but has 0"))]
#[case::newer(3, "", Some("this aiia reads 2"))]
fn archives_of_other_versions(#[case] version: u32, #[case] more: &str, #[case] refused: Option<&str>) {
    let mut file = own();
    file.attachments = vec![attachment("one", b"hello")];
    let manifest = format!(
        r#"{{"format": "aiia-archive", "version": {version}, "created_at": "2025-01-01T00:00:00Z", "projects": 0,
             "chats": 1, "messages": 3, "templates": 0{more}}}"#
    );
    let chat = serde_json::to_vec(&file).unwrap();
    let outcome = read(zipped(&[("chats/000001.jsonl", &chat), ("manifest.json", manifest.as_bytes())]));
    match refused {
        None => assert_eq!(chat_of(&outcome.unwrap().1[0]), &file),
        Some(detail) => assert!(outcome.as_ref().unwrap_err().contains(detail), "{outcome:?}"),
    }
}

#[test]
fn a_page_shows_the_path_and_runs_nothing() {
    let page = html(&own());
    for gone in ["<script", "<img", "<b>", "http://", "onerror=alert(1)>"] {
        assert!(!page.contains(gone), "{gone}: {page}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot;"));
    assert!(page.contains("First") && !page.contains("Second"), "the branch that is not shown");
    assert!(page.contains("one other version is not shown") && page.contains("default-src 'none'"));
}

#[test]
fn markdown_closes_what_a_message_left_open() {
    let text = markdown(&own());
    assert!(
        text.contains(
            "fn\n```\n\n## openai/gpt-4o\n\n*2023-11-14 22:13 · one other version is not shown*\n\nFirst\n\n> Note: "
        ),
        "{text}"
    );
    assert!(!text.contains("Second"));
}

#[rstest]
#[case("Why is this slow?", "Why is this slow.md")]
#[case("../../etc/passwd", "etc passwd.md")]
#[case("a\r\nSet-Cookie: x\"", "a Set-Cookie x.md")]
#[case("…", "chat.md")]
#[case("日本 語", "日本 語.md")]
fn names_of_files(#[case] title: &str, #[case] expected: &str) {
    assert_eq!(file_name(title, "md"), expected);
}

#[test]
fn a_name_is_not_long() {
    assert!(file_name(&"x".repeat(10_000), "md").len() < 100);
}

/// A chat with one answer.
fn answered(content: &str) -> ChatFile {
    let (_, items) = read_json(&chatgpt());
    let mut file = chat_of(&items[0]).clone();
    file.chat.title = "Größe → 東京".to_owned();
    for filed in &mut file.messages {
        if filed.message.content == "First" {
            filed.message.content = content.to_owned();
        }
    }
    file
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn a_pdf_has_the_path_that_is_shown_with_code_in_its_own_font() {
    let file = answered("# Heading\n\nSome **bold** words (and brackets).\n\n```rust\nfn main() {\n    \\o\n}\n```\n");
    let Pdf { bytes, missing } = pdf(&file);
    assert!(bytes.starts_with(b"%PDF-") && bytes.trim_ascii_end().ends_with(b"%%EOF"));
    assert_eq!(missing, 2, "of the title, two characters have no glyph; the arrow is written");
    for part in ["/Courier", "/C 9 Tf\n(fn main() {) Tj", "(bold", "(1 / 1) Tj"] {
        assert!(holds(&bytes, part), "{part}: {}", String::from_utf8_lossy(&bytes));
    }
    assert!(!holds(&bytes, "Second"), "another branch is not shown");
}

#[test]
fn a_pdf_of_anything_has_pages_and_no_fault() {
    let odd: String = (0..0x3000_u32).filter_map(char::from_u32).collect();
    let hostile = [
        (String::new(), 1),
        ("word ".repeat(20_000), 4),
        ("x".repeat(20_000), 4),
        (format!("```\n{}\n```", "\t東京 ".repeat(3000)), 3),
        (format!("{}deep", "> - ".repeat(300)), 1),
        (odd, 1),
        ("🙂👩‍👩‍👧\u{202e}evil\0".repeat(100), 1),
    ];
    for (content, least) in hostile {
        let Pdf { bytes, .. } = pdf(&answered(&content));
        let pages = bytes.windows(11).filter(|window| *window == b"/Type /Page").count() - 1;
        assert!(pages >= least, "{pages} pages of {} bytes", content.len());
    }
}
