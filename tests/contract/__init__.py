"""How AWS behaves, as one table of rows that run unchanged against four targets.

The targets: our `lambda_sandbox` on a port, ministack (a second emulator, by other authors), moto
(for the figure), and opt-in a real account. A row states AWS's answer and where it was measured; it
knows nothing of how a target is made. `python -m tests.contract.table sandbox moto` prints them.
"""
