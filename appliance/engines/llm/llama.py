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
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from appliance.config.box import Settings
from appliance.core.facts import Message
from appliance.core.ports import PortError
from appliance.core.turn import Turn
from appliance.engines.llm import measured, prompts
from appliance.engines.llm.chat_template import ChatTemplate, PromptTokens
from appliance.engines.llm.grammar import Grammar, Logits
from appliance.engines.llm.library import library
from appliance.engines.llm.measured import Measured
from appliance.engines.llm.thoughts import without_thoughts
from appliance.engines.llm.vocabulary import Vocabulary

CHUNK_TOKENS = 256
"""Tokens that a small model evaluates at a time. An abort loses at most this many."""

LARGE_CHUNK_TOKENS = 32
"""The same for a model that is not small. Progress is told after each chunk, and a model of 4 billion parameters reads
some six tokens a second on one core. Larger chunks are no faster there, and need more memory for their logits."""

ALL_LAYERS = 10_000
"""A number of layers that is more than any model has."""

REPLY_SHARE = 6
"""One part in this many of the context is kept free for the reply."""

TURNS_DROPPED_TOGETHER = 4
"""Old turns leave a full context this many at a time, and all but the last at the end. Each time costs one evaluation
of what remains."""

SMALL_BYTES = 100_000_000
"""A smaller model file, in bytes, runs on one thread, because llama.cpp's threads spin while they wait for each other,
many times a token. With 6 M parameters two threads took six times the CPU time of one, and many times the wall time on
a busy machine."""

ASK_TOKENS = 512
"""Room for each kind of question that is put to a model beside its replies"""

_ABORTED = 2  # what llama_decode returns then
_CERTAIN = 20.0
"""the largest log odds of an opinion, so that rounding to 0 or 1 gives no infinity"""

Kind = Literal["reply", "rewrite", "judge"]
"""What a prompt is for. Each kind has a sequence of its own in the cache, because prompts that took turns in one would
throw each other out."""


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
        # A mapped file stays in memory beside the copy of the weights that llama.cpp packs for the processor.
        wanted.load_mode = lib.LLAMA_LOAD_MODE_NONE
        if settings.device == "cuda" and not lib.llama_supports_gpu_offload():
            raise PortError(
                "language model: llama-cpp-python was built without CUDA; "
                "rebuild it with CMAKE_ARGS=-DGGML_CUDA=ON or set `device: cpu`"
            )
        self._model = lib.llama_model_load_from_file(str(path).encode(), wanted)
        if not self._model:
            raise PortError(f"language model: {path} is not a GGUF file that this llama.cpp can load")
        _at_end_of(self, lib.llama_model_free, self._model)
        small = path.stat().st_size < SMALL_BYTES
        self.threads = 1 if small else settings.threads
        """threads that a session computes on"""
        self._chunk_tokens = CHUNK_TOKENS if small else LARGE_CHUNK_TOKENS
        self._context_tokens = min(settings.brain.context_tokens, lib.llama_model_n_ctx_train(self._model))
        template = lib.llama_model_chat_template(self._model, None)
        if not template:
            raise PortError(f"language model: {path} holds no chat template; use an instruction-tuned model")
        self.prompt = prompts.named(settings.brain.prompt, self._name())
        self.measured = measured.read(settings.kept, path)
        self.beginnings: dict[Kind, Beginning] = {}
        """what every question of a kind begins with, for all sessions"""
        self._vocabulary = vocabulary = Vocabulary(lib, lib.llama_model_get_vocab(self._model))
        try:
            self._template = ChatTemplate(
                template.decode(),
                vocabulary.bos,
                vocabulary.eos,
                self.prompt,
                list(vocabulary.controls),
                list(vocabulary.added),
            )
        except ValueError as error:
            raise PortError(f"language model: {path}: its chat template cannot be used: {error}") from None

    def session(self, progress: Callable[[], None] = lambda: None) -> LlamaSession:
        """Begin conversations with a context of their own. Raises PortError where there is no memory for it.

        A session costs its KV cache and the buffers of an evaluation, which grow with the vocabulary. The cache has
        16 bits for every number in the keys and values of a token in a layer. Both together take 9 MB for the starter
        model. For one of 4 billion parameters with 36 layers and 8 heads of 128, the cache takes 144 kB a token and
        288 MB for the usual 1,024 tokens and those of the questions that are put to it.
        """
        lib = self._lib
        kinds: tuple[Kind, ...] = ("reply", "rewrite", "judge") if self.prompt.asks else ("reply",)
        wanted = lib.llama_context_default_params()
        wanted.n_ctx = self._context_tokens + ASK_TOKENS * (len(kinds) - 1)
        wanted.n_seq_max = len(kinds)
        wanted.kv_unified = len(kinds) > 1
        wanted.n_batch = wanted.n_ubatch = self._chunk_tokens
        wanted.n_threads = wanted.n_threads_batch = self.threads
        wanted.no_perf = True
        context = lib.llama_init_from_model(self._model, wanted)
        if not context:
            raise PortError(f"language model: no memory for {wanted.n_ctx} tokens of context; lower `context_tokens`")
        room = lib.llama_n_ctx(context) - ASK_TOKENS * (len(kinds) - 1)
        sequences = {
            kind: CachedSequence(kind, n, room if kind == "reply" else ASK_TOKENS) for n, kind in enumerate(kinds)
        }
        return LlamaSession(self, context, sequences, self._chunk_tokens, progress)

    def _name(self) -> str:
        """The name that the file gives the model."""
        buffer = ctypes.create_string_buffer(256)
        length = self._lib.llama_model_meta_val_str(self._model, b"general.name", buffer, len(buffer))
        return buffer.value.decode(errors="replace") if length > 0 else ""


