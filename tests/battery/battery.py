"""Seeds and sizes: few in make check, as many as there is time for in make soak.

    SOAK=1                so it is make soak
    SOAK_SEED=7           where the draws begin (1)
    SOAK_MINUTES=60       how long what has no end of its own goes on
"""
import os

SOAK = os.environ.get("SOAK") == "1"


def seed():
    """A failure is repeated by it."""
    value = int(os.environ.get("SOAK_SEED", "1"))
    print(f"repeat it with SOAK_SEED={value}")
    return value


def size(check, soak):
    """How much of it."""
    return soak if SOAK else check


def minutes(otherwise):
    return float(os.environ.get("SOAK_MINUTES") or otherwise)
