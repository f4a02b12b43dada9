"""What section 4.2 quotes, read off its stored runs: nothing is trained here."""

from __future__ import annotations

from companion.build.reference_paths import Runs, run
from companion.stored import stored

SHORT = {"full precision": "lora", "NF4": "nf4", "int4, crude": "crude"}
COSTS = {"all weights": "full", "LoRA": "lora", "QLoRA": "qlora"}


def qlora() -> tuple[dict[str, float], Runs]:
    """Claim C4.2-a; accuracy and search of every way of storing, megabytes and seconds of a step."""
    from companion.finetune.qlora_measure import by_seed, cost_table, less_two_points, means

    table = stored("qlora")["rows"]
    numbers = {f"qlora.{SHORT[way]}.{w}": round(v, 4) for way, row in means(table).items() for w, v in row.items()}
    costs = cost_table(table)
    numbers |= {f"qlora.cost.{COSTS[name]}.{w}": round(v, 3) for name, row in costs.items() for w, v in row.items()}
    numbers["qlora.slower"] = round(costs["QLoRA"]["step"] / costs["LoRA"]["step"] - 1, 2)
    numbers["qlora.saved"] = round(costs["LoRA"]["weights"] - costs["QLoRA"]["weights"], 1)
    numbers["qlora.saved_peak"] = round(costs["LoRA"]["peak"] - costs["QLoRA"]["peak"])
    numbers["qlora.lora_saved_peak"] = round(costs["all weights"]["peak"] - costs["LoRA"]["peak"])
    numbers["qlora.short"] = sum(by_seed(table, "NF4")[seed] < least for seed, least in less_two_points(table).items())
    numbers["qlora.cost.qlora.share"] = round(costs["QLoRA"]["weights"] / costs["LoRA"]["weights"], 3)
    return numbers, {"C4.2-a": run(by_seed(table, "NF4"), less_two_points(table))}


def ewc() -> tuple[dict[str, float], Runs]:
    """Claim C4.2-b; forgetting and the end's accuracy of every way of holding on, with own heads and with one."""
    from companion.finetune.ewc_measure import METHODS, SHARED, forgotten, summary

    table, numbers = stored("ewc")["rows"], {}
    for name, own_head, methods in (("own", True, METHODS), ("one", False, SHARED)):
        for method in (m for m, strengths in methods.items() if strengths):
            found = summary(table, method, own_head)
            numbers |= {f"ewc.{name}.{method}.{w}": round(value, 4) for w, value in found.items()}
    return numbers, {"C4.2-b": run(forgotten(table, "ewc"), forgotten(table, "plain"))}
