# SPDX-License-Identifier: Apache-2.0
# A shim for fingers that are used to make: each target calls the script of its name. The build
# itself is Meson's. Options go through ARGS: make test ARGS="--only unit".
.DEFAULT_GOAL := help
.PHONY: help test

help:
	@echo "make test     build twice, plain and with sanitizers, and run every test"
	@echo
	@echo "Each calls scripts/<name>; ARGS=\"...\" is passed on, as in: make test ARGS=\"--only unit\""

test:
	@scripts/$@ $(ARGS)
