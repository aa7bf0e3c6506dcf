"""The recipe of the answers' model end to end on a few pairs: sites, training, export, and the appliance's adapter.

Run it in the recipes' environment (models/recipes/requirements.txt). It is skipped with the reason without torch.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest

for _module in ("torch", "transformers"):
    pytest.importorskip(_module, reason=f"{_module} is not installed: use models/recipes/requirements.txt")

import torch  # noqa: E402
import yaml  # noqa: E402

from appliance.bench.workbench.material import QUESTIONS  # noqa: E402
from appliance.engines.embedding.answers import PAIR_TOKENS, AnswerNetwork  # noqa: E402
from models.recipes.answers import public, sites  # noqa: E402
from models.recipes.answers.export import export  # noqa: E402
from models.recipes.answers.model import AnswerModel  # noqa: E402
from models.recipes.answers.pairs import Pair, joined  # noqa: E402
from models.recipes.answers.train import train  # noqa: E402
from tests.brain.test_retrieval import Words  # noqa: E402

SITE = """
@ A pool
> The slide is open from noon.
+ when can we slide | is the slide open now
- how long is the slide
> Towels cost two dollars.
+ what is a towel | do you have towels
- can i wash my towel
> The bar is on the roof.
+ where is the bar | how do i get to the bar
- what is on the card
> Dogs wait outside.
+ can my dog come in | where do i leave the dog
- is the dog dangerous
= do you have horses | is there wifi
"""


@pytest.fixture
def invented(tmp_path: Path) -> list[sites.Invented]:
    path = tmp_path / "sites.txt"
    path.write_text(SITE)
    return sites.read(path)


def test_pairs_of_a_site_say_what_answers_what(invented: list[sites.Invented]) -> None:
    pairs = sites.pairs(invented, Words().embed, Random(1))
    assert ("when can we slide", 1.0) in {(pair.question, pair.answered) for pair in pairs}
    for pair in pairs:
        right = [fact for fact in invented[0].facts if pair.question in fact.answered]
        assert pair.answered == float(any(pair.text.startswith(fact.say) for fact in right)), pair
        assert pair.question not in pair.text.split(" [SEP] ")
    near = [pair for pair in pairs if pair.question == "how long is the slide"]
    assert near[0].answered == 0.0 and any(pair.text.startswith("the slide") for pair in near)


def test_a_line_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sites.txt").write_text("@ X\n* what\n")
    with pytest.raises(ValueError, match=r"sites\.txt, line 2"):
        sites.read(tmp_path / "sites.txt")


def strings(value: object) -> Iterator[str]:
    """All texts in what a YAML file holds."""
    if isinstance(value, str):
        yield " ".join(value.lower().split())
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


def test_no_question_of_the_sheets_is_trained_on() -> None:
    own = set(sites.sentences(sites.read_all()))
    assert len(own) > 15_000
    for path in QUESTIONS.rglob("*.yaml"):
        assert not own & set(strings(yaml.safe_load(path.read_text(encoding="utf-8")))), path.name


class FewWords(Words):
    """A teacher that only counts words."""


def test_published_texts_become_pairs(tmp_path: Path) -> None:
    rows = [{"question": f"is number {n} green", "passage": f"N{n} -- It is {n}. It is green."} for n in range(9)]
    boolq = tmp_path / "boolq.jsonl"
    boolq.write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "qnli.tsv").write_text("index\tq\ts\tlabel\n0\tWho came?\tAnn came.\tentailment\n1\tWho?\tNo.\tnot\n")
    teacher: Sequence[Pair] = public.labelled(tmp_path, boolq, tmp_path / "qnli.tsv", FewWords(), Random(2))  # type: ignore[arg-type]
    assert Pair("who came?", "ann came.", 1.0, 1.0, None) in teacher
    assert Pair("who?", "no.", 0.0, 1.0, None) in teacher
    assert "is number 3 green" in public.sentences(tmp_path, boolq)


def test_a_training_goes_on_from_its_checkpoint_and_its_export_is_read_by_the_appliance(
    invented: list[sites.Invented], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = sites.pairs(invented, Words().embed, Random(1))
    checkpoint = tmp_path / "train.pt"
    train(pairs, checkpoint, epochs=2.0, peak=1e-3)
    train(pairs, checkpoint, epochs=4.0, peak=1e-3)
    first, second = capsys.readouterr().out.splitlines()[:2]
    assert "from step 0" in first and "from step 0" not in second
    export(checkpoint, tmp_path)
    model = AnswerModel().eval()
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    judge = AnswerNetwork(tmp_path / "answers.q8.gguf")
    texts = [["The slide is open from noon.", "is the slide open now"], ["Dogs wait outside. " * PAIR_TOKENS]]
    asked = [Pair("when can we slide", joined([line.lower() for line in text]), None, 0.0, None) for text in texts]
    with torch.inference_mode():
        wanted = model(*model.batch(asked))[:, 0].numpy()
    np.testing.assert_allclose(judge.log_odds("When can we slide", texts), wanted, atol=0.2)
