# SPDX-License-Identifier: Apache-2.0
"""What the kernel counted of an agent: wake-ups and processor time."""
import os
import pathlib


def process_of(agent):
    """The agent itself, not the programs that put it into its namespaces."""
    pid = agent.process.pid
    while pathlib.Path(f"/proc/{pid}/comm").read_text().strip() != "synclined":
        pid = int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
    return pid


def wakeups(pid):
    """How often any of its threads went on after a wait, and the processor time in seconds."""
    switches = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        fields = dict(line.split(":", 1) for line in (task / "status").read_text().splitlines() if ":" in line)
        switches += int(fields["voluntary_ctxt_switches"])
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return switches, (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
