"""The language model port on the real starter model. The engine is tested, not how well it answers."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config.box import BrainSettings, EarSettings, Settings, VoiceSettings
from appliance.core.calibration import Calibration
from appliance.core.facts import Message
from appliance.core.ports import PortError
from appliance.core.turn import Turn
from appliance.engines.llm import llama, measured
from appliance.engines.llm.chat_template import ChatTemplate
from appliance.engines.llm.llama import LlamaModel, LlamaSession
from appliance.engines.llm.measured import Measured
from appliance.engines.llm.prompts import PLAIN, STARTER
from tests.engines.llm.tiny import Tiny, make

MODEL = Path(__file__).parents[3] / "models" / "starter" / "brain" / "cloister-starter-q8.gguf"
SYSTEM = Message(
    "system", "You are Ada, the voice assistant at St Mary's Hospital. Answer in one or two short sentences."
)
QUESTION = "where is the pharmacy"
FACTS = Message("facts", "fact: The pharmacy is on the ground floor, next to the main entrance.")
GRAMMAR = r"""
root   ::= "{\"intent\": \"" intent "\"" slot* "}"
intent ::= "question" | "book" | "other"
slot   ::= ", \"" ("name" | "day") "\": \" " [a-z ]+ "\""
"""


def settings(model: Path = MODEL, context_tokens: int = 1024) -> Settings:
    return Settings(
        site=Path("site.yaml"),
        ear=EarSettings(),
        brain=BrainSettings(model=model, context_tokens=context_tokens),
        voice=VoiceSettings(model=Path("voice.onnx")),
        threads=1,
    )


@pytest.fixture(scope="module")
def loaded() -> LlamaModel:
    return LlamaModel(settings())


@pytest.fixture
def session(loaded: LlamaModel) -> LlamaSession:
    """A session of the model."""
    return loaded.session()


def say(session: LlamaSession, messages: list[Message], **options: object) -> str:
    return "".join(session.generate(messages, Turn(1), **options))  # type: ignore[arg-type]


def cost(session: LlamaSession, messages: list[Message], partial: str) -> int:
    """The number of tokens that a prefill evaluates."""
    before = session.evaluated_tokens
    session.prefill(messages, partial, Turn(1))
    return session.evaluated_tokens - before


def test_the_second_call_evaluates_only_what_is_new(session: LlamaSession) -> None:
    whole = cost(session, [SYSTEM], QUESTION)
    messages = [SYSTEM, Message("user", QUESTION), FACTS]
    before = session.evaluated_tokens
    reply = say(session, messages)
    facts_and_reply = session.evaluated_tokens - before
    next_turn = cost(session, [*messages, Message("assistant", reply)], "and")
    assert whole > 25
    assert facts_and_reply < 30 + 160
    # the end of the reply, its newline, the head of the user's message and one word
    assert next_turn <= 8


def test_a_growing_partial_costs_its_new_words(session: LlamaSession) -> None:
    words = "could you please tell me where the pharmacy is".split()
    first = cost(session, [SYSTEM], words[0])
    later = [cost(session, [SYSTEM], " ".join(words[:n])) for n in range(2, len(words) + 1)]
    assert first > 25
    assert max(later) <= 4
    assert cost(session, [SYSTEM], " ".join(words)) == 0


def test_a_partial_that_is_taken_back_costs_its_replacement(session: LlamaSession) -> None:
    cost(session, [SYSTEM], "where is the farm")
    assert cost(session, [SYSTEM], "where is the pharmacy please") <= 4
    assert cost(session, [SYSTEM], "where") <= 2


def test_the_cache_does_not_change_what_is_said(session: LlamaSession) -> None:
    messages = [SYSTEM, Message("user", QUESTION), FACTS]
    cold = say(session, messages)
    cost(session, [SYSTEM], "where is the farm")
    cost(session, [SYSTEM], QUESTION)
    assert say(session, messages) == cold
    assert cold == cold.strip() != ""
    assert "<|" not in cold


def test_a_cancelled_turn_evaluates_nothing(session: LlamaSession) -> None:
    turn = Turn(2)
    turn.cancel()
    before = session.evaluated_tokens
    session.prefill([SYSTEM], QUESTION, turn)
    assert list(session.generate([SYSTEM, Message("user", QUESTION), FACTS], turn)) == []
    assert session.evaluated_tokens == before


def test_cancelling_stops_inside_a_prefill(session: LlamaSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelled from another thread while llama.cpp is in the middle of one call."""
    long = Message("system", "nothing " * 240)
    turn = Turn(3)
    calls: list[int] = []
    decode = session._lib.llama_decode

    def watched(context: object, batch: object) -> int:
        threading.Timer(0.005, turn.cancel).start()
        calls.append(decode(context, batch))
        return calls[-1]

    monkeypatch.setattr(session._lib, "llama_decode", watched)
    before = session.evaluated_tokens
    session.prefill([long], QUESTION, turn)
    assert calls == [llama._ABORTED]
    assert session.evaluated_tokens == before
    monkeypatch.undo()
    assert cost(session, [long], QUESTION) > 240


