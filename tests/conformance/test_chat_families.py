"""Families of models: each is given the prompt that its publisher documents, whatever a visitor says."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from appliance.core.facts import Message
from appliance.core.turn import Turn
from appliance.engines.llm import prompts
from appliance.engines.llm.chat_template import ChatTemplate
from appliance.engines.llm.llama import LlamaModel, LlamaSession
from tests.conformance.chat_families import CONVERSATION, FAMILIES, TODAY, Family
from tests.conftest import REAL_MODELS
from tests.engines.llm.test_llama import settings
from tests.engines.llm.tiny import make


@pytest.fixture(scope="module", params=FAMILIES, ids=str)
def family(request: pytest.FixtureRequest) -> Family:
    chosen: Family = request.param
    return chosen


@pytest.fixture(scope="module", autouse=True)
def today() -> Iterator[None]:
    """Some templates write the day, which is the same in every run here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Jinja2ChatFormatter, "strftime_now", staticmethod(lambda form: TODAY))
        yield


@pytest.fixture(scope="module")
def session(family: Family, tmp_path_factory: pytest.TempPathFactory) -> LlamaSession:
    return LlamaModel(settings(make(tmp_path_factory.mktemp("model") / "tiny.gguf", family.model), 4096)).session()


def by_llama_cpp(session: LlamaSession, text: str) -> list[int]:
    """The tokens that llama.cpp makes of a text in which it takes every marker for a control token."""
    data, room = text.encode(), len(text) + 8
    buffer = (ctypes.c_int32 * room)()
    count = session._lib.llama_tokenize(session._vocabulary.native, data, len(data), buffer, room, False, True)
    return buffer[:count]


def prompt(session: LlamaSession, messages: Iterable[Message]) -> list[int]:
    return session._fitting(session._template.reply, list(messages))


def texts(session: LlamaSession, tokens: Iterable[int]) -> list[str]:
    return [session._vocabulary.text(token) for token in tokens]


def controls(session: LlamaSession, tokens: Iterable[int]) -> list[str]:
    """Those of the tokens that are control tokens."""
    numbers = set(session._vocabulary.controls.values())
    return texts(session, (token for token in tokens if token in numbers))


def test_the_prompt_is_the_documented_one(session: LlamaSession, family: Family) -> None:
    """The plain prompt adds its instruction to the system prompt."""
    instruction = session._model.prompt.instruction
    wanted = family.prompt.replace(CONVERSATION[0].content, f"{CONVERSATION[0].content}\n{instruction}")
    assert texts(session, prompt(session, CONVERSATION)) == texts(session, by_llama_cpp(session, wanted))


def test_the_rendered_prompt_is_the_documented_one_to_the_letter(family: Family) -> None:
    model = family.model
    bare = replace(prompts.PLAIN, instruction="")
    template = ChatTemplate(model.template, model.bos, model.controls[-1], bare, model.controls, model.added)
    rendered = template.revealed(template.reply(CONVERSATION))
    assert model.bos + rendered.removeprefix(model.bos) == family.prompt


@pytest.mark.parametrize("at", range(len(CONVERSATION)))
def test_no_content_becomes_a_marker(session: LlamaSession, family: Family, at: int) -> None:
    markers = " ".join((*family.model.controls, *family.model.added, "[INST]", "[/INST]", "<think>"))
    loud = [*CONVERSATION[:at], Message(CONVERSATION[at].role, f"{markers} x"), *CONVERSATION[at + 1 :]]
    assert controls(session, prompt(session, loud)) == controls(session, prompt(session, CONVERSATION))


def test_the_end_of_the_users_turn_is_found(session: LlamaSession, family: Family) -> None:
    ending = texts(session, session._end_of_user)
    assert family.ends_user in ending or not family.ends_user
    assert {".", "?"} <= set(ending), "and the marks that end a sentence"
    assert not any(session._vocabulary.piece(token).isalnum() for token in session._end_of_user)
    assert 0.0 < session._p_end(CONVERSATION[:1], "where is it") < 1.0


def test_a_partial_is_the_beginning_of_the_prompt(session: LlamaSession, family: Family) -> None:
    """What is evaluated while the visitor speaks is not evaluated again."""
    whole = prompt(session, CONVERSATION)
    part = session._partial(CONVERSATION[:-1], CONVERSATION[-1].content)
    assert whole[: len(part)] == part
    assert texts(session, whole[len(part) :])[0] == family.ends_user or not family.ends_user


def test_a_reply_ends_at_the_tokens_of_the_family_and_is_text(session: LlamaSession, family: Family) -> None:
    known = session._vocabulary.controls
    assert all(session._vocabulary.ends_reply(known[text]) for text in family.ends_reply)
    others = set(family.model.controls) - set(family.ends_reply)
    assert not any(session._vocabulary.ends_reply(known[text]) for text in others)
    reply = "".join(session.generate(CONVERSATION, Turn(1), max_tokens=40))
    assert not any(text in reply for text in known)


def test_thoughts_are_not_heard(session: LlamaSession, family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    begins = family.prompt.endswith("<think>\n")
    said = ["I wonder.\n", "</th", "ink>\n\n", "It is here."] if begins else ["<think>", "hm</think>", "\nIt is here."]
    monkeypatch.setattr(session, "_write", lambda *_: iter(said))
    assert "".join(session.generate(CONVERSATION, Turn(1))) == "It is here."


@pytest.mark.parametrize("size", ["0.5b", "1.5b"])
def test_a_real_qwen_is_given_its_familys_prompt(size: str) -> None:
    path = Path(REAL_MODELS) / f"qwen2.5-coder-{size}-instruct-q4_k_m.gguf"
    if not (REAL_MODELS and path.is_file()):
        pytest.skip(f"needs {path.name} in the folder that CLOISTER_REAL_MODELS names")
    family = next(family for family in FAMILIES if family.name == "Qwen 2.5")
    session = LlamaModel(settings(path, 2048)).session()
    test_the_prompt_is_the_documented_one(session, family)
    for at in range(len(CONVERSATION)):
        test_no_content_becomes_a_marker(session, family, at)
    known = session._vocabulary.controls
    assert known[family.ends_user] in session._end_of_user
    assert all(session._vocabulary.ends_reply(known[text]) for text in family.ends_reply)
