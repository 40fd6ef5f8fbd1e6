"""textbook.py - the textbook's own programs, built from the chapter where that is at hand

The chapter's folder is $MTCHAT_SEEDS, or shared/seeds beside the source tree.
"""
import os
import pathlib
import re
import subprocess

HEADERS = "#include <cstdlib>\n#include <cstring>\n#include <cstdio>\n"


def chapter():
    """The folder of the chapter, or None."""
    tree = pathlib.Path(__file__).resolve().parent.parent
    folder = pathlib.Path(os.environ.get("MTCHAT_SEEDS") or tree.parent / "shared" / "seeds")
    return folder if folder.is_dir() else None


def build(name, folder):
    """Cut NAME.cpp out of the chapter and compile it into folder; the path of the program."""
    pages = [path.read_text() for path in sorted(chapter().glob("*.*"))
             if path.suffix in (".md", ".txt")]
    block = re.compile(r"```cpp\n(// " + re.escape(name) + r"\.cpp\n.*?)```", re.DOTALL)
    sources = [match.group(1) for page in pages if (match := block.search(page))]
    assert sources, f"{name}.cpp is not in the chapter"
    source, program = folder / f"{name}.cpp", folder / name
    source.write_text(HEADERS + sources[0])
    subprocess.run(["g++", "-w", "-O1", "-pthread", "-o", program, source], check=True)
    return str(program)


def is_listening(port):
    """Without connecting: the textbook's server does not bear all comings and goings."""
    with open("/proc/net/tcp", encoding="utf-8") as file:
        return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"
                   for line in list(file)[1:])