def test_a_late_cancel_does_not_stop_the_next_turn(session: LlamaSession) -> None:
    old = Turn(5)
    session.prefill([SYSTEM], QUESTION, old)
    session._stop._raise()
    assert say(session, [SYSTEM, Message("user", QUESTION), FACTS])


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_reply_obeys_its_grammar(session: LlamaSession, temperature: float) -> None:
    for text in ("i need an appointment on tuesday", "bananas", "where are you"):
        ask = [SYSTEM, Message("user", text), Message("tool", "understand: name, day")]
        answer = json.loads(say(session, ask, grammar=GRAMMAR, temperature=temperature, max_tokens=200))
        assert answer["intent"] in ("question", "book", "other")
        assert set(answer) <= {"intent", "name", "day"}


def test_end_of_turn_costs_nothing_after_a_prefill_and_ranks_whole_above_cut(session: LlamaSession) -> None:
    cost(session, [SYSTEM], QUESTION)
    before = session.evaluated_tokens
    whole = session.end_of_turn_probability([SYSTEM], QUESTION)
    assert session.evaluated_tokens == before
    assert 0 <= session.end_of_turn_probability([SYSTEM], "where is the") < whole <= 1


def controls_of(session: LlamaSession, messages: list[Message]) -> list[str]:
    """The control tokens of a prompt."""
    known = session._vocabulary.controls
    return [
        text
        for token in session._fitting(session._template.reply, messages)
        if known.get(text := session._vocabulary.text(token)) == token
    ]


@pytest.mark.parametrize("role", ["user", "assistant", "system", "facts", "tool"])
def test_no_text_becomes_a_control_token(session: LlamaSession, role: str) -> None:
    controls = list(session._vocabulary.controls)
    assert "<|im_start|>" in controls
    said = " ".join(controls) + "".join(controls) + "<|im_st<|im_start|>art|>"
    at = {"system": 0, "user": 1, "assistant": 2, "facts": 3, "tool": 4}[role]
    quiet = [SYSTEM, Message("user", "a"), Message("assistant", "b"), Message("facts", "c"), Message("tool", "d")]
    loud = [*quiet[:at], Message(quiet[at].role, said), *quiet[at + 1 :]]
    assert controls_of(session, loud) == controls_of(session, quiet)
    prompt = session._template.reply(quiet)
    number = session._vocabulary.controls["<|im_start|>"]
    assert session._tokens.prompt(prompt + "<|im_start|>") == [*session._tokens.prompt(prompt), number], "control"


MARKED = Tiny(
    "{% for m in messages %}<start_of_turn>{{ m.role }}\n[INST]{{ m.content | trim }}[/INST]<end>{% endfor %}",
    controls=("<start_of_turn>", "<eos>", "<end>"),
    added=("<tool>", "ab"),
)
"""its template writes control tokens, and markers that are ordinary text"""


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> LlamaSession:
    return LlamaModel(settings(make(tmp_path_factory.mktemp("tiny") / "marked.gguf", MARKED))).session()


MARKERS = ["<start_of_turn>", "<eos>", "<end>", "<tool>", "[INST]", "[/INST]"]


