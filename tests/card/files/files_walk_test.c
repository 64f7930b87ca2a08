/* A random walk over the file tree: every step is tried on a chip whose power may go in any programming,
 * and on its twin that never loses power. Afterwards the chip looks as the twin did before the step
 * or as it does after it, in everything that card/files can be asked. */
#include "file_chip.h"

#include "card/files/binary.h"
#include "card/files/keyfile.h"
#include "card/files/record.h"
#include "card/files/walletfile.h"

enum { STEPS = 1500, SEEDS = 4, DUMP_ROOM = 0x8000 };

static struct file_chip chip, twin;
static uint32_t dice;

static uint32_t roll(uint32_t n) {
    dice = dice * 1664525u + 1013904223u;
    return (dice >> 8) % n;
}

/* ---- what can be seen ---- */

static void dump_keys(const struct store *s, const struct dir *d, struct builder *b) {
    for (uint8_t id = 0; id < 8; id++) {
        struct key_record key = {0};
        uint32_t at = 0;
        put_u16(b, (uint16_t)key_find(s, d, KEY_EXTERNAL, id, &key, &at));
        put_u8(b, key.counter);
        put_bytes(b, bytes_of(key.value, key.len));
    }
}

static void dump_wallet(const struct store *s, const struct ef *ef, struct builder *b) {
    struct wallet w;
    assert_int_equal(wallet_read(s, ef, &w), SW_OK);
    put_u32(b, w.balance);
    put_u16(b, w.offline);
    put_u16(b, w.last_offline.number);
}

static void dump_file(
    const struct store *s, const struct dir *d, const struct ef *ef, struct builder *b) {
    put_u16(b, ef->fid);
    put_u8(b, (uint8_t)ef->kind);
    put_u16(b, ef->size);
    switch (ef->kind) {
    case EF_BINARY:
        assert_int_equal(binary_read(s, ef, 0, ef->size, b), SW_OK);
        break;
    case EF_KEYS:
        dump_keys(s, d, b);
        break;
    case EF_WALLET:
        dump_wallet(s, ef, b);
        break;
    case EF_FIXED:
    case EF_VARIABLE:
    case EF_CYCLIC:
    default:
        for (unsigned n = 1; n <= record_count(s, ef); n++) {
            assert_int_equal(record_read(s, ef, (uint8_t)n, b), SW_OK);
        }
        break;
    }
}

static void dump_dir(const struct store *s, const struct dir *d, struct builder *b) {
    struct dir_info info;
    dir_read(s, d, &info);
    put_u16(b, info.fid);
    put_u32(b, info.used);
    put_u8(b, info.blocked);
    for (uint16_t fid = 0; fid < 12; fid++) {
        struct ef ef;
        if (ef_by_fid(s, d, fid, &ef) == SW_OK) {
            dump_file(s, d, &ef, b);
        }
    }
}

/* The master file and the directories 1 to 3 below it. */
static struct bytes dump(const struct file_chip *c, uint8_t room[DUMP_ROOM]) {
    struct builder b = builder_in(room, DUMP_ROOM);
    dump_dir(&c->store, &c->master, &b);
    for (uint16_t fid = 0xDF01; fid <= 0xDF03; fid++) {
        struct dir d;
        if (dir_by_fid(&c->store, &c->master, fid, &d) == SW_OK) {
            dump_dir(&c->store, &d, &b);
        }
    }
    assert_false(b.overflowed);
    return builder_bytes(&b);
}

/* ---- what can be done ---- */

/* One step, rolled once and then done on both chips. */
struct deed {
    uint32_t kind, form;
    uint16_t dir_fid, fid;
    uint8_t value, number;
};

static struct deed roll_deed(void) {
    return (struct deed){
        .kind = roll(12),
        .form = roll(7),
        .dir_fid = (uint16_t)(0xDF00 + roll(4)),
        .fid = (uint16_t)roll(12),
        .value = (uint8_t)roll(256),
        .number = (uint8_t)roll(8),
    };
}

static enum sw make_file(struct store *s, const struct dir *d, const struct deed *deed) {
    static const char *const forms[] = {"280040F0F0FFFF", "2A0404F0F0FFFF", "2E0404F0F0FFFF",
        "2C0040F0F0FFFF", "2F0208F000FF18", "3F008001F0FFFF", "28003000000000EF"};
    uint8_t data[32];
    size_t len = from_hex(forms[deed->form], data, sizeof data);
    return tree_create(s, d, deed->fid, bytes_of(data, len));
}

