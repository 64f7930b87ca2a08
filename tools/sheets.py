#!/usr/bin/env python3
"""sheets.py [--check]: prints the sheets of docs/sheets/ from the tables of the code.

Each table of the code (.def) is the only place where its facts stand; a sheet is the same table for
people who do not read C. --check changes nothing and fails when a sheet is not what the tables say.
"""
import os, re, sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# sheet: title, then the tables it shows: file, macro, heading of the table, columns.
SHEETS = {
    "card-p10.md": ("卡片结构 P10 · The card, profile P10 (LB002-2000), its wallet, and the PSAM", [
        ("wire/profile_p10.def", "DIRECTORY", "目录 · Directories, of all profiles",
         "name parent FID family DF-name 中文"),
        ("wire/profile_p10.def", "MADE", "建立 · How they are made", "profile name appFileID cipher"),
        ("wire/profile_p10.def", "EF", "文件 · Files",
         "name chips directory FID kind records length SCW read write 中文"),
        ("wire/profile_p10.def", "FIELD", "数据项 · Fields", "file name tag format length 中文"),
        ("wire/profile_p10.def", "PART", "循环记录的组成 · Parts of cyclic records",
         "file format length 中文"),
        ("wire/profile_p10.def", "SUB", "嵌套项 · Inside a field of format BTLV",
         "field tag format length")]),
    "card-p20.md": ("卡片结构 P20 · The card, profile P20 (version 2.0)", [
        ("wire/profile_p20.def", "MADE", "建立 · How directories are made",
         "profile name appFileID cipher"),
        ("wire/profile_p20.def", "EF", "文件 · Files",
         "name chips directory FID kind records length SCW read write 中文"),
        ("wire/profile_p20.def", "FIELD|SHARE", "数据项 · Fields", "file name tag format length 中文"),
        ("wire/profile_p20.def", "PART", "循环记录的组成 · Parts of cyclic records",
         "file format length 中文"),
        ("wire/profile_p20.def", "SUB", "嵌套项 · Inside a field of format BTLV",
         "field tag format length")]),
    "card-p30.md": ("卡片结构 P30 · The card, profile P30 (third generation)", [
        ("wire/profile_p30.def", "MADE", "建立 · How directories are made",
         "profile name appFileID cipher"),
        ("wire/profile_p30.def", "EF", "文件 · Files",
         "name chips directory FID kind records length SCW read write 中文"),
        ("wire/profile_p30.def", "LIKE", "相同 · Files with the fields of others", "file other")]),
    "keys.md": ("密钥目录 · The catalogue of keys", [
        ("keys/catalogue.def", "KEY", "密钥 · Keys",
         "name 中文 English owner length place type kid cards ciphers versions class id")]),
    "wallet.md": ("钱包交易 · What a wallet can be asked", [
        ("card/purse/kinds.def", "KIND", "交易种类 · Kinds of transaction",
         "class P1 P2 file trade key counter PIN form"),
        ("card/purse/kinds.def", "FORM", "形式 · The forms they come in",
         "name INS P1 moves order opening begun done consent MAC TAC said log"),
        ("wire/purse_message.def", "MESSAGE", "报文 · Messages", "name facts.."),
        ("wire/purse_message.def", "FACT", "要素 · Facts", "name member from length")]),
    "people.md": ("人员文件 · Files of people", [
        ("registry/person_field.def", "FIELD", "字段 · Fields", "code member letters sender's"),
        ("registry/verdict.def", "VERDICT", "判定 · Verdicts, in the order in which they are tried",
         "member name known 中文 English next-step"),
        ("registry/region.def", "REGION", "地区 · Regions", "code from until name")]),
    "persons.md": ("人员档案 · What a person's record holds, and who may change it", [
        ("registry/person_item.def", "ITEM", "项目 · Items",
         "code group owner type letters codes 中文 English"),
        ("registry/person_item.def", "PROOF", "证明 · Documents that prove a change",
         "kind owner 中文 English"),
        ("registry/applicant.def", "APPLICANT", "申请应答 · What an application is answered with",
         "member answer 中文 English next-step"),
        ("registry/feed_verdict.def", "FEED_VERDICT",
         "判定 · Verdicts of an owner's file, in the order in which they are tried",
         "member name known 中文 English next-step"),
        ("registry/duplicate_rule.def", "DUPLICATE_RULE", "疑似重复 · How doubles are found",
         "member name points 中文 English"),
        ("registry/duplicate_rule.def", "EVIDENCE", "佐证 · What speaks for one person",
         "evidence points")]),
    "card-life.md": ("卡的一生 · The life of a card (AAZ502)", [
        ("registry/card_life.def", "STEP", "状态转移 · Steps",
         "from event to blacklist reason hands guard"),
        ("registry/sub_reason.def", "SUB_REASON", "注销原因 · Why a card was cancelled",
         "code event blacklist word 中文")]),
    "issuing.md": ("白卡与批次文件 · Blank cards, and the files of a batch", [
        ("issuance/stock.def", "BLANK_STATE", "空白卡状态 · Where a blank can be",
         "member code 中文 English"),
        ("issuance/stock.def", "STOCK_STEP", "空白卡流转 · The orders that move blanks",
         "member word from to signatures 中文"),
        ("issuance/box.def", "BOX_STATE", "卡箱状态 · Where a box of cards can be",
         "member code 中文 English"),
        ("issuance/box.def", "BOX_ENTRY", "卡箱台账 · What is written down about a box",
         "member code word 中文"),
        ("issuance/instant.def", "STEP", "即时制卡 · Steps of an instant card", "member code 中文 English"),
        ("issuance/unclaimed.def", "STAGE", "逾期未领 · What is done for a card that nobody fetches",
         "member parameter word 中文"),
        ("issuance/progress.def", "STAMP", "进度时间 · The days that a holder may see",
         "member name 中文 English"),
        ("issuance/progress.def", "WORDING", "公开说法 · What the public page says",
         "member 中文 English"),
        ("issuance/errand.def", "ERRAND", "外送 · Who a batch is sent to",
         "member word out back sent also 中文"),
        ("issuance/errand.def", "ANSWER", "回盘 · What they answer for a line",
         "who code event chip reason 中文")]),
    "ceremonies.md": ("密钥仪式与载体 · Key ceremonies, and what carries keys", [
        ("ceremony/ceremony_step.def", "STEP", "步骤 · What a plan can say",
         "member word behind-it changes-keys hold undo help"),
        ("ceremony/keeping_life.def", "CARRIER", "载体 · Carriers of keys", "member word from to"),
        ("ceremony/keeping_life.def", "MODULE", "PSAM · Purchase modules", "member word from to")]),
    "photos.md": ("照片 · The photo rule, and what each destination takes", [
        ("capture/photo_figure.def", "FIGURE", "要求 · What is measured, and what it may be",
         "member name unit fails-below from to fails-above 中文 too-low too-high"),
        ("capture/photo_profile.def", "PROFILE", "去向 · Destinations",
         "member name width height dpi quality least-bytes most-bytes 中文 English"),
        ("capture/capture_refusal.def", "REFUSAL", "不予采集 · Why somebody is not captured",
         "member code 中文 English next-step")]),
    "parameters.md": ("参数 · Parameters with their dates", [
        ("registry/parameter.def", "PARAMETER", "参数 · Parameters",
         "member name default least most meaning")]),
    "fees.md": ("住院费用分割 · Deductibles and pooled rates of a stay", [
        ("clearing/fee_rule.def", "FEE_RULE", "标准 · Schedules",
         "from level class deductible-fen rate-thousandths")]),
    "refusals.md": ("拒绝与挂账的理由 · Why a terminal refuses, and why a record is not cleared", [
        ("terminal/refusal.def", "REFUSAL", "终端 · At the terminal", "member code name 中文 English"),
        ("clearing/reason.def", "REASON", "清算 · At the clearing", "member name ruling 中文 English")]),
}


