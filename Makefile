# triaged: the whole build.
#
# Precedence of settings: command line, config.mk (written by ./configure,
# optional), then the environment and the defaults below.
#
#   make                 both programs, in $(O)
#   make check           all tests (installs missing packages, saying so)
#   make check-boot      the package in a booted systemd (root)
#   make check-asan      all scenarios with AddressSanitizer and UBSan
#   make check-tsan      all tests with ThreadSanitizer
#   make check-valgrind  all unit tests and some scenarios under memcheck
#   make bench           how fast it is, beside references; BENCH_SCALE=small
#   make soak            the whole fault battery (SOAK_MINUTES=60)
#   make soak-breaks     broken daemons, which the battery must find out
#   make demo            build and run the demonstration
#   make install         DESTDIR= prefix= and the rest of GNU's names (install.mk)
#   make dist            the release, of the last commit
#   make O=build-asan    with AddressSanitizer and UBSan, beside the first
#   make DEVELOPER=1     warnings are errors
-include config.mk

VERSION := 0.2.0
O ?= build
CFLAGS ?= -O2 -g
CC ?= cc
PKG_CONFIG ?= pkg-config
DEVELOPER ?=

# Rooms, lowest first. Sources are found by wildcard: a new file needs no edit.
ROOMS := util core triage conf advice store store/sqlite net source posture notify respond forward ctl daemon cli
DOORS := daemon cli
LIBRARIES := libevent_core libevent_extra libcurl jansson sqlite3 libsystemd \
	libssl libcrypto yaml-0.1 libical smartcols
CLI_LIBRARIES := jansson sqlite3 libcrypto yaml-0.1 libical smartcols libsystemd

WARNINGS := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wvla -Wformat=2 \
	-Wstrict-prototypes -Wpointer-arith -Wundef -Wwrite-strings \
	$(if $(DEVELOPER),-Werror)
ifneq (,$(findstring asan,$(O)))
# Less optimized and checked everywhere, gcc knows too little of a number's range
# to judge the room for it; the build without says whether it suffices.
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer -Wno-format-truncation
else ifneq (,$(findstring tsan,$(O)))
# The same of values that nobody has set, as it says.
SANITIZE := -fsanitize=thread -fno-omit-frame-pointer -Wno-maybe-uninitialized
else ifneq (,$(findstring fuzz,$(O)))
SANITIZE := -fsanitize=address,undefined,fuzzer-no-link \
	-fno-sanitize-recover=undefined -fno-omit-frame-pointer
else ifneq (,$(findstring cov,$(O)))
SANITIZE := --coverage -O0 -fprofile-update=atomic
else
HARDENING := -fstack-protector-strong -fPIE
HARDENING_LINK := -pie -Wl,-z,relro -Wl,-z,now
FORTIFY := $(if $(findstring -O,$(CFLAGS)),-D_FORTIFY_SOURCE=2)
endif
ALL_CFLAGS = -std=gnu17 -D_GNU_SOURCE $(FORTIFY) -Isrc -Iinclude -I$(O) \
	$(HARDENING) $(CFLAGS) $(SANITIZE) $(WARNINGS) -pthread -MMD -MP \
	$(shell $(PKG_CONFIG) --cflags $(LIBRARIES)) $(CPPFLAGS)
ALL_LDFLAGS = $(HARDENING_LINK) $(CFLAGS) $(SANITIZE) -pthread $(LDFLAGS)
LIBS = $(shell $(PKG_CONFIG) --libs $(LIBRARIES))
CLI_LIBS = -Wl,--as-needed $(shell $(PKG_CONFIG) --libs $(CLI_LIBRARIES))

