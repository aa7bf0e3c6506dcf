"""A conversation in writing: the dialogue and the responder are the real ones, on a scripted retrieval and model."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from appliance.brain.responder import SiteResponder
from appliance.config.site import load_site
from appliance.core.ports import PortError
from appliance.engines.llm.slot_reader import StarterSlotReader
from appliance.runtime.written import Chat
from appliance.tools.appointments import AppointmentBook
from appliance.tools.choices import choices
from appliance.tools.executable import open_tools
from tests.brain.test_responder import HOSPITAL, Keywords, Parrot
from tests.cli.command import cloister

NOW = datetime(2026, 11, 18, 14, 45)


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    site = load_site(HOSPITAL)
    tools = open_tools(site.tools, site.language, tmp_path, lambda: NOW)
    listed, model = choices(site, tools), Parrot()
    finder, slots = Keywords(site, listed), StarterSlotReader(model)
    return Chat(
        site,
        tools,
        lambda watched: SiteResponder(site, model, slots, finder, watched, listed, lambda: NOW),
        failed=lambda error: print(error),
    )


def test_an_answer_names_its_facts(chat: Chat) -> None:
    exchange = chat.say("who is the director")
    assert exchange.reply == "The director of the hospital is Doctor Margaret Stone."
    assert (exchange.facts, exchange.tools) == (("fact:head_doctor",), ())
    assert not exchange.emergency and not exchange.closed


def test_the_listed_tool_calls_are_those_of_the_turn(chat: Chat) -> None:
    for line in ("an appointment with doctor chen on wednesday at ten", "john smith"):
        assert {call.function for call in chat.say(line).tools} == {"check"}
    done = chat.say("yes please").tools
    assert [(call.tool, call.function, call.ok) for call in done] == [("appointments", "book", True)]
    assert done[0].arguments == {
        **{"doctor": "Doctor Chen", "date": "2026-11-25", "time": "10:00", "name": "John Smith"},
    }
    assert chat.say("who is the director").tools == ()


def test_a_refusal_of_a_tool_is_shown(chat: Chat) -> None:
    exchange = chat.say("an appointment with doctor chen on friday at ten")
    assert [call.ok for call in exchange.tools] == [False]
    assert exchange.reply.startswith("Doctor Chen is not here on Fridays.")


def test_an_emergency_ends_the_conversation_and_the_next_line_opens_one(chat: Chat) -> None:
    chat.say("an appointment with doctor chen")
    exchange = chat.say("this is an emergency")
    assert exchange.emergency and exchange.closed
    assert exchange.reply.startswith("Please call out for help now.")
    assert chat.say("on wednesday").reply != "At what time?", "the form was the last visitor's"


def test_good_bye_ends_the_conversation(chat: Chat) -> None:
    assert chat.say("goodbye").closed
    assert not chat.say("who is the director").closed


def test_the_greeting_is_shown(chat: Chat) -> None:
    assert chat.greet() == load_site(HOSPITAL).persona.greeting
    assert chat.say("who is the director").facts == ("fact:head_doctor",)


def test_a_failing_tool_is_admitted_and_shown(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(book: AppointmentBook, function: str, arguments: object) -> None:
        raise PortError("the disk is full")

    monkeypatch.setattr(AppointmentBook, "call", fail)
    exchange = chat.say("an appointment with doctor chen on wednesday")
    assert exchange.reply.startswith("Sorry, something went wrong")
    assert [call.ok for call in exchange.tools] == [False]
    assert capsys.readouterr().out == "the disk is full\n"


def test_a_bad_time_is_one_clear_line(starter: Path) -> None:
    done = cloister("chat", "-c", starter, "--now", "next tuesday")
    assert done.returncode == 2
    assert "'next tuesday' is no time; write it as 2026-11-18T14:45" in done.stderr


@pytest.mark.parametrize("content", [None, b"where is it\xff\n"])
def test_an_unreadable_script_is_one_line(starter: Path, tmp_path: Path, content: bytes | None) -> None:
    script = tmp_path / "lines.txt"
    if content is not None:
        script.write_bytes(content)
    done = cloister("chat", "-c", starter, "--script", script)
    assert done.returncode == 3
    assert done.stderr.startswith(f"cloister: {script}: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_a_script_on_the_real_models(starter: Path, tmp_path: Path) -> None:
    lines = (
        "where is the pharmacy\n\ni want an appointment with doctor chen on tuesday at ten\nJohn Smith\nYes.\ngoodbye\n"
    )
    arguments = ("-c", starter, "--now", "2026-11-18T14:45", "--script", "-", "--json")
    done = cloister("chat", *arguments, "--state", tmp_path, text=lines)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [set(one) for one in told] == [
        {"visitor", "reply", "route", "facts", "tools", "emergency", "closed"},
    ] * 5
    assert told[0]["facts"] == ["fact:pharmacy_place"]
    assert told[3]["tools"][-1]["function"] == "book" and told[3]["tools"][-1]["ok"]
    assert told[4]["closed"]
    # The appointment book is the one that was named.
    again = cloister("chat", *arguments, "--state", tmp_path, text="".join(lines.splitlines(keepends=True)[2:4]))
    assert "not free" in json.loads(again.stdout.splitlines()[0])["reply"]
