"""The command run in a test, and right input of every kind."""

from itertools import product

from typer.testing import CliRunner

from lingweave.cli import app
from lingweave.encoder import EncoderShape, ModelCard, new_encoder, save_encoder

LABELS = ["entailment", "neutral", "contradiction"]

ARTICLES, ADJECTIVES = {"the": "da", "a": "ein"}, {"red": "rot", "old": "alt", "big": "groß"}
NOUNS = {"house": "Haus", "dog": "Hund", "tree": "Baum"}
TRIPLES = [*product(ARTICLES.items(), ADJECTIVES.items(), NOUNS.items())]
ENGLISH = [" ".join(english for english, _ in triple) for triple in TRIPLES] * 2
GERMAN = [" ".join(german for _, german in triple) for triple in TRIPLES] * 2
NUM_PAIRS = 36


def lingweave(*arguments, columns=200):
    return CliRunner().invoke(
        app, [str(argument) for argument in arguments], env={"COLUMNS": str(columns)}
    )


def done(*arguments):
    result = lingweave(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def lines(path):
    return path.read_text("utf-8").splitlines()


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in content), encoding="utf-8")
    return path


def nli_lines(sentences, num_rows, labels=LABELS):
    rows = []
    for i in range(num_rows):
        premise, hypothesis = sentences[i % len(sentences)], sentences[i // 3 % len(sentences)]
        rows.append(f"{premise}\t{hypothesis}\t{labels[i % len(labels)]}")
    return ["premise\thypothesis\tlabel", *rows]


def fill(folder):
    """Right input of every kind."""
    write(folder / "en-de" / "train.en", ENGLISH)
    write(folder / "en-de" / "train.de", GERMAN)
    write(folder / "nli" / "train.tsv", nli_lines(ENGLISH, 48))
    write(folder / "nli" / "dev.tsv", nli_lines(ENGLISH, 12))
    write(folder / "nli" / "test.de.tsv", nli_lines(GERMAN, 30))
    texts = [folder / "en-de" / "train.en", folder / "en-de" / "train.de"]
    encoder = new_encoder(texts, EncoderShape(layers=1, width=32, heads=2), seed=1)
    card = ModelCard(title="t", base_model="nothing", languages=[], made_by={})
    save_encoder(encoder, folder / "encoder", card=card)
    return folder


def listing(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def refusal(folder, *arguments):
    """Run a verb that must fail, and say what it says, behind `lingweave: `."""
    before = listing(folder)
    result = lingweave(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("lingweave: ")
    assert result.stderr.count("\n") == 1
    assert result.stderr.endswith("\n")
    assert listing(folder) == before
    problem, _, remedy = result.stderr.removeprefix("lingweave: ").strip().partition("; ")
    assert problem
    assert remedy
    return result.stderr.removeprefix("lingweave: ").strip()


def align_refusal(data, bitext, *more):
    return refusal(data, "align", bitext, "--out", data / "new" / "links", *more)
