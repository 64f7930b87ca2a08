# The card alone, freestanding, for a Cortex-M0: make CONF=cortex-m0 firmware
include conf/common.mk
CC      := arm-none-eabi-gcc
AR      := arm-none-eabi-gcc-ar
# "Done" is zero inside the card [base/features.h].
YES     := -DCARD_YES=0
# The whole card is optimised at once, when it is linked. What is called once keeps a frame of its own:
# otherwise the loop's would hold the locals of them all.
LTO     := -flto -flto-partition=one -fno-ipa-sra -fno-inline-functions-called-once \
           -fno-move-loop-invariants -fno-if-conversion -fno-jump-tables -fno-forward-propagate \
           -fno-ipa-cp -fno-expensive-optimizations
CFLAGS  := -std=c11 $(WARN) $(SMALL) $(YES) -Wcast-align=strict -Os -g -ffreestanding -mcpu=cortex-m0 -mthumb \
           -ffunction-sections -fdata-sections -fstack-usage -fcallgraph-info=su $(LTO)
LDFLAGS := -nostartfiles --specs=nano.specs -Wl,--gc-sections -Wl,--fatal-warnings
LDLIBS  :=
FOLDERS := base crypto wire card/store card/files card/guard card/purse card/commands card/loop
PORT    := cortex-m0
# What a chip of the class has room for; tools/firmware.py refuses more. [decision 0019]
LIMITS  := --code 20480 --ram 1536 --stack 1024
