"""Runs any chat GGUF on the CPU or a GPU: llama.cpp through llama-cpp-python's low-level API.

The high-level ``Llama`` class keeps a prefix only within its own calls and cannot be stopped inside a prefill. Here a
session's KV cache is kept equal to a list of tokens. A call renders its messages with the model's own template, keeps
what that list and the new one share, drops the rest from the cache and evaluates the remainder. So the system prompt
and the history are evaluated once. A partial transcript that grows costs its new words only, and one that changes costs
its changed words only.
"""

from __future__ import annotations

import codecs
import ctypes
import functools
import itertools
import re
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jinja2
import jinja2.ext
import jinja2.nodes
import numpy as np
import numpy.typing as npt

from appliance.config.box import Settings
from appliance.core.facts import Message
from appliance.core.ports import PortError
from appliance.core.turn import Turn
from appliance.engines.llm.library import library

CHUNK_TOKENS = 256
"""Tokens that are evaluated at a time. An abort loses at most this many."""

ALL_LAYERS = 10_000
"""A number of layers that is more than any model has."""

REPLY_SHARE = 6
"""One part in this many of the context is kept free for the reply."""

TURNS_DROPPED_TOGETHER = 4
"""Old turns leave a full context this many at a time, and all but the last at the end. Each time costs one evaluation
of what remains."""

ONE_THREAD_BYTES = 100_000_000
"""A smaller model file, in bytes, runs on one thread, because llama.cpp's threads spin while they wait for each other,
many times a token. With 6 M parameters two threads took six times the CPU time of one, and many times the wall time on
a busy machine."""

_ABORTED = 2  # what llama_decode returns then
INTERRUPTED = " ..."
"""Tells the model that the visitor spoke over the rest of a reply. Transcripts write it like this, so models of all
sizes know it from their training."""

_MARK = "\u241f"  # stands for the end of the user's words while a template is rendered

Logits = npt.NDArray[np.float32]


class LlamaModel:
    """The ``LanguageModel`` port: the weights, the tokens and the template. Its sessions may work at the same time."""

    def __init__(self, settings: Settings) -> None:
        """Load the GGUF that the settings name. Raises PortError."""
        self._lib = lib = library()
        path = settings.brain.model
        if not path.is_file():
            raise PortError(f"language model: {path} does not exist; put a GGUF file with a chat template there")
        wanted = lib.llama_model_default_params()
        layers = settings.brain.gpu_layers if settings.brain.gpu_layers >= 0 else ALL_LAYERS
        wanted.n_gpu_layers = layers if settings.device == "cuda" else 0
        if settings.device == "cuda" and not lib.llama_supports_gpu_offload():
            raise PortError(
                "language model: llama-cpp-python was built without CUDA; "
                "rebuild it with CMAKE_ARGS=-DGGML_CUDA=ON or set `device: cpu`"
            )
        self._model = lib.llama_model_load_from_file(str(path).encode(), wanted)
        if not self._model:
            raise PortError(f"language model: {path} is not a GGUF file that this llama.cpp can load")
        _at_end_of(self, lib.llama_model_free, self._model)
        small = path.stat().st_size < ONE_THREAD_BYTES
        self._threads = 1 if small else settings.threads
        self._context_tokens = min(settings.brain.context_tokens, lib.llama_model_n_ctx_train(self._model))
        template = lib.llama_model_chat_template(self._model, None)
        if not template:
            raise PortError(f"language model: {path} holds no chat template; use an instruction-tuned model")
        self._tokens = _Tokens(lib, lib.llama_model_get_vocab(self._model))
        bos, eos = self._tokens.bos, self._tokens.eos
        try:
            self._template = _Template(template.decode(), bos, eos, self._tokens.controls())
        except ValueError as error:
            raise PortError(f"language model: {path}: its chat template cannot be used: {error}") from None

    def session(self) -> LlamaSession:
        """Begin conversations with a context of their own. Raises PortError where there is no memory for it.

        A session costs its KV cache and the buffers of an evaluation, which grow with the vocabulary. The cache has
        16 bits for every number in the keys and values of a token in a layer. Both together take 9 MB for the starter
        model. For one of 4 billion parameters with 36 layers and 8 heads of 128, the cache takes 144 kB a token and
        144 MB for the usual 1,024 tokens.
        """
        lib = self._lib
        wanted = lib.llama_context_default_params()
        wanted.n_ctx = self._context_tokens
        wanted.n_batch = wanted.n_ubatch = CHUNK_TOKENS
        wanted.n_threads = wanted.n_threads_batch = self._threads
        wanted.no_perf = True
        context = lib.llama_init_from_model(self._model, wanted)
        if not context:
            raise PortError(f"language model: no memory for {wanted.n_ctx} tokens of context; lower `context_tokens`")
        return LlamaSession(self, lib, context, self._tokens, self._template)