def comment_free(text):
    """The text without comments; strings stay."""
    token = re.compile(r'"(?:\\.|[^"\\])*"|/\*.*?\*/', re.S)
    return token.sub(lambda m: m.group() if m.group()[0] == '"' else " ", text)


def opening_comment(text):
    """What the table says of itself, without the sentence for programmers."""
    found = re.match(r"\s*/\*(.*?)\*/", text, re.S)
    lines = [re.sub(r"^\s*\*? ?", "", line) for line in found.group(1).strip().split("\n")]
    return re.sub(r"\s*Include it with.*?defined\.", "", "\n".join(lines), flags=re.S).strip()


def string_of(pieces):
    """Adjacent C strings as one text; a string with bytes that are no ASCII, in hexadecimal."""
    raw = "".join(pieces)
    if "\\x" not in raw:
        return raw.replace('\\"', '"')
    byte = re.findall(r"\\x([0-9A-Fa-f]{2})|(.)", raw)
    return " ".join(a.upper() if a else "%02X" % ord(b) for a, b in byte)


def cells_of(arguments):
    """The arguments of one line of a table, split at the commas outside strings and brackets."""
    cells, strings, word = [], [], ""
    for token in re.findall(r'"(?:\\.|[^"\\])*"|,|[^",]+', arguments) + [","]:
        if token == ",":
            cells.append(string_of(strings) if strings else " ".join(word.split()))
            strings, word = [], ""
        elif token[0] == '"':
            strings.append(token[1:-1])
        else:
            word += token
    return cells


def rows_of(text, macro):
    for found in re.finditer(r'^(?:%s)\(((?:"(?:\\.|[^"\\])*"|[^")])*)\)' % macro, comment_free(text), re.M):
        yield cells_of(found.group(1))


def table(text, macro, columns):
    names = [name.replace("-", " ") for name in columns.split()]
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    for cells in rows_of(text, macro):
        if names[-1].endswith("..") and len(cells) >= len(names):
            cells[len(names) - 1:] = [", ".join(cells[len(names) - 1:])]
        if len(cells) != len(names):
            sys.exit("sheets.py: %s(%s) has %d columns, not %d" % (macro, cells, len(cells), len(names)))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    if len(lines) == 2:
        sys.exit("sheets.py: no line of %s" % macro)
    return "\n".join(lines)


def sheet(title, tables):
    parts, seen = ["# " + title], set()
    for name, macro, heading, columns in tables:
        with open(os.path.join(ROOT, "src", name), encoding="utf-8") as file:
            text = file.read()
        parts.append("## " + heading)
        if name not in seen:
            parts.append("From `src/%s`:\n\n```\n%s\n```" % (name, opening_comment(text)))
        seen.add(name)
        parts.append(table(text, macro, columns))
    return "\n\n".join(parts) + "\n"


def main():
    stale = []
    for name, (title, tables) in SHEETS.items():
        path, wanted = os.path.join(ROOT, "docs", "sheets", name), sheet(title, tables)
        old = open(path, encoding="utf-8").read() if os.path.exists(path) else ""
        if old == wanted:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            with open(path, "w", encoding="utf-8") as file:
                file.write(wanted)
    if "--check" in sys.argv and stale:
        sys.exit("docs/sheets is not what the tables say: %s; run tools/sheets.py" % ", ".join(stale))


main()
