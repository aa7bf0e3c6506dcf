"""The starter brain's recipe: the rules that its dialogues keep, and a few steps of the real training."""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random
from typing import Any

import pytest

from models.recipes.brain import booking, dialogue, facts, public, wording

TEXTS = public.PublicTexts(
    smalltalk={kind: [f"{kind} there my friend"] for kind in ("hello", "thanks", "bye", "who", "can")},
    yes=["absolutely"],
    no=["absolutely not"],
    questions=["what is the weather in paris", "who won the match"],
    wishes=["play some music", "turn on the light"],
    slotted=[public.Slotted("a table for four at noon", {"people": "four", "time": "noon"}, None, "book")],
    statements=[
        f"the {word} committee meets behind the old barn." for word in ("garden", "finance", "harvest", "music", "road")
    ],
)


def conversations(count: int, seed: int = 7) -> list[list[dialogue.Message]]:
    rng = Random(seed)
    return [dialogue.dialogue(rng, TEXTS) for _ in range(count)]


def test_roles_follow_the_prompt_format() -> None:
    for messages in conversations(300):
        roles = [m.role for m in messages]
        assert roles[0] == "system"
        assert roles[-1] == "assistant"
        for before, role, message in zip(roles, roles[1:], messages[1:], strict=False):
            if role in ("facts", "tool"):
                assert before == "user"
            if role == "assistant" and message.learn:
                assert before in ("facts", "tool")


def test_every_figure_in_a_reply_is_in_its_facts() -> None:
    """A model trained on replies with figures of their own would learn to make them up."""
    for messages in conversations(500):
        for at, message in enumerate(messages):
            if message.role == "assistant" and message.learn:
                given = " ".join(m.text for m in messages[at - 2 : at])
                made_up = set(re.findall(r"\d+", message.text)) - set(re.findall(r"\d+", given))
                assert not made_up, (given, message.text)


def test_extracted_values_are_words_of_the_visitor_and_were_asked_for() -> None:
    seen = set()
    for messages in conversations(600):
        for before, asked, reply in zip(messages, messages[1:], messages[2:], strict=False):
            if asked.text.startswith("understand: ") and reply.role == "assistant":
                answer = json.loads(reply.text)
                seen.add(answer.pop("intent"))
                wanted = asked.text.removeprefix("understand: ").split(", ")
                assert [s for s in wanted if s in answer] == list(answer)
                for value in answer.values():
                    assert value.startswith(" ")
                    assert value.strip() in before.text
    assert seen == set(dialogue.INTENTS)


def test_refusals_come_with_facts_that_do_not_answer() -> None:
    rng = Random(3)
    for _ in range(300):
        fact = facts.make(rng)
        for other in dialogue._distractors([fact], rng, 3):
            assert other.key != fact.key
            assert not facts.confusable(fact, other)


@pytest.mark.parametrize("make", [booking.ask, booking.confirm, booking.result])
def test_replies_to_host_messages_have_their_values(make: Any) -> None:
    rng = Random(5)
    for _ in range(300):
        message, reply = make(rng)
        assert "<" not in message + reply
        assert "  " not in reply
        if make is booking.confirm:
            for field in message.split("; ")[1:]:
                assert field.split(": ", 1)[1] in reply


def test_templates_expand_completely() -> None:
    rng = Random(1)
    for _ in range(1500):
        fact = facts.make(rng)
        for text in (fact.text, fact.question(rng), fact.answer(rng)):
            assert not re.search(r"[<>()|]", text), text


def test_corruption_changes_the_requested_share_of_words() -> None:
    rng = Random(2)
    text = "one two three four five six seven eight nine ten"
    same = sum(word in wording.corrupt(text, rng, 0.2).split() for _ in range(500) for word in text.split())
    assert 0.78 < same / 5000 < 0.88  # a fifth is changed, and some of those are only repeated


def test_public_texts_are_split_into_halves(shared: Path) -> None:
    folder = shared / "F-text"
    train, test = public.read(folder), public.read(folder, held_out=True)
    assert len(train.slotted) > 3000
    assert len(train.statements) > 5000
    assert not test.statements
    overlap = set(train.questions) & set(test.questions)
    assert len(overlap) < 0.02 * len(test.questions)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tokenizer and a checkpoint after a few real steps."""
    for library in ("torch", "tokenizers"):
        pytest.importorskip(library, reason=f"training needs {library}: pip install -r models/recipes/requirements.txt")
    import torch

    from models.recipes.brain import encoding, training

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("brain")
    encoding.train_tokenizer(TEXTS, folder / "tokenizer.json", dialogues=1500)
    trainer = training.Trainer(
        training.Schedule(steps=8, warm_up=2), encoding.Encoder(folder / "tokenizer.json"), TEXTS
    )
    trainer.run(folder / "checkpoint.pt", save_every=4, report_every=4)
    return folder


def test_training_learns_and_resumes(trained: Path) -> None:
    from models.recipes.brain import encoding, training

    encoder = encoding.Encoder(trained / "tokenizer.json")
    fresh = training.Trainer(training.Schedule(steps=10, warm_up=2), encoder, TEXTS)
    ids, weights, _ = next(fresh.batches())
    before, _ = fresh.update(ids, weights)
    fresh.load(trained / "checkpoint.pt")
    assert fresh.step == 8
    after, _ = fresh.update(ids, weights)
    assert after < before - 1
    fresh.run(trained / "checkpoint.pt")
    assert fresh.step == 10


def test_the_export_gives_the_probabilities_of_the_checkpoint(trained: Path) -> None:
    """Tokens and probabilities are those of PyTorch, except for the rounding to 8 bits."""
    pytest.importorskip("llama_cpp", reason="needs llama-cpp-python beside torch")
    import numpy as np
    import torch

    from appliance.config.box import BrainSettings, EarSettings, Settings, VoiceSettings
    from appliance.core.facts import Message
    from appliance.core.turn import Turn
    from appliance.engines.llm.llama import LlamaModel
    from models.recipes.brain.encoding import Encoder
    from models.recipes.brain.export import export
    from models.recipes.brain.model import Brain

    out = trained / "model.gguf"
    export(trained / "checkpoint.pt", trained / "tokenizer.json", out)
    brain, voice = BrainSettings(model=out), VoiceSettings(model=Path("none"))
    engine = LlamaModel(Settings(site=Path("none"), ear=EarSettings(), brain=brain, voice=voice, threads=1)).session()
    said = [dialogue.Message("system", "you are ada."), dialogue.Message("user", "where's room 12, café?")]
    ids, _ = Encoder(trained / "tokenizer.json").encode(said)
    rendered = engine._fitting(engine._template.reply, [Message(m.role, m.text) for m in said])  # type: ignore[arg-type]
    assert rendered[: len(ids)] == ids
    model = Brain()
    model.load_state_dict(torch.load(trained / "checkpoint.pt", weights_only=True)["model"])
    with torch.no_grad():
        expected = torch.softmax(model(torch.tensor([rendered]))[0, -1], -1).numpy()
    logits = engine._evaluate(engine._reply, rendered, Turn(0))
    assert logits is not None
    found = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    assert np.abs(found - expected).max() < 0.05
