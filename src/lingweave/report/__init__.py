"""Reports: results in, text out, for a terminal, as Markdown, as a page, as CSV.

Knows nothing but the scores.
"""

from lingweave.report.alignment_progress import alignment_observer
from lingweave.report.files import read_results, write_report
from lingweave.report.markdown import markdown_report
from lingweave.report.probes import probe_report, probe_summary
from lingweave.report.terminal import print_results, print_table, terminal_observer

__all__ = [
    "alignment_observer",
    "markdown_report",
    "print_results",
    "print_table",
    "probe_report",
    "probe_summary",
    "read_results",
    "terminal_observer",
    "write_report",
]
