"""Training: batches of like length, the loop on Accelerate, checkpoints to resume from.

In: a model, an objective and its examples. Out: the model, trained, and a record of how it went.
Which objective it is, this package does not know.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
