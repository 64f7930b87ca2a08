#!/bin/bash
# shellcheck source=tests/house/lib.sh disable=SC2154
# What passes between centre, bank and institutions on the command line: signatures, the bank's answer,
# the head, reports as rows, an outage, a stay and a month; each refused where it must be.
. "$(dirname "$0")/lib.sh"

few_people 300
ends 0 pilot_in "$here/a"
day() { "$shebao" day "$@" --data "$here/a"; }
pay=$here/a/bank/20031008.pay

# --- two officers sign, each with a key of their own; a bank checks without a centre
ends 0 day sign 20031008 --officer clearer --key "$here/clearer.key"
ends 0 day sign 20031008 --officer approver --key "$here/approver.key"
cp "$pay.sig" "$here/once.sig"
ends 0 day sign 20031008 --officer clearer --key "$here/clearer.key"
sort "$pay.sig" | cmp - <(sort "$here/once.sig") || fail "a signature is not the same again"
refuses 2 "neither made nor approved" day sign 20031008 --officer head --key "$here/head.key"
ends 0 "$shebao" day signed "$pay" --key "$here/clearer.key.pub"
says out "signed by clearer"
ends 0 "$shebao" day signed "$pay" --key "$here/approver.key.pub" --json
says out '"officer": "approver"'
cp "$pay" "$here/other.pay" && cp "$pay.sig" "$here/other.pay.sig" && sed -i 's/0\.00/1.00/;s/PAY|2/PAY|3/' "$here/other.pay"
refuses 4 "signature of clearer" "$shebao" day signed "$here/other.pay" --key "$here/clearer.key.pub"
sed -i 's/|clearer|/|approver|/' "$here/other.pay.sig" && cp "$pay" "$here/other.pay"
refuses 4 "signature of approver" "$shebao" day signed "$here/other.pay" --key "$here/clearer.key.pub"

# --- the line to the bank: sealed here, opened there; the signatures hold over what comes out
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$here/line.key"
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$here/other.key"
ends 0 day seal 20031008 --key "$here/line.key" --officer clearer --json
says out '20031008.pay.sealed'
grep -q PAY "$pay.sealed" && fail "the sealed file can be read"
ends 0 "$shebao" day unseal "$pay.sealed" --key "$here/line.key" --out "$here/opened.pay"
cmp "$pay" "$here/opened.pay" || fail "another file was opened"
cp "$pay.sig" "$here/opened.pay.sig"
ends 0 "$shebao" day signed "$here/opened.pay" --key "$here/clearer.key.pub"
"$shebao" day unseal "$pay.sealed" --key "$here/other.key" --out "$here/none.pay" > "$here/out" 2>&1 && fail "another key opened it"
[ -e "$here/none.pay" ] && fail "something was written under the wrong key"
refuses 2 "ask an officer" day seal 20031008 --key "$here/line.key" --officer approver

# --- the bank answers: the first institution's money comes back
bank_says() { # FILE-OF-THE-DAY ANSWER: line 1 BACK, the others PAID
    python3 - "$1" "$2" <<'END'
import subprocess, sys
def sm3(data):
    return subprocess.run(["openssl", "dgst", "-sm3", "-r"], input=data, capture_output=True, check=True).stdout[:64].decode()
pay = open(sys.argv[1], "rb").read()
lines = pay.decode("gb18030").split("\r\n")
head = lines[0].split("|")
text, paid, back, count = f"RET|1|{head[2]}|{head[3]}|{sm3(pay)}\r\n", 0, 0, 0
for line in lines[1:-2]:
    seq, code, _, _, _, yuan = line.split("|")
    fen, count = round(float(yuan) * 100), count + 1
    text += f"{seq}|{code}|{yuan}|" + ("BACK|账户已销户\r\n" if count == 1 else "PAID|\r\n")
    back, paid = (back + fen, paid) if count == 1 else (back, paid + fen)
body = text.encode("gb18030")
end = f"END|{count}|{paid // 100}.{paid % 100:02}|{back // 100}.{back % 100:02}|{sm3(body)}\r\n"
open(sys.argv[2], "wb").write(body + end.encode())
print(back)
END
}
back=$(bank_says "$pay" "$here/8.ret")
head -c 100 "$here/8.ret" >"$here/torn.ret"
refuses 4 "line 2" day return "$here/torn.ret" --officer clearer --second approver
refuses 2 "cannot be both" day return "$here/8.ret" --officer clearer --second clearer
ends 0 day return "$here/8.ret" --officer clearer --second approver --json
says out "\"returned_fen\": $back" '"again": false'
ends 0 day return "$here/8.ret" --officer clearer --second approver
says out "taken in before" "20031008"
ends 0 day report 20031008 --kind payout --format csv
says out "returned,账户已销户" ",paid,"
ends 0 day report 20031008 --kind exceptions --format json
python3 -c 'import json, sys
page = json.load(open(sys.argv[1]))
assert [r for r in page["rows"] if r["kind"] == "return-missing" and r["settled"] == 20031009], page' "$here/out" \
    || fail "the exception is not settled"

