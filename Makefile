# The commands of the project; README.md tells what they are for.
SHELL := /bin/bash
LAB := tests/lab/lab

.PHONY: demo test lint bench torture fuzz mutants clean deps

demo: deps        ## boot a site of two hosts and deploy, prove, break and diagnose it
	@scripts/demo.sh

test: deps lint   ## everything, real hosts included
	@scripts/test.sh

lint:             ## format, clippy, shellcheck
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	@if command -v shellcheck >/dev/null; then scripts/shellcheck.sh; else echo "shellcheck is not installed: shell scripts not checked"; fi

bench: deps       ## diff against a plain ssh that reads the same; the speed of check
	@scripts/bench.sh
	cargo bench --bench check

torture: deps     ## faults and kills at random moments, hundreds of times
	@scripts/torture.sh

SECONDS_OF_FUZZ ?= 30
fuzz:             ## the parsers on broken texts; with cargo-fuzz: cargo +nightly fuzz run conf --features libfuzzer
	cargo run --manifest-path fuzz/Cargo.toml --target-dir target --bin stable -- $(SECONDS_OF_FUZZ)

MUTATED ?= src/plan src/rules/verify src/flow src/nut/status.rs src/model/masking.rs
mutants:          ## which change of the code no quick test notices; hours for all, MUTATED=src/nut/status.rs for one file
	cargo mutants $(foreach path,$(MUTATED),--file '$(path)*')

deps:
	@scripts/deps.sh

clean:            ## the demo's lab and everything built; other labs: tests/lab/lab list
	-$(LAB) down demo
	rm -rf .lab
	cargo clean
