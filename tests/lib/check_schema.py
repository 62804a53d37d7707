#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""check_schema.py SCHEMA <LINES: holds each line, which is JSON, against a JSON Schema. Fails if there is no line."""
import json
import sys

from jsonschema import Draft202012Validator, FormatChecker


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    count = wrong = 0
    for line in sys.stdin:
        count += 1
        error = next(validator.iter_errors(json.loads(line)), None)
        if error:
            wrong += 1
            print(f"{line.rstrip()}\n    {error.message}", *(e.message for e in error.context), sep="\n    ")
    print(f"{count} lines, {wrong} of them wrong")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main())