static enum sw make_dir(struct store *s, const struct dir *d, const struct deed *deed) {
    uint8_t data[32];
    size_t len = from_hex("380300F0F095FFFF1122334400", data, sizeof data);
    data[len - 1] = deed->number;
    return tree_create(s, d, (uint16_t)(0xDF01 + deed->form % 3), bytes_of(data, len));
}

static enum sw change_key(struct store *s, const struct dir *d, const struct deed *deed) {
    struct key_record key = {.type = KEY_EXTERNAL, .id = deed->number, .len = 16}, old;
    uint32_t at = 0;
    (void)memset(key.value, deed->value, sizeof key.value);
    enum sw sw = key_find(s, d, KEY_EXTERNAL, deed->number, &old, &at);
    if (sw == SW_OK) {
        return deed->form % 2 ? key_replace(s, at, &key) : key_count(s, at, deed->value);
    }
    return sw == SW_KEY_NOT_FOUND ? key_add(s, d, &key) : sw;
}

static enum sw change_file(struct store *s, const struct dir *d, const struct deed *deed) {
    struct ef ef;
    uint8_t data[4] = {deed->value ? deed->value : 1, 2, deed->number, deed->number};
    struct wallet w = {.balance = deed->value, .offline = deed->number};
    enum sw sw = ef_by_fid(s, d, deed->fid, &ef);
    if (sw != SW_OK) {
        return sw;
    }
    if (ef.kind == EF_WALLET) {
        return wallet_write(s, &ef, &w);
    }
    if (ef.kind == EF_BINARY) {
        return binary_update(s, &ef, deed->value, bytes_of(data, sizeof data));
    }
    return deed->form % 3 ? record_append(s, &ef, bytes_of(data, sizeof data))
                          : record_update(s, &ef, deed->number, bytes_of(data, sizeof data));
}

static enum sw act(struct store *s, const struct dir *d, const struct deed *deed) {
    switch (deed->kind) {
    case 0:
    case 1:
        return make_file(s, d, deed);
    case 2:
        return make_dir(s, d, deed);
    case 3:
        return dir_block(s, d, deed->value);
    case 4:
        /* Seldom, and only a directory: a walk that always starts again sees little. */
        return deed->value < 40 && d->depth > 1 ? dir_erase(s, d) : SW_SECURITY;
    case 5:
    case 6:
        return change_key(s, d, deed);
    default:
        return change_file(s, d, deed);
    }
}

/* A deed as a command does it: found, decided, staged, committed. */
static enum sw perform(struct file_chip *c, const struct deed *deed) {
    struct dir d = c->master;
    if (deed->dir_fid != 0xDF00 && dir_by_fid(&c->store, &c->master, deed->dir_fid, &d) != SW_OK) {
        d = c->master;
    }
    store_begin(&c->store);
    return chip_end(c, act(&c->store, &d, deed));
}

static void step(void) {
    static uint8_t before_room[DUMP_ROOM], after_room[DUMP_ROOM], seen_room[DUMP_ROOM];
    struct deed deed = roll_deed();
    struct bytes before = dump(&twin, before_room);
    enum sw expected = perform(&twin, &deed);
    struct bytes after = dump(&twin, after_room);
    assert_true(expected == SW_OK || bytes_equal(before, after));

    memory_cut_after(&chip.memory, roll(8), (uint8_t)roll(256));
    enum sw sw = perform(&chip, &deed);
    assert_true(sw == expected || sw != SW_OK); /* in the dark, files are not found */
    chip_reset(&chip);
    struct bytes seen = dump(&chip, seen_room);
    assert_true(bytes_equal(seen, after) || (sw != SW_OK && bytes_equal(seen, before)));
    if (!bytes_equal(seen, after)) {
        assert_int_equal(perform(&chip, &deed), expected);
        assert_true(bytes_equal(dump(&chip, seen_room), after));
    }
}

static void a_random_walk_never_meets_half_a_change(void **state) {
    (void)state;
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        print_message("files walk: seed %u\n", seed);
        dice = seed;
        chip_make(&chip);
        chip_make(&twin);
        for (unsigned i = 0; i < STEPS; i++) {
            step();
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_random_walk_never_meets_half_a_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
