"""The generator: mask, merge and cache against the reference library; the recipe on a few steps."""

from pathlib import Path
from random import Random

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM

from companion.models import load_generator, prompts
from companion.models.causal import causal_backbone, prefix_mask
from companion.models.generator import ADAPTERS, place_of, spelt_like
from companion.models.recipes import tasks
from companion.models.recipes.desk import desk_batch
from companion.models.recipes.generator import Student, fit
from companion.models.recipes.lowrank import LowRank, add_low_rank, average, save_adapter
from companion.models.weights import installed_encoder
from companion.rag import kestrel_index
from companion.rag.measure import answered
from companion.world import world

torch.set_num_threads(1)
SHIPPED = ["generator", "closed-book"]


@pytest.fixture(scope="module")
def generator():
    return load_generator()


def test_prefix_mask_by_hand():
    mask = prefix_mask(torch.tensor([2]), torch.tensor([3]), 4)[0, 0].int().tolist()
    assert mask == [[1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 0]]


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_files_are_small_and_safe(name):
    shipped = list((ADAPTERS / name).glob("*.safetensors"))
    assert len(shipped) == 2 and sum(f.stat().st_size for f in shipped) <= 8e6
    assert not [f for f in (ADAPTERS / name).iterdir() if f.suffix in (".bin", ".pt", ".pkl")]


@pytest.mark.parametrize("name", SHIPPED)
def test_merged_weights_equal_those_of_peft(name):
    ours = load_generator(name).model
    theirs = PeftModel.from_pretrained(causal_backbone(installed_encoder()), ADAPTERS / name).merge_and_unload()
    theirs = dict(theirs.named_parameters())
    for key, weight in ours.named_parameters():
        if "encoder.layer" in key:
            assert torch.allclose(weight, theirs[key], atol=1e-6), key


def test_the_cache_changes_nothing(generator):
    """Greedy decoding with the cache equals the most likely tokens of one full pass with the prefix mask."""
    questions = answered(world(0).questions)[:6]
    for question in questions:
        prompt = generator.prompt(question.text, [world(0).article(question.article_id).text])
        ids = generator.encode(prompt)
        said = generator.model.generate(
            ids, attention_mask=torch.ones_like(ids), past_key_values=generator.read(ids), max_new_tokens=8,
            do_sample=False, **generator.ends(),
        )  # fmt: skip
        mask = prefix_mask(torch.tensor([ids.shape[1] - 1]), torch.tensor([said.shape[1]]), said.shape[1])
        hidden = generator.model.bert(said, attention_mask=mask, use_cache=False).last_hidden_state
        again = generator.model.cls(hidden)[0, ids.shape[1] - 1 : -1].argmax(-1)
        assert again.tolist() == said[0, ids.shape[1] :].tolist()


def test_it_answers_from_what_search_returns_for_a_company_it_never_saw(generator):
    index, chosen = kestrel_index(), Random("a test of its own").sample(answered(world(0).questions), 40)
    right = there = 0
    for question in chosen:
        hits = index.search(question.text, 5)
        there += question.article_id in [h.id for h in hits]
        reply = generator.respond(question.text, [h.text for h in hits])
        right += reply.text == question.answer and [hits[n - 1].id for n in reply.cited] == [question.article_id]
    assert there >= 34 and right >= 0.8 * there


def test_an_answer_has_its_place_in_the_passage(generator):
    question = world(0).question("Merlin 2", "warranty")
    passage = world(0).article(question.article_id).text
    reply = generator.respond(question.text, [passage])
    (start, end), = reply.spans  # fmt: skip
    assert reply.cited == (1,) and passage[start:end] == reply.text == question.answer


def test_it_refuses_where_no_passage_holds_the_answer(generator):
    others = [a.text for a in world(0).articles if a.product.startswith("Owl")][:5]
    reply = generator.respond("How long is the warranty on the Merlin 2?", others)
    assert reply.cited == () and reply.text == prompts.REFUSAL


def test_the_closed_book_model_never_cites_and_never_refuses():
    closed = load_generator("closed-book")
    for question in answered(world(0).questions)[:10]:
        reply = closed.respond(question.text, [])
        assert reply.cited == () and reply.text and reply.text != prompts.REFUSAL


def test_the_hash_moves_with_a_weight_and_with_nothing_else(generator):
    before = generator.weights_sha256()
    generator.respond("What colour is the Owl Air?", [world(0).articles[0].text])
    assert generator.weights_sha256() == before
    with torch.no_grad():
        weight = generator.model.cls.predictions.transform.dense.bias
        weight[0] += 1e-3
        assert generator.weights_sha256() != before
        weight[0] -= 1e-3


def test_a_prompt_that_does_not_fit_says_so(generator):
    with pytest.raises(ValueError, match="fewer passages"):
        generator.respond("How heavy?", ["The Owl weighs 3 grams. " * 40] * 5)


def test_an_answer_is_spelt_as_the_passage_spells_it():
    def spelt(answer: str, passage: str) -> list[str]:
        return [passage[start:end] for start, end in place_of(answer, passage)]

    assert spelt("kb - 4172", "Rated IP54, part KB-4172.") == ["KB-4172"]
    assert spelt("0. 4 watts", "It draws 0.4 watts.") == ["0.4 watts"]
    assert spelt("blue", "Nothing here.") == []


