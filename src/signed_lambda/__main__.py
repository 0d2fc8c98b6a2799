"""`python -m signed_lambda`: the commands for people; see `console`."""

import sys

from signed_lambda.console import main

if __name__ == "__main__":
    sys.exit(main())
