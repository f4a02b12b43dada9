"""The generator's student: shared vocabulary, the teacher's answers, training, decoding, files."""

from pathlib import Path
from random import Random

import pytest
import torch
import torch.nn.functional as F
from transformers import AutoTokenizer, LlamaForCausalLM

from companion.distill import answers, llama_training
from companion.distill.answers import TransferSet, answered_by, renamed, strongest, unlabelled
from companion.distill.llama import LlamaStudent, answer_logits, make_llama, parameters, start_embeddings
from companion.distill.llama_measure import is_right, on_gold_pages, side_by_side
from companion.distill.llama_training import (
    agreement,
    batches_of,
    distil_generator,
    distillation_loss,
    prompt_labels,
    renumbered,
)
from companion.distill.muon import MuonAndAdamW, matrices_and_rest
from companion.distill.sequences import SharedVocabulary, greedy, shop_texts, until_end
from companion.models import load_generator
from companion.models.prompted import padded
from companion.models.prompts import REFUSAL, answer_prompt
from companion.models.weights import installed_encoder
from companion.rag import RAGPipeline
from companion.rag.kestrel import kestrel_index
from companion.training import train
from companion.world import world

TINY = {"dim": 32, "layers": 2, "heads": 2, "inner": 48}


@pytest.fixture(scope="module")
def teacher():
    return load_generator()


@pytest.fixture(scope="module")
def vocabulary():
    texts = [*shop_texts(range(1, 3))]
    return SharedVocabulary.cut(texts, AutoTokenizer.from_pretrained(installed_encoder()))


@pytest.fixture(scope="module")
def items(vocabulary):
    return unlabelled(12, vocabulary.names(), seed=1, seeds=range(1, 3))


@pytest.fixture(scope="module")
def transfer(teacher, vocabulary, items):
    return answered_by(teacher, items, vocabulary)


@pytest.fixture(scope="module")
def student(vocabulary):
    return LlamaStudent("tiny", make_llama(vocabulary, **TINY), vocabulary.tokenizer)


# the shared vocabulary


def test_ids_go_to_the_teacher_and_back(vocabulary, teacher):
    ids = vocabulary.ids("[1] 24 months", end=True)
    there = vocabulary.rows[ids].tolist()
    assert there == teacher.tokenizer("[1] 24 months", add_special_tokens=False).input_ids + [102]
    assert vocabulary.from_teacher(there) == ids


def test_every_row_is_the_teachers_row_of_the_same_piece(vocabulary, teacher):
    assert teacher.tokenizer.convert_ids_to_tokens(vocabulary.rows.tolist()) == vocabulary.pieces
    assert len(set(vocabulary.rows.tolist())) == len(vocabulary) < 6000


def test_all_of_the_shop_can_be_said_without_unknown_pieces(vocabulary):
    unknown = vocabulary.tokenizer.unk_token_id
    for article in world(0).articles:  # birds among them, which no training text holds
        assert unknown not in vocabulary.ids(article.text)


def test_a_word_that_was_cut_is_spelt_from_shorter_pieces(vocabulary):
    assert "pelican" not in vocabulary.pieces
    pieces = vocabulary.tokenizer.tokenize("Pelican")
    assert len(pieces) > 1 and "".join(p.removeprefix("##") for p in pieces) == "pelican"


def test_years_are_cut(vocabulary):
    assert not [p for p in vocabulary.pieces if p.isdigit() and len(p) > 3]
    assert vocabulary.from_teacher([AutoTokenizer.from_pretrained(installed_encoder()).vocab["1998"]]) is None


def test_a_vocabulary_that_is_not_the_teachers_is_refused(vocabulary):
    class Other:
        def get_vocab(self):
            return {"hello": 0}

    with pytest.raises(ValueError, match="cut the student's vocabulary"):
        SharedVocabulary(vocabulary.tokenizer, Other())


def test_restricted_logits_by_hand(vocabulary):
    logits = torch.full((30522,), -torch.inf)
    a, b, gone = vocabulary.ids("24")[0], vocabulary.ids("months")[0], 2  # id 2, an unused piece, is not shared
    assert gone not in vocabulary.rows
    logits[vocabulary.rows[a]], logits[vocabulary.rows[b]], logits[gone] = torch.tensor([0.3, 0.1, 0.6]).log()
    restricted = vocabulary.restrict(logits).softmax(-1)
    assert restricted[a] == pytest.approx(0.75) and restricted[b] == pytest.approx(0.25)  # 0.3 and 0.1 over 0.4
    assert restricted.sum() == pytest.approx(1.0)


def test_restricting_equals_conditioning_for_any_logits(vocabulary):
    logits = torch.randn(5, 30522, generator=torch.Generator().manual_seed(0))
    whole = logits.softmax(-1)[:, vocabulary.rows]
    assert torch.allclose(vocabulary.restrict(logits).softmax(-1), whole / whole.sum(-1, keepdim=True), atol=1e-6)


