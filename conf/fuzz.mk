# The fuzzers of tests/fuzz with libFuzzer: make CONF=fuzz fuzz
include conf/common.mk
CC := clang
CFLAGS += -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
          -fno-sanitize-recover=all
LDFLAGS := -fsanitize=fuzzer-no-link,address,undefined
