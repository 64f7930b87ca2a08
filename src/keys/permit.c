#include "keys/permit.h"

#include <assert.h>

enum where { ANYWHERE, IN_SOCIAL };
enum { ANY_KID = -1, MAIN_KID = 0 };

/* One line for each type byte of WRITE KEY; where a type serves two families, the place or the
 * identifier tells them apart. The uses of all lines that fit are added. */
static const struct {
    uint8_t type;
    enum where where;
    int kid;
    unsigned uses;
} lines[] = {
  /* Genuineness, and the check bytes of the card's identification code. [card.md 3.1] */
    {0x30, ANYWHERE,  ANY_KID,  USE_AUTHENTICATE | USE_MESSAGE_MAC                    },
    {0x34, IN_SOCIAL, ANY_KID,  USE_FOLDED_MAC                                        },
    {0x34, ANYWHERE,  ANY_KID,  USE_TAC                                               },
    {0x36, ANYWHERE,  ANY_KID,  USE_MESSAGE_MAC | USE_ENCRYPT_MESSAGE                 },
 /* In a social security directory it works through a session key: PIN block and MAC under
     * DES(STK, challenge). [card.md 6.1] */
    {0x36, IN_SOCIAL, ANY_KID,  USE_AUTHENTICATE | USE_SESSION_MAC                    },
    {0x37, ANYWHERE,  ANY_KID,  USE_MESSAGE_MAC | USE_ENCRYPT_MESSAGE                 },
    {0x38, ANYWHERE,  ANY_KID,  USE_FOLDED_MAC                                        },
    {0x39, ANYWHERE,  ANY_KID,  USE_AUTHENTICATE | USE_ENCRYPT8                       },
 /* Main control keys protect WRITE KEY: other keys (wrap) and the first PIN (a message). */
    {0x39, ANYWHERE,  MAIN_KID, USE_WRAP_UNDER | USE_MESSAGE_MAC | USE_ENCRYPT_MESSAGE},
    {0x3C, ANYWHERE,  ANY_KID,  USE_SESSION_MAC                                       },
    {0x3E, ANYWHERE,  ANY_KID,  USE_SESSION_MAC                                       },
    {0x3F, ANYWHERE,  ANY_KID,  USE_SESSION_MAC                                       },
 /* Keys without a type are in no chip: the batch transport key. [system.md 6.1] */
    {0x00, ANYWHERE,  ANY_KID,  USE_SETS_UNDER                                        },
};

static const struct {
    enum key_use use;
    const char *text;
} use_texts[] = {
    {USE_AUTHENTICATE,    "authentication"           },
    {USE_ENCRYPT8,        "purse authentication"     },
    {USE_SESSION_MAC,     "transaction MACs"         },
    {USE_MESSAGE_MAC,     "message MACs"             },
    {USE_FOLDED_MAC,      "PIN reload MACs"          },
    {USE_ENCRYPT_MESSAGE, "message encryption"       },
    {USE_WRAPPED,         "being written into a chip"},
    {USE_WRAP_UNDER,      "protecting other keys"    },
    {USE_TAC,             "TACs"                     },
    {USE_CHECK_VALUE,     "check values"             },
    {USE_SETS_UNDER,      "protecting key sets"      },
};

/* For the sentence that refuses: "is not made for ...". */
static const char *use_text(enum key_use use) {
    for (size_t i = 0; i < sizeof use_texts / sizeof use_texts[0]; i++) {
        if (use_texts[i].use == use) {
            return use_texts[i].text;
        }
    }
    return "that";
}

/* The directories that speak card.md; all others speak purse.md. */
static bool is_social(enum key_place place) {
    return (place >= IN_SSSE && place <= IN_DF04) || place == IN_DF07 || place == IN_DF05;
}

unsigned key_uses(enum key_name name) {
    const struct key_kind *kind = key_kind(name);
    unsigned uses = USE_CHECK_VALUE;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        bool fits = lines[i].type == kind->type
                    && (lines[i].where == ANYWHERE || is_social(kind->place))
                    && (lines[i].kid == ANY_KID || lines[i].kid == kind->kid);
        uses |= fits ? lines[i].uses : 0;
    }
    bool enters = name != KEY_TRANSPORT && kind->cards != CARDS_NONE;
    return enters ? uses | USE_WRAPPED : uses;
}

/* The catalogue knows the key, whatever it is wanted for. */
static enum err check_known(const struct key_ref *key, struct why *why) {
    if ((unsigned)key->name >= KEY_COUNT) {
        return why_say(why, ERR_INVALID, "key number %u is not in the catalogue, which has %u keys",
            (unsigned)key->name, (unsigned)KEY_COUNT);
    }
    if (!key_has_cipher(key->name, key->algorithm)) {
        return why_say(why, ERR_INVALID, "%s has no key of algorithm %u; 0 is 3DES and 1 is SM4",
            key_kind(key->name)->name, (unsigned)key->algorithm);
    }
    if (key->version > KEY_VERSION_MAX) {
        return why_say(why, ERR_INVALID, "version %u of %s was never made; versions go up to %u",
            key->version, key_kind(key->name)->name, (unsigned)KEY_VERSION_MAX);
    }
    if ((unsigned)key->depth > KEY_CARD) {
        return why_say(why, ERR_INVALID,
            "%s was asked for at depth %u; the deepest is %u, a card's", key_kind(key->name)->name,
            (unsigned)key->depth, (unsigned)KEY_CARD);
    }
    return OK;
}