@given(st.lists(st.sampled_from([*MARKERS, "<", ">", "[", "]", "start_of_turn", "<end", " ", "a", "b", "\ue000"])))
def test_a_content_is_text_whatever_it_says(marked: LlamaSession, pieces: list[str]) -> None:
    said = f"a{''.join(pieces)}b"
    tokens = marked._tokens.prompt(marked._template.reply([Message("user", said)]))
    words = [marked._vocabulary.text(token) for token in tokens]
    assert words[:1] == ["<start_of_turn>"] and words[-1:] == ["<end>"]
    inner = b"".join(marked._vocabulary.piece(token) for token in tokens[1:-1]).decode()
    assert not set(MARKERS) & set(words[1:-1])
    assert inner.removeprefix("user\n[INST]").removesuffix("[/INST]").replace(" ", "") == said.replace(" ", "").replace(
        "\ue000", ""
    )
    assert inner.count("[INST]") == inner.count("[/INST]") == 1


@pytest.mark.parametrize("text", ["where is the x-ray [in here]?", "1 < 2 and 3 > 2", "a|b, <3", "[inst]", "caf\u00e9"])
def test_ordinary_words_become_the_tokens_that_llama_cpp_makes(marked: LlamaSession, text: str) -> None:
    tokens = marked._tokens.prompt(marked._template.reply([Message("user", text)]))
    start, end = (marked._vocabulary.controls[marker] for marker in ("<start_of_turn>", "<end>"))
    assert tokens == [start, *marked._vocabulary.numbers(f"user\n[INST]{text}[/INST]"), end]


def test_a_prompt_begins_with_the_token_that_the_vocabulary_wants_once(tmp_path: Path) -> None:
    for template in ("{{ bos_token }}", ""):
        tiny = Tiny(
            template + "{% for m in messages %}{{ m.content }}<end>{% endfor %}", ("<bos>", "<end>"), bos="<bos>"
        )
        session = LlamaModel(settings(make(tmp_path / "tiny.gguf", tiny))).session()
        bos, end = session._vocabulary.controls["<bos>"], session._vocabulary.controls["<end>"]
        tokens = session._tokens.prompt(session._template.reply([Message("user", "a")]))
        assert tokens == [bos, *session._vocabulary.numbers("a"), end]
        assert end in session._end_of_user and bos not in session._end_of_user


@pytest.mark.parametrize("architecture", ["llama", "mamba"])
def test_an_abort_leaves_nothing_behind_in_a_model_of_any_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, architecture: str
) -> None:
    """A recurrent model cannot forget a part of what it read."""
    path = make(tmp_path / "tiny.gguf", Tiny(architecture=architecture))  # type: ignore[arg-type]
    monkeypatch.setattr(llama, "CHUNK_TOKENS", 16)
    model = LlamaModel(settings(path))
    messages = [Message("user", "where is the pharmacy " * 3)]
    alone = say(model.session(), messages, max_tokens=12)
    session, turn = model.session(), Turn(1)
    decode, calls = session._lib.llama_decode, []

    def broken_off(context: object, batch: object) -> int:
        calls.append(decode(context, batch))
        if len(calls) == 2:
            turn.cancel()
            return llama._ABORTED  # after the chunk was evaluated in part: here, all of it
        return int(calls[-1])

    monkeypatch.setattr(session._lib, "llama_decode", broken_off)
    session.prefill(messages, "and the lift is where", turn)
    assert len(calls) == 2
    monkeypatch.undo()
    assert say(session, messages, max_tokens=12) == alone
    cost(session, messages, "and the lift")
    cost(session, messages, "and where")
    assert say(session, messages, max_tokens=12) == alone


def test_progress_is_told_while_a_prompt_is_read(loaded: LlamaModel) -> None:
    told: list[int] = []
    watched = loaded.session(lambda: told.append(watched.evaluated_tokens))
    watched.prefill([Message("system", "nothing " * 700)], QUESTION, Turn(1))
    assert len(told) >= 3 and all(later - earlier <= llama.CHUNK_TOKENS for earlier, later in itertools.pairwise(told))


def test_a_plain_prompt_says_what_the_facts_are(tmp_path: Path) -> None:
    session = LlamaModel(settings(make(tmp_path / "tiny.gguf", Tiny()))).session()
    rendered = session._template.reply([SYSTEM, Message("user", QUESTION), FACTS])
    assert rendered.startswith(f"<|im_start|>system\n{SYSTEM.content}\n{PLAIN.instruction}<|im_end|>")
    assert f"user\n{QUESTION}\n\n{FACTS.content}<|im_end|>" in rendered, "its template would write any role"


