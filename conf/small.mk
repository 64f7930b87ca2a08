# The card as small as conf/cortex-m0.mk builds it, for the tests of the host: make CONF=small tests
include conf/common.mk
CC := gcc
CFLAGS += -Og -g3 $(SMALL)
