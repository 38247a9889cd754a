# What `make test` builds and runs. Every test program prints TAP; tests/run adds the results up.
UNIT_C   := $(wildcard tests/unit/*.c tests/kernels/*.c tests/golden/*.c)
UNIT     := $(UNIT_C:%.c=$(BUILD)/%)
TARGETS  := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/targets/*.c)) $(patsubst %.cc,$(BUILD)/%,$(wildcard tests/targets/*.cc))
FUZZ     := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS := 60
TOOLS    := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/tools/*.c))
ARCHIVES := $(BUILD)/service.a $(BUILD)/wrapper.a $(BUILD)/collector.a
SCRIPTS  := $(sort $(wildcard tests/lint/test_*.py tests/golden/test_*.py tests/end_to_end/test_*.py tests/browser/test_*.py))

test: $(PRODUCTS) $(UNIT) $(TARGETS) $(TOOLS) $(FUZZ) $(BUILD)/sample_images/generate | build/.deps-test programs ## run every test; the last line is `N passed, N failed`
	@BUILD=$(BUILD) SAN=$(SAN) CC=$(CC) $(PYTHON) tests/run.py $(UNIT) $(FUZZ) $(SCRIPTS)

lint: | build/.deps-test ## the structural rules: includes, signal safety, names
	@BUILD=$(BUILD) $(PYTHON) tests/run.py $(sort $(wildcard tests/lint/test_*.py))

$(BUILD)/tests/unit/%: tests/unit/%.c $(ARCHIVES) | build/.deps-test
	$(COMPILE) $(HARDEN) -Wno-null-dereference -fPIE $(LDFLAGS) -MF $@.d -o $@ $< $(ARCHIVES) -lcmocka $(LIBS_SERVICE) $(LIBS_HOTLINE)
$(BUILD)/tests/kernels/%: tests/kernels/%.c $(ARCHIVES) | build/.deps-test
	$(COMPILE) $(HARDEN) -Wno-null-dereference -fPIE $(LDFLAGS) -MF $@.d -o $@ $< $(ARCHIVES) -lcmocka $(LIBS_SERVICE) $(LIBS_HOTLINE)
$(BUILD)/tests/golden/%: tests/golden/%.c $(ARCHIVES) | build/.deps-test
	$(COMPILE) $(HARDEN) -Wno-null-dereference -fPIE $(LDFLAGS) -MF $@.d -o $@ $< $(ARCHIVES) -lcmocka $(LIBS_SERVICE) $(LIBS_HOTLINE)
# A fuzz target with a main() that replays its corpus. `make fuzz` builds it with libFuzzer instead and grows the corpus it is given.
$(BUILD)/tests/fuzz/%: tests/fuzz/%.c tests/fuzz/replay.c $(ARCHIVES) | build/.deps-test
	$(COMPILE) $(HARDEN) -Wno-null-dereference -fPIE $(LDFLAGS) -MF $@.d -o $@ $< tests/fuzz/replay.c $(ARCHIVES) $(LIBS_SERVICE) $(LIBS_HOTLINE)

fuzz: ## run each fuzz target for FUZZ_SECONDS; FUZZ_ONLY=fuzz_x for one
	@$(MAKE) --no-print-directory CC=clang SAN=fuzzer-no-link,address,undefined build/fuzzers
build/fuzzers: $(ARCHIVES) | build/.deps-test
	@for target in $(if $(FUZZ_ONLY),$(FUZZ_ONLY),$(notdir $(FUZZ))); do echo "== $$target"; \
	  mkdir -p build/fuzz/$$target; \
	  $(CC) $(CFLAGS) -fsanitize=fuzzer,address,undefined -o build/fuzz/$$target.run tests/fuzz/$$target.c $(ARCHIVES) \
	    $(LIBS_SERVICE) $(LIBS_HOTLINE); \
	  build/fuzz/$$target.run -max_total_time=$(FUZZ_SECONDS) -timeout=10 -max_len=20000 -verbosity=0 -print_final_stats=1 \
	    -artifact_prefix=build/fuzz/ build/fuzz/$$target tests/fuzz/corpus/$$target; done

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

.PHONY: test lint bench-cost bench-profiler bench-guest follow-readme cross-aarch64 sample-images fuzz build/fuzzers
