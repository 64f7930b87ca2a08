# Counts which lines and branches the tests reach: make CONF=cov test, then gcov.
include conf/common.mk
CC := gcc
CFLAGS += -O0 -g --coverage
LDFLAGS := --coverage
