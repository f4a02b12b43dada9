"""Report sentences, abstracts and copy: the data are what the card says, and every way of doing the jobs is right."""

import re
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
import torch

from companion.models.recipes.desk import voice_pairs
from companion.scenarios import abstracts as ab
from companion.scenarios import domain, relating, reports, tagging, voice_copy
from companion.scenarios.abstracts import Abstract, Entity


def trigrams(text):
    plain = f"  {' '.join(re.findall(r'[a-z0-9]+', text.lower()))} "
    return {plain[i : i + 3] for i in range(len(plain) - 2)}


def alike(left, right):
    """Pairs that share 60 % or more of their character trigrams."""
    grams = {text: trigrams(text) for text in [*left, *right]}
    return [
        (a, b) for a in left for b in right if a != b and len(grams[a] & grams[b]) >= 0.6 * len(grams[a] | grams[b])
    ]


# the data


def test_report_sentences_are_split_by_company_and_balanced():
    assert [len(reports.sentences(split)[0]) for split in reports.SPLITS] == [112, 32, 64]
    assert len({company["company"] for company in reports.companies()}) == 13
    for split in reports.SPLITS:
        assert len(set(Counter(reports.sentences(split)[1]).values())) == 1
    texts = [text for split in reports.SPLITS for text in reports.sentences(split)[0]]
    assert len(set(texts)) == 208 and alike(texts, texts) == []
    assert Counter(" ".join(text.split()[:3]) for text in texts).most_common(1)[0][1] <= 3


def test_words_of_hope_and_fear_do_not_give_the_label_away():
    every = [reports.sentences(split) for split in reports.SPLITS]
    texts, labels = [t for found, _ in every for t in found], [label for _, found in every for label in found]
    for word in ("loss", "profit", "fell", "higher", "expect"):
        found = {label for text, label in zip(texts, labels, strict=True) if re.search(rf"\b{word}", text.lower())}
        assert len(found) >= 2, word


def test_spans_point_at_their_text_and_no_name_is_left_unmarked():
    for row in ab._rows():
        for e in row["entities"]:
            assert row["text"][e["start"] : e["end"]] == e["text"] and e["type"] in ab.TYPES
        ends = [(e["start"], e["end"]) for e in row["entities"]]
        assert ends == sorted(ends) and all(a[1] <= b[0] for a, b in zip(ends, ends[1:], strict=False))
    for split in ab.SPLITS:
        for one in ab.abstracts(split):
            assert ab.looked_up(one.text, ab.dictionary([one])) == list(one.entities), one.id


def test_abstracts_are_short_apart_and_their_test_names_mostly_new():
    texts = {split: [one.text for one in ab.abstracts(split)] for split in ab.SPLITS}
    assert [len(found) for found in texts.values()] == [33, 8, 19]
    assert all(alike(texts[a], texts[b]) == [] for a, b in combinations(ab.SPLITS, 2))
    names = ab.dictionary(ab.abstracts("train"))
    new = [one.name(e) not in names for one in ab.abstracts("test") for e in one.entities]
    assert np.mean(new) > 0.75
    assert all(1 <= len(re.findall(r"[.!?](?= |$)", text)) <= 3 for found in texts.values() for text in found)


def test_relations_join_names_of_the_right_types():
    for split in ab.SPLITS:
        for one in ab.abstracts(split):
            kinds = {one.name(e): e.type for e in one.entities}
            for head, relation, tail in one.relations:
                assert relating.RELATIONS[kinds[head], kinds[tail]] == relation


def test_copy_names_birds_that_no_pair_names_and_keeps_what_stands_in_it():
    known = {pair["product"].split()[0] for pair in voice_pairs()}
    for one in voice_copy.copies():
        assert not voice_copy.lost(one.plain, one.keep) and one.product.split()[0] not in known
        numbers = re.findall(voice_copy.NUMBER, one.plain.replace(one.product, ""))
        assert set(numbers) <= set(one.keep)
    plain = [one.plain for one in voice_copy.copies()]
    assert len(plain) == 40 and alike(plain, [*plain, *(pair["plain"] for pair in voice_pairs())]) == []
    kinds = {pair["fact"] for pair in voice_pairs()}
    assert {one.fact for one in voice_copy.copies()} - kinds == set(voice_copy.NEW)


@pytest.mark.parametrize("ask", [reports.sentences, ab.abstracts])
def test_a_split_that_is_not_there(ask):
    with pytest.raises(ValueError, match="train, validation, test"):
        ask("dev")


# by hand


def test_the_nearest_vote_and_of_equals_the_nearer():
    assert reports.vote([(0.9, "a", "loss"), (0.8, "b", "gain"), (0.7, "c", "gain")]) == "gain"
    assert reports.vote([(0.9, "a", "loss"), (0.8, "b", "gain")]) == "loss"
    assert reports.share_right(["gain", "loss"], ["gain", "gain"]) == 0.5