BOMBS = {
    "a repeated text": "{{ 'a' * 3000000000 }}",
    "a repeated text, by and by": "{{ 'aaaaaaaa' * 1000 }}",
    "products": "{% set n = 1000 * 1000 * 1000 %}{{ n }}",
    "a power": "{{ 9 ** 9 ** 9 }}",
    "a large range": "{% for i in range(99999999) %}a{% endfor %}",
    "ranges in ranges": "{% for i in range(9999) %}{% for j in range(9999) %}a{% endfor %}{% endfor %}",
    "doubling": "{% set x = 'a' %}{% for i in range(60) %}{% set x = x ~ x %}{% endfor %}",
    "doubling by adding": "{% set n = namespace(x='a') %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "a wide column": "{{ 'a'.ljust(3000000000) }}",
    "a repeated list": "{{ [1, 2] * 900 }}",
    "size": "a" * 100_001,
    "no template": "{% for %}",
}


@pytest.mark.parametrize("source", BOMBS.values(), ids=BOMBS)
def test_a_template_that_uses_up_the_machine_is_refused_before_it_runs(source: str) -> None:
    with pytest.raises(ValueError, match="it "):
        ChatTemplate(source, "", "", STARTER)


@pytest.fixture(scope="module")
def small() -> LlamaSession:
    """With room for few turns."""
    return LlamaModel(settings(context_tokens=256)).session()


@pytest.mark.parametrize(("turns", "words"), [(1, 150), (2, 150), (3, 100), (4, 60), (5, 60), (8, 30), (40, 4)])
def test_old_turns_leave_a_full_context(small: LlamaSession, turns: int, words: int) -> None:
    """This holds for few long turns and for many short ones. The last question stays."""
    history = [SYSTEM]
    for number in range(turns):
        history += [Message("user", f"question number {number}"), Message("assistant", "word " * words)]
    assert say(small, [*history, Message("user", QUESTION), FACTS], max_tokens=20)


def test_a_prompt_that_never_fits_the_context_is_an_error(small: LlamaSession) -> None:
    with pytest.raises(PortError, match="context_tokens"):
        say(small, [Message("system", "words " * 400), Message("user", QUESTION)])


def test_a_template_without_our_roles_gets_facts_after_the_question() -> None:
    """Gemma's template knows only user and model, strictly in turn."""
    source = (
        "{% for m in messages %}{% set due = 'user' if loop.index0 % 2 == 0 else 'assistant' %}{% if m.role != due %}"
        "{{ raise_exception('roles') }}{% endif %}[{{ m.role }}]{{ m.content | trim }}[end]{% endfor %}"
    )
    template = ChatTemplate(source, "", "", STARTER)
    messages = [SYSTEM, Message("user", "hi"), Message("assistant", "hello"), Message("user", QUESTION), FACTS]
    prompt = template.reply(messages)
    assert prompt.startswith(f"[user]{SYSTEM.content}\n\nhi[end]")
    assert prompt.endswith(f"[user]{QUESTION}\n\n{FACTS.content}[end]")
    assert prompt.startswith(template.partial(messages[:3], QUESTION))


def test_errors_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(PortError, match="does not exist"):
        LlamaModel(settings(tmp_path / "none.gguf"))
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(b"not a model")
    with pytest.raises(PortError, match=r"wrong\.gguf is not a GGUF"):
        LlamaModel(settings(wrong))


def test_llama_cpp_is_silent(tmp_path: Path) -> None:
    code = (
        "from tests.engines.llm.test_llama import *\n"
        "m = LlamaModel(settings()).session()\n"
        "m.prefill([SYSTEM], QUESTION, Turn(1))\n"
        "print('done')\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=MODEL.parents[3], timeout=120, check=True
    )
    assert (run.stdout, run.stderr) == ("done\n", "")


def in_cache(session: LlamaSession) -> str:
    """The text of the tokens in the KV cache, and whether llama.cpp agrees on their number."""
    positions = session._lib.llama_memory_seq_pos_max(session._memory, 0) + 1
    assert positions == len(session._reply.cached)
    return b"".join(session._vocabulary.piece(token) for token in session._reply.cached).decode()


