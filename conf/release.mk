# What ./run builds and a centre installs: optimised and hardened.
include conf/common.mk
CC := gcc
CFLAGS += -O2 -g -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -fPIE \
          -ftrivial-auto-var-init=zero -fno-delete-null-pointer-checks \
          -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
LDFLAGS := -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack
