# For the day's work: quick to build, easy to step through.
include conf/common.mk
CC := gcc
CFLAGS += -Og -g3
