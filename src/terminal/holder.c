#include "terminal/holder.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "crypto/secret.h"
#include "reader/atr.h"
#include "terminal/pin_block.h"
#include "terminal/wallet.h"
#include "wire/profile.h"

enum {
    SFI_ISSUER = 0x05, /* EF05, 发卡机构数据 */
    SFI_HOLDER = 0x06, /* EF06, 持卡人基本信息 */
    RECORD_BY_TAG = 0x00,
    KID_RKSSSE = 0x0A,
    SW_TRIES_MASK = 0x000F,
};

enum form { AS_BYTES, AS_TEXT, AS_MORE_TEXT };

/* One line for each record of the canonical read: where it stands, how long it is, since which
 * version cards have it, where it goes. Text fields have room for their end in struct holder; more
 * text goes behind what is there. [card.md 2.5, 2.6, 6.5] */
static const struct item {
    uint8_t sfi, tag, len;
    char since;
    enum form form;
    size_t to;
    const char *name;
} items[] = {
    {SFI_ISSUER, 0x01, 16, '1', AS_BYTES,     offsetof(struct holder, card_id),
     "card identification code"                                                                       },
    {SFI_ISSUER, 0x03, 4,  '1', AS_TEXT,      offsetof(struct holder, version),       "version"       },
    {SFI_ISSUER, 0x05, 4,  '1', AS_BYTES,     offsetof(struct holder, issued),        "day of issue"  },
    {SFI_ISSUER, 0x06, 4,  '1', AS_BYTES,     offsetof(struct holder, expires),       "day of expiry" },
    {SFI_ISSUER, 0x07, 9,  '1', AS_TEXT,      offsetof(struct holder, card_number),   "card number"   },
    {SFI_HOLDER, 0x08, 18, '1', AS_TEXT,      offsetof(struct holder, person_number),
     "social security number"                                                                         },
    {SFI_HOLDER, 0x09, 30, '1', AS_TEXT,      offsetof(struct holder, name),          "name"          },
    {SFI_HOLDER, 0x4E, 20, '2', AS_MORE_TEXT, offsetof(struct holder, name),          "name extension"},
    {SFI_HOLDER, 0x0A, 1,  '1', AS_BYTES,     offsetof(struct holder, sex),           "sex"           },
    {SFI_HOLDER, 0x0B, 1,  '1', AS_BYTES,     offsetof(struct holder, nation),        "nation"        },
    {SFI_HOLDER, 0x0C, 3,  '1', AS_BYTES,     offsetof(struct holder, birthplace),    "place of birth"},
    {SFI_HOLDER, 0x0D, 4,  '1', AS_BYTES,     offsetof(struct holder, born),          "day of birth"  },
};
enum { ITEM_COUNT = sizeof items / sizeof items[0], CARD_NUMBER_TAG = 0x07 };

/* The answer to reset alone tells a card of ours from a bank card; nothing is selected yet. */
enum err holder_power(const struct reader *card, uint8_t factor[8], struct why *why) {
    uint8_t atr[ATR_MAX];
    size_t len = 0;
    enum err err = reader_reset(card, atr, &len, why);
    if (!err && !atr_factor(bytes_of(atr, len), factor)) {
        err = why_say(why, ERR_INVALID,
            "its answer to reset is none of a social security card; is it the right card?");
    }
    return err;
}

/* Cards of other makers answer 6A82 to the name and know the identifier. [card.md 2.1] */
enum err holder_select(const struct reader *card, struct why *why) {
    const struct profile_directory *ssse = profile_directory(AT_SSSE);
    const uint8_t fid[] = {(uint8_t)(ssse->fid >> 8), (uint8_t)ssse->fid};
    const struct apdu by_name = {
        .ins = 0xA4, .p1 = 0x04, .data = ssse->df_name, .shape = APDU_BRINGS_DATA};
    const struct apdu by_fid = {
        .ins = 0xA4, .data = {fid, sizeof fid},
             .shape = APDU_BRINGS_DATA
    };
    struct reply reply = {0};
    enum err err = reader_command(card, &by_name, &reply, why);
    if (!err && reply.sw == SW_FILE_NOT_FOUND) {
        return reader_expect(card, &by_fid, "select DDF1", NULL, why);
    }
    if (!err && reply.sw != SW_OK) {
        err = why_say(why, ERR_CONFLICT, "select sx1.sh.社会保障: card answered %04X (%s)",
            (unsigned)reply.sw, sw_text(reply.sw));
    }
    return err;
}

