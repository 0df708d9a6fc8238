"""How long aider takes to its first map of a folder, of which it knows nothing yet.

    first_map.py FOLDER FILE

The folder is copied, so that no cache of tags lies in it. FILE, a path inside it, is the chat file. Prints the seconds of `get_ranked_tags_map` and
how many characters the map has; starting Python and loading aider do not count. Needs PyPI's aider-chat.
"""

import os
import shutil
import sys
import tempfile
import time

import litellm

os.environ.setdefault("TIKTOKEN_CACHE_DIR", os.path.join(os.path.dirname(litellm.__file__), "litellm_core_utils", "tokenizers"))

import tiktoken
from aider.io import InputOutput
from aider.repomap import RepoMap

BUDGET = 4096


class Model:
    encoding = tiktoken.get_encoding("cl100k_base")

    def token_count(self, text):
        return len(self.encoding.encode(text, disallowed_special=()))


def main():
    root, chat_file = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(root, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".aider*", "target", ".git"))
        chat_file = os.path.join(copy, chat_file)
        others = [
            path
            for folder, _, names in os.walk(copy)
            for name in names
            if name.endswith((".rs", ".py")) and (path := os.path.join(folder, name)) != chat_file
        ]
        started = time.time()
        map = RepoMap(map_tokens=BUDGET, root=copy, main_model=Model(), io=InputOutput(yes=True, pretty=False))
        text = map.get_ranked_tags_map([chat_file], others, BUDGET, set(), set())
        print(time.time() - started, len(text or ""))


main()
