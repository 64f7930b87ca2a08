/* Files in groups against the reader that takes one record after another: the same files are whole,
 * with the same figures, and the same ones are bad for the same reason. */
#include "clearing/world.h"

#include <unistd.h>

#include "clearing/partition_file.h"
#include "host/files.h"
#include "host/rng.h"

enum { GROUPS = 60, RECORDS_MOST = 30, FILES_MOST = FILES_AT_ONCE + 9 };

struct folder {
    char name[64];
    char paths[FILES_MOST][96];
    const char *list[FILES_MOST];
    struct file_group group;
};

static struct folder *new_folder(void) {
    struct folder *f = calloc(1, sizeof *f);
    assert_non_null(f);
    (void)snprintf(f->name, sizeof f->name, "/tmp/shebao-group-XXXXXX");
    assert_non_null(mkdtemp(f->name));
    for (size_t i = 0; i < FILES_MOST; i++) {
        (void)snprintf(f->paths[i], sizeof f->paths[i], "%s/%zu", f->name, i);
        f->list[i] = f->paths[i];
    }
    return f;
}

static void drop_folder(struct folder *f) {
    char command[128];
    file_group_free(&f->group);
    (void)snprintf(command, sizeof command, "rm -r %s", f->name);
    assert_int_equal(system(command), 0);
    free(f);
}

static void save(const char *path, const uint8_t *at, size_t len) {
    struct why why = {{0}};
    must(files_write(path, bytes_of(at, len), &why), &why);
}

/* What upload_open() and upload_next() say of the same bytes. */
static void compare(const struct group_file *file, struct bytes bytes) {
    struct upload_reader reader;
    struct upload_record record;
    enum upload_step step = UPLOAD_RECORD;
    struct bytes view = bytes;
    bool open = upload_open(&reader, upload_source_bytes(&view));
    while (open && step == UPLOAD_RECORD) {
        step = upload_next(&reader, &record);
    }
    if (!open || step != UPLOAD_END) {
        assert_non_null(file->trouble);
        assert_string_equal(file->trouble, upload_fault_text(reader.fault));
        return;
    }
    assert_null(file->trouble);
    assert_int_equal(file->count, reader.trailer.count);
    assert_int_equal(file->fen, reader.trailer.total_fen);
    assert_memory_equal(file->digest, reader.trailer.digest, SM3_LEN);
    assert_memory_equal(&file->header, &reader.header, sizeof reader.header);
    assert_int_equal(file->bytes.len, bytes.len);
    assert_memory_equal(file->bytes.at, bytes.at, bytes.len);
}

static void read_group(struct folder *f, size_t from, size_t count) {
    struct why why = {{0}};
    must(file_group_read(&f->group, f->list + from, count, &why), &why);
    assert_true(f->group.count >= 1 && f->group.count <= count);
}

static void random_file(struct file *f, struct rng *rng) {
    struct upload_record records[RECORDS_MOST];
    size_t count = rng_below(rng, RECORDS_MOST + 1);
    for (size_t i = 0; i < count; i++) {
        records[i] = purchase((unsigned)(1 + rng_below(rng, 9)), 1, (uint32_t)i + 1, (uint16_t)i,
            50000, (uint32_t)(1 + rng_below(rng, 900)));
        if (rng_below(rng, 10) == 0) {
            records[i].trade = TRADE_MEDICAL_PURCHASE;
            records[i].asn[0] = records[i].asn[1] = 0;
        }
    }
    file_of(f, "P0000001", 1, records, count);
    uint64_t how = rng_below(rng, 6);
    if (how == 0) {
        f->len = rng_below(rng, f->len);
    } else if (how == 1) {
        f->bytes[rng_below(rng, f->len)] ^= (uint8_t)(1 + rng_below(rng, 255));
    } else if (how == 2) {
        f->len += 1 + rng_below(rng, 100);
    }
}