/* The text of a field, without what fills it up on the right. */
static size_t text_len(const uint8_t *at, size_t len) {
    while (len > 0 && (at[len - 1] == 0x00 || at[len - 1] == 0xFF || at[len - 1] == ' ')) {
        len--;
    }
    return len;
}

/* Reads one record by its tag and puts its value where the table says, text with an end. */
static enum err item_read(
    const struct reader *card, const struct item *item, void *into, struct why *why) {
    const struct apdu read = {.ins = 0xB2,
        .p1 = item->tag,
        .p2 = (uint8_t)(item->sfi << 3 | RECORD_BY_TAG),
        .le = (uint16_t)(item->len + 2),
        .shape = APDU_WANTS_ANSWER};
    struct reply reply = {0};
    enum err err = reader_expect(card, &read, item->name, &reply, why);
    if (err) {
        return err;
    }
    struct cursor c = cursor_over(reply_bytes(&reply));
    uint8_t tag = cursor_u8(&c), len = cursor_u8(&c);
    struct bytes value = cursor_take(&c, item->len);
    if (!cursor_finished(&c) || tag != item->tag || len != item->len) {
        return why_say(why, ERR_INVALID,
            "%s: the record is not tag %02X with %u bytes, as the card's profile wants", item->name,
            item->tag, item->len);
    }
    uint8_t *to = into;
    if (item->form != AS_BYTES) {
        to += item->form == AS_MORE_TEXT ? strlen(into) : 0;
        size_t shown = text_len(value.at, value.len);
        assert(shown <= item->len);
        (void)memcpy(to, value.at, shown);
        to[shown] = 0;
    } else {
        (void)memcpy(to, value.at, value.len);
    }
    return OK;
}

/* GET CHALLENGE and EXTERNAL AUTHENTICATE with RKSSSE: what a 3.0 card wants to see before it says
 * whose it is. [card.md 5.3, 6.5] */
static enum err prove_reading(const struct reader *card, const struct holder_prover *prover,
    const struct holder *so_far, struct why *why) {
    static const uint8_t original[8] = {1, 2, 3, 4, 5, 6, 7, 8}; /* any will do [card.md 6] */
    const struct apdu get = {.ins = 0x84, .le = 8, .shape = APDU_WANTS_ANSWER};
    uint8_t data[16];
    struct reply reply = {0};
    if (!prover) {
        return why_say(why, ERR_DENIED,
            "a 3.0 card says whose it is only to who has RKSSSE; read it where that key is");
    }
    enum err err = reader_expect(card, &get, "challenge", &reply, why);
    if (!err && reply.len != 8) {
        err = why_say(why, ERR_INVALID, "challenge: 8 bytes asked for, %zu came", reply.len);
    }
    err = err ? err : prover->prove(prover->self, so_far, reply.data, original, data, why);
    if (err) {
        return err;
    }
    (void)memcpy(data + 8, original, sizeof original);
    const struct apdu auth = {.ins = 0x82,
        .p2 = KID_RKSSSE,
        .data = bytes_of(data, sizeof data),
        .shape = APDU_BRINGS_DATA};
    err = reader_command(card, &auth, &reply, why);
    if (!err && reply.sw != SW_OK) {
        err = why_say(why, ERR_DENIED,
            "the card does not believe RKSSSE (%04X, %s); its keys are another city's, or come "
            "from "
            "another seed",
            (unsigned)reply.sw, sw_text(reply.sw));
    }
    return err;
}

/* Cards without a version are of the first; so is what says it in another way. [card.md 3.4] */
static int generation(const struct holder *h) {
    return h->version[0] > '1' && h->version[0] <= '9' ? h->version[0] : '1';
}

/* Record after record, as the table has them; the first that fails names itself. */
enum err holder_read_proven(const struct reader *card, const struct holder_prover *prover,
    struct holder *out, struct why *why) {
    uint8_t sfi = SFI_ISSUER;
    enum err err = holder_select(card, why);
    for (size_t i = 0; !err && i < ITEM_COUNT; i++) {
        if (items[i].sfi != sfi && generation(out) >= '3') {
            err = prove_reading(card, prover, out, why);
        }
        sfi = items[i].sfi;
        if (!err && items[i].since <= generation(out)) {
            err = item_read(card, &items[i], (uint8_t *)out + items[i].to, why);
        }
    }
    return err ? why_add(why, err, "read the card") : OK;
}

