"""A study of seconds on twin languages, for tests to change and to run."""

from lingweave.config import Recipe
from lingweave.study import run_study

LABELS = ["entailment", "neutral", "contradiction"]
LANGUAGES = ["base", "miro", "tasu"]
SYSTEMS = ["untouched", "mlm", "tlm"]
SETTINGS = ["zero-shot", "translate-train"]
NUM_TEST = 30
SIZES = {
    "num_text": 60,
    "num_bitext_train": 40,
    "num_bitext_valid": 0,
    "num_nli_train": 48,
    "num_nli_dev": 12,
    "num_nli_test": NUM_TEST,
}


def recipe_dict(folder="${twins}", **changes):
    """A study of seconds. Without `twins` the files are those of a folder made before."""
    short = {"epochs": 1, "batch_size": 16, "learning_rate": 1e-3, "precision": "fp32"}
    recipe = {
        "name": "tiny",
        "twins": SIZES,
        "encoder": {
            "scratch": {
                "texts": [f"{folder}/text/{language}.txt" for language in LANGUAGES],
                "shape": {"layers": 1, "width": 32, "heads": 2, "max_length": 64},
                "training": short,
            }
        },
        "bitext": [
            {
                "location": [
                    f"{folder}/bitext/base-{twin}/train.base",
                    f"{folder}/bitext/base-{twin}/train.{twin}",
                ],
                "source_language": "base",
                "target_language": twin,
                "gold": f"{folder}/bitext/base-{twin}/train.pharaoh",
            }
            for twin in LANGUAGES[1:]
        ],
        "pretraining": short | {"max_length": 32},
        "systems": {
            "untouched": {"objective": "none"},
            "mlm": {"objective": "mlm"},
            "tlm": {"objective": "tlm"},
        },
        "control": "mlm",
        "finetuning": short | {"epochs": 2, "max_length": 64, "seeds": [1, 2]},
        "tasks": {
            "nli": {
                "task": "nli",
                "source_language": "base",
                "train": {"path": f"{folder}/nli/train.base.tsv"},
                "dev": {"path": f"{folder}/nli/dev.base.tsv"},
                "test": {"path": f"{folder}/nli/test.{{language}}.tsv"},
                # One example fewer than `train`, so that nothing is trained on the same twice.
                "translations": {"path": f"{folder}/nli/train.{{language}}.tsv", "first": 47},
                "translations_dev": {"path": f"{folder}/nli/dev.{{language}}.tsv"},
                "languages": LANGUAGES,
            }
        },
        "settings": SETTINGS,
    }
    if folder != "${twins}":
        del recipe["twins"]
    return recipe | changes


class Notes:
    """Notes which stages were run, which were found finished, and counts updates."""

    def __init__(self):
        self.run, self.finished, self.updates = [], [], 0

    def stage(self, label, number, num_stages, finished):
        (self.finished if finished else self.run).append(label)
        assert len(self.run) + len(self.finished) == number <= num_stages

    def update(self, report):
        assert 1 <= report.update <= report.num_updates
        self.updates += 1


def run(values, out):
    notes = Notes()
    results = run_study(Recipe.model_validate(values), out, observer=notes, command="by a test")
    return results, notes
