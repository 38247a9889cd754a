# What `make test` builds and runs. Every test program prints TAP; tests/run adds the results up.
UNIT_C   := $(wildcard tests/unit/*.c tests/kernels/*.c tests/golden/*.c)
UNIT     := $(UNIT_C:%.c=$(BUILD)/%)
THREADS  := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/threads/*.c))
TARGETS  := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/targets/*.c)) $(patsubst %.cc,$(BUILD)/%,$(wildcard tests/targets/*.cc))
FUZZ     := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS := 60
TOOLS    := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/tools/*.c))
ARCHIVES := $(BUILD)/service.a $(BUILD)/wrapper.a $(BUILD)/collector.a
SCRIPTS  := $(sort $(wildcard tests/lint/test_*.py tests/golden/test_*.py tests/end_to_end/test_*.py tests/browser/test_*.py))

test: $(PRODUCTS) $(UNIT) $(THREADS) $(TARGETS) $(TOOLS) $(FUZZ) $(BUILD)/sample_images/generate | build/.deps-test programs ## run every test; the last line is `N passed, N failed`
	@BUILD=$(BUILD) SAN=$(SAN) CC=$(CC) $(PYTHON) tests/run.py $(UNIT) $(THREADS) $(FUZZ) $(SCRIPTS)

lint: | build/.deps-test ## the structural rules: includes, signal safety, names
	@BUILD=$(BUILD) $(PYTHON) tests/run.py $(sort $(wildcard tests/lint/test_*.py))

$(BUILD)/tests/unit/%: tests/unit/%.c $(ARCHIVES) | build/.deps-test
	$(COMPILE) $(HARDEN) -Wno-null-dereference -fPIE $(LDFLAGS) -MF $@.d -o $@ $(filter %.c %.o,$^) $(ARCHIVES) -lcmocka $(LIBS_SERVICE) $(LIBS_HOTLINE) $(LIBS_TEST)
$(BUILD)/tests/unit/test_unwind_oracle_crypto: LIBS_TEST := -lcrypto -lcurl
$(BUILD)/tests/unit/test_unwind_oracle_exceptions: LIBS_TEST := -lstdc++
$(BUILD)/tests/unit/test_unwind_oracle_exceptions: $(BUILD)/tests/unit/exceptions.o
$(BUILD)/tests/unit/%.o: tests/unit/%.cc | build/.deps-test
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -O2 -g -fPIE -MMD -MP -c -o $@ $<
$(BUILD)/tests/kernels/%: tests/kernels/%.c $(ARCHIVES) | build/.deps-test
	$(COMPILE) $(HARDEN) -Wno-null-dereference -fPIE $(LDFLAGS) -MF $@.d -o $@ $< $(ARCHIVES) -lcmocka $(LIBS_SERVICE) $(LIBS_HOTLINE)
$(BUILD)/tests/golden/%: tests/golden/%.c $(ARCHIVES) | build/.deps-test
	$(COMPILE) $(HARDEN) -Wno-null-dereference -fPIE $(LDFLAGS) -MF $@.d -o $@ $< $(ARCHIVES) -lcmocka $(LIBS_SERVICE) $(LIBS_HOTLINE)
# The sampler's own code as a part of the test, which makes its ticks.
STEPPED_O := $(filter-out $(BUILD)/sampler/profiler/sampler/trigger%,$(SAMPLER_O))
$(BUILD)/tests/unit/test_claim_steps: tests/unit/test_claim_steps.c $(STEPPED_O) $(BUILD)/collector.a | build/.deps-test
	$(COMPILE) $(HARDEN) -fPIE $(LDFLAGS) -MF $@.d -o $@ $< $(STEPPED_O) $(BUILD)/collector.a -lcmocka $(LIBS_HOTLINE)
# The files that both threads run through, from their sources: always under ThreadSanitizer.
THREADS_C := profiler/session/ring.c profiler/session/stack_pack.c $(wildcard profiler/unwind/*.c) profiler/sampler/handler.c profiler/sampler/thread.c \
             $(addprefix profiler/collector/,drain.c drain_spans.c span_table.c key_table.c require_memory.c aggregate.c thread_table.c lock_table.c fault_guard.c)
$(BUILD)/tests/threads/%: tests/threads/%.c $(THREADS_C) Makefile tests/tests.mk | build/.deps-test
	@mkdir -p $(@D); $(if $(V),,echo "  CC  $@";) $(CC) $(CFLAGS) -Wno-null-dereference -fsanitize=thread -fPIE -pie -o $@ $< $(THREADS_C) -lcmocka -lpthread
# A fuzz target with a main() that replays its corpus. `make fuzz` builds it with libFuzzer instead and grows the corpus it is given.
$(BUILD)/tests/fuzz/%: tests/fuzz/%.c tests/fuzz/replay.c $(wildcard tests/fuzz/*.h) $(ARCHIVES) | build/.deps-test
	$(COMPILE) $(HARDEN) -Wno-null-dereference -fPIE $(LDFLAGS) -MF $@.d -o $@ $< tests/fuzz/replay.c $(ARCHIVES) $(LIBS_SERVICE) $(LIBS_HOTLINE)

FUZZERS     := $(if $(FUZZ_ONLY),$(FUZZ_ONLY),$(notdir $(FUZZ)))
FUZZ_MAKE   := $(MAKE) --no-print-directory CC=clang SAN=fuzzer-no-link,address,undefined
FUZZ_MILLION := $(if $(FUZZ_ONLY),$(FUZZ_ONLY),fuzz_eh_frame fuzz_elf fuzz_dwarf fuzz_session fuzz_pprof)
build/fuzz/%.run: tests/fuzz/%.c $(wildcard tests/fuzz/*.h) $(ARCHIVES) | build/.deps-test
	@mkdir -p $(@D)/$*
	@$(CC) $(CFLAGS) -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -o $@ $< $(ARCHIVES) $(LIBS_SERVICE) $(LIBS_HOTLINE)
fuzz: | build/.deps-test ## run each fuzz target for FUZZ_SECONDS; FUZZ_ONLY=fuzz_x for one
	+@$(FUZZ_MAKE) $(FUZZERS:%=build/fuzz/%.run)
	@for target in $(FUZZERS); do echo "== $$target"; \
	  build/fuzz/$$target.run -max_total_time=$(FUZZ_SECONDS) -timeout=10 -max_len=20000 -verbosity=0 -print_final_stats=1 \
	    -artifact_prefix=build/fuzz/ build/fuzz/$$target tests/fuzz/corpus/$$target; done
fuzz-million: | build/.deps-test ## the profiler's fuzz targets, a million runs each under ASan + UBSan (20 minutes and more); RUNS=n, FUZZ_ONLY=fuzz_x
	+@$(FUZZ_MAKE) $(FUZZ_MILLION:%=build/fuzz/%.run)
	@$(PYTHON) tests/fuzz/million.py $(FUZZ_MILLION)
fuzz-coverage: | build/.deps-test ## what of the profiler's parsers the fuzz targets' inputs reach
	@$(MAKE) --no-print-directory CC=clang BUILD=build/coverage EXTRA_CFLAGS="-fprofile-instr-generate -fcoverage-mapping" \
	  $(addprefix build/coverage/tests/fuzz/,fuzz_eh_frame fuzz_elf fuzz_dwarf fuzz_session fuzz_pprof)
	@$(PYTHON) tests/fuzz/coverage.py build/coverage/tests/fuzz

test-programs: $(PRODUCTS) $(TARGETS) | build/.deps-test programs ## Debian's own programs, 20 runs each: unharmed, stacks whole, nothing dropped
	@BUILD=$(BUILD) PROGRAM_RUNS=20 $(PYTHON) tests/end_to_end/test_debian_programs.py
.PHONY: test-programs

cross-aarch64: ## build everything for aarch64 and try it under qemu (skipped where the cross compiler is missing)
	@.ci/cross-aarch64 $(filter %-dev,$(PACKAGES_BUILD))

screenshots: $(PRODUCTS) $(BUILD)/tests/tools/write_report | build/.deps-test ## pictures of the upload page and of reports, in build/screenshots
	@BUILD=$(BUILD) $(PYTHON) tests/browser/screenshots.py
.PHONY: screenshots

# Small programs around one part of the collector, for the scripts.
$(BUILD)/tests/tools/%: tests/tools/%.c $(BUILD)/collector.a | build/.deps-test
	$(COMPILE) $(HARDEN) -Wno-null-dereference -fPIE $(LDFLAGS) -MF $@.d -o $@ $< $(BUILD)/collector.a $(LIBS_HOTLINE)
# `make build/tests/bench/bench_x`: not part of the tests.
$(BUILD)/tests/bench/%: tests/bench/%.c $(BUILD)/collector.a | build/.deps-test
	$(COMPILE) $(HARDEN) -Wno-null-dereference -fPIE $(LDFLAGS) -MF $@.d -o $@ $< $(BUILD)/collector.a $(LIBS_HOTLINE)
bench-cost: $(PRODUCTS) ## what being profiled costs, measured in pairs on the service; at most 4 minutes
	@BUILD=$(BUILD) $(PYTHON) tests/bench/bench_cost.py
bench-profiler: $(PRODUCTS) $(BUILD)/tests/targets/engines ## hotline beside gperftools and perf on the same work; about 8 minutes
	@BUILD=$(BUILD) $(PYTHON) tests/bench/bench_profiler.py
bench-guest: $(PRODUCTS) $(BUILD)/tests/targets/engines ## what hotline takes inside and beside the program: threads, memory, a sample
	@BUILD=$(BUILD) $(PYTHON) tests/bench/bench_guest.py
bench-diff: $(PRODUCTS) ## how often hotline diff is wrong: pairs of the same work, and mean against dct; 5 minutes
	@BUILD=$(BUILD) $(PYTHON) tests/bench/bench_diff.py
bench-report: $(BUILD)/tests/tools/write_report | build/.deps-test ## a report of 1,000,000 samples: its size, what writing it costs, first paint, frames per second, memory; 2 minutes
	@BUILD=$(BUILD) $(PYTHON) tests/bench/bench_report.py
follow-readme: ## run the README from a clean clone, block by block, then measure every figure in it; about 10 minutes
	@.ci/deps build/.deps-readme $(PACKAGES_README)
	@BUILD=build $(PYTHON) tests/readme/follow_readme
# The program that painted sample_images/.
$(BUILD)/sample_images/generate: $(patsubst %.c,$(BUILD)/%.o,$(wildcard sample_images/*.c))
	$(CC) $(LDFLAGS) -o $@ $^ -ljpeg -lpng16 -lm -lpthread
sample-images: $(BUILD)/sample_images/generate ## paint sample_images/ anew
	$< sample_images

# Targets are ordinary programs, as a user would build them: no hardening, no sanitizer.
# engines.c needs libjpeg.
$(BUILD)/tests/targets/engines: TARGET_LIBS := -ljpeg
$(BUILD)/tests/targets/%: tests/targets/%.c | build/.deps-test
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -D_GNU_SOURCE -O1 -g -I. -MMD -MP -MF $@.d -o $@ $< $(TARGET_LIBS) -lm -lpthread
$(BUILD)/tests/targets/%: tests/targets/%.cc | build/.deps-test
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -O1 -g -I. -MMD -MP -MF $@.d -o $@ $< -lpthread

.PHONY: test lint bench-cost bench-profiler bench-guest bench-diff bench-report follow-readme cross-aarch64 sample-images fuzz fuzz-million fuzz-coverage
