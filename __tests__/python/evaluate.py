"""Evaluates with nothing but the official client, in a process of its own, as a script of a user does.

Usage: python evaluate.py '{"base_url": …, "api_key": …, …}', the settings of `main`. Prints what `run` returns as JSON in the last line.
"""

import json
import os
import signal
import sys

from humanloop import Humanloop


def main(*, base_url, api_key, kind, wrong_every, size, evaluators, has_messages_only, dies_at):
    """Every answer of which the number is divisible by `wrong_every` is wrong. `kind` is flow, prompt or decorated. With the number
    `dies_at`, the process ends as if it was killed."""
    client = Humanloop(api_key=api_key, base_url=base_url)

    def answer(number=None, messages=None):
        number = messages[0]["content"] if number is None else number
        if int(number) == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return "wrong" if int(number) % wrong_every == 0 else f"Answer {number}"

    def datapoint(number):
        target = {"output": f"Answer {number}"}
        if has_messages_only:
            return {"messages": [{"role": "user", "content": str(number)}], "target": target}
        return {"inputs": {"number": str(number)}, "target": target}

    attributes = {"wrong_every": wrong_every}
    path = f"official/{kind}"
    files = {
        "flow": {"type": "flow", "version": {"attributes": attributes}, "callable": answer},
        "prompt": {"type": "prompt", "version": {"model": "small", "temperature": wrong_every / 100}, "callable": answer},
        "decorated": {"type": "flow", "callable": client.flow(path=path, attributes=attributes)(answer)},
    }
    return client.evaluations.run(
        name="official",
        file={"path": path, **files[kind]},
        dataset={"path": "official/numbers", "datapoints": [datapoint(number) for number in range(size)]},
        evaluators=[EVALUATORS[name] for name in evaluators],
    )


def exact(log, datapoint):
    return log["output"] == datapoint["target"]["output"]


def exact_changed(log, datapoint):
    return log["output"].lower() == datapoint["target"]["output"].lower()


def length(log):
    return len(log["output"])


def raises(log):
    raise ValueError("This Evaluator always fails.")


def boolean(path, judge, args_type="target_required"):
    return {"path": path, "args_type": args_type, "return_type": "boolean", "callable": judge}


EVALUATORS = {
    "exact": boolean("official/exact", exact),
    "exact, changed": boolean("official/exact", exact_changed),
    "exact, with a threshold": {**boolean("official/exact", exact), "threshold": 0.6},
    "length": {"path": "official/length", "args_type": "target_free", "return_type": "number", "callable": length},
    "raises": boolean("official/raises", raises, args_type="target_free"),
    "example": {"path": "Example Evaluators/Code/Exact match"},
}

if __name__ == "__main__":
    checks = main(**json.loads(sys.argv[1]))
    print(json.dumps([check.dict() if hasattr(check, "dict") else dict(check) for check in checks]))
