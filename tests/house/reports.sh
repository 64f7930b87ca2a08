#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# Every report of a pilot's centre, against figures counted another way: from pilot.json, from the file of
# people, and row by row in python from the tables. In every format; masked; in the audit chain.
. "$(dirname "$0")/lib.sh"

few_people 240
data=$here/p
ends 0 pilot_in "$data"
report() { "$shebao" report "$@" --data "$data"; }

ends 0 "$shebao" report list
says out "cards-by-district" "trial" "no complaints are kept"
ends 0 report check
says out "equal"

# Each report there is, once; the names come from the list itself.
"$shebao" report list --json >"$here/list"
names() { python3 -c "import json, sys; [print(r['name']) for r in json.load(open(sys.argv[1]))['rows'] if r['where'] == 'report show']" "$here/list"; }
mkdir "$here/r"
for name in $(names); do
    ends 0 report show "$name" --json
    mv "$here/out" "$here/r/$name.json"
done

# The same, counted from the rows of the tables one by one.
python3 - "$data" "$here/r" <<'PYTHON' || fail "a report and the tables are apart"
import collections, json, sqlite3, sys
data, folder = sys.argv[1:]
db = sqlite3.connect(f"file:{data}/city.db?mode=ro", uri=True)
db.row_factory = sqlite3.Row
pilot = json.load(open(data + "/pilot.json"))

def rows(table):
    return [dict(r) for r in db.execute("SELECT * FROM " + table)]

def report(name):
    return json.load(open(f"{folder}/{name}.json"))

def same(what, one, other):
    if one != other:
        sys.exit(f"{what}: {one} and {other}")

people = {p["id"]: p for p in rows("person")}
living = people.keys() - {s["person"] for s in rows("person_status") if s["life"] == 2 or s["merged"]}
cards = rows("card")
place = collections.defaultdict(lambda: [0, 0, 0, 0])
for c in cards:
    unused = c["life"] == 9 and c["sub_reason"] in (95, 96, 98)
    for key in (people[c["person"]]["region"], "all"):
        place[key][0] += 1
        place[key][3 if unused else 2 if c["life"] == 0 else 1] += 1
columns = ("made", "handed_out", "not_handed_out", "destroyed")
got = {int(r["district"][:6]): [r[c] for c in columns] for r in report("cards-by-district")["rows"]}
same("districts", {k: v for k, v in place.items() if k != "all"}, got)
for name in ("cards-by-city", "cards-by-year", "cards-by-district"):
    same(name, place["all"], [report(name)["totals"][c] for c in columns])
made, handed, not_handed, destroyed = place["all"]
same("made is handed out, not handed out, or ended", made, handed + not_handed + destroyed)

holders = living & {c["person"] for c in cards if c["life"] in (1, 2, 3, 4)}
coverage = report("coverage")
same("insured", coverage["totals"]["insured"], len(living))
same("holders", coverage["totals"]["holders"], len(holders))
for r in coverage["rows"]:
    rate = r["holders"] * 10000 // r["insured"]
    same("rate", r["rate"], f"{rate // 100}.{rate % 100:02d}%")

records = rows("record")
cleared = [r for r in records if r["reason"] == 0]
fen = sum(r["amount"] for r in cleared)
for name in ("medical-months", "medical-districts"):
    same(name, (report(name)["totals"]["trades"], report(name)["totals"]["fen"]), (len(cleared), fen))
same("offline", report("offline-trades")["totals"]["trades"], len(records))
same("terminals", report("terminals")["totals"]["records"], len(records))

lines = rows("batch_line")
batches = report("batches")["totals"]
same("lines", batches["lines"], sum(l["state"] != 99 for l in lines))
same("handed out by lines", batches["handed_out"], handed)

events = collections.Counter(e["event"] for e in rows("card_event"))
same("events", report("losses")["totals"]["times"], sum(n for e, n in events.items() if 1 <= e <= 10))
latest = {}
for b in sorted(rows("blacklist"), key=lambda b: b["version"]):
    latest[b["card"]] = b["added"]
same("blacklist", report("blacklist")["totals"]["cards"], sum(latest.values()))

