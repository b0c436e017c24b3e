"""The processes of one run: who they are, and what they tell one another.

`accelerate launch` and `torchrun` start the same command in several processes. Each trains and
predicts its share, and all of them decide alike, from what is summed, gathered or sent by the main
one. Without a launcher there is one process: then all of this is the identity and costs nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
