"""The bundles of the server and of the action as processes of their own, and scripts that evaluate as users do."""

import json
import os
import pathlib
import re
import subprocess
import sys
import typing

import pytest
from humanloop import Humanloop

ROOT = pathlib.Path(__file__).parents[2]
KEY = "the-key-of-the-tests"

# How long a process may take at most, in seconds.
MAX_SECONDS = 90


class Step(typing.NamedTuple):
    exit_code: int
    outputs: dict[str, str]
    log: str


class Server:
    """The server on one database."""

    def __init__(self, folder):
        self.folder = folder
        self.start()

    def start(self):
        with open(self.folder / "stderr", "a", encoding="utf-8") as stderr:
            self.process = subprocess.Popen(
                ["node", ROOT / "dist/server/main.js", "serve", "--database", self.folder / "humanloop.db", "--port", "0"],
                stdout=subprocess.PIPE,
                stderr=stderr,
                env={**os.environ, "HUMANLOOP_SERVER_KEY": KEY},
            )
        self.base_url = json.loads(self.process.stdout.readline())["base-url"]
        self.client = Humanloop(api_key=KEY, base_url=self.base_url)

    def end(self):
        """Asks the server to end. Returns its exit code."""
        self.process.terminate()
        self.process.stdout.close()
        return self.process.wait(MAX_SECONDS)

    def restart(self):
        """Kills the server without a word, and starts it again."""
        self.process.kill()
        self.process.stdout.close()
        self.process.wait(MAX_SECONDS)
        self.start()

    def evaluate(self, **settings):
        """What `evaluations.run` of the official client returns in a process of its own."""
        script = self.run_script(**settings)
        assert script.returncode == 0, script.stderr
        return json.loads(script.stdout.splitlines()[-1])

    def run_script(self, **settings):
        """The process that has evaluated. Its settings are those of `main` of evaluate.py, as far as they are not the usual ones."""
        usual = {
            "base_url": self.base_url,
            "api_key": KEY,
            "kind": "flow",
            "wrong_every": 4,
            "size": 40,
            "evaluators": ["exact"],
            "has_messages_only": False,
            "dies_at": None,
        }
        env = {name: value for name, value in os.environ.items() if not name.startswith("HUMANLOOP_")}
        return subprocess.run(
            [sys.executable, pathlib.Path(__file__).with_name("evaluate.py"), json.dumps({**usual, **settings})],
            env=env,
            capture_output=True,
            text=True,
            timeout=MAX_SECONDS,
        )

    def files(self):
        """The files that the tests have made."""
        return self.client.files.list_files(name="official/").records

    def evaluation_id(self):
        """Of the one Evaluation of the one file that was evaluated."""
        (file,) = [file for file in self.files() if file.type in ("flow", "prompt")]
        (evaluation,) = self.client.evaluations.list(file_id=file.id).items
        return evaluation.id

    def runs(self):
        """The Runs of the Evaluation, the oldest first."""
        return self.client.evaluations.list_runs_for_evaluation(id=self.evaluation_id()).runs

    def stats(self):
        """The statistics of each Run, the oldest first."""
        return self.client.evaluations.get_stats(id=self.evaluation_id()).run_stats[::-1]

    def gate(self, run, **settings):
        """The action as a step that makes the Run the control if it passes the gate."""
        output = self.folder / "output"
        output.write_text("")
        inputs = {
            "api-key": KEY,
            "base-url": self.base_url,
            "evaluation-id": self.evaluation_id(),
            "run-id": run.id,
            "control": "true",
            "gate": "regression",
            **settings,
        }
        step = subprocess.run(
            ["node", ROOT / "dist/index.js"],
            env={
                "PATH": os.environ["PATH"],
                "RUNNER_TEMP": str(self.folder),
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
                **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
            },
            capture_output=True,
            text=True,
            timeout=MAX_SECONDS,
        )
        outputs = re.findall(r"^([\w-]+)<<(\S+)\n(.*?)\n?\2$", output.read_text(), re.MULTILINE | re.DOTALL)
        return Step(step.returncode, {name: value for name, _, value in outputs}, step.stdout)


@pytest.fixture
def server(tmp_path):
    (tmp_path / "summary").write_text("")
    server = Server(tmp_path)
    yield server
    assert server.end() == 0, (tmp_path / "stderr").read_text()
