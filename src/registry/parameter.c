#include "registry/parameter.h"

#include <assert.h>

static const struct parameter_text texts[PARAMETERS] = {
#define PARAMETER(member, name, value, least, most, meaning)                                       \
    [PARAMETER_##member] = {name, value, least, most, meaning},
#include "registry/parameter.def"
};

const struct parameter_text *parameter_text(enum parameter which) {
    assert(which < PARAMETERS);
    assert(texts[which].least <= texts[which].value);
    assert(texts[which].value <= texts[which].most);
    return &texts[which];
}
