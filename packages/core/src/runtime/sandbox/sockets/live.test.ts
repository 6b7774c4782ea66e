import test from "ava";
import { makeMemorySystem } from "../../../system/memory.ts";
import { liveSockets } from "./live.ts";

const table = `Num       RefCount Protocol Flags    Type St Inode Path
0000000098a2cde1: 00000003 00000000 00000000 0001 03 11268264
000000002e02705d: 00000002 00000000 00010000 0001 01 11219279 /work/a b
000000002e02705e: 00000002 00000000 00010000 0001 01    79 /link/c
000000000091c5eb: 00000002 00000000 00000000 0002 01 11219283 ./run/d
000000008dcfd12c: 00000002 00000000 00010000 0001 01 11264995 @/work/e`;

test("a socket has somebody if its path is bound, or the last name of it", (t) => {
  const system = { ...makeMemorySystem(0), readLink: () => "work" };
  system.put("/proc/self/net/unix", table);
  system.entries.set("/link", { kind: "link", content: new Uint8Array(), mode: 0o777, uid: 0, gid: 0 });
  const paths = ["/work/a b", "/work/a", "/work/c", "/work/d", "/work/x/d", "/work/e"];
  t.deepEqual(liveSockets(system, paths), ["/work/a b", "/work/c", "/work/d", "/work/x/d"]);
});
