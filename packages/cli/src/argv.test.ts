import test from "ava";
import { rewriteArgv } from "./argv.ts";

const globals = { root: { type: "option" }, debug: { type: "boolean" } } as const;
const verbs = {
  delete: { flags: { ...globals, force: { type: "boolean", char: "f" } } },
  create: { flags: { ...globals, bundle: { type: "option", char: "b" } } },
  exec: {
    flags: { ...globals, env: { type: "option", char: "e" }, tty: { type: "boolean", char: "t" } },
    commandAfter: 1,
  },
  sandbox: {
    flags: { ...globals, rw: { type: "boolean" }, trace: { type: "boolean" }, "trace-to": { type: "option" } },
    commandAfter: 0,
  },
} as const;

const rewrites = test.macro({
  exec(t, line: string, expected: string) {
    t.deepEqual(rewriteArgv(line.split(" "), globals, verbs), expected.split(" "));
  },
  title: (_provided, line: string) => line,
});

test(rewrites, "delete x", "delete x");
test(rewrites, "--root /r --debug delete -f x", "delete --root=/r --debug --force x");
test(rewrites, "--root=/r delete x --force", "delete --root=/r --force x");
test(rewrites, "create -b dir x", "create --bundle=dir x");
test(rewrites, "create -bundle dir x", "create --bundle=dir x");
test(rewrites, "create --bundle=a=b x", "create --bundle=a=b x");
test(rewrites, "exec -t x ls -la", "exec --tty x -- ls -la");
test(rewrites, "exec -e A=1 -e B=2 x env", "exec --env=A=1 --env=B=2 x -- env");
test(rewrites, "exec x -- ls -la", "exec x -- ls -la");
test(rewrites, "exec --tty=false x ls", "exec x -- ls");
test(rewrites, "delete --force=0 x", "delete x");
test(rewrites, "delete --force=F x", "delete x");
test(rewrites, "delete --force=1 x", "delete --force x");
test(rewrites, "delete --force=maybe x", "delete --force=maybe x");
test(rewrites, "delete -f=constructor x", "delete --force=constructor x");
test(rewrites, "sandbox --rw ls -l", "sandbox --rw -- ls -l");
test(rewrites, "sandbox --trace ls", "sandbox --trace -- ls");
test(rewrites, "sandbox --trace=a.html ls --trace=b", "sandbox --trace-to=a.html -- ls --trace=b");
test(rewrites, "sandbox -- sh -c true", "sandbox -- sh -c true");
test(rewrites, "delete --nonsense x", "delete --nonsense x");
test(rewrites, "--rootless auto --root=/r delete x", "delete --root=/r x");
test(rewrites, "--help", "--help");
test(rewrites, "nonsense --root x", "nonsense --root x");
test(rewrites, "--root x nonsense", "nonsense --root=x");
