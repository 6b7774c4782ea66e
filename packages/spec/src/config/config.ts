import { kernelString, ociVersion } from "../values/brands.ts";
import { mapOf } from "../values/maps.ts";
import * as z from "../values/zod.ts";
import { hooks } from "./hooks.ts";
import { linux } from "./linux/linux.ts";
import { mount } from "./mounts.ts";
import { freebsd } from "./platforms/freebsd.ts";
import { solaris } from "./platforms/solaris.ts";
import { vm } from "./platforms/vm.ts";
import { windows } from "./platforms/windows.ts";
import { zos } from "./platforms/zos.ts";
import { process } from "./process.ts";
import { root } from "./root.ts";

/** The whole `config.json`. */
export const config = z.object({
  ociVersion,
  process: process.optional(),
  root: root.optional(),
  hostname: kernelString.optional(),
  domainname: kernelString.optional(),
  mounts: z.array(mount).optional(),
  hooks: hooks.optional(),
  annotations: mapOf(z.string()).optional(),
  linux: linux.optional(),
  solaris: solaris.optional(),
  windows: windows.optional(),
  vm: vm.optional(),
  zos: zos.optional(),
  freebsd: freebsd.optional(),
});
