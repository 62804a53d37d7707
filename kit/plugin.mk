# SPDX-License-Identifier: Apache-2.0
# Builds a plugin of bpflock from NAME.c and NAME.bpf.c. The whole Makefile of a plugin is:
#
#	PLUGIN = NAME
#	include $(or $(shell pkg-config --variable=plugin_mk bpflock),$(error pkg-config finds no bpflock: install bpflock-dev))
#
#	make				builds NAME.so
#	make check			says what is wrong with it, as far as that can be seen without running it
#	make install			as root, to where the daemon looks for plugins of this machine; DESTDIR is honoured
#	make clean			removes what was built
#
# CC, CLANG, CPPFLAGS (of both compilers), CFLAGS and LDFLAGS may be set.

CLANG ?= clang
CFLAGS ?= -O2 -g -Wall -Wextra

bpflock_cflags := $(shell pkg-config --cflags bpflock)
bpf_cflags := $(shell pkg-config --variable=bpf_cflags bpflock)
localplugindir := $(shell pkg-config --variable=localplugindir bpflock)

.PHONY: all check install clean

all: $(PLUGIN).so

# BPFLOCK_PLUGIN() embeds the object, which the assembler finds by -Wa,-I. and no compiler lists as a dependency.
$(PLUGIN).so: $(PLUGIN).c $(PLUGIN).bpf.o
	$(CC) -fPIC -fvisibility=hidden -Wa,-I. -MMD -MP -MF $(PLUGIN).d -MT $@ \
		$(bpflock_cflags) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -shared -o $@ $<

# A program has the parameters of its hook, whether it uses them or not.
$(PLUGIN).bpf.o: $(PLUGIN).bpf.c
	$(CLANG) $(bpf_cflags) -Wall -Wextra -Wno-unused-parameter -MMD -MP -MF $(PLUGIN).bpf.d -MT $@ \
		$(CPPFLAGS) -c -o $@ $<

check: $(PLUGIN).so
	bpflock-plugin check $(PLUGIN).so

# Made by root, the file and its directories belong to root, as the daemon demands.
install: $(PLUGIN).so
	install -D -m 755 $(PLUGIN).so $(DESTDIR)$(localplugindir)/$(PLUGIN).so

clean:
	$(RM) $(PLUGIN).so $(PLUGIN).bpf.o $(PLUGIN).d $(PLUGIN).bpf.d

-include $(PLUGIN).d $(PLUGIN).bpf.d
