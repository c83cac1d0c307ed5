"""``python -m syncline``: the same as the script ``syncline``."""

from syncline.main import main

if __name__ == "__main__":
    main()
