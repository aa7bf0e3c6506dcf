"""The recipe of the model of distress end to end on a few utterances: texts, training, export, and the appliance's
adapter.

Run it in the recipes' environment (models/recipes/requirements.txt). It is skipped with the reason without torch.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

for _module in ("torch", "transformers"):
    pytest.importorskip(_module, reason=f"{_module} is not installed: use models/recipes/requirements.txt")

from appliance.bench.workbench.emergencies import SHEETS, sheet  # noqa: E402
from appliance.engines.embedding.distress import DistressNetwork, as_spoken  # noqa: E402
from models.recipes.distress.export import export  # noqa: E402
from models.recipes.distress.train import train  # noqa: E402
from models.recipes.distress.utterances import Utterance, place, read_all, utterances  # noqa: E402
from tests.conftest import CHECKOUT  # noqa: E402

ANSWERS = CHECKOUT / "models" / "starter" / "answers" / "answers.q8.gguf"


def test_utterances_have_the_kind_of_their_heading(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("# raise birth\nthe baby's coming\n# quiet idioms\nhe's a heart attack on legs\n")
    (tmp_path / "a_heard.tsv").write_text("the baby is humming\tthe baby's coming\n")
    said = read_all(tmp_path)
    birth = place("raise", "help")
    assert [(one.text, one.kind) for one in said] == [
        ("the baby's coming", birth),
        ("he's a heart attack on legs", 0),
        ("the baby is humming", birth),
    ]
    assert said[2].weight < 1.0
    (tmp_path / "b.txt").write_text("# raise birth\n# rise fire\n")
    with pytest.raises(ValueError, match=r"b\.txt, line 2"):
        read_all(tmp_path)


def test_no_sentence_of_the_sheets_is_trained_on() -> None:
    said = {one.text for one in utterances(Path("/nonexistent"), Random(0))}
    assert len(said) > 10_000
    assert not said & {as_spoken(one.text) for name in SHEETS for one in sheet(name)}


def test_a_training_goes_on_from_its_checkpoint_and_its_export_is_read_by_the_appliance(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = [Utterance("he fell", 6, 1.0), Utterance("the fall of rome", 0, 1.0), Utterance("i fell for her", 0, 1.0)]
    checkpoint = tmp_path / "train.pt"
    train(said, checkpoint, 2, ANSWERS)
    train(said, checkpoint, 4, ANSWERS)
    begun = [line for line in capsys.readouterr().out.splitlines() if "from step" in line]
    assert "from step 0" in begun[0] and "from step 2" in begun[1]
    export(checkpoint, tmp_path, said)
    network = DistressNetwork(tmp_path / "distress.q8.gguf")
    needed, *not_needed = (sum(network.kinds(one.text).values()) for one in said)
    assert max(not_needed) < 0.2 < 0.8 < needed
