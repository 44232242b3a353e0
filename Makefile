# The two commands that matter: `make demo` and `make test`. Each sets up what is missing, builds, and runs.
JOBS ?= $(shell nproc)
SECONDS ?= 300
PREFIX ?= /usr/local
export OMP_WAIT_POLICY ?= PASSIVE

.PHONY: demo test build bench fuzz asan tsan runtime-only format lint install setup clean

demo: build
	./build/release/pare demo -o out/demo --restart

build:
	tools/setup.sh build
	cmake --preset release > build-log.tmp || (cat build-log.tmp; rm -f build-log.tmp; exit 1)
	@rm -f build-log.tmp
	cmake --build --preset release -j $(JOBS)

test:
	tools/setup.sh test
	cmake --preset test
	cmake --build --preset test -j $(JOBS)
	ctest --preset test -j $(JOBS)

bench:
	tools/setup.sh test
	cmake --preset test
	cmake --build --preset test -j $(JOBS)
	bench/run.sh build/test

# make fuzz SECONDS=300: every target for that long.
fuzz:
	tools/setup.sh dev
	cmake --preset fuzz
	cmake --build --preset fuzz -j $(JOBS)
	tests/fuzz/run.sh build/fuzz $(SECONDS)

asan tsan:
	tools/setup.sh test
	cmake --preset $@
	cmake --build --preset $@ -j $(JOBS)
	ctest --preset $@ -j $(JOBS)

runtime-only:
	cmake --preset $@
	cmake --build --preset $@ -j $(JOBS)

format:
	tools/setup.sh dev
	git ls-files '*.cc' '*.h' '*.hpp' | xargs clang-format -i

lint:
	tools/setup.sh dev
	git ls-files '*.cc' '*.h' '*.hpp' | xargs clang-format --dry-run -Werror
	cmake --preset lint
	tools/lint.sh build/lint

install: build
	cmake --install build/release --prefix $(PREFIX)

setup:
	tools/setup.sh test

clean:
	rm -rf build out
