"""Reports as a reader sees them: Markdown, and 80 columns of a terminal."""

import re
from io import StringIO

import yaml
from rich.console import Console

from lingweave.report import markdown_report, print_results
from lingweave.study import MEAN, Estimate, Results, Score
from lingweave.study.results import Measure, SeedScore
from made_recipe import make_recipe

LANGUAGES = ["en", "de", "zh", "th", "hi", MEAN]
SYSTEMS = ["untouched", "mlm", "tlm", "weam"]
GOLD = {"aer": 0.0417, "precision": 0.97, "recall": 0.95, "num_sentences": 4000}


def make_score(system, language, setting, num_seeds):
    """Numbers as wide as they get: differences of two digits before the point."""
    accuracy = 0.5 + 0.01 * SYSTEMS.index(system) + 0.001 * LANGUAGES.index(language)
    difference = Estimate(mean=-0.121, low=-0.143, high=-0.102, covers="seeds and examples")
    return Score(
        system=system,
        setting=setting,
        task="xnli",
        language=language,
        num_examples=5000,
        score=Estimate(mean=accuracy, low=accuracy - 0.01, high=accuracy + 0.01),
        metrics={"accuracy": accuracy, "macro_f1": accuracy - 0.2},
        over_control=None if system == "mlm" else difference,
        seeds=[
            SeedScore(
                pretraining_seed=seed,
                finetuning_seed=1,
                metrics={"accuracy": accuracy, "macro_f1": accuracy},
                signature="task:nli.1",
            )
            for seed in range(num_seeds)
        ],
    )


def make_results(*, gold=None, settings=("zero-shot",), **changes):
    alignment = {
        "bitext": "data/en-de",
        "languages": ["en", "de"],
        "pairs": 10000,
        "source_words": 100,
        "target_words": 100,
        "links": 70,
        "method": "fast-align",
        "symmetrization": "intersection",
    }
    run = {"seed": 1, "updates": 1250, "tokens": 10**6, "seconds": 90.0, "last_loss": 2.3456}
    values = {
        "study": "wide",
        "question": "Does pairing help?",
        "control": "mlm",
        "source_language": {"xnli": "en"},
        "measures": {
            "xnli": Measure(metrics={"accuracy": "accuracy", "macro_f1": "macro-F1"}, chance=1 / 3)
        },
        "scores": [
            make_score(system, language, setting, 1 if system == "untouched" else 2)
            for setting in settings
            for system in SYSTEMS
            for language in LANGUAGES
        ],
        "alignments": [alignment | ({} if gold is None else {"against_gold": gold})],
        "systems": {
            name: {
                "options": {"objective": name} | ({"cross_weight": 1.0} if name == "weam" else {}),
                "runs": [] if name == "untouched" else [run, run | {"seed": 2, "last_loss": 2.0}],
            }
            for name in SYSTEMS
        },
        "recipe": make_recipe(name="wide", question="Does pairing help? – ja"),
        "made_by": {"command": "lingweave run wide.yaml", "commit": "abc", "machine": ""},
        "stages": [],
    }
    return Results(**(values | changes))


def tables_of(markdown):
    """Every block of lines with pipes, as lists of cells, checked to be a table."""
    tables = []
    for block in re.split(r"\n\s*\n", markdown):
        lines = [line for line in block.splitlines() if line.startswith("|")]
        if not lines:
            continue
        assert lines == block.strip().splitlines(), "a table stands alone between empty lines"
        assert all(line.endswith("|") for line in lines)
        cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
        assert len({len(row) for row in cells}) == 1, f"ragged table {lines[0]}"
        assert all(re.fullmatch(r":?-{3,}:?", cell) for cell in cells[1])
        tables.append([cells[0], *cells[2:]])
    return tables


def terminal(results, width=80):
    console = Console(width=width, record=True, file=StringIO())
    print_results(console, results)
    return console.export_text()


def words(text):
    """Words of a terminal's text, the lines of tables taken away."""
    return re.sub(r"[\u2500-\u257f]", " ", text).split()


# Markdown.


def test_every_table_is_well_formed_and_all_are_there():
    markdown = markdown_report(make_results(settings=("zero-shot", "translate-train")))
    tables = tables_of(markdown)
    # For each of two settings scores, differences, macro-F1; then alignment and systems.
    assert [len(table) - 1 for table in tables] == [4, 4, 3, 3, 4, 4, 1, 4]
    assert markdown.startswith("# Study wide\n\nDoes pairing help?\n\n**On the languages")
    assert markdown.endswith("\n")
    headings = re.findall(r"^## (.*)$", markdown, re.MULTILINE)
    assert headings == ["Scores", "Against mlm", "Macro-F1", "What was done"]
    titles = re.findall(r"^### (.*)$", markdown, re.MULTILINE)
    assert len(titles) == len(tables) + 2
    assert len(set(titles)) == len(titles)


