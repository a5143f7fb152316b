"""Every lesson as a notebook, into results/notebooks: `make notebooks`."""

import sys

from mirage.cli.job import BAD_INPUT
from mirage.config import project
from mirage.settings import ConfigError


def main() -> int:
    """Write all notebooks that differ from what is there; 2 where that cannot be done."""
    from mirage.records.files import write_text
    from mirage.report.notebooks import notebook
    from mirage.report.numbers import Numbers

    numbers = Numbers(project.RESULTS / "tables")
    folder = project.RESULTS / "notebooks"
    try:
        texts = {folder / f"{name}.ipynb": notebook(name, numbers) for name in project.lessons()}
    except ModuleNotFoundError as error:
        print(f"notebooks: got no package {error.name}, expected it installed: `make notebooks` does", file=sys.stderr)
        return BAD_INPUT
    except ConfigError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    for file, text in texts.items():
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            write_text(file, text)
            print(f"written     {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
