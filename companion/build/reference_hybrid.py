"""What section 3.2 quotes, read off the stored run and the reply student's files: nothing is trained here."""

from __future__ import annotations

import json
from statistics import fmean

from companion.build.reference_paths import Runs, run
from companion.stored import stored


def hybrid() -> tuple[dict[str, float], Runs]:
    """Claims C3.2-a to -c, and every desk's figures."""
    from companion.hybrid.measure import best_alone, by_seed

    table = stored("hybrid")["rows"]
    runs = {
        "C3.2-a": run(by_seed(table, "router", "accuracy"), by_seed(table, "router", "means")),
        "C3.2-b": run(by_seed(table, "desks", "hybrid", "faq"), best_alone(table, "faq", ("finetune", "distill"))),
        "C3.2-c": run(by_seed(table, "desks", "distill", "other"), by_seed(table, "desks", "rag", "other")),
    }
    numbers = {}
    for part in ("desks", "router"):
        for name, value in table[0][part].items():
            for what in value if isinstance(value, dict) else [""]:
                path = [name, *filter(None, [what])]
                numbers[".".join(["hybrid", *path])] = round(fmean(by_seed(table, part, *path).values()), 4)
    return numbers | beside(table) | writer() | search_routes(table), runs


def beside(table: list[dict]) -> dict[str, float]:
    """What stands beside the registered ways: means over seeds, and for how many seeds the hybrid is the dearer."""
    from companion.hybrid.measure import by_seed

    names = [name for name, value in table[0]["beside"].items() if isinstance(value, float)]
    numbers = {f"hybrid.beside.{n}": round(fmean(by_seed(table, "beside", n).values()), 4) for n in names}
    for kind, least in zip(("article", "reply"), table[0]["beside"]["least"], strict=True):
        numbers[f"hybrid.beside.least.{kind}"] = least
    money = {desk: by_seed(table, "desks", desk, "money") for desk in ("hybrid", "rag", "practised", "searched")}
    numbers["hybrid.dearer"] = sum(money["hybrid"][seed] > money["rag"][seed] for seed in money["rag"])
    numbers["hybrid.practised.cheaper"] = sum(money["practised"][s] < money["searched"][s] for s in money["rag"])
    first = next(row["router"] for row in table if row["seed"] == 0)
    return numbers | {f"hybrid.shipped.{name}": first[name] for name in ("error_before", "error", "threshold")}


def writer() -> dict[str, float]:
    """How large the shipped reply student is, and how many letters it learned from."""
    from companion.distill.reply_student import WEIGHTS

    card = json.loads((WEIGHTS / "card.json").read_text(encoding="utf-8"))
    size = (WEIGHTS / "model.safetensors").stat().st_size
    return {
        "hybrid.writer.parameters": card["parameters"],
        "hybrid.writer.letters": card["letters"],
        "hybrid.writer.mb": round(size / 1e6, 2),
    }


def search_routes(table: list[dict]) -> dict[str, float]:
    """Share of a split's 350 turns for a machine whose route search finds, and on validation the classifier's."""
    from companion.hybrid.paths import SearchRouter, with_replies
    from companion.hybrid.router import PERSON
    from companion.hybrid.turns import COMPANIES, turns
    from companion.rag.kestrel import articles_index
    from companion.world import world

    numbers = {}
    for split, company in COMPANIES.items():
        find = SearchRouter(with_replies(articles_index(world(company).articles)))
        asked = [turn for turn in turns(split) if turn.route != PERSON]
        right = [find.first(turn.text)[0] == turn.route for turn in asked]
        numbers[f"hybrid.searched.routes.{split}"] = round(fmean(right), 4)
    rights = next(row["turns"] for row in table if row["seed"] == 0)["validation"]["right"]
    return numbers | {"hybrid.routes.validation": round(sum(rights) / len(asked), 4)}
