/* The S-box of SM4 as gates, its key schedule, and the matrices of the path for GFNI, against the table
 * of the standard. */
#include "check.h"

#include "bulk/path.h"
#include "crypto/sm4.h"

enum { FIELD = 0x11B /* the polynomial of AES, which the instructions have */ };

/* [GB/T 32907-2016, 6.2] */
static const char standard_text[] =
    "d690e9fecce13db716b614c228fb2c052b679a762abe04c3aa44132649860699"
    "9c4250f491ef987a33540b43edcfac62e4b31ca9c908e89580df94fa758f3fa6"
    "4707a7fcf37317ba83593c19e6854fa8686b81b27164da8bf8eb0f4b70569d35"
    "1e240e5e6358d1a225227c3b01217887d40046579fd327524c3602e7a0c4c89e"
    "eabf8ad240c738b5a3f7f2cef96115a1e0ae5da49b341a55ad933230f58cb1e3"
    "1df6e22e8266ca60c02923ab0d534e6fd5db3745defd8e2f03ff6a726d6c5b51"
    "8d1baf92bbddbc7f11d95c411f105ad80ac13188a5cd7bbd2d74d012b8e5b4b0"
    "8969974a0c96777e65b9f109c56ec68418f07dec3adc4d2079ee5f3ed7cb3948";

static uint8_t standard[256];

static int read_standard(void **state) {
    (void)state;
    assert_int_equal(from_hex(standard_text, standard, sizeof standard), 256);
    return 0;
}