def test_a_forgotten_visitor_leaves_nothing_in_the_cache(session: LlamaSession) -> None:
    secret = "i have tested positive for hepatitis"
    cost(session, [SYSTEM], secret)
    reply = say(session, [SYSTEM, Message("user", secret), FACTS])
    assert "hepatitis" in in_cache(session), "control: it is there before"
    session.forget([SYSTEM])
    left = in_cache(session)
    assert "Ada" in left or "ada" in left, "the beginning of every conversation is kept"
    assert not {"tested", "positive", "hepatitis", "pharmacy", "ground"} & set(left.replace(".", " ").split())
    assert reply not in left
    assert not set(session._batch.token[: llama.CHUNK_TOKENS]) & set(session._vocabulary.numbers(" hepatitis"))


def test_forgetting_does_not_slow_the_next_visitor(session: LlamaSession) -> None:
    cost(session, [SYSTEM], QUESTION)
    fresh = cost(session, [SYSTEM], "x")
    cost(session, [SYSTEM, Message("user", QUESTION), Message("assistant", "On the left.")], "and the lift")
    session.forget([SYSTEM])
    assert cost(session, [SYSTEM], QUESTION) <= fresh + 8, "the system prompt is evaluated already"
    before = session.evaluated_tokens
    session.forget([SYSTEM])
    session.forget([SYSTEM])
    assert session.evaluated_tokens == before, "and once for all visitors"


def test_on_one_thread_a_session_computes_alone(tmp_path: Path) -> None:
    session = LlamaModel(replace(settings(make(tmp_path / "tiny.gguf", Tiny())), threads=2)).session()
    session._model.threads = 2  # as for a model that is not small
    with session.on_one_thread():
        assert session._lib.llama_n_threads(session._context) == 1
    assert session._lib.llama_n_threads(session._context) == 2


def test_forgetting_does_not_change_later_replies(session: LlamaSession) -> None:
    messages = [SYSTEM, Message("user", QUESTION), FACTS]
    cold = say(session, messages)
    session.forget([SYSTEM])
    assert say(session, messages) == cold
    session.forget([])
    assert in_cache(session) == ""
    assert say(session, messages) == cold


def test_a_session_gives_its_memory_back(loaded: LlamaModel, monkeypatch: pytest.MonkeyPatch) -> None:
    freed: list[object] = []
    free = loaded._lib.llama_free

    def watched(context: object) -> None:
        freed.append(context)
        free(context)

    monkeypatch.setattr(loaded._lib, "llama_free", watched)
    session = loaded.session()
    context = session._context
    cost(session, [SYSTEM], QUESTION)
    del session
    assert freed == [context]


def test_the_end_of_a_turn_is_judged_as_it_was_measured(tmp_path: Path) -> None:
    """An instruct model is not trained on visitors' turns. Before it was measured, its opinion counts for nothing."""
    path = make(tmp_path / "tiny.gguf", Tiny())
    box = replace(settings(path), prepared=tmp_path)
    unknown = LlamaModel(box).session()
    assert unknown.end_of_turn_probability([SYSTEM], QUESTION) == 0.5
    assert unknown.evaluated_tokens == 0
    measured.write(tmp_path, path, Measured(turn_end=Calibration(0.5, 2.0)))
    known = LlamaModel(box).session()
    opinion = known.end_of_turn_opinion([SYSTEM], QUESTION)
    assert known.end_of_turn_probability([SYSTEM], QUESTION) == Calibration(0.5, 2.0).probability(opinion)
    marks = {known._vocabulary.piece(token) for token in known._end_of_user}
    assert {b".", b"?", b"!", b"\n"} <= marks, "models write a mark before they end"


def test_the_prompts_of_a_kind_stay_in_the_cache_while_others_are_read(tmp_path: Path) -> None:
    session = LlamaModel(settings(make(tmp_path / "tiny.gguf", Tiny()))).session()
    asked = [Message("system", "choose"), Message("user", "a or b")]
    cost(session, [SYSTEM], QUESTION)
    session.choose(asked, "AB", Turn(1))
    before = session.evaluated_tokens
    session.prefill([SYSTEM], QUESTION, Turn(1))
    session.choose(asked, "AB", Turn(1))
    assert session.evaluated_tokens == before
    session.forget([])
    assert all(session._lib.llama_memory_seq_pos_max(session._memory, number) < 0 for number in range(3))
