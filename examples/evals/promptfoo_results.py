"""Turns the JSON that promptfoo writes into lines for the record action: python3 promptfoo_results.py output.json > results.jsonl

The id of a test is its description, or else its variables: texts that are edited pair only if the tests have descriptions.
"""

import json
import sys

FAILED_TO_RUN = 2

with open(sys.argv[1], encoding="utf-8") as file:
    results = json.load(file)["results"]["results"]
for result in results:
    ran = result["failureReason"] != FAILED_TO_RUN
    line = {
        "id": result["testCase"].get("description") or json.dumps(result["vars"], sort_keys=True),
        "input": result["vars"],
        "output": (result.get("response") or {}).get("output"),
        "error": None if ran else result.get("error"),
        "scores": {"passed": result["success"] if ran else None, **result["namedScores"]},
    }
    print(json.dumps(line))
