# The second opinion: clang, its own warnings as errors.
include conf/common.mk
CC := clang
CFLAGS += -O2 -g
