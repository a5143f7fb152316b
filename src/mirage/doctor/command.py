"""The command ``mirage-doctor``."""

import argparse
import io
import sys
from collections.abc import Sequence
from typing import NoReturn

from mirage.doctor.evidence import BadInput, printable
from mirage.doctor.examine import examine, parsed
from mirage.doctor.finding import SURE
from mirage.doctor.reading.tables import path
from mirage.doctor.report import Report


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 1 where `--fail-on` is given and something so sure was found."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot show a name shows its code
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(words)
    try:
        found = examine(
            options.predictions,
            history=options.history,
            model=options.model,
            positive=options.positive,
            separator=options.separator.replace("\\t", "\t"),
            encoding=options.encoding,
            reported=parsed(options.reported, "--reported"),
            batch_size=options.batch_size,
            train=options.train,
            test=options.test,
            use=options.use,
            runs=options.run,
            rescored=options.rescore,
            class_weight=parsed([word for word in options.class_weight.split(",") if word], "--class-weight"),
            keras=options.keras,
            backend=options.backend,
            accepted=_accepted(options.accept, options.accept_from),
        )
        _write(found, options)
    except BadInput as error:
        print(f"mirage-doctor: {error}", file=sys.stderr)
        return 2
    failing = SURE[: SURE.index(options.fail_on) + 1] if options.fail_on else ()
    return int(any(one.found.sure in failing for one in found.findings))


def _write(report: Report, options: argparse.Namespace) -> None:
    if options.html:
        try:
            path(options.html, "html", "a file").write_text(report.to_html(), encoding="utf-8")
        except OSError as error:
            raise BadInput(f"html: got {options.html}, expected a file to write ({error.strerror})") from None
    if options.json:
        print(report.to_json())
        return
    from rich.console import Console

    from mirage.doctor.report.screen import show

    show(report, Console())


def _accepted(words: Sequence[str], file: str | None) -> dict[str, str]:
    """What is accepted, from words and from a file with a ``CAUSE=REASON`` a line; ``#`` begins a comment."""
    lines: list[str] = []
    if file is not None:
        try:
            lines = path(file, "accept-from", "a file").read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"accept-from: got {file}, expected a text file to read ({error})") from None
    kept = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return parsed([*kept, *words], "--accept")


ABOUT = """Examine predictions, a training history, a model file and features: what makes a high accuracy misleading?
At least one input; docs/doctor.md describes them. The exit status is 0 whatever is found (1 with --fail-on), 2 for bad
input."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, and the status of bad input."""
        self.exit(2, f"{self.prog}: {printable(message)}; --help lists what there is\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="mirage-doctor", description=ABOUT, allow_abbrev=False)
    add = parser.add_argument
    add(
        "predictions",
        nargs="?",
        help="CSV or npz: y_true with score, score_CLASS or y_pred; optionally split, id, group, time, weight",
    )
    add("--history", metavar="FILE", help="CSVLogger's CSV, or JSON of History.history")
    add("--model", metavar="FILE", help=".keras or .h5: its configuration is read, nothing of it is run")
    add("--positive", metavar="CLASS", help="the class that the column score is for")
    add(
        "--reported",
        metavar="METRIC=VALUE",
        action="append",
        default=[],
        help="a number that you were shown: accuracy, precision, recall or auc, such as accuracy=0.98; repeatable",
    )
    add("--batch-size", type=int, metavar="N", help="the size of batches when that number was made")
    for name, rows in (
        ("train", "that the model was trained on"),
        ("test", "that it was tested on"),
        ("use", "in use"),
    ):
        add(
            f"--{name}",
            metavar="FILE",
            help=f"CSV or npz: features of the rows {rows}; optionally y_true, group, time, id",
        )
    add(
        "--run",
        metavar="FILE",
        action="append",
        default=[],
        help="predictions of the same rows by your program, run with another seed; repeatable",
    )
    add("--rescore", metavar="FILE", help="predictions of the same rows by the same model, loaded in another process")
    add(
        "--class-weight", metavar="CLASS=WEIGHT,...", default="", help="the class_weight given to fit, such as 0=1,1=19"
    )
    add("--keras", metavar="VERSION", help="the version of Keras, where the model's file does not say")
    add("--backend", metavar="NAME", help="the backend of Keras: tensorflow, jax or torch")
    add("--separator", default=",", help="what stands between the columns of a CSV (default: a comma)")
    add("--encoding", default="utf-8", help="the encoding of a CSV (default: utf-8)")
    add(
        "--accept",
        metavar="CAUSE=REASON",
        action="append",
        default=[],
        help="a finding that is no fault here, and why; repeatable",
    )
    add("--accept-from", metavar="FILE", help="a file of such findings, one CAUSE=REASON per line")
    add("--html", metavar="FILE", help="write the report as a page")
    add("--json", action="store_true", help="print the report as JSON")
    add("--fail-on", choices=SURE, help="exit with status 1 if a finding is at least this sure")
    return parser
