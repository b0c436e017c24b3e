"""One self-contained HTML page: no network, no script; whatever comes from data is escaped."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from lingweave.report.claims import claim_figures
from lingweave.report.dot_plots import ROW_HEIGHT, DotFigure, shown_name
from lingweave.report.line_plots import LineFigure
from lingweave.report.scripts import direction, language_tag
from lingweave.report.tables import Table
from lingweave.study import ClaimResult, Sample


@dataclass(frozen=True, kw_only=True)
class Block:
    """A part of a section, shown in this order; what is empty is left out.

    Attributes:
        title: heading of the part.
        paragraphs: plain text.
        figures: pictures.
        tables: tables of text.
        claims: claims with their verdicts.
        samples: sentence pairs.
        code: to be copied, such as a recipe, with a label each.
        folded: whether all of it is to be opened by a click.
    """

    title: str = ""
    paragraphs: Sequence[str] = ()
    figures: Sequence[DotFigure | LineFigure] = ()
    tables: Sequence[Table] = ()
    claims: Sequence[ClaimResult] = ()
    samples: Sequence[Sample] = ()
    code: Sequence[tuple[str, str]] = ()
    folded: bool = False


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section with its heading; `name` is its anchor."""

    name: str
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True, kw_only=True)
class Page:
    """A whole page.

    Attributes:
        title: in the window and at the top.
        lead: what was asked.
        facts: figures worth knowing at once, as (what, how many).
        sections: in the order shown.
    """

    title: str
    lead: str
    facts: Sequence[tuple[str, str]]
    sections: Sequence[Section]


_NUMBER = re.compile(r"[(]?[-+−–]?[0-9.,]*( / [-+−–]?[0-9.,]+)*( \[.*\])?[)]?")


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, several of them or none, so that it stands to the right."""
    return _NUMBER.fullmatch(cell) is not None


def render(page: Page) -> str:
    """The page as HTML."""
    environment = Environment(
        loader=PackageLoader("lingweave.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"direction": direction, "lang": language_tag, "shown_name": shown_name}
    environment.filters["claim_figures"] = claim_figures
    environment.tests["numeric_text"] = is_number
    environment.tests["dot_figure"] = lambda figure: isinstance(figure, DotFigure)
    template = environment.get_template("page.html.j2")
    return template.render(page=page, row_height=ROW_HEIGHT) + "\n"
