"""blanks.py - lines of which something is not known before they were heard"""
import json
import re

TIME = rb"20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d\.\d{3}Z"


class Blank:
    """Something within what is told that the first who hears it fills in."""

    def __init__(self, pattern):
        self.pattern, self.value = re.compile(pattern), None


class Told:
    """One line that a client must hear: bytes and Blanks.  line: the room's, if it is one."""

    def __init__(self, parts, line=None):
        self.parts = [part.encode() if isinstance(part, str) else part for part in parts]
        self.line = line

    def match(self, heard):
        """Is it that?  Fills in the blanks if it is."""
        at, found = 0, []
        for part in self.parts:
            value = part.value if isinstance(part, Blank) else part
            if value is None:
                match = part.pattern.match(heard, at)
                value = match[0] if match else None
                found.append((part, value))
            if value is None or not heard.startswith(value, at):
                return False
            at += len(value)
        if at != len(heard):
            return False
        for blank, value in found:
            blank.value = value
        return True

    def __repr__(self):
        return repr(b"".join((part.value or b"<%s>" % part.pattern.pattern)
                             if isinstance(part, Blank) else part for part in self.parts))


def plain(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def parts_of(event):
    """A JSON line.  A tuple is a string of several parts, a Blank alone a value of its own."""
    parts, before = [], "{"
    for key, value in event.items():
        parts.append(f'{before}"{key}":')
        if isinstance(value, tuple):
            parts += ['"', *(plain(part)[1:-1] if isinstance(part, str) else part
                            for part in value), '"']
        else:
            parts.append(value if isinstance(value, Blank) else plain(value))
        before = ","
    return [*parts, "}"]
