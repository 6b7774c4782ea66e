// The documentation as pages: those of docs, each by its own name, whichever room has it, and the documents beside them, with what the search looks through.
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { Marked } from "marked";
import { readAsset } from "./build.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const documents = globSync(["docs/**/*.md", "{README,ARCHITECTURE,CONTRIBUTING,SECURITY}.md"], { cwd: root }).sort();

const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** The page of a document, in the folder of all pages. */
function pageOf(path: string): string {
  if (path === "docs/README.md") return "index.html";
  return `${path
    .replace(/^docs\/(?:(?!advisories|decisions)\w+\/)?/, "")
    .replaceAll("/", "-")
    .replace(/\.md$/, "")
    .toLowerCase()}.html`;
}

/** As GitHub makes it: what links of the documents count on. */
const slugOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/<[^>]*>|&[a-z]+;/g, "")
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(" ", "-");

/** What one heading leads to, for the search. */
interface Section {
  readonly page: string;
  readonly title: string;
  readonly anchor: string;
  readonly text: string;
}

/** Where a link of a document leads; undefined for what is no page: a file of the sources. */
function addressOf(from: string, href: string): string | undefined {
  if (/^[a-z]+:/.test(href)) return href;
  const [path = "", anchor] = href.split("#");
  if (path === "") return href;
  const target = normalize(join(dirname(from), path));
  const page = documents.includes(target) ? pageOf(target) : undefined;
  return page === undefined || anchor === undefined ? page : `${page}#${anchor}`;
}

interface Made {
  readonly html: string;
  readonly title: string;
  readonly sections: readonly Section[];
}

function convert(path: string): Made {
  const text = readFileSync(join(root, path), "utf8");
  const slugs = new Map<string, number>();
  const sections: (Section & { text: string })[] = [];
  const page = pageOf(path);
  const marked = new Marked({ gfm: true });
  marked.use({
    walkTokens(token) {
      const last = sections.at(-1);
      if (token.type === "heading") sections.push({ page, title: token.text, anchor: "", text: "" });
      // The text of a list's item has parts of its own. A part of a paragraph or a table has none, and is in its text already.
      else if (
        last !== undefined &&
        "text" in token &&
        (["paragraph", "code", "table"].includes(token.type) || (token.type === "text" && "tokens" in token))
      )
        last.text += ` ${token.type === "table" ? token.raw : token.text}`;
    },
    renderer: {
      heading({ tokens, depth, text: title }) {
        const slug = slugOf(title);
        const count = slugs.get(slug) ?? 0;
        slugs.set(slug, count + 1);
        const id = count === 0 ? slug : `${slug}-${count}`;
        const open = sections.find((section) => section.title === title && section.anchor === "");
        if (open !== undefined) Object.assign(open, { anchor: id });
        return `<h${depth} id="${escapeHtml(id)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const address = addressOf(path, href);
        const inner = this.parser.parseInline(tokens);
        return address === undefined ? inner : `<a href="${escapeHtml(address)}">${inner}</a>`;
      },
      // Pictures are of this site.
      image: ({ text: alt }) => `<em>${escapeHtml(alt)}</em>`,
      // A document has no markup of its own but comments.
      html: ({ text: raw }) => (raw.trimStart().startsWith("<!--") ? "" : escapeHtml(raw)),
    },
  });
  const html = marked.parse(text, { async: false });
  return { html, title: sections[0]?.title ?? basename(path), sections };
}

/**
 * The long lists stand on the first page. Their own pages have no other list, and of their own what is near: whole lists on each page
 * were a third of the site.
 */
const groups: readonly { readonly title: string; readonly fits: RegExp; readonly isLong: boolean }[] = [
  { title: "Documents", fits: /^docs\/(?!advisories|decisions)/, isLong: false },
  { title: "The project", fits: /^[^/]+\.md$/, isLong: false },
  { title: "Advisories", fits: /^docs\/advisories\//, isLong: true },
  { title: "Decisions", fits: /^docs\/decisions\//, isLong: true },
];

const nearest = 8;

const plain = (title: string): string => title.replaceAll("`", "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");

function navigation(made: ReadonlyMap<string, Made>, current: string): string {
  const isFirst = pageOf(current) === "index.html";
  const hasLong = groups.some(({ fits, isLong }) => isLong && fits.test(current));
  return groups
    .map(({ title, fits, isLong }) => {
      const all = documents.filter((path) => fits.test(path));
      const at = all.indexOf(current);
      const isOwn = at >= 0;
      const isCut = isLong && isOwn && !isFirst;
      const paths = isCut ? all.slice(Math.max(0, at - nearest), at + nearest + 1) : all;
      const id = `list-${title.toLowerCase().replaceAll(" ", "-")}`;
      if ((isLong || hasLong) && !isOwn && !isFirst) return `<p><a href="index.html#${id}">${title}</a></p>`;
      const items = paths.map((path) => {
        const here = path === current ? ' aria-current="page"' : "";
        return `<li><a href="${pageOf(path)}"${here}>${escapeHtml(plain(made.get(path)?.title ?? path))}</a></li>`;
      });
      const open = isOwn || isFirst || title === "Documents" ? " open" : "";
      const rest = isCut ? `<p><a href="index.html#${id}">All of them</a></p>` : "";
      return `<details id="${id}"${open}><summary>${title}</summary><ul>${items.join("")}</ul>${rest}</details>`;
    })
    .join("\n");
}

const markdownText = (text: string): string =>
  text
    .replace(/[`*|]|\]\([^)]*\)|-{3,}/g, " ")
    .replace(/\s+/g, " ")
    .trim();

/** Writes the pages into a folder of the site. */
export function buildDocs(to: string): void {
  mkdirSync(to, { recursive: true });
  const made = new Map(documents.map((path) => [path, convert(path)]));
  const frame = readAsset("docs.html");
  for (const [path, { html, title }] of made) {
    const parts = { title: escapeHtml(plain(title)), navigation: navigation(made, path), content: html };
    // One pass: what a document has is not looked through for further parts.
    const page = frame.replace(/\{\{(title|navigation|content)\}\}/g, (_, name: keyof typeof parts) => parts[name]);
    writeFileSync(join(to, pageOf(path)), page);
  }
  const sections = [...made.values()].flatMap((one) => one.sections);
  const index = sections.map(({ page, title, anchor, text }) => [page, anchor, plain(title), markdownText(text)]);
  // A script and not a document of JSON: a page in a folder may load nothing else.
  writeFileSync(join(to, "search.js"), `globalThis.searchIndex = ${JSON.stringify(index)};\n`);
  for (const name of ["docs.js", "docs.css"]) writeFileSync(join(to, name), readAsset(name));
}
