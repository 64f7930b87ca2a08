# All tests under clang's address and undefined-behaviour sanitizers.
include conf/common.mk
CC := clang
CFLAGS += -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LDFLAGS := -fsanitize=address,undefined
