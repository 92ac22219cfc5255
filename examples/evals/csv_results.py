"""Turns a table into lines for the record action: python3 csv_results.py results.csv > results.jsonl

The first line names the columns. id, input, output, target and error are what they are called; every other column is a score: true or
false, a number, a text, or empty if there is none.
"""

import csv
import json
import sys

TEXTS = ("id", "input", "output", "target", "error")


def score(cell):
    if cell.strip() == "":
        return None
    if cell.strip().lower() in ("true", "false"):
        return cell.strip().lower() == "true"
    try:
        return float(cell)
    except ValueError:
        return cell


with open(sys.argv[1], encoding="utf-8-sig", newline="") as file:
    for row in csv.DictReader(file):
        texts = {name: row[name] or None for name in TEXTS if name in row}
        scores = {name: score(cell) for name, cell in row.items() if name not in TEXTS}
        print(json.dumps({**texts, "scores": scores}))