# --- the next day pays it again, and proves it
ends 0 day close --officer clearer --second approver
says out "return-missing"
ends 0 day suspense --json
python3 -c 'import json, sys
page = json.load(open(sys.argv[1]))
assert [e["name"] for e in page["exceptions"]] == ["20031009.pay"], page["exceptions"]
assert page["exceptions"][0]["age"] == 1 and page["exceptions"][0]["whose"] == "clearing officer", page' "$here/out" \
    || fail "the missing answer does not wait"
ends 0 day suspense
says out "20031009.pay" "银行回盘未到"
ends 0 day close 20031009 --officer clearer --json
python3 -c 'import json, sys
page = json.load(open(sys.argv[1]))
assert page["state"] == "closed" and page["exceptions"][0]["kind"] == "return-missing", page' "$here/out" \
    || fail "day close --json says less than day close"
ends 0 day report 20031009 --kind payable --format csv --out "$here/payable.csv"
python3 - "$here/payable.csv" "$back" <<'END' || fail "what came back is not payable again"
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
assert len(rows) == 1 and round(float(rows[0]["amount"]) * 100) == int(sys.argv[2]), rows
END
for day in 20031008 20031009; do ends 0 day prove $day; done
ends 0 day report 20031009 --kind reversals
says out "return 20031008/1" "账户已销户"
for kind in summary differences ageing trial city month; do
    for format in table csv json; do ends 0 day report 20031009 --kind $kind --format $format; done
done
refuses 2 "there is no report" day report 20031009 --kind nothing
refuses 2 "there is no format" day report 20031009 --kind trial --format docx
refuses 2 "name it with --out" day report 20031009 --kind trial --format pdf
for format in xlsx pdf; do
    ends 0 day report 20031009 --kind payable --format $format --out "$here/payable.$format"
    ends 0 day report 20031009 --kind payable --format $format --out "$here/again.$format"
    cmp "$here/payable.$format" "$here/again.$format" || fail "two bytes of one report differ"
done

# --- above the limit the head must agree; the parameter is made as two officers make it
sqlite3 "$here/a/city.db" "INSERT INTO parameter VALUES ('payout-head-fen', 20030101, 1, 'approver')"
bank_says "$here/a/bank/20031009.pay" "$here/9.ret" >/dev/null
ends 0 day return "$here/9.ret" --officer clearer --second approver
refuses 2 "head of the centre" day close --officer clearer --second approver
refuses 2 "may not" day head --officer clearer
ends 0 day close --officer clearer --head head
ends 0 day prove 20031010
grep -q "|clearer|approver|head" "$here/a/bank/20031010.pay" || fail "the head is not in the bank's file"
ends 0 day sign 20031010 --officer head --key "$here/head.key"

# --- outages
ends 0 day outage 2003-17 --from 20031011080000 --to 20031011120000 --reason 线路中断 --officer clearer --second approver
refuses 2 "another one" day outage 2003-17 --from 20031011080000 --to 20031011130000 --reason 线路中断 \
    --officer clearer --second approver
refuses 2 "to a later one" day outage 2003-18 --from 20031011080000 --to 20031010120000 --reason x --officer clearer --second approver
ends 0 day settle 2003-17 --officer clearer --second approver --json
says out '"records": 0'
refuses 2 "no such outage" day settle 2003-19 --officer clearer --second approver

