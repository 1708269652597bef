# SPDX-License-Identifier: Apache-2.0
"""Every packet that crosses a host's interfaces, for tests that say what is not in them.

A packet socket inside of the host's network namespace, read by a thread of the test. Loopback is
left out: what stays on the machine is nobody's to see.
"""
import ctypes
import ipaddress
import os
import select
import socket
import threading

CLONE_NEWNET = 0x40000000
ETH_P_ALL, ETH_P_IP, ETH_P_IPV6, ETH_P_ARP = 0x0003, 0x0800, 0x86DD, 0x0806
PACKET_OUTGOING = 4
TCP, ICMPV6, IGMP, HOP_BY_HOP = 6, 58, 2, 0
TCP_RST = 0x04


class Packet:
    def __init__(self, data, address):
        self.data = data
        self.device, self.protocol, kind = address[0], address[1], address[2]
        self.outgoing = kind == PACKET_OUTGOING

    @property
    def destination(self):
        """Of IP, nothing of anything else."""
        if self.protocol == ETH_P_IP:
            return ipaddress.ip_address(self.data[30:34])
        if self.protocol == ETH_P_IPV6:
            return ipaddress.ip_address(self.data[38:54])
        return None

    @property
    def is_of_the_kernel(self):
        """Which no program asked for: who has an address, who is in a group, nobody listens here."""
        if self.protocol == ETH_P_ARP:
            return True
        if self.protocol == ETH_P_IPV6:
            return self.data[20] in (ICMPV6, HOP_BY_HOP)
        if self.protocol == ETH_P_IP:
            header = (self.data[14] & 0x0F) * 4
            return self.data[23] == IGMP or (self.data[23] == TCP and self.data[14 + header + 13] & TCP_RST != 0)
        return False

    def __repr__(self):
        return f"{self.device} to {self.destination}: {self.data[:80].hex()}"


class Capture:
    """with Capture(host) as seen: ...; afterwards seen.packets"""

    def __init__(self, host):
        self.space = host.space
        self.packets = []
        self.ready = threading.Event()
        self.error = None

    def __enter__(self):
        self.wake, self.end = socket.socketpair()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        assert self.ready.wait(10), "the capture did not begin"
        if self.error:
            raise self.error
        return self

    def __exit__(self, *_):
        self.wake.close()
        self.thread.join(20)
        self.end.close()
        assert not self.thread.is_alive()

    def open(self):
        libc = ctypes.CDLL(None, use_errno=True)
        space = os.open(f"/run/netns/{self.space}", os.O_RDONLY)
        try:
            if libc.setns(space, CLONE_NEWNET) != 0:  # of this thread alone
                raise OSError(ctypes.get_errno(), "setns")
        finally:
            os.close(space)
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
        return made

    def run(self):
        try:
            wire = self.open()
        except OSError as error:
            self.error = error
            self.ready.set()
            return
        with wire:
            self.ready.set()
            while True:
                readable, _, _ = select.select([wire, self.end], [], [])
                if wire in readable:
                    data, address = wire.recvfrom(65536)
                    if address[0] != "lo":
                        self.packets.append(Packet(data, address))
                elif self.end in readable:
                    return

    @property
    def sent(self):
        return [packet for packet in self.packets if packet.outgoing]

    def find(self, what):
        """Every packet with these bytes."""
        return [packet for packet in self.packets if what in packet.data]
