// The bill of materials: SPDX 2.3 as JSON (https://spdx.github.io/spdx-spec/v2.3/).
import { createHash } from "node:crypto";
import type { Part } from "../front/parts.mjs";
import type { Release } from "./release.ts";

/** A file of the release, with its bytes. */
export type Artefact = readonly [name: string, content: Buffer];

const idOf = (kind: string, name: string): string => `SPDXRef-${kind}-${name.replace(/[^A-Za-z0-9.-]+/g, "-")}`;
const sha256 = (content: Buffer | string): string => createHash("sha256").update(content).digest("hex");

function describePart({ name, version, license, copyright, checksum, url }: Part) {
  const { algorithm, value, of } = checksum;
  return {
    SPDXID: idOf("Package", name),
    name,
    versionInfo: version,
    downloadLocation: "NOASSERTION",
    filesAnalyzed: false,
    licenseConcluded: license,
    licenseDeclared: license,
    copyrightText: copyright,
    checksums: [{ algorithm, checksumValue: value }],
    ...(of === undefined ? {} : { comment: `the checksum is that of ${of}` }),
    externalRefs: [{ referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: url }],
  };
}

function describeFile([name, content]: Artefact) {
  return {
    SPDXID: idOf("File", name),
    fileName: `./${name}`,
    checksums: [
      { algorithm: "SHA1", checksumValue: createHash("sha1").update(content).digest("hex") },
      { algorithm: "SHA256", checksumValue: sha256(content) },
    ],
    licenseConcluded: "NOASSERTION",
    copyrightText: "NOASSERTION",
  };
}

/** What is in the files of a release. */
export function makeSbom({ version, time, parts }: Release, artefacts: readonly Artefact[]): string {
  const own = idOf("Package", "coffer");
  const files = artefacts.map(describeFile);
  const relate = (relationshipType: string, relatedSpdxElement: string) => ({
    spdxElementId: own,
    relationshipType,
    relatedSpdxElement,
  });
  const document = {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: `coffer-${version}`,
    documentNamespace: `https://spdx.org/spdxdocs/coffer-${version}-${sha256(JSON.stringify(files))}`,
    creationInfo: {
      created: new Date(time * 1000).toISOString().replace(/\.\d+Z$/, "Z"),
      creators: ["Tool: coffer scripts/package"],
    },
    packages: [
      {
        SPDXID: own,
        name: "coffer",
        versionInfo: version,
        downloadLocation: "NOASSERTION",
        filesAnalyzed: false,
        licenseConcluded: "Apache-2.0",
        licenseDeclared: "Apache-2.0",
        copyrightText: "NOASSERTION",
      },
      ...parts.map(describePart),
    ],
    files,
    relationships: [
      { spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: own },
      ...files.map(({ SPDXID }) => relate("CONTAINS", SPDXID)),
      ...parts.map(({ name, in: where }) =>
        relate(where === "front" ? "STATIC_LINK" : "CONTAINS", idOf("Package", name)),
      ),
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
