#!/usr/bin/env python3
"""Drives a running daemon by its own OpenAPI document: no server error, no status, type or body that the document does not name.

AIIA_BIN is the program, AIIA_SCHEMATHESIS the folder of the Python package; both are set by `tests/run`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# What streams without an end, gets gigabytes, or takes away the configuration that the others need.
LEFT_OUT = ["events.subscribe", "run.events", "model.pull", "config.update"]
CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"]
# There is no model here, so that whoever asks for one is told 503, which the document names.
SETTINGS = """
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "502", "503"]
"""
LIMIT = 30


def wait_for(what, ask):
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        answer = ask()
        if answer is not None:
            return answer
        time.sleep(0.05)
    sys.exit(f"{what} was not there within {LIMIT} s")


def runtime_of(data):
    try:
        return json.loads((data / "run" / "daemon.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def main():
    examples = os.environ.get("AIIA_OPENAPI_EXAMPLES", "20")
    with tempfile.TemporaryDirectory(prefix="aiia-openapi-") as place:
        data = Path(place) / "data"
        (Path(place) / "config.toml").write_text("", encoding="utf-8")
        (Path(place) / "schemathesis.toml").write_text(SETTINGS, encoding="utf-8")
        environ = dict(os.environ, AIIA_DATA_DIR=str(data), AIIA_CONFIG=str(Path(place) / "config.toml"), AIIA_DISCOVERY="off", AIIA_KEYRING="off", PYTHONPATH=os.environ["AIIA_SCHEMATHESIS"])
        with subprocess.Popen([os.environ["AIIA_BIN"], "serve"], env=environ, cwd=place, stdin=subprocess.DEVNULL) as daemon:
            try:
                runtime = wait_for("The daemon", lambda: runtime_of(data))
                address = f"http://127.0.0.1:{runtime['http_port']}"
                arguments = [sys.executable, "-m", "schemathesis.cli", "--config-file", f"{place}/schemathesis.toml", "run", f"{address}/openapi.json", "--header", f"Authorization: Bearer {runtime['token']}", "--checks", ",".join(CHECKS), "--phases", "coverage,fuzzing", "--max-examples", examples, "--continue-on-failure", "--request-timeout", "30", "--suppress-health-check", "all", "--warnings", "off", "--seed", "1", "--no-color"]
                for name in LEFT_OUT:
                    arguments += ["--exclude-operation-id", name]
                code = subprocess.run(arguments, env=environ, cwd=place).returncode
                if daemon.poll() is not None:
                    sys.exit(f"The daemon ended with {daemon.returncode}.")
                sys.exit(code)
            finally:
                daemon.terminate()
                try:
                    daemon.wait(LIMIT)
                except subprocess.TimeoutExpired:
                    daemon.kill()


if __name__ == "__main__":
    main()