# --- reconciliation of both sides
place=$(sqlite3 "$here/a/city.db" "SELECT institution FROM upload WHERE records > 2 ORDER BY id LIMIT 1")
ends 0 day statement "$place" 20031008 --out "$here/centre.day" --key "$here/centre.key"
ends 0 "$shebao" day signed "$here/centre.day" --key "$here/centre.key.pub"
says out "signed by centre"
# The institution's own list: "sheets" has totals alone, "details" one trade less and one dearer.
python3 - "$here" <<'END'
import subprocess, sys
here = sys.argv[1]
lines = open(here + "/centre.day", "rb").read().decode().split("\r\n")[:-1]
head, sheets = lines[0], [x for x in lines if x.startswith("B|")]
trades = [x.split("|")[:5] for x in lines if x.startswith("T|")]
def write(name, sheets, trades):
    body = "".join(x + "\r\n" for x in [head] + sheets + ["|".join(t) + "|" for t in trades])
    fen = sum(round(float(t[4]) * 100) for t in trades)
    seal = subprocess.run(["openssl", "dgst", "-sm3", "-r"], input=body.encode(), capture_output=True, check=True).stdout[:64].decode()
    open(here + "/" + name, "w", newline="").write(
        body + f"END|{len(sheets)}|{len(trades)}|{fen // 100}.{fen % 100:02}|{seal}\r\n")
write("sheets.list", sheets, [])
first = trades[0][1:3]
batch = [t[:] for t in trades if t[1:3] == first]
assert len(batch) > 1, "a batch of one trade"
batch = batch[1:]
batch[0][4] = f"{float(batch[0][4]) + 1:.2f}"
total = sum(round(float(t[4]) * 100) for t in batch)
other = [x for x in sheets if x.split("|")[1:3] != first]
write("details.list", [f"B|{first[0]}|{first[1]}|{len(batch)}|{total // 100}.{total % 100:02}"] + other, batch)
END
ends 0 "$shebao" day compare "$here/sheets.list" "$here/centre.day"
ends 1 "$shebao" day compare "$here/details.list" "$here/centre.day" --format csv
says out "长款" "金额不符"
ends 1 day match "$here/details.list" --officer clearer
ends 0 day report 20031008 --kind exceptions
says out "difference" "$place"
refuses 2 "may not" day match "$here/sheets.list" --officer maker
ends 0 day match "$here/sheets.list" --officer clearer --format json
head -c 90 "$here/sheets.list" >"$here/torn.list"
refuses 4 "line" day match "$here/torn.list" --officer clearer

# --- a stay, its sheet, and the month
number=$(sqlite3 "$here/a/city.db" "SELECT number17 FROM person ORDER BY id LIMIT 1")
number=$(python3 -c 'import sys
n = sys.argv[1]; w = [7,9,10,5,8,4,2,1,6,3,7,9,10,5,8,4,2]
print(n + "10X98765432"[sum(int(d) * k for d, k in zip(n, w)) % 11])' "$number")
place=$(sqlite3 "$here/a/city.db" "SELECT code FROM institution ORDER BY code LIMIT 1")
stay() { day stay "$1" --person "$number" --institution "$place" --level 3 --class employed --admitted 20030915 \
    --discharged 20031008 --total-fen "$2" --own-paid-fen 64000 --class-b-fen 50000 --officer clearer "${@:3}"; }
ends 0 stay Z-1 1864000
says out "广州市医疗保险费用结算单" "12,400.00  统筹基金支付" "6,240.00  其中现金"
ends 0 stay Z-1 1864000 --json
says out '"pooled_fen": 1240000' '"days": 23'
ends 0 stay Z-1 1864000 --pdf "$here/sheet.pdf"
pdftotext -layout "$here/sheet.pdf" "$here/out"
says out "广州市医疗保险费用结算单" "12,400.00" "患者签名"
refuses 2 "another bill" stay Z-1 1864001
refuses 2 "none of ordinary" stay Z-2 1864000 --kind unknown
refuses 2 "not over" day claim 200310 "$place" --officer clearer
for ((d = 20031011; d <= 20031031; d++)); do ends 0 day cutover $d --officer clearer; done
ends 0 day claim 200310 "$place" --cut-fen 40000 --reason 重复收费 --officer clearer
refuses 2 "no opinion" day grant 200309 "$place" --officer approver
ends 0 day grant 200310 "$place" --cut-fen 40000 --reason 重复收费 --officer approver --json
says out '"granted_fen": 1200000' '"kept_fen": 60000' '"paid_fen": 1140000'
ends 0 day ask release R-1 --institution "$place" --place 2003 --fen 60000 --reference 年终考核 --officer clearer
says out "保证金退还"
refuses 2 "the year 2003 is not over" day agree R-1 --officer approver
refuses 2 "names the year" day ask release R-2 --institution "$place" --fen 1 --reference x --officer clearer
ends 0 day report 20031031 --kind month --format csv
says out "$place,1,12400.00,400.00,12000.00,600.00,11400.00,decided"
refuses 2 "is decided" stay Z-3 1864000
