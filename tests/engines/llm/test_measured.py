"""What was measured of a model, kept and read again."""

from pathlib import Path

import pytest

from appliance.core.calibration import Calibration
from appliance.core.ports import AskCosts, PortError
from appliance.engines.llm import measured
from appliance.engines.llm.measured import FILE, Measured

FOUND = Measured("", "site", Calibration(0.5, 1.0), Calibration(0.25, -1.0), 0.75, AskCosts(1.5, None), 0.75)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF" * 1000)
    return path


def test_what_was_written_is_read(tmp_path: Path, model: Path) -> None:
    measured.write(tmp_path / "new", model, FOUND)
    read = measured.read(tmp_path / "new", model)
    assert (read.turn_end, read.known, read.among, read.costs) == (FOUND.turn_end, FOUND.known, 0.75, FOUND.costs)
    assert (read.sentences, read.composing, read.composes) == ("site", 0.75, True)
    assert not Measured().composes


@pytest.mark.parametrize("at", [0, 2000, 3999])
def test_another_model_was_not_measured(tmp_path: Path, model: Path, at: int) -> None:
    measured.write(tmp_path, model, FOUND)
    changed = bytearray(model.read_bytes())
    changed[at] ^= 1
    model.write_bytes(changed)
    assert measured.read(tmp_path, model) == Measured()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"model": 1, "turn_end": {"slope": 1}}', "\x00"])
def test_a_file_of_another_program_counts_as_none(tmp_path: Path, model: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert measured.read(tmp_path, model) == Measured()
    assert measured.read(tmp_path, tmp_path / "gone.gguf") == Measured()


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path, model: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PortError, match=r"brain\.json"):
        measured.write(tmp_path / "file", model, FOUND)
