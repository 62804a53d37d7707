# SPDX-License-Identifier: Apache-2.0
# For guest tests: systemd as process 1.

UNITS=/run/systemd/system

# Units that manage hardware, disks and clocks, or that would empty /tmp during the tests.
UNWANTED=(systemd-udevd systemd-udev-trigger systemd-modules-load systemd-timesyncd systemd-hwdb-update
	systemd-remount-fs systemd-tmpfiles-setup systemd-tmpfiles-setup-dev systemd-journal-flush keyboard-setup console-setup)

# Makes systemd process 1 of the guest, with basic.target. Once: no other comes after it.
boot_systemd() {
	local unit

	mkdir -p "$UNITS"
	printf '%s\n' '[Unit]' 'Requires=basic.target' 'After=basic.target' >"$UNITS/guest.target"
	for unit in "${UNWANTED[@]}"; do ln -sf /dev/null "$UNITS/$unit.service"; done
	printf '%s\n' '#!/bin/sh' "exec env -i PATH=$PATH /lib/systemd/systemd \
		--system --unit=guest.target --log-target=kmsg --show-status=no" >/run/init
	chmod +x /run/init
	rm -f /usr/sbin/policy-rc.d # images of containers have one, which forbids packages to start anything
	kill -USR1 1
	await_systemd
}

await_systemd() {
	local deadline=$((SECONDS + 120))
	until systemctl is-active --quiet guest.target 2>/dev/null; do
		((SECONDS < deadline)) || { dmesg && return 1; }
		sleep 0.5
	done
}
