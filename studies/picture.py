"""The picture in the README: what each system gains zero-shot, on real and on twin languages.

One panel for each kind of languages, with an axis of its own, since the twins are made so that an
effect can be seen. Of the studies whose control is masked language modelling, the first by the rank
of `verdicts` is drawn, and its inference task with the most test languages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from lingweave.report.dot_plots import Panel, Row, shared_axis
from lingweave.report.study_figures import difference_row
from lingweave.report.tables import Group, compared, main_title, score_groups
from lingweave.study import MEAN
from verdicts import Languages, Study, by_rank

AS_IT_IS = "encoder as it is"
NOT_RUN = "not run"


@dataclass(frozen=True)
class Transfer:
    """The differences to the control in one study.

    Attributes:
        metric: title of what is compared.
        title: of the panel.
        note: what is behind it, in a few words.
        rows: by the name of the system, with the difference in points.
    """

    metric: str
    title: str
    note: str
    rows: Mapping[str, Row]

    @property
    def description(self) -> str:
        """The same in words, for those who do not see it."""
        shown = "; ".join(f"{row.name} {row.text}" for row in self.rows.values())
        return f"{self.title}, {self.note}: {shown}."


def transfer_panels(studies: Iterable[Study]) -> list[tuple[Transfer, Panel]]:
    """A panel for each kind of languages that was studied, all with the same systems in line."""
    ranked = by_rank(studies)
    transfers = [transfer for kind in get_args(Languages) for transfer in _first(ranked, kind)]
    names = list(dict.fromkeys(name for transfer in transfers for name in transfer.rows))
    return [
        (
            transfer,
            Panel(
                transfer.title,
                [transfer.rows.get(name, Row(name, [], NOT_RUN)) for name in names],
                shared_axis(transfer.rows.values(), 0.0),
                reference=0.0,
            ),
        )
        for transfer in transfers
    ]


def _first(ranked: Sequence[Study], languages: Languages) -> list[Transfer]:
    """Of the first study that has something to draw; nothing, if none has."""
    for study in ranked:
        results = study.results
        control = results.systems[results.control]["options"]["objective"]
        groups = [
            group
            for group in score_groups(results)
            if group.setting == "zero-shot"
            and results.recipe.tasks[group.task].task == "nli"
            and compared(results, group)
        ]
        if study.languages == languages and control == "mlm" and groups:
            return [_transfer(study, max(groups, key=lambda group: len(group.scores)))]
    return []


def _transfer(study: Study, group: Group) -> Transfer:
    results = study.results
    source = results.source_language[group.task]
    others = len({score.language for score in group.scores} - {source, MEAN})
    seeds = max(len(score.seeds) for score in group.scores)
    note = (
        f"{group.task}, {others} language{'s' * (others != 1)} beside {source}, "
        f"{seeds} seed{'s' * (seeds != 1)}"
    )
    rows = {}
    for score, difference in compared(results, group):
        is_base = results.systems[score.system]["options"]["objective"] == "none"
        name = AS_IT_IS if is_base else score.system
        rows[name] = replace(difference_row(score, difference), name=name)
    return Transfer(
        main_title(results, group.task),
        f"{study.languages.capitalize()} languages",
        note,
        rows,
    )
