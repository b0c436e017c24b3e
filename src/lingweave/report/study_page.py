"""A study's results as sections of a page; a section without data is left out."""

from collections.abc import Iterator

import yaml

from lingweave.report.costs import cost_table, machines
from lingweave.report.dot_plots import DotFigure
from lingweave.report.gaps import gap_table, gaps
from lingweave.report.length_gaps import length_figures
from lingweave.report.line_plots import LineFigure
from lingweave.report.page import Block, Page, Section
from lingweave.report.retrieval import retrieval_figure, retrieval_table
from lingweave.report.study_figures import (
    difference_figures,
    gap_figure,
    loss_figure,
    score_figure,
)
from lingweave.report.summary import caveats, summary
from lingweave.report.sweeps import setting_figures, sweep_figures
from lingweave.report.tables import (
    alignment_table,
    difference_tables,
    intervals_note,
    other_metric_tables,
    score_groups,
    score_tables,
    seeds_note,
    switching_table,
    systems_table,
)
from lingweave.study import MEAN, Results


def study_page(results: Results) -> Page:
    """Everything that is known of a study."""
    made = [
        _headline(results),
        _claims(results),
        _scores(results),
        _differences(results),
        _gaps(results),
        _lengths(results),
        _options(results),
        _other_metrics(results),
        _systems(results),
        _words(results),
        _retrieval(results),
        _cost(results),
        _again(results),
    ]
    return Page(
        title=f"Study {results.study}",
        lead=results.question,
        facts=_facts(results),
        sections=[section for section in made if section is not None],
    )


def _facts(results: Results) -> list[tuple[str, str]]:
    languages = {score.language for score in results.scores} - {MEAN}
    seeds = sorted({len(score.seeds) for score in results.scores})
    counts = {
        "system": len(results.systems),
        "task": len(results.measures),
        "setting": len({score.setting for score in results.scores}),
        "test language": len(languages),
    }
    shown = [(name + "s" * (count != 1), f"{count:,}") for name, count in counts.items()]
    return [*shown, ("trained models behind each score", " or ".join(map(str, seeds)) or "0")]


def _headline(results: Results) -> Section:
    paragraphs = [summary(results), *caveats(results)]
    figures = difference_figures(results)
    if figures:
        paragraphs.append(intervals_note(results))
    return Section(
        name="in-short",
        title="In short",
        blocks=[Block(paragraphs=paragraphs, figures=figures)],
    )


def _claims(results: Results) -> Section | None:
    if not results.claims:
        return None
    return Section(name="claims", title="Claims", blocks=[Block(claims=results.claims)])


def _scores(results: Results) -> Section:
    blocks = [Block(paragraphs=[seeds_note(results)])]
    for group in score_groups(results):
        own = results.model_copy(update={"scores": group.scores})
        blocks.append(
            Block(
                title=group.title,
                figures=[score_figure(results, group)] if len(group.scores) > 1 else [],
                tables=score_tables(own),
            )
        )
    return Section(name="scores", title="Scores by language", blocks=blocks)


def _differences(results: Results) -> Section | None:
    tables = difference_tables(results)
    if not tables:
        return None
    blocks = [Block(paragraphs=[intervals_note(results)], tables=tables)]
    return Section(name="differences", title=f"Against {results.control}", blocks=blocks)


def _gaps(results: Results) -> Section | None:
    found = gaps(results)
    if not found:
        return None
    tables = [gap_table(results, group, own) for group, own in found]
    told = (
        "How far the mean of the other languages stays behind the language in which the task was "
        "learned, and behind what translated training text gives. A small gap is no merit by "
        "itself: it also shrinks when the source language loses."
    )
    block = Block(paragraphs=[told], figures=[gap_figure(results, found)], tables=tables)
    return Section(name="gaps", title="Gap to the source language", blocks=[block])


def _lengths(results: Results) -> Section | None:
    figures = [*length_figures(results)]
    if not figures:
        return None
    blocks = [Block(figures=figures)]
    return Section(name="lengths", title="Gap by length of the input", blocks=blocks)


def _options(results: Results) -> Section | None:
    figures: list[DotFigure | LineFigure]
    figures = [*sweep_figures(results), *setting_figures(results)]
    if not figures:
        return None
    return Section(name="options", title="What an option does", blocks=[Block(figures=figures)])


def _other_metrics(results: Results) -> Section | None:
    tables = other_metric_tables(results)
    if not tables:
        return None
    return Section(
        name="metrics", title="Further metrics", blocks=[Block(tables=tables, folded=True)]
    )


def _systems(results: Results) -> Section:
    figure = loss_figure(results)
    block = Block(tables=[systems_table(results)], figures=[] if figure is None else [figure])
    return Section(name="systems", title="Systems and their training", blocks=[block])


def _words(results: Results) -> Section | None:
    blocks = []
    if results.alignments:
        blocks.append(Block(tables=[alignment_table(results)]))
    if results.samples:
        blocks.append(Block(title="Sentence pairs", samples=results.samples))
    if results.switched:
        blocks.append(Block(tables=[switching_table(results)]))
    return Section(name="words", title="Words and their links", blocks=blocks) if blocks else None


def _retrieval(results: Results) -> Section | None:
    table = retrieval_table(results)
    if table is None:
        return None
    block = Block(figures=[retrieval_figure(results)], tables=[table])
    return Section(name="retrieval", title="Finding translations", blocks=[block])


def _cost(results: Results) -> Section | None:
    if not results.stages:
        return None
    paragraphs = [f"Machine: {'; '.join(machines(results.stages))}."]
    paragraphs.append(
        "Wall-clock time of each stage, whoever ran it: a stage that an earlier study had finished "
        "counts with the time it took then. Energy was not measured."
    )
    block = Block(paragraphs=paragraphs, tables=[cost_table(results.stages)])
    return Section(name="cost", title="What it cost", blocks=[block])


def _again(results: Results) -> Section:
    recipe = yaml.safe_dump(results.recipe.as_written, sort_keys=False, allow_unicode=True).rstrip()
    return Section(
        name="again",
        title="Run it again",
        blocks=[
            Block(
                paragraphs=list(made_by(results.made_by)),
                code=[*command(results.made_by), ("The recipe", recipe)],
            )
        ],
    )


def made_by(facts: dict[str, str]) -> Iterator[str]:
    """What a run was made by, but for its command."""
    if facts.get("commit"):
        yield f"lingweave {facts.get('lingweave', '')}, commit {facts['commit']}."
    elif facts.get("lingweave"):
        yield f"lingweave {facts['lingweave']}."
    if facts.get("machine"):
        yield f"On {facts['machine']}. Another machine or version may give other last digits."
    yield "Paths in the command and below are relative to the folder it ran in."


def command(facts: dict[str, str]) -> list[tuple[str, str]]:
    """The command line with its label, if it is known."""
    return [("The command", facts["command"])] if facts.get("command") else []