# Reports 4 and 5: nobody's record names a bank; who has a card fetched it. Report 28 is the clearing's own.
same("banks", [(r["bank"], r["made"]) for r in report("cards-by-bank")["rows"]], [("", made)])
ways = {r["row"]: r["times"] for r in report("channels")["rows"]}
same("made in batches", ways[4] + ways[5], sum(l["state"] != 99 for l in lines))
fetched = collections.Counter(h["kind"] for h in rows("handover"))
same("fetched", (ways[6], ways[7], ways[9]), (fetched[1], fetched[2], fetched[5]))
same("trial balance", report("trial")["report"], "trial")

accounts = collections.Counter()
for a in rows("account"):
    accounts[a["kind"]] += a["fen"]
same("accounts", [r["closing_fen"] for r in report("accounts")["rows"]], [accounts[k] for k in sorted(accounts)])
same("the books", report("accounts")["totals"]["closing_fen"], 0)
same("credit and debit", report("accounts")["totals"]["credit_fen"], report("accounts")["totals"]["debit_fen"])

audit = rows("audit")
kinds = collections.Counter((a["who"], a["what"]) for a in audit if a["what"] != "report shown")
got = {(r["who"], r["what"]): r["times"] for r in report("log-kinds")["rows"] if r["what"] != "report shown"}
same("log", got, dict(kinds))
monthly = {r["item"]: r["count"] for r in report("monthly-return")["rows"]}
same("monthly", monthly[1], made)
same("in force", monthly[4], sum(c["life"] == 1 for c in cards))
yearly = {r["item"]: r["count"] for r in report("yearly-open")["rows"]}
same("yearly", (yearly[1], yearly[2], yearly[7]), (len(living), len(holders), len(cleared)))
# The pilot's own figures, which were counted while it ran.
flat = json.dumps(pilot)
at_once = pilot["issuing"]["counter"]["instant"]
for what in (made - pilot["issuing"]["blanks"]["good"], handed - at_once, len(cleared), fen):
    if str(what) not in flat:
        sys.exit(f"pilot.json knows nothing of {what}")
PYTHON

# Every format holds the same rows; a spreadsheet and paper are files.
for format in table csv json xlsx pdf; do
    ends 0 report show cards-by-district --format "$format" --out "$here/d.$format"
    [ -s "$here/d.$format" ] || fail "$format is empty"
done
refuses 2 "name it with --out" report show cards-by-district --format xlsx
unzip -p "$here/d.xlsx" xl/worksheets/sheet1.xml >"$here/out"
says out "荔湾区"
[ "$(head -c 5 "$here/d.pdf")" = "%PDF-" ] || fail "no PDF"

# What it cannot be asked; who may see persons whole, and why.
refuses 2 "takes no --point" report show cards-by-city --point 440100-01
refuses 2 "shebao report list" report show cards-by-town
refuses 2 "before it begins" report show batches --from 20031009 --to 20031008
refuses 2 "takes no --day" report show batches --day 20031008
refuses 2 "needs --reason" report show duplicates --unmask
refuses 2 "maker" report show duplicates --unmask --reason "counted again" --officer maker
ends 0 report show duplicates --unmask --reason "counted again" --officer approver
ends 0 report show batches --from 20031009
says out "0 rows"
[ "$(sqlite3 "$data/city.db" "SELECT count(*) FROM audit WHERE what = 'report shown whole' AND who = 'approver' AND subject = 'duplicates: counted again'")" = 1 ] \
    || fail "nobody wrote down who was shown persons whole"
[ "$(sqlite3 "$data/city.db" "SELECT count(*) FROM audit WHERE what = 'report shown' AND subject = 'coverage'")" = 1 ] \
    || fail "a report that was shown is not in the chain"

# A total that is apart ends with 1, and says which.
sqlite3 "$data/city.db" "UPDATE card SET life = 1 WHERE number = (SELECT min(number) FROM card WHERE life = 0)"
sqlite3 "$data/city.db" "INSERT INTO blank (serial, state, point) VALUES (1, 20, '440100')"
ends 1 report check
says out "blanks-bought" "NOT EQUAL"
says err "totals are apart"
echo "reports: the same figures counted twice"
