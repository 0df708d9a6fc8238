//! Paths of tests, by language.

use crate::Language;
use rstest::rstest;

#[rstest]
#[case("rust", "tests/e2e/main.rs", true)]
#[case("rust", "src\\tree\\tests.rs", true)]
#[case("rust", "src/latest.rs", false)]
#[case("python", "tests/helpers.py", true)]
#[case("python", "app/test_views.py", true)]
#[case("python", "conftest.py", true)]
#[case("python", "app/contest.py", false)]
#[case("javascript", "src/__tests__/cart.js", true)]
#[case("javascript", "cart.spec.jsx", true)]
#[case("javascript", "spec.js", false)]
#[case("typescript", "src/cart.test.ts", true)]
#[case("typescript", "src/attest.ts", false)]
#[case("tsx", "Cart.test.tsx", true)]
#[case("go", "shop/shop_test.go", true)]
#[case("go", "shop/test.go", false)]
#[case("c", "tests/list.c", true)]
#[case("cpp", "src/list_test.cc", true)]
#[case("java", "core/src/test/java/shop/Fixtures.java", true)]
#[case("java", "src/main/java/shop/ShopTest.java", true)]
#[case("java", "src/main/java/shop/Latest.java", false)]
#[case("csharp", "Shop.Core/ShopTests.cs", true)]
#[case("ruby", "spec/models/shop_spec.rb", true)]
#[case("ruby", "lib/inspect.rb", false)]
#[case("php", "src/ShopTest.php", true)]
#[case("bash", "lib/add.bats", true)]
#[case("lua", "spec/shop.lua", true)]
#[case("swift", "Tests/ShopTests/Fixtures.swift", true)]
fn by_path(#[case] language: &str, #[case] path: &str, #[case] expected: bool) {
    assert_eq!(Language::from_language_id(language).unwrap().is_test_path(path), expected);
}
