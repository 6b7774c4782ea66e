import test from "ava";
import { proxyEnv } from "./env.ts";

test("Java and what Maven is made with find the proxy", (t) => {
  const { JAVA_TOOL_OPTIONS = "" } = proxyEnv();
  t.deepEqual(JAVA_TOOL_OPTIONS.split(" "), [
    "-Dhttp.proxyHost=127.0.0.1",
    "-Dhttp.proxyPort=31280",
    "-Dhttps.proxyHost=127.0.0.1",
    "-Dhttps.proxyPort=31280",
    "-Daether.connector.http.useSystemProperties=true",
    "-Daether.transport.apache.useSystemProperties=true",
  ]);
});
