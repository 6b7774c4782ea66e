#!/bin/sh
# Translates the module on standard input to C, compiles that, and writes the program to standard output. Runs in a sandbox
# without network, in which nothing but /tmp can be written: what it reads comes from a stranger, and so does all that it makes.
# compile.sh HOME ARCH JOBS OUTPUTS WASM2C TCC START INITIALISERS SECONDS ANSWERS EXACT COMPILER... -- LINKER... -- FLAGS...
# TCC may be empty, and so may INITIALISERS: the functions whose work a snapshot keeps. START is what runs then. The
# initialisers have SECONDS of processor time, and ANSWERS is empty if they may not call an import. EXACT is a flag of the
# compiler, with which no operation on a signalling NaN is left out.
set -eu
home=$1 arch=$2 jobs=$3 outputs=$4 wasm2c=$5 tcc=$6 start=$7 initialisers=$8 seconds=$9
shift 9
answers=$1 exact=$2
shift 2
. "$home/snapshot.sh"
cd "$(mktemp -d)"

# A word as the shell reads it: paths of tools may have spaces.
quote() { printf " '%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }
# Writes the words up to -- as a script that runs them.
tool() {
  name=$1 words=''
  shift
  while [ "$1" != -- ]; do words="$words$(quote "$1")"; shift; done
  echo "exec$words \"\$@\"" > "$name"
}
tool compiler "$@"
while [ "$1" != -- ]; do shift; done
shift
tool linker "$@"
while [ "$1" != -- ]; do shift; done
shift
cat > module.wasm
"$wasm2c" module.wasm -n guest --num-outputs="$outputs" -o guest.c

# SIMD is done by a library of headers, in C for any machine: none of the host's other headers is seen.
simde=/usr/include/simde
if grep -q '^#include <simde/' guest.h guest-impl.h; then
  [ -e "$simde/wasm/simd128.h" ] || { echo 'error: the module uses SIMD: install the package libsimde-dev' >&2; exit 1; }
  mkdir headers
  ln -s "$simde" headers/simde
  tcc=''
  # Vectors would be a quarter slower.
  exact=''
fi

# Linear memory is where the shim has it, at an address that is known. A trap knows the function that it is in, into whichever
# other one the compiler puts that.
sed -e 's/&(mem)->data\[addr\]/((u8 *)(WASM_MEMORY + (u64)(addr)))/' \
  -e 's/(wasm_rt_trap(WASM_RT_TRAP_##x), 0)/(wasm_trap_in(WASM_RT_TRAP_##x, __func__), 0)/' guest-impl.h > impl.h
echo '#include "direct.h"' >> impl.h
for edited in WASM_MEMORY wasm_trap_in; do
  grep -q "$edited" impl.h || { echo 'the translation is not as expected' >&2; exit 1; }
done
mv impl.h guest-impl.h

# The names of the functions, for what a trap says.
{
  cat "$home/entry.c"
  echo 'const struct function_name function_names[] = {'
  sed -n 's/^[a-z][a-z0-9_ *]* w2c_guest_\([A-Za-z0-9_]*\)(w2c_guest\*.*);$/{(const void *)w2c_guest_\1, "\1", 0},/p' guest-impl.h
  # An export is a function that calls another, which may be put into it.
  sed -n '/^\/\* export: /{
    n; s/^[a-z][a-z0-9_ *]* w2c_guest_\([A-Za-z0-9_]*\)(w2c_guest\* instance.*{$/\1/; T
    h; :line; n; /^}/b; s/^ .*w2c_guest_\([A-Za-z0-9_]*\)(instance.*/\1/; T line
    H; x; s/\(.*\)\n\(.*\)/{(const void *)w2c_guest_\1, "\2", "\1"},/p
  }' guest_*.c
  echo '{0, 0, 0}};'
  echo 'const u32 function_count = sizeof(function_names) / sizeof(function_names[0]) - 1;'
} > entry.c
entries=entry.c
if [ -n "$initialisers" ]; then
  # shellcheck disable=SC2086 # one word for each function
  prepare_snapshot "$start" $initialisers
  entries="capture.c restore.c${answers:+ answers.c}"
else
  sed -i "1i#define guest_start $(exported "$start")" entry.c
fi

# tcc(1) is tried first where there is one. It knows the definitions alone of the flags. What it cannot compile, or says a
# word about, is left to the other compiler.
if [ -n "$tcc" ]; then
  definitions=''
  for word; do
    case $word in -D*) definitions="$definitions$(quote "$word")" ;; esac
  done
  include=$(quote "$home/include")
  echo "exec $(quote "$tcc") -include $include/tinyc.h -nostdinc -isystem $include$definitions" \
    '-Werror -Wimplicit-function-declaration "$@"' > quick
fi

cat > part <<'END'
file=$1
shift
# tcc subtracts to negate, which keeps the sign of a NaN.
try_quick() {
  sed -e 's/= -(var_d\([0-9]*\));/= number_neg(var_d\1);/' -e 's/= -(var_f\([0-9]*\));/= number_negf(var_f\1);/' \
    "$file" > "quick.$file"
  sh ./quick -c "quick.$file" -o "$file.o" 2>/dev/null
}
if [ ! -e quick ] || ! try_quick; then sh ./compiler "$@" -c "$file" -o "$file.o"; fi
echo 'coffer: a part is compiled' >&2
END
compile_all() {
  # shellcheck disable=SC2086 # no word or one
  xargs -P "$jobs" -I '{}' sh -e ./part '{}' "$@" $exact -nostdinc -isystem "$home/include" -isystem headers -DSIMDE_NO_NATIVE -w
}
link() {
  output=$1
  shift
  sh ./linker -pie --no-dynamic-linker -z relro -z now -z noexecstack -z max-page-size=65536 --gc-sections -s \
    "$@" --whole-archive "$home/libwasi-$arch.a" -o "$output" >&2
}
for file in $entries guest_*.c; do echo "$file"; done | compile_all "$@"
if [ -n "$initialisers" ]; then
  capture_snapshot
  echo image.c | compile_all "$@"
  rm -f capture.c.o answers.c.o
fi
# By the place of its code a trap knows its function: those of the module come first.
link program ./guest_*.o ./[!g]*.o
cat program
