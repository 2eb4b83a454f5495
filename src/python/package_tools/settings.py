"""What the plan says of the package checks: `packages.json`, beside their virtual environment."""

import json
import os
import sys

WORK = os.path.dirname(os.path.abspath(sys.prefix))
WHEELS = os.path.join(WORK, "wheels")


def read_settings():
    with open(os.path.join(WORK, "packages.json"), encoding="utf-8") as file:
        return json.load(file)
