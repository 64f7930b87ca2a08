/* Any bytes as a line of a file of people: what the rules accept holds what they promise. */
#include <assert.h>

#include "base/day.h"
#include "host/csv.h"
#include "host/gb18030.h"
#include "registry/person.h"
#include "registry/region.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TODAY = 20031008, LINE_MAX = 4096 };

static void check_accepted(const struct person_facts *facts) {
    char number[NUMBER_LEN + 1];
    uint8_t gb[PERSON_NAME_ROOM];
    size_t bad_at = 0;
    struct builder b = builder_in(gb, sizeof gb);
    number_write(facts->number17, number);
    assert(number17_of(bytes_text(number)) == facts->number17);
    assert(day_exists(facts->birth) && facts->birth >= 19000101 && facts->birth <= TODAY);
    assert(facts->sex == (facts->number17 % 2 ? 1 : 2));
    assert(facts->nation >= 1 && facts->nation <= 56);
    assert(region_exists(facts->region, TODAY));
    assert(facts->name.len > 0 && facts->name.len < PERSON_NAME_ROOM);
    assert(utf8_to_gb18030(facts->name, &b, &bad_at));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t utf8[2 * LINE_MAX], gb[2 * LINE_MAX], text[2 * LINE_MAX];
    uint16_t end[PERSON_FIELDS];
    struct person_words words;
    struct person_facts facts;
    size_t bad_at = 0;
    struct builder b = builder_in(utf8, sizeof utf8);
    struct builder back = builder_in(gb, sizeof gb);
    struct builder fields = builder_in(text, sizeof text);
    if (size > LINE_MAX || !gb18030_to_utf8(bytes_of(data, size), &b, &bad_at)) {
        assert(size > LINE_MAX || bad_at < size);
        return 0;
    }
    assert(b.len <= utf8_room(size));
    assert(utf8_to_gb18030(builder_bytes(&b), &back, &bad_at));
    if (!csv_split(builder_bytes(&b), &fields, end, PERSON_FIELDS)) {
        return 0;
    }
    for (int i = 0; i < PERSON_FIELDS; i++) {
        uint16_t from = i == 0 ? 0 : end[i - 1];
        assert(from <= end[i] && end[i] <= fields.len);
        words.word[i] = bytes_of(text + from, end[i] - (size_t)from);
    }
    if (person_check(&words, TODAY, &facts) == ACCEPTED) {
        check_accepted(&facts);
    }
    return 0;
}
