//! Tests of other files, for a test that is to be written.

use super::workspace::bundle_of;
use super::*;

/// The tests that are shown, as `path: the line that says most`.
fn shown(fixture: &str, intent: Intent) -> Vec<(String, String)> {
    let bundle = bundle_of(fixture, intent, 2000, |_| {});
    let kinds = [PieceKind::Tests, PieceKind::Callers];
    let tests = bundle.pieces.into_iter().filter(|piece| kinds.contains(&piece.kind));
    tests.map(|piece| (piece.path, piece.text)).collect()
}

const GO: &str = "//- calc.go
package m

func AddUp(a int) int {
\treturn $0a
}
//- calc_test.go
package m

import \"testing\"

func TestAdd(t *testing.T) {
\tif AddUp(1) != 1 {
\t\tt.Fatal(\"x\")
\t}
}
";
const SCRIPT: &str = "//- src/a.ts
export function addUp(a: number) {
  return $0a;
}
//- src/a.test.ts
import { addUp } from './a';

describe('add', () => {
  it('adds', () => {
    expect(addUp(1)).toBe(3);
  });
  it('does something else', () => {
    expect(1).toBe(1);
  });
});
";
const JAVA: &str = "//- src/main/java/Calc.java
class Calc {
  int addUp(int a) {
    return $0a;
  }
}
//- src/test/java/CalcTest.java
import org.junit.jupiter.api.Test;
class CalcTest {
  @Test
  void adds() {
    new Calc().addUp(1);
  }
}
";
const RUBY: &str = "//- lib/x.rb
class X
  def add_up(a)
    $0a
  end
end
//- spec/x_spec.rb
require 'x'
RSpec.describe X do
  it 'adds' do
    expect(X.new.add_up(1)).to eq 1
  end
end
";
const PHP: &str = "//- src/X.php
<?php
class X {
    public function addUp($a) {
        return $0$a;
    }
}
//- tests/XTest.php
<?php
class XTest extends TestCase {
    public function testAdds() {
        $this->assertSame(1, (new X())->addUp(1));
    }
}
";
const CSHARP: &str = "//- X.cs
public class X {
    public int AddUp(int a) {
        return $0a;
    }
}
//- Tests/XTests.cs
public class XTests {
    [Fact]
    public void Adds() {
        Assert.Equal(1, new X().AddUp(1));
    }
}
";
const CPP: &str = "//- x.cpp
int add_up(int a) {
    return $0a;
}
//- x_test.cpp
TEST(X, Adds) {
    EXPECT_EQ(add_up(1), 1);
}
";
const SWIFT: &str = "//- Sources/X.swift
func addUp(_ a: Int) -> Int {
    return $0a
}
//- Tests/XTests.swift
import XCTest
class XTests: XCTestCase {
    func testAdds() {
        XCTAssertEqual(addUp(1), 1)
    }
}
";

#[rstest]
#[case::go(GO, "calc_test.go", "func TestAdd(")]
#[case::typescript(SCRIPT, "src/a.test.ts", "  it('adds'")]
#[case::java(JAVA, "src/test/java/CalcTest.java", "  @Test\n  void adds()")]
#[case::ruby(RUBY, "spec/x_spec.rb", "  it 'adds' do")]
#[case::php(PHP, "tests/XTest.php", "    public function testAdds()")]
#[case::csharp(CSHARP, "Tests/XTests.cs", "    [Fact]\n    public void Adds()")]
#[case::cpp(CPP, "x_test.cpp", "TEST(X, Adds)")]
#[case::swift(SWIFT, "Tests/XTests.swift", "    func testAdds()")]
fn a_test_that_calls_the_target_is_shown_in_every_language(
    #[case] fixture: &str,
    #[case] path: &str,
    #[case] beginning: &str,
) {
    let found = shown(fixture, Intent::Test);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].0 == path && found[0].1.starts_with(beginning), "{found:?}");
}

#[rstest]
#[case::go(GO)]
#[case::java(JAVA)]
#[case::swift(SWIFT)]
fn a_test_is_no_caller_whose_speed_counts(#[case] fixture: &str) {
    assert_eq!(shown(fixture, Intent::Optimize), []);
}

#[rstest]
#[case::python(
    "//- a.py\ndef add_up(x):\n    return x\n\ndef fresh(x):\n    return $0x\n//- tests/test_a.py\nimport unittest\nfrom a import add_up\n\nclass T(unittest.TestCase):\n    def test_long(self):\n        x = 1\n        self.assertEqual(add_up(x), 1)\n\n    def test_adds(self):\n        self.assertEqual(add_up(1), 1)\n//- tests/test_b.py\nimport pytest\n\ndef test_b():\n    pass\n",
    "tests/test_a.py",
    &["    def test_adds(self):\n        self.assertEqual(add_up(1), 1)\n", "import unittest\nfrom a import add_up\n"]
)]
#[case::go(
    "//- calc.go\npackage m\n\nfunc Sub(a int) int {\n\treturn $0a\n}\n//- calc_test.go\npackage m\n\nimport \"testing\"\n\nfunc TestAdd(t *testing.T) {\n\tt.Fatal(\"x\")\n}\n",
    "calc_test.go",
    &["func TestAdd(t *testing.T) {\n\tt.Fatal(\"x\")\n}\n", "import \"testing\"\n"]
)]
fn a_function_without_a_test_is_shown_how_tests_are_written(
    #[case] fixture: &str,
    #[case] path: &str,
    #[case] expected: &[&str],
) {
    let mut found = shown(fixture, Intent::Test);
    found.sort_by_key(|(_, text)| std::cmp::Reverse(text.len()));
    let expected: Vec<_> = expected.iter().map(|text| (path.to_owned(), (*text).to_owned())).collect();
    assert_eq!(found, expected);
    assert_eq!(shown(fixture, Intent::Edit), []);
}
