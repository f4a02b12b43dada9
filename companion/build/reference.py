"""`python -m companion.build reference [NAME ...]`: run what the course's text quotes, and write reference.json.

Every number in a notebook's prose comes from this file. The claims' runs use five seeds; expect half an hour.
"""

import json
from collections.abc import Callable
from datetime import date

from companion.build.machine import machine
from companion.build.reference_across import across, data_free
from companion.build.reference_capstone import capstone
from companion.build.reference_choose import choosing
from companion.build.reference_domain import domain
from companion.build.reference_frontier_rag import fid, joint
from companion.build.reference_hybrid import hybrid
from companion.build.reference_matrix import matrix
from companion.build.reference_memory import ewc, qlora
from companion.build.reference_monitor import monitor
from companion.build.reference_moving import moving_knowledge
from companion.build.reference_paths import distillation, finetuning
from companion.build.reference_pictures import pictures
from companion.build.reference_small import small_and_cheap
from companion.build.reference_traps import traps_distil, traps_tune
from companion.build.reference_traps_rag import traps_rag
from companion.ledger import PACKAGE, claims, reference

PATH = PACKAGE / "reference.json"
QUESTIONS = 200  # of a kind, on the generator's card
Runs = dict[str, dict[str, dict[int, float]]]


def seeds(claim_id: str) -> range:
    """The seeds registered for a claim."""
    return range(claims()[claim_id].seeds)


def by_seed(claim_id: str, run: Callable[[int], tuple[float, float]]) -> Runs:
    """Run every registered seed: {claim: {"values": {seed: value}, "baseline": {seed: value}}}."""
    pairs = {}
    for seed in seeds(claim_id):
        value, baseline = run(seed)
        pairs[seed] = (round(value, 4), round(baseline, 4))
        print(f"{claim_id} seed {seed}: {value:.3f} against {baseline:.3f}", flush=True)
    values, baselines = ({s: pair[i] for s, pair in pairs.items()} for i in (0, 1))
    return {claim_id: {"values": values, "baseline": baselines}}


def start() -> tuple[dict[str, float], Runs]:
    """What 0_start_here quotes."""
    from companion.models import load_encoder, load_generator
    from companion.rag.measure import closed_book_score, sample
    from companion.world import world

    kestrel = world(0)
    share = closed_book_score(load_generator("closed-book"), sample(100))
    numbers = {"start.articles": len(kestrel.articles), "start.products": len(kestrel.products)}
    numbers["encoder.dim"] = load_encoder().dim
    return numbers, {"start": {"values": {0: round(share, 4)}, "baseline": {}}}


def rag() -> tuple[dict[str, float], Runs]:
    """Claims C1.1-b and C1.1-d."""
    from companion.models import load_generator
    from companion.rag import kestrel_index
    from companion.rag.measure import changed_facts, provenance

    generator, closed, index = load_generator(), load_generator("closed-book"), kestrel_index()
    runs = by_seed("C1.1-b", lambda seed: changed_facts(generator, closed, seed))
    runs |= by_seed("C1.1-d", lambda seed: provenance(generator, index, seed))
    for run in runs.values():
        run["model"] = generator.name
    return {}, runs


def retriever() -> tuple[dict[str, float], Runs]:
    """Claim C1.1-e."""
    from companion.models import load_encoder
    from companion.rag.measure import retriever_apart

    return {}, by_seed("C1.1-e", lambda seed: retriever_apart(load_encoder(), seed))


def generator() -> tuple[dict[str, float], Runs]:
    """The generator's card."""
    from companion.build import model_card
    from companion.models import load_encoder, load_generator
    from companion.models.desk_card import desk_card
    from companion.rag.generator_card import card

    shipped, encoder = load_generator(), load_encoder()
    numbers = card(shipped, encoder, count=QUESTIONS) | desk_card(shipped, encoder)
    model_card.write(numbers, QUESTIONS)
    return {f"generator.{name}": round(value, 4) for name, value in numbers.items()}, {}


PARTS = {"start": start, "rag": rag, "retriever": retriever, "generator": generator}
PARTS |= {"finetuning": finetuning, "distillation": distillation}  # read off companion/runs
PARTS |= {"matrix": matrix}  # section 2.1, read off companion/runs too
PARTS |= {"domain": domain}  # section 2.2b, read off companion/runs
PARTS |= {"hybrid": hybrid}  # section 3.2
PARTS |= {"moving": moving_knowledge}  # section 2.2
PARTS |= {"pictures": pictures}  # section 4.1c, read off companion/runs
PARTS |= {"small": small_and_cheap}  # section 2.2c, read off companion/runs
PARTS |= {"joint": joint, "fid": fid}  # sections 4.1a and b, read off companion/runs
PARTS |= {"free": data_free, "across": across}  # section 4.3, read off companion/runs
PARTS |= {"qlora": qlora, "ewc": ewc}  # section 4.2, read off companion/runs
PARTS |= {"capstone": capstone}  # the conclusion: C6, and the worked example read off companion/runs
PARTS |= {"traps_tune": traps_tune, "traps_distil": traps_distil}  # section 5.1, read off companion/runs
PARTS |= {"monitor": monitor}  # section 5.2, read off companion/runs
PARTS |= {"traps_rag": traps_rag}  # section 5.1, read off companion/runs
PARTS |= {"choosing": choosing}  # after all others: it reads their numbers


def main(names: list[str]) -> int:
    """Run the named parts, or all; what was measured before and is not run again stays."""
    for name in names or PARTS:
        numbers, runs = PARTS[name]()
        kept = reference()
        kept |= {"machine": machine(), "date": date.today().isoformat()}
        kept["numbers"] |= numbers
        kept["runs"] |= json.loads(json.dumps(runs))
        PATH.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        print(f"{name}: written to {PATH.name}", flush=True)
    return 0
