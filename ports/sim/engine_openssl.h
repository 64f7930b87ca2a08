/* The cipher engine of programs that simulate chips: OpenSSL's low-level DES and its SM4, several
 * times as fast as the chip's own code. [crypto/engine.h]
 *
 *     engine_use(&engine_openssl);    at the start of the program, before there is a second thread
 *
 * It looks secrets up in tables, so whoever shares the processor's cache may learn something of
 * them: it is for chips that hold the keys of rehearsals and tests, never for one in a person's
 * hand. */
#pragma once

#include "crypto/engine.h"

extern const struct engine engine_openssl;