static void random_groups_are_read_as_the_reader_reads_them(void **state) {
    (void)state;
    struct rng rng = rng_stream(1, "groups", 0);
    struct folder *f = new_folder();
    struct file *files = calloc(FILES_MOST, sizeof *files);
    assert_non_null(files);
    for (unsigned round = 0; round < GROUPS; round++) {
        size_t count = 1 + rng_below(&rng, FILES_MOST), done = 0;
        for (size_t i = 0; i < count; i++) {
            random_file(&files[i], &rng);
            save(f->paths[i], files[i].bytes, files[i].len);
        }
        while (done < count) {
            read_group(f, done, count - done);
            for (size_t i = 0; i < f->group.count; i++) {
                compare(&f->group.files[i], bytes_of(files[done + i].bytes, files[done + i].len));
            }
            done += f->group.count;
        }
    }
    free(files);
    drop_folder(f);
}

static void every_prefix_and_every_flipped_byte_has_its_reason(void **state) {
    (void)state;
    struct folder *f = new_folder();
    struct file *file = calloc(1, sizeof *file);
    assert_non_null(file);
    struct upload_record records[3];
    for (unsigned i = 0; i < 3; i++) {
        records[i] = purchase(i + 1, 1, i + 1, 0, 50000, 100 + i);
    }
    records[1].trade = TRADE_MEDICAL_PURCHASE;
    records[1].asn[0] = records[1].asn[1] = 0;
    file_of(file, "P0000001", 1, records, 3);
    for (size_t i = 0; i < file->len; i++) {
        save(f->paths[0], file->bytes, i);
        file->bytes[i] ^= 0x11;
        save(f->paths[1], file->bytes, file->len);
        read_group(f, 0, 2);
        assert_int_equal(f->group.count, 2);
        assert_non_null(f->group.files[1].trouble);
        compare(&f->group.files[1], bytes_of(file->bytes, file->len));
        file->bytes[i] ^= 0x11;
        compare(&f->group.files[0], bytes_of(file->bytes, i));
    }
    free(file);
    drop_folder(f);
}

/* What cannot be read is bad, and the others of its group are not. */
static void what_cannot_be_read_is_bad_alone(void **state) {
    (void)state;
    struct folder *f = new_folder();
    struct file *file = calloc(1, sizeof *file);
    assert_non_null(file);
    struct upload_record r = purchase(1, 1, 1, 0, 50000, 100);
    file_of(file, "P0000001", 1, &r, 1);
    save(f->paths[1], file->bytes, file->len);
    f->list[0] = "/nowhere/at/all";
    f->list[2] = f->name; /* a folder */
    read_group(f, 0, 3);
    assert_int_equal(f->group.count, 3);
    assert_non_null(f->group.files[0].trouble);
    assert_null(f->group.files[1].trouble);
    assert_int_equal(f->group.files[1].count, 1);
    assert_non_null(f->group.files[2].trouble);
    free(file);
    drop_folder(f);
}

/* A file longer than a group's usual room makes a group of its own; a room once made is used again. */
static void a_long_file_comes_alone(void **state) {
    (void)state;
    struct folder *f = new_folder();
    size_t len = (size_t)FILES_BYTES + 1000;
    uint8_t *room = calloc(1, len);
    struct file *file = calloc(1, sizeof *file);
    assert_true(room && file);
    struct upload_record r = purchase(1, 1, 1, 0, 50000, 100);
    file_of(file, "P0000001", 1, &r, 1);
    save(f->paths[0], room, len);
    save(f->paths[1], file->bytes, file->len);
    save(f->paths[2], room, len);
    read_group(f, 0, 3);
    assert_int_equal(f->group.count, 1);
    assert_string_equal(f->group.files[0].trouble, upload_fault_text(UPLOAD_NO_UPLOAD));
    read_group(f, 1, 2);
    assert_int_equal(f->group.count, 1);
    assert_null(f->group.files[0].trouble);
    read_group(f, 2, 1);
    assert_non_null(f->group.files[0].trouble);
    free(room);
    free(file);
    drop_folder(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_groups_are_read_as_the_reader_reads_them),
        cmocka_unit_test(every_prefix_and_every_flipped_byte_has_its_reason),
        cmocka_unit_test(what_cannot_be_read_is_bad_alone),
        cmocka_unit_test(a_long_file_comes_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
