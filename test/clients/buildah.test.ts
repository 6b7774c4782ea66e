// buildah with coffer-oci, beside runc and crun.
import test from "ava";
import { makePlace, programOf } from "./place.ts";
import { preparePodman } from "./podman.ts";
import type { EngineKind, Row } from "./rows.ts";
import { runRows } from "./rows.ts";

const from = "c=$(buildah from bb)";

const rows: readonly Row[] = [
  { title: "run", script: `${from}; run $c -- echo hi`, prints: "hi\n" },
  { title: "run: exit status", script: `${from}; run $c -- sh -c 'exit 3' 2>/dev/null; echo $?`, prints: "3\n" },
  {
    title: "run: no such command",
    script: `${from}; run $c -- nonsense 2>/dev/null; test $? -ne 0 && echo failed`,
    prints: "failed\n",
  },
  { title: "run: stdin", script: `${from}; echo in | run $c -- cat`, prints: "in\n" },
  {
    title: "run --tty",
    script: `${from}; B=$(command -v buildah); mkfifo $BASE/fifo 2>/dev/null; script -qec "$B run --runtime $PROGRAM --isolation oci --network none --tty $c -- tty" /dev/null <>$BASE/fifo`,
    prints: /\/dev\/(pts\/0|console)\r\n/,
  },
  { title: "run --user", script: `${from}; run --user 1000:1000 $c -- id -u`, prints: "1000\n" },
  {
    title: "run --cap-drop, --hostname",
    script: `${from}; run --cap-drop CAP_SETUID --hostname box $c -- sh -c 'hostname; b=0x$(grep CapBnd /proc/self/status | cut -f2); echo $((b >> 7 & 1)) $((b >> 6 & 1))'`,
    prints: "box\n0 1\n",
  },
  {
    title: "run -v",
    script: `${from}; mkdir -p $BASE/v; run -v $BASE/v:/data $c -- sh -c 'echo x >/data/f'; cat $BASE/v/f`,
    prints: "x\n",
  },
  {
    title: "commit",
    script: `${from}; run $c -- sh -c 'echo x >/made'; buildah commit -q $c changed >/dev/null; d=$(buildah from changed); run $d -- cat /made; buildah rm $d >/dev/null; buildah rmi changed >/dev/null`,
    prints: "x\n",
  },
  {
    title: "from scratch",
    script:
      "s=$(buildah from scratch); buildah copy -q $s $BASE/image/bin /bin >/dev/null; run $s -- /bin/echo hi; buildah rm $s >/dev/null",
    prints: "hi\n",
  },
  {
    title: "build",
    script: `printf 'FROM bb\\nARG A\\nRUN echo $A >/made\\nRUN cat /made\\n' >$BASE/Containerfile; buildah build --runtime $PROGRAM --isolation oci --network none --build-arg A=x --layers=false -f $BASE/Containerfile $BASE/image 2>&1 | grep -c ^x`,
    prints: "1\n",
  },
];

const buildah: EngineKind = {
  name: "buildah",
  start: async (t, runtime) => {
    const place = await makePlace(t);
    return {
      place,
      options: { env: await preparePodman(place) },
      leaves: /buildah from/,
      prelude: `PROGRAM=${programOf(place, runtime)}
run() { buildah run --runtime "$PROGRAM" --isolation oci --network none "$@"; }`,
      cleanUp: "buildah rm -a >/dev/null 2>&1; true",
    };
  },
};

test.serial("buildah, as root", async (t) => {
  t.timeout(600_000);
  await runRows(t, buildah, rows);
});
