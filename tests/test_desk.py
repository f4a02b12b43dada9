"""The desk's tasks: how they are scored, and how the voice is taught."""

import pytest

from companion.finetune import voice
from companion.models import desk_card, load_encoder, load_generator
from companion.world import utterances


def test_facts_are_numbers_and_names():
    assert desk_card.facts("The warranty on the Heron 2 lasts 42 months.") == {"Heron", "2", "42"}
    assert desk_card.facts("It draws 0.8 watts.") == {"0.8"}


def test_every_gold_rewriting_keeps_the_facts_and_ends_in_the_brands_way():
    for plain, gold in (*utterances.brand_voice("train"), *utterances.brand_voice("held_out")):
        assert gold.rstrip(".").endswith(desk_card.ENDINGS), gold
        assert all(fact.lower() in gold.lower() for fact in desk_card.facts(plain)), (plain, gold)


def test_nearest_takes_the_class_whose_mean_is_nearest():
    known = [("red apple", "fruit"), ("ripe pear", "fruit"), ("fast car", "road"), ("blue lorry", "road")]
    assert desk_card.nearest(load_encoder(), ["a sweet plum", "an old bus"], known) == ["fruit", "road"]


def test_a_batch_repeats_by_seed_and_step():
    assert voice.pairs_batch(0, 3, True) == voice.pairs_batch(0, 3, True) != voice.pairs_batch(1, 3, True)
    assert len(voice.pairs_batch(0, 0, False)) == voice.BATCH


@pytest.mark.slow
def test_teaching_the_voice_trains_the_factors_alone():
    generator = load_generator("closed-book")
    words = generator.model.bert.embeddings.word_embeddings.weight.clone()
    history = voice.teach_voice(generator, steps=2, progress=False)
    assert history.steps == 2 and (generator.model.bert.embeddings.word_embeddings.weight == words).all()
    trained = {name.rpartition(".")[2] for name, p in generator.model.named_parameters() if p.requires_grad}
    assert trained == {"A", "B"}


def test_another_seed_writes_another_message_and_the_same_seed_the_same():
    generator = load_generator()
    messages = {generator.write("parcel_missing", seed=n) for n in range(4)}
    assert len(messages) > 1
    assert generator.write("parcel_missing", seed=1) == generator.write("parcel_missing", seed=1)
