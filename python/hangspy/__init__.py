"""The part of hangspy that runs inside of pytest. The program itself looks from outside; see ``hangspy --help``."""
