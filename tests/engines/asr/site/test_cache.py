import pytest

from appliance.core.ports import PortError
from appliance.engines.asr.site.cache import VERSIONS, prepared


def test_a_model_is_made_once_for_the_same_inputs(tmp_path):
    made = []

    def make(folder):
        made.append(folder)
        (folder / "result").write_text("x")

    first = prepared(tmp_path, "ear", [b"site", b"model"], make)
    assert (first / "result").read_text() == "x"
    assert prepared(tmp_path, "ear", [b"site", b"model"], make) == first
    assert len(made) == 1


def test_other_inputs_make_another_model_and_the_oldest_is_removed(tmp_path):
    assert prepared(tmp_path, "ear", [b"ab", b"c"], lambda folder: None) != prepared(
        tmp_path, "ear", [b"a", b"bc"], lambda folder: None
    )
    for number in range(10):
        last = prepared(tmp_path, "ear", [bytes([number])], lambda folder: None)
    assert len(list(tmp_path.iterdir())) == VERSIONS
    assert last.exists()


def test_an_interrupted_build_leaves_nothing_behind(tmp_path):
    def fails(folder):
        (folder / "half").write_text("x")
        raise ValueError("interrupted")

    with pytest.raises(ValueError, match="interrupted"):
        prepared(tmp_path, "ear", [b"site"], fails)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PortError, match="writable directory"):
        prepared(tmp_path / "file" / "below", "ear", [b"site"], lambda folder: None)
