"""host.py - what it was measured on, or that nothing can be measured"""
import os
import platform
import re


class CannotMeasure(Exception):
    """Why not."""


def machine():
    with open("/proc/cpuinfo") as info:
        model = re.search(r"^model name\s*: (.*)$", info.read(), re.M)
    return f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} cores, " \
           f"Linux {platform.release()}"