class LlamaSession:
    """The ``Session`` port: a context of llama.cpp's, whose KV cache is kept equal to a list of tokens."""

    def __init__(self, model: LlamaModel, lib: Any, context: Any, tokens: _Tokens, template: _Template) -> None:
        """The session owns ``context`` from now on. ``model`` owns the weights that the context uses."""
        self._lib = lib
        self._context = context
        self._tokens = tokens
        self._template = template
        self._memory = lib.llama_get_memory(context)
        self._room: int = lib.llama_n_ctx(context)
        self._batch = lib.llama_batch_init(CHUNK_TOKENS, 0, 1)
        self._stop = _StopFlag(lib, context)
        _at_end_of(self, _free_session, lib, context, self._batch, self._stop, model)
        self._lock = threading.RLock()
        self._cached: list[int] = []
        """the tokens in the KV cache"""
        self._logits: Logits | None = None
        """logits of the token after ``_cached``"""
        self._random = np.random.default_rng(0)
        self.evaluated_tokens = 0
        """tokens evaluated since the start, which the tests of the prefix count"""

    # --- the port ----------------------------------------------------------------------------------------------------

    def prefill(self, messages: Sequence[Message], partial: str, turn: Turn) -> None:
        """Evaluate ``messages`` and the beginning of a user message, while the user is still speaking."""
        self._evaluate(self._prompt(lambda m: self._template.partial(m, partial), messages), turn)

    def generate(
        self,
        messages: Sequence[Message],
        turn: Turn,
        *,
        max_tokens: int = 160,
        grammar: str | None = None,
        temperature: float = 0.0,
    ) -> Iterator[str]:
        """Yield pieces of the assistant's next message as they come. ``grammar`` is GBNF."""
        tokens = self._prompt(self._template.reply, messages)
        rules = _Grammar(self._lib, self._tokens.vocab, grammar) if grammar is not None else None
        try:
            decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")
            started = False
            for _ in range(min(max_tokens, self._room - len(tokens))):
                logits = self._evaluate(tokens, turn)
                if logits is None:
                    return
                token = self._choose(logits, rules, temperature)
                if self._tokens.ends_reply(token):
                    return
                tokens.append(token)
                piece = decoder.decode(self._tokens.piece(token))
                if not started:
                    piece = piece.lstrip()
                if piece:
                    started = True
                    yield piece
                if turn.cancelled:
                    return
        finally:
            if rules is not None:
                rules.close()

    def end_of_turn_probability(self, messages: Sequence[Message], text: str) -> float:
        """Probability that the user's message is complete after ``text``: that the model would end it there."""
        logits = self._evaluate(self._prompt(lambda m: self._template.partial(m, text), messages), None)
        assert logits is not None
        scores = np.exp(logits - logits.max(), dtype=np.float64)
        return float(scores[self._end_of_user].sum() / scores.sum())

    def forget(self, kept: Sequence[Message]) -> None:
        """Empty the cache and its memory, and evaluate ``kept`` again, so that the next conversation begins as fast."""
        with self._lock:
            beginning = self._beginning(kept)
            if self._cached[: len(beginning)] == self._cached:
                return  # nothing else was evaluated since
            self._lib.llama_memory_clear(self._memory, True)
            self._cached, self._logits = [], None
            ctypes.memset(self._batch.token, 0, CHUNK_TOKENS * ctypes.sizeof(ctypes.c_int32))
            self._stop.lower()
            if beginning:
                self._append(beginning, None)

    def _beginning(self, kept: Sequence[Message]) -> list[int]:
        """The tokens that any conversation after ``kept`` begins with, found as those that two different ones share."""
        if not kept:
            return []
        one, other = (self._numbers(self._template.partial(kept, text)) for text in ("a", "zq"))
        return one[: _common_prefix(one, other)]

    # --- messages to tokens ------------------------------------------------------------------------------------------

    @functools.cached_property
    def _end_of_user(self) -> list[int]:
        """The tokens that would end a user's message."""
        return self._tokens.ending(self._numbers(self._template.after_user())[:1])

    def _prompt(self, render: Callable[[Sequence[Message]], str], messages: Sequence[Message]) -> list[int]:
        """Tokens of the rendered messages. Old turns are left out until there is room for a reply.

        A prefill and the reply after it leave the same room, or each would leave out other turns.
        """
        system = [m for m in messages[:1] if m.role == "system"]
        turns = _turns(messages[len(system) :])
        last = max(0, len(turns) - 1)
        for dropped in (*range(0, last, TURNS_DROPPED_TOGETHER), last):
            tokens = self._numbers(render([*system, *(m for turn in turns[dropped:] for m in turn)]))
            if len(tokens) + self._room // REPLY_SHARE <= self._room:
                return tokens
        raise PortError(
            f"language model: a prompt of {len(tokens)} tokens does not fit into {self._room}; "
            "raise `context_tokens` or shorten the persona"
        )

    def _numbers(self, text: str) -> list[int]:
        return self._tokens.numbers(text, begun=text.startswith(self._template.bos or _MARK))

    # --- evaluation --------------------------------------------------------------------------------------------------

    def _evaluate(self, tokens: list[int], turn: Turn | None) -> Logits | None:
        """Bring the cache to ``tokens`` and return the logits after the last, or None when ``turn`` was cancelled."""
        with self._lock:
            shared = _common_prefix(self._cached, tokens)
            if shared == len(tokens) == len(self._cached) and self._logits is not None:
                return self._logits
            shared = min(shared, len(tokens) - 1)  # the last token is needed for its logits
            if shared < len(self._cached):
                self._forget(shared)
            with self._stop.armed_by(turn):
                return self._append(tokens[shared:], turn)

    def _forget(self, keep: int) -> None:
        """Remove what follows the first ``keep`` tokens from the cache."""
        if not self._lib.llama_memory_seq_rm(self._memory, 0, keep, -1):
            # Recurrent and sliding-window models cannot remove a part, so their cache is emptied.
            self._lib.llama_memory_clear(self._memory, True)
            again, self._cached = self._cached[:keep], []
            self._append(again, None)
        del self._cached[keep:]
        self._logits = None

    def _append(self, tokens: list[int], turn: Turn | None) -> Logits | None:
        self._logits = None
        target = len(self._cached) + len(tokens)
        while len(self._cached) < target:
            if turn is not None and turn.cancelled:
                return None
            chunk = tokens[len(tokens) - target + len(self._cached) :][:CHUNK_TOKENS]
            batch = self._batch
            batch.n_tokens = len(chunk)
            for i, token in enumerate(chunk):
                batch.token[i] = token
                batch.pos[i] = len(self._cached) + i
                batch.n_seq_id[i] = 1
                batch.seq_id[i][0] = 0
                batch.logits[i] = 0
            batch.logits[len(chunk) - 1] = 1
            status = self._lib.llama_decode(self._context, batch)
            if status == _ABORTED:
                self._lib.llama_memory_seq_rm(self._memory, 0, len(self._cached), -1)
                self._stop.lower()  # and try again, because the flag may have been raised late, for the turn before
                continue
            if status != 0:
                raise PortError(f"language model: llama.cpp could not evaluate the prompt (code {status})")
            self._cached += chunk
            self.evaluated_tokens += len(chunk)
        row = self._lib.llama_get_logits_ith(self._context, -1)
        self._logits = np.ctypeslib.as_array(row, shape=(self._tokens.count,)).copy()
        return self._logits

    def _choose(self, logits: Logits, rules: _Grammar | None, temperature: float) -> int:
        """Choose the next token: the likeliest at temperature 0, else one sampled among those at least a twentieth as
        likely as the best."""
        token = self._pick(logits, temperature)
        if rules is None:
            return token
        if not rules.allows(token):  # nearly always it is allowed, and checking one token is much cheaper than all
            token = self._pick(rules.masked(logits), temperature)
        rules.accept(token)
        return token

    def _pick(self, logits: Logits, temperature: float) -> int:
        if temperature <= 0:
            return int(logits.argmax())
        scores = np.exp((logits - logits.max()) / temperature, dtype=np.float64)
        scores[scores < 0.05] = 0
        return int(self._random.choice(len(scores), p=scores / scores.sum()))


