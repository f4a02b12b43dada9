"""The branch "live facts and a style": put into any tree, wherever it asks for live facts, without changing it."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from companion.check.running import call, fail, name_of, shown
from companion.choose.tree import TREE

WITHOUT = "The tree never asks for the style: where it said RAG after `live`, it has to ask `style`."
AT_THE_ROOT = "The style is asked too early: only where live facts are needed does it lead to rag+finetune."
SWAPPED = "Yes and no are exchanged: a style wanted is rag+finetune, none is what the tree said before."
LOST = "The rest of the tree is gone or has changed: everything but the branch stays as it was."
ONLY_ONE = "A tree may ask for live facts anywhere, not only at its root: go down both sides."
LEAF = "A leaf came back as None: a str has nothing below it, so give it back as it is."
REPLACED = "What stood at the `yes` of `live` is lost: it goes to the `no` of the new question, whatever it was."
OWN_TREE = "That is the document's tree with the branch: start from the tree that was given."

DEEP = {"ask": "facts", "yes": TREE, "no": {"ask": "labels", "yes": "finetune", "no": "zero-shot"}}
RIGHT_SIDE = {"ask": "labels", "yes": "finetune", "no": {"ask": "live", "yes": "rag+distill", "no": "distill"}}
LEFT_SIDE = {"ask": "sources", "yes": {"ask": "live", "yes": "rag", "no": "rag"}, "no": TREE}
TREES = {
    "the document's tree": TREE,
    "a tree that asks for facts first": DEEP,
    "a tree that asks for live facts last": RIGHT_SIDE,
    "a tree that asks for live facts twice": LEFT_SIDE,
    "a tree that never asks for live facts": DEEP["no"],
    "a tree of one leaf": "zero-shot",
}


def check(with_branch: Callable) -> None:
    """`with_branch(tree)` -> a new tree."""
    for name, tree in TREES.items():
        said = f"{name_of(with_branch)} of {name}"
        given = copy.deepcopy(tree)
        got = call(with_branch, given, untouched=False)
        if given != tree:
            fail(f"{said} changed the tree that it was given.", "Make new nodes, such as {**tree, 'yes': ...}.")
        if got is None:
            fail(f"{said} gave None.", "The function ends without `return`, or a leaf was not handed back.")
        right = grown(tree)
        if got != right:
            fail(f"{said} gave {shown(got, 200)}.", _why(got, tree, right))


def grown(tree: Any) -> Any:
    """The right answer."""
    if isinstance(tree, str):
        return tree
    yes, no = grown(tree["yes"]), grown(tree["no"])
    if tree["ask"] == "live":
        yes = {"ask": "style", "yes": "rag+finetune", "no": yes}
    return {**tree, "yes": yes, "no": no}


def _why(got: Any, tree: Any, right: Any) -> str:
    asked = list(_questions(got))
    if isinstance(tree, str):
        return "A leaf has nothing below it: give it back as it is."
    if "None" in str(got):
        return LEAF
    if got == grown(TREE):
        return OWN_TREE
    if "style" in asked and got == {"ask": "style", "yes": "rag+finetune", "no": tree}:
        return AT_THE_ROOT
    if got == tree:
        return WITHOUT if tree.get("ask") == "live" else ONLY_ONE
    if _turned(got) == right:
        return SWAPPED
    if 0 < asked.count("style") < list(_questions(right)).count("style"):
        return ONLY_ONE
    if [q for q in asked if q != "style"] == list(_questions(tree)):
        return REPLACED if "rag+finetune" in str(got) else WITHOUT
    return LOST


def _questions(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        yield tree.get("ask", "")
        yield from _questions(tree.get("yes"))
        yield from _questions(tree.get("no"))


def _turned(tree: Any) -> Any:
    """The tree with yes and no of each style question exchanged."""
    if not isinstance(tree, dict):
        return tree
    yes, no = _turned(tree.get("yes")), _turned(tree.get("no"))
    return {**tree, "yes": no, "no": yes} if tree.get("ask") == "style" else {**tree, "yes": yes, "no": no}
