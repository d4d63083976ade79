/** A piece of HTML that was written by us, or escaped by us. Nothing read from outside can be one. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | null | undefined | false | readonly Part[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  // A bare carriage return is rewritten by HTML parsers; the browser's text must equal the event's text.
  '\r': '&#13;',
};

/**
 * Writes text so that a browser shows it and never obeys it, in content and in quoted attributes.
 *
 * @param text anything at all
 * @returns the text with every character that means something to HTML replaced
 */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'\r]/g, found => ESCAPES[found] ?? '').replaceAll('\0', '\uFFFD');
}

/**
 * Template tag for HTML. Everything put in is escaped unless it came out of this tag itself, so that
 * forgetting to escape is not possible. Lists are joined; `null`, `undefined` and `false` leave nothing.
 *
 * @returns a piece of HTML; `.text` is the string to send
 */
export function html(fixed: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(fixed.map((piece, index) => piece + write(parts[index])).join(''));
}

function write(part: Part): string {
  if (part instanceof Html) return part.text;
  if (part === null || part === undefined || part === false) return '';
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part));
  return part.map(write).join('');
}
