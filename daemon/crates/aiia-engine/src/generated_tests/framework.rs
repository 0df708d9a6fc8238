//! What a project tests with, by its test files and its manifests, in words for a model.

use std::path::Path;

use aiia_syntax::Language;

use super::home::{extension_of, folder_of, name_of};

/// The largest manifest that is read, in bytes.
const MAX_MANIFEST: u64 = 1024 * 1024;

/// A source file and where its tests go. Paths are relative to the root.
pub(super) struct Scene<'a> {
    pub(super) root: &'a Path,
    pub(super) source: &'a str,
    pub(super) text: &'a str,
    pub(super) test: &'a str,
    /// The test file as it is, or another one of the project.
    pub(super) shown: Option<&'a str>,
}

impl Scene<'_> {
    /// How tests are to be written, in a sentence or two.
    pub(super) fn style(&self, language: Language) -> String {
        match language.name() {
            "rust" => self.rust(),
            "python" => self.python(),
            "javascript" | "typescript" | "tsx" => self.javascript(),
            "go" => self.go(),
            "java" => self.java(),
            "csharp" => self.csharp(),
            "ruby" => self.ruby(),
            "php" => self.php(),
            "c" | "cpp" => self.native(),
            "swift" if self.shows("import Testing") => "Use Swift Testing (`@Test`, `#expect`).".to_owned(),
            "swift" => self.with_module("Use XCTest, with one `XCTestCase` class"),
            "lua" if self.shows("luaunit") => "Use LuaUnit.".to_owned(),
            "lua" => "Use busted (`describe`, `it`, `assert`).".to_owned(),
            "bash" => format!("Use Bats (`@test`), and run `{}`.", self.relative(true)),
            _ => String::new(),
        }
    }

    /// What a new file must begin with.
    pub(super) fn preamble(&self, language: Language) -> Option<String> {
        let line = |keyword: &str| {
            let lines = || self.text.lines().map(str::trim_end);
            lines().find(|line| line.starts_with(keyword)).map(str::to_owned)
        };
        match language.name() {
            "rust" => matches!(name_of(self.test), "tests.rs" | "test.rs").then(|| "use super::*;".to_owned()),
            "go" | "java" => line("package "),
            "php" => Some("<?php\n".to_owned()),
            "bash" => (extension_of(self.test) == "bats").then(|| "#!/usr/bin/env bats\n".to_owned()),
            _ => None,
        }
    }

    /// Whether the test file, or the one like it, has a text.
    fn shows(&self, wanted: &str) -> bool {
        self.shown.is_some_and(|shown| shown.contains(wanted))
    }

    /// The manifest of one of these names that is nearest above the source, and the folder that it is in.
    fn manifest(&self, names: &[&str]) -> Option<(String, &str)> {
        let mut folder = folder_of(self.source);
        loop {
            for name in names {
                let path = self.root.join(folder).join(name);
                let small = std::fs::metadata(&path).is_ok_and(|file| file.is_file() && file.len() <= MAX_MANIFEST);
                if let Some(text) = small.then(|| std::fs::read_to_string(&path).ok()).flatten() {
                    return Some((text, folder));
                }
            }
            if folder.is_empty() {
                return None;
            }
            folder = folder_of(folder);
        }
    }

    /// The nearest manifest whose name ends so.
    fn project_file(&self, ending: &str) -> Option<String> {
        let mut folder = folder_of(self.test);
        loop {
            let entries = std::fs::read_dir(self.root.join(folder)).into_iter().flatten().flatten();
            let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
            paths.sort();
            let found = paths.iter().find(|path| path.to_string_lossy().ends_with(ending));
            if let Some(text) = found.and_then(|path| std::fs::read_to_string(path).ok()) {
                return Some(text);
            }
            if folder.is_empty() {
                return None;
            }
            folder = folder_of(folder);
        }
    }

    /// The source as seen from the folder of the test, with or without its extension.
    fn relative(&self, with_extension: bool) -> String {
        let parts = |path: &str| -> Vec<String> {
            folder_of(path).split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        let (from, to) = (parts(self.test), parts(self.source));
        let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
        let mut way = if from.len() == common { ".".to_owned() } else { vec![".."; from.len() - common].join("/") };
        for part in &to[common..] {
            way = way + "/" + part;
        }
        let name = name_of(self.source);
        let name = if with_extension { name } else { name.rsplit_once('.').map_or(name, |(stem, _)| stem) };
        format!("{way}/{name}")
    }

    fn rust(&self) -> String {
        if self.test == self.source {
            return "Answer with one `#[cfg(test)] mod tests` that begins with `use super::*;`.".to_owned();
        }
        if self.test.split('/').rev().nth(1) == Some("tests") && !folder_of(self.test).contains("src") {
            let package = self.manifest(&["Cargo.toml"]).and_then(|(text, _)| {
                let name = text.lines().find_map(|line| line.trim().strip_prefix("name")?.trim().strip_prefix('='))?;
                Some(name.trim().trim_matches(['"', '\'']).replace('-', "_"))
            });
            let from =
                package.map_or_else(String::new, |package| format!(" and import what you need from `{package}`"));
            return format!("Use plain `#[test]` functions without a module around them{from}.");
        }
        "Use plain `#[test]` functions without a module around them, below `use super::*;`.".to_owned()
    }

    fn python(&self) -> String {
        let unittest = self.shows("unittest") && !self.shows("import pytest");
        let stem = name_of(self.source).strip_suffix(".py").unwrap_or(name_of(self.source));
        let mut module = if stem == "__init__" { Vec::new() } else { vec![stem] };
        // The folders above it that are packages.
        let mut folder = folder_of(self.source);
        while !folder.is_empty() && self.root.join(folder).join("__init__.py").exists() {
            module.insert(0, name_of(folder));
            folder = folder_of(folder);
        }
        let what = if unittest {
            "Use `unittest`, with the tests as methods of a `unittest.TestCase`,"
        } else {
            "Use plain pytest functions"
        };
        if self.test == self.source || module.is_empty() {
            return format!("{}.", what.trim_end_matches(','));
        }
        format!("{what} and import what you need with `from {} import ...`.", module.join("."))
    }

    fn javascript(&self) -> String {
        let manifest = self.manifest(&["package.json"]).map(|(text, _)| text).unwrap_or_default();
        let package: serde_json::Value = serde_json::from_str(&manifest).unwrap_or_default();
        let depends = |name: &str| {
            ["devDependencies", "dependencies", "peerDependencies"]
                .iter()
                .any(|kind| package[*kind].get(name).is_some())
        };
        let script = package["scripts"]["test"].as_str().unwrap_or_default();
        let typescript = ["ts", "tsx", "mts", "cts"].contains(&extension_of(self.source));
        let modern = typescript
            || extension_of(self.source) == "mjs"
            || package["type"] == "module"
            || self.text.lines().any(|line| line.starts_with("import ") || line.starts_with("export "));
        let chai = depends("chai") || self.shows("chai");
        let (what, bundled) = if self.shows("vitest") {
            (VITEST, true)
        } else if self.shows("node:test") {
            (NODE, false)
        } else if self.shows("bun:test") {
            (BUN, true)
        } else if depends("vitest") || script.contains("vitest") {
            (VITEST, true)
        } else if depends("jest") || depends("ts-jest") || depends("react-scripts") || !package["jest"].is_null() {
            (JEST, true)
        } else if depends("mocha") {
            (if chai { MOCHA_CHAI } else { MOCHA }, false)
        } else if depends("jasmine") || depends("jasmine-core") {
            ("Use Jasmine; `describe`, `it` and `expect` are there without an import.", true)
        } else if depends("ava") {
            ("Use AVA (`import test from \"ava\"`).", false)
        } else if script.contains("bun test") {
            (BUN, true)
        } else if self.shows("expect(") {
            (JEST, true)
        } else {
            (NODE, false)
        };
        if self.test == self.source {
            return what.to_owned();
        }
        // Node itself asks for the extension.
        let path = self.relative(modern && !bundled && !typescript);
        let way = if modern { format!("`import {{ ... }} from \"{path}\"`") } else { format!("`require(\"{path}\")`") };
        format!("{what} Get what you need with {way}.")
    }

    fn go(&self) -> String {
        let package = self.text.lines().find_map(|line| line.strip_prefix("package ")).unwrap_or("main").trim();
        let module = self.manifest(&["go.mod"]).map(|(text, _)| text).unwrap_or_default();
        let testify = self.shows("stretchr/testify") || self.shown.is_none() && module.contains("stretchr/testify");
        let with = if testify { " and `github.com/stretchr/testify`" } else { "" };
        format!(
            "Use the package `testing`{with}, in `package {package}`, with a table of cases where there are several."
        )
    }

    fn java(&self) -> String {
        let build =
            self.manifest(&["pom.xml", "build.gradle", "build.gradle.kts"]).map(|(text, _)| text).unwrap_or_default();
        let class = self.class();
        let what = if self.shows("org.testng") {
            "TestNG"
        } else if self.shows("org.junit.jupiter") {
            JUNIT_5
        } else if self.shows("org.junit.") {
            JUNIT_4
        } else if build.contains("junit-jupiter") || build.contains("useJUnitPlatform") {
            JUNIT_5
        } else if build.contains("junit:junit") || build.contains("<artifactId>junit</artifactId>") {
            JUNIT_4
        } else if build.contains("testng") {
            "TestNG"
        } else {
            JUNIT_5
        };
        format!("Use {what}, with the tests in the class `{class}`.")
    }

    fn csharp(&self) -> String {
        let project = self.project_file(".csproj").unwrap_or_default().to_lowercase();
        let shown = self.shown.unwrap_or_default();
        let what = if shown.contains("NUnit") || !shown.contains("Xunit") && project.contains("nunit") {
            "NUnit (`[Test]`)"
        } else if shown.contains("VisualStudio.TestTools") || !shown.contains("Xunit") && project.contains("mstest") {
            "MSTest (`[TestMethod]`)"
        } else {
            "xUnit (`[Fact]`, `[Theory]`)"
        };
        format!("Use {what}, with the tests in the class `{}`.", self.class())
    }

    fn ruby(&self) -> String {
        let (what, helper) = if self.test.ends_with("_spec.rb") {
            ("Use RSpec (`RSpec.describe`, `expect`).", "spec_helper")
        } else if self.shows("Test::Unit") {
            ("Use test-unit, with one `Test::Unit::TestCase` class.", "test_helper")
        } else {
            ("Use Minitest, with one `Minitest::Test` class.", "test_helper")
        };
        let above = self.test.split('/').next().unwrap_or_default();
        if self.shows(helper) || self.root.join(above).join(format!("{helper}.rb")).exists() {
            return format!("{what} Begin with `require \"{helper}\"`.");
        }
        format!("{what} Load the code with `require_relative \"{}\"`.", self.relative(false))
    }

    fn php(&self) -> String {
        let composer = self.manifest(&["composer.json"]).map(|(text, _)| text).unwrap_or_default();
        let pest = self.shown.map_or_else(|| composer.contains("pestphp/pest"), |shown| !shown.contains("extends "));
        if pest {
            return "Use Pest (`it`, `expect`).".to_owned();
        }
        format!("Use PHPUnit, with the tests as methods of the class `{}`, which extends `TestCase`.", self.class())
    }

    fn native(&self) -> String {
        let build = self.manifest(&["CMakeLists.txt", "meson.build", "conanfile.txt", "vcpkg.json"]);
        let build = build.map(|(text, _)| text.to_lowercase()).unwrap_or_default();
        let known = [
            ("gtest/gtest.h", "gtest", "GoogleTest (`TEST`)"),
            ("catch2/", "catch2", "Catch2 (`TEST_CASE`)"),
            ("doctest.h", "doctest", "doctest (`TEST_CASE`)"),
            ("boost/test", "unit_test_framework", "Boost.Test"),
            ("unity.h", "unity", "Unity"),
            ("cmocka.h", "cmocka", "cmocka"),
            ("criterion/criterion.h", "criterion", "Criterion"),
        ];
        let found = known
            .iter()
            .find(|(header, ..)| self.shows(header))
            .or_else(|| known.iter().find(|(_, package, _)| build.contains(package)));
        let header = name_of(self.source).replace(".cpp", ".h").replace(".cc", ".h").replace(".c", ".h");
        match found {
            Some((.., name)) => format!("Use {name}."),
            None => format!("Use `assert` and a `main` that runs all tests. The header of the code is `{header}`."),
        }
    }

    fn with_module(&self, what: &str) -> String {
        let module = self.source.split('/').skip_while(|part| *part != "Sources").nth(1);
        match module {
            Some(module) if !module.contains('.') => format!("{what}, and `@testable import {module}`."),
            _ => format!("{what}."),
        }
    }

    /// The class that a test file is named after.
    fn class(&self) -> &str {
        name_of(self.test).split('.').next().unwrap_or_default()
    }
}

