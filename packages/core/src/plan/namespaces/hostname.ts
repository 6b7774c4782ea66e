import { pushText } from "../../wire/utf8.ts";
import type { Context } from "../draft/draft.ts";
import type { Namespaces } from "./namespaces.ts";

/** __NEW_UTS_LEN */
const maxName = 64;

/** Sets the host name and the NIS domain name of the container's own UTS namespace. */
export function planHostname({ config, draft, issues }: Context, namespaces: Namespaces): void {
  const check = (name: string, pointer: string): void => {
    if (!namespaces.has("uts"))
      issues.invalid(pointer, "needs a uts namespace in /linux/namespaces: it is the host's otherwise");
    const bytes: number[] = [];
    pushText(bytes, name);
    if (bytes.length > maxName) issues.invalid(pointer, `is longer than ${maxName} bytes`);
  };
  const { hostname, domainname } = config;
  if (hostname !== undefined && hostname !== "") {
    check(hostname, "/hostname");
    draft.add({ op: "set-hostname", phase: "inside", name: hostname, from: "/hostname" });
  }
  if (domainname !== undefined && domainname !== "") {
    check(domainname, "/domainname");
    draft.add({ op: "set-domainname", phase: "inside", name: domainname, from: "/domainname" });
  }
}
