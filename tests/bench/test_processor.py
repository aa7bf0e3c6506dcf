"""Tokens per second with each processor library."""

from pathlib import Path

import pytest

from appliance.bench import processor
from appliance.config.box import load_settings
from appliance.core.ports import PortError
from appliance.engines.llm import library

REFERENCE_CONFIG = Path(__file__).resolve().parents[2] / "models/starter/cloister.yaml"


@pytest.mark.slow
def test_every_library_that_passes_its_trial_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "ROUNDS", 1)
    result = processor.bench(load_settings(REFERENCE_CONFIG), REFERENCE_CONFIG)
    assert result.rows and result.rows[0].holds
    assert all(row.prompt > 0 and row.reply > 0 for row in result.rows if row.holds)
    assert "tokens/processor second" in result.table()


def test_a_library_that_fails_its_trial_is_shown_and_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    variants = [Path("libggml-cpu-a.so"), Path("libggml-cpu-b.so")]
    monkeypatch.setattr(library, "processor_variants", lambda folder: variants)
    monkeypatch.setattr(library, "holds", lambda variant: variant == variants[1])
    monkeypatch.setattr(processor, "_in_child", lambda variant, config: (200.0, 20.0))
    result = processor.bench(load_settings(REFERENCE_CONFIG), REFERENCE_CONFIG)
    assert [row.holds for row in result.rows] == [False, True]
    assert "fails its trial" in result.table() and "x 1.00 and 1.00" in result.table()


def test_only_the_libraries_that_are_named_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    variants = [Path("libggml-cpu-a.so"), Path("libggml-cpu-b.so")]
    measured = []
    monkeypatch.setattr(library, "processor_variants", lambda folder: variants)
    monkeypatch.setattr(library, "holds", lambda variant: True)
    monkeypatch.setattr(processor, "_in_child", lambda variant, config: measured.append(variant) or (200.0, 20.0))
    result = processor.bench(load_settings(REFERENCE_CONFIG), REFERENCE_CONFIG, ["libggml-cpu-b.so"], 2)
    assert measured == variants[1:] * 2 and result.rounds == 2
    with pytest.raises(PortError, match=r"libggml-cpu-c\.so: known are"):
        processor.bench(load_settings(REFERENCE_CONFIG), REFERENCE_CONFIG, ["libggml-cpu-c.so"])