def test_the_longest_match_wins_and_only_whole_words_match():
    names = {"valtase": "gene", "valtase disease": "disease"}
    assert ab.looked_up("Valtase disease, not prevaltase.", names) == [Entity(0, 15, "disease")]
    assert ab.looked_up("anything", {}) == []


def test_scores_count_exact_spans_with_the_right_type():
    gold = [[Entity(0, 4, "gene"), Entity(9, 12, "drug")], [Entity(0, 3, "disease")]]
    said = [[Entity(0, 4, "gene"), Entity(9, 12, "gene")], []]
    assert ab.entity_scores(gold, said) == {"precision": 0.5, "recall": 1 / 3, "f1": 0.4}
    assert ab.entity_scores([[]], [[]])["f1"] == 0.0
    with pytest.raises(ValueError, match="one answer a text"):
        ab.entity_scores(gold, said[:1])
    one = Abstract("x", "QRV7 and ZED", (Entity(0, 4, "gene"), Entity(9, 12, "gene")), ())
    assert ab.recall_by_novelty([one], [[Entity(9, 12, "gene")]], {"qrv7": "gene"}) == {"seen": 0.0, "new": 1.0}


def test_rules_know_spellings():
    said = ab.by_rules("Abcdenib blocks QRV7 in nodular arthritis; XY-12 does not.")
    assert [(e.start, e.end, e.type) for e in said] == [
        (0, 8, "drug"),
        (16, 20, "gene"),
        (24, 41, "disease"),
        (43, 48, "drug"),
    ]


def test_a_known_name_goes_before_the_rules():
    assert ab.rules_and_names("Abcdenib blocks QRV7.", {"qrv7": "disease"}) == [
        Entity(0, 8, "drug"),
        Entity(16, 20, "disease"),
    ]


def test_the_tagger_marks_where_rules_and_names_do_not():
    first, then = [Entity(0, 8, "drug")], [Entity(4, 12, "gene"), Entity(16, 20, "gene")]
    assert ab.joined(first, then) == [Entity(0, 8, "drug"), Entity(16, 20, "gene")]


def test_a_pair_is_masked_and_known_to_stand_together():
    one = ab.abstracts("train")[0]
    pair = next(p for p in relating.pairs(one) if p.relation == ("velotinib", "treats", "psoriasis"))
    assert pair.holds and not pair.together
    assert pair.text.startswith(
        "another gene is raised in the skin of patients with this disease. The small molecule this"
    )
    assert relating.relation_scores([pair, pair], [True, False]) == {"precision": 1.0, "recall": 0.5, "f1": 2 / 3}


def test_in_voice_and_facts_kept():
    good = "You lift just 12 grams with the Dipper 2, so you can rest easy."
    plain = "The Dipper 2 weighs 12 grams."
    assert voice_copy.in_voice(good, plain) and not voice_copy.in_voice(good.replace("You", "We"), plain)
    assert not voice_copy.in_voice("You lift just 12 grams.", plain)
    assert voice_copy.lost(good, ["Dipper 2", "12"]) == []
    assert voice_copy.lost(good, ["Dipper", "1", "12.5", "dipper 2"]) == ["1", "12.5"]
    one = voice_copy.Copy("weight", "Dipper 2", plain, ("Dipper 2", "12"))
    shares = {"ends": 0.5, "in_voice": 0.5, "facts_kept": 1, "both": 0.5, "true": 0}
    assert voice_copy.scores([good, "12 grams, Dipper 2"], [one, one]) == shares  # `about` is empty


def test_a_sentence_that_is_only_framed_is_not_in_voice():
    plain = "The Dipper 2 weighs 12.5 grams."
    framed = f"You get this: {plain[:-1]}, so you can rest easy."
    assert voice_copy.quoted(framed, plain) == 1 and voice_copy.quoted("12.5 grams, Dipper 2", plain) == 1 / 3
    assert voice_copy.begins_and_ends(framed) and not voice_copy.in_voice(framed, plain)
    padded = framed.replace("weighs", "really weighs")
    assert not voice_copy.in_voice(padded, plain)


def test_the_brand_s_own_sentences_are_in_voice():
    pairs = [(pair["voice"], pair["plain"]) for pair in voice_pairs()]
    assert len(pairs) == 160 and all(voice_copy.in_voice(*pair) for pair in pairs)
    assert 0.87 < max(voice_copy.quoted(*pair) for pair in pairs) < 0.88


def test_tricks_pass_the_count_that_they_were_written_for(tiny_encoder):
    asked, encoder = voice_copy.copies(), tiny_encoder()
    framed, listed = (voice_copy.scores(trick(encoder, asked)) for trick in (voice_copy.framed, voice_copy.listed))
    assert framed["ends"] == framed["facts_kept"] == 1 and framed["in_voice"] == framed["both"] == 0
    assert listed["both"] == 1 and listed["true"] < 0.2


