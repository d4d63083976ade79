import { isMap, parseDocument, type Scalar, visit } from 'yaml';
import { type Problem, readFlow } from './flow.ts';

/** The one shape in which every flow file stands, so that a change of one thing is a change of one line. */

/** A flow file in its shape, or why it has none. */
export type Formatted = { text: string; problems: [] } | { text: null; problems: Problem[] };

/**
 * Writes a flow file in its one shape: two spaces for each level, no line folded, one blank line at most, quotes only
 * where they are needed and then double ones. Comments, blank lines, the order of things, and what stands in one line
 * between brackets stay. Formatting twice changes nothing, and the flow that is read from it is the same.
 * @param file its name, for problems
 * @returns the text, or the problems of a file that cannot be read or would change its meaning; it is left alone then
 */
export function formatFlow(source: string, file: string): Formatted {
  const { read, problems } = readFlow(source, file);
  if (!read) return { text: null, problems };
  const text = reprint(source);
  if (text === source) return { text, problems: [] };
  const isSame = JSON.stringify(readFlow(text, file).read?.flow) === JSON.stringify(read.flow);
  if (isSame && reprint(text) === text) return { text, problems: [] };
  const message = 'This file cannot be put into its shape without changing what it says.';
  return { text: null, problems: [{ file, line: 1, message }] };
}

function reprint(source: string): string {
  const document = parseDocument(source, { version: '1.2', schema: 'core' });
  visit(document, {
    Scalar: (key, node) => {
      if (typeof node.value !== 'string') return;
      // A text of several lines ends where its words end.
      const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
      const text = isBlock ? node.value.trimEnd() : node.value;
      node.value = text;
      node.type = quotesFor(text, key === 'key');
    },
    Collection: (_, node) => {
      // The library has one setting for both; lists stand without spaces inside their brackets, maps with them.
      const printed = node.toString.bind(node);
      const padding = isMap(node) ? ' ' : '';
      node.toString = (ctx, ...rest) => printed(ctx && { ...ctx, flowCollectionPadding: padding }, ...rest);
    },
  });
  return document.toString({ indent: 2, lineWidth: 0, doubleQuotedMinMultiLineLength: UNFOLDED });
}

/** A text in quotes is never folded: a new line in it is written as one. */
const UNFOLDED = Number.MAX_SAFE_INTEGER;

/** Words that older YAML and many an editor take for true, false or nothing: in quotes, wherever they are a text. */
const MISREAD = /^(yes|no|on|off|true|false|null|~)$/i;

function quotesFor(text: string, isKey: boolean): Scalar.Type {
  const quote = text.includes('\n') || text.includes('{{') || (!isKey && MISREAD.test(text));
  return quote ? 'QUOTE_DOUBLE' : 'PLAIN';
}
