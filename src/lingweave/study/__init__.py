"""Studies: a recipe becomes stages in folders, the stages become scores.

In: a recipe (`lingweave.config`). Out: `Results`, and a folder in which every stage's work is kept.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
