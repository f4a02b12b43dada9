"""The generator: from a question and passages to an answer that cites its passage.

The shipped one is the encoder's own weights, run causally with a LoRA adapter and a small head (`causal.py`).
Any causal language model of the hub or of a folder can take its place: `load_generator("name or path")`.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache

from companion.models import prompts
from companion.models.causal import causal_backbone
from companion.models.merging import merge
from companion.models.replies import Reply
from companion.models.weights import installed_encoder, quiet, resolve

ADAPTERS = Path(__file__).parent / "adapters"
SHIPPED = {None: "generator", "generator": "generator", "closed-book": "closed-book"}
CITED = re.compile(r"\s*\[\s*(\d+)\s*\]\s*")


class Generator:
    """A causal language model with the prompts of the course.

    Attributes: `name`, `model` (transformers), `tokenizer`.
    """

    def __init__(self, name: str, model, tokenizer):
        self.name, self.model, self.tokenizer = name, model.eval(), tokenizer

    def prompt(self, question: str, passages: list[str]) -> str:
        """All that the model gets to read."""
        return prompts.instruction_prompt(question, passages)

    @torch.inference_mode()
    def generate(self, prompt: str, max_new_tokens: int = 24, seed: int | None = None, **options) -> str:
        """Continue `prompt` for at most `max_new_tokens` tokens: greedily, or drawn at random with a seed.

        `options` go to transformers' `generate`.
        """
        ids = self.encode(prompt)
        room = self.room() - max_new_tokens
        if ids.shape[1] > room:
            raise ValueError(f"The prompt has {ids.shape[1]} tokens and there is room for {room}: use fewer passages.")
        drawn = {"do_sample": False} if seed is None else {"do_sample": True, "temperature": 0.7, "top_p": 0.9}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed or 0)
            out = self.model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                past_key_values=self.read(ids),
                max_new_tokens=max_new_tokens,
                **drawn,
                **self.ends(),
                **options,
            )
        return self.tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True).strip()

    def encode(self, prompt: str) -> torch.Tensor:
        """Token ids (1, length); a chat model gets its own chat template."""
        if getattr(self.tokenizer, "chat_template", None):
            turns = [{"role": "user", "content": prompt}]
            prompt = self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
            return self.tokenizer(prompt, return_tensors="pt", add_special_tokens=False).input_ids
        return self.tokenizer(prompt, return_tensors="pt").input_ids

    def ends(self) -> dict[str, int]:
        """Which token ends an answer, where the model's own settings do not say, and which one pads."""
        tokens = self.tokenizer
        eos = tokens.sep_token_id if tokens.eos_token_id is None else tokens.eos_token_id  # 0 is a token too
        pad = eos if tokens.pad_token_id is None else tokens.pad_token_id
        return {"pad_token_id": pad} | (
            {} if self.model.generation_config.eos_token_id is not None else {"eos_token_id": eos}
        )

    def room(self) -> int:
        """Tokens that prompt and answer may have together."""
        return getattr(self.model.config, "max_position_embeddings", None) or 1024

    def read(self, ids: torch.Tensor) -> DynamicCache:
        """The cache to start from; empty: `generate` reads the prompt itself, from left to right."""
        return DynamicCache(config=self.model.config)

    def respond(self, question: str, passages: list[str]) -> Reply:
        """Answer `question` from `passages`; `cited` counts from 1 and is empty for a refusal."""
        prompt = self.prompt(question, passages)
        return replied(self.generate(prompt), passages, prompt)

    def weights_sha256(self) -> str:
        """One hash over every weight of the model: equal hashes, equal model."""
        digest = hashlib.sha256()
        for name, tensor in sorted(self.model.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.detach().contiguous().view(torch.uint8).numpy().data)
        return digest.hexdigest()


