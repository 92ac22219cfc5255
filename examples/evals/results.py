"""Lets the bot answer every question, and writes one line of JSON for each: the answer and its scores. Needs no server."""

import json
import pathlib

from bot import answer


def evaluate(question, intent):
    """The scores are yours: true or false, a number, a text, or None if there is none."""
    try:
        given = answer(question)
    except Exception as error:
        return {"error": repr(error), "scores": {"right-intent": None, "words": None}}
    scores = {"right-intent": given["intent"] == intent, "words": len(given["reply"].split(" "))}
    return {"output": given["reply"], "scores": scores}


for line in pathlib.Path(__file__).with_name("questions.jsonl").read_text(encoding="utf-8").splitlines():
    question = json.loads(line)
    came_of_it = evaluate(question["question"], question["intent"])
    print(json.dumps({"id": question["id"], "input": question["question"], "target": question["intent"], **came_of_it}))
