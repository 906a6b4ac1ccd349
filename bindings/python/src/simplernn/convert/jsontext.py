# SPDX-License-Identifier: MIT
"""JSON texts that may be damaged or hostile."""

import json

from .network import ConvertError, reason


def without_repeats(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ConvertError("a name stands twice in the JSON text")
    return found


def parse(text):
    """The object that a JSON text is. Bytes are UTF-8 without a mark at the
    beginning; the json module would take that, UTF-16 and UTF-32, too."""
    try:
        text = text.decode() if isinstance(text, bytes) else text
        value = json.loads(text, object_pairs_hook=without_repeats)
    except (ValueError, RecursionError) as error:
        raise ConvertError("the JSON text is damaged: "
                           f"{reason(error)}") from None
    if not isinstance(value, dict):
        raise ConvertError("the JSON text is no object")
    return value
