"""Where things live: the checkout, the cache (can be deleted) and the data (models, the user's store)."""

import os
from pathlib import Path


def repository_root():
    """The checkout this script belongs to."""
    return Path(__file__).resolve().parents[3]


def cache_dir(environ=os.environ):
    """Build tools, logs and test clients: everything here can be had again."""
    return _own_or_standard(environ, "AIIA_CACHE_DIR", "XDG_CACHE_HOME", ".cache")


def data_dir(environ=os.environ):
    """The folder the daemon keeps its data in; the model weights are in its `models` folder."""
    return _own_or_standard(environ, "AIIA_DATA_DIR", "XDG_DATA_HOME", ".local/share")


def models_dir(environ=os.environ):
    """Where the daemon looks for model weights."""
    return data_dir(environ) / "models"


def logs_dir(environ=os.environ):
    """Logs of the scripts themselves, one a phase, overwritten by the next run."""
    return cache_dir(environ) / "logs"


def _own_or_standard(environ, own, standard, below_home):
    if environ.get(own):
        return Path(environ[own]).expanduser().absolute()
    base = environ.get(standard)
    # The XDG specification says to ignore relative paths.
    if base and os.path.isabs(base):
        return Path(base) / "aiia"
    return Path(environ.get("HOME") or Path.home()) / below_home / "aiia"
