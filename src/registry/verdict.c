#include "registry/verdict.h"

#include <assert.h>

static const struct verdict_text texts[VERDICTS] = {
#define VERDICT(member, name, known, zh, en, next) [member] = {name, known, zh, en, next},
#include "registry/verdict.def"
};

const struct verdict_text *verdict_text(enum verdict verdict) {
    assert(verdict < VERDICTS);
    return &texts[verdict];
}
