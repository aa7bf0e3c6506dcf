"""Checks events (a JSON list on standard input) by the types of the openai package, in that package's environment."""

import json
import sys

from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter, ValidationError

adapter = TypeAdapter(RealtimeServerEvent)
wrong = 0
for event in json.load(sys.stdin):
    try:
        adapter.validate_python(event)
    except ValidationError as error:
        wrong += 1
        print(json.dumps(event)[:300], str(error)[:1500], sep="\n")
sys.exit(wrong > 0)
