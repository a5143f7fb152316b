"""python -m run: compose a scenario, make what is missing, show and write what came out. All of it is `mirage.cli`."""

from mirage.cli.main import main

if __name__ == "__main__":
    main()
