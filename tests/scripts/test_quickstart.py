import json
import os
import signal
import subprocess
import sys
import time
import unittest

import support
import demo
import model_weights


class Quickstart(support.ScratchTest):
    """The whole script with a pretended cargo, which "builds" a pretended aiia, and a model that is there."""

    def setUp(self):
        super().setUp()
        own = self.folder / "cache" / "build-tools"
        (own / "lib" / "python3.9" / "site-packages" / "clang" / "native").mkdir(parents=True)
        (own / "lib" / "python3.9" / "site-packages" / "clang" / "native" / "libclang.so").touch()
        (own / "bin").mkdir()
        self.program("cmake", "echo cmake version 4.0.0").rename(own / "bin" / "cmake")
        self.program("c++", "")
        self.target = self.folder / "target"
        self.aiia("echo \"aiia $*\"")
        for role in ("small", "default"):
            self.pretend_model(role)
        self.home = self.folder / "home"
        self.home.mkdir()

    def aiia(self, body):
        metadata = json.dumps({"target_directory": str(self.target)})
        self.program("aiia-built", body)
        built = f"mkdir -p {self.target}/release && cp {self.folder}/bin/aiia-built {self.target}/release/aiia"
        self.program("cargo", f"case $1 in --version) echo cargo 9.0.0;; metadata) echo '{metadata}';; build) echo \"$@\" >{self.folder}/built; {built};; esac")

    def pretend_model(self, role):
        model = model_weights.load_catalogue(support.ROOT)[role]
        models = self.folder / "data" / "models"
        models.mkdir(parents=True, exist_ok=True)
        with open(models / model.file, "wb") as file:
            file.truncate(model.size)
        model_weights._write_stamp(model, models)

    def environment(self):
        return {
            "PATH": os.pathsep.join([str(self.folder / "bin"), "/usr/bin", "/bin"]),
            "HOME": str(self.home),
            "AIIA_CACHE_DIR": str(self.folder / "cache"),
            "AIIA_DATA_DIR": str(self.folder / "data"),
            "TMPDIR": str(self.folder),
        }

    def run_script(self, *arguments):
        result = subprocess.run(
            [sys.executable, support.SCRIPTS / "quickstart", *arguments],
            env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, timeout=60, check=False,
        )
        return result.returncode, result.stdout

    def test_everything(self):
        code, output = self.run_script()
        self.assertEqual(code, 0, output)
        self.assertEqual((self.folder / "built").read_text().strip(), "build --locked --package aiia --profile release")
        # The steps are shown in order, the demonstration last, with the line of the bug.
        order = [output.index(text) for text in ("✓ Build tools", "✓ Build:", "$ aiia explain", "$ aiia fix", "Connect an editor", "Ready after")]
        self.assertEqual(order, sorted(order), output)
        self.assertIn("qwen2.5-coder-1.5b-instruct-q4_k_m.gguf is there", output)
        self.assertRegex(output, r"\naiia explain \S*/measurements\.py:11\n")
        self.assertIn(f"{self.target}/release/aiia open", output)
        self.assertFalse((self.home / ".local").exists())

    def test_small_and_without_the_demonstration(self):
        code, output = self.run_script("--small", "--no-demo")
        self.assertEqual(code, 0, output)
        self.assertIn("SmolLM2-135M-Instruct.Q4_1.gguf is there", output)
        self.assertNotIn("$ aiia explain", output)

    def test_model_only_builds_nothing(self):
        code, output = self.run_script("--model-only", "--small")
        self.assertEqual((code, (self.folder / "built").exists()), (0, False), output)

    def test_install_links_the_program_again_and_again(self):
        for _ in range(2):
            code, output = self.run_script("--install", "--no-demo")
            self.assertEqual(code, 0, output)
        link = self.home / ".local" / "bin" / "aiia"
        self.assertEqual(os.readlink(link), str(self.target / "release" / "aiia"))
        self.assertIn("not on the PATH", output)

    def test_install_overwrites_no_file_of_somebody_else(self):
        theirs = self.home / ".local" / "bin" / "aiia"
        theirs.parent.mkdir(parents=True)
        theirs.write_text("theirs")
        code, output = self.run_script("--install", "--no-demo")
        self.assertEqual((code, theirs.read_text()), (1, "theirs"))
        self.assertIn("Move it away", output)

    def test_a_failed_build_shows_the_end_of_its_log(self):
        self.program("cargo", "case $1 in --version) echo cargo 9.0.0;; *) echo 'error[E0308]: mismatched types' >&2; exit 101;; esac")
        code, output = self.run_script()
        self.assertEqual(code, 1)
        self.assertIn("error[E0308]: mismatched types\n\nerror: The build failed", output)
        self.assertIn("build.log", output)

    def test_a_failed_demonstration_names_the_doctor(self):
        self.aiia("echo no model >&2; exit 4")
        code, output = self.run_script()
        self.assertEqual(code, 1)
        self.assertIn("`aiia explain` failed (exit code 4)", output)
        self.assertIn("doctor", output)

    def test_an_interrupt_ends_the_build(self):
        # The pretended build tells its process id through a pipe and then waits for ever.
        os.mkfifo(self.folder / "started")
        self.program("cargo", f"case $1 in --version) echo cargo 9.0.0;; *) echo $$ >{self.folder}/started; exec tail -f /dev/null;; esac")
        with subprocess.Popen(
            [sys.executable, support.SCRIPTS / "quickstart"], env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            # Whoever runs the tests in the background may have made them deaf to it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as script:
            try:
                with open(self.folder / "started", encoding="utf-8") as started:
                    build = int(started.read())
                script.send_signal(signal.SIGINT)
                output, _ = script.communicate(timeout=30)
            finally:
                script.kill()
        self.assertEqual(script.returncode, 130, output)
        self.assertIn("Run it again to go on where it stopped.", output)
        # An orphan that has ended is there until the first process of the system has noticed.
        latest = time.monotonic() + 30
        while is_there(build) and time.monotonic() < latest:
            time.sleep(0.01)
        self.assertFalse(is_there(build))


def is_there(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


class Sample(unittest.TestCase):
    def test_it_has_the_bug_it_is_shown_for(self):
        scope = {}
        exec((support.ROOT / demo.SAMPLE).read_text(encoding="utf-8"), scope)
        self.assertNotEqual(scope["average"]([2.0, 4.0]), 3.0)
        self.assertEqual(scope["spread"]([2.0, 5.0]), 3.0)
