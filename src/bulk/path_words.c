/* 64-bit words: 64 lanes, for every processor. */
#include "bulk/path.h"
#include "bulk/sliced_des.h"
#include "bulk/sliced_sm4.h"

static bool words_here(void) {
    return true;
}

/* The few registers of a processor that has no other path are in use again at once. */
static void words_forget(void) {
}

const struct path path_des_words = {
    .name = "64-bit words", .here = words_here, .forget = words_forget, SLICED_DES};
const struct path path_sm4_words = {
    .name = "64-bit words", .here = words_here, .forget = words_forget, SLICED_SM4};
