"""How families of models put a conversation before themselves, in our own words.

Each has a template that writes what its publisher documents, and, separately, that text for one conversation. Where
llama-cpp-python carries a family's own template, it is that one. ``source`` names the publisher's model.

The texts were compared on 2026-11-28 with the publishers' own templates, as llama.cpp keeps them for its tests
(``models/templates``, ``test-chat-template.cpp``), rendered by ``ChatTemplate`` for the same conversation. Those of
Gemma 2, Qwen 2.5 and 3, Llama 3 and 3.2, Mistral Nemo and Small 3.2, Phi 3 (both) and 4 are equal to the letter. Gemma
3 and LFM2 were compared by reading. The thinking Qwen 3 and SmolLM2 could not be had.
"""

from __future__ import annotations

from dataclasses import dataclass

from llama_cpp import llama_chat_format

from appliance.core.facts import Message
from tests.engines.llm.tiny import CHATML, Tiny

TODAY = "28 Nov 2026"
"""what a template is told of the day"""

SYSTEM, HELLO, REPLY, QUESTION = "Be brief.", "hello there", "Good day.", "where is it"
CONVERSATION = (
    Message("system", SYSTEM),
    Message("user", HELLO),
    Message("assistant", REPLY),
    Message("user", QUESTION),
)

GEMMA = (
    "{{ bos_token }}{% set first = '' %}{% set rest = messages %}"
    "{% if messages[0].role == 'system' %}{% set first = messages[0].content + '\n\n' %}{% set rest = messages[1:] %}"
    "{% endif %}{% for m in rest %}"
    "{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}"
    "<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
    "{{ first if loop.first else '' }}{{ m.content | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)

GEMMA_2 = GEMMA.replace("{% set first = messages[0].content + '\n\n' %}", "{{ raise_exception('no system role') }}")

THINKING = CHATML.removesuffix("{% endif %}") + (
    "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)

ALWAYS_THINKING = CHATML.removesuffix("{% endif %}") + "<think>\n{% endif %}"


def chatml_with(default: str) -> str:
    """ChatML that writes a system prompt of its own where the conversation has none."""
    given = f"{{% if messages[0].role != 'system' %}}<|im_start|>system\n{default}<|im_end|>\n{{% endif %}}"
    return given + CHATML


MISTRAL_TEKKEN = (
    "{{ bos_token }}{% for m in messages %}"
    "{% if m.role == 'system' %}[SYSTEM_PROMPT]{{ m.content }}[/SYSTEM_PROMPT]"
    "{% elif m.role == 'user' %}[INST]{{ m.content }}[/INST]"
    "{% elif m.role == 'assistant' %}{{ m.content }}{{ eos_token }}"
    "{% else %}{{ raise_exception('unknown role') }}{% endif %}{% endfor %}"
)

PHI_3 = (
    "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% else %}{{ eos_token }}{% endif %}"
)

PHI_3_FIRST = (
    "{{ bos_token }}{% for m in messages %}"
    "{% if m.role == 'user' %}<|user|>\n{{ m.content }}<|end|>\n<|assistant|>\n"
    "{% elif m.role == 'assistant' %}{{ m.content }}<|end|>\n{% endif %}{% endfor %}"
)

LLAMA_3_2 = (
    "{{ bos_token }}{% set rest = messages %}{% set system = '' %}"
    "{% if messages[0].role == 'system' %}{% set system = messages[0].content | trim %}{% set rest = messages[1:] %}"
    "{% endif %}<|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\n"
    "Today Date: {{ strftime_now('%d %b %Y') }}\n\n{{ system }}<|eot_id|>"
    "{% for m in rest %}<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n{{ m.content | trim }}<|eot_id|>"
    "{% endfor %}{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)

MISTRAL_NEMO = (
    "{{ bos_token }}{% set system = '' %}{% set rest = messages %}"
    "{% if messages[0].role == 'system' %}{% set system = messages[0].content + '\n\n' %}{% set rest = messages[1:] %}"
    "{% endif %}{% for m in rest %}"
    "{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}"
    "{% if m.role == 'user' %}[INST]{{ system if loop.last else '' }}{{ m.content }}[/INST]"
    "{% else %}{{ m.content }}{{ eos_token }}{% endif %}{% endfor %}"
)

PHI_4 = (
    "{% for m in messages %}<|im_start|>{{ m.role }}<|im_sep|>{{ m.content }}<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant<|im_sep|>{% endif %}"
)


@dataclass(frozen=True)
class Family:
    """A family of models."""

    name: str
    source: str
    """repository whose page documents the format"""
    model: Tiny
    prompt: str
    """what CONVERSATION is for the model, up to its next reply"""
    ends_user: str
    """the token after the last word of a user's message"""
    ends_reply: tuple[str, ...]
    """the tokens that end a reply"""

    def __str__(self) -> str:
        return self.name


def _chatml(*, bos: str = "", thought: str = "") -> str:
    turns = [("system", SYSTEM), ("user", HELLO), ("assistant", REPLY), ("user", QUESTION)]
    said = "".join(f"<|im_start|>{role}\n{content}<|im_end|>\n" for role, content in turns)
    return f"{bos}{said}<|im_start|>assistant\n{thought}"


_IM = ("<|im_start|>", "<|im_end|>")
_GEMMA_CONTROLS = ("<bos>", "<start_of_turn>", "<end_of_turn>", "<eos>")
_LLAMA_CONTROLS = ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|end_of_text|>", "<|eot_id|>")
_PHI_CONTROLS = ("<s>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|endoftext|>")
_HEADED = "<|start_header_id|>{}<|end_header_id|>\n\n{}<|eot_id|>"

FAMILIES = [
    Family(
        "Gemma 3",
        "google/gemma-3-1b-it",
        Tiny(GEMMA, _GEMMA_CONTROLS, bos="<bos>", tokenizer="llama"),
        f"<bos><start_of_turn>user\n{SYSTEM}\n\n{HELLO}<end_of_turn>\n<start_of_turn>model\n{REPLY}<end_of_turn>\n"
        f"<start_of_turn>user\n{QUESTION}<end_of_turn>\n<start_of_turn>model\n",
        "<end_of_turn>",
        ("<end_of_turn>", "<eos>"),
    ),
    Family(
        "Gemma 2, which has no system role",
        "google/gemma-2-2b-it",
        Tiny(GEMMA_2, _GEMMA_CONTROLS, bos="<bos>", tokenizer="llama"),
        f"<bos><start_of_turn>user\n{SYSTEM}\n\n{HELLO}<end_of_turn>\n<start_of_turn>model\n{REPLY}<end_of_turn>\n"
        f"<start_of_turn>user\n{QUESTION}<end_of_turn>\n<start_of_turn>model\n",
        "<end_of_turn>",
        ("<end_of_turn>", "<eos>"),
    ),
    Family(
        "Qwen 2.5",
        "Qwen/Qwen2.5-0.5B-Instruct",
        Tiny(
            chatml_with("You are Qwen, created by Alibaba Cloud. You are a helpful assistant."),
            ("<|endoftext|>", *_IM),
            added=("<tool_call>",),
        ),
        _chatml(),
        "<|im_end|>",
        ("<|im_end|>", "<|endoftext|>"),
    ),
    Family(
        "Qwen 3, told not to think",
        "Qwen/Qwen3-0.6B",
        Tiny(THINKING, ("<|endoftext|>", *_IM), added=("<think>", "</think>")),
        _chatml(thought="<think>\n\n</think>\n\n"),
        "<|im_end|>",
        ("<|im_end|>", "<|endoftext|>"),
    ),
    Family(
        "Qwen 3, a model that always thinks",
        "Qwen/Qwen3-4B-Thinking-2507",
        Tiny(ALWAYS_THINKING, ("<|endoftext|>", *_IM), added=("<think>", "</think>")),
        _chatml(thought="<think>\n"),
        "<|im_end|>",
        ("<|im_end|>", "<|endoftext|>"),
    ),
    Family(
        "Llama 3",
        "meta-llama/Meta-Llama-3-8B-Instruct",
        Tiny(
            llama_chat_format.LLAMA3_INSTRUCT_CHAT_TEMPLATE,
            _LLAMA_CONTROLS,
            bos="<|begin_of_text|>",
        ),
        "<|begin_of_text|>"
        + "".join(_HEADED.format(message.role, message.content) for message in CONVERSATION)
        + "<|start_header_id|>assistant<|end_header_id|>\n\n",
        "<|eot_id|>",
        ("<|eot_id|>", "<|end_of_text|>"),
    ),
    Family(
        "Llama 3.2, which dates its system prompt",
        "meta-llama/Llama-3.2-3B-Instruct",
        Tiny(LLAMA_3_2, _LLAMA_CONTROLS, bos="<|begin_of_text|>"),
        "<|begin_of_text|>"
        + _HEADED.format("system", f"Cutting Knowledge Date: December 2023\nToday Date: {TODAY}\n\n{SYSTEM}")
        + "".join(_HEADED.format(message.role, message.content) for message in CONVERSATION[1:])
        + "<|start_header_id|>assistant<|end_header_id|>\n\n",
        "<|eot_id|>",
        ("<|eot_id|>", "<|end_of_text|>"),
    ),
    Family(
        "Mistral, whose marks are ordinary text",
        "mistralai/Mistral-7B-Instruct-v0.1",
        Tiny(llama_chat_format.MISTRAL_INSTRUCT_CHAT_TEMPLATE, ("<s>", "</s>"), bos="<s>", tokenizer="llama"),
        f"<s>[INST] {SYSTEM}\n\n{HELLO} [/INST]{REPLY}</s> [INST] {QUESTION} [/INST]",
        "",
        ("</s>",),
    ),
    Family(
        "Mistral, whose marks are control tokens",
        "mistralai/Mistral-Small-3.1-24B-Instruct-2503",
        Tiny(
            MISTRAL_TEKKEN,
            ("<s>", "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "</s>"),
            bos="<s>",
        ),
        f"<s>[SYSTEM_PROMPT]{SYSTEM}[/SYSTEM_PROMPT][INST]{HELLO}[/INST]{REPLY}</s>[INST]{QUESTION}[/INST]",
        "[/INST]",
        ("</s>",),
    ),
    Family(
        "Mistral, whose system prompt stands before the last question",
        "mistralai/Mistral-Nemo-Instruct-2407",
        Tiny(MISTRAL_NEMO, ("<s>", "[INST]", "[/INST]", "</s>"), bos="<s>"),
        f"<s>[INST]{HELLO}[/INST]{REPLY}</s>[INST]{SYSTEM}\n\n{QUESTION}[/INST]",
        "[/INST]",
        ("</s>",),
    ),
    Family(
        "Phi 3 as first published, which has no system role",
        "microsoft/Phi-3-medium-4k-instruct",
        Tiny(PHI_3_FIRST, _PHI_CONTROLS, bos="<s>", tokenizer="llama"),
        f"<s><|user|>\n{SYSTEM}\n\n{HELLO}<|end|>\n<|assistant|>\n{REPLY}<|end|>\n"
        f"<|user|>\n{QUESTION}<|end|>\n<|assistant|>\n",
        "<|end|>",
        ("<|end|>", "<|endoftext|>"),
    ),
    Family(
        "Phi 3.5",
        "microsoft/Phi-3.5-mini-instruct",
        Tiny(
            PHI_3,
            _PHI_CONTROLS,
            bos="<s>",
            tokenizer="llama",
        ),
        f"<s><|system|>\n{SYSTEM}<|end|>\n<|user|>\n{HELLO}<|end|>\n<|assistant|>\n{REPLY}<|end|>\n"
        f"<|user|>\n{QUESTION}<|end|>\n<|assistant|>\n",
        "<|end|>",
        ("<|end|>", "<|endoftext|>"),
    ),
    Family(
        "Phi 4",
        "microsoft/phi-4",
        Tiny(PHI_4, ("<|endoftext|>", "<|im_sep|>", *_IM)),
        "".join(f"<|im_start|>{message.role}<|im_sep|>{message.content}<|im_end|>" for message in CONVERSATION)
        + "<|im_start|>assistant<|im_sep|>",
        "<|im_end|>",
        ("<|im_end|>", "<|endoftext|>"),
    ),
    Family(
        "SmolLM2",
        "HuggingFaceTB/SmolLM2-1.7B-Instruct",
        Tiny(
            chatml_with("You are a helpful AI assistant named SmolLM, trained by Hugging Face"), ("<|endoftext|>", *_IM)
        ),
        _chatml(),
        "<|im_end|>",
        ("<|im_end|>", "<|endoftext|>"),
    ),
    Family(
        "LFM2",
        "LiquidAI/LFM2-1.2B",
        Tiny("{{ bos_token }}" + CHATML, ("<|startoftext|>", *_IM), added=("<image>",), bos="<|startoftext|>"),
        _chatml(bos="<|startoftext|>"),
        "<|im_end|>",
        ("<|im_end|>",),
    ),
]
