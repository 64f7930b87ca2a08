"""A stranger at the reader: formats a blank chip by APDU alone, trades with it, checks every MAC.

Nothing of the project is used: PC/SC by pyscard, DES by python3-cryptography, the rules as they are
published. Keys, amounts and times are drawn from a seed, which is printed, so that a failure can be
repeated: stranger.py [--datang] [SEED]; with --datang the blank is one of the second making. Ends
with 0, or with a traceback at the first thing that is not as the rules say.
"""
import os
import random
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES
from smartcard.CardConnection import CardConnection
from smartcard.System import readers

AID = bytes.fromhex("A00000000386980701")
ED, EP = 1, 2
OK = 0x9000
CEILING = 1000000  # 10,000.00 yuan


# ---- what is computed ----

def tdes(key, data, decrypt=False):
    cipher = Cipher(TripleDES(key * (24 // len(key)) if len(key) == 8 else key + key[:8]), modes.ECB())
    run = cipher.decryptor() if decrypt else cipher.encryptor()
    return run.update(data) + run.finalize()


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def pad(data):
    data += b"\x80"
    return data + bytes(-len(data) % 8)


def mac(key, data, iv=bytes(8)):
    """Four bytes: CBC with the left half; a key of 16 bytes ends with its right half (retail)."""
    block = iv
    data = pad(data)
    for i in range(0, len(data), 8):
        block = tdes(key[:8], xor(block, data[i:i + 8]))
    if len(key) == 16:
        block = tdes(key[:8], tdes(key[8:], block, decrypt=True))
    return block[:4]


def seal(key, data):
    """LD, data, and padding unless they are whole blocks; enciphered."""
    data = bytes([len(data)]) + data
    return tdes(key, data if len(data) % 8 == 0 else pad(data))


def be(value, length):
    return value.to_bytes(length, "big")


# ---- the line ----

class Line:
    def __init__(self):
        self.connection = readers()[0].createConnection()
        self.reset()

    def reset(self):
        self.connection.disconnect()
        self.connection.connect(CardConnection.T0_protocol)

    def raw(self, command):
        data, sw1, sw2 = self.connection.transmit(list(command))
        return bytes(data), sw1 << 8 | sw2

    def say(self, command, expected=OK):
        """The answer's data; 61xx and 6Cxx are followed as a reader of T=0 would."""
        data, sw = self.raw(command)
        if sw >> 8 == 0x6C:
            data, sw = self.raw(command[:4] + bytes([sw & 0xFF]))
        while sw >> 8 == 0x61:
            more, sw = self.raw(bytes([0x00, 0xC0, 0x00, 0x00, sw & 0xFF]))
            data += more
        assert sw == expected, f"{command.hex()}: {sw:04X}, not {expected:04X}"
        return data

    def do(self, head, data=b"", le=None, expected=OK):
        body = (bytes([len(data)]) + data if data else b"") + (bytes([le]) if le is not None else b"")
        return self.say(bytes.fromhex(head) + body, expected)

    def secured(self, head, data, key, cipher=False, le=None, expected=OK):
        """A command with a MAC over it, for a fresh challenge; the challenge is returned, too."""
        challenge = self.do("00840000", le=8)
        body = seal(key, data) if cipher else data
        message = bytes.fromhex(head) + bytes([len(body) + 4]) + body
        tail = b"" if le is None else bytes([le])
        return challenge, self.say(message + mac(key, message, challenge) + tail, expected)


# ---- making the card ----

KEYS = {"DTK": (0x34, 0), "DAMK": (0x36, 0), "DUK": (0x3C, 1), "DULK": (0x3D, 1), "DPK": (0x3E, 1),
        "DLK": (0x3F, 1)}
FILES = [
    ("0015", "28001EF0F0FFFF"), ("0016", "E80027F0F0FFFF"), ("0018", "2E0A17F1EFFFFF"),
    ("0019", "2C0040F0F0FFFF"), ("001A", "AA0204F0F0FFFF"), ("001C", "E80020F0F0FF7F"),
    ("0001", "2F0208F100FF18"), ("0002", "2F0208F000FF18"),
]


def format_chip(line, keys):
    main = keys["main"]
    line.do("80E03F00", bytes.fromhex("38FFFFF0F001FFFFFFFFFFFFFFFF"))
    line.do("80E00000", bytes.fromhex("3F005001F0FFFF"))
    line.do("80D40100", bytes.fromhex("39F0F0AA33") + main)
    line.do("80E03F01", bytes.fromhex("380800F0F095FFFF") + AID)
    line.do("00A40400", AID)
    line.do("80E00000", bytes.fromhex("3F018F95F0FFFF"))
    line.do("80D40100", bytes.fromhex("39F0024433") + main)
    for name, (kind, number) in KEYS.items():
        tail = bytes.fromhex("FF33") if name == "DAMK" else bytes.fromhex("0001")
        data = bytes([kind | 0xC0, 0xF0, 0x02]) + tail + keys[name]
        line.secured(f"84D401{number:02X}", data, main, cipher=True)
    line.do("80D40100", bytes.fromhex("3AF0EF0133123456FFFFFF"))
    for fid, data in FILES:
        line.do("80E0" + fid, bytes.fromhex(data))
    line.do("00E200C8", bytes.fromhex("AA0400000000"))
    line.secured("04E200D0", bytes(4), keys["DAMK"])
    line.reset()


# The same wallet by the commands of the Datang chips: number of the type, size or bytes of records,
# length of a record (of an account: its log), rights to read and to write, protection.
DATANG_TYPES = {0x34: 0x0A, 0x36: 0x07, 0x3C: 0x0C, 0x3D: 0x0B, 0x3E: 0x09, 0x3F: 0x08}
DATANG_FILES = [
    (0x15, 0xC4, 0x1E, 0, 0, 0, 0), (0x16, 0xC4, 0x27, 0, 0, 0, 0xC0),
    (0x18, 0xC7, 0xE6, 0x17, 0x0001, 0xEFEF, 0), (0x19, 0xC6, 0x40, 0, 0, 0, 0),
    (0x1A, 0xC5, 0x08, 4, 0, 0, 0x80), (0x01, 0xC3, 0x1F, 0x18, 0x0001, 0, 0),
    (0x02, 0xC3, 0x1F, 0x18, 0, 0, 0),
]


def datang_file(sfi, kind, size, record=0, read=0, write=0, protection=0):
    return (bytes(3) + be(size, 2) + be(sfi, 2) + bytes([kind, protection, sfi, 0, record])
            + be(read, 2) + be(write, 2))


def datang_directory(fid, name, kind, fci):
    return bytes.fromhex("000000FFFF") + fid + bytes([kind, 0, 0, fci, 0, 0, 0, 0, 0]) + name


def datang_key(kind, number, level, value, counter=0x33):
    head = bytes([kind, number, 0, 0xEF, counter, 1, level, len(value)])
    return head + value + bytes([0xFF]) * (16 - len(value))


def datang_end(line, key):
    challenge = line.do("00840000", le=8)
    line.do("00820000", tdes(key, challenge))
    line.do("80E00200")


def format_datang(line, keys):
    """Transport code, MF, ADF, keys under MACs of our own, files, records, and no way back."""
    main = keys["main"]
    serial = bytes(line.connection.getATR())[-6:]
    line.do("80E00300", tdes(b"\xFF" * 16, bytes(2) + serial))
    line.do("80E00100", datang_directory(b"\x3F\x00", b"1PAY.SYS.DDF01", 1, 0))
    line.do("80E00100", datang_file(0, 0xC3, 0x18))
    line.do("00D40100", datang_key(0x00, 0, 0xFF, main))
    line.do("80E00100", datang_directory(b"\x3F\x01", AID, 2, 0x95))
    line.do("00A40400", AID)
    line.do("80E00100", datang_file(0, 0xC3, 0x18F))
    line.do("00D40100", datang_key(0x00, 0, 0xFF, main))
    for name, (kind, number) in KEYS.items():
        counter = 0x33 if name == "DAMK" else 0
        data = datang_key(DATANG_TYPES[kind], number, 0, keys[name], counter)
        line.secured("84D40000", data, main, cipher=True)
    line.do("00D40000", datang_key(0x01, 0, 0x01, bytes.fromhex("123456")))
    for each in DATANG_FILES:
        line.do("80E00100", datang_file(*each))
    line.do("00D20119", bytes.fromhex("AA0400000000"))
    line.secured("04E200D0", bytes(4), keys["DAMK"])
    line.do("80E00200")
    line.do("00A4000C", b"\x3F\x00")
    datang_end(line, main)
    line.do("80E00100", datang_file(0x1B, 0xC4, 0x10), expected=0x6985)
    line.reset()


def enter(line):
    line.do("00A40400", AID)
    line.do("00200000", bytes.fromhex("123456"))


# ---- trading ----

class Wallet:
    """What the card must hold, by the rules."""

    def __init__(self, number):
        self.number = number
        self.balance = self.limit = self.online = self.offline = 0


class Trader:
    def __init__(self, line, keys, draw):
        self.line, self.keys, self.draw = line, keys, draw
        self.tac_key = xor(keys["DTK"][:8], keys["DTK"][8:])
        self.terminal = bytes.fromhex("440100000001")
        self.sequence = 0xABCD0000
        self.log = None

    def moment(self):
        return bytes.fromhex("2003%02d%02d%02d%02d%02d" % (
            self.draw.randint(1, 12), self.draw.randint(1, 28), self.draw.randint(0, 23),
            self.draw.randint(0, 59), self.draw.randint(0, 59)))

    def prove(self, kind, number, expected_mac, expected_tac):
        got = self.line.do(f"805A00{kind:02X}", be(number, 2), le=8)
        assert got == expected_mac + expected_tac, "GET TRANSACTION PROVE"

    def online(self, wallet, head, kind, key, amount, refusal=OK):
        """Load, unload or, for type 07, a new limit: amount is the limit then."""
        limits = kind == 7
        start = bytes([1]) + (b"" if limits else be(amount, 4)) + self.terminal
        begun = self.line.do(head, start, le=0x13 if limits else 0x10,
                             expected=OK if limits else refusal)
        if refusal != OK and not limits:
            return
        assert begun[:6] == be(wallet.balance, 4) + be(wallet.online, 2), "balance, number"
        assert begun[6:-10] == (be(wallet.limit, 3) if limits else b""), "limit"
        session = tdes(self.keys[key], begun[-8:-4] + be(wallet.online, 2) + b"\x80\x00")
        before = be(wallet.limit, 3) if limits else be(amount, 4)
        assert begun[-4:] == mac(session, be(wallet.balance, 4) + before + bytes([kind]) + self.terminal), "MAC1"
        now = be(amount, 3 if limits else 4)
        moment = self.moment()
        told = now + bytes([kind]) + self.terminal + moment
        done = {1: "80520000", 2: "80520000", 3: "80540300", 7: "80580000"}[kind]
        got = self.line.do(done, (now if limits else b"") + moment + mac(session, told), le=4,
                           expected=refusal)
        if refusal != OK:
            return
        wallet.balance += {1: amount, 2: amount, 3: -amount, 7: amount - wallet.limit}[kind]
        proof = mac(session if kind == 3 else self.tac_key,
                    be(wallet.balance, 4) + be(wallet.online, 2) + told)
        assert got == proof, "TAC or MAC3"
        wallet.limit = amount if limits else wallet.limit
        wallet.online += 1
        self.log = (be(wallet.online, 2) + be(wallet.limit, 3) + be(0 if limits else amount, 4)
                    + bytes([kind]) + self.terminal + moment)
        zeros = bytes(4)
        self.prove(kind, wallet.online, *((proof, zeros) if kind == 3 else (zeros, proof)))

    def offline(self, wallet, head, kind, amount, between=None, refusal=OK, forged=False):
        begun = self.line.do(head, bytes([1]) + be(amount, 4) + self.terminal, le=0x0F, expected=refusal)
        if refusal != OK:
            return
        assert begun[:9] == be(wallet.balance, 4) + be(wallet.offline, 2) + be(wallet.limit, 3)
        if between:
            between()
        self.sequence += 1
        session = tdes(self.keys["DPK"], begun[-4:] + be(wallet.offline, 2) + be(self.sequence & 0xFFFF, 2))
        moment = self.moment()
        told = be(amount, 4) + bytes([kind]) + self.terminal
        mac1 = mac(session, told + moment)
        if forged:
            mac1 = xor(mac1, be(1 << self.draw.randint(0, 31), 4))
        got = self.line.do("80540100", be(self.sequence, 4) + moment + mac1, le=8,
                           expected=0x9302 if forged else OK)
        if forged:
            return
        tac = mac(self.tac_key, told + be(self.sequence, 4) + moment)
        mac2 = mac(session, be(amount, 4))
        assert got == tac + mac2, "TAC, MAC2"
        wallet.balance -= amount
        wallet.offline += 1
        self.log = (be(wallet.offline, 2) + be(wallet.limit, 3) + be(amount, 4) + bytes([kind])
                    + self.terminal + moment)
        self.prove(kind, wallet.offline, mac2, tac)


def compound(trader, wallet, amount, draw):
    """A record in the clear and one under a MAC, and the money: together."""
    line = trader.line
    first = bytes.fromhex("AA04") + draw.randbytes(4)
    second = draw.randbytes(4)

    def keep():
        line.do("80DCAAC8", first)
        line.secured("84DC01D4", second, trader.keys["DAMK"])

    trader.offline(wallet, "80500302", 9, amount, between=keep)
    assert line.do("00B201CC", le=6) == first
    assert line.do("00B201D4", le=4) == second


def trade(trader, ed, ep, draw, deeds):
    """A day of chance. What must be refused is refused, what may be done is done."""
    for _ in range(deeds):
        amount = draw.choice([0, 1, draw.randint(0, 500), draw.randint(0, 5000)])
        kind = draw.choice([1, 2, 3, 4, 5, 6, 7, 9, 60])
        wallet = ep if kind in (2, 6, 9, 60) else ed
        short = OK if amount <= wallet.balance else 0x9401
        if kind in (1, 2):
            trader.online(wallet, f"805000{wallet.number:02X}", kind, "DLK", amount)
        elif kind == 3:
            trader.online(ed, "80500501", 3, "DULK", amount, short)
        elif kind == 7:
            refusal = OK if ed.balance + amount >= ed.limit else 0x9401
            trader.online(ed, "80500401", 7, "DUK", amount, refusal)
        elif kind == 9:
            if short == OK:
                compound(trader, ep, amount, draw)
            else:
                trader.offline(ep, "80500302", 9, amount, refusal=short)
        else:
            head = {4: "80500201", 5: "80500101", 6: "80500102", 60: "80500102"}[kind]
            trader.offline(wallet, head, kind % 54, amount, refusal=short,
                           forged=kind == 60 and short == OK)
        for each in (ed, ep):
            assert trader.line.do(f"805C00{each.number:02X}", le=4) == be(each.balance, 4)
        if trader.log:
            assert trader.line.do("00B201C4", le=0x17) == trader.log, "log record"


def sealed_file(line, key, draw):
    """What is written enciphered is read back enciphered, and in no other way."""
    for length in range(1, 33):
        data = draw.randbytes(length)
        line.secured("04D69C00", data, key, cipher=True)
        challenge, answer = line.secured("04B09C00", b"", key, le=length)
        body, their_mac = answer[:-4], answer[-4:]
        assert their_mac == mac(key, body, challenge), "MAC of the answer"
        plain = tdes(key, body, decrypt=True)
        assert plain[0] == length and plain[1:1 + length] == data
    line.do("00B09C00", le=1, expected=0x6987)


def refusals(line, trader, ed):
    line.do("80500001", bytes([1]) + be(CEILING, 4) + trader.terminal, le=0x10, expected=0x6985)
    line.do("80520000", bytes(11), le=4, expected=0x6901)
    line.do("80DCAAC8", bytes(6), expected=0x6901)
    line.do("00200000", bytes.fromhex("654321"), expected=0x63C2)
    line.do("80500101", bytes([1]) + be(0, 4) + trader.terminal, le=0x0F, expected=0x6982)
    line.do("805C0001", le=4, expected=0x6982)
    assert ed.balance >= 0


def main():
    datang = "--datang" in sys.argv
    given = [word for word in sys.argv[1:] if word != "--datang"]
    seed = int(given[0]) if given else int.from_bytes(os.urandom(4), "big")
    print("seed", seed)
    draw = random.Random(seed)
    keys = {name: draw.randbytes(16) for name in ["main", *KEYS]}
    line = Line()
    if datang:
        format_datang(line, keys)
    else:
        format_chip(line, keys)
    enter(line)
    trader, ed, ep = Trader(line, keys, draw), Wallet(ED), Wallet(EP)
    trade(trader, ed, ep, draw, 60)
    line.reset()
    enter(line)
    trade(trader, ed, ep, draw, 60)
    if not datang:  # whose files have no attribute that seals reading
        sealed_file(line, keys["DAMK"], draw)
    refusals(line, trader, ed)
    print("numbers", ed.online, ed.offline, ep.online, ep.offline)


main()