class ShopGenerator(Generator):
    """The shipped generator. It was raised in one shop and speaks only shop."""

    def prompt(self, question: str, passages: list[str]) -> str:
        return prompts.answer_prompt(question, passages)

    def encode(self, prompt: str) -> torch.Tensor:
        ids = self.tokenizer(prompt, add_special_tokens=False).input_ids
        return torch.tensor([[self.tokenizer.cls_token_id, *ids]])

    def read(self, ids: torch.Tensor) -> DynamicCache:
        """Read the prompt in both directions; its last token is left for `generate`, which looks back on all."""
        cache = DynamicCache(config=self.model.config)
        size = ids.shape[1] - 1
        everywhere = torch.ones(1, 1, size, size, dtype=torch.bool)
        self.model.bert(ids[:, :-1], attention_mask=everywhere, past_key_values=cache, use_cache=True)
        return cache

    def write(self, intent: str, seed: int | None = None) -> str:
        """A customer's message that carries `intent`, such as "parcel_missing"; another seed, another message."""
        return spelt_like("", self.generate(prompts.write_prompt(intent), max_new_tokens=48, seed=seed))

    def reply(self, request: str) -> str:
        """The desk's reply to a customer's message."""
        return spelt_like(request, self.generate(prompts.reply_prompt(request), max_new_tokens=48))

    def rewrite(self, plain: str) -> str:
        """A plain sentence in the brand's voice."""
        return spelt_like(plain, self.generate(prompts.voice_prompt(plain), max_new_tokens=48))


def replied(text: str, passages: list[str], prompt: str) -> Reply:
    """What a model wrote, "[2] 24 months" say, as a reply: its citation apart, its words as the passage has them."""
    found = CITED.search(text)
    number = int(found.group(1)) if found else 0
    answer = CITED.sub(" ", text).strip()
    if not 1 <= number <= len(passages):
        return Reply(text=answer, prompt=prompt)
    passage = passages[number - 1]
    spans = place_of(answer, passage)
    return Reply(passage[slice(*spans[0])] if spans else answer, (number,), prompt, spans, score=1.0)


def place_of(answer: str, passage: str) -> tuple[tuple[int, int], ...]:
    """Where the passage says the answer, as whole words, whatever its capitals and blanks; () if it does not.

    The model reads and writes lower case only, and "kb - 4172" for "KB-4172". Whole words: the 4 months in
    "24 months" are not "4 months".
    """
    letters = [re.escape(c) for c in answer if not c.isspace()]
    if not letters:
        return ()
    whole = r"(?<!\w)(?<!\d[.,])" + r"\s*".join(letters) + r"(?!\w)(?![.,]\d)"
    found = re.search(whole, passage, re.IGNORECASE)
    return (found.span(),) if found else ()


def spelt_like(source: str, text: str) -> str:
    """Lower-case text with its sentences begun in capitals, and with names spelt as in `source`."""
    inside = re.findall(r"(?<![.!?] )(?<!^)\b[A-Z]\w*", source)
    names = {word.lower(): word for word in inside} | {"i": "I"}
    text = re.sub(r"(\w) ' (\w)", r"\1'\2", re.sub(r"\s+([.,;:!?])", r"\1", text))  # word pieces leave blanks
    text = re.sub(r"\w+", lambda word: names.get(word[0], word[0]), text)
    return re.sub(r"(^|[.!?:]\s+)([a-z])", lambda found: found[1] + found[2].upper(), text)


def load_generator(name: str | None = None) -> Generator:
    """None for the shipped generator, "closed-book" for the one that never saw a passage, a folder, or a hub name."""
    if name in SHIPPED:
        return load_shipped(ADAPTERS / SHIPPED[name])
    if (Path(name) / "head.safetensors").is_file():
        return load_shipped(Path(name))
    folder = resolve(name)
    with quiet():
        model = AutoModelForCausalLM.from_pretrained(folder, use_safetensors=True, dtype="auto")
    return Generator(str(name), model, AutoTokenizer.from_pretrained(folder))


def load_shipped(folder: Path) -> ShopGenerator:
    """Backbone + adapter + head. The adapter is merged into the weights: reading and writing cost nothing more."""
    if not (folder / "adapter_model.safetensors").is_file():
        raise FileNotFoundError(f"{folder} holds no adapter: reinstall the package, or run `make generator`.")
    encoder = installed_encoder()
    model = causal_backbone(encoder)
    merge(model, folder)
    model.cls.predictions.transform.load_state_dict(
        {k: v.float() for k, v in load_file(folder / "head.safetensors").items()}
    )
    return ShopGenerator(folder.name, model, AutoTokenizer.from_pretrained(encoder))
