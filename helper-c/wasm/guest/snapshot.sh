# Part of compile.sh: the snapshot of a module whose initialiser ran. The initialiser is a stranger's program. It runs in the
# sandbox of the compilers, as machine code that reaches its linear memory alone. No import answers, or each the same to everybody.

# What C calls the export NAME.
exported() {
  pattern=$(printf '%s' "$1" | sed 's/\./\\./g')
  found=$(sed -n "/^\/\* export: '$pattern' \*\/\$/{n;s/^void \(w2c_guest_[A-Za-z0-9_]*\)(w2c_guest\*);\$/\1/p;}" guest.h)
  [ -n "$found" ] || { echo "error: the translation has no function $1" >&2; exit 1; }
  echo "$found"
}

# Edits the translation, and writes capture.c and restore.c in the place of entry.c. Words: the start, and the initialisers.
prepare_snapshot() {
  start=$(exported "$1")
  shift
  # Behind its tables, an instance is made or restored.
  sed -i 's/^  init_memories(instance);$/  if (guest_restore()) return;\n&/' guest_0.c
  grep -q guest_restore guest_0.c || { echo 'the translation is not as expected' >&2; exit 1; }
  echo 'bool guest_restore(void);' >> guest-impl.h
  {
    for kind in 'PLAIN(type, name)' 'BIT(name)' 'REFERENCE(name)' 'TABLE(name)'; do
      printf '#ifndef %s\n#define %s\n#endif\n' "${kind%(*}" "$kind"
    done
    sed -nE '/^typedef struct w2c_guest \{$/,/^\} w2c_guest;$/ {
      /^(typedef struct|\} w2c_guest;|  wasm_rt_memory_t |  struct w2c_wasi__snapshot__preview1\*)/d
      s/^  (u32|u64|f32|f64|v128) (w2c_[A-Za-z0-9_]+);$/PLAIN(\1, \2)/p; t
      s/^  bool ([A-Za-z0-9_]+) : 1;$/BIT(\1)/p; t
      s/^  wasm_rt_(func|extern)ref_t (w2c_[A-Za-z0-9_]+);$/REFERENCE(\2)/p; t
      s/^  wasm_rt_(func|extern)ref_table_t (w2c_[A-Za-z0-9_]+);$/TABLE(\2)/p; t
      s/.*/#error the translation is not as expected/p
    }' guest.h
    printf '#undef %s\n' PLAIN BIT REFERENCE TABLE
  } > fields.h
  calls=''
  for name; do
    function=$(exported "$name")
    calls="$calls${calls:+, }$function(guest)"
  done
  {
    echo '#define GUEST_CAPTURE'
    echo "#define guest_initialise(guest) ($calls)"
    cat entry.c
    echo '__attribute__((noreturn)) void fail(const char *what);'
    sed -n 's/^[a-z0-9]* w2c_wasi__snapshot__preview1_\([a-z0-9_]*\)(struct .*/\1/p' guest.h | while read -r import; do
      why="it calls the import $import, whose answer would be kept for every run"
      does="fail(\"$why\");"
      if [ -n "$answers" ] && [ "$import" != proc_exit ]; then
        if grep -q "ANSWER($import)" "$home/answers.c"; then continue; fi
        # There is no such descriptor.
        does='return 8;'
      fi
      echo "u32 __wrap_w2c_wasi__snapshot__preview1_$import(void) { $does }"
    done
  } > capture.c
  [ -z "$answers" ] || cp "$home/answers.c" .
  {
    echo '#define GUEST_RESTORE'
    echo "#define guest_start $start"
    cat entry.c
  } > restore.c
  cat > image.c <<'END'
__asm__(".pushsection .image, \"aw\"\n.balign 65536\n.globl guest_image\n.hidden guest_image\nguest_image:\n"
	".incbin \"image\"\n.popsection\n");
END
  rm entry.c
}

# Runs the initialisers, for at most so many seconds of processor time.
capture_snapshot() {
  wraps=$(sed -n 's/^[a-z0-9]* \(w2c_wasi__snapshot__preview1_[a-z0-9_]*\)(struct .*/--wrap=\1/p' guest.h)
  # shellcheck disable=SC2086 # one word for each import
  link capture ./guest_*.o capture.c.o ${answers:+answers.c.o} $wraps
  status=0
  (ulimit -S -t "$seconds"; exec ./capture 65536 0) < /dev/null > image 2> said || status=$?
  [ "$status" != 0 ] || return 0
  why=$(sed -n 's/^coffer: wasm: //p' said | head -n 1)
  [ "$status" != 152 ] || why="it does not end in $seconds s of processor time"
  echo "error: its initialiser failed: ${why:-it ended with the status $status}" >&2
  exit 1
}
