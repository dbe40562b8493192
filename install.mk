# Where everything goes, and the release. Included by the Makefile.
#
#   make install         DESTDIR= and GNU's names: prefix, exec_prefix, bindir ...
#   make install-strip   the same without symbols
#   make uninstall       takes away what install put there, never data
#   make installcheck    whether all of it is there and works
#   make deb             the Debian package, in $(O)/deb; installs what that needs
#   make dist            triaged-VERSION.tar.gz of the last commit, in DIST=;
#                        the same bytes each time

# Names from before GNU's were taken up; the lower-case one wins.
define old_name
ifeq ($$(origin $(1)),command line)
$(2) = $$($(1))
else ifdef $(1)
$(2) ?= $$($(1))
endif
endef
$(eval $(call old_name,PREFIX,prefix))
$(eval $(call old_name,SYSCONFDIR,sysconfdir))
$(eval $(call old_name,UNITDIR,unitdir))
$(eval $(call old_name,ZSHDIR,zshdir))

prefix ?= /usr/local
exec_prefix ?= $(prefix)
bindir ?= $(exec_prefix)/bin
sbindir ?= $(exec_prefix)/sbin
# Nothing goes there yet; the name is GNU's.
libexecdir ?= $(exec_prefix)/libexec
datarootdir ?= $(prefix)/share
datadir ?= $(datarootdir)
# Not below the prefix: systemd keeps the settings, state and sockets of a
# service in these three, whatever the prefix of its program.
sysconfdir ?= /etc
localstatedir ?= /var
runstatedir ?= /run
includedir ?= $(prefix)/include
docdir ?= $(datarootdir)/doc/triaged
mandir ?= $(datarootdir)/man
# Where others look for what is theirs.
unitdir ?= $(prefix)/lib/systemd/system
catalogdir ?= $(prefix)/lib/systemd/catalog
sysusersdir ?= $(prefix)/lib/sysusers.d
tmpfilesdir ?= $(prefix)/lib/tmpfiles.d
bashdir ?= $(datadir)/bash-completion/completions
zshdir ?= $(datadir)/zsh/site-functions

INSTALL ?= install
INSTALL_PROGRAM ?= $(INSTALL)
INSTALL_DATA ?= $(INSTALL) -m 644

CONFIG_FOLDER := $(sysconfdir)/triaged
STATE_FOLDER := $(localstatedir)/lib/triaged
LOG_FOLDER := $(localstatedir)/log/triaged
RUN_FOLDER := $(runstatedir)/triaged

# The programs, the units and the manual name the same folders.
$(O)/paths.h: FORCE
	@mkdir -p $(@D)
	$(call keep,'#define PATH_CONFIG "$(CONFIG_FOLDER)"' \
		'#define PATH_STATE "$(STATE_FOLDER)"' \
		'#define PATH_RUN "$(RUN_FOLDER)"')
# systemd makes StateDirectory= and RuntimeDirectory= below /var/lib and /run
# only: tmpfiles makes other folders, and the sandbox has to let the daemon in.
LET_IN = s|^$(1)=triaged$$|&\nReadWritePaths=$(2)\nBindPaths=$(2)|
MOVED_STATE = $(filter-out /var/lib/triaged,$(STATE_FOLDER))
MOVED_RUN = $(filter-out /run/triaged,$(RUN_FOLDER))
$(O)/paths.sed: FORCE
	@mkdir -p $(@D)
	$(call keep,'s|/etc/triaged|$(CONFIG_FOLDER)|g' \
		's|/var/lib/triaged|$(STATE_FOLDER)|g' \
		's|/var/log/triaged|$(LOG_FOLDER)|g' \
		's|/run/triaged|$(RUN_FOLDER)|g' \
		's|/usr/sbin/triaged|$(sbindir)/triaged|g' \
		's|/usr/bin/triagectl|$(bindir)/triagectl|g' \
		$(if $(MOVED_STATE),'$(call LET_IN,StateDirectory,$(STATE_FOLDER))') \
		$(if $(MOVED_RUN),'$(call LET_IN,RuntimeDirectory,$(RUN_FOLDER))'))
SITED = $(Q)mkdir -p $(@D) && sed -f $(O)/paths.sed $< >$@
$(O)/site/man/%: $(O)/man/% $(O)/paths.sed
	$(SITED)
$(O)/site/%: % $(O)/paths.sed
	$(SITED)
$(O)/site/sysusers/triaged.conf: systemd/triaged.sysusers $(O)/paths.sed
	$(SITED)
$(O)/site/tmpfiles/triaged.conf: systemd/triaged.tmpfiles $(O)/paths.sed
	$(SITED)
	$(Q)$(if $(MOVED_RUN),echo 'd $(RUN_FOLDER) 0750 triaged triaged -' >>$@)

