"""balancer.py - what a balancer tells before all else, by the PROXY protocol"""
import ipaddress
import struct

from chatter import Client

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def version1(source, port=4711):
    to = "192.0.2.2" if ":" not in source else "2001:db8::ff"
    return b"PROXY TCP%d %s %s %d 9190\r\n" % (6 if ":" in source else 4, source.encode(),
                                               to.encode(), port)


def version2(source, port=4711, tlvs=b"", command=0x21):
    address = ipaddress.ip_address(source)
    both = address.packed + bytes(len(address.packed)) + struct.pack("!HH", port, 9190)
    return (SIGNATURE + bytes([command, 0x11 if address.version == 4 else 0x21])
            + struct.pack("!H", len(both + tlvs)) + both + tlvs)


def local(rest=b""):
    """The balancer speaks for itself."""
    return SIGNATURE + b"\x20\x00" + struct.pack("!H", len(rest)) + rest


class Proxied(Client):
    """A client that comes by a balancer, whose own address is `balancer`."""

    def __init__(self, where, source, balancer="127.0.0.2", header=version2, **options):
        super().__init__(where, source=balancer, **options)
        self.send(header(source))
