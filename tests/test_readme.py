"""test_readme.py - the screen that README.md opens with is a real one

    MTCHAT_README=write python3 -m pytest test_readme.py    # puts the present one there

Times, and how long something took, are what they were on that day.
"""
import os
import re

from chatter import poll
from jsonl import Json
from manager import Service
from proxy import Proxy
from seat import Seat, said

README = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "README.md")
BEGIN, END = "    $ mtchat chat.lan -n alice -l 3\n", "\n\n"
PASTED = "".join(f"{number:2}: what the build of ticket 812 said, and what it did not say\n"
                 for number in range(1, 28))


def masked(text):
    """Without what is another each time."""
    text = re.sub(r"-+ \w{3} \d\d:\d\d --", "--- DAY HH:MM --", text)
    text = re.sub(r"\d\d:\d\d ", "HH:MM ", text)
    return re.sub(r"\d+ (ms|s)\b", r"N \1", text)


def screen():
    """What alice has before her, row by row, in the end."""
    with Service() as service, Proxy(service.tcp) as proxy:
        people = {name: Json(service.tcp, name=name.encode()) for name in
                  ("bob", "carol", "dave", "민수", "지은", "build-bot")}
        with Json(service.tcp), people["bob"]:
            for who, text in (("build-bot", "build 811: failed, see the log"),
                              ("bob", "who can look at the log of 811?"),
                              ("민수", "네, 로그는 제가 볼게요")):
                people[who].send(text.encode() + b"\n")
                people["bob"].until(ev="say", text=text)
            with Seat(proxy.tcp, "-n", "alice", "-l", "3") as alice:
                act(service, proxy, people, alice)
                rows = alice.rows()
            for person in people.values():
                person.close()
    return rows


def act(service, proxy, people, alice):
    alice.prompt("lobby alice>")
    people["carol"].send(b"morning! alice, can you look at ticket 812?\n")
    alice.sees(said(">> carol: morning! alice, can you look at ticket 812?"))
    alice.enter("on it")
    alice.sees(said("alice: on it"))
    service.kill()
    alice.sees(r".*server restarted: \d+ ms, still connected, 0 lines lost")
    people["carol"].send(b"/msg alice vault password changed\n")
    alice.sees(said("carol -> you: vault password changed"))
    proxy.refuse()
    proxy.cut()
    alice.prompt("lobby alice [offline]>")
    alice.enter("812 is a typo in the makefile", "mended")
    alice.prompt("lobby alice [offline, 2 waiting]>")
    for text in ("coffee?", "in five minutes"):
        people["dave"].send(text.encode() + b"\n")
        people["bob"].until(ev="say", text=text)
    proxy.refuse(False)
    alice.sees(r".*back after \d+ s, 2 lines caught up", said("alice: mended"))
    alice.emulator.paste(PASTED)
    alice.type("\r")
    alice.wait(lambda rows: "edit" in rows[-1], "the question")


def test_the_screen_of_the_readme():
    rows = [row.replace("127.0.0.1", "chat.lan") for row in screen()]
    text = "".join(f"    {row}\n".replace("    \n", "\n") for row in rows)
    with open(README, encoding="utf-8") as file:
        readme = file.read()
    begin = readme.index(BEGIN) + len(BEGIN)
    end = readme.index(END, begin) + 1
    if os.environ.get("MTCHAT_README") == "write":
        with open(README, "w", encoding="utf-8") as file:
            file.write(readme[:begin] + text + readme[end:])
    else:
        assert masked(readme[begin:end]) == masked(text)
