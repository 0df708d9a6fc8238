import os
import unittest

import support
import chromium_client
import llama_server
import openai_clients
import schemathesis_client
import vscode_client
from failure import SetupError


class Quiet:
    def update(self, text):
        self.text = text

    def done(self, text):
        self.text = text


class Chromium(support.ScratchTest):
    def test_the_one_on_the_path_is_taken(self):
        program = self.program("chromium", "echo Chromium 156.0.1 built on Debian")
        environ = {"PATH": str(self.folder / "bin")}
        self.assertEqual(chromium_client.prepare(self.folder / "cache", Quiet(), self.folder / "log", environ), program)

    def test_a_given_one_must_run(self):
        with self.assertRaises(SetupError) as caught:
            chromium_client.prepare(self.folder, Quiet(), self.folder / "log", {"AIIA_CHROMIUM": "/nothing", "PATH": ""})
        self.assertIn("/nothing", caught.exception.message)

    def test_elsewhere_than_on_debian_the_user_is_told(self):
        with self.assertRaises(SetupError) as caught:
            chromium_client.prepare(self.folder, Quiet(), self.folder / "log", {"PATH": ""})
        self.assertIn("AIIA_CHROMIUM", caught.exception.hint)


    def test_private_libraries_of_packages_are_found(self):
        tree = self.folder / "tree"
        for library in ("usr/lib/x86_64-linux-gnu/libpulse.so.0", "usr/lib/x86_64-linux-gnu/pulseaudio/libpulsecommon-16.1.so"):
            (tree / library).parent.mkdir(parents=True, exist_ok=True)
            (tree / library).touch()
        own = tree / "usr/lib/x86_64-linux-gnu"
        self.assertIn(f'LD_LIBRARY_PATH="{own}:{own}/pulseaudio"', chromium_client.launcher_script(tree))


class VsCode(support.ScratchTest):
    def test_a_given_one_is_taken(self):
        given = {"AIIA_CODE_SERVER": "/a/entry.js", "AIIA_NODE24": "/a/node"}
        self.assertEqual(vscode_client.prepare(self.folder, Quiet(), self.folder / "log", {**given, "PATH": ""}), given)


class OpenAi(support.ScratchTest):
    def test_given_ones_are_taken(self):
        given = {"AIIA_OPENAI_PYTHON": "/a/python", "AIIA_OPENAI_NODE": "/a/openai"}
        self.assertEqual(openai_clients.prepare(self.folder, Quiet(), self.folder / "log", {**given, "PATH": ""}), given)

    def test_what_cannot_be_installed_is_said(self):
        with self.assertRaises(SetupError) as caught:
            openai_clients.prepare(self.folder, Quiet(), self.folder / "log", {"PATH": "", "PIP_INDEX_URL": "http://127.0.0.1:1/", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": "/dev/null"})
        self.assertIn("AIIA_OPENAI_PYTHON", caught.exception.hint)


class Schemathesis(support.ScratchTest):
    def test_a_given_one_is_taken(self):
        given = {"AIIA_SCHEMATHESIS": "/a/python", "PATH": ""}
        self.assertEqual(str(schemathesis_client.prepare(self.folder, Quiet(), self.folder / "log", given)), "/a/python")

    def test_what_cannot_be_installed_is_said(self):
        with self.assertRaises(SetupError) as caught:
            schemathesis_client.prepare(self.folder, Quiet(), self.folder / "log", {"PATH": "", "PIP_INDEX_URL": "http://127.0.0.1:1/", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": "/dev/null"})
        self.assertIn("AIIA_SCHEMATHESIS", caught.exception.hint)


class LlamaServer(support.ScratchTest):
    def test_a_given_one_is_taken(self):
        given = {"AIIA_LLAMA_PYTHON": "/a/python", "PATH": ""}
        self.assertEqual(str(llama_server.prepare(self.folder, Quiet(), self.folder / "log", given)), "/a/python")

    def test_what_cannot_be_installed_is_said(self):
        given = {name: value for name, value in os.environ.items() if name != "AIIA_LLAMA_PYTHON"}
        offline = {**given, "PIP_INDEX_URL": "http://127.0.0.1:1/", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": "/dev/null"}
        with self.assertRaises(SetupError) as caught:
            llama_server.prepare(self.folder, Quiet(), self.folder / "log", offline)
        self.assertIn("AIIA_LLAMA_PYTHON", caught.exception.hint)


if __name__ == "__main__":
    unittest.main()