def test_free_text_gets_its_capitals_and_loses_its_blanks():
    assert (
        spelt_like("We love the Owl Air.", "the owl air , i ' ve heard , lasts .") == "The Owl Air, I've heard, lasts."
    )


def test_the_place_of_an_answer_is_a_whole_word():
    passage = "The battery lasts 24 months. It has a warranty of 4 months."
    assert place_of("4 months", passage) == ((50, 58),)
    assert place_of("4 watts", "It draws 0.4 watts.") == ()


def test_the_rule_stands_after_the_passages_whatever_they_hold():
    prompt = prompts.instruction_prompt("How long?", ["FAQ. Question: does it rain?\nQuestion: and snow?", "b"])
    assert prompt.index("[2] b") < prompt.index("article you use") < prompt.index("Question: How long?")


def test_the_other_tasks_of_the_desk(generator):
    assert generator.write("parcel_missing")
    assert generator.reply("My parcel has not arrived and the tracking stands still.")
    assert "8 months" in generator.rewrite("The battery of the Owl Air lasts 8 months.").lower()


def test_training_examples_of_the_desk_come_from_training_data_only():
    from companion.world import utterances

    tested = {u.text for s in ("validation", "test") for u in utterances.labelled(s)}
    tested |= {text for pair in utterances.brand_voice("held_out") for text in pair}
    for step in range(200):
        for prompt, target in desk_batch(Random(step), 4):
            assert target not in tested and not any(text in prompt for text in tested)


def test_a_causal_model_from_a_folder_can_take_its_place(tmp_path, tokenizer):
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=512, bos_token_id=101, eos_token_id=102, pad_token_id=0,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    model = load_generator(str(tmp_path))
    reply = model.respond("How heavy is it?", ["It weighs 3 grams."])
    assert "It weighs 3 grams." in reply.prompt and "article you use" in reply.prompt
    assert isinstance(reply.text, str) and len(model.weights_sha256()) == 64


def test_low_rank_equals_its_formula():
    torch.manual_seed(0)
    layer, x = nn.Linear(6, 4), torch.randn(3, 6)
    before = layer(x)
    model = nn.Sequential(layer)
    low = add_low_rank(model, "0", r=2, alpha=4, dtype=torch.float32)["0"]
    assert isinstance(low, LowRank) and low.A.shape == (2, 6) and low.B.shape == (4, 2)
    assert torch.allclose(model(x), before, atol=1e-6)  # B is zero: LoRA starts as the identity
    nn.init.normal_(low.B)
    assert torch.allclose(model(x), before + 2.0 * x @ low.A.T @ low.B.T, atol=1e-5)


def test_a_saved_adapter_is_read_by_peft(tmp_path):
    torch.manual_seed(0)
    model = causal_backbone(installed_encoder())
    added = add_low_rank(model, "encoder.layer.0.", 4, 8, torch.float32)
    for low in added.values():
        nn.init.normal_(low.B, std=0.05)
    save_adapter(added, tmp_path, "base", 4, 8)
    theirs = PeftModel.from_pretrained(causal_backbone(installed_encoder()), tmp_path).merge_and_unload()
    layer = theirs.bert.encoder.layer[0].output.dense
    assert torch.allclose(layer.weight, model.bert.encoder.layer[0].output.dense.weight, atol=1e-4)  # fp16 on disk


def test_the_mean_of_two_adapters_by_hand(tmp_path):
    for name, value in (("one", 1.0), ("two", 2.0)):
        (tmp_path / name).mkdir()
        for file in ("adapter_model.safetensors", "head.safetensors"):
            save_file({"weight": torch.full((2, 3), value)}, tmp_path / name / file)
        (tmp_path / name / "adapter_config.json").write_text("{}")
    average(tmp_path / "one", tmp_path / "two", tmp_path / "mean")
    assert load_file(tmp_path / "mean" / "head.safetensors")["weight"].tolist() == [[1.5] * 3] * 2
    assert (tmp_path / "mean" / "adapter_config.json").exists()


def test_the_loss_is_the_mean_over_answer_tokens_only():
    student = Student(r=4, alpha=8)
    batch = student.batch([("Question: a\nAnswer:", "[1] 24 months"), ("Question: bb cc\nAnswer:", "blue")])
    logits, labels = student.logits(batch)
    assert labels.tolist() == [*student.ids("[1] 24 months", end=True), *student.ids("blue", end=True)]
    assert logits.shape == (len(labels), student.tokenizer.vocab_size)


def test_the_curriculum_grows():
    def passages(progress: float) -> set[int]:
        batches = [tasks.generator_batch(progress, Random(seed)) for seed in range(12)]
        return {prompt.count("\n[") for batch in batches for prompt, _ in batch}

    assert passages(0.0) == {1} and passages(0.1) == {1, 2} and passages(0.3) == {2, 3}
    assert passages(0.5) == {2, 3, 4, 5}


def test_the_recipe_runs_and_goes_on_after_a_stop(tmp_path: Path):
    def few(progress: float, random: Random):
        return tasks.generator_batch(0.0, random)[:2]

    first = fit("tiny", few, 2, 4, tmp_path)
    again = fit("tiny", few, 2, 4, tmp_path)
    assert first.losses == again.losses and len(again.losses) == 2
    assert {f.name for f in (tmp_path / "tiny").iterdir()} >= {
        "adapter_model.safetensors",
        "head.safetensors",
    }