const VITEST: &str = "Use Vitest (`import { describe, expect, it } from \"vitest\"`).";
const JEST: &str = "Use Jest; `describe`, `it` and `expect` are there without an import.";
const NODE: &str = "Use `node:test` and `node:assert/strict`.";
const BUN: &str = "Use Bun's tests (`import { describe, expect, it } from \"bun:test\"`).";
const MOCHA: &str = "Use Mocha, whose `describe` and `it` are there without an import, with `node:assert/strict`.";
const MOCHA_CHAI: &str = "Use Mocha, whose `describe` and `it` are there without an import, with `expect` of `chai`.";
const JUNIT_5: &str = "JUnit 5 (`org.junit.jupiter.api`)";
const JUNIT_4: &str = "JUnit 4 (`org.junit`)";

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::generated_tests::find;

    /// The style and the path for a source in a project of these files.
    fn style(source: &str, text: &str, files: &[(&str, &str)]) -> (String, String) {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files.iter().chain(&[(source, text)]) {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let language = Language::from_path(source).unwrap();
        let home = find(&root.path().join(source), text, 0..0, root.path(), language).unwrap();
        (home.path.strip_prefix(root.path()).unwrap().to_string_lossy().into_owned(), home.style)
    }

    const EXPORTS: &str = "export function sum() {}\n";

    #[rstest]
    #[case("src/sum.ts", EXPORTS, &[("package.json", "{\"devDependencies\":{\"vitest\":\"1\"}}")], "src/sum.test.ts", "vitest")]
    #[case("src/sum.ts", EXPORTS, &[("package.json", "{\"devDependencies\":{\"ts-jest\":\"1\"}}")], "src/sum.test.ts", "Use Jest")]
    #[case("src/sum.js", EXPORTS, &[("package.json", "{\"devDependencies\":{\"mocha\":\"1\",\"chai\":\"5\"}}")], "src/sum.test.js", "`chai`")]
    #[case("src/sum.js", EXPORTS, &[("package.json", "{\"type\":\"module\"}")], "src/sum.test.js", "node:test` and `node:assert/strict`. Get what you need with `import { ... } from \"./sum.js\"`")]
    #[case("lib/sum.js", "module.exports = {}\n", &[("package.json", "{}"), ("test/x.test.js", "require('node:test')")], "test/sum.test.js", "`require(\"../lib/sum\")`")]
    #[case("a/src/sum.ts", EXPORTS, &[("package.json", "{\"devDependencies\":{\"jest\":\"1\"}}"), ("a/package.json", "{\"devDependencies\":{\"vitest\":\"1\"}}")], "a/src/sum.test.ts", "Vitest")]
    #[case("src/sum.ts", EXPORTS, &[("package.json", "broken"), ("src/sum.spec.ts", "import { it } from 'vitest'")], "src/sum.spec.ts", "Vitest")]
    #[case("pkg/sum.go", "package sums\n", &[("go.mod", "require github.com/stretchr/testify v1")], "pkg/sum_test.go", "testify`, in `package sums`")]
    #[case("src/main/java/a/Sum.java", "package a;\n", &[("pom.xml", "<artifactId>junit-jupiter</artifactId>")], "src/test/java/a/SumTest.java", "JUnit 5")]
    #[case("src/main/java/a/Sum.java", "package a;\n", &[("pom.xml", "<artifactId>junit</artifactId>")], "src/test/java/a/SumTest.java", "JUnit 4 (`org.junit`), with the tests in the class `SumTest`")]
    #[case("src/main/java/a/Sum.java", "package a;\n", &[("src/test/java/a/SumTests.java", "import org.junit.jupiter.api.Test;")], "src/test/java/a/SumTests.java", "class `SumTests`")]
    #[case("Shapes/Sum.cs", "", &[("Shapes.Tests/Shapes.Tests.csproj", "NUnit"), ("Shapes.Tests/OtherTests.cs", "")], "Shapes.Tests/SumTests.cs", "NUnit")]
    #[case("lib/sum.rb", "", &[("spec/spec_helper.rb", "")], "spec/sum_spec.rb", "RSpec (`RSpec.describe`, `expect`). Begin with `require \"spec_helper\"`")]
    #[case("lib/sum.rb", "", &[], "test/sum_test.rb", "Minitest::Test` class. Load the code with `require_relative \"../lib/sum\"`")]
    #[case("src/Sum.php", "<?php\n", &[("composer.json", "{\"require-dev\":{\"pestphp/pest\":\"1\"}}")], "tests/SumTest.php", "Pest")]
    #[case("src/sum.cpp", "", &[("CMakeLists.txt", "find_package(GTest)")], "src/sum_test.cpp", "GoogleTest")]
    #[case("Sources/Shapes/Sum.swift", "", &[], "Tests/ShapesTests/SumTests.swift", "@testable import Shapes")]
    #[case("shapes/sum.py", "", &[("shapes/__init__.py", ""), ("tests/test_other.py", "import unittest\n")], "tests/test_sum.py", "`unittest.TestCase`, and import what you need with `from shapes.sum import ...`")]
    #[case("sum.py", "", &[], "test_sum.py", "Use plain pytest functions and import what you need with `from sum import ...`.")]
    #[case("src/sum.rs", "", &[], "src/sum.rs", "#[cfg(test)] mod tests")]
    #[case("src/sum.rs", "", &[("Cargo.toml", "[package]\nname = \"my-sums\"\n"), ("tests/sum.rs", "")], "tests/sum.rs", "import what you need from `my_sums`")]
    fn the_project_says_how_to_test(
        #[case] source: &str,
        #[case] text: &str,
        #[case] files: &[(&str, &str)],
        #[case] path: &str,
        #[case] words: &str,
    ) {
        let (found, style) = style(source, text, files);
        assert_eq!(found, path);
        assert!(style.contains(words), "{style}");
    }
}
