/* Anything, to a chip whose secrets and contents are known, beside a model of what may happen.
 *
 * The input is a string of steps, each behind a byte:
 *
 *     00          the power goes and comes back
 *     01 .. EF    so many bytes: a command line
 *     F0 n        proves the n-th external key of the directory, rightly
 *     F1          verifies the right PIN
 *     F2 n line   the line under secure messaging: fetches a challenge, appends the right MAC
 *     F3 n line   the same, enciphered
 *     F4 n        completes the transaction that was begun, with the right MAC; n is its sequence
 *     F5 n        selects the n-th directory, from the master file down
 *     other       nothing
 *
 * so that what lies behind keys is reached although nobody guesses keys. Findings, besides crashes:
 * a status word outside the protocol; four bytes of a key or PIN in an answer; a file's content in
 * an answer that the model does not allow; a wrong proof, PIN or MAC that was believed; a balance
 * that moved otherwise than by a completed transaction, and the medical one, for which there is no
 * step that knows its MAC, at all; a module that computed with a key of another kind; anything changed by a refused command but
 * the counters that are there for that; a broken invariant; a chip that does not wake up again. */
#include "fuzz/card_model.h"

#include "card/files/walletfile.h"
#include "ports/sim/engine_openssl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    LEAK_RUN = 4, /* bytes of a secret in a row that are no accident */
    LINE_MOST = 0xEF,
    STEP_PROVE = 0xF0,
    STEP_PIN,
    STEP_SIGN,
    STEP_CIPHER,
    STEP_COMPLETE,
    STEP_PLACE,
    NO_LEAK = 0,
    ACCOUNTS = 3, /* ED, EP, and the medical one */
    MEDICAL = 2,
    COUNTERS_MOST = 3, /* bytes that a refusal may change: two counters and a block */
};

/* One card and one model, and how they stood after the last command. */
struct world {
    struct known_card fresh, k;
    struct model model;
    uint8_t seen[2][KNOWN_SIZE]; /* what lay in the card, before the command and after it */
    uint8_t *before, *after;
    uint32_t balances[ACCOUNTS];
    struct dir wallet, medical;
    uint8_t secrets[KNOWN_KEYS][16], marks[KNOWN_FILES][MARK_LEN];
    bool begins_secret[0x10000]; /* by the first two bytes of a piece of a secret */
    unsigned answers;            /* so far */
    unsigned leaked_at;          /* the first answer with a piece of a secret in it; NO_LEAK */
};

static struct world worlds[2]; /* which differ in their secrets alone */

/* ---- what lies in the card ---- */

/* Life and files as they will be after the next reset. */
static void see_all(const struct world *w, uint8_t all[KNOWN_SIZE]) {
    const struct store *store = &w->k.card.cos.chip.store;
    (void)memset(all, 0, LAYOUT_FILES);
    store_read(store, LAYOUT_LIFE, all + LAYOUT_LIFE, LAYOUT_LIFE_LEN);
    store_read(store, LAYOUT_FILES, all + LAYOUT_FILES, KNOWN_SIZE - LAYOUT_FILES);
}

/* The balance of an account; what it was when the account is no more. */
static uint32_t see_balance(const struct world *w, size_t which) {
    const struct store *store = &w->k.card.cos.chip.store;
    struct wallet wallet;
    struct ef ef;
    const struct dir *dir = which == MEDICAL ? &w->medical : &w->wallet;
    bool there = ef_by_fid(store, dir, (uint16_t)(which + 1), &ef) == SW_OK
                 && wallet_read(store, &ef, &wallet) == SW_OK;
    return there ? wallet.balance : w->balances[which];
}

static void learn_secrets(struct world *w) {
    for (size_t key = 0; key < KNOWN_KEYS; key++) {
        const uint8_t *secret = w->secrets[key];
        known_secret(w->k.seed, key, w->secrets[key]);
        for (size_t i = 0; i + 1 < known_keys[key].len; i++) {
            w->begins_secret[secret[i] << 8 | secret[i + 1]] = true;
        }
    }
    for (size_t file = 0; file < KNOWN_FILES; file++) {
        known_mark(file, w->marks[file]);
    }
}

static void make(struct world *w, uint64_t seed) {
    known_make(&w->k, seed);
    learn_secrets(w);
    known_select(&w->k, AT_WALLET);
    w->wallet = w->k.card.cos.chip.dir;
    known_select(&w->k, AT_DF04);
    w->medical = w->k.card.cos.chip.dir;
    w->fresh = w->k;
}

