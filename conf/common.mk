# What every way of building shares. A warning is an error.
WARN := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wundef -Wvla \
        -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wformat=2 \
        -Wimplicit-fallthrough -Wswitch-enum -Wdouble-promotion -Wnull-dereference -Werror
LIBS    := sqlite3 libcrypto jansson libmicrohttpd libpcsclite libseccomp libargon2 libpq \
           pangocairo pangoft2 libqrencode xlsxwriter libjpeg
# The headers of pcsc-lite, libpq and PKCS#11 (declarations only) lie in folders of their own.
CFLAGS  := -std=c11 -D_GNU_SOURCE $(WARN) \
           $(patsubst -I%,-isystem %,$(shell pkg-config --cflags-only-I libpcsclite p11-kit-1 libpq pangocairo pangoft2))
LDLIBS   = $(shell pkg-config --libs $(LIBS)) -lpthread -lm
CMOCKA  := -lcmocka
AR      := ar
# What a small chip does without [src/base/features.h].
SMALL   := -DCARD_SAM=0 -DCARD_SM4=0 -DCARD_DATANG=0 -DCARD_MIRROR=0 -DCARD_COMPOUND=0
