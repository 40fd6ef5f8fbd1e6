"""mtchat.py - runs $MTCHAT without a terminal"""
import os
import subprocess

from chatter import PATIENCE

MTCHAT = os.environ.get("MTCHAT", "mtchat")


def run(*arguments, data=b"", **options):
    """Run mtchat to its end with data on stdin: status, stdout, stderr."""
    done = subprocess.run([MTCHAT, *map(str, arguments)], input=data, capture_output=True,
                          timeout=3 * PATIENCE, check=False, **options)
    return done.returncode, done.stdout, done.stderr.decode()


def start(*arguments, **options):
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE,
               "stderr": subprocess.PIPE, **options}
    return subprocess.Popen([MTCHAT, *map(str, arguments)], **options)


def close(process):
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            pipe.close()


def lines(count):
    return b"".join(b"line %d of many\n" % i for i in range(count))
