"""YAML is read as it is written: Rasa puts variables of its environment in place of `${NAME}`.

Who may write an example or a rule would read our secrets that way, in a message of the training or as an
answer of the bot.
"""

from __future__ import annotations


def read_as_written() -> None:
    """From now on, whatever Rasa reads in this process."""
    import rasa.shared.utils.io  # noqa: F401, PLC0415 - it is what puts the variables in; after `lighten`
    from ruamel import yaml  # noqa: PLC0415

    for constructor in (yaml.SafeConstructor, yaml.RoundTripConstructor):
        constructor.add_constructor("!env_var", constructor.construct_yaml_str)
