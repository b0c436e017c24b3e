"""A recipe of whose sections a test gives those that matter to it; nothing in it is ever run."""

from lingweave.config import Recipe

SYSTEMS = {
    "untouched": {"objective": "none"},
    "mlm": {"objective": "mlm"},
    "tlm": {"objective": "tlm"},
    "weam": {"objective": "weam"},
}


def make_recipe(**changes):
    """XNLI with four systems; of each of its `tasks` a test gives what is not as there."""
    examples = {
        "source_language": "en",
        "train": {"path": "train.en.tsv"},
        "dev": {"path": "dev.en.tsv"},
        "test": {"path": "test.{language}.tsv"},
        "languages": ["en", "de"],
    }
    values = {
        "name": "made-by-hand",
        "encoder": {"checkpoint": "an-encoder"},
        "systems": SYSTEMS,
        "control": "mlm",
        "tasks": {"xnli": {"task": "nli"}},
        **changes,
    }
    values["tasks"] = {name: examples | task for name, task in values["tasks"].items()}
    return Recipe.model_validate(values)
