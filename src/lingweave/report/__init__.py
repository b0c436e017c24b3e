"""Reports: results in, text out, for a terminal, as Markdown, as a page, as CSV.

Knows nothing but the scores.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