class _Tokens:
    """A model's vocabulary, which turns texts into tokens and back. Several threads may use it at once."""

    def __init__(self, lib: Any, vocab: Any) -> None:
        self._lib = lib
        self.vocab = vocab
        self.count: int = lib.llama_vocab_n_tokens(vocab)

    @property
    def bos(self) -> str:
        """Text of the token that begins a prompt; empty where there is none."""
        return self._special(self._lib.llama_vocab_bos(self.vocab))

    @property
    def eos(self) -> str:
        """Text of the token that ends a prompt; empty where there is none."""
        return self._special(self._lib.llama_vocab_eos(self.vocab))

    def controls(self) -> list[str]:
        """The texts of the tokens that mean something to the model beyond their letters: roles, ends of turns."""
        wanted = self._lib.LLAMA_TOKEN_ATTR_CONTROL | self._lib.LLAMA_TOKEN_ATTR_UNKNOWN
        tokens = (t for t in range(self.count) if self._lib.llama_vocab_get_attr(self.vocab, t) & wanted)
        return [text for token in tokens if len(text := self._special(token)) > 1]

    def ending(self, tokens: Sequence[int]) -> list[int]:
        """``tokens``, together with the tokens that end a turn in any template."""
        ending = [*tokens, self._lib.llama_vocab_eot(self.vocab), self._lib.llama_vocab_eos(self.vocab)]
        return sorted({token for token in ending if token >= 0})

    def ends_reply(self, token: int) -> bool:
        return bool(self._lib.llama_vocab_is_eog(self.vocab, token))

    def numbers(self, text: str, *, begun: bool) -> list[int]:
        """The tokens of a rendered prompt. ``begun`` says that it already holds the token that begins a prompt."""
        add_bos = self._lib.llama_vocab_get_add_bos(self.vocab) and not begun
        data = text.encode()
        room = len(data) + 8
        buffer = (ctypes.c_int32 * room)()
        count = self._lib.llama_tokenize(self.vocab, data, len(data), buffer, room, add_bos, True)
        return buffer[:count]

    def piece(self, token: int) -> bytes:
        """The bytes that a token spells, which may be part of a letter."""
        buffer = ctypes.create_string_buffer(256)
        count = self._lib.llama_token_to_piece(self.vocab, token, buffer, len(buffer), 0, False)
        return buffer.raw[: max(0, count)]

    def _special(self, token: int) -> str:
        return "" if token < 0 else (self._lib.llama_vocab_get_text(self.vocab, token) or b"").decode()