/* One key, one use. */
static enum err check_use(const struct key_ref *key, enum key_use use, struct why *why) {
    enum err err = check_known(key, why);
    if (err) {
        return err;
    }
    if (!(key_uses(key->name) & use)) {
        return why_say(why, ERR_DENIED, "%s (%s) is not made for %s; ask for the key that is",
            key_kind(key->name)->name, key_kind(key->name)->en, use_text(use));
    }
    return OK;
}

/* What a whole province or city shares never computes anything: its loss would be everybody's. The
 * transport key is public, and no card's own. */
static enum err check_depth(const struct key_ref *key, struct why *why) {
    if (key->depth == KEY_CARD || key->name == KEY_TRANSPORT) {
        return OK;
    }
    return why_say(why, ERR_DENIED,
        "%s was asked for as a whole province or city shares it; only a card's own key is used",
        key_kind(key->name)->name);
}

enum err key_permit(const struct key_ref *key, enum key_use use, struct why *why) {
    enum err err = check_use(key, use, why);
    if (err || use == USE_CHECK_VALUE) {
        return err;
    }
    return check_depth(key, why);
}

/* The main control key of a directory has the identifier 00 there. */
static bool is_main_of(enum key_name name, enum key_place place) {
    const struct key_kind *kind = key_kind(name);
    return name != KEY_TRANSPORT && kind->type == 0x39 && kind->kid == MAIN_KID
           && kind->place == place;
}

/* The purchase key of a province, which only PSAMs hold. [card.md 7] */
static bool is_psam_purchase(const struct key_wrap *wrap) {
    bool purchase = wrap->key.name == KEY_DPK || wrap->key.name == KEY_DPKDF04;
    return purchase && wrap->key.depth == KEY_PROVINCE;
}

/* A blank chip knows only the transport key, under which nothing but the main control key may go
 * in; everything else goes under that. */
static enum err check_pair(const struct key_wrap *wrap, struct why *why) {
    const struct key_kind *kind = key_kind(wrap->key.name);
    const struct key_kind *under = key_kind(wrap->under.name);
    enum key_place place = is_psam_purchase(wrap) ? IN_PSAM : kind->place;
    bool blank = wrap->under.name == KEY_TRANSPORT;
    if (blank ? !is_main_of(wrap->key.name, place) : !is_main_of(wrap->under.name, place)) {
        return why_say(why, ERR_DENIED,
            "%s may not be written under %s; the main control key of its own directory protects it",
            kind->name, under->name);
    }
    if (wrap->key.algorithm != wrap->under.algorithm) {
        return why_say(why, ERR_DENIED,
            "%s and %s were named under two ciphers; all keys of a directory have one", kind->name,
            under->name);
    }
    bool one_card = memcmp(wrap->key.card_factor, wrap->under.card_factor, 8) == 0;
    if (!blank && !is_psam_purchase(wrap) && !one_card) {
        return why_say(why, ERR_DENIED,
            "%s and %s were named for two different cards; a key enters the card it belongs to",
            kind->name, under->name);
    }
    return OK;
}

enum err key_permit_wrap(const struct key_wrap *wrap, struct why *why) {
    enum err err = check_use(&wrap->key, USE_WRAPPED, why);
    if (!err) {
        err = key_permit(&wrap->under, USE_WRAP_UNDER, why);
    }
    if (!err && !is_psam_purchase(wrap)) {
        err = check_depth(&wrap->key, why);
    }
    if (!err) {
        err = check_pair(wrap, why);
    }
    if (!err && wrap->head_len > sizeof wrap->head) {
        err = why_say(why, ERR_INVALID, "%zu bytes stand before the key %s; at most %zu fit",
            wrap->head_len, key_kind(wrap->key.name)->name, sizeof wrap->head);
    }
    return err;
}

/* One key of a set: what a card itself holds, under the batch transport key of its algorithm. */
static enum err check_set_key(const struct key_set *set, size_t index, struct why *why) {
    struct key_ref key = key_of_set(set, index);
    struct key_ref under = {.name = KEY_BTK,
        .algorithm = key.algorithm,
        .version = set->transport_version,
        .depth = KEY_CARD};
    enum err err = key_permit(&key, USE_WRAPPED, why);
    if (!err && key_kind(key.name)->place == IN_PSAM) {
        err = why_say(why, ERR_DENIED, "%s is a PSAM's, and no card's; PSAMs are made one by one",
            key_kind(key.name)->name);
    }
    return err ? err : key_permit(&under, USE_SETS_UNDER, why);
}

enum err key_permit_set(const struct key_set *set, struct why *why) {
    if (set->count < 1 || set->count > KEY_SET_MAX) {
        return why_say(why, ERR_INVALID, "%u keys were asked for at once; a set has 1 to %d",
            (unsigned)set->count, (int)KEY_SET_MAX);
    }
    for (size_t i = 0; i < set->count; i++) {
        enum err err = check_set_key(set, i, why);
        if (err) {
            return why_add(why, err, "key %zu of the set", i + 1);
        }
    }
    return OK;
}
