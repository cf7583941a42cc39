"""DMN files written for tests."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

DMN = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def table(
    inputs: Sequence[str],
    outputs: Sequence[str],
    rows: Sequence[Sequence[str]],
    policy: str = "UNIQUE",
    xmlns: str = DMN,
    types: Sequence[str] = (),
    allowed: Sequence[str] = (),
) -> bytes:
    """A DMN file with one table; a row is its input cells followed by its output cells.

    `types` are the declared types of the columns, inputs first, `allowed` the inputValues of the inputs.
    """
    cells = [
        "".join(
            f'<{tag} id="c{r}_{c}"><text>{escape(cell)}</text></{tag}>'
            for c, cell in enumerate(row)
            for tag in ["inputEntry" if c < len(inputs) else "outputEntry"]
        )
        for r, row in enumerate(rows, 1)
    ]
    typed = [f' typeRef="{name}"' if name else "" for name in [*types, *[""] * (len(inputs) + len(outputs))]]
    values = [f"<inputValues><text>{escape(cell)}</text></inputValues>" if cell else "" for cell in allowed]
    values += [""] * len(inputs)
    head = "".join(
        f"<input><inputExpression{typed[n]}><text>{escape(one)}</text></inputExpression>{values[n]}</input>"
        for n, one in enumerate(inputs)
    )
    head += "".join(f'<output name="{name}"{typed[len(inputs) + n]}/>' for n, name in enumerate(outputs))
    body = head + "".join(f'<rule id="r{r}">{cell}</rule>' for r, cell in enumerate(cells, 1))
    return (
        f'<definitions xmlns="{xmlns}" id="d" name="d"><decision id="d3" name="期限">'
        f'<decisionTable id="t" hitPolicy="{policy}">{body}</decisionTable></decision></definitions>'
    ).encode()
