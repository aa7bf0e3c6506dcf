"""The catalogue, for people and for programs."""

import json

from tests.cli.command import cloister


def test_models_are_listed_for_people_and_for_programs():
    ids = [model["id"] for model in json.loads(cloister("models", "--json").stdout)]
    assert len(ids) >= 12
    listed = cloister("models").stdout
    assert all(model in listed for model in ids)
    assert cloister("models", "show", ids[0]).returncode == 0
    unknown = cloister("models", "show", "no-such-model")
    assert unknown.returncode == 2
    assert "no-such-model" in unknown.stderr