_MARKER = re.compile(r"<[^<>\s'\"{}]{1,40}>|<<[^<>'\"{}]{1,20}>>|\[/?[A-Z_]{2,20}\]")
"""markers that templates write around turns where they use no control tokens, such as ``[INST]``"""

_LARGEST_TEMPLATE = 100_000
"""The most characters of a template. Those of the models in the catalogue have up to 13,000."""

_LARGEST_NUMBER = 10_000
_LARGEST_FACTOR = 1_000


def _refuse_bombs(source: str, generation_tags: type[jinja2.ext.Extension]) -> None:
    """Raise ValueError for a template that multiplies what it writes: large numbers, powers, repeated texts, doubled
    variables, nested loops over ranges. Templates of real models do nothing of the kind. The source is parsed and
    neither compiled nor run, because the engine evaluates constants while it compiles."""
    if len(source) > _LARGEST_TEMPLATE:
        raise ValueError(f"it has more than {_LARGEST_TEMPLATE} letters")
    try:
        tree = jinja2.Environment(extensions=["jinja2.ext.loopcontrols", generation_tags]).parse(source)
    except (jinja2.TemplateError, RecursionError) as error:
        raise ValueError(f"it is no template ({type(error).__name__})") from None
    nodes = jinja2.nodes
    for constant in tree.find_all(nodes.Const):
        if isinstance(constant.value, int | float) and not abs(constant.value) <= _LARGEST_NUMBER:
            raise ValueError("it holds a very large number")
    if tree.find(nodes.Pow) is not None:
        raise ValueError("it raises to a power")
    for product in tree.find_all(nodes.Mul):
        for factor in product.find_all((nodes.Const, nodes.TemplateData, nodes.List, nodes.Tuple)):
            if not isinstance(factor, nodes.Const) or not isinstance(factor.value, int | float):
                raise ValueError("it repeats a text or a list")
            if abs(factor.value) > _LARGEST_FACTOR:
                raise ValueError("it multiplies by a large number")
        if product.find(nodes.Mul) is not None:
            raise ValueError("it multiplies a product")
    doubled = [(add.left, add.right) for add in tree.find_all(nodes.Add)]
    doubled += [(one, other) for join in tree.find_all(nodes.Concat) for one, other in itertools.pairwise(join.nodes)]
    if any(one == other and not isinstance(one, nodes.Const) for one, other in doubled):
        raise ValueError("it doubles a variable")
    for loop in tree.find_all(nodes.For):
        if _counts(loop.iter) and any(_counts(inner.iter) for part in loop.body for inner in _loops(part)):
            raise ValueError("it loops over a range within a loop over a range")


