import type { Row } from "../rows.ts";

const state = "podman inspect -f '{{.State.Status}}' c";
// runc and crun have started by then, and their container ends with 1; of coffer `start` fails, which is 126.
const makeScript = (first: string): string =>
  `printf '${first}\\n' >$BASE/script; chmod 755 $BASE/script; run -v $BASE/script:/script bb /script`;

/** How a failed start is reported, and what becomes of a container that ends. */
export const statusRows: readonly Row[] = [
  { title: "podman's own error: 125", script: "run --no-such-flag bb true 2>/dev/null; echo $?", prints: "125\n" },
  { title: "a directory: 126", script: "run bb /tmp; echo $?", prints: "126\n" },
  { title: "not executable: the words", script: "run bb /etc/passwd 2>&1", prints: /permission denied/i },
  { title: "no such path: the words", script: "run bb /no/such 2>&1", prints: /no such file or directory/i },
  {
    title: "no interpreter",
    script: `${makeScript("#!/no/such")} 2>&1; echo $?`,
    prints: /no such file or directory[\s\S]*\n(1|126)\n$/i,
  },
  {
    title: "no format of a program",
    script: `${makeScript("echo hi")} 2>&1; echo $?`,
    prints: /exec format error[\s\S]*\n(1|126)\n$/i,
  },
  {
    title: "no such sysctl: 127",
    script: "run --sysctl net.ipv4.nosuch=1 bb true 2>&1; echo $?",
    prints: /no such file or directory[\s\S]*\n127\n$/i,
  },
  {
    title: "create, start: 125",
    script: "podman create --name c $PARENT bb nonsense >/dev/null; podman start c >/dev/null 2>&1; echo $?",
    prints: "125\n",
  },
  {
    title: "init, start",
    script: `podman create --name c $PARENT bb sleep 60 >/dev/null; podman init c >/dev/null; ${state}; podman start c >/dev/null; ${state}`,
    prints: "initialized\nrunning\n",
  },
  {
    title: "init, rm",
    script: `podman create --name c $PARENT bb sleep 60 >/dev/null; podman init c >/dev/null; ${state}; podman rm -f -t 0 c; podman ps -aq`,
    prints: "initialized\nc\n",
  },
  {
    title: "exec: no such working directory",
    script: "detached --name c bb sleep 60; podman exec -w /no/such c true 2>/dev/null; echo $?",
    prints: /^(126|127)\n$/,
  },
  {
    title: "exec: the words",
    script:
      "detached --name c bb sleep 60; podman exec c nonsense 2>&1; podman exec c /no/such 2>&1; podman exec c /etc/passwd 2>&1",
    prints: /executable file not found in \$PATH[\s\S]*no such file or directory[\s\S]*permission denied/i,
  },
  {
    title: "exec: of a paused container",
    script:
      "detached --name c bb sleep 60; podman pause c >/dev/null; podman exec c true >/dev/null 2>&1; test $? -ne 0 && echo failed; podman unpause c >/dev/null; podman exec c echo works",
    prints: "failed\nworks\n",
  },
  {
    title: "exec: --preserve-fds",
    script:
      "detached --name c bb sleep 60; echo kept >$BASE/kept; podman exec --preserve-fds 1 c cat /proc/self/fd/3 3<$BASE/kept",
    prints: "kept\n",
  },
  {
    title: "wait of two",
    script: "detached --name c bb sh -c 'exit 3'; detached --name d bb sh -c 'exit 4'; podman wait c d",
    prints: "3\n4\n",
  },
  {
    title: "attach",
    script:
      "podman create -i --name c $PARENT bb cat >/dev/null; podman start c >/dev/null; echo in | timeout 10 podman attach c | head -1",
    prints: "in\n",
  },
  {
    title: "logs --tail, -f",
    script:
      "detached --name c bb sh -c 'echo a; echo b; sleep 1; echo c'; podman logs -f --tail 2 c | tail -1; podman logs --tail 1 c",
    prints: "c\nc\n",
  },
  {
    title: "--restart on-failure",
    script:
      "detached --name c --restart on-failure:2 bb sh -c 'exit 3'; timeout 20 sh -c 'until test \"$(podman inspect -f \"{{.RestartCount}} {{.State.Status}}\" c)\" = \"2 exited\"; do sleep 0.2; done'; podman inspect -f '{{.RestartCount}} {{.State.ExitCode}}' c",
    prints: "2 3\n",
  },
  {
    title: "--stop-signal",
    script:
      "detached --name c --stop-signal USR1 bb sh -c 'trap \"exit 9\" USR1; echo ready; while :; do sleep 0.1; done'; timeout 10 sh -c 'until podman logs c | grep -q ready; do sleep 0.1; done'; podman stop -t 10 c >/dev/null; podman inspect -f '{{.State.ExitCode}}' c",
    prints: "9\n",
  },
  {
    title: "healthcheck: unhealthy",
    script:
      "detached --name c --health-cmd 'exit 1' --health-retries 1 --health-interval disable bb sleep 60; podman healthcheck run c >/dev/null; echo $?; podman inspect -f '{{.State.Health.Status}}' c",
    prints: "1\nunhealthy\n",
  },
  {
    title: "healthcheck: --health-on-failure kill",
    script:
      "detached --name c --health-cmd 'exit 1' --health-retries 1 --health-interval disable --health-on-failure kill bb sleep 60; podman healthcheck run c >/dev/null; podman wait c",
    prints: "137\n",
  },
  {
    title: "healthcheck: --health-on-failure restart",
    script:
      "detached --name c --health-cmd 'exit 1' --health-retries 1 --health-interval disable --health-on-failure restart --stop-timeout 1 bb sh -c 'echo started; exec sleep 60'; podman healthcheck run c >/dev/null; timeout 15 sh -c 'until test $(podman logs c | grep -c started) = 2; do sleep 0.1; done'; podman inspect -f '{{.State.Status}}' c",
    prints: "running\n",
  },
  {
    title: "cp of a stopped one",
    script:
      "detached --name c bb sh -c 'echo x >/made'; podman wait c >/dev/null; podman cp c:/made - | tar -xO; podman start c >/dev/null; podman wait c",
    prints: "x\n0\n",
  },
];
