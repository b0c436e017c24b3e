"""Word alignment: which word of a sentence translates which word of its translation.

In go pairs of sentences, each a list of words. Out come links: for every sentence pair an array of
rows (source word, target word), counted from 0, in both directions and joined
(`fast_align`, `symmetrize`). Links are written to and read from Pharaoh files (`write_pharaoh`,
`read_pharaoh`) and compared with links drawn by people (`read_gold`, `alignment_error_rate`).
"""

from lingweave.alignment.error_rate import (
    AlignmentScore,
    GoldAlignment,
    alignment_error_rate,
    read_gold,
)
from lingweave.alignment.fast_align import (
    DirectedAlignments,
    FastAlignOptions,
    IterationReport,
    fast_align,
)
from lingweave.alignment.pharaoh import (
    check_links,
    format_links,
    parse_links,
    read_pharaoh,
    write_pharaoh,
)
from lingweave.alignment.symmetrization import (
    SYMMETRIZATIONS,
    LinkArray,
    Symmetrization,
    symmetrize,
    symmetrize_all,
)

__all__ = [
    "SYMMETRIZATIONS",
    "AlignmentScore",
    "DirectedAlignments",
    "FastAlignOptions",
    "GoldAlignment",
    "IterationReport",
    "LinkArray",
    "Symmetrization",
    "alignment_error_rate",
    "check_links",
    "fast_align",
    "format_links",
    "parse_links",
    "read_gold",
    "read_pharaoh",
    "symmetrize",
    "symmetrize_all",
    "write_pharaoh",
]
