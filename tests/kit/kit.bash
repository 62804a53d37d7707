# SPDX-License-Identifier: Apache-2.0
# For tests of bpflock-plugin and of what authors build with.

BUILD=$(realpath "${BPFLOCK_BUILD:-$BATS_TEST_DIRNAME/../../build}")
STAGE=$BUILD/stage

# pkg-config and PATH find bpflock in the staged installation of the build, and nowhere else.
staged_environment() {
	local pc
	pc=$(find "$STAGE" -name bpflock.pc)
	export PKG_CONFIG_PATH=${pc%/*} PKG_CONFIG_SYSROOT_DIR=$STAGE PATH=$STAGE/usr/bin:$PATH
}
