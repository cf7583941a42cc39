"""`python -m services.common.testing`: provide what the tests need, or say what to install."""

import sys

from services.common.testing import packages


def main() -> int:
    """0 when every need is met, 1 with the advice on standard error."""
    try:
        packages.provide()
    except packages.Unmet as unmet:
        print(unmet, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
