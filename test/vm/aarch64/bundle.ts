// Bundles of the guest: made by a shell script there, from a config that is made here.
import { baseConfig } from "../../helpers/config.ts";
import type { Patch } from "../../helpers/json.ts";
import { patched, toJson } from "../../helpers/json.ts";

/** Where a bundle of the guest is, and its tag. */
export interface GuestBundle {
  readonly base: string;
  readonly tag: string;
  /** The script that makes it, and changes into its directory. */
  readonly script: string;
}

/** A bundle as makeBundle (../../helpers/bundle.ts) makes one. */
export function guestBundle(name: string, patch: Patch): GuestBundle {
  const base = `/b/${name}`;
  const tag = `c${name}`;
  const whole = patched(baseConfig(), { "/linux/cgroupsPath": `/coffer-test/${tag}`, ...patch });
  const config = toJson(whole).replaceAll("$BASE", base).replaceAll("$TAG", tag);
  const script = `mkdir -p ${base}/bundle/rootfs ${base}/canary
cd ${base}
for name in proc dev sys tmp etc mnt home; do mkdir bundle/rootfs/$name; done
chmod 1777 bundle/rootfs/tmp
cp /image/probe bundle/rootfs/probe
echo "from the image" >bundle/rootfs/etc/motd
echo canary >canary/ptmx
echo canary >canary/file
cat >bundle/config.json <<'EOF'
${config}
EOF
`;
  return { base, tag, script };
}
