# make                     the program
# make check               the tests, and every rule a machine can hold us to
# make CONF=asan test      the tests under the sanitizers; conf/ has one page for each way to build
# make CONF=fuzz fuzz      each decoder's fuzzer for FUZZ_SECONDS
# make CONF=cortex-m0 firmware   the card alone, for a microcontroller
CONF ?= debug
include conf/$(CONF).mk

B       := build/$(CONF)
FOLDERS ?= $(filter-out apps,$(shell sed -n 's/^\([a-z0-9/_-]*\):.*/\1/p' LAYERS))
PORT    ?= sim
SOURCES := $(wildcard $(FOLDERS:%=src/%/*.c)) $(wildcard ports/$(PORT)/*.c)
HEADERS := $(wildcard $(FOLDERS:%=src/%/*.h) src/apps/*.h ports/$(PORT)/*.h)
APPS    := $(wildcard src/apps/*.c)
TESTS   := $(patsubst tests/%.c,$(B)/tests/%,$(shell find tests -name '*_test.c' | sort))
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))
INCLUDE := -Isrc -I.
VERSION := $(shell cat VERSION)
CFLAGS  += -DSHEBAO_VERSION='"$(VERSION)"'
FUZZ_SECONDS ?= 60
TIDY_LANES ?= 2
# Every function of a library is found when a program starts: at its first call the loader would put all
# registers on the stack, and what they hold of a key with them.
BIND    := -Wl,-z,now

all: $(B)/shebao

$(B)/ours.a: $(SOURCES:%.c=$(B)/%.o)
	@rm -f $@
	@$(AR) rcs $@ $^

$(B)/shebao: $(APPS:%.c=$(B)/%.o) $(B)/ours.a
	@$(CC) $(LDFLAGS) $(BIND) $^ $(LDLIBS) -o $@
	@echo "built $@"

$(B)/tests/%: tests/%.c $(B)/ours.a
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(INCLUDE) -Itests -MMD -MP -MF $@.d $< $(B)/ours.a $(LDFLAGS) $(BIND) $(LDLIBS) $(CMOCKA) -o $@

$(B)/fuzz/%: tests/fuzz/%.c $(B)/ours.a
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(INCLUDE) -Itests -fsanitize=fuzzer $< $(B)/ours.a $(LDFLAGS) $(LDLIBS) -o $@

$(B)/%.o: %.c conf/$(CONF).mk conf/common.mk VERSION
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(INCLUDE) -MMD -MP -c $< -o $@

check: test alone layers sheets format tidy cppcheck

tests: $(TESTS)
test: $(TESTS) $(B)/shebao
	@SHEBAO=$(abspath $(B)/shebao) LSAN_OPTIONS=suppressions=tests/leaks.txt:print_suppressions=0 \
	    tools/run-tests $(TESTS)
test-small: $(B)/tests/stories/stories_test $(B)/tests/stories/script_test # CONF=small
	@tools/run-tests $^

alone: # every header compiles with nothing before it
	@for h in $(HEADERS); do \
	    echo "#include \"$${h#src/}\"" | $(CC) $(CFLAGS) $(INCLUDE) -fsyntax-only -x c - || exit 1; done
layers:
	@python3 tools/measure_c.py src --layers LAYERS
sheets: # docs/sheets says what the tables say; tools/sheets.py alone writes them anew
	@python3 tools/sheets.py --check
format:
	@clang-format --dry-run -Werror $(HEADERS) $(SOURCES) $(APPS) $(shell find tests -name '*.[ch]')
tidy: # two at a time; TIDY=files narrows it
	@printf '%s\n' $(or $(TIDY),$(SOURCES) $(APPS)) | xargs -P$(TIDY_LANES) -n4 tools/tidy
cppcheck:
	@cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 \
	    --max-configs=1 --suppress=missingIncludeSystem -Isrc -I. -j2 src ports/$(PORT)
firmware: $(B)/firmware.elf $(B)/emulated.elf # its size, RAM and stack; fails above the limits
	@python3 tools/firmware.py $< $(LIMITS)
# What the linker's optimiser writes about the call graph lies in a folder beside the program.
link_card = @rm -rf $@.graph && mkdir -p $@.graph && cp $(STRINGS:.o=.ci) $@.graph && \
	$(CC) $(CFLAGS) -dumpdir $@.graph/ $(LDFLAGS) -T ports/$(PORT)/board.ld $(filter %.o %.a,$^) -o $@
STRINGS := $(B)/ports/cortex-m0/strings.o
$(STRINGS): CFLAGS += -fno-lto -fno-tree-loop-distribute-patterns
$(B)/firmware.elf: $(STRINGS) $(B)/ours.a ports/$(PORT)/board.ld
	$(link_card)
# The same card over a file of the host, for QEMU: its firmware_run() is found before the archive's.
$(B)/emulated.elf: $(patsubst %.c,$(B)/%.o,$(wildcard ports/$(PORT)/emulated/*.c)) $(STRINGS) $(B)/ours.a \
                   ports/$(PORT)/board.ld
	$(link_card)
fuzz: $(FUZZERS)
	@for f in $^; do mkdir -p $(B)/corpus/$${f##*/} tests/fuzz/corpus/$${f##*/}; \
	    $$f -max_total_time=$(FUZZ_SECONDS) -print_final_stats=0 -verbosity=0 \
	    $(B)/corpus/$${f##*/} tests/fuzz/corpus/$${f##*/} || exit 1; done

clean:
	rm -rf build
.PHONY: all check tests test test-small alone layers sheets format tidy cppcheck firmware fuzz clean
-include $(shell find $(B) -name '*.d' 2>/dev/null)
