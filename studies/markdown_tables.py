"""What was found, as tables of Markdown: for the README's section and for docs/results.md.

Whatever comes from a study is escaped, so that a name such as `a|b` or a question with a star
cannot break the text around it.
"""

from collections.abc import Iterable, Sequence

from lingweave.report.claims import compared_claims
from lingweave.report.costs import cost_table, duration, machines
from lingweave.report.markdown import escaped
from lingweave.report.tables import Table, main_title, score_groups, score_tables
from lingweave.study import MEAN, Results, Score
from verdicts import NOT_RUN, Finding, Row, Study, effect, in_points, seeds

_NOTHING = "–"


def report_link(folder: str, root: str = "") -> str:
    """A link to a report.

    Args:
        folder: of the study or probe, in `studies/`.
        root: leads from the page to the repository, such as `../`.
    """
    return f"[{escaped(folder)}]({root}studies/{folder}/report.md)"


def claims_table(rows: Sequence[Row]) -> Table:
    """The README's table: each claim, its verdict on real languages, and on twin languages."""
    cells = [
        [f"**{row.id}** {escaped(row.text)}", *map(verdict_cell, row.found.values())]
        for row in rows
    ]
    return Table("", ["claim", "real languages", "twin languages"], cells)


def verdict_cell(finding: Finding | None) -> str:
    """The verdict on each task with its effect, then the seeds behind them and the study.

    A setting or a method is adopted or not, which the study's reason says.
    """
    if finding is None:
        return NOT_RUN
    link = report_link(finding.study.folder)
    first = finding.results[0]
    if not finding.is_tested:
        is_adopted = first.kind in ("setting", "method")
        return f"{escaped(first.reason)} ({link})" if is_adopted else "not tested"
    lines = []
    for result in finding.results:
        # What settles nothing does not catch the eye.
        verdict = result.verdict if result.verdict == "inconclusive" else f"**{result.verdict}**"
        task = f"{escaped(result.task)}: " if len(finding.results) > 1 else ""
        lines.append(f"{task}{verdict} {effect(result)}".rstrip())
    behind = [text for text in (seeds(finding.results), link) if text]
    return "<br>".join([*lines, ", ".join(behind)])


def overview(studies: Iterable[Study]) -> Table:
    """One row for each study: what was compared, on how much, and what it took."""
    header = ["study", "languages", "systems", "tasks", "settings", "seeds", "pairs", "updates"]
    rows = []
    for study in studies:
        results = study.results
        updates = [run["updates"] for one in results.systems.values() for run in one["runs"]]
        rows.append(
            [
                report_link(study.folder, "../"),
                study.languages,
                str(len(results.systems)),
                str(len(results.measures)),
                str(len({score.setting for score in results.scores})),
                str(study.num_seeds),
                f"{sum(one['pairs'] for one in results.alignments):,}",
                f"{max(updates):,}" if updates else _NOTHING,
                duration(sum(stage["seconds"] for stage in results.stages)),
            ]
        )
    return Table("", [*header, "time"], rows)


def study_tables(results: Results) -> list[Table]:
    """All tables of one study: sizes, means by setting, scores by language, claims, cost."""
    claims = compared_claims(results)
    made = [
        _sizes(results),
        *_means(results),
        *score_tables(results),
        *([claims] if claims.rows else []),
        *([cost_table(results.stages)] if results.stages else []),
    ]
    return [escaped_table(table) for table in made]


def escaped_table(table: Table) -> Table:
    """The same with text in which Markdown sees no markup."""
    return Table(
        escaped(table.title),
        [escaped(cell) for cell in table.header],
        [[escaped(cell) for cell in row] for row in table.rows],
    )


def made_on(results: Results) -> str:
    """The machines of a study, and the commit of the code."""
    told = "; ".join(machines(results.stages)) or results.made_by.get("machine", "")
    return f"{told}, at commit {results.made_by.get('commit') or 'unknown'}"


def _sizes(results: Results) -> Table:
    """What each task is trained and tested on."""
    rows = []
    for task in results.measures:
        tested = {
            score.language: score.num_examples
            for score in results.scores
            if score.task == task and score.language != MEAN
        }
        few, most = min(tested.values()), max(tested.values())
        first = results.recipe.tasks[task].train.first
        rows.append(
            [
                task,
                results.source_language[task],
                "all there are" if first is None else f"{int(first):,}",
                ", ".join(tested),
                f"{few:,}" if few == most else f"{few:,} to {most:,}",
            ]
        )
    header = ["task", "trained in", "training examples", "tested in", "test examples of each"]
    return Table("Sizes", header, rows)


def _means(results: Results) -> list[Table]:
    """For each task systems × settings: the mean of the other languages, and the gain."""
    tables = []
    for task in results.measures if len(results.systems) > 1 else ():
        cells = {
            (score.system, group.title): _mean(score)
            for group in score_groups(results)
            for score in group.scores
            if score.task == task and score.language == MEAN
        }
        if not cells:
            continue
        titles = list(dict.fromkeys(title for _, title in cells))
        rows = [
            [system, *(cells.get((system, title), _NOTHING) for title in titles)]
            for system in results.systems
        ]
        about = (
            f"{task}: {main_title(results, task)} in %, mean of the languages other than "
            f"{results.source_language[task]}, and points over {results.control} [95 % interval]"
        )
        header = [title.removeprefix(f"{task}, ") for title in titles]
        tables.append(Table(about, ["system", *header], rows))
    return tables


def _mean(score: Score) -> str:
    """A score, and its difference to the control's: "48.5, +14.3 [+11.0, +17.6]"."""
    shown, gain = f"{100 * score.score.mean:.1f}", score.over_control
    return shown if gain is None else f"{shown}, {in_points(gain.mean, gain.low, gain.high)}"
