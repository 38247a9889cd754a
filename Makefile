# hotline and image-service. `make help` lists the targets. Objects are mirrored in build/ (build/san-... with SAN=).
SHELL       := /bin/bash
.SHELLFLAGS := -eo pipefail -c
MAKEFLAGS   += --no-builtin-rules
.DELETE_ON_ERROR:
.SUFFIXES:
comma  := ,
CC     := gcc
CXX    := g++
PYTHON := /usr/bin/python3
BUILD  := build$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))
# uname answers on a machine whose compiler this very run is going to install.
ARCH   := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine 2>/dev/null || uname -m)))
# Calls and returns that attackers bend: checked by the processor, where it can. On aarch64 even a function that calls nothing keeps a
# frame: stacks are followed by frame pointers there.
ARCH_FLAGS := $(if $(filter x86_64,$(ARCH)),-fcf-protection=full)$(if $(filter aarch64,$(ARCH)),-mbranch-protection=standard -mno-omit-leaf-frame-pointer)

PACKAGES_BUILD := gcc g++ make binutils libc6-dev libmicrohttpd-dev libjpeg62-turbo-dev libpng-dev libwebp-dev libstb-dev \
                  libdw-dev libelf-dev zlib1g-dev libdeflate-dev liblzma-dev libiberty-dev
PACKAGES_TEST  := $(PACKAGES_BUILD) clang llvm libclang-rt-14-dev libcmocka-dev libc6-dbg python3 python3-pil python3-numpy python3-yaml libjpeg-turbo-progs curl gdb chromium nodejs npm pkg-config mandoc bash-completion libssl-dev libcurl4-openssl-dev dwz golang-go
# Programs that the tests profile; unpacked, not installed: see .ci/programs.
PACKAGES_PROGRAMS := nginx redis-tools wrk imagemagick-6.q16 sqlite3 zstd xz-utils openssl
PACKAGES_README := google-perftools libgoogle-perftools4 linux-perf git make openssh-client openssh-sftp-server python3 python3-yaml
PACKAGES_REHEARSAL := buildah debootstrap debian-archive-keyring bubblewrap fuse-overlayfs openssh-client git curl python3 python3-yaml

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wstrict-prototypes -Wmissing-prototypes -Wundef \
            -Wvla -Wformat=2 -Wwrite-strings -Wdouble-promotion -Wimplicit-fallthrough -Wnull-dereference $(if $(WERROR),-Werror)
HARDEN   := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=undefined,-D_FORTIFY_SOURCE=3) -fstack-protector-strong \
            -fstack-clash-protection $(ARCH_FLAGS)
SOURCE_PREFIX := $(CURDIR)/
CFLAGS   := -std=gnu17 -D_GNU_SOURCE -O2 -g -fno-omit-frame-pointer -ffp-contract=off -ffile-prefix-map=$(CURDIR)=$(SOURCE_PREFIX:/=) \
            $(WARNINGS) -I. $(EXTRA_CFLAGS)
LDFLAGS  := -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed,--build-id=sha1 $(if $(SAN),-fsanitize=$(SAN))
COMPILE   = @mkdir -p $(@D); $(if $(V),,echo "  CC  $@";) $(CC) $(CFLAGS) -MMD -MP