def _counts(node: jinja2.nodes.Node) -> bool:
    """Whether an expression calls ``range``."""
    calls = [node, *node.find_all(jinja2.nodes.Call)]
    return any(
        isinstance(call, jinja2.nodes.Call) and isinstance(call.node, jinja2.nodes.Name) and call.node.name == "range"
        for call in calls
    )


def _loops(node: jinja2.nodes.Node) -> list[jinja2.nodes.For]:
    own = [node] if isinstance(node, jinja2.nodes.For) else []
    return [*own, *node.find_all(jinja2.nodes.For)]


class _Template:
    """The model's own chat template, adapted as little as possible to our messages."""

    def __init__(self, source: str, bos: str, eos: str, controls: Sequence[str] = ()) -> None:
        """``controls`` are the texts of the model's control tokens. Raises ValueError for a template that is made to
        exhaust memory or processor time."""
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        _refuse_bombs(source, Jinja2ChatFormatter.IgnoreGenerationTags)
        self.bos = bos
        markers = {*controls, *_MARKER.findall(source), "<|"}
        self._markers = re.compile("|".join(re.escape(m) for m in sorted(markers, key=len, reverse=True)))
        self._format = functools.partial(Jinja2ChatFormatter, source, eos, bos)
        self._open, self._closed = self._format(add_generation_prompt=True), self._format(add_generation_prompt=False)
        self._known = {role for role in ("system", "facts", "tool") if self._knows(role)}
        self._strict = not self._renders([("user", "a"), ("user", "b")])

    def reply(self, messages: Sequence[Message]) -> str:
        """The whole prompt of the assistant's next message."""
        return self._render(self._open, messages)

    def partial(self, messages: Sequence[Message], text: str) -> str:
        """The prompt up to the last word of an unfinished user message."""
        rendered = self._render(self._closed, [*messages, Message("user", text.strip() + _MARK)])
        return rendered[: rendered.rindex(_MARK)]

    def after_user(self) -> str:
        """The text that the template writes after a user's last word."""
        rendered = self._render(self._closed, [Message("user", "a" + _MARK)])
        return rendered[rendered.rindex(_MARK) + len(_MARK) :]

    def _knows(self, role: str) -> bool:
        before = [] if role == "system" else [("user", "a")]
        return self._renders([*before, (role, "zq"), ("user" if role == "system" else "assistant", "b")], "zq")

    def _renders(self, messages: list[tuple[str, str]], wanted: str = "") -> bool:
        rows: Any = [{"role": role, "content": content} for role, content in messages]
        try:
            return wanted in self._closed(messages=rows).prompt
        except Exception:  # templates may raise any exception for a role that they refuse
            return False

    def harmless(self, content: str) -> str:
        """Make a text harmless: put a blank after the first letter of each marker of the template and of each control
        token. llama.cpp looks for such tokens in the whole prompt, since it must find the template's own. Splitting the
        prompt would cut its words into other tokens than the model learned."""
        while (broken := self._markers.sub(lambda m: f"{m[0][0]} {m[0][1:]}", content)) != content:
            content = broken
        return content

    def _render(self, formatter: Any, messages: Sequence[Message]) -> str:
        rows: list[dict[str, str]] = []
        for message in messages:
            role, content = str(message.role), self.harmless(message.content)
            if message.interrupted:
                content += INTERRUPTED
            if role not in ("user", "assistant") and role not in self._known:
                role = "user"  # for facts after the visitor's words, and for a system prompt before the first
                if rows and rows[-1]["role"] == "user":
                    rows[-1]["content"] += f"\n\n{content}"
                    continue
            elif rows and rows[-1]["role"] == role and self._strict:
                rows[-1]["content"] += f"\n\n{content}"
                continue
            rows.append({"role": role, "content": content})
        prompt: str = formatter(messages=rows, enable_thinking=False).prompt
        return prompt