# the teacher's answers


def test_answers_are_those_that_the_teacher_gives_alone(teacher, transfer, items, vocabulary):
    for row in range(4):
        alone = teacher.generate(answer_prompt(*items[row]))
        _, ids, _ = transfer.example(row)
        said = vocabulary.tokenizer.decode(ids, skip_special_tokens=True)
        assert said.replace(" ", "") == alone.replace(" ", "")


def test_the_kept_logits_are_near_to_the_teachers_distribution(teacher, transfer, items, vocabulary):
    tokens, logits = greedy(teacher, teacher.encode(answer_prompt(*items[0])), 16)
    true = vocabulary.restrict(logits[0]).softmax(-1)
    kept = transfer.batch([0], len(vocabulary))["teacher"].softmax(-1)
    assert (true[: len(kept)] - kept).abs().sum(-1).max() < 0.05  # bf16 answers, fp16 files


def test_strongest_keeps_the_mass_of_the_others():
    log_probs = torch.tensor([[0.5, 0.2, 0.15, 0.1, 0.05]]).log()
    top, values, rest = strongest(log_probs, kept=2)
    assert top.tolist() == [[0, 1]] and values.exp().tolist() == [pytest.approx([0.5, 0.2])]
    assert rest.exp().item() == pytest.approx(0.1)  # 0.3 shared by three


def test_padding_and_labels_by_hand():
    batch = padded([([1, 2, 3], [4, 5]), ([6], [7])])
    assert batch["ids"].tolist() == [[1, 2, 3, 4], [6, 0, 0, 0]]
    assert batch["labels"].tolist() == [[-100, -100, 4, 5], [7, -100, -100, -100]]
    assert batch["prefix"].tolist() == [2, 0] and batch["length"].tolist() == [4, 1]


def test_the_teachers_rows_follow_the_labels(transfer, vocabulary):
    batch = transfer.batch([3, 0, 7], len(vocabulary))
    words = batch["labels"][batch["labels"] != -100]
    assert (batch["teacher"].argmax(-1) == words).float().mean() > 0.9  # greedy: the word is the strongest


def test_transfer_set_is_the_same_from_disk(transfer, tmp_path):
    transfer.save(tmp_path / "a.safetensors")
    twice = TransferSet.load(tmp_path / "a.safetensors", tmp_path / "a.safetensors")
    assert len(twice) == 2 * len(transfer) and twice.example(len(transfer) + 2)[:2] == transfer.example(2)[:2]


def test_an_answer_with_a_piece_that_is_not_shared_is_spelt_anew(teacher, vocabulary):
    tokens = torch.tensor([*teacher.tokenizer("ab - 1998", add_special_tokens=False).input_ids, 102])
    ids, top, _, _ = answers.in_shared_pieces(teacher, vocabulary, tokens, torch.zeros(len(tokens), 30522))
    assert vocabulary.tokenizer.decode(ids, skip_special_tokens=True).replace(" ", "") == "ab-1998"
    assert top[:, 0].tolist() == ids.tolist()


def test_renaming_is_the_same_everywhere_and_never_a_bird():
    question, passages = renamed("Does Maple 2 beep?", ["Maple 2 beeps. Cedar hums."], ["swift", "lamp"], Random(1))
    name = question.split()[1]
    assert "Maple" not in question + passages[0] and name in passages[0] and name.lower() != "swift"


def test_questions_carry_no_right_answer_and_the_same_seed_asks_the_same(vocabulary, items):
    assert all(len(item) == 2 and len(item[1]) == 1 for item in items)
    assert items == unlabelled(12, vocabulary.names(), seed=1, seeds=range(1, 3))


def test_kestrel_is_never_asked_about(vocabulary):
    with pytest.raises(ValueError, match="Kestrel"):
        unlabelled(1, vocabulary.names(), seeds=range(0, 1))


def test_nothing_to_answer_is_an_error(teacher, vocabulary):
    with pytest.raises(ValueError, match="at least one question"):
        answered_by(teacher, [], vocabulary)


# losses and batches


def test_loss_of_words_alone_is_cross_entropy(student, transfer, vocabulary):
    batch = transfer.batch([0, 1], len(vocabulary))
    logits, words = answer_logits(student.model, batch)
    assert torch.allclose(distillation_loss(student.model, batch, soft=0, reading=0), F.cross_entropy(logits, words))


def test_loss_of_logits_alone_is_kl_over_the_shared_pieces(student, transfer, vocabulary):
    batch = transfer.batch([0, 1], len(vocabulary))
    logits, _ = answer_logits(student.model, batch)
    teacher = batch["teacher"].log_softmax(-1)
    by_hand = (teacher.exp() * (teacher - logits.log_softmax(-1))).sum(-1).mean()
    assert torch.allclose(distillation_loss(student.model, batch, soft=1, reading=0), by_hand, atol=1e-4)