static void begin(struct world *w) {
    w->k = w->fresh;
    known_port(&w->k);
    w->model = (struct model){.seed = w->k.seed};
    w->answers = 0;
    w->leaked_at = NO_LEAK;
    known_power(&w->k);
    model_power(&w->model);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        w->balances[i] = see_balance(w, i);
    }
    w->before = w->seen[0];
    w->after = w->seen[1];
    see_all(w, w->before);
}

/* ---- findings ---- */

static bool sw_known(unsigned sw) {
    unsigned high = sw >> 8;
    return sw != 0x6F00
           && (high == 0x90 || high == 0x93 || high == 0x94 || (high >= 0x61 && high <= 0x6E));
}

/* Whether four bytes are a piece of a key or PIN. */
static bool is_secret(const struct world *w, const uint8_t *at) {
    for (size_t key = 0; key < KNOWN_KEYS; key++) {
        size_t len = known_keys[key].type == TYPE_PIN ? PIN_DIGITS : known_keys[key].len;
        for (size_t from = 0; from + LEAK_RUN <= len; from++) {
            if (memcmp(at, w->secrets[key] + from, LEAK_RUN) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Whether a piece of a secret stands in the answer. An answer is random often enough for that to be
 * an accident: a leak is what happens on both cards at the same place of the talk. */
static bool has_secret(const struct world *w, struct bytes answer) {
    bool found = false;
    for (size_t at = 0; at + LEAK_RUN <= answer.len && !found; at++) {
        bool perhaps = w->begins_secret[answer.at[at] << 8 | answer.at[at + 1]];
        found = perhaps && is_secret(w, answer.at + at);
    }
    return found;
}

static void check_contents(const struct world *w, struct bytes answer) {
    for (size_t at = 0; at + MARK_LEN <= answer.len; at++) {
        for (size_t file = 0; file < KNOWN_FILES; file++) {
            bool perhaps = answer.at[at] == w->marks[file][0];
            if (perhaps && memcmp(answer.at + at, w->marks[file], MARK_LEN) == 0) {
                assert(model_may_read(&w->model, &known_files[file]));
            }
        }
    }
}

/* What a refusal may change: a counter goes down by one, or is full again after a right MAC or
 * proof; the last try of a key that guards an application blocks it. */
static bool change_allowed(uint8_t before, uint8_t after, unsigned sw) {
    bool taken = (before & 0x0F) > 0 && after == before - 1;
    bool given_back = after == (uint8_t)((before & 0xF0) | before >> 4);
    bool blocked = sw == 0x9303 && after == 2;
    return taken || given_back || blocked;
}

static void check_unchanged(const struct world *w, unsigned sw) {
    unsigned changes = 0;
    if (memcmp(w->before, w->after, KNOWN_SIZE) == 0) {
        return;
    }
    for (size_t i = 0; i < KNOWN_SIZE; i++) {
        if (w->before[i] != w->after[i]) {
            assert(change_allowed(w->before[i], w->after[i], sw));
            changes++;
        }
    }
    assert(changes <= COUNTERS_MOST);
}

static void check_money(struct world *w, const struct apdu *cmd) {
    for (size_t i = 0; i < ACCOUNTS; i++) {
        uint32_t now = see_balance(w, i);
        if (now != w->balances[i]) {
            assert(i != MEDICAL || w->model.lost); /* somebody guessed a MAC */
            model_paid(&w->model, cmd, now);
            w->balances[i] = now;
        }
    }
}

/* ---- talking ---- */

static unsigned say(struct world *w, struct bytes line) {
    static const struct apdu nothing;
    struct apdu cmd = nothing;
    unsigned sw = known_send(&w->k, line);
    struct bytes answer = bytes_of(w->k.reply, w->k.reply_len - 2);
    bool refused = sw != 0x9000 && sw >> 8 != 0x61 && sw >> 8 != 0x62;
    w->answers++;
    assert(sw_known(sw));
    if (!apdu_decode(line, &cmd)) {
        cmd = nothing;
    }
    see_all(w, w->after);
    if (refused) {
        check_unchanged(w, sw);
    }
    check_money(w, &cmd);
    model_hear(&w->model, &cmd, sw, answer);
    check_contents(w, answer);
    if (w->leaked_at == NO_LEAK && has_secret(w, answer)) {
        w->leaked_at = w->answers;
    }
    uint8_t *last = w->before;
    w->before = w->after;
    w->after = last;
    return sw;
}

static unsigned say_with(struct world *w, uint32_t head, struct bytes data, const uint8_t *le) {
    uint8_t line[APDU_MAX];
    struct builder b = builder_in(line, sizeof line);
    put_u32(&b, head);
    if (data.len > 0) {
        put_u8(&b, (uint8_t)data.len);
        put_bytes(&b, data);
    }
    if (le) {
        put_u8(&b, *le);
    }
    return say(w, builder_bytes(&b));
}

static bool fetch_challenge(struct world *w) {
    return say_with(w, 0x00840000, bytes_of(NULL, 0), &(const uint8_t){8}) == 0x9000;
}

/* The n-th external key of where we stand. */
static void prove(struct world *w, uint8_t n) {
    uint8_t data[16] = {0};
    enum place place = w->model.place;
    size_t found[KNOWN_KEYS], count = 0;
    for (size_t i = 0; i < KNOWN_KEYS; i++) {
        if (known_keys[i].place == place && known_keys[i].type == TYPE_EXTERNAL) {
            found[count++] = i;
        }
    }
    if (count == 0 || !fetch_challenge(w)) {
        return;
    }
    size_t key = found[n % count];
    model_proof(&w->model, key, data + 8, data);
    (void)say_with(
        w, 0x00820000 | known_keys[key].id, bytes_of(data, known_social(place) ? 16 : 8), NULL);
}

static void verify(struct world *w) {
    uint8_t pin[16];
    enum place home = model_pin_home(&w->model);
    if (home != NOWHERE) {
        known_secret(w->k.seed, known_key_find(home, TYPE_PIN, 0), pin);
        (void)say_with(w, 0x00200000, bytes_of(pin, PIN_DIGITS), NULL);
    }
}

static void select_place(struct world *w, enum place place) {
    if (known_dirs[place].parent != NOWHERE) {
        select_place(w, known_dirs[place].parent);
    }
    const uint8_t fid[2] = {(uint8_t)(known_dirs[place].fid >> 8), (uint8_t)known_dirs[place].fid};
    (void)say_with(w, 0x00A4000C, bytes_of(fid, sizeof fid), NULL);
}

/* LD || data || 80 00.., under the key as its length wants it. */
static void encipher(const struct tdes_key *ready, struct builder *data) {
    uint8_t plain[APDU_DATA_MAX];
    size_t len = data->len;
    (void)memcpy(plain, data->at, len);
    data->len = 0;
    put_u8(data, (uint8_t)len);
    put_bytes(data, bytes_of(plain, len));
    if (data->len % 8 != 0) {
        put_u8(data, 0x80);
        put_fill(data, 0, (8 - data->len % 8) % 8);
    }
    for (size_t i = 0; i + 8 <= data->len && !data->overflowed; i += 8) {
        tdes_encrypt(ready, data->at + i, data->at + i);
    }
}

/* The key of secure messaging and its initial vector, for the challenge that was fetched. */
static size_t messaging_key(const struct world *w, uint8_t ins, struct key128 *key) {
    bool main_key = ins == 0xD4;
    bool unblocks = ins == 0x24 && !known_social(w->model.place);
    uint8_t type = main_key ? TYPE_EXTERNAL : unblocks ? 0x37 : TYPE_MAINTENANCE;
    size_t index = known_key_find(w->model.place, type, 0);
    if (index < KNOWN_KEYS) {
        *key = model_key(&w->model, index);
    }
    return index;
}

/* The same in the directory of SM4, never enciphered: WRITE KEY takes the key itself and the
 * challenge as initial vector, everything else a session key. [decision 0020] */
static void sign_sm4(struct world *w, struct bytes line, struct key128 *key) {
    uint8_t message[5 + APDU_DATA_MAX], mac[SM4_BLOCK], iv[SM4_BLOCK] = {0};
    struct builder b = builder_in(message, sizeof message);
    size_t len = line.len - 5;
    if (len > APDU_DATA_MAX - MAC_LEN) {
        return;
    }
    if (line.at[1] == 0xD4) {
        (void)memcpy(iv, w->model.challenge, sizeof w->model.challenge);
    } else {
        derive_sm4(key, w->model.challenge, key);
    }
    put_u8(&b, line.at[0] | 0x04);
    put_bytes(&b, bytes_of(line.at + 1, 3));
    put_u8(&b, (uint8_t)(len + MAC_LEN));
    put_bytes(&b, bytes_of(line.at + 5, len));
    mac_sm4(key, iv, builder_bytes(&b), mac);
    put_bytes(&b, bytes_of(mac, MAC_LEN));
    (void)say(w, builder_bytes(&b));
}

/* A line under secure messaging. Its Lc is what the line says or what there is. */
static void sign(struct world *w, struct bytes line, bool ciphered) {
    uint8_t room[APDU_DATA_MAX], message[5 + APDU_DATA_MAX], mac[8];
    struct builder data = builder_in(room, APDU_DATA_MAX - MAC_LEN);
    struct builder b = builder_in(message, sizeof message);
    struct key128 key;
    struct tdes_key ready;
    const uint8_t *iv = w->model.challenge;
    if (line.len < 5 || w->model.place == NOWHERE) {
        return;
    }
    size_t index = messaging_key(w, line.at[1], &key);
    if (index == KNOWN_KEYS || !fetch_challenge(w)) {
        return;
    }
    bool social = known_social(w->model.place) && line.at[1] != 0xD4;
    if (w->model.place == AT_SM4) {
        sign_sm4(w, line, &key);
        return;
    }
    if (social) {
        derive_session(&key, w->model.challenge, key.bytes);
        (void)memcpy(key.bytes + 8, key.bytes, 8);
        iv = NULL;
    }
    put_bytes(&data, bytes_of(line.at + 5, line.len - 5));
    tdes_prepare(&ready, &key);
    if (ciphered) {
        encipher(&ready, &data);
    }
    if (data.overflowed) {
        return;
    }
    put_u8(&b, line.at[0] | 0x04);
    put_bytes(&b, bytes_of(line.at + 1, 3));
    put_u8(&b, (uint8_t)(data.len + MAC_LEN));
    put_bytes(&b, builder_bytes(&data));
    if (social || known_keys[index].len == 8) {
        mac_single(key.bytes, iv, builder_bytes(&b), mac);
    } else {
        mac_retail(&key, iv, builder_bytes(&b), mac);
    }
    put_bytes(&b, bytes_of(mac, MAC_LEN));
    (void)say(w, builder_bytes(&b));
}

static void complete(struct world *w, uint8_t n) {
    static const uint8_t moment[MOMENT_LEN] = {0x20, 0x03, 0x10, 0x08, 0x09, 0x30, 0x00};
    uint8_t room[32];
    struct builder data = builder_in(room, sizeof room);
    int64_t after = 0;
    uint8_t p1 = w->model.begun_line[0];
    if (w->model.begun) {
        model_completion(&w->model, n, moment, &data, &after);
        uint32_t head = p1 == 0 ? 0x80520000 : p1 == 4 ? 0x80580000 : 0x80540100;
        (void)say_with(w, p1 == 5 ? 0x80540300 : head, builder_bytes(&data), NULL);
    }
}

static void power(struct world *w) {
    known_power(&w->k);
    model_power(&w->model);
    see_all(w, w->after);
    assert(memcmp(w->before, w->after, KNOWN_SIZE) == 0); /* what was answered was kept */
}

static void step(struct world *w, struct cursor *c) {
    uint8_t kind = cursor_u8(c);
    uint8_t n = kind >= STEP_PROVE && kind != STEP_PIN ? cursor_u8(c) : kind;
    bool line = kind <= LINE_MOST || kind == STEP_SIGN || kind == STEP_CIPHER;
    struct bytes data = line ? cursor_take(c, n < c->rest.len ? n : c->rest.len)
                             : (struct bytes){0};
    if (kind == 0) {
        power(w);
    } else if (kind <= LINE_MOST) {
        (void)say(w, data);
    } else if (kind == STEP_PROVE) {
        prove(w, n);
    } else if (kind == STEP_PIN) {
        verify(w);
    } else if (kind == STEP_SIGN || kind == STEP_CIPHER) {
        sign(w, data, kind == STEP_CIPHER);
    } else if (kind == STEP_COMPLETE) {
        complete(w, n);
    } else if (kind == STEP_PLACE) {
        select_place(w, (enum place)(n % PLACES));
    }
}

static void talk(struct world *w, struct bytes input) {
    struct cursor c = cursor_over(input);
    begin(w);
    while (c.rest.len > 0) {
        step(w, &c);
    }
    power(w);
    assert(chip_mistakes(&w->k.card.cos.chip) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (worlds[0].k.seed == 0) {
        engine_use(&engine_openssl); /* ciphers are tested elsewhere; here they only take time */
        make(&worlds[0], 1);
        make(&worlds[1], 2);
    }
    talk(&worlds[0], bytes_of(data, size));
    if (worlds[0].leaked_at != NO_LEAK) {
        talk(&worlds[1], bytes_of(data, size));
        assert(worlds[1].leaked_at != worlds[0].leaked_at); /* a piece of a secret in an answer */
    }
    return 0;
}