def test_the_numbers_of_the_report_are_those_of_the_results():
    scores, differences, macro_f1, alignment, systems = tables_of(markdown_report(make_results()))
    assert scores[0] == [
        "system",
        r"en\*",
        "de",
        "zh",
        "th",
        "hi",
        "mean",
    ]
    assert scores[3] == ["tlm", "52.0", "52.1", "52.2", "52.3", "52.4", "52.5"]
    assert differences[1] == ["untouched", *["−12.1 [−14.3, −10.2]"] * 6]
    assert [row[0] for row in differences[1:]] == ["untouched", "tlm", "weam"]
    assert macro_f1[4] == ["weam", "33.0", "33.1", "33.2", "33.3", "33.4", "33.5"]
    assert alignment[1] == ["en–de", "10,000", "fast-align, intersection", "0.70", "not known"]
    assert systems[1] == ["untouched", "objective untouched", "–", "–", "–"]
    assert systems[4] == [
        "weam",
        r"objective weam, cross\_weight 1.0",
        "1,250 / 1,250",
        "1.5 / 1.5",
        "2.35 / 2.00",
    ]


def test_what_was_not_compared_or_aligned_has_no_section():
    scores = [one.model_copy(update={"over_control": None}) for one in make_results().scores]
    alone = markdown_report(make_results(scores=scores, alignments=[]))
    assert re.findall(r"^## (.*)$", alone, re.MULTILINE) == ["Scores", "Macro-F1", "What was done"]
    assert "Paired differences" not in alone
    assert "gold" not in alone
    assert "### Word alignment" not in alone
    assert "### Word alignment" in markdown_report(make_results())


def test_the_further_metrics_of_all_tasks_stand_in_one_section_if_there_are_any():
    results = make_results()
    measure = results.measures["xnli"]
    only = measure.model_copy(update={"metrics": {"accuracy": "accuracy"}})
    alone = markdown_report(results.model_copy(update={"measures": {"xnli": only}}))
    assert re.findall(r"^## (.*)$", alone, re.MULTILINE) == [
        "Scores",
        "Against mlm",
        "What was done",
    ]
    other = Measure(metrics={"f1": "F1", "exact_match": "exact match"}, chance=None)
    both = markdown_report(results.model_copy(update={"measures": {"xnli": measure, "qa": other}}))
    assert "\n## Macro-F1, exact match\n" in both
    assert "Paired differences in accuracy or F1 on" in both


def test_true_links_bring_the_error_rate():
    *_, alignment, _ = tables_of(markdown_report(make_results(gold=GOLD)))
    assert alignment[1] == ["en–de", "10,000", "fast-align, intersection", "0.70", "4.2"]


def test_the_number_of_runs_and_of_examples_is_said():
    markdown = markdown_report(make_results())
    assert "the mean over 1 or 2 trained models" in markdown
    assert "5,000 or more test examples" in markdown


def test_the_recipe_stands_in_the_report_and_can_be_read_back():
    results = make_results()
    block = re.search(r"```yaml\n(.*?)\n```", markdown_report(results), re.DOTALL)
    assert yaml.safe_load(block[1]) == results.recipe.as_written
    assert "– ja" in block[1]


def test_how_it_was_made_is_said_and_what_is_not_known_is_left_out():
    markdown = markdown_report(make_results())
    assert "- command: `lingweave run wide.yaml`\n" in markdown
    assert "- commit: `abc`\n" in markdown
    assert "- machine" not in markdown


# The terminal.


def test_a_terminal_of_80_columns_is_enough():
    text = terminal(make_results(gold=GOLD, settings=("zero-shot", "translate-train")))
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text


def test_in_80_columns_no_number_is_lost_or_torn():
    text = terminal(make_results(gold=GOLD))
    shown = words(text)
    for system in range(4):
        for language in range(6):
            assert f"{50 + system + language / 10:.1f}" in shown
    assert shown.count("−12.1") == 3 * 6 + 3  # and in the summary
    for name in SYSTEMS:
        assert name in shown
    assert "4.2" in shown


def test_a_table_with_more_languages_than_fit_goes_on_below():
    results = make_results()
    more = [f"l{number}" for number in range(10)]
    scores = [
        score.model_copy(update={"language": language})
        for score in results.scores
        if score.language == "de"
        for language in more
    ]
    text = terminal(results.model_copy(update={"scores": scores}))
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    for language in more:
        assert words(text).count(language) == 2  # scores and differences
    assert words(text).count("52.1") == len(more)


def test_the_terminal_shows_the_alignment_only_where_its_error_is_known():
    assert "Word alignment" not in terminal(make_results())
    assert "Word alignment" in terminal(make_results(gold=GOLD))


def test_the_last_thing_in_the_terminal_is_the_summary():
    text = " ".join(terminal(make_results()).split("\n\n")[-1].split())
    assert text.startswith(
        "On the languages other than en, against mlm (xnli, zero-shot): untouched loses −12.1"
    )
    assert text.endswith("weam loses −12.1 points.")
