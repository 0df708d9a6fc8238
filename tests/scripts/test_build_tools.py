import os
import unittest

import support
import build_tools
from failure import SetupError


class Versions(unittest.TestCase):
    def test_parse(self):
        for text, expected in [("cmake version 3.25.1\n", (3, 25, 1)), ("cargo 1.95.0-nightly (abc)", (1, 95, 0)), ("none", ()), ("v7", ())]:
            self.assertEqual(build_tools.parse_version(text), expected)


class SystemLibclang(support.ScratchTest):
    def check(self, files, expected):
        for name in files:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        found = build_tools.system_libclang({"PATH": ""}, [str(self.folder / "llvm-*/lib"), str(self.folder / "lib")])
        self.assertEqual(found, str(self.folder / expected) if expected else None)

    def test_none(self):
        self.check(["llvm-14/lib/libclang-cpp.so.14", "lib/libc.so"], None)

    def test_too_old(self):
        self.check(["llvm-7/lib/libclang-7.so.1"], None)

    def test_the_newest_wins(self):
        self.check(["llvm-14/lib/libclang-14.so.1", "llvm-17/lib/libclang.so.1", "lib/libclang-11.so.1"], "llvm-17/lib")

    def test_without_a_version(self):
        self.check(["lib/libclang.dylib"], "lib")


class Toolchain(support.ScratchTest):
    def refuses(self, message, hint):
        with self.assertRaises(SetupError) as caught:
            build_tools.check_toolchain(support.ROOT, {"PATH": str(self.folder / "bin")})
        self.assertIn(message, caught.exception.message)
        self.assertIn(hint, caught.exception.hint)

    def test_no_rust(self):
        self.refuses("cargo is not on the PATH", "rustup.rs")

    def test_old_rust(self):
        self.program("cargo", "echo cargo 1.70.0")
        self.refuses("cargo is version 1.70.0", "rustup update")

    def test_no_compiler(self):
        self.program("cargo", "echo cargo 9.0.0")
        self.refuses("No C++ compiler", "g++")


class Prepare(support.ScratchTest):
    def test_what_the_cache_has_is_used(self):
        own = self.folder / "build-tools"
        native = own / "lib" / "python3.9" / "site-packages" / "clang" / "native"
        native.mkdir(parents=True)
        (native / "libclang.so").touch()
        self.program("cmake", "echo cmake version 4.0.0").rename(self.folder / "cmake")
        (own / "bin").mkdir()
        (self.folder / "cmake").rename(own / "bin" / "cmake")
        self.program("make", "")
        task = support.RecordedTask()
        env = build_tools.prepare(self.folder, task, self.folder / "log", {"PATH": str(self.folder / "bin"), "BINDGEN_EXTRA_CLANG_ARGS": "-Imine"})
        self.assertEqual(env["PATH"].split(os.pathsep)[0], str(own / "bin"))
        self.assertEqual((env["LIBCLANG_PATH"], env["BINDGEN_EXTRA_CLANG_ARGS"]), (str(native), "-Imine"))
        self.assertNotIn("CMAKE_GENERATOR", env)
        self.assertIn("from the cache", task.result)
