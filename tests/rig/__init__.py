"""The rig: one run of the action with something happening at any of its calls, and what must hold.

How to build on it, in five lines::

    with rig_of("update") as rig:            # its world is arranged once; each case begins there
        case = rig.case(hook)                # a run with the hook, a clean re-run, a third run
        assert violations(case) == []        # I1-I15, by the world and the calls alone

`scenarios` says which runs there are, `faults` what can befall a call, `wire` counts the calls and
hands them to a `Hook` (an adversary's act, a fault, a switch to another run), `picture` is the
world as plain data, `invariants` is the one pure judge. The product is only run, never asked.
"""
