from .alignment_progress import alignment_observer
from .files import read_results, write_report
from .markdown import markdown_report
from .probes import probe_report, probe_summary
from .terminal import print_results, print_table, terminal_observer

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
