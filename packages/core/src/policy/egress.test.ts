// The rule about what a sandbox reaches through its caller: each part alone, allowed and not.
import { checkPolicy } from "@coffer/spec";
import test from "ava";
import { made } from "../audit/_rows.test.ts";
import { parseRule } from "../egress/rules.ts";
import type { Egress } from "../exposure/index.ts";
import { findViolations } from "./index.ts";

const listening = made({ options: { listeners: [{ port: 3128, message: "proxy" }] } });
const nothing: Egress = { allow: [], hostPorts: [], publishes: false };

/** What a policy does not allow of a plan whose caller answers its port. */
function messages(policy: object, egress?: Partial<Egress>): readonly string[] {
  const subject = egress === undefined ? listening : { ...listening, egress: { ...nothing, ...egress } };
  return findViolations(checkPolicy({ version: 1, ...policy }), subject).map(
    ({ rule, message }) => `${rule}: ${message}`,
  );
}

const rules = (...texts: readonly string[]) => texts.map((text) => parseRule(text, "allow"));

test("a host that no rule of several covers may not be reached", (t) => {
  const policy = { egress: { allowed: ["a.example:443", "*.b.example"] } };
  t.deepEqual(messages(policy, { allow: rules("a.example:443", "x.b.example:80") }), []);
  t.deepEqual(messages(policy, { allow: rules("a.example:443", "a.example:80", "b.example:443") }), [
    "/egress/allowed: a.example:80 may not be reached",
    "/egress/allowed: b.example:443 may not be reached",
  ]);
});

test("each port of the host has to be allowed", (t) => {
  t.deepEqual(messages({ egress: { allowed: [], hostPorts: [5432] } }, { hostPorts: [5432] }), []);
  t.deepEqual(messages({ egress: { allowed: [], hostPorts: [5432] } }, { hostPorts: [5432, 22] }), [
    "/egress/hostPorts: port 22 of the host may not be reached",
  ]);
});

test("ports are published only where the policy says so", (t) => {
  t.deepEqual(messages({ egress: { allowed: [], publish: true } }, { publishes: true }), []);
  t.deepEqual(messages({ egress: { allowed: [], publish: true } }, { publishes: false }), []);
  t.deepEqual(messages({ egress: { allowed: [] } }, { publishes: true }), [
    "/egress/publish: no port may be published",
  ]);
});

test("a socket of a stored plan is answered by nobody who is known", (t) => {
  t.true(messages({ egress: { allowed: ["*"] } }).includes("/egress: nobody knows who answers this socket"));
});

test("a policy without such a rule allows no socket", (t) => {
  const message = "/egress: there is no such rule, which would say what may be reached";
  t.true(messages({ noNewPrivileges: "required" }, {}).includes(message));
  t.false(messages({ egress: { allowed: [] } }, {}).includes(message));
});

const rows = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0]);
const networked = made({ options: { userNetwork: { program: "/usr/bin/pasta", args: ["pasta"], rules: rows } } });

test("a user-mode network is allowed only where the policy says so, and as far as its rules go", (t) => {
  const found = (policy: object, allow = rules("*")) =>
    findViolations(checkPolicy({ version: 1, egress: policy }), { ...networked, egress: { ...nothing, allow } }).map(
      ({ rule, message }) => `${rule}: ${message}`,
    );
  t.deepEqual(found({ allowed: ["*"], userNetwork: true }), []);
  t.deepEqual(found({ allowed: ["*"] }), ["/egress/userNetwork: no program may give it a network"]);
  t.deepEqual(found({ allowed: ["10.0.0.0/8"], userNetwork: true }), ["/egress/allowed: * may not be reached"]);
  t.deepEqual(found({ allowed: ["10.0.0.0/8"], userNetwork: true }, rules("10.1.0.0/16")), []);
  const stored = { ...networked, made: false };
  t.true(findViolations(checkPolicy({ version: 1, egress: { allowed: ["*"] } }), stored).length >= 2);
});
