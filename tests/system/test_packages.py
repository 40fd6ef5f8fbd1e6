"""test_packages.py - install, reinstall, upgrade, remove, purge: what comes, stays and goes"""
import os
import re
import subprocess

import pytest

from chatter import catch_up
from service import CONFIG, DROP_IN, SOCKET, Service

UNIT = "/usr/lib/systemd/system/mtchatd.service"
COLUMNS = '${db:Status-Status} ${Version}'


def repacked(package, folder, version, note):
    """The package as another version, whose configuration file begins with a note."""
    root = os.path.join(folder, version)
    subprocess.run(["dpkg-deb", "--raw-extract", package, root], check=True)
    edit(os.path.join(root, "DEBIAN/control"), r"(?m)^Version: .*$", "Version: " + version)
    if os.path.exists(root + CONFIG):
        edit(root + CONFIG, r"\A", f"# {note}\n")
    done = subprocess.run(["dpkg-deb", "--root-owner-group", "--build", root, folder], check=True,
                          capture_output=True, text=True)
    return re.search(r"in '(.*)'", done.stdout).group(1)


def edit(path, pattern, text):
    with open(path, encoding="utf-8") as file:
        changed, count = re.subn(pattern, text, file.read(), count=1)
    assert count == 1, (path, pattern)
    with open(path, "w", encoding="utf-8") as file:
        file.write(changed)


def version_of(package):
    return subprocess.run(["dpkg-deb", "--field", package, "Version"], check=True,
                          capture_output=True, text=True).stdout.strip()


def installed_as(machine, name="mtchatd"):
    return machine.run("dpkg-query", "-W", "-f", COLUMNS, name, check=False).stdout


def runs(service, port=9190):
    """It is active, and can be talked to, by the program that the package has installed."""
    assert service.show("ActiveState") == "active"
    exe = f"/proc/{service.machine.host_pid(service.pid)}/exe"
    assert os.readlink(exe) == "/usr/sbin/mtchatd", "or it is an old one, deleted"
    service.client(port).close()


@pytest.fixture(scope="module")
def previous(packages, tmp_path_factory):
    """mtchatd in the version before, and before that one."""
    folder, version = str(tmp_path_factory.mktemp("packages")), version_of(packages[0])
    return [repacked(packages[0], folder, version + mark, f"as in {mark}")
            for mark in ("~2", "~1")]


def test_a_life_with_apt(fresh, packages):
    """apt install, remove, install, purge: in three lines each, as the README says."""
    before = fresh.changes()
    fresh.install(*packages)
    service = Service(fresh)
    runs(service)
    assert service.show("UnitFileState") == "enabled"
    assert fresh.run("mtchat", user="nobody", data="hello\n").stdout == "hello\n"
    assert fresh.run("dpkg", "--verify", "mtchatd", "mtchat").stdout == ""
    assert CONFIG in fresh.run("dpkg-query", "-W", "-f", "${Conffiles}", "mtchatd").stdout

    edit(fresh.path(CONFIG), r"port = 9190", "port = 9199")
    fresh.run("apt-get", "remove", "-y", "mtchatd")
    assert not fresh.exists(UNIT) and not fresh.exists(SOCKET)
    assert service.refuses(9190)
    assert "port = 9199" in fresh.read(CONFIG)

    fresh.install(packages[0])
    runs(service, 9199)
    assert service.show("UnitFileState") == "enabled"

    fresh.run("apt-get", "purge", "-y", "mtchatd", "mtchat")
    assert service.refuses(9199)
    assert fresh.changes() - before == set()
    assert service.show("LoadState") == "not-found"
    for account in "passwd", "group":
        assert fresh.run("getent", account, "mtchatd", check=False).returncode == 2


def test_a_reinstall_keeps_the_configuration(fresh, packages):
    fresh.unpack(*packages)
    service = Service(fresh)
    edit(fresh.path(CONFIG), r"port = 9190", "port = 9199")
    pid = service.pid
    fresh.install(packages[0])
    runs(service, 9199)
    assert service.pid != pid
    assert fresh.run("dpkg", "--verify", "mtchatd").stdout.split()[1:] == ["c", CONFIG]


def test_an_upgrade_keeps_a_changed_configuration(fresh, packages, previous):
    """The file has changed in the package too; nobody is there to be asked, so ours stays."""
    fresh.unpack(previous[0])
    service = Service(fresh)
    assert installed_as(fresh) == "installed " + version_of(previous[0])
    edit(fresh.path(CONFIG), r"port = 9190", "port = 9199")
    fresh.write(DROP_IN, "[Service]\nEnvironment=KEPT=yes\n")
    service.systemctl("restart")
    pid = service.pid
    mine = fresh.read(CONFIG)
    fresh.install(packages[0], options=["-o", "Dpkg::Options::=--force-confdef",
                                        "-o", "Dpkg::Options::=--force-confold"])
    assert installed_as(fresh) == "installed " + version_of(packages[0])
    assert fresh.read(CONFIG) == mine
    runs(service, 9199)
    assert service.pid != pid and "KEPT=yes" in service.show("Environment")
    assert fresh.exists(CONFIG + ".dpkg-dist")
    fresh.run("dpkg", "--purge", "mtchatd")
    assert not fresh.exists(CONFIG) and not fresh.exists(CONFIG + ".dpkg-dist")


def test_an_upgrade_brings_a_new_configuration_to_who_never_changed_it(fresh, packages, previous):
    fresh.unpack(previous[0])
    assert fresh.read(CONFIG).startswith("# as in ~2\n")
    fresh.unpack(previous[1])  # nobody has to be asked
    assert fresh.read(CONFIG).startswith("# as in ~1\n")
    runs(Service(fresh))
    fresh.unpack(packages[0])
    assert not fresh.read(CONFIG).startswith("# as in")
    runs(Service(fresh))


def test_what_an_administrator_has_switched_off_stays_off(fresh, packages, previous):
    fresh.unpack(previous[0])
    service = Service(fresh)
    service.systemctl("disable")
    service.systemctl("stop")
    fresh.unpack(packages[0])
    assert service.show("UnitFileState") == "disabled"
    assert service.show("ActiveState") == "inactive"
    service.systemctl("start")
    runs(service)


def test_a_bad_configuration_does_not_break_an_upgrade(fresh, packages, previous):
    """Who is connected stays, by the last good one; and it is told."""
    fresh.unpack(previous[0])
    service = Service(fresh)
    edit(fresh.path(CONFIG), r"port = 9190", "port = 0")
    with service.client() as client:
        fresh.run("dpkg", "--install", "--force-confold", *fresh.copy_in(packages[:1]))
        runs(service)
        service.wait_status(r"mtchatd\.conf:\d+: port must be 1 to 65535, not 0")
        service.wait_status(r'Status: ".*configuration file refused')
        edit(fresh.path(CONFIG), r"port = 0", "port = 9199")
        service.systemctl("restart")
        runs(service, 9199)
        catch_up([client])
    assert installed_as(fresh) == "installed " + version_of(packages[0])


def test_mtchat_alone_needs_no_server_package(fresh, packages):
    before = fresh.changes()
    fresh.unpack(packages[1])
    failed = fresh.run("mtchat", data="hello\n", check=False)
    assert failed.returncode == 69 and "cannot connect" in failed.stderr
    fresh.run("dpkg", "--purge", "mtchat")
    assert fresh.changes() - before == set()
