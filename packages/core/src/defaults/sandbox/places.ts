// What of the host a sandbox shows without being asked.
import { isBeneath } from "../../paths.ts";

/** Directories of the host that hold its programs. */
export const systemDirs = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix", "/gnu"];

/** What of the host's /etc programs do not start or work without; none holds a secret. */
export const systemFiles = [
  "/etc/alternatives",
  "/etc/bash.bashrc",
  "/etc/bashrc",
  "/etc/ca-certificates",
  "/etc/ca-certificates.conf",
  "/etc/chromium.d",
  "/etc/crypto-policies",
  "/etc/debian_version",
  "/etc/dotnet",
  "/etc/fonts",
  "/etc/host.conf",
  "/etc/ImageMagick-6",
  "/etc/ImageMagick-7",
  "/etc/inputrc",
  "/etc/java-11-openjdk",
  "/etc/java-17-openjdk",
  "/etc/java-21-openjdk",
  "/etc/java-25-openjdk",
  "/etc/java-8-openjdk",
  "/etc/ld.so.cache",
  "/etc/ld.so.conf",
  "/etc/ld.so.conf.d",
  "/etc/locale.conf",
  "/etc/localtime",
  "/etc/lsb-release",
  "/etc/magic",
  "/etc/manpath.config",
  "/etc/maven/logging",
  "/etc/maven/m2.conf",
  "/etc/mime.types",
  "/etc/networks",
  "/etc/OpenCL",
  "/etc/openmpi",
  "/etc/os-release",
  "/etc/perl",
  "/etc/pki",
  "/etc/protocols",
  "/etc/python3",
  "/etc/R",
  "/etc/redhat-release",
  "/etc/rpc",
  "/etc/services",
  "/etc/ssl/certs",
  "/etc/ssl/openssl.cnf",
  "/etc/terminfo",
  "/etc/texmf",
  "/etc/timezone",
  "/etc/xattr.conf",
  "/etc/xml",
];

/** Those that are short on every host: a sandbox has a copy of each, which costs less than a mount. */
export const shortFiles = [
  "/etc/bash.bashrc",
  "/etc/bashrc",
  "/etc/debian_version",
  "/etc/host.conf",
  "/etc/inputrc",
  "/etc/ld.so.conf",
  "/etc/locale.conf",
  "/etc/lsb-release",
  "/etc/magic",
  "/etc/maven/m2.conf",
  "/etc/networks",
  "/etc/os-release",
  "/etc/protocols",
  "/etc/redhat-release",
  "/etc/rpc",
  "/etc/timezone",
  "/etc/xattr.conf",
];

/** Files that a sandbox with namespaces has its own of. They name users and hosts, and hold no secret. */
export const ownFiles = ["/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/hosts", "/etc/hostname"];

/** What of the host's /sys programs ask before they choose threads and pages. The rest tells of devices. */
export const systemTrees = [
  "/sys/devices/system/cpu",
  "/sys/devices/system/node",
  "/sys/kernel/mm/transparent_hugepage",
];

/** The home directory in a sandbox. */
export const home = "/home/sandbox";

/** Directories that a sandbox has of its own, so that none of these can be worked in. */
export const covering = ["/", "/proc", "/dev", "/etc", "/home", "/run", "/sys", "/tmp", "/usr", "/var"];

/** Whether no flag shows what the host has at a path: a sandbox has its own processes and devices. */
export const isOfKernel = (path: string): boolean => ["/proc", "/dev"].some((dir) => isBeneath(path, dir));

const devices =
  /^\/dev(?:\/(?:fd|full|mqueue|null|ptmx|pts|random|shm|stderr|stdin|stdout|tty|urandom|zero)(?:\/.*)?)?$/s;

/** Whether a sandbox has a device of its own at a path, or a directory for what its programs make. */
export const isOwnDevice = (path: string): boolean => devices.test(path);
