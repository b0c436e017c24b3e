"""`python -m lingweave`, as launchers of several processes start it: `torchrun … -m lingweave`."""

from lingweave.cli import app

app(prog_name="lingweave")