sources = $(wildcard src/$(1)/*.c)
objects = $(patsubst src/%.c,$(O)/%.o,$(1))
ARCHIVE_OBJECTS := $(call objects,$(foreach r,$(filter-out $(DOORS),$(ROOMS)),$(call sources,$(r)))) \
	$(O)/store/migrations.o $(O)/store/ready.o
DAEMON_OBJECTS := $(call objects,$(call sources,daemon))
CLI_OBJECTS := $(call objects,$(call sources,cli))
# The daemon's rooms but its main(), for tests that need the pipeline.
DAEMON_ARCHIVE_OBJECTS := $(filter-out $(O)/daemon/triaged.o,$(DAEMON_OBJECTS))
# The same for triagectl; an archive, so that a test pulls in what it needs.
CLI_ARCHIVE_OBJECTS := $(filter-out $(O)/cli/triagectl.o,$(CLI_OBJECTS))

.PHONY: all clean FORCE
all: $(O)/triaged $(O)/triagectl $(O)/man/triagectl.1 $(O)/man/triaged-db.5 \
	$(O)/completion/triagectl $(O)/completion/_triagectl

# V=1 shows the commands.
Q = $(if $(V),,@)
SAY = @$(if $(V),:,printf '  %-4s %s\n')

$(O)/triaged: $(DAEMON_OBJECTS) $(O)/libtriaged.a
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(DAEMON_OBJECTS) $(O)/libtriaged.a $(LIBS)

# A command that drags in libevent or libcurl does not link.
$(O)/triagectl: $(CLI_OBJECTS) $(O)/libtriaged.a
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(CLI_OBJECTS) $(O)/libtriaged.a $(CLI_LIBS)

# What stands in the command table is said once: the manual's list and the
# tables of the completions come from the program.
$(O)/man/triagectl.1: man/triagectl.1 $(O)/triagectl
	@mkdir -p $(@D)
	$(Q)$(O)/triagectl help --format man >$@.table
	$(Q)sed '/^\.\\" the table of commands/r $@.table' $< >$@.new && mv -f $@.new $@
# And what stands in the database's own text: views, columns, ready queries.
DATABASE_TEXTS := src/store/sqlite/schema.sql src/store/sqlite/ready.sql
$(O)/man/triaged-db.5: man/triaged-db.awk $(DATABASE_TEXTS) man/triaged-db.5.in
	@mkdir -p $(@D)
	$(Q)awk -f $^ >$@.new && mv -f $@.new $@
$(O)/completion/tables: $(O)/triagectl
	@mkdir -p $(@D)
	$(Q)$(O)/triagectl help --format shell >$@.new && mv -f $@.new $@
$(O)/completion/triagectl: $(O)/completion/tables etc/completion/triagectl.bash
	$(Q)cat $^ >$@
$(O)/completion/_triagectl: etc/completion/_triagectl $(O)/completion/tables
	$(Q)sed '/nothing of it is ever evaluated/r $(O)/completion/tables' $< >$@

$(O)/libtriaged.a: $(ARCHIVE_OBJECTS) $(O)/objects.stamp
	$(SAY) AR $@
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $(ARCHIVE_OBJECTS)

$(O)/libdaemon.a: $(DAEMON_ARCHIVE_OBJECTS) $(O)/objects.stamp
	$(SAY) AR $@
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $(DAEMON_ARCHIVE_OBJECTS)

$(O)/libcli.a: $(CLI_ARCHIVE_OBJECTS) $(O)/objects.stamp
	$(SAY) AR $@
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $(CLI_ARCHIVE_OBJECTS)

$(O)/%.o: src/%.c $(O)/flags.stamp | $(O)/version.h $(O)/paths.h
	@mkdir -p $(@D)
	$(SAY) CC $@
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# Stamps: objects follow the flags, the archive follows the list of objects. Two
# makes may work on one tree (make check), so each has a new copy of its own.
keep = @new=$@.$$$$; printf '%s\n' $(1) >$$new; \
	if cmp -s $$new $@; then rm -f $$new; else mv -f $$new $@; fi
$(O)/flags.stamp: FORCE
	@mkdir -p $(@D)
	$(call keep,'$(subst ','\'',$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS))')
$(O)/objects.stamp: FORCE
	@mkdir -p $(@D)
	$(call keep,$(ARCHIVE_OBJECTS) $(CLI_ARCHIVE_OBJECTS))

$(O)/version.h: Makefile
	@mkdir -p $(@D)
	@printf '#define TRIAGED_VERSION "%s"\n' '$(VERSION)' >$@

# The schema and its migrations as bytes: no literal limit, no quoting.
MIGRATIONS := $(sort $(wildcard src/store/sqlite/migrations/*.sql))
SCHEMA_TEXTS := src/store/sqlite/schema.sql $(MIGRATIONS)
# The folder too: a file that went or got another name leaves no newer one.
$(O)/store/migrations.c: $(SCHEMA_TEXTS) src/store/sqlite/migrations src/store/sqlite/embed.sh
	@mkdir -p $(@D)
	$(Q)sh src/store/sqlite/embed.sh $(SCHEMA_TEXTS) >$@
$(O)/store/ready.c: src/store/sqlite/ready.awk src/store/sqlite/ready.sql
	@mkdir -p $(@D)
	$(Q)awk -f $^ >$@.new && mv -f $@.new $@
$(O)/store/migrations.o $(O)/store/ready.o: %.o: %.c $(O)/flags.stamp
	$(SAY) CC $@
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# Tests: one program per tests/<room>/test_<module>.c; they link the archive.
UNIT_SOURCES := $(wildcard tests/*/test_*.c)
UNIT_TESTS := $(patsubst tests/%.c,$(O)/tests/%,$(UNIT_SOURCES))
HELPERS := $(wildcard tests/helpers/*.c)
HELPER_OBJECTS := $(patsubst tests/%.c,$(O)/tests/%.o,$(HELPERS))
FAKES := $(patsubst tests/fake/%.c,$(O)/tests/fake/%,$(wildcard tests/fake/fake_*.c))
FAKE_SHARED := $(patsubst tests/%.c,$(O)/tests/%.o,$(filter-out $(wildcard tests/fake/fake_*.c),$(wildcard tests/fake/*.c)))

$(O)/tests/%.o: tests/%.c $(O)/flags.stamp | $(O)/version.h $(O)/paths.h
	@mkdir -p $(@D)
	$(SAY) CC $@
	$(Q)$(CC) $(ALL_CFLAGS) -Itests -c -o $@ $<
$(filter $(O)/tests/cli/%,$(UNIT_TESTS)): $(O)/libcli.a
$(filter $(O)/tests/daemon/% $(O)/tests/property/%,$(UNIT_TESTS)): $(O)/libdaemon.a $(O)/tests/daemon/rig.o
$(UNIT_TESTS): $(O)/tests/%: $(O)/tests/%.o $(HELPER_OBJECTS) $(O)/libtriaged.a
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(HELPER_OBJECTS) \
		$(if $(filter $(O)/tests/daemon/% $(O)/tests/property/%,$@),$(O)/tests/daemon/rig.o $(O)/libdaemon.a) \
		$(if $(findstring tests/cli/,$@),$(O)/libcli.a) \
		$(O)/libtriaged.a $(LIBS) $(shell $(PKG_CONFIG) --libs cmocka)
# The fakes stand on util alone, so that no bug of a room hides in both ends.
FAKE_LIBRARIES := libevent libevent_openssl openssl jansson libsystemd
$(O)/tests/fake/libfake.a: $(FAKE_SHARED) $(call objects,$(call sources,util))
	$(SAY) AR $@
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^
$(FAKES): $(O)/tests/fake/%: $(O)/tests/fake/%.o $(O)/tests/fake/libfake.a
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs $(FAKE_LIBRARIES))
# Test objects are kept although they are intermediate.
.SECONDARY: $(patsubst %,%.o,$(UNIT_TESTS)) $(patsubst %,%.o,$(FAKES)) \
	$(FAKE_SHARED) $(O)/tests/daemon/rig.o \
	$(O)/store/migrations.c $(O)/store/ready.c

# Scenarios preload them into the programs: clocks that jump, memory that runs
# out. No sanitizer, or it would have to come before theirs.
PRELOADED := $(O)/tests/scenario/clock_jump.so $(O)/tests/battery/fail_malloc.so
$(PRELOADED): $(O)/tests/%.so: tests/%.c $(O)/flags.stamp
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(CC) -std=gnu17 -D_GNU_SOURCE -O2 $(WARNINGS) -fPIC -shared -o $@ $<

.PHONY: fakes unit property
fakes: $(FAKES) $(PRELOADED)
# Each program is a target, so that -j runs several at a time; those of property/
# take longest and come first.
PROPERTY_RUNS := $(patsubst %,%.run,$(filter $(O)/tests/property/%,$(UNIT_TESTS)))
UNIT_RUNS := $(PROPERTY_RUNS) $(O)/tests/fuzz/replay.run \
	$(patsubst %,%.run,$(filter-out $(O)/tests/property/%,$(UNIT_TESTS)))
.PHONY: $(UNIT_RUNS)
$(UNIT_RUNS): %.run: %
	@$(RUN_UNDER) $< >$<.log 2>&1 || { cat $<.log; echo "$< failed"; exit 1; }
# It runs the simulation, with each thing that can be broken in it.
$(O)/tests/property/test_triage_breaks.run: $(O)/tests/property/test_triage_random
unit: $(UNIT_RUNS)
	@echo "$(words $(UNIT_RUNS)) unit test programs passed ($(O))"
property: $(PROPERTY_RUNS)
	@echo "$(words $(PROPERTY_RUNS)) property test programs passed ($(O))"

PYTHON ?= /usr/bin/python3
# How fast it is, beside reference programs and peers: all of it, or one part;
# see the top of each script. BENCH_SCALE=small is a look of some minutes.
BENCH_PARTS := ingest deliver query idle stall growth
.PHONY: bench $(addprefix bench-,$(BENCH_PARTS))
bench_program = $(addprefix $(O)/tests/bench/,$(1))
BENCH := $(call bench_program,floor idle sender sink seed ask count_parses.so)
$(call bench_program,floor idle sender sink): %: %.o
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< -Wl,--as-needed $(LIBS)
# These two ask our own store.
$(call bench_program,seed ask): %: %.o $(O)/libtriaged.a
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
$(O)/tests/bench/count_parses.so: tests/bench/count_parses.c $(O)/flags.stamp
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(CC) $(filter-out -fPIE,$(ALL_CFLAGS)) -fPIC -shared -o $@ $<
bench: all fakes $(BENCH)
	@TRIAGED_BUILD=$(abspath $(O)) $(PYTHON) tests/bench/bench.py $(O)/bench
$(addprefix bench-,$(BENCH_PARTS)): bench-%: all fakes $(BENCH)
	@TRIAGED_BUILD=$(abspath $(O)) $(PYTHON) tests/bench/bench_$*.py

# The scenario tests drive the real programs against the fakes.
.PHONY: scenario lint check check-all demo
# They wait for each other's programs most of the time: three files on each core.
SCENARIOS ?= tests/scenario
scenario: all fakes
	TRIAGED_BUILD=$(abspath $(O)/$(DRESSED)) $(PYTHON) -m pytest -q -p no:cacheprovider \
		-n $(or $(SCENARIO_JOBS),$$((3 * $(CORES)))) --dist loadfile $(SCENARIOS)
# What reads from strangers, once more with sanitizers: half a minute of it in
# check, all of it by hand (make check-asan).
scenarios = SCENARIOS="$(patsubst %,tests/scenario/test_%.py,$(1))"
ASAN_BRIEF := arc budget coverage doors samples sign_in_patience

# A client that is not ours reads the same alerts: Debian's azure-cli.
.PHONY: check-referee
check-referee: all fakes
	@TRIAGED_BUILD=$(abspath $(O)) sh tests/referee/azure-cli.sh

# The fault battery, whole: see tests/battery/soak.py. SOAK_ROWS="A1 C14" are some
# rows, SOAK_SEED=, SOAK_MINUTES=; SOAK_LIST=1 shows what there is.
.PHONY: soak soak-run soak-breaks breaks
soak:
ifdef SOAK_LIST
	@$(PYTHON) tests/battery/rows.py
else
	@sh tests/tools/install-missing.sh soak
	@$(MAKE) -s -j$(CORES) --no-print-directory all fakes breaks $(UNIT_TESTS)
	@$(MAKE) --no-print-directory soak-run
endif
soak-run:
	@TRIAGED_BUILD=$(abspath $(O)) $(PYTHON) tests/battery/soak.py
	@$(if $(SOAK_ROWS),,$(MAKE) --no-print-directory soak-breaks)
# Daemons that break one invariant each: functions of ours put in the place of
# others when it is linked. The battery has to go red on each.
BREAK_SOURCES := $(wildcard tests/battery/breaks/*.c)
BREAKS := $(patsubst tests/battery/breaks/%.c,$(O)/tests/battery/breaks/%/triaged,$(BREAK_SOURCES))
breaks: $(BREAKS)
$(BREAKS): $(O)/tests/battery/breaks/%/triaged: $(O)/tests/battery/breaks/%.o $(DAEMON_OBJECTS) $(O)/libtriaged.a
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $$(sed -n 's/^ \* Breaks: .* by \(.*\)\.$$/-Wl,--wrap=\1/p' tests/battery/breaks/$*.c) \
		-o $@ $^ $(LIBS)
soak-breaks: all fakes breaks
	@TRIAGED_BUILD=$(abspath $(O)) $(PYTHON) tests/battery/breaks.py $(BREAK)

# What reads bytes of strangers, with libFuzzer; see tests/fuzz/run.sh.
.PHONY: fuzz fuzz-run
FUZZ_SOURCES := $(wildcard tests/fuzz/fuzz_*.c)
FUZZERS := $(patsubst tests/%.c,$(O)/tests/%,$(FUZZ_SOURCES))
ROOM_ARCHIVES := $(O)/libcli.a $(O)/libdaemon.a $(O)/libtriaged.a
$(FUZZERS): %: %.o $(ROOM_ARCHIVES)
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)
# All of them in one program, for the inputs that are kept: part of unit.
REPLAY := $(O)/tests/fuzz/replay
REPLAY_OBJECTS := $(patsubst tests/fuzz/fuzz_%.c,$(O)/tests/fuzz/replay_%.o,$(FUZZ_SOURCES))
$(REPLAY_OBJECTS): $(O)/tests/fuzz/replay_%.o: tests/fuzz/fuzz_%.c $(O)/flags.stamp | $(O)/version.h $(O)/paths.h
	@mkdir -p $(@D)
	$(SAY) CC $@
	$(Q)$(CC) $(ALL_CFLAGS) -Itests -DFUZZ_NAME=$* -c -o $@ $<
$(REPLAY): $(REPLAY).o $(REPLAY_OBJECTS) $(ROOM_ARCHIVES)
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) $(shell $(PKG_CONFIG) --libs cmocka)
fuzz-run: $(FUZZERS)
	@sh tests/fuzz/run.sh $(O)/tests/fuzz $(FUZZERS)
fuzz:
	@if echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' | \
		clang -fsanitize=fuzzer -x c -o /dev/null - 2>/dev/null; then \
		$(MAKE) --no-print-directory CC="$(FUZZ_CC)" O=build-fuzz fuzz-run; \
	else \
		echo "fuzz: skipped, clang or its fuzzer runtime (libclang-rt-dev) is missing"; \
	fi
FUZZ_CC ?= clang

# What the tests run of our own code: lines, branches and errors of each room.
# COVERAGE=unit without the scenarios; COVERAGE=table prints it again, and
# COVERAGE_FILES="src/a/b.c" what was not run of these. A program that is killed
# with -9 leaves no counts.
.PHONY: coverage coverage-run coverage-table
# More lots reach nothing new, and counting is slow.
COVERED := O=build-cov CFLAGS=-g1 PROPERTY_SEEDS=20 PROPERTY_PAGES=500
COVERAGE ?= all
coverage:
ifeq ($(COVERAGE),table)
	@$(MAKE) --no-print-directory coverage-table
else
	@$(MAKE) --no-print-directory $(COVERED) all fakes
	@find build-cov -name '*.gcda' -delete
	@# Some tests run a program as somebody else, who may add counts too.
	@find build-cov -name '*.gcno' | sed 's/gcno$$/gcda/' | \
		while read -r f; do : >"$$f"; chmod 666 "$$f"; done
	@rc=0; $(MAKE) --no-print-directory $(COVERED) -k coverage-run || rc=$$?; \
		$(MAKE) --no-print-directory coverage-table; exit $$rc
endif
coverage-run: unit $(if $(filter unit,$(COVERAGE)),,scenario)
coverage-table:
	@$(PYTHON) tests/tools/coverage.py build-cov $(COVERAGE_FILES)

lint:
	@sh tests/lint/run.sh

# All tests. Installs what the machine lacks first, then works as a second make
# so that pkg-config is there when the flags are made.
check:
	@sh tests/tools/install-missing.sh check
	@$(MAKE) --no-print-directory check-all
# Warnings are errors with both compilers. Scenarios wait for each other's
# programs most of the time, so compilers and unit tests work beside them.
STRICT := --no-print-directory DEVELOPER=1
CORES := $(shell nproc)
# Three hundred test programs are linked: by the quick linker, where there is one.
QUICK_LINKER := $(if $(shell ld.gold --version 2>/dev/null),-fuse-ld=gold)
SANITIZED := O=build-asan CFLAGS='-O1 -g1' LDFLAGS=$(QUICK_LINKER)
.PHONY: check-scenarios check-units
check-all:
	@$(MAKE) -j$(CORES) $(STRICT) all fakes
	@$(MAKE) -j$$(($(CORES) + 1)) --output-sync=target $(STRICT) lint check-units check-scenarios
check-scenarios:
	@$(MAKE) $(STRICT) scenario
# Unit tests run once, with sanitizers; those that draw lots also without, where
# they get through their whole number of seeds. Clang is for its warnings. SQLite
# allocates all the time, and to keep much of each allocation takes a fifth of the
# processor; a failure run again by hand, or make check-asan, has all of it.
BRIEF_REPORTS := malloc_context_size=1:quarantine_size_mb=16:thread_local_quarantine_size_kb=64
check-units: export ASAN_OPTIONS := $(BRIEF_REPORTS)
check-units:
	@$(MAKE) $(STRICT) property
	@$(MAKE) $(STRICT) CC=clang CFLAGS=-O0 O=build-clang all
	@$(MAKE) $(STRICT) $(SANITIZED) all fakes unit
	@$(MAKE) $(STRICT) $(SANITIZED) scenario $(call scenarios,$(ASAN_BRIEF))

# What takes longer than check may: every scenario with the sanitizers, all tests
# with that of threads, and memcheck, which sees the inside of libraries too.
# Programs are slow there, so fewer scenarios at a time: SCENARIO_JOBS=. Each
# tool's suppressions are of libraries alone and say why.
.PHONY: check-asan check-tsan check-valgrind
WATCHED := $(STRICT) $(if $(SCENARIO_JOBS),,SCENARIO_JOBS=$(CORES))
check-asan:
	@sh tests/tools/install-missing.sh check
	@$(MAKE) -j$(CORES) $(WATCHED) $(SANITIZED) all fakes
	@$(MAKE) $(WATCHED) $(SANITIZED) scenario

THREADED := O=build-tsan CFLAGS='-O1 -g1'
THREADED_OPTIONS := halt_on_error=1 suppressions=$(CURDIR)/tests/tools/tsan.supp
check-tsan:
	@sh tests/tools/install-missing.sh check
	@$(MAKE) -j$(CORES) $(WATCHED) $(THREADED) all fakes
	@TSAN_OPTIONS="$(THREADED_OPTIONS)" $(MAKE) -j$(CORES) $(WATCHED) $(THREADED) unit
	@TSAN_OPTIONS="$(THREADED_OPTIONS)" $(MAKE) $(WATCHED) $(THREADED) scenario

VALGRIND := sh tests/tools/valgrind.sh
# As they are shipped; what draws lots draws few.
VALGRIND_LOTS := PROPERTY_SEEDS=2 PROPERTY_ALERTS=2000 PROPERTY_PAGES=60
VALGRIND_SITES := dressed-valgrind
# Both programs, what reads from strangers, the database; nothing that has to be
# done in time, for here it is not.
VALGRIND_BRIEF := arc backup coverage doors samples
check-valgrind:
	@sh tests/tools/install-missing.sh valgrind
	@$(MAKE) -j$(CORES) $(WATCHED) all fakes
	@$(VALGRIND_LOTS) $(MAKE) -k -j$(CORES) $(WATCHED) RUN_UNDER='$(VALGRIND) run' unit
	@cat $(UNIT_RUNS:.run=.log) | grep '^valgrind: ' || :
	@$(VALGRIND) dress $(O) $(O)/$(VALGRIND_SITES)
	@rc=0; $(MAKE) $(WATCHED) DRESSED=$(VALGRIND_SITES) scenario \
		$(call scenarios,$(VALGRIND_BRIEF)) || rc=$$?; \
		$(VALGRIND) judge $(O)/$(VALGRIND_SITES) || rc=$$?; exit $$rc

# Boots a real systemd in a container (root, systemd-nspawn) and lives there with
# the package; BOOT names some experiments, such as life.watchdog.
.PHONY: check-boot boot-run
check-boot:
	@sh tests/tools/install-missing.sh boot
	@$(MAKE) -j$(CORES) $(STRICT) all fakes
	@$(MAKE) $(STRICT) boot-run
boot-run: $(O)/boot/triaged.deb
	@TRIAGED_BUILD=$(abspath $(O)) $(PYTHON) tests/boot/check_boot.py $< $(BOOT)
$(O)/boot/triaged.deb: $(O)/triaged $(O)/triagectl $(wildcard debian/* systemd/* man/* etc/* *.mk) Makefile
	@mkdir -p $(@D)
	@$(MAKE) --no-print-directory deb >$(@D)/deb.log 2>&1 || { tail -40 $(@D)/deb.log; exit 1; }
	@cp $(DEB_FOLDER)/triaged_*.deb $@

demo:
	@sh tests/tools/install-missing.sh build
	@$(MAKE) -j$(shell nproc) --no-print-directory all
	@$(O)/triaged --demo

include install.mk

clean:
	rm -rf $(O)

-include $(wildcard $(O)/*.d $(O)/*/*.d $(O)/*/*/*.d $(O)/*/*/*/*.d)