@dataclass(frozen=True, slots=True)
class Beginning:
    """The beginning of a prompt, evaluated."""

    tokens: tuple[int, ...]
    state: bytes
    """what llama.cpp keeps of them"""


@dataclass
class CachedSequence:
    """The prompts of one kind in the KV cache."""

    kind: Kind
    number: int
    room: int
    """the most tokens that it may have"""
    cached: list[int] = field(default_factory=list)
    """the tokens in the cache"""
    logits: Logits | None = None
    """logits of the token after ``cached``"""


class LlamaSession:
    """The ``Session`` port: a context of llama.cpp's, whose KV cache is kept equal to lists of tokens."""

    def __init__(
        self,
        model: LlamaModel,
        context: Any,
        sequences: dict[Kind, CachedSequence],
        chunk_tokens: int,
        progress: Callable[[], None],
    ) -> None:
        """The session owns ``context`` from now on. ``model`` owns the weights that the context uses."""
        self._model = model
        self._lib = lib = model._lib
        self._context = context
        self._vocabulary = model._vocabulary
        self._template = model._template
        self._tokens = PromptTokens(self._vocabulary, self._template)
        self._memory = lib.llama_get_memory(context)
        self._sequences = sequences
        self._reply = sequences["reply"]
        self._chunk_tokens = chunk_tokens
        self._progress = progress
        self._batch = lib.llama_batch_init(chunk_tokens, 0, 1)
        self._kept_ready: set[Kind] = set()
        self._stop = _StopFlag(lib, context)
        _at_end_of(self, _free_session, lib, context, self._batch, self._stop, model)
        self._lock = threading.RLock()
        self._random = np.random.default_rng(0)
        self.evaluated_tokens = 0
        """tokens evaluated since the start, which the tests of the prefix count"""

    # --- the port ----------------------------------------------------------------------------------------------------

    def prefill(self, messages: Sequence[Message], partial: str, turn: Turn) -> None:
        """Evaluate ``messages`` and the beginning of a user message, while the user is still speaking."""
        self._evaluate(self._reply, self._partial(messages, partial), turn)

    def generate(
        self,
        messages: Sequence[Message],
        turn: Turn,
        *,
        max_tokens: int = 160,
        grammar: str | None = None,
        temperature: float = 0.0,
    ) -> Iterator[str]:
        """Yield pieces of the assistant's next message as they come, without what the model thinks. ``grammar`` is
        GBNF."""
        tokens = self._fitting(self._template.reply, messages)
        pieces = self._write(self._reply, tokens, turn, max_tokens, grammar, temperature)
        yield from without_thoughts(pieces, self._template.opens_thought)

    def end_of_turn_probability(self, messages: Sequence[Message], text: str) -> float:
        """Probability that the user's message is complete after ``text``: that the model would end it there."""
        if self._model.prompt.ends_without_marks:
            return self._p_end(messages, text)
        calibration = self._model.measured.turn_end
        return calibration.probability(self.end_of_turn_opinion(messages, text) if calibration.weight else 0.0)

    def forget(self, kept: Sequence[Message]) -> None:
        """Empty the cache and its memory, but for what comes of ``kept``, so that the next conversation begins as fast.
        What a session of the model has evaluated once is copied."""
        with self._lock:
            beginning = self._beginning(kept)
            asked = any(
                sequence.cached != self._ready(kind) for kind, sequence in self._sequences.items() if kind != "reply"
            )
            if not asked and self._reply.cached[: len(beginning)] == self._reply.cached:
                return  # nothing else was evaluated since
            self._lib.llama_memory_clear(self._memory, True)
            for sequence in self._sequences.values():
                sequence.cached, sequence.logits = [], None
            ctypes.memset(self._batch.token, 0, self._chunk_tokens * ctypes.sizeof(ctypes.c_int32))
            self._stop.lower()
            for kind in self._kept_ready - {"reply"}:
                self._restore(kind)
            self._kept_ready.discard("reply")
            if beginning:
                self._hold_ready("reply", tuple(beginning))

    def _beginning(self, kept: Sequence[Message]) -> list[int]:
        """The tokens that any conversation after ``kept`` begins with, found as those that two different ones share."""
        if not kept:
            return []
        one, other = (self._tokens.prompt(self._template.partial(kept, text)) for text in ("a", "zq"))
        return one[: _common_prefix(one, other)]

    def keep_ready(self, kind: Kind, one: Sequence[Message], other: Sequence[Message]) -> None:
        """Evaluate what two questions of a kind begin with, and keep it when all else is forgotten. The first session
        of a model takes as long as reading it takes, and all others copy it."""
        with self._lock:
            first, second = (self._tokens.prompt(self._template.reply(question)) for question in (one, other))
            self._hold_ready(kind, tuple(first[: _common_prefix(first, second)]))

    def _hold_ready(self, kind: Kind, beginning: tuple[int, ...]) -> None:
        """Bring a sequence to a beginning and keep it there: copied, or evaluated for all sessions to copy."""
        known = self._model.beginnings.get(kind)
        if known is None or known.tokens != beginning:
            sequence = self._sequences[kind]
            self._evaluate(sequence, list(beginning), None)
            size = self._lib.llama_state_seq_get_size(self._context, sequence.number)
            state = (ctypes.c_uint8 * size)()
            self._lib.llama_state_seq_get_data(self._context, state, size, sequence.number)
            self._model.beginnings[kind] = Beginning(beginning, bytes(state))
        self._kept_ready.add(kind)
        self._restore(kind)

    def _ready(self, kind: Kind) -> list[int]:
        """The tokens of a kind that are kept."""
        return list(self._model.beginnings[kind].tokens) if kind in self._kept_ready else []

    def _restore(self, kind: Kind) -> None:
        sequence, beginning = self._sequences[kind], self._model.beginnings[kind]
        state = (ctypes.c_uint8 * len(beginning.state)).from_buffer_copy(beginning.state)
        if not self._lib.llama_state_seq_set_data(self._context, state, len(beginning.state), sequence.number):
            raise PortError("language model: llama.cpp could not copy the beginning of a prompt")
        sequence.cached[:] = beginning.tokens
        sequence.logits = None

    @property
    def measured(self) -> Measured:
        """What the model was found to be good for on this box."""
        return self._model.measured

    @property
    def threads(self) -> int:
        """The threads that it computes on."""
        return self._model.threads

    @contextmanager
    def on_one_thread(self) -> Iterator[None]:
        """A context in which it computes on the caller's thread alone, so that the caller's processor time is all of
        the work."""
        self._lib.llama_set_n_threads(self._context, 1, 1)
        try:
            yield
        finally:
            self._lib.llama_set_n_threads(self._context, self.threads, self.threads)

    # --- what an interpreter asks, and what is measured --------------------------------------------------------------

    def end_of_turn_opinion(self, messages: Sequence[Message], text: str) -> float:
        """The model's own log odds that the user's message ends after ``text``, not calibrated."""
        p = self._p_end(messages, text)
        return float(np.clip(np.log(max(p, 1e-12)) - np.log(max(1 - p, 1e-12)), -_CERTAIN, _CERTAIN))

    def ask(self, kind: Kind, messages: Sequence[Message], turn: Turn, *, max_tokens: int, grammar: str) -> str | None:
        """The whole answer to a question; None where it does not end within ``max_tokens``, where the question does not
        fit, once ``turn`` is cancelled, and from a model that is asked nothing."""
        sequence, tokens = self._sequences.get(kind), self._tokens.prompt(self._template.reply(messages))
        if sequence is None or len(tokens) + max_tokens > sequence.room:
            return None
        before = len(tokens)
        answer = "".join(self._write(sequence, tokens, turn, max_tokens, grammar, 0.0))
        return None if turn.cancelled or len(tokens) - before >= max_tokens else answer.strip()

    def choose(self, messages: Sequence[Message], options: Sequence[str], turn: Turn) -> list[float]:
        """Log probabilities of the ``options``, one letter each, as the answer to a question. They add up to 1. Empty
        where the question does not fit, once ``turn`` is cancelled, and from a model that is asked nothing."""
        sequence, tokens = self._sequences.get("judge"), self._tokens.prompt(self._template.reply(messages))
        if sequence is None or len(tokens) > sequence.room:
            return []
        logits = self._evaluate(sequence, tokens, turn)
        if logits is None:
            return []
        scores = np.array([np.logaddexp.reduce(logits[self._writing(option)].astype(np.float64)) for option in options])
        return [float(score) for score in scores - np.logaddexp.reduce(scores)]

    def _writing(self, letter: str) -> list[int]:
        """The tokens that write one letter, alone or after a blank."""
        return sorted({self._vocabulary.numbers(text)[-1] for text in (letter, f" {letter}")})

    # --- messages to tokens ------------------------------------------------------------------------------------------

    def _p_end(self, messages: Sequence[Message], text: str) -> float:
        logits = self._evaluate(self._reply, self._partial(messages, text), None)
        assert logits is not None
        scores = np.exp(logits - logits.max(), dtype=np.float64)
        return float(scores[self._end_of_user].sum() / scores.sum())

    @functools.cached_property
    def _end_of_user(self) -> list[int]:
        """The tokens that would end a user's message. A model that learned to read from written text ends a sentence
        with a mark first."""
        ending = self._vocabulary.ending(self._tokens.part(self._template.after_user())[:1])
        marks = [] if self._model.prompt.ends_without_marks else self._vocabulary.marks
        return sorted({*ending, *marks})

    def _partial(self, messages: Sequence[Message], text: str) -> list[int]:
        return self._fitting(lambda m: self._template.partial(m, text), messages)

    def _fitting(self, render: Callable[[Sequence[Message]], str], messages: Sequence[Message]) -> list[int]:
        """Tokens of the rendered messages. Old turns are left out until there is room for a reply.

        A prefill and the reply after it leave the same room, or each would leave out other turns.
        """
        system = [m for m in messages[:1] if m.role == "system"]
        turns = _turns(messages[len(system) :])
        last, room = max(0, len(turns) - 1), self._reply.room
        for dropped in (*range(0, last, TURNS_DROPPED_TOGETHER), last):
            tokens = self._tokens.prompt(render([*system, *(m for turn in turns[dropped:] for m in turn)]))
            if len(tokens) + room // REPLY_SHARE <= room:
                return tokens
        raise PortError(
            f"language model: a prompt of {len(tokens)} tokens does not fit into {room}; "
            "raise `context_tokens` or shorten the persona"
        )

    # --- evaluation --------------------------------------------------------------------------------------------------

    def _write(
        self,
        sequence: CachedSequence,
        tokens: list[int],
        turn: Turn,
        max_tokens: int,
        grammar: str | None,
        temperature: float,
    ) -> Iterator[str]:
        """Yield the pieces of what follows ``tokens``, to which each new token is added."""
        rules = Grammar(self._lib, self._vocabulary.native, grammar) if grammar is not None else None
        try:
            decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")
            started = False
            for _ in range(min(max_tokens, sequence.room - len(tokens))):
                logits = self._evaluate(sequence, tokens, turn)
                if logits is None:
                    return
                token = self._choose(logits, rules, temperature)
                if self._vocabulary.ends_reply(token):
                    return
                tokens.append(token)
                piece = decoder.decode(self._vocabulary.piece(token))
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

    def _evaluate(self, sequence: CachedSequence, tokens: list[int], turn: Turn | None) -> Logits | None:
        """Bring a sequence to ``tokens`` and return the logits after the last, or None when ``turn`` was cancelled."""
        with self._lock:
            if turn is not None and turn.cancelled:
                return None
            shared = _common_prefix(sequence.cached, tokens)
            if shared == len(tokens) == len(sequence.cached) and sequence.logits is not None:
                return sequence.logits
            shared = min(shared, len(tokens) - 1)  # the last token is needed for its logits
            if shared < len(sequence.cached):
                self._keep(sequence, shared)
            with self._stop.armed_by(turn):
                return self._append(sequence, tokens, turn)

    def _keep(self, sequence: CachedSequence, count: int) -> None:
        """Remove from the cache what follows the first ``count`` tokens of a sequence. A model that cannot forget a
        part, because it keeps a state and not its tokens (a recurrent one), forgets all but what is kept ready."""
        if self._lib.llama_memory_seq_rm(self._memory, sequence.number, count, -1):
            del sequence.cached[count:]
            sequence.logits = None
            return
        ready = self._ready(sequence.kind)
        begins_so = len(ready) <= count and sequence.cached[: len(ready)] == ready
        self._lib.llama_memory_seq_rm(self._memory, sequence.number, -1, -1)
        sequence.cached.clear()
        sequence.logits = None
        if ready and begins_so:
            self._restore(sequence.kind)

    def _append(self, sequence: CachedSequence, tokens: list[int], turn: Turn | None) -> Logits | None:
        """Evaluate what of ``tokens`` is not in the cache yet, and return the logits after the last."""
        sequence.logits = None
        cached = sequence.cached
        while len(cached) < len(tokens):
            if turn is not None and turn.cancelled:
                return None
            self._progress()
            chunk = tokens[len(cached) :][: self._chunk_tokens]
            batch = self._batch
            batch.n_tokens = len(chunk)
            for i, token in enumerate(chunk):
                batch.token[i] = token
                batch.pos[i] = len(cached) + i
                batch.n_seq_id[i] = 1
                batch.seq_id[i][0] = sequence.number
                batch.logits[i] = 0
            batch.logits[len(chunk) - 1] = 1
            status = self._lib.llama_decode(self._context, batch)
            if status == _ABORTED:
                self._keep(sequence, len(cached))
                self._stop.lower()  # and try again, because the flag may have been raised late, for the turn before
                continue
            if status != 0:
                raise PortError(f"language model: llama.cpp could not evaluate the prompt (code {status})")
            cached += chunk
            self.evaluated_tokens += len(chunk)
        row = self._lib.llama_get_logits_ith(self._context, -1)
        sequence.logits = np.ctypeslib.as_array(row, shape=(self._vocabulary.count,)).copy()
        return sequence.logits

    def _choose(self, logits: Logits, rules: Grammar | None, temperature: float) -> int:
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
