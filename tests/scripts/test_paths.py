import unittest
from pathlib import Path

import support
import paths


class Folders(unittest.TestCase):
    def check(self, environ, cache, data):
        environ = {"HOME": "/home/ada", **environ}
        self.assertEqual((paths.cache_dir(environ), paths.data_dir(environ)), (Path(cache), Path(data)))

    def test_standard(self):
        self.check({}, "/home/ada/.cache/aiia", "/home/ada/.local/share/aiia")

    def test_xdg(self):
        self.check({"XDG_CACHE_HOME": "/c", "XDG_DATA_HOME": "/d"}, "/c/aiia", "/d/aiia")

    def test_relative_xdg_is_ignored(self):
        self.check({"XDG_CACHE_HOME": "c", "XDG_DATA_HOME": ""}, "/home/ada/.cache/aiia", "/home/ada/.local/share/aiia")

    def test_own_variables_win(self):
        self.check({"AIIA_CACHE_DIR": "/own/c", "AIIA_DATA_DIR": "/own/d", "XDG_DATA_HOME": "/d"}, "/own/c", "/own/d")

    def test_models_are_in_the_data(self):
        self.assertEqual(paths.models_dir({"AIIA_DATA_DIR": "/own"}), Path("/own/models"))