SERVICE_C   := $(filter-out service/operate/kernels/%,$(wildcard service/*.c service/*/*.c))
KERNELS_C   := $(wildcard service/operate/kernels/*.c)
SPINE_C     := $(wildcard profiler/session/*.c profiler/unwind/*.c)
SAMPLER_C   := $(wildcard profiler/sampler/*.c) $(SPINE_C)
COLLECTOR_C := $(wildcard profiler/collector/*.c) $(SPINE_C)
WRAPPER_C   := $(wildcard wrapper/*.c)
ISAS        := scalar $(if $(filter x86_64,$(ARCH)),v2 v3 v4)
ISA_scalar  := -fno-tree-vectorize
ISA_v2      := -march=x86-64-v2
ISA_v3      := -march=x86-64-v3
ISA_v4      := -march=x86-64-v4 -mprefer-vector-width=256

objects      = $(patsubst %.c,$(BUILD)/$(2)%.o,$(1))
SERVICE_O   := $(call objects,$(SERVICE_C)) $(foreach i,$(ISAS),$(KERNELS_C:%.c=$(BUILD)/%.$(i).o))
SAMPLER_O   := $(call objects,$(SAMPLER_C),sampler/)
WAITS_O     := $(call objects,$(wildcard profiler/sampler/waits/*.c),sampler/)
COLLECTOR_O := $(call objects,$(COLLECTOR_C))
WRAPPER_O   := $(call objects,$(WRAPPER_C))
PRODUCTS    := $(BUILD)/image-service $(BUILD)/hotline $(BUILD)/libhotline.so $(BUILD)/libhotline_wait.so
LIBS_SERVICE := -lmicrohttpd -ljpeg -lpng16 -lwebp -lwebpdemux -lm -lpthread
LIBS_HOTLINE := -ldw -lelf -lz -ldeflate -llzma -liberty -lm -lpthread

all: $(PRODUCTS)  ## build image-service, hotline and its libraries (default)

$(BUILD)/image-service: $(SERVICE_O)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_SERVICE)
$(BUILD)/hotline: $(WRAPPER_O) $(BUILD)/collector.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_HOTLINE)
GUEST_LINK   = $(CC) -shared -Wl,-z,relro,-z,now,-z,noexecstack,-z,nodelete,--as-needed,--build-id=sha1
$(BUILD)/libhotline.so: $(SAMPLER_O) profiler/sampler/exports.map
	$(GUEST_LINK) -Wl,-z,initfirst,--no-undefined,--version-script=profiler/sampler/exports.map -o $@ $(SAMPLER_O)
$(BUILD)/libhotline_wait.so: $(WAITS_O)
	$(GUEST_LINK) -o $@ $(WAITS_O)
$(BUILD)/service.a: $(filter-out $(BUILD)/service/main.o,$(SERVICE_O))
$(BUILD)/collector.a: $(COLLECTOR_O)
$(BUILD)/wrapper.a: $(filter-out $(BUILD)/wrapper/main.o,$(WRAPPER_O))
%.a:
	@rm -f $@; ar rcs $@ $^

$(BUILD)/service/operate/kernels/%.o: DIALECT = -O3
define KERNEL_RULE
$(BUILD)/service/operate/kernels/%.$(1).o: service/operate/kernels/%.c Makefile | build/.deps-build
	$$(COMPILE) $$(HARDEN) -fPIE -O3 $(ISA_$(1)) -DKERNEL_ISA=$(1) -c -o $$@ $$<
endef
$(foreach i,$(ISAS),$(eval $(call KERNEL_RULE,$(i))))
# The sampler is a guest in somebody else's process: no sanitizer, no symbol but its API, TLS that never allocates.
$(BUILD)/sampler/%.o: %.c Makefile | build/.deps-build
	$(COMPILE) -fPIC -fvisibility=hidden -ftls-model=initial-exec -fno-semantic-interposition -fno-builtin-malloc \
	  $(ARCH_FLAGS) -fno-stack-protector -DHOTLINE_SAMPLER -c -o $@ $<
$(BUILD)/%.o: %.c Makefile | build/.deps-build
	$(COMPILE) $(HARDEN) -fPIE -c -o $@ $<
# The report's style and script: the sources in name order make one file each, without indentation, line ends and comments, which every report would
# carry. What only the script shows, and the script itself, are deflated and in base64; a small
# loader unpacks them. Linked in by .incbin; the policy hashes are computed here.
REPORT_ASSETS := report.css views.css loader.js report.js
REPORT_JS     := $(sort $(wildcard profiler/collector/assets/*.js))
$(BUILD)/assets/report.css: profiler/collector/assets/report.css Makefile
	@mkdir -p $(@D); cat $(filter %.css,$^) | sed -E 's/^ +//; s/ *\/\*[^*]*\*\///; /^$$/d' > $@
$(BUILD)/assets/views.css: $(sort $(wildcard profiler/collector/assets/view_*.css)) Makefile
	@mkdir -p $(@D); cat $(filter %.css,$^) | sed -E 's/^ +//; s/ *\/\*[^*]*\*\///; /^$$/d' > $@
SCRIPT = { printf '(() => {\n"use strict";\n'; cat $(filter %.js,$^) | sed -E 's/^ +//; /^(\/\/|$$)/d; s/([];,{)(}]) +\/\/ .*/\1/' | sed -E ':a; /[;{,(]$$/{N; s/\n//; ba}'; printf '$(1)();\n})();\n'; } > $@
$(BUILD)/assets/loader.js: $(sort $(wildcard profiler/collector/assets/loader/*.js)) Makefile
	@mkdir -p $(@D); $(call SCRIPT,load)
$(BUILD)/assets/report.js: $(REPORT_JS) Makefile
	@mkdir -p $(@D); $(call SCRIPT,start)
# libdeflate's best is 5 % smaller than gzip's, which does where this machine's own libdeflate is not here (a cross build).
$(BUILD)/assets/deflate: profiler/collector/assets/loader/deflate.c | build/.deps-build
	@mkdir -p $(@D); gcc -std=gnu17 -O2 -Wall -Wextra -o $@ $< -ldeflate 2>/dev/null || install -m 755 <(printf '#!/bin/sh\ngzip -9n | tail -c +11 | head -c -8\n') $@
$(BUILD)/assets/%.deflated: $(BUILD)/assets/% $(BUILD)/assets/deflate
	@$(BUILD)/assets/deflate < $< | base64 -w0 > $@
$(BUILD)/assets/%.sha256.h: $(BUILD)/assets/%
	@echo "static const char SHA256_$(subst .,_,$*)[] = \"sha256-$$(printf "$$(sha256sum < $< | cut -c1-64 | sed 's/../\\x&/g')" | base64)\";" > $@
$(BUILD)/profiler/collector/report_assets.o: $(REPORT_ASSETS:%=$(BUILD)/assets/%.sha256.h) $(BUILD)/assets/views.css.deflated $(BUILD)/assets/report.js.deflated
$(BUILD)/profiler/collector/report_assets.o: CFLAGS += -I$(BUILD)/assets -Wa,-I$(BUILD)/assets

# The upload page's style and script, likewise.
$(BUILD)/assets/page.css: service/page/page.css Makefile
	@mkdir -p $(@D); cat $< > $@
$(BUILD)/assets/page.js: $(sort $(wildcard service/page/*.js)) Makefile
	@mkdir -p $(@D); { printf '(() => {\n"use strict";\n'; cat $(filter %.js,$^); printf 'start();\n})();\n'; } > $@
$(BUILD)/service/page/page_assets.o: $(BUILD)/assets/page.css.sha256.h $(BUILD)/assets/page.js.sha256.h service/page/page.html \
                                     service/page/openapi.json $(wildcard service/page/samples/*.jpg)
$(BUILD)/service/page/page_assets.o: CFLAGS += -I$(BUILD)/assets -Wa,-I$(BUILD)/assets -Wa,-Iservice/page
page-samples: ## make the upload page's sample pictures from sample_images/
	@$(PYTHON) service/page/make_samples.py

include tests/tests.mk

deps: ## install the Debian packages that building and testing need (NO_INSTALL=1 only prints the line)
	@.ci/deps build/.deps-build $(PACKAGES_BUILD)
	@.ci/deps build/.deps-test $(PACKAGES_TEST)
build/.deps-build:
	@.ci/deps $@ $(PACKAGES_BUILD)
build/.deps-test:
	@.ci/deps $@ $(PACKAGES_TEST)
programs: | build/.deps-test ## unpack the programs that tests profile, into build/programs
	@.ci/programs build/programs $(PACKAGES_PROGRAMS)
build/.deps-demo:
	@.ci/deps $@ curl

demo: | build/.deps-demo ## run the service under hotline, send every operation over sample_images/, show where the report is
	@$(MAKE) --no-print-directory all
	@PATH_BUILD=$(BUILD) sample_images/demo

render-rehearsal: ## deploy here as on Render (root, Debian): build the image, run it, swap, send traffic, fetch the report over ssh
	@BUILD=build PACKAGES="$(PACKAGES_REHEARSAL)" tests/rehearsal/render_rehearsal

# The two commands of render.yaml change places; see the comment there.
profile-on: ## render.yaml: deploy the service under hotline
	@sed -i -E 's|^( *)(dockerCommand: /app/image-service)|\1# \2|; s|^( *)# (dockerCommand: /app/hotline )|\1\2|' render.yaml
	@grep -n 'dockerCommand: /app' render.yaml
profile-off: ## render.yaml: deploy the service alone
	@sed -i -E 's|^( *)(dockerCommand: /app/hotline )|\1# \2|; s|^( *)# (dockerCommand: /app/image-service)|\1\2|' render.yaml
	@grep -n 'dockerCommand: /app' render.yaml

PREFIX  := /usr/local
DESTDIR :=
VERSION  = $(shell sed -n 's/.*HOTLINE_VERSION "\(.*\)".*/\1/p' profiler/collector/version.h)
install: all ## install below PREFIX (/usr/local): commands, library, header, manual, completion
	@DESTDIR='$(DESTDIR)' wrapper/install/install.sh install '$(BUILD)' '$(PREFIX)' '$(VERSION)'
uninstall: ## remove what `make install` with the same PREFIX and DESTDIR made
	@DESTDIR='$(DESTDIR)' wrapper/install/install.sh uninstall '$(BUILD)' '$(PREFIX)' '$(VERSION)'

example-report: ## make profile.html, the example report in the root of the repository (root; its own mount namespace)
	@sample_images/example_report

format: ## lay the C sources out by .clang-format
	@git ls-files '*.c' '*.h' | xargs clang-format -i

clean: ## remove build/
	rm -rf build

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: all page-samples deps programs demo render-rehearsal profile-on profile-off install uninstall format clean help
.SECONDARY:
-include $(shell find $(addprefix $(BUILD)/,service profiler wrapper sampler sample_images tests) -type f -name "*.d" 2>/dev/null)
