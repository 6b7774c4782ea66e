// The AppArmor profile of the helper, and how it is loaded. From kernel 6.7 on AppArmor can keep user namespaces from programs
// without such a profile, and on Ubuntu it does.

/** The sysctl of that restriction. */
export const apparmorRestriction = "kernel.apparmor_restrict_unprivileged_userns";

/** Characters that mean themselves in the path of a profile, and in a shell's quotes. */
const plain = /^\/[\w./@+-]+$/;

/** The profile of a helper: AppArmor confines it no more than before, and lets it make user namespaces. */
export const apparmorProfile = (helper: string): string =>
  `abi <abi/4.0>, profile coffer ${helper} flags=(unconfined) { userns, }`;

const file = "/etc/apparmor.d/coffer";

/** What an administrator does so that a helper may make user namespaces: one command, wherever the helper is. */
export function apparmorRemedy(helper: string | undefined): string {
  if (helper === undefined || !plain.test(helper))
    return "have root load an AppArmor profile for the helper that has the rule `userns,`";
  return `have root load a profile for the helper: echo '${apparmorProfile(helper)}' | sudo tee ${file} && sudo apparmor_parser -r ${file}`;
}
