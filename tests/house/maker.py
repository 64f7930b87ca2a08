#!/usr/bin/env python3
"""A card maker and an initialising centre for the tests: opens a sealed order and seals an answer.

maker.py KEYFILE ORDER ANSWER WHO FIRST_CHIP [HOW]
WHO is maker or keys. HOW is how the answer is wrong: short, doubled, reordered, other, unsealed, or
"fails": right, but line 2 has failed.
"""
import hashlib
import os
import sys

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

key = AESGCM(bytes.fromhex(open(sys.argv[1]).read().strip()))
order_path, answer_path, who, first = sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])
how = sys.argv[6] if len(sys.argv) > 6 else ""

sealed = open(order_path, "rb").read()
assert sealed[:4] == b"SBF1"
head, *lines = key.decrypt(sealed[4:16], sealed[16:], b"SBF1").decode("utf-8").splitlines()
batch, whom, count, day, digest = head.split("|")
assert whom == who and int(count) == len(lines)
body = "".join(line + "\n" for line in lines).encode("utf-8")
assert hashlib.new("sm3", body).hexdigest().upper() == digest

answers = []
for line in lines:
    fields = line.split("|")
    assert len(fields) == 16
    seq = int(fields[0])
    chip = first + seq - 1
    if who == "keys":
        answers.append(f"{seq}|{fields[1]}|40|||")
    elif how == "fails" and seq == 2:
        answers.append(f"{seq}|{fields[1]}|31|86844401{chip:08}|440100D1560000050000{chip:012}|mute")
    else:
        answers.append(f"{seq}|{fields[1]}|30|86844401{chip:08}|440100D1560000050000{chip:012}|")
if how == "short":
    answers.pop()
elif how == "doubled":
    answers.append(answers[-1])
elif how == "reordered":
    answers[0], answers[1] = answers[1], answers[0]
elif how == "other":
    batch = str(int(batch) + 1)

body = "".join(line + "\n" for line in answers).encode("utf-8")
digest = hashlib.new("sm3", body).hexdigest().upper()
plain = f"{batch}|{who}-back|{len(answers)}|{day}|{digest}\n".encode() + body
nonce = os.urandom(12)
with open(answer_path, "wb") as out:
    out.write(plain if how == "unsealed" else b"SBF1" + nonce + key.encrypt(nonce, plain, b"SBF1"))
