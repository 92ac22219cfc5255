"""Evaluates the bot with Humanloop's own SDK, and passes on which Run of which Evaluation that was."""

import json
import os
import pathlib

from bot import answer
from humanloop import Humanloop

client = Humanloop(api_key=os.environ["HUMANLOOP_API_KEY"], base_url=os.environ["HUMANLOOP_BASE_URL"])
path = "support-bot/answer"
name = "intents"

lines = pathlib.Path(__file__).with_name("questions.jsonl").read_text(encoding="utf-8").splitlines()
questions = [json.loads(line) for line in lines]
client.evaluations.run(
    name=name,
    file={
        "path": path,
        "type": "flow",
        "version": {"attributes": {"commit": os.environ.get("COMMIT_SHA") or os.environ["GITHUB_SHA"]}},
        "callable": lambda question: json.dumps(answer(question)),
    },
    dataset={
        "path": "support-bot/questions",
        "datapoints": [
            {"inputs": {"question": each["question"]}, "target": {"intent": each["intent"]}} for each in questions
        ],
    },
    evaluators=[
        {
            "path": "support-bot/right-intent",
            "args_type": "target_required",
            "return_type": "boolean",
            "callable": lambda log, target: json.loads(log["output"])["intent"] == target["target"]["intent"],
        }
    ],
)

# The Evaluation of this file with this name, and the Run that was added last.
file = client.files.retrieve_by_path(path=path)
evaluation = next(each for each in client.evaluations.list(file_id=file.id) if each.name == name)
runs = client.evaluations.list_runs_for_evaluation(evaluation.id).runs
run = max(runs, key=lambda each: each.created_at)
with open(os.environ["GITHUB_OUTPUT"], "a", encoding="utf-8") as output:
    print(f"evaluation-id={evaluation.id}", f"run-id={run.id}", sep="\n", file=output)