enum err holder_read(const struct reader *card, struct holder *out, struct why *why) {
    return holder_read_proven(card, NULL, out, why);
}

/* The same table, so that number and read cannot differ. */
enum err holder_card_number(const struct reader *card, char number[9 + 1], struct why *why) {
    enum err err = holder_select(card, why);
    for (size_t i = 0; !err && i < ITEM_COUNT; i++) {
        if (items[i].tag == CARD_NUMBER_TAG) {
            err = item_read(card, &items[i], number, why);
        }
    }
    return err ? why_add(why, err, "read the card") : OK;
}

/* What a status word of VERIFY or CHANGE PIN says to the holder. */
static enum err pin_verdict(uint16_t sw, struct why *why) {
    if (sw == SW_OK) {
        return OK;
    }
    if (sw == SW_BLOCKED || sw == SW_TRIES_LEFT) {
        return why_say(why, ERR_DENIED, "the PIN is locked; have it reset at a service point");
    }
    if ((sw & ~SW_TRIES_MASK) == SW_TRIES_LEFT) {
        return why_say(why, ERR_DENIED, "the PIN is wrong; %u tries left", sw & SW_TRIES_MASK);
    }
    return why_say(why, ERR_CONFLICT, "PIN: card answered %04X (%s)", (unsigned)sw, sw_text(sw));
}

enum err holder_verify(const struct reader *card, const char *pin, struct why *why) {
    uint16_t sw = 0;
    enum err err = holder_select(card, why);
    err = err ? err : wallet_verify(card, pin, &sw, why);
    return err ? err : pin_verdict(sw, why);
}

/* CHANGE PIN in the application that is selected. [purse.md 4.2; card.md 6] */
static enum err change_here(
    const struct reader *card, const struct pin_change *change, struct why *why) {
    struct pin old = {0}, new = {0};
    uint8_t room[2 * PIN_BYTES_MAX + 1];
    struct builder data = builder_in(room, sizeof room);
    if (!pin_pack(change->old_pin, &old) || !pin_pack(change->new_pin, &new)) {
        return why_say(
            why, ERR_INVALID, "a PIN is %d to %d digits", PIN_DIGITS_MIN, PIN_DIGITS_MAX);
    }
    put_bytes(&data, bytes_of(old.packed, old.len));
    put_u8(&data, 0xFF);
    put_bytes(&data, bytes_of(new.packed, new.len));
    assert(!data.overflowed);
    const struct apdu command = {.cla = 0x80,
        .ins = 0x5E,
        .p1 = 0x01,
        .data = builder_bytes(&data),
        .shape = APDU_BRINGS_DATA};
    struct reply reply = {0};
    enum err err = reader_command(card, &command, &reply, why);
    bool wrong = (reply.sw & ~SW_TRIES_MASK) == SW_TRIES_LEFT && reply.sw != SW_TRIES_LEFT;
    if (!err && wrong && change->resumed) {
        err = wallet_verify(card, change->new_pin, &reply.sw, why);
    }
    crypto_wipe(room, sizeof room);
    crypto_wipe(&old, sizeof old);
    crypto_wipe(&new, sizeof new);
    return err ? err : pin_verdict(reply.sw, why);
}

/* First the social security application, then the wallet: cut in between, the old PIN still opens
 * the wallet, and a resumed change finds that out. */
enum err holder_change_pin(
    const struct reader *card, const struct pin_change *change, struct why *why) {
    struct wallet_card wallet = {0};
    uint16_t sw = 0;
    enum err err = holder_select(card, why);
    err = err ? err : change_here(card, change, why);
    err = err ? err : wallet_select(card, &wallet, &sw, why);
    if (!err && sw != SW_OK) {
        err = why_say(why, ERR_CONFLICT, "select the wallet: card answered %04X (%s)", (unsigned)sw,
            sw_text(sw));
    }
    err = err ? err : change_here(card, change, why);
    return err ? why_add(why, err, "change the PIN") : OK;
}