# What is installed, said once: the folder, and what goes there under its own name.
sited = $(addprefix $(O)/site/,$(wildcard $(1)))
files.sbindir := $(O)/triaged
files.bindir := $(O)/triagectl
files.man1dir := $(O)/site/man/triagectl.1
files.man5dir := $(O)/site/man/triaged-db.5 $(call sited,man/*.5)
files.man8dir := $(call sited,man/*.8)
files.bashdir := $(O)/completion/triagectl
files.zshdir := $(O)/completion/_triagectl
files.headerdir := $(wildcard include/triaged/*.h)
files.docdir := README.md NEWS
files.exampledir := $(call sited,etc/triaged.yaml etc/nagios/*.cfg systemd/*.example)
files.schemadir := $(wildcard etc/schema/*.json)
files.prometheusdir := $(wildcard etc/prometheus/*)
files.grafanadir := $(wildcard etc/grafana/*)
files.unitdir := $(call sited,systemd/*.service systemd/*.socket)
files.sysusersdir := $(O)/site/sysusers/triaged.conf
files.tmpfilesdir := $(O)/site/tmpfiles/triaged.conf
files.catalogdir := $(call sited,systemd/*.catalog)
man1dir ?= $(mandir)/man1
man5dir ?= $(mandir)/man5
man8dir ?= $(mandir)/man8
headerdir = $(includedir)/triaged
exampledir = $(docdir)/examples
schemadir = $(datadir)/triaged/schema
prometheusdir = $(datadir)/triaged/prometheus
grafanadir = $(datadir)/triaged/grafana
# Folders with nothing to go into them are not made.
FOLDERS := $(foreach d,sbindir bindir man1dir man5dir man8dir bashdir zshdir headerdir \
	docdir exampledir schemadir prometheusdir grafanadir unitdir sysusersdir \
	tmpfilesdir catalogdir,$(if $(files.$(d)),$(d)))
# Folders that are ours alone, a folder after what is in it.
OUR_FOLDERS := $(exampledir) $(docdir) $(schemadir) $(prometheusdir) $(grafanadir) \
	$(datadir)/triaged $(headerdir) $(CONFIG_FOLDER)/conf.d \
	$(CONFIG_FOLDER)/credentials $(CONFIG_FOLDER)

define install_folder
	$(INSTALL) -d '$(DESTDIR)$($(1))'
	$(if $(filter %bindir,$(1)),$(INSTALL_PROGRAM),$(INSTALL_DATA)) $(files.$(1)) '$(DESTDIR)$($(1))'

endef
define remove_file
	rm -f '$(1)'

endef
define remove_folder
	[ ! -d '$(DESTDIR)$(1)' ] || rmdir --ignore-fail-on-non-empty '$(DESTDIR)$(1)'

endef
define see_file
	@[ -s '$(1)' ] || { echo '$(1) is missing' >&2; exit 1; }

endef
each_file = $(foreach d,$(FOLDERS),$(foreach f,$(files.$(d)),$(call $(1),$(DESTDIR)$($(d))/$(notdir $(f)))))

.PHONY: install install-strip uninstall installcheck
install: all $(foreach d,$(FOLDERS),$(files.$(d)))
	$(foreach d,$(FOLDERS),$(call install_folder,$(d)))
	$(INSTALL) -d '$(DESTDIR)$(CONFIG_FOLDER)/conf.d'
	$(INSTALL) -d -m 700 '$(DESTDIR)$(CONFIG_FOLDER)/credentials'
	$(if $(DESTDIR),,@echo 'Next: systemd-sysusers && systemd-tmpfiles --create && journalctl --update-catalog && systemctl daemon-reload')
install-strip:
	$(MAKE) INSTALL_PROGRAM='$(INSTALL_PROGRAM) -s' install
# Settings, secrets and the database are people's: only a folder that is empty goes.
uninstall:
	$(call each_file,remove_file)$(foreach d,$(OUR_FOLDERS),$(call remove_folder,$(d)))
installcheck:
	$(call each_file,see_file)
	@for program in '$(DESTDIR)$(sbindir)/triaged' '$(DESTDIR)$(bindir)/triagectl'; do \
		[ "$$("$$program" --version)" = "$${program##*/} $(VERSION)" ] || \
			{ echo "$$program does not say that it is $(VERSION)" >&2; exit 1; }; \
	done
	@echo 'installed as it should be: triaged $(VERSION)'

configure: configure.ac Makefile
	autoconf

# Of what is committed, so that nothing of a working folder gets in; its time is
# the commit's, names are in git's order, owner and rights are nobody's own.
# configure is made by the autoconf of the machine, for people without one.
DIST ?= .
DIST_NAME := triaged-$(VERSION)
.PHONY: dist distclean
dist:
	@mkdir -p $(O)/dist '$(DIST)'
	$(Q)git show HEAD:configure.ac >$(O)/dist/configure.ac
	$(Q)git show HEAD:Makefile >$(O)/dist/Makefile
	$(Q)cd $(O)/dist && autoconf
	$(Q)git -c tar.umask=0022 archive --format=tar --prefix=$(DIST_NAME)/ \
		--add-file=$(O)/dist/configure HEAD >$(O)/dist/$(DIST_NAME).tar
	$(Q)gzip -9nc $(O)/dist/$(DIST_NAME).tar >'$(DIST)/$(DIST_NAME).tar.gz'
	@cd '$(DIST)' && sha256sum $(DIST_NAME).tar.gz

# Without the tests; plain dpkg-buildpackage runs them and writes to the folder above.
.PHONY: deb
DEB_FOLDER := $(abspath $(O))/deb
deb:
	@sh tests/tools/install-missing.sh package
	@rm -rf $(DEB_FOLDER) && mkdir -p $(DEB_FOLDER)
	$(Q)DEB_BUILD_PROFILES=nocheck DEB_BUILD_OPTIONS="$$DEB_BUILD_OPTIONS nocheck" \
		DEB_FOLDER=$(DEB_FOLDER) dpkg-buildpackage -us -uc -b \
		--buildinfo-file=$(DEB_FOLDER)/triaged.buildinfo --buildinfo-option=-u$(DEB_FOLDER) \
		--changes-file=$(DEB_FOLDER)/triaged.changes --changes-option=-u$(DEB_FOLDER)

distclean: clean
	rm -rf config.mk config.log config.status configure autom4te.cache $(DIST_NAME).tar.*
