"""The catalogue, for people and for programs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.cli.models import refuse_on_an_appliance
from appliance.core.ports import PortError
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


def test_the_list_says_how_to_fetch_what_can_be_fetched():
    assert "cloister models fetch qwen3-4b-q4" in cloister("models", "show", "qwen3-4b-q4").stdout
    assert "fetch" not in cloister("models", "show", "qwen3-0.6b-q4").stdout


@pytest.mark.parametrize("arguments", [["fetch"], ["fetch", "no-such-model"], ["fetch", "qwen3-0.6b-q4"]])
def test_what_cannot_be_fetched_is_one_line(arguments):
    failed = cloister("models", *arguments)
    assert failed.returncode in (2, 3)
    assert failed.stderr.count("\n") == 1


@pytest.mark.parametrize("mark", ["etc/cloister/cloister.yaml", "opt/cloister/a"])
def test_nothing_is_fetched_on_an_appliance(mark: str, tmp_path: Path):
    refuse_on_an_appliance(tmp_path)
    (tmp_path / mark).parent.mkdir(parents=True)
    (tmp_path / mark).touch()
    with pytest.raises(PortError, match="this is an appliance"):
        refuse_on_an_appliance(tmp_path)


def test_a_sealed_process_fetches_nothing():
    code = (
        "import sys; from appliance.isolation.seal import seal; from appliance.cli.main import main; seal(); "
        "sys.exit(main(['models', 'fetch', 'qwen2.5-coder-0.5b-q4']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "this process is sealed" in done.stderr
    assert done.stderr.count("\n") == 1
