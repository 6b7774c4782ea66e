// Pictures as SVG, without scripts and without fonts of their own. They read well on light and on dark pages.

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escapeText = (text: string): string => text.replace(/[&<>"]/g, (one) => escapes[one] ?? "");

const rounded = (value: number): string => String(Math.round(value * 100) / 100);

/** Everything is this wide, in user units. */
export const width = 820;

const style = `.back{fill:#fff}text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-size:15px;font-weight:600}.small{font-size:11px;fill:#57606a}
.end{text-anchor:end}.middle{text-anchor:middle}.grid{stroke:#d0d7de}.ours{fill:#0b6bcb}.peer{fill:#8c959f}.pale{opacity:.45}
.tick{stroke:#24292f;stroke-width:2}.line{fill:none;stroke-width:2}.line.ours{fill:none;stroke:#0b6bcb}.line.peer{fill:none;stroke:#8c959f}
.host{fill:#0b6bcb}.parent{fill:#2da44e}.inside{fill:#bf8700}.rooted{fill:#d1242f}.drop{fill:#8250df}.exec{fill:#57606a}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}.grid{stroke:#3d444d}.tick{stroke:#e6edf3}.back{fill:#0d1117}}`;

/** A text; `kind` has classes of the style. */
export const text = (x: number, y: number, words: string, kind = ""): string =>
  `<text x="${rounded(x)}" y="${rounded(y)}"${kind === "" ? "" : ` class="${kind}"`}>${escapeText(words)}</text>`;

/** A bar; what it stands for is shown under the pointer. */
export const bar = (x: number, y: number, wide: number, high: number, kind: string, words = ""): string => {
  const box = `x="${rounded(x)}" y="${rounded(y)}" width="${rounded(Math.max(wide, 0.5))}" height="${rounded(high)}" class="${kind}"`;
  return words === "" ? `<rect ${box}/>` : `<rect ${box}><title>${escapeText(words)}</title></rect>`;
};

export const line = (x1: number, y1: number, x2: number, y2: number, kind: string): string =>
  `<line x1="${rounded(x1)}" y1="${rounded(y1)}" x2="${rounded(x2)}" y2="${rounded(y2)}" class="${kind}"/>`;

/** A line through points. */
export const path = (points: readonly (readonly [x: number, y: number])[], kind: string): string =>
  `<polyline points="${points.map(([x, y]) => `${rounded(x)},${rounded(y)}`).join(" ")}" class="${kind}"/>`;

/** A whole picture. `what` is for those who do not see it. */
export function picture(what: string, height: number, parts: readonly string[]): string {
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeText(what)}">`;
  return `${[open, `<style>${style}</style>`, `<rect width="${width}" height="${height}" class="back"/>`, ...parts, "</svg>"].join("\n")}\n`;
}
