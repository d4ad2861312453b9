# Build, test, prove and measure Sacred: `make help` lists the targets.
# SPDX-License-Identifier: BSD-2-Clause

ifeq ($(origin CC),default)
CC := gcc
endif
AR ?= ar
prefix ?= /usr/local
FILE ?=
# SAN=address,undefined or SAN=thread builds the same things in a directory of their own, and so does TRACE=1: the library
# with a log (SACRED_TRACE=file).
SAN ?=
TRACE ?=
B ?= build$(if $(TRACE),/traced)$(if $(SAN),/$(if $(findstring address,$(SAN)),asan,$(if $(findstring thread,$(SAN)),tsan,san)))

CFLAGS ?= -O2 -g
all_cflags := -std=c11 -Wall -Wextra -Werror -fPIC -pthread $(CFLAGS) \
  $(if $(SAN),-DSANITIZED -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
all_cppflags := -D_GNU_SOURCE -Iprimitives $(CPPFLAGS)
# What a link with libsacred.a needs besides: the verbs wire and the rendezvous.
libs := $(shell pkg-config --libs libibverbs 2>/dev/null || echo -libverbs) -lsodium
all_ldflags := -pthread $(if $(SAN),-fsanitize=$(SAN)) $(LDFLAGS)
compile = $(CC) $(all_cppflags) $(all_cflags) -MMD -MP

version := $(shell sed -n 's/.*SACRED_VERSION "\(.*\)".*/\1/p' primitives/sacred/sacred.h)
library := $(patsubst %.c,$(B)/%.o,$(filter-out %/$(if $(TRACE),untraced,trace).c,\
  $(wildcard primitives/*.c primitives/wire/*.c primitives/group/*.c)))
tool    := $(patsubst %.c,$(B)/%.o,$(wildcard primitives/cli/*.c))
explorer := $(patsubst %.c,$(B)/%.o,$(filter-out %/main.c,$(wildcard model/explorer/*.c)))
conform := $(patsubst %.c,$(B)/%.o,$(wildcard model/conform/*.c))
tests   := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/test_*.c))
hw_programs := $(patsubst %,$(B)/hw-tests/%,tear function faults own smoke)
hw_litmus := $(patsubst %.c,$(B)/%.o,$(wildcard hw-tests/litmus/*.c))
mutants := $(patsubst %,$(B)/tests/mutant_%,barrier table flag broadcast)
mistaken_simulations := $(patsubst %,$(B)/tests/simulate_%,schedule_make network_post wire_signal)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
# The targets that `make help` lists are no files.
.PHONY: all tests $(shell sed -n 's/^\([a-z-]*\):.*\#\#.*/\1/p' $(firstword $(MAKEFILE_LIST)))

all: $(B)/libsacred.a $(B)/libsacred.so $(B)/sacred $(B)/sacred-litmus $(B)/sacred-simulate ## build the library, the sacred tool, the litmus explorer and the simulator (CC=clang, SAN=thread, B=dir)

help: ## list the targets
	@sed -n 's/^\([a-z%-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-26s %s\n", $$1, $$2 }'

setup: ## install the Debian packages that all targets together need
	@tests/setup all

# -- the library ------------------------------------------------------------

# Another compiler or other flags: build anew.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(compile) $(all_ldflags)' | cmp -s - $@ || echo '$(compile) $(all_ldflags)' >$@
FORCE:

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(compile) -c -o $@ $<

# Where TRACE=1 the primitives call a door that logs: the same text, with other names for what it calls.
$(if $(TRACE),$(patsubst %.c,$(B)/%.o,$(wildcard primitives/*.c))): private all_cppflags += -include primitives/wire/traced.h

# PMIx is opened at run time; its header says what is in it.
$(B)/primitives/group/pmix.o: private all_cppflags += $(shell pkg-config --cflags-only-I pmix 2>/dev/null)

$(B)/libsacred.a: $(library)
	@rm -f $@
	$(AR) rcs $@ $^

$(B)/libsacred.so.0: $(library) primitives/libsacred.map
	$(CC) -shared $(all_ldflags) $(if $(SAN),,-Wl,-z,defs) -Wl,-soname,libsacred.so.0 \
	  -Wl,--version-script=primitives/libsacred.map -o $@ $(library) $(libs)

$(B)/libsacred.so: $(B)/libsacred.so.0
	ln -sf $(<F) $@

$(B)/sacred: $(tool) $(B)/libsacred.a
	$(CC) -o $@ $^ $(all_ldflags) $(libs)

install: all ## install under prefix (/usr/local), within DESTDIR
	install -d $(DESTDIR)$(prefix)/include/sacred $(DESTDIR)$(prefix)/lib/pkgconfig $(DESTDIR)$(prefix)/bin
	install -m 644 primitives/sacred/*.h $(DESTDIR)$(prefix)/include/sacred
	install -m 644 $(B)/libsacred.a $(DESTDIR)$(prefix)/lib
	install -m 755 $(B)/libsacred.so.0 $(DESTDIR)$(prefix)/lib/libsacred.so.$(version)
	ln -sf libsacred.so.$(version) $(DESTDIR)$(prefix)/lib/libsacred.so.0
	ln -sf libsacred.so.0 $(DESTDIR)$(prefix)/lib/libsacred.so
	install -m 755 $(B)/sacred $(B)/sacred-litmus $(B)/sacred-simulate $(DESTDIR)$(prefix)/bin
	sed 's|@prefix@|$(prefix)|; s|@version@|$(version)|' primitives/sacred.pc.in \
	  >$(DESTDIR)$(prefix)/lib/pkgconfig/sacred.pc

# -- tests ------------------------------------------------------------------

$(B)/tests/test_%: $(B)/tests/test_%.o $(B)/tests/ranks.o $(B)/libsacred.a
	$(CC) -o $@ $^ -lcmocka $(all_ldflags) $(libs)

$(B)/tests/test_statistics: $(B)/tests/test_statistics.o $(B)/primitives/cli/statistics.o $(B)/primitives/cli/loggp.o
	$(CC) -o $@ $^ -lcmocka $(all_ldflags)

# The verbs wire on a device that is none: the fake's functions stand before those of libibverbs.
$(B)/tests/test_verbs_%: $(B)/tests/test_verbs_%.o $(B)/tests/verbs_rank.o $(B)/tests/fake_verbs.o $(B)/libsacred.a
	$(CC) -o $@ $^ -lcmocka $(all_ldflags) $(libs)
$(B)/tests/test_sparse_%: $(B)/tests/test_sparse_%.o $(B)/tests/sparse_ranks.o $(B)/tests/fake_verbs.o $(B)/libsacred.a
	$(CC) -o $@ $^ -lcmocka $(all_ldflags) $(libs)

# Ranks that take each other for ranks of other hosts, on a device that is none between their processes.
far_tests := $(patsubst %,$(B)/tests/far_%,barrier broadcast death group local region table)
far_programs := $(B)/tests/far_launched $(B)/hw-tests/far_function $(B)/hw-tests/far_faults $(B)/hw-tests/far_smoke
loop := $(B)/tests/loop_verbs.o -Wl,--wrap=mmap,--wrap=munmap
$(far_tests): $(B)/tests/far_%: $(B)/tests/test_%.o $(B)/tests/ranks.o $(B)/tests/loop_verbs.o $(B)/libsacred.a
	$(CC) -o $@ $(filter-out %/loop_verbs.o,$(filter %.o,$^)) $(loop) $(B)/libsacred.a -lcmocka $(all_ldflags) $(libs)
$(far_programs): $(B)/%: $(B)/tests/ranks.o $(B)/tests/loop_verbs.o $(B)/libsacred.a
	$(CC) -o $@ $(subst /far_,/,$@).o $(B)/tests/ranks.o $(loop) $(B)/libsacred.a -lcmocka $(all_ldflags) $(libs)
$(B)/tests/far_launched: $(B)/tests/launched.o
$(B)/tests/far_sacred: $(tool) $(B)/tests/loop_verbs.o $(B)/libsacred.a
	$(CC) -o $@ $(tool) $(loop) $(B)/libsacred.a $(all_ldflags) $(libs)
$(B)/hw-tests/far_function: $(B)/hw-tests/function.o
$(B)/hw-tests/far_faults: $(B)/hw-tests/faults.o
$(B)/hw-tests/far_smoke: $(B)/hw-tests/smoke.o

# What must fail: one primitive compiled with a signal that is read late, ahead of the right one in the library.
$(B)/tests/late_%.o: primitives/%.c $(B)/flags
	@mkdir -p $(@D)
	$(compile) -Dwire_signal=late_signal -c -o $@ $<
$(B)/tests/mutant_%.o: tests/test_late.c $(B)/flags
	@mkdir -p $(@D)
	$(compile) -DMUTANT_$* -c -o $@ $<
$(B)/tests/mutant_%: $(B)/tests/mutant_%.o $(B)/tests/late_%.o $(B)/tests/late_signal.o $(B)/tests/ranks.o $(B)/libsacred.a
	$(CC) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lcmocka $(all_ldflags) $(libs)
# Of the broadcast a signal may be read late: with a chunk behind its signal.
$(B)/tests/early_broadcast.o: primitives/broadcast_give.c $(B)/flags
	@mkdir -p $(@D)
	$(compile) -Dwire_lend=late_chunk -Dwire_signal=early_signal -c -o $@ $<
$(B)/tests/mutant_broadcast: $(B)/tests/mutant_broadcast.o $(B)/tests/early_broadcast.o $(B)/tests/late_chunk.o \
    $(B)/tests/ranks.o $(B)/libsacred.a
	$(CC) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lcmocka $(all_ldflags) $(libs)

# And a barrier of hosts that does not flush, of ranks of several hosts: tests/hosts runs it.
$(B)/tests/unflushed_local.o: primitives/local.c $(B)/flags
	@mkdir -p $(@D)
	$(compile) -Dsacred_fence_test=no_fence_test -c -o $@ $<
$(B)/tests/unflushed: $(B)/tests/test_local.o $(B)/tests/unflushed_local.o $(B)/tests/no_fence.o $(B)/tests/ranks.o $(B)/tests/loop_verbs.o $(B)/libsacred.a
	$(CC) -o $@ $(filter-out %/loop_verbs.o,$(filter %.o,$^)) $(loop) $(B)/libsacred.a -lcmocka $(all_ldflags) $(libs)

# What a launcher of others starts: lists of ranks under PMIx; an MPI program that brings its own allgather.
$(B)/tests/lists $(B)/tests/lost $(B)/tests/traced: $(B)/tests/%: $(B)/tests/%.o $(B)/libsacred.a
	$(CC) -o $@ $^ $(all_ldflags) $(libs)
$(B)/tests/mpi_allgather: tests/mpi_allgather.c $(B)/libsacred.a
	mpicc.mpich -cc=$(CC) $(all_cppflags) -std=c11 -Wall -Wextra -Werror $(CFLAGS) -o $@ $^ $(all_ldflags) $(libs)

tests: all $(tests) $(mutants) $(mistaken_simulations) $(B)/tests/launched $(B)/tests/lost $(hw_programs) $(B)/hw-tests/device-litmus $(if $(SAN),,$(far_tests) $(far_programs) $(B)/tests/far_sacred $(B)/tests/unflushed $(B)/tests/lists $(B)/tests/mpi_allgather $(B)/bench/instructions \
  $(patsubst %,$(B)/bench/far/%,bare_barrier bare_broadcast sacred_barrier sacred_broadcast)) ## build the tests without running them

# What tests/traces runs, with TRACE=1: programs whose library keeps a log.
traced := $(patsubst %,$(B)/tests/%,traced test_barrier test_broadcast test_region test_table) $(B)/hw-tests/function
.PHONY: traced
traced: $(B)/sacred $(traced)

$(B)/tests/large: $(B)/tests/large.o $(B)/tests/ranks.o $(B)/libsacred.a
	$(CC) -o $@ $^ -lcmocka $(all_ldflags) $(libs)

$(B)/tests/launched: $(B)/tests/launched.o $(B)/libsacred.a
	$(CC) -o $@ $^ $(all_ldflags) $(libs)

test: ## run every test that needs no card: shared memory, late wire, sanitizers (SEED=n, ONLY=pattern)
	@tests/setup test
	@$(MAKE) --no-print-directory -s tests
	@$(MAKE) --no-print-directory -s tests SAN=address,undefined
	@$(MAKE) --no-print-directory -s tests SAN=thread
	@$(MAKE) --no-print-directory -s traced TRACE=1
	@rm -rf build/stage && $(MAKE) --no-print-directory -s install DESTDIR=build/stage prefix=/usr
	@tests/run

slurm-test: ## run the tests under a Slurm of their own; installs slurmctld, slurmd and munge
	@tests/setup slurm
	@$(MAKE) --no-print-directory -s tests
	@tests/run slurm

test-large: ## broadcast 4 GiB and one byte between two ranks; needs 10 GiB of memory
	@tests/setup test
	@$(MAKE) --no-print-directory -s $(B)/tests/large
	@tests/run large

# -- on real devices ----------------------------------------------------------

$(B)/hw-tests/%.o: private all_cppflags += -Itests
$(hw_programs): $(B)/hw-tests/%: $(B)/hw-tests/%.o $(B)/tests/ranks.o $(B)/libsacred.a
	$(CC) -o $@ $^ -lcmocka $(all_ldflags) $(libs)

# The catalogue of litmus tests on a device.
$(hw_litmus): private all_cppflags += -Imodel/explorer
$(B)/hw-tests/device-litmus: $(hw_litmus) $(explorer) $(B)/libsacred.a
	$(CC) -o $@ $^ $(all_ldflags) $(libs)

$(B)/hw-tests/vm/tsc: $(B)/hw-tests/vm/tsc.o
	$(CC) -o $@ $^ $(all_ldflags)

hw-test: ## run the tests over RDMA: this host's devices, else Soft-RoCE in virtual machines (ONLY=pattern HOSTS=a,b RANKS=n)
	@tests/setup test
	@$(MAKE) --no-print-directory -s traced TRACE=1
	@$(MAKE) --no-print-directory -s tests $(B)/bench/bare_barrier $(B)/bench/sacred_barrier \
	  $(if $(findstring x86_64,$(shell uname -m)),$(B)/hw-tests/vm/tsc)
	@B=$(B) hw-tests/run $(if $(ONLY),--only "$(ONLY)") $(if $(HOSTS),--hosts "$(HOSTS)")

check: ## all that a commit must pass: format, gcc and clang, tests, litmus, explore, tokens, replayed proofs
	@tests/setup test prove
	@$(MAKE) --no-print-directory format-check
	@$(MAKE) --no-print-directory -s all B=build
	@$(MAKE) --no-print-directory -s tests CC=clang B=build/clang
	@$(MAKE) --no-print-directory test
	@$(MAKE) --no-print-directory litmus explore explore-broken explore-agree explore-wide refine refine-broken
	@$(MAKE) --no-print-directory explore-mutants SAMPLE=12
	@$(MAKE) --no-print-directory bootstrap-fuzz FUZZ=10
	@$(MAKE) --no-print-directory tokens
	@proofs/prove --self-test
	@$(MAKE) --no-print-directory prove-replay

sources := primitives model tests hw-tests proofs
format: ## lay out the C sources with clang-format
	@find $(sources) -name '*.[ch]' | xargs -r clang-format -i
format-check: ## see whether clang-format would change anything
	@find $(sources) -name '*.[ch]' | xargs -r clang-format --dry-run -Werror

# -- proofs -----------------------------------------------------------------

prove: ## prove everything, from what is not proved yet
	@tests/setup prove
	@proofs/prove
prove-%: ## prove one unit: make prove-barrier
	@tests/setup prove
	@proofs/prove $*
prove-replay: ## check the committed proofs again, without looking for new ones
	@tests/setup prove
	@proofs/prove --replay
prove-doubt: ## look for what would be proved by accident: false goals, vacuous contracts
	@tests/setup prove
	@proofs/doubt
mutants: ## break code, contracts and machine on purpose: every mutant is to be killed
	@tests/setup prove
	@$(MAKE) --no-print-directory -s litmus-mutants
	@proofs/mutants
tokens: ## check that the C under proof is, token by token, the C that ships
	@proofs/tokens

# -- the machine -------------------------------------------------------------

$(B)/tests/test_litmus.o $(B)/tests/litmus/%.o $(B)/mistaken/tests/%.o: private all_cppflags += -Imodel/explorer

$(B)/sacred-litmus: $(B)/model/explorer/main.o $(explorer) $(conform)
	$(CC) -o $@ $^ -ljansson $(all_ldflags)

$(B)/tests/test_litmus: $(B)/tests/test_litmus.o $(explorer)
	$(CC) -o $@ $^ -lcmocka $(all_ldflags)

$(B)/litmus-catalogue: $(B)/tests/litmus/catalogue.o $(explorer)
	$(CC) -o $@ $^ $(all_ldflags)

litmus: $(B)/sacred-litmus $(B)/litmus-catalogue ## run the litmus catalogue in both models and under both readings of question 1
	@$(B)/litmus-catalogue $(sort $(wildcard model/litmus/*.litmus))

trace-random: $(B)/sacred-litmus ## compare the judge of logs with the explorer on N random programs (N=300 SEED=n)
	@tests/conform $(or $(N),300) $(SEED)

$(B)/litmus-random: $(B)/tests/litmus/random.o $(B)/tests/litmus/program.o $(explorer)
	$(CC) -o $@ $^ $(all_ldflags)

litmus-random: $(B)/litmus-random ## compare the two models on N random programs (N=5000 SEED=n)
	@$(B)/litmus-random $(or $(N),5000) $(or $(SEED),$(shell od -An -N3 -tu4 /dev/urandom)) $(B)/disagreement.litmus

$(B)/mistaken/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(compile) -DLITMUS_MUTANTS -c -o $@ $<
mistaken := $(explorer:$(B)/%=$(B)/mistaken/%)

$(B)/litmus-mutants: $(B)/mistaken/tests/litmus/mutants.o $(mistaken)
	$(CC) -o $@ $^ $(all_ldflags)

litmus-mutants: $(B)/litmus-mutants ## break the rules of the machine one by one: which test of the catalogue notices?
	@$(B)/litmus-mutants $(sort $(wildcard model/litmus/*.litmus))

# Seeks programs that notice a mutant: MUTANTS="numbers of mutants.h and cells.h".
$(B)/litmus-seek: $(B)/mistaken/tests/litmus/seek.o $(B)/tests/litmus/program.o $(mistaken)
	$(CC) -o $@ $^ $(all_ldflags)

litmus-seek: $(B)/litmus-seek ## seek small programs that notice a mutant (MUTANTS=numbers N=1000 SEED=n)
	@$(B)/litmus-seek $(or $(N),1000) $(or $(SEED),1) $(MUTANTS)

# Needs clang. What it finds goes to build/fuzz, the committed files are only where it starts.
build/fuzz/litmus: tests/fuzz/litmus.c $(wildcard model/explorer/*.[ch])
	@mkdir -p build/fuzz/found
	clang -std=c11 -O1 -g -D_GNU_SOURCE -Imodel/explorer -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	  -o $@ $(filter-out %/main.c %.h,$^)

litmus-fuzz: build/fuzz/litmus ## feed random bytes to the litmus parser and the models (FUZZ=seconds)
	@tests/setup test
	@cd build/fuzz && ./litmus -max_total_time=$(or $(FUZZ),60) -max_len=4096 -timeout=20 -print_final_stats=1 \
	  -verbosity=0 found ../../tests/fuzz/litmus

build/fuzz/trace: tests/fuzz/trace.c $(wildcard model/conform/*.[ch])
	@mkdir -p build/fuzz/logs
	clang -std=c11 -O1 -g -D_GNU_SOURCE -Imodel/conform -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	  -o $@ $(filter-out %/files.c %.h,$^) -ljansson

trace-fuzz: build/fuzz/trace ## feed random bytes to the reader and judge of logs (FUZZ=seconds)
	@tests/setup test
	@cd build/fuzz && ./trace -max_total_time=$(or $(FUZZ),60) -max_len=4096 -timeout=20 -print_final_stats=1 \
	  -verbosity=0 logs ../../tests/fuzz/trace

build/fuzz/messages: tests/fuzz/messages.c primitives/group/message.c primitives/group/place.c $(wildcard primitives/group/*.h)
	@mkdir -p build/fuzz/heard
	clang -std=c11 -O1 -g -D_GNU_SOURCE -Iprimitives -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	  -o $@ $(filter %.c,$^)

bootstrap-fuzz: build/fuzz/messages ## feed random bytes to the parsers of the rendezvous (FUZZ=seconds)
	@cd build/fuzz && ./messages -max_total_time=$(or $(FUZZ),60) -max_len=2048 -timeout=20 -print_final_stats=1 \
	  -verbosity=0 heard ../../tests/fuzz/messages

# The primitives under every schedule: compiled as they are, but with a door that is called and not inlined.
primitives_explored := flag fence barrier schedule dissemination hosts local table region tree
explored := $(primitives_explored:%=$(B)/explored/%.o)
exploring := $(patsubst %.c,$(B)/%.o,$(wildcard model/explore/*.c))
called := -DWIRE_DECLARED_ONLY -DWIRE_INLINE=extern

$(B)/explored/%.o: primitives/%.c $(B)/flags
	@mkdir -p $(@D)
	$(compile) $(called) -c -o $@ $<
$(B)/model/explore/%.o: model/explore/%.c $(B)/flags
	@mkdir -p $(@D)
	$(compile) $(called) -c -o $@ $<

$(B)/sacred-explore: $(exploring) $(explored)
	$(CC) -o $@ $^ $(all_ldflags)

# The barriers among many ranks, over a network that is simulated: the same objects. What must fail is linked with
# another schedule, network or signal: tests/simulate_X.c.
simulated := $(patsubst %,$(B)/explored/%.o,fence flag barrier schedule dissemination local) \
  $(patsubst %,$(B)/primitives/group/%.o,number status tuning_table)
simulating := $(patsubst %.c,$(B)/%.o,$(wildcard model/simulate/*.c))
$(simulating): private all_cppflags += $(called)
$(B)/sacred-simulate: $(simulating) $(simulated)
	$(CC) -o $@ $^ -ljansson -lm $(all_ldflags)
$(mistaken_simulations): $(B)/tests/simulate_%: $(B)/tests/simulate_%.o $(simulating) $(simulated)
	$(CC) -o $@ $^ -ljansson -lm $(all_ldflags) -Wl,--wrap=$*
$(mistaken_simulations:%=%.o): private all_cppflags += $(called) -Imodel/simulate

# That machine, and the operational model of litmus tests, in one program: two functions have the same name.
agree := $(patsubst model/explore/%.c,$(B)/agree/%.o,$(filter %/machine.c %/node.c %/cpu.c %/layout.c %/strings.c %/story.c,\
  $(wildcard model/explore/*.c))) $(B)/agree/door_model.o
apart := -Dmachine_steps=explored_steps -Dmachine_take=explored_take
$(B)/agree/%.o: model/explore/%.c $(B)/flags
	@mkdir -p $(@D)
	$(compile) $(called) $(apart) -c -o $@ $<
$(B)/agree/%.o: tests/explore/%.c $(B)/flags
	@mkdir -p $(@D)
	$(compile) $(called) $(apart) -Imodel/explorer -c -o $@ $<
$(B)/tests/explore/agree.o: private all_cppflags += -Imodel/explorer
$(B)/explore-agree: $(B)/tests/explore/agree.o $(B)/tests/litmus/program.o $(agree) $(explorer)
	$(CC) -o $@ $^ $(all_ldflags)

explore-agree: $(B)/explore-agree ## compare the machine under the primitives with the litmus model (N=1000 SEED=n)
	@$(B)/explore-agree $(or $(N),1000) $(or $(SEED),$(shell od -An -N3 -tu4 /dev/urandom)) $(wildcard model/litmus/*.litmus)

explore-mutants: $(B)/sacred-explore $(B)/sacred-explore-wide $(B)/explore-agree ## break the primitives and the machine under them: the explorer notices (SAMPLE=n SEED=n ONLY=patterns)
	@tests/explore/theorems
	@tests/explore/mutants $(if $(SAMPLE),--sample $(SAMPLE)) --seed $(or $(SEED),1) $(ONLY)

# The same with more of everything, for walks only: too large to keep states.
wide := $(patsubst model/explore/%.c,$(B)/wide/%.o,$(wildcard model/explore/*.c)) $(primitives_explored:%=$(B)/explored/%.o)
$(B)/wide/%.o: model/explore/%.c $(B)/flags
	@mkdir -p $(@D)
	$(compile) $(called) -DEXPLORE_WIDE -c -o $@ $<
$(B)/sacred-explore-wide: $(wide)
	$(CC) -o $@ $^ $(all_ldflags)

$(B)/tests/test_explore: $(B)/tests/test_explore.o $(filter-out %/main.o,$(exploring)) $(explored)
	$(CC) -o $@ $^ -lcmocka $(all_ldflags)

# The same, and each step mapped to the world of the proofs: the primitives with their ghost calls of history made
# calls, the invariant and the guards translated from acsl/, the effects those of model/realize.c.
refined := $(B)/refined
protocols := flag fence barrier dissemination table broadcast
refining := $(patsubst %.c,$(B)/%.o,$(filter-out %/main.c,$(wildcard model/explore/refine/*.c))) \
  $(filter-out %/main.o %/scaled_broadcast.o,$(exploring)) \
  $(patsubst %,$(refined)/%_protocol.o,$(protocols)) $(refined)/realize.o \
  $(primitives_explored:%=$(refined)/primitives/%.o) $(refined)/model/explore/scaled_broadcast.o

$(refined)/model/realize.h: model/explore/refine/translate model/realize.h
	@mkdir -p $(@D)
	model/explore/refine/translate realize.h >$@
$(refined)/%_protocol.c: model/explore/refine/translate $(wildcard acsl/*.h primitives/*.h proofs/theorems/*.c) \
    model/steps.h model/realize.h
	@mkdir -p $(@D)
	model/explore/refine/translate $* >$@
$(refined)/%_protocol.o: $(refined)/%_protocol.c $(refined)/model/realize.h $(B)/flags
	$(compile) -I$(refined) -Imodel/explore/refine -Wno-unused-function -c -o $@ $<
$(refined)/realize.o: model/realize.c $(refined)/model/realize.h $(B)/flags
	$(compile) -I$(refined) -I. -c -o $@ $<
$(patsubst %,$(B)/model/explore/refine/%.o,world spoil): private all_cppflags += -I$(refined) -I.
$(patsubst %,$(B)/model/explore/refine/%.o,world spoil): $(refined)/model/realize.h

$(refined)/primitives/%.c: primitives/%.c
	@mkdir -p $(@D)
	sed 's|//@ ghost \(\(if (.*) \)\{0,1\}history_[a-z]*(.*);\)$$|\1;|' $< >$@
$(refined)/primitives/%.o: $(refined)/primitives/%.c $(B)/flags
	$(compile) $(called) -include model/explore/refine/history.h -c -o $@ $<
$(refined)/model/explore/scaled_broadcast.o: model/explore/scaled_broadcast.c $(B)/flags \
    $(patsubst %,$(refined)/primitives/%.c,broadcast broadcast_take broadcast_give)
	@mkdir -p $(@D)
	cp $< $(@:.o=.c)
	$(compile) $(called) -Imodel/explore -include model/explore/refine/history.h -c -o $@ $(@:.o=.c)

$(B)/sacred-refine: $(B)/model/explore/refine/main.o $(refining)
	$(CC) -o $@ $^ $(all_ldflags)

$(B)/tests/test_refine: $(B)/tests/test_refine.o $(refining)
	$(CC) -o $@ $^ -lcmocka $(all_ldflags)

refine: $(B)/sacred-refine ## map every step of the machine to the world of the proofs, and evaluate their invariant (ONLY=names)
	@model/explore/refine/translate --self-test
	@$(B)/sacred-refine $(ONLY)

refine-long: $(B)/sacred-refine ## the same, with three ranks and the configurations that take minutes
	@$(B)/sacred-refine --long $(ONLY)

# What must fail: broken/X-WHY.c is another X of the door, and every primitive is compiled with it. It names the
# scenarios that notice.
broken := $(patsubst model/explore/broken/%.c,%,$(wildcard model/explore/broken/*.c))
define broken_explore
$(B)/broken/$(1)/%.o: primitives/%.c $(B)/flags
	@mkdir -p $$(@D)
	$$(compile) $(called) -D$(firstword $(subst -, ,$(1)))=mistaken_door -c -o $$@ $$<
$(B)/broken/$(1)/%.o: model/explore/%.c $(B)/flags
	@mkdir -p $$(@D)
	$$(compile) $(called) -D$(firstword $(subst -, ,$(1)))=mistaken_door -c -o $$@ $$<
$(B)/broken/$(1)/explore: $(filter-out %/scaled_broadcast.o,$(exploring)) $(B)/model/explore/broken/$(1).o \
    $(patsubst %,$(B)/broken/$(1)/%.o,$(primitives_explored) scaled_broadcast)
	$(CC) -o $$@ $$^ $(all_ldflags)
endef
$(foreach name,$(broken),$(eval $(call broken_explore,$(name))))

explore-broken: $(patsubst %,$(B)/broken/%/explore,$(broken)) ## the same with deliberate mistakes: a shortest trace for each
	@for name in $(broken); do echo "-- $$name"; $(B)/broken/$$name/explore --broken \
	  $$(sed -n 's|^/. Broken=\(.*\) ./$$|\1|p' model/explore/broken/$$name.c) || exit 1; done

# The mistakes that are no steps of the world: each of these names the scenarios in which that is seen.
refused := $(patsubst model/explore/broken/%.c,%,$(shell grep -l Refused= model/explore/broken/*.c))
define broken_refine
$(refined)/$(1)/primitives/%.o: $(refined)/primitives/%.c $(B)/flags
	@mkdir -p $$(@D)
	$$(compile) $(called) -D$(firstword $(subst -, ,$(1)))=mistaken_door -include model/explore/refine/history.h -c -o $$@ $$<
$(refined)/$(1)/scaled_broadcast.o: $(refined)/model/explore/scaled_broadcast.o $(B)/flags
	@mkdir -p $$(@D)
	$$(compile) $(called) -D$(firstword $(subst -, ,$(1)))=mistaken_door -Imodel/explore -include model/explore/refine/history.h \
	  -c -o $$@ $$(<:.o=.c)
$(refined)/$(1)/scenario-%.o: model/explore/%.c $(B)/flags
	@mkdir -p $$(@D)
	$$(compile) $(called) -D$(firstword $(subst -, ,$(1)))=mistaken_door -c -o $$@ $$<
$(refined)/$(1)/refine: $(B)/model/explore/refine/main.o $(B)/model/explore/broken/$(1).o \
    $(filter-out $(refined)/primitives/% %/scaled_broadcast.o %/explore/flag.o %/explore/fence.o %/explore/table.o,$(refining)) \
    $(primitives_explored:%=$(refined)/$(1)/primitives/%.o) $(refined)/$(1)/scaled_broadcast.o \
    $(patsubst %,$(refined)/$(1)/scenario-%.o,flag fence table)
	$(CC) -o $$@ $$^ $(all_ldflags)
endef
$(foreach name,$(refused),$(eval $(call broken_refine,$(name))))

refine-broken: $(patsubst %,$(refined)/%/refine,$(refused)) ## the same with deliberate mistakes of the door: the world is to refuse them
	@for name in $(refused); do echo "-- $$name"; $(refined)/$$name/refine --broken \
	  $$(sed -n 's|^/. Refused=\(.*\) ./$$|\1|p' model/explore/broken/$$name.c) || exit 1; done

explore: $(B)/sacred-explore ## run the primitives under every schedule of the machine (ONLY=names)
	@$(B)/sacred-explore $(ONLY)
explore-random: $(B)/sacred-explore ## random walks through the long ones too (N=1000 SEED=n ONLY=names); finds, and never proves
	@$(B)/sacred-explore --long --walks $(or $(N),1000) \
	  --seed $(or $(SEED),$(shell od -An -N3 -tu4 /dev/urandom)) $(ONLY) || [ $$? = 3 ]
explore-wide: $(B)/sacred-explore-wide ## long random walks of 4 to 16 ranks under adversaries (N=walks SEED=n ONLY=names)
	@seed=$(or $(SEED),$$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')); echo "SEED=$$seed"; \
	  $(B)/sacred-explore-wide --walks $(or $(N),8) --seed $$seed $(ONLY) || [ $$? = 3 ]
explore-long: $(B)/sacred-explore ## the same, with the configurations that take minutes
	@$(B)/sacred-explore --long $(ONLY)

# -- to see and to measure --------------------------------------------------

$(B)/demo: $(B)/tests/demo/demo.o $(B)/libsacred.a
	$(CC) -o $@ $^ -lcrypto $(all_ldflags) $(libs)

demo: ## see it work on four ranks and prove the barrier, in two minutes (FILE=path to broadcast)
	@tests/setup demo
	@$(MAKE) --no-print-directory -s all $(B)/demo
	@tests/demo/run "$(FILE)"

bench: ## measure barrier and broadcast against bare programs, pthreads, Open MPI and MPICH, and the explorer, on this machine
	@tests/setup bench
	@$(MAKE) --no-print-directory -s bench-build
	@tests/bench/run

bench-instructions: ## count the instructions of a barrier of two ranks, at most 3 % above those committed (UPDATE=1 records them)
	@tests/setup bench
	@$(MAKE) --no-print-directory -s $(B)/bench/instructions
	@CC='$(CC)' CFLAGS='$(CFLAGS)' tests/bench/instructions $(if $(UPDATE),--update) || [ $$? = 77 ]

hw-bench: ## measure over RDMA against bare libibverbs, Open MPI, ib_write_bw: this host's devices, else Soft-RoCE (ONLY=name)
	@tests/setup hw-bench
	@$(MAKE) --no-print-directory -s hw-bench-build
	@B=$(B) hw-tests/run --bench $(if $(ONLY),"$(ONLY)")

.PHONY: bench-build hw-bench-build
hw-bench-build: $(B)/sacred $(B)/sacred-simulate $(if $(findstring x86_64,$(shell uname -m)),$(B)/hw-tests/vm/tsc) \
  $(patsubst %,$(B)/bench/%,bare_barrier bare_broadcast sacred_barrier openmpi_barrier sacred_broadcast openmpi_broadcast)
bench-build: $(B)/sacred $(B)/sacred-simulate $(B)/sacred-litmus $(patsubst %,$(B)/bench/%,bare_exchange pthread_barrier bare_copy \
  $(foreach what,barrier broadcast,sacred_$(what) openmpi_$(what) mpich_$(what)))
bench_headers := tests/bench/bench.h tests/bench/broadcast.h
bench_flags := -std=c11 -Wall -Wextra -Werror -O2 -D_GNU_SOURCE -pthread
$(B)/bench/instructions: tests/bench/instructions.c $(bench_headers) $(B)/libsacred.a
	@mkdir -p $(@D)
	$(CC) $(bench_flags) -g -Iprimitives -o $@ $< $(B)/libsacred.a $(libs)
$(B)/bench/sacred_%: tests/bench/sacred_%.c $(bench_headers) $(B)/libsacred.a
	@mkdir -p $(@D)
	$(CC) $(bench_flags) -Iprimitives -o $@ $< $(B)/libsacred.a $(libs)
$(B)/bench/bare_%: hw-tests/bench/bare_%.c hw-tests/bench/bare_verbs.h $(bench_headers)
	@mkdir -p $(@D)
	$(CC) $(bench_flags) -Itests/bench -o $@ $< -libverbs
# The same on a device that is none: that the measurement comes to its end is tested, its figures mean nothing.
$(B)/bench/far/bare_%: hw-tests/bench/bare_%.c hw-tests/bench/bare_verbs.h $(bench_headers) $(B)/tests/loop_verbs.o
	@mkdir -p $(@D)
	$(CC) $(bench_flags) -Itests/bench -o $@ $< $(loop) $(libs)
$(B)/bench/far/sacred_%: tests/bench/sacred_%.c $(bench_headers) $(B)/tests/loop_verbs.o $(B)/libsacred.a
	@mkdir -p $(@D)
	$(CC) $(bench_flags) -Iprimitives -o $@ $< $(loop) $(B)/libsacred.a $(libs)
$(B)/bench/openmpi_%: tests/bench/mpi_%.c $(bench_headers)
	@mkdir -p $(@D)
	mpicc.openmpi $(bench_flags) -o $@ $<
$(B)/bench/mpich_%: tests/bench/mpi_%.c $(bench_headers)
	@mkdir -p $(@D)
	mpicc.mpich $(bench_flags) -o $@ $<
$(B)/bench/%: tests/bench/%.c $(bench_headers)
	@mkdir -p $(@D)
	$(CC) $(bench_flags) -o $@ $<

all-green: ## everything from cold: build, check, prove, doubt, mutants, real verbs, demo, bench
	@$(MAKE) --no-print-directory clean
	@tests/setup all slurm
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory litmus-random explore-mutants
	@$(MAKE) --no-print-directory prove prove-doubt mutants
	@$(MAKE) --no-print-directory hw-test
	@$(MAKE) --no-print-directory demo
	@$(MAKE) --no-print-directory bench-instructions
	@$(MAKE) --no-print-directory bench

clean: ## remove all that was built
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)
