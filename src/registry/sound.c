#include "registry/sound.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "host/gb18030.h"

enum {
    HAN_FIRST = 0x3007, /* the zero; then extension A and the rest of the planes 0, 2 and 3 */
    HAN_LAST = 0x3FFFF,
    MIDDLE_DOT = 0xB7,
    SYLLABLE_MAX = 6,
};

static const struct {
    const char *syllable, *characters;
} sounds[] = {
#define SOUND(syllable, characters) {syllable, characters},
#include "registry/sound.def"
};
enum { SOUNDS = sizeof sounds / sizeof sounds[0] };

static const struct {
    const char *characters, *syllables;
} surnames[] = {
#define SURNAME(characters, syllables) {characters, syllables},
#include "registry/surname.def"
};
enum { SURNAMES = sizeof surnames / sizeof surnames[0] };

/* For each character the place of its line in sounds[] from 1, or 0. */
static uint16_t line_of[HAN_LAST - HAN_FIRST + 1];
static pthread_once_t indexed = PTHREAD_ONCE_INIT;

/* One line of the table into the index. */
static void index_line(size_t line) {
    struct cursor c = cursor_over(bytes_text(sounds[line].characters));
    assert(strlen(sounds[line].syllable) <= SYLLABLE_MAX);
    while (c.rest.len > 0) {
        int32_t character = utf8_next(&c);
        assert(character >= HAN_FIRST && character <= HAN_LAST);
        line_of[character - HAN_FIRST] = (uint16_t)(line + 1);
    }
}

static void make_index(void) {
    for (size_t i = 0; i < SOUNDS; i++) {
        index_line(i);
    }
}

const char *sound_of_character(int32_t character) {
    (void)pthread_once(&indexed, make_index);
    bool han = character >= HAN_FIRST && character <= HAN_LAST;
    unsigned line = han ? line_of[character - HAN_FIRST] : 0;
    assert(line <= SOUNDS);
    return line > 0 ? sounds[line - 1].syllable : NULL;
}

/* The line of surname.def that the name begins with, the longest first, or NULL. A name of nothing
 * but the family name is one, too. */
static const char *surname_of(struct bytes name, size_t *len) {
    const char *syllables = NULL;
    *len = 0;
    for (size_t i = 0; i < SURNAMES; i++) {
        struct bytes surname = bytes_text(surnames[i].characters);
        if (surname.len > *len && surname.len <= name.len
            && memcmp(surname.at, name.at, surname.len) == 0) {
            *len = surname.len;
            syllables = surnames[i].syllables;
        }
    }
    return syllables;
}

/* Appends a character's syllable, or the character itself as a code. */
static int append(char *sound, size_t room, int32_t character) {
    const char *syllable = sound_of_character(character);
    return syllable ? snprintf(sound, room, "%s ", syllable)
                    : snprintf(sound, room, "u%x ", (unsigned)character);
}

bool sound_of(struct bytes name, char sound[SOUND_ROOM]) {
    size_t family = 0;
    const char *begins = surname_of(name, &family);
    size_t len = begins ? strlen(begins) : 0;
    struct cursor c = cursor_over(bytes_of(name.at + family, name.len - family));
    (void)memcpy(sound, begins ? begins : "", len);
    while (c.rest.len > 0) {
        int32_t character = utf8_next(&c);
        int more = character == MIDDLE_DOT ? 0 : append(sound + len, SOUND_ROOM - len, character);
        if (character < 0 || more < 0 || (size_t)more >= SOUND_ROOM - len) {
            sound[0] = '\0';
            return false;
        }
        len += (size_t)more;
    }
    sound[len] = '\0';
    assert(len < SOUND_ROOM);
    return true;
}

/* FNV-1a, and a last stir, so that the high bits are as good as the low ones. */
uint64_t sound_hash(const char *sound) {
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (; *sound; sound++) {
        hash = (hash ^ (uint8_t)*sound) * UINT64_C(0x100000001B3);
    }
    hash = (hash ^ (hash >> 32)) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 29);
}
