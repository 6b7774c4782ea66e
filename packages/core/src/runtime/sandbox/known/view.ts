// What a sandbox sees, where a launch needs little of it.
import type { SandboxView } from "../files.ts";
import type { Passed } from "../left/passed.ts";
import type { Essence } from "./known.ts";

/** The view of a sandbox that was prepared before. All but what a launch needs is looked up when it is asked for. */
export function knownView(
  { tree, missing, env, before, shown }: Omit<Essence, "account">,
  passed: Passed,
  look: () => SandboxView,
): SandboxView {
  return {
    tree,
    env,
    fenced: false,
    before,
    passed,
    assumed: [],
    guards: shown?.guards ?? {
      missing,
      get guards() {
        return look().guards.guards;
      },
      get unguarded() {
        return look().guards.unguarded;
      },
      get missingAt() {
        return look().guards.missingAt;
      },
    },
    get rules() {
      return (shown ?? look()).rules;
    },
    get mapsRoot() {
      return (shown ?? look()).mapsRoot;
    },
    get homeFiles() {
      return look().homeFiles;
    },
    get homeLinks() {
      return look().homeLinks;
    },
    get sockets() {
      return look().sockets;
    },
    get sizes() {
      return look().sizes;
    },
  };
}
