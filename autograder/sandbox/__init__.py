"""Where student code runs: processes that can harm nobody, and a judge that believes nothing they say.

    with Sandbox("bubblewrap") as sandbox:                      # one zygote: torch is imported once
        with sandbox.guest() as guest:                          # one submission: namespaces of its own
            with guest.session(parts, limits) as session:       # one check: a process, killed afterwards
                answer = session.call(probes, "name", args, kwargs)

From the outside in: bubblewrap (launch.py) around the zygote (zygote.py), which forks a warden per submission
(warden.py), which forks a child per check (runner.py). judge.py is the side of the judge, channel.py what both speak,
control.py what the trusted processes say to each other, messages.py turns ends into sentences (Python's own ones are
in wording.py). groups.py limits all of them together, where the host offers control groups; kernel.py has the system
calls, seccomp.py forbids most of them to the guest, and guest.py names the files that travel inside; libraries.py is
what probes see of torch, manners.py what a function did to its arguments, repeats.py whether it answers the same twice.
inspection.py is what a guest says of its own walls, protection.py whether that is enough.
"""

from autograder.sandbox.judge import Guest, Sandbox, Session
from autograder.sandbox.launch import SandboxError
from autograder.sandbox.protection import below_minimum, missing_protection, sandbox_problem

__all__ = [
    "Guest",
    "Sandbox",
    "SandboxError",
    "Session",
    "below_minimum",
    "missing_protection",
    "sandbox_problem",
]