def test_padding_changes_no_logit(student, transfer, vocabulary):
    alone, _ = answer_logits(student.model, transfer.batch([2], len(vocabulary)))
    longest = max(range(len(transfer)), key=transfer.length)
    both, _ = answer_logits(student.model, transfer.batch([2, longest], len(vocabulary)))
    assert torch.allclose(alone, both[: len(alone)], atol=1e-4)


def test_renumbering_moves_prompt_answer_and_logits_together(vocabulary):
    prompt, answer = vocabulary.ids("warranty 24 months", start=True), vocabulary.ids("24 months", end=True)
    batch = padded([(prompt, answer)])
    batch["teacher"] = torch.zeros(len(answer), len(vocabulary)).scatter(1, torch.tensor(answer)[:, None], 9.0)
    new = renumbered(batch, vocabulary.numbers(), len(vocabulary), Random(3))
    said, place = new["labels"][new["labels"] != -100], prompt.index(answer[0])
    assert said[0] == new["ids"][0, place] != answer[0]  # another number, the same in both
    assert said[1:].tolist() == answer[1:] and new["teacher"].argmax(-1).tolist() == said.tolist()


def test_prompt_labels_by_hand():
    batch = padded([([1, 2, 3], [4, 5]), ([6], [7])])
    assert prompt_labels(batch).tolist() == [[2, 3, -100, -100], [-100, -100, -100, -100]]


def test_batches_depend_on_seed_and_step_only_and_begin_short(transfer, vocabulary):
    one, two = (batches_of(transfer, vocabulary, 10, 2, seed=4) for _ in range(2))
    assert torch.equal(one(7)["ids"], two(7)["ids"]) and not torch.equal(one(7)["ids"], one(8)["ids"])


# the optimizer


def test_matrices_go_to_muon_and_the_tied_table_does_not(student):
    matrices, rest = matrices_and_rest(student.model)
    assert len(matrices["params"]) == 2 * 7  # q, k, v, o, gate, up, down of two layers
    assert sum(p.numel() for g in (matrices, rest) for p in g["params"]) == parameters(student.model)
    assert any(p is student.model.lm_head.weight for p in rest["params"])


def test_a_resumed_run_ends_as_one_that_was_never_stopped(transfer, vocabulary, tmp_path):
    def run(checkpoint=None, upto=6):
        model, seen = make_llama(vocabulary, **TINY), []
        feed = batches_of(transfer, vocabulary, 6, 2, seed=0)

        def batch(step):
            if step >= upto:
                raise KeyboardInterrupt
            seen.append(step)
            return feed(step)

        settings = {"lr": 1e-2, "parameters": matrices_and_rest(model), "optimizer": MuonAndAdamW, "every": 3}
        try:
            train(model, batch, distillation_loss, 6, checkpoint=checkpoint, progress=False, **settings)
        except KeyboardInterrupt:
            return None, seen
        return model, seen

    whole, _ = run()
    run(tmp_path / "run.ckpt", upto=4)
    resumed, seen = run(tmp_path / "run.ckpt")
    assert seen == [3, 4, 5]
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(whole.parameters(), resumed.parameters(), strict=True))


# the student


def test_parameters_by_hand(vocabulary):
    model = make_llama(vocabulary)
    assert parameters(model) == len(vocabulary) * 128 + 4 * (4 * 128**2 + 3 * 128 * 384 + 2 * 128) + 128
    full = 5505 * 128 + 4 * (4 * 128**2 + 3 * 128 * 384 + 2 * 128) + 128  # with the pieces of all 200 companies
    assert 1e6 < full < 4e6


def test_start_keeps_what_is_near_near(vocabulary, teacher):
    model = make_llama(vocabulary, teacher=teacher)
    near, far = (model.get_input_embeddings().weight[vocabulary.ids(w)].detach() for w in ("months days", "months red"))
    assert F.cosine_similarity(*near, dim=0) > F.cosine_similarity(*far, dim=0)
    with pytest.raises(ValueError, match="smaller dim"):
        start_embeddings(model, torch.randn(20, 384))


def test_training_lowers_the_loss_and_is_the_same_for_the_same_seed(transfer, vocabulary):
    def run():
        model = make_llama(vocabulary, **TINY)
        return distil_generator(
            transfer, vocabulary, 12, lr=1e-2, size=4, held=transfer, model=model, progress=False, every=6
        )

    (student, history), (_, again) = run(), run()
    assert history.losses == again.losses and history.losses[-1] < 0.7 * history.losses[0]
    assert [step for step, _ in history.validation] == [6, 12]
    assert 0 <= agreement(student.model, [transfer.batch([0, 1], len(vocabulary))]) <= 1


