/* Files of people for tests: written line by line as UTF-8, kept as GB 18030. */
#pragma once

#include "check.h"
#include "host/gb18030.h"
#include "host/scratch.h"

#define PEOPLE_HEADING                                                                             \
    "AAC002,AAC003,AAC004,AAC005,AAC006,AAB301,AAC009,AAE006,AAE007,AAE005,AAE004,AAB001,AAB004"

/* A good line of the person with that number and name. */
#define PEOPLE_REST      "2,01,19761211,440111,11,广州市白云区,510020,020-05375181,10034940275,GZ1,小学"
#define LIANG            "990102197612115183,梁思," PEOPLE_REST
#define LIANG_OTHER_NAME "990102197612115183,梁慧," PEOPLE_REST
#define LIANG_OLD_NUMBER "990102761211518,梁思," PEOPLE_REST
#define LIANG_MOVED                                                                                    \
    "990102197612115183,梁思,2,01,19761211,440104,11,新地址,510020,020-05375181,10034940275,GZ1," \
    "小学"
#define SU                                                                                         \
    "990402198311269921,苏洋慧,2,01,19831126,440102,10,广州市东山区,510070,,10086783091," \
    "GZ0001001,"
#define ZHU "99020219381103771x,朱娣镕,1,01,19381103,440183,10,\"一号, \"\"东座\"\"\",510062,,,,"

/* Writes bytes as they are. */
static inline void people_write_bytes(const char *path, const void *at, size_t len) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(at, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

/* The GB 18030 of text in room; returns its length. */
static inline size_t people_encode(const char *text, uint8_t *room, size_t room_len) {
    size_t bad_at = 0;
    struct builder b = builder_in(room, room_len);
    assert_true(utf8_to_gb18030(bytes_text(text), &b, &bad_at));
    assert_false(b.overflowed);
    return b.len;
}

static inline void people_write(const char *path, const char *text) {
    uint8_t room[16384];
    people_write_bytes(path, room, people_encode(text, room, sizeof room));
}
