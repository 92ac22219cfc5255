"""Turns JUnit XML, of pytest and many others, into lines for the record action: python3 junit_results.py junit.xml > results.jsonl

The id of a test is its class and its name. A test that could not run or was skipped has no score.
"""

import json
import sys
import xml.etree.ElementTree as ElementTree

for case in ElementTree.parse(sys.argv[1]).iter("testcase"):
    failure, error, skipped = (case.find(kind) for kind in ("failure", "error", "skipped"))
    ran = error is None and skipped is None
    line = {
        "id": f"{case.get('classname')}::{case.get('name')}",
        "output": None if failure is None else failure.get("message") or failure.text,
        "error": None if error is None else error.get("message") or error.text,
        "scores": {"passed": failure is None if ran else None},
    }
    print(json.dumps(line))