def test_what_is_stored_of_copy_is_what_its_sentences_score():
    from companion.stored import chosen, stored

    for row in chosen(stored("scenarios_domain_and_style")["rows"], job="copy"):
        assert domain.copy_scores(row["said"]).items() <= row.items(), (row["path"], row["seed"])


def test_every_number_kept_and_yet_another_thing_said():
    view = next(one for one in voice_copy.copies() if one.fact == "view")
    lie = f"You count on the {view.product} down to minus 155 degrees, so you can rest easy."
    shares = voice_copy.scores([lie], [view])
    assert shares["both"] == 1 and shares["true"] == 0 and voice_copy.same_thing(view.plain, view)


def test_retrieval_puts_in_the_name_and_if_asked_the_numbers():
    pair = {"product": "Oak 2", "voice": "You lift 140 grams with the Oak 2, so you can rest easy."}
    one = voice_copy.Copy("weight", "Dipper 3", "The Dipper 3 weighs 12.5 grams.", ("Dipper 3", "12.5"))
    assert voice_copy.filled(pair, one) == "You lift 140 grams with the Dipper 3, so you can rest easy."
    assert voice_copy.filled(pair, one, numbers=True) == "You lift 12.5 grams with the Dipper 3, so you can rest easy."
    two = voice_copy.Copy("speed", "Dipper 3", "The Dipper 3 turns 90 degrees in 4 seconds.", ())
    assert "140" in voice_copy.filled(pair, two, numbers=True)


def test_a_card_takes_a_path_without_a_seed_for_every_seed():
    table = [{"job": "reports", "path": "fine-tuning", "seed": s, "accuracy": (0.7, 0.8)[s]} for s in (0, 1)]
    table.append({"job": "reports", "path": "retrieval", "seed": 0, "accuracy": 0.5})
    assert domain.against(table, "reports") == ({0: 0.7, 1: 0.8}, {0: 0.5, 1: 0.5})
    assert domain.means(table, "reports") == {"fine-tuning": pytest.approx(0.75), "retrieval": 0.5}


# properties


def test_tags_and_spans_are_two_spellings_of_one_thing(tokenizer):
    for split in ab.SPLITS:
        for one in ab.abstracts(split):
            pieces = tagging.cut(tokenizer, ["a much longer text than the other " * 5, one.text])
            assert tagging.spans(pieces, 1, tagging.word_tags(pieces, 1, one.entities)) == list(one.entities)


def test_padding_and_later_pieces_carry_no_loss(tokenizer):
    batch = tagging.tagged(tokenizer, ab.abstracts("train")[:4])
    words = sum(len(tagging.word_starts(tagging.cut(tokenizer, [a.text]), 0)) for a in ab.abstracts("train")[:4])
    assert (batch["tags"] != tagging.IGNORED).sum() == words
    assert (batch["tags"][batch["mask"] == 0] == tagging.IGNORED).all()

    def model(ids, mask):
        return torch.zeros(*ids.shape, len(tagging.TAGS))

    assert float(tagging.tagging_loss(model, batch)) == pytest.approx(np.log(len(tagging.TAGS)), abs=1e-5)


def test_a_tagger_learns_its_sentence_and_leaves_the_encoder_alone(tiny_encoder):
    encoder, known = tiny_encoder(), ab.abstracts("train")[:3]
    before = encoder.fingerprint
    model, history = tagging.teach_tagging(encoder, known, steps=60, lr=2e-2, head_lr=2e-2, progress=False, bf16=False)
    assert history.losses[-1] < 0.5 * history.losses[0] and encoder.fingerprint == before
    for one, found in zip(known, model.tag([one.text for one in known]), strict=True):
        assert all(0 <= e.start < e.end <= len(one.text) and e.type in ab.TYPES for e in found)
    with pytest.raises(ValueError, match="at least one"):
        tagging.teach_tagging(encoder, [])


def test_the_nearest_word_of_a_training_word_is_itself(tiny_encoder):
    known = ab.abstracts("train")[:3]
    texts = [one.text for one in known]
    said = tagging.nearest_words(tiny_encoder(), known, texts, k=1)
    assert [tuple(found) for found in said] == [one.entities for one in known]


def test_a_training_sentence_finds_itself(tiny_encoder):
    texts, labels = reports.sentences("train")
    assert reports.retrieved(tiny_encoder(), texts, 1) == labels
    assert {reports.tuned_k(tiny_encoder()), reports.chosen_k(tiny_encoder())} <= set(reports.NEIGHBOURS)
    assert set(reports.described(tiny_encoder(), texts[:5])) <= set(reports.LABELS)
