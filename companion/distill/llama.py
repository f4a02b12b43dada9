"""The shipped generator's student: a Llama of 1.6 million parameters, small and narrow.

It knows one task, an answer with its citation or a refusal, and it reads one passage, the first. Its teacher binds
names among five passages; to learn that from scratch takes far more text and time than a lesson has. It reads from
left to right, as a Llama does, where its teacher reads a prompt in both directions.
`python -m companion.distill.llama` trains it (`llama_training.py`).
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from companion.distill.sequences import SharedVocabulary, greedy
from companion.models import prompts
from companion.models.generator import Generator
from companion.models.replies import Reply
from companion.models.weights import quiet

WEIGHTS = Path(__file__).parent / "weights" / "llama"


class LlamaStudent(Generator):
    """A Llama with the generator's face: `prompt`, `generate`, `respond`; it reads the first passage only.

    Attributes: `name`, `model` (LlamaForCausalLM), `tokenizer` (the shared pieces).
    """

    def prompt(self, question: str, passages: list[str]) -> str:
        """The generator's own prompt, with the passage that a search ranks first."""
        return prompts.answer_prompt(question, passages[:1])

    def encode(self, prompt: str) -> Tensor:
        ids = self.tokenizer(prompt, add_special_tokens=False).input_ids
        return torch.tensor([[self.tokenizer.cls_token_id, *ids]])

    def read(self, ids: Tensor) -> DynamicCache:
        """Read the prompt, all but its last token, with which the answer's loop begins."""
        cache = DynamicCache(config=self.model.config)
        self.model.model(input_ids=ids[:, :-1], past_key_values=cache, use_cache=True)
        return cache

    @torch.inference_mode()
    def generate(self, prompt: str, max_new_tokens: int = 24) -> str:
        """Continue `prompt` greedily for at most `max_new_tokens` tokens."""
        ids, room = self.encode(prompt), self.room() - max_new_tokens
        if ids.shape[1] > room:
            raise ValueError(f"The prompt has {ids.shape[1]} tokens and there is room for {room}: shorten the passage.")
        return self.tokenizer.decode(greedy(self, ids, max_new_tokens)[0][0], skip_special_tokens=True).strip()

    def respond(self, question: str, passages: list[str]) -> Reply:
        """Answer from the first passage, or refuse; without a passage there is nothing to ask the model."""
        if not passages:
            return Reply(prompts.REFUSAL, prompt=self.prompt(question, passages))
        return super().respond(question, passages[:1])

    def save(self, folder: str | Path) -> None:
        """Write transformers' own files: configuration, fp16 weights as safetensors, tokenizer."""
        weights = {name: t.half() for name, t in self.model.state_dict().items() if name != "lm_head.weight"}  # tied
        self.model.save_pretrained(folder, state_dict=weights)
        self.tokenizer.save_pretrained(folder)

    @classmethod
    def load(cls, folder: str | Path = WEIGHTS) -> LlamaStudent:
        """Read what `save` wrote; it computes in float32."""
        if not (Path(folder) / "model.safetensors").is_file():
            raise FileNotFoundError(f"{folder} holds no student: train one with `python -m companion.distill.llama`.")
        with quiet():
            model = LlamaForCausalLM.from_pretrained(folder, use_safetensors=True, dtype=torch.float32)
        return cls(Path(folder).name, model, PreTrainedTokenizerFast.from_pretrained(folder))


def make_llama(
    vocabulary: SharedVocabulary,
    dim: int = 128,
    layers: int = 4,
    heads: int = 4,
    inner: int = 384,
    seed: int = 0,
    teacher: Generator | None = None,
) -> LlamaForCausalLM:
    """A new Llama over the shared pieces, its head tied to its embeddings.

    Parameters: pieces * dim + layers * (4 dim^2 + 3 dim inner + 2 dim) + dim. All are random; with `teacher` the
    embeddings begin as the teacher's (`start_embeddings`).
    """
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=dim,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=vocabulary.tokenizer.cls_token_id,
        eos_token_id=vocabulary.tokenizer.sep_token_id,
        pad_token_id=vocabulary.tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config)
    start_copying(model)
    if teacher is not None:
        start_embeddings(model, teacher.model.get_input_embeddings().weight[vocabulary.rows])
    return model


@torch.no_grad()
def start_embeddings(model: LlamaForCausalLM, teacher_rows: Tensor, spread: float = 0.04) -> None:
    """Begin with the teacher's word embeddings: centred, cut to the student's size by SVD, scaled to `spread`.

    teacher_rows: (pieces, teacher's dim). Of U S V^T the first columns of U S are kept, which keep the inner products
    as well as so few numbers can: words that are near for the teacher are near for the student from the start,
    names that no training text holds among them.
    """
    table = model.get_input_embeddings().weight
    if min(teacher_rows.shape) < table.shape[1]:
        raise ValueError(
            f"Rows of shape {tuple(teacher_rows.shape)} cannot fill {table.shape[1]} columns: choose a smaller dim."
        )
    left, strength, _ = torch.linalg.svd(teacher_rows.float() - teacher_rows.float().mean(0), full_matrices=False)
    reduced = (left * strength)[:, : table.shape[1]]  # (pieces, dim)
    table.copy_(reduced * (spread / reduced.std()))


@torch.no_grad()
def start_copying(model: LlamaForCausalLM, same: float = 0.7, hand_on: float = 0.3) -> None:
    """Add a multiple of the identity to each attention's matrices, so that it begins as a copier.

    W_Q, W_K + same I: a token looks for its equals, such as the product's name in question and passage.
    W_V, W_O + hand_on I: what is looked at is handed on as it is. Mimetic initialisation (2305.09828): pretrained
    Transformers are near to this, and from scratch the wait until copying is found is most of a short run.
    """
    for layer in model.model.layers:
        attention = layer.self_attn
        for matrices, amount in (("qk", same), ("vo", hand_on)):
            for name in matrices:
                weight = getattr(attention, f"{name}_proj").weight
                weight += amount * torch.eye(*weight.shape)


def answer_logits(model: LlamaForCausalLM, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Logits where an answer's token is predicted (answer tokens, pieces), and those tokens (answer tokens,).

    batch: as `companion.models.prompted.padded` makes it. Padding stands to the right, where a causal model never
    looks from the left, so no mask is needed.
    """
    logits, places = model(input_ids=batch["ids"], use_cache=False).logits, batch["labels"] != -100
    return logits[places].float(), batch["labels"][places]


def parameters(model: torch.nn.Module) -> int:
    """How many numbers a model has; a tied head counts once."""
    return sum(p.numel() for p in model.parameters())


if __name__ == "__main__":
    from companion.distill.llama_training import main

    main()