class _Grammar:
    """A GBNF grammar and the position of a reply in it."""

    def __init__(self, lib: Any, vocab: Any, source: str) -> None:
        self._lib = lib
        # Many models begin a reply with a space. Forbidding it would push them away from what they have learned.
        source = f'{source}\nspaced-root ::= " "? root\n'
        self._sampler = lib.llama_sampler_init_grammar(vocab, source.encode(), b"spaced-root")
        if not self._sampler:
            raise ValueError("the grammar is not valid GBNF")

    def allows(self, token: int) -> bool:
        return bool(np.isfinite(self._apply(np.array([token], dtype=np.int32), np.zeros(1, dtype=np.float32))[0]))

    def masked(self, logits: Logits) -> Logits:
        """``logits`` with minus infinity for every token that cannot follow."""
        return self._apply(np.arange(len(logits), dtype=np.int32), logits)

    def _apply(self, tokens: npt.NDArray[np.int32], logits: Logits) -> Logits:
        entries = (self._lib.llama_token_data * len(tokens))()
        view = np.ctypeslib.as_array(entries)
        view["id"], view["logit"], view["p"] = tokens, logits, 0
        candidates = self._lib.llama_token_data_array(entries, len(tokens), -1, False)
        self._lib.llama_sampler_apply(self._sampler, ctypes.byref(candidates))
        result: Logits = view["logit"].copy()
        return result

    def accept(self, token: int) -> None:
        self._lib.llama_sampler_accept(self._sampler, token)

    def close(self) -> None:
        self._lib.llama_sampler_free(self._sampler)


class _StopFlag:
    """llama.cpp's abort callback, without Python in it.

    llama.cpp calls it before every operation of the graph. A Python callback would need the interpreter lock a thousand
    times per prefill, and would wait each time for the thread that holds it. So the callback is C's own ``strlen``. Its
    argument is a string that is empty until the turn is cancelled and then has one byte: 0 goes on, 1 stops.
    """

    def __init__(self, lib: Any, context: Any) -> None:
        self._flag = ctypes.create_string_buffer(2)
        address = ctypes.cast(ctypes.CDLL(None).strlen, ctypes.c_void_p).value
        assert address is not None
        self._callback = lib.ggml_abort_callback(address)
        lib.llama_set_abort_callback(context, self._callback, ctypes.cast(self._flag, ctypes.c_void_p))

    def armed_by(self, turn: Turn | None) -> AbstractContextManager[None]:
        """A context in which cancelling ``turn`` stops an evaluation."""
        self.lower()
        return nullcontext() if turn is None else turn.on_cancel(self._raise)

    def lower(self) -> None:
        self._flag[0] = b"\0"

    def _raise(self) -> None:
        self._flag[0] = b"\1"


def _at_end_of(owner: object, free: Callable[..., None], *what: Any) -> None:
    """Free native memory when nothing refers to ``owner`` any more. When the process ends, the system frees it."""
    weakref.finalize(owner, free, *what).atexit = False


def _free_session(lib: Any, context: Any, batch: Any, stop: _StopFlag, model: LlamaModel) -> None:
    """Free a session's native memory. ``stop`` and ``model`` are kept until then, because the context uses both."""
    lib.llama_free(context)
    lib.llama_batch_free(batch)


def _turns(messages: Sequence[Message]) -> list[list[Message]]:
    """Group messages so that each group but the first starts with a visitor's message."""
    groups: list[list[Message]] = []
    for message in messages:
        if message.role == "user" or not groups:
            groups.append([])
        groups[-1].append(message)
    return groups


def _common_prefix(a: list[int], b: list[int]) -> int:
    shorter = min(len(a), len(b))
    if a[:shorter] == b[:shorter]:
        return shorter
    return next(i for i in range(shorter) if a[i] != b[i])
