"""`python -m wandb_nb` is the command `wandb-nb`."""

from wandb_nb.cli import main

if __name__ == "__main__":
    main()
