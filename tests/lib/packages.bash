# SPDX-License-Identifier: Apache-2.0
# For guest tests: the Debian packages that tests/packages/run has built.

PACKAGES=$BPFLOCK_BUILD/packages

# Without triggers: that of man-db would read all manual pages of the host.
package() {
	dpkg --no-triggers "$@"
}

# The same package with a higher version becomes NEXT_PACKAGE.
build_next_package() {
	NEXT_PACKAGE=$BATS_TEST_TMPDIR/next.deb
	dpkg-deb --raw-extract "$PACKAGES"/bpflock_*.deb "$BATS_TEST_TMPDIR/next"
	sed -i 's/^Version: .*/Version: 99/' "$BATS_TEST_TMPDIR/next/DEBIAN/control"
	dpkg-deb --root-owner-group -Znone --build "$BATS_TEST_TMPDIR/next" "$NEXT_PACKAGE"
}
