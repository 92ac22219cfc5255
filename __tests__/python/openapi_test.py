"""schemathesis against what the server says of itself: good requests and bad ones, the same at every run, and what each answer must be."""

import pathlib
import subprocess
import sys

from conftest import KEY

# For each operation, beside the cases that follow from the description itself.
EXAMPLES = 50
# Seconds for all of it.
MAX_SECONDS = 200

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]


def known_ids(server):
    """What is on the server, by the beginnings of the paths that take its ids. Guessed ids would come to nothing but 404."""
    server.evaluate(size=5, evaluators=["exact", "length", "raises"])
    evaluation = {"id": server.evaluation_id(), "run_id": server.runs()[0].id}
    files = {f"{file.type}s": {"id": file.id} for file in server.files()}
    log = server.client.logs.list(file_id=files["flows"]["id"]).items[0]
    prompt = server.client.prompts.upsert(path="official/prompt", model="small")
    return {**files, "prompts": {"id": prompt.id}, "logs": {"id": log.id}, "evaluations": evaluation}


def test_no_answer_is_a_fault_of_the_server_or_differs_from_the_description(server, tmp_path):
    with open(tmp_path / "schemathesis.toml", "w", encoding="utf-8") as config:
        for room, ids in known_ids(server).items():
            config.write(f"[[operations]]\ninclude-path-regex = '^/v5/{room}/\\{{id\\}}'\n[operations.parameters]\n")
            config.writelines(f"'path.{name}' = '{value}'\n" for name, value in ids.items())
    found = subprocess.run(
        [
            pathlib.Path(sys.executable).with_name("schemathesis"),
            *("run", server.base_url.replace("/v5", "/openapi.json"), "--header", f"X-API-KEY: {KEY}"),
            *("--checks", ",".join(CHECKS), "--max-examples", str(EXAMPLES), "--generation-deterministic"),
            *("--workers", "1", "--request-timeout", "30", "--no-color"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=MAX_SECONDS,
    )
    assert found.returncode == 0, found.stdout + found.stderr
