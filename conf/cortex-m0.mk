# The card alone, freestanding, for a Cortex-M0: make CONF=cortex-m0 firmware
include conf/common.mk
CC      := arm-none-eabi-gcc
AR      := arm-none-eabi-ar
SIZE    := arm-none-eabi-size
CFLAGS  := -std=c11 $(WARN) $(SMALL) -Wcast-align=strict -Os -g -ffreestanding -mcpu=cortex-m0 -mthumb \
           -ffunction-sections -fdata-sections -fstack-usage
LDFLAGS := -nostartfiles --specs=nano.specs -Wl,--gc-sections -Wl,--fatal-warnings
LDLIBS  :=
FOLDERS := base crypto wire card/store card/files card/guard card/purse card/commands card/loop
PORT    := cortex-m0