/* What the gates make of a byte, SM4_ENTRY already added. */
static uint8_t by_gates(uint8_t in) {
    unsigned w0 = in & 1, w1 = in >> 1 & 1, w2 = in >> 2 & 1, w3 = in >> 3 & 1;
    unsigned w4 = in >> 4 & 1, w5 = in >> 5 & 1, w6 = in >> 6 & 1, w7 = in >> 7 & 1;
#define XOR(n, a, b) unsigned w##n = w##a ^ w##b;
#define AND(n, a, b) unsigned w##n = w##a & w##b;
#define NOT(n, a)    unsigned w##n = 1 ^ w##a;
#define ENDS(a, b, c, d, e, f, g, h)                                                               \
    return (uint8_t)(w##a | w##b << 1 | w##c << 2 | w##d << 3 | w##e << 4 | w##f << 5 | w##g << 6  \
                     | w##h << 7);
#include "bulk/sm4_gates.def"
}

static void the_gates_are_the_standards_for_all_256_inputs(void **state) {
    (void)state;
    for (unsigned in = 0; in < 256; in++) {
        assert_int_equal(by_gates((uint8_t)(in ^ (SM4_ENTRY & 0xFF))), standard[in]);
    }
}

static void constants_are_sevens(void **state) {
    (void)state;
    for (size_t r = 0; r < SM4_ROUNDS; r++) {
        for (size_t j = 0; j < 4; j++) {
            assert_int_equal(sm4_constants[r] >> (24 - 8 * j) & 0xFF, (7 * (4 * r + j)) % 256);
        }
    }
}

/* One round after the other with the shared keys and the standard's table must be what sm4_encrypt()
 * computes. */
static void shared_rounds_encipher_as_the_plain_way_does(void **state) {
    (void)state;
    const struct key128 key = {
        {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32,
         0x10}
    };
    struct shared_sm4 shared;
    uint8_t expected[SM4_BLOCK], made[SM4_BLOCK];
    uint32_t x[36];
    shared_sm4_prepare(&shared, &key);
    sm4_encrypt(&key, key.bytes, expected);
    for (size_t i = 0; i < 4; i++) {
        const uint8_t *at = key.bytes + 4 * i;
        x[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
    for (size_t r = 0; r < SM4_ROUNDS; r++) {
        uint32_t sum = x[r + 1] ^ x[r + 2] ^ x[r + 3] ^ shared.rounds[r] ^ SM4_ENTRY, s = 0;
        for (unsigned shift = 0; shift < 32; shift += 8) {
            s |= (uint32_t)standard[sum >> shift & 0xFF] << shift;
        }
        x[r + 4] = x[r] ^ s;
        for (unsigned by = 2; by <= 24; by += by == 18 ? 6 : 8) {
            x[r + 4] ^= s << by | s >> (32 - by);
        }
    }
    for (size_t i = 0; i < SM4_BLOCK; i++) {
        made[i] = (uint8_t)(x[35 - i / 4] >> (24 - 8 * (i % 4)));
    }
    assert_memory_equal(made, expected, SM4_BLOCK);
    assert_hex(bytes_of(made, SM4_BLOCK), "681EDF34D206965E86B3E94F536E4246"); /* [appendix A.1] */
}

/* --- the matrices --------------------------------------------------------------------------------- */

static uint8_t field_times(uint8_t a, uint8_t b) {
    unsigned product = 0, shifted = a;
    for (unsigned i = 0; i < 8; i++) {
        product ^= b >> i & 1 ? shifted : 0;
        shifted = shifted << 1 ^ (shifted & 0x80 ? FIELD : 0);
    }
    return (uint8_t)product;
}

static uint8_t field_inverse(uint8_t a) {
    for (unsigned b = 1; b < 256; b++) {
        if (field_times(a, (uint8_t)b) == 1) {
            return (uint8_t)b;
        }
    }
    return 0;
}

/* A matrix as the instructions take it: row for the highest bit in the lowest byte. */
static uint8_t mapped(uint64_t matrix, uint8_t in) {
    uint8_t out = 0;
    for (unsigned bit = 0; bit < 8; bit++) {
        unsigned row = (unsigned)(matrix >> (8 * (7 - bit))) & in;
        out |= (uint8_t)((unsigned)__builtin_parity(row) << bit);
    }
    return out;
}

static uint8_t turned(uint8_t byte) {
    return (uint8_t)(byte << 2 | byte >> 6);
}

static void matrices_make_the_box_and_its_rotations(void **state) {
    (void)state;
    for (unsigned in = 0; in < 256; in++) {
        uint8_t x = (uint8_t)in, s = standard[in];
        uint8_t sum = (uint8_t)(mapped(SM4_MATRIX_IN, x) ^ SM4_ENTRY_ADDED);
        uint8_t inverse = field_inverse(sum);
        assert_int_equal(mapped(SM4_MATRIX_BACK, mapped(SM4_MATRIX_IN, x)), x);
        assert_int_equal(mapped(SM4_MATRIX_IN, SM4_ENTRY & 0xFF), SM4_ENTRY_ADDED);
        assert_int_equal(mapped(SM4_MATRIX_OUT, inverse) ^ SM4_OUT_ADDED, s);
        /* What a byte adds to its own place, to the next two, and to the third: without what the box
         * adds to every byte, which OWN_ADDED makes good. */
        uint8_t plain = s ^ SM4_OUT_ADDED;
        uint8_t own = (uint8_t)(plain ^ (uint8_t)(plain << 2)), far = plain ^ (plain >> 6);
        assert_int_equal(mapped(SM4_MATRIX_OWN, inverse), mapped(SM4_MATRIX_IN, own));
        assert_int_equal(mapped(SM4_MATRIX_NEAR, inverse), mapped(SM4_MATRIX_IN, turned(plain)));
        assert_int_equal(mapped(SM4_MATRIX_FAR, inverse), mapped(SM4_MATRIX_IN, far));
    }
    assert_int_equal(mapped(SM4_MATRIX_IN, turned(SM4_OUT_ADDED)), SM4_OWN_ADDED);
}

/* What a byte adds in the key schedule to its own place and to the three before it, turning by 13 and
 * 23 bits: the sum of the word's four, each at its place, must be the standard's. */
static void matrices_make_the_rotations_of_the_key_schedule(void **state) {
    (void)state;
    for (unsigned in = 0; in < 256; in++) {
        uint8_t inverse = field_inverse((uint8_t)in);
        uint32_t word = mapped(SM4_MATRIX_OUT, inverse); /* the byte is its lowest */
        uint32_t turned = word ^ word << 13 ^ word << 23 ^ word >> 9;
        assert_int_equal(mapped(SM4_MATRIX_KEY_OWN, inverse), mapped(SM4_MATRIX_IN, turned & 0xFF));
        assert_int_equal(
            mapped(SM4_MATRIX_KEY_NEAR, inverse), mapped(SM4_MATRIX_IN, turned >> 8 & 0xFF));
        assert_int_equal(
            mapped(SM4_MATRIX_KEY_NEXT, inverse), mapped(SM4_MATRIX_IN, turned >> 16 & 0xFF));
        assert_int_equal(
            mapped(SM4_MATRIX_KEY_FAR, inverse), mapped(SM4_MATRIX_IN, (uint8_t)(turned >> 24)));
    }
    const uint32_t added = SM4_OUT_ADDED * 0x01010101U;
    assert_int_equal(mapped(SM4_MATRIX_IN,
                         (added ^ added << 13 ^ added >> 19 ^ added << 23 ^ added >> 9) & 0xFF),
        SM4_KEY_ADDED);
}

static void a_word_in_the_field_has_each_byte_four_times(void **state) {
    (void)state;
    for (unsigned in = 0; in < 256; in++) {
        struct field_word word;
        const uint8_t bytes[4] = {(uint8_t)in, (uint8_t)(in + 1), (uint8_t)(in ^ 0x80), 0x5A};
        field_word_of(&word, (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16
                                 | (uint32_t)bytes[2] << 8 | bytes[3]);
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(word.bytes[i], mapped(SM4_MATRIX_IN, bytes[i]) * 0x01010101U);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gates_are_the_standards_for_all_256_inputs),
        cmocka_unit_test(constants_are_sevens),
        cmocka_unit_test(shared_rounds_encipher_as_the_plain_way_does),
        cmocka_unit_test(matrices_make_the_box_and_its_rotations),
        cmocka_unit_test(matrices_make_the_rotations_of_the_key_schedule),
        cmocka_unit_test(a_word_in_the_field_has_each_byte_four_times),
    };
    return cmocka_run_group_tests(tests, read_standard, NULL);
}
