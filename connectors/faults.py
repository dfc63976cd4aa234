"""What is wrong with a request, for whoever sent it: the field's name, never its content."""

from pydantic import ValidationError


def fault(error: ValidationError) -> str:
    """The first field that is wrong, and how: `message.text: string_type`."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where or 'body'}: {first['type']}"
