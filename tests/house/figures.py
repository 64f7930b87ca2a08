"""Looks into the figures that a pilot left: figures.py same A B | alike A B | proven A [FORGED] | issued A | get A PATH

same    A and B say the same, but for how long it took
alike   the same, but for how often something was recovered: B was disturbed
issued  A has been the whole long way of a card into a hand, in figures that agree
proven  A has every figure that was promised, and every fen is accounted for
get     prints one figure, "purchases.count"
"""
import json
import sys

PROMISED = {
    "people": ("lines", "accepted", "refused"),
    "cards": ("made", "checked", "failed", "handed_out", "reported_lost"),
    "loads": ("count", "fen", "offline", "recovered", "refused"),
    "purchases": ("count", "fen", "offline", "recovered", "refused"),
    "upload": ("records", "tac_good", "tac_bad", "duplicate"),
    "books": ("debit_fen", "credit_fen", "difference_fen"),
}


def same(a, b):
    keys = (a.keys() | b.keys()) - {"seconds"}
    differing = [(key, a.get(key), b.get(key)) for key in keys if a.get(key) != b.get(key)]
    assert not differing, differing


def alike(a, b):
    for one in (a, b):
        for part in ("loads", "purchases"):
            del one[part]["recovered"]
    same(a, b)


def proven(a, forged):
    for part, names in PROMISED.items():
        missing = [name for name in names if name not in a[part]]
        assert not missing, (part, missing)
    people, cards, loads, purchases, upload, books = (a[part] for part in PROMISED)
    assert people["lines"] == people["accepted"] + sum(people["refused"].values()), people
    assert cards["made"] == cards["checked"] == people["accepted"], cards
    assert cards["failed"] == 0 and cards["handed_out"] > 0 and cards["reported_lost"] > 0, cards
    assert loads["count"] > 0 and purchases["count"] > purchases["offline"] > 0, purchases
    assert purchases["recovered"] >= 1, purchases
    assert purchases["refused"].get("blacklist", 0) >= 1, purchases
    assert upload["tac_bad"] == forged and upload["duplicate"] == forged, upload
    # A repeated record is a true one: its TAC is right, once more.
    assert upload["records"] == upload["tac_good"] + upload["tac_bad"], upload
    assert upload["tac_good"] == purchases["count"] + upload["duplicate"], upload
    assert books["debit_fen"] == books["credit_fen"] and books["difference_fen"] == 0, books
    assert a["cards_balance_fen"] == a["books_balance_fen"], a
    assert loads["fen"] - purchases["fen"] == a["cards_balance_fen"], a
    assert a["payout_fen"] == purchases["fen"], a
    ways = a["issuing"]
    taken = ways["taken"]
    assert cards["handed_out"] == sum(taken.values()) - taken["came_back"], taken
    point, blanks = ways["point"], ways["blanks"]
    assert point["received"] == point["handed"] + point["returned"] + point["lying"], point
    assert blanks["received"] == sum(blanks.values()) - blanks["received"], blanks
    assert a["seconds"] and all(value >= 0 for value in a["seconds"].values()), a["seconds"]


def issued(a):
    ways = a["issuing"]
    for group, names in {
        "duplicates": ("found", "decided"),
        "photos": ("usable", "by_person", "rejected"),
        "boxes": ("packed", "differed", "stored"),
        "taken": ("holder", "agent", "unit", "post", "came_back"),
        "counter": ("lifted", "formal", "ordered", "temporary", "instant", "recycled", "wrong", "reminded",
                    "deaths", "locked"),
        "point": ("received", "handed", "returned", "lying"),
        "blanks": ("received", "stored", "good", "destroyed"),
        "lists": ("cards", "current"),
    }.items():
        missing = [name for name in names if not ways[group].get(name)]
        assert not missing, (group, missing)
    photos, boxes, counter = ways["photos"], ways["boxes"], ways["counter"]
    assert photos["taken"] == photos["usable"] + photos["rejected"], photos
    assert boxes["packed"] == boxes["stored"] > boxes["differed"], boxes
    assert counter["formal"] == counter["ordered"] + counter["instant"] + counter["recycled"], counter
    # What came back went in twice and out twice; what nobody fetched still lies there, or was wrong.
    point, back = ways["point"], ways["taken"]["came_back"]
    assert point["received"] == a["cards"]["made"] + back, point
    assert point["handed"] == a["cards"]["handed_out"] + back, point
    assert counter["reminded"] == point["lying"], counter


def get(a, path):
    for name in path.split("."):
        a = a[name]
    print(a)


def read(name):
    with open(name, encoding="utf-8") as file:
        return json.load(file)


verb, rest = sys.argv[1], sys.argv[2:]
if verb == "same":
    same(read(rest[0]), read(rest[1]))
elif verb == "alike":
    alike(read(rest[0]), read(rest[1]))
elif verb == "issued":
    issued(read(rest[0]))
elif verb == "proven":
    proven(read(rest[0]), int(rest[1]) if len(rest) > 1 else 0)
else:
    get(read(rest[0]), rest[1])
