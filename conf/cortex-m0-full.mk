# The same card with everything it can do, for a chip with more room: make CONF=cortex-m0-full firmware
include conf/cortex-m0.mk
CFLAGS := $(filter-out $(SMALL),$(CFLAGS))
LIMITS :=
