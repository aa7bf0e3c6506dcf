"""Checks messages (a JSON list on standard input) by a type of a client's package, in that package's environment.

Run as ``python validate.py MODULE:TYPE``.
"""

import importlib
import json
import sys

from pydantic import TypeAdapter, ValidationError

module, _, name = sys.argv[1].partition(":")
adapter = TypeAdapter(getattr(importlib.import_module(module), name))
wrong = 0
for message in json.load(sys.stdin):
    try:
        adapter.validate_python(message)
    except ValidationError as error:
        wrong += 1
        print(json.dumps(message)[:300], str(error)[:1500], sep="\n")
sys.exit(wrong > 0)
