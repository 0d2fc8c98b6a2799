"""The image's entry point, and `python -I entrypoint.py` without Docker.

Run with -I: then neither the checked-out repository nor PYTHONPATH or HOME can bring modules of
their own (a `yaml.py` in the workspace, a `sitecustomize.py`, a `.pth` file).
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))

from signed_lambda.main import main

if __name__ == "__main__":
    sys.exit(main())