def test_cache_equals_no_cache(student, items):
    ids = student.encode(student.prompt(*items[0]))
    tokens, logits = greedy(student, ids, longest=6)
    whole = torch.cat([ids, tokens[:, :-1]], 1)
    batch = {"ids": whole, "labels": torch.full_like(whole, -100)}
    batch["labels"][0, ids.shape[1] - 1 :] = tokens[0]
    with torch.no_grad():
        at_once, _ = answer_logits(student.model, batch)
    assert torch.allclose(logits[0], at_once, atol=1e-4)


def test_greedy_equals_transformers_generate(teacher, items, vocabulary):
    for question, passages in items[:3]:
        prompt = answer_prompt(question, passages)
        ids = teacher.encode(prompt)
        tokens = until_end(greedy(teacher, ids)[0][0], 102)
        assert teacher.tokenizer.decode(tokens, skip_special_tokens=True).strip() == teacher.generate(prompt)


def test_saved_and_loaded_says_the_same(student, items, tmp_path):
    student.save(tmp_path)
    loaded = LlamaStudent.load(tmp_path)
    for name, tensor in student.model.state_dict().items():
        assert torch.equal(tensor.half().float(), loaded.model.state_dict()[name]), name
    assert loaded.tokenizer("Merlin 2, 24 months").input_ids == student.tokenizer("Merlin 2, 24 months").input_ids
    again = tmp_path / "again"
    loaded.save(again)
    assert (again / "model.safetensors").read_bytes() == (tmp_path / "model.safetensors").read_bytes()
    assert (tmp_path / "model.safetensors").stat().st_size < 2 * parameters(student.model) + 10_000  # the head once
    assert LlamaForCausalLM.from_pretrained(tmp_path).config.vocab_size == len(student.tokenizer)
    assert not [f.name for f in tmp_path.iterdir() if f.suffix in (".bin", ".pt", ".pkl")]


def test_a_folder_without_weights_is_told_in_one_sentence(tmp_path):
    with pytest.raises(FileNotFoundError, match="companion.distill.llama"):
        LlamaStudent.load(tmp_path)


def test_the_student_reads_the_first_passage_only(student):
    one, two = (student.respond("How long?", passages) for passages in (["A. 1 day."], ["A. 1 day.", "B. 2 days."]))
    assert one == two and "B. 2 days." not in two.prompt and student.respond("How long?", []).text == REFUSAL


def test_a_prompt_that_is_too_long_is_told_in_one_sentence(student):
    with pytest.raises(ValueError, match="shorten the passage"):
        student.respond("How long?", ["very " * 600])


def test_a_reply_of_the_student_cites_and_points(student, monkeypatch):
    monkeypatch.setattr(student, "generate", lambda prompt: "[1] kb - 4172")
    reply = student.respond("Which part?", ["Order it as KB-4172."])
    assert reply.text == "KB-4172" and reply.cited == (1,) and reply.spans == ((12, 19),)


def test_the_pipeline_works_with_the_student(student):
    answer = RAGPipeline(kestrel_index(), student).answer(world(0).questions[0].text, top_k=3)
    assert len(answer.passages) == 3 and set(answer.citations) <= {answer.passages[0].id}


def test_side_by_side(teacher, student):
    asked = on_gold_pages(world(0))[:2] + [("How tall is Merlin 2?", ["Order it as KB-4172."], None)]
    found = side_by_side(teacher, student, asked)
    assert found["teacher"].exact == 1.0 and found["student"].parameters < found["teacher"].parameters
    assert found["student"].tokens_per_second > 0 and found["student"].milliseconds < found["teacher"].milliseconds
    with pytest.raises(ValueError, match="nothing to compare"):
        side_by_side(teacher, student, [])


def test_what_counts_as_right(student, monkeypatch):
    monkeypatch.setattr(student, "generate", lambda prompt: REFUSAL)
    assert is_right(student, "q", ["p"], None) and not is_right(student, "q", ["p"], "24 months")


def test_the_command_makes_a_student_and_goes_on(tmp_path, monkeypatch, vocabulary):
    monkeypatch.setattr(llama_training, "PART", 8)
    monkeypatch.setattr(llama_training, "HELD", 4)
    monkeypatch.setattr(llama_training, "shop_texts", lambda: shop_texts(range(1, 3)))
    monkeypatch.setenv("TQDM_DISABLE", "1")
    monkeypatch.setattr(answers, "TRAINING_SEEDS", range(1, 3))
    command = ["--steps", "2", "--parts", "1", "--kept", str(tmp_path / "kept"), "--out", str(tmp_path / "out")]
    llama_training.main(command)
    assert (Path(tmp_path / "out") / "model.safetensors").stat().st_size < 8e6
    assert len(list((tmp_path / "kept").glob("*/part-*.safetensors"))) == 2
