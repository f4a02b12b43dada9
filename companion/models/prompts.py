"""Prompts of the shipped generator: one control line a task, in plain words. A reader sees all that the model sees."""

REFUSAL = "not in these articles"


def answer_prompt(question: str, passages: list[str]) -> str:
    """Numbered passages, then the question. Without passages it is the closed-book prompt."""
    listed = [f"[{number}] {passage}" for number, passage in enumerate(passages, 1)]
    head = ["Answer from these articles."] if listed else ["Answer from memory."]
    return "\n".join([*head, *listed, f"Question: {question}", "Answer:"])


def instruction_prompt(question: str, passages: list[str]) -> str:
    """The same for a general language model, which has to be told how to cite and when to refuse."""
    rule = f'Begin with the number of the article you use, as in "[2] 24 months". If none holds it, say: {REFUSAL}.'
    above, _ = answer_prompt("", passages).rsplit("\nQuestion:", 1)  # a passage may hold that word too
    return f"{above}\n{rule}\nQuestion: {question}\nAnswer:"


def write_prompt(intent: str) -> str:
    """Ask for a customer's message that carries an intent such as "parcel_missing"."""
    return f"Write a customer's message.\nIntent: {intent.replace('_', ' ')}\nMessage:"


def reply_prompt(request: str) -> str:
    """Ask for the desk's reply to a customer's message."""
    return f"Reply to this customer.\nMessage: {request}\nReply:"


def voice_prompt(plain: str) -> str:
    """Ask for a plain sentence in the brand's voice, facts kept."""
    return f"Rewrite in our voice.\nText: {plain}\nOurs:"
