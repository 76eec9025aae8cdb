import { CST, Lexer } from 'yaml';

/** A plan of 200 tasks has some 20,000. The parser takes quadratic time on some texts, the lexer does not. */
const MAX_TOKENS = 60_000;
const MAX_DEPTH = 64;

/** Plans need none of these; each makes small texts expensive to read. */
const REFUSED: Partial<Record<string, string>> = {
  anchor: 'anchors (&) are not allowed',
  alias: 'aliases (*) are not allowed',
  tag: 'tags (!) are not allowed',
  'explicit-key-ind': 'explicit keys (?) are not allowed',
  'directive-line': 'directives (%) are not allowed',
};

const OPENING = new Set(['flow-map-start', 'flow-seq-start']);
const CLOSING = new Set(['flow-map-end', 'flow-seq-end']);

/** Why a text is refused before it is parsed, or undefined. Linear in its length. */
export function yamlObjection(text: string): string | undefined {
  let tokens = 0;
  let flowDepth = 0;
  let itemsInLine = 0;
  for (const lexeme of new Lexer().lex(text)) {
    const type = CST.tokenType(lexeme) ?? 'scalar';
    if (++tokens > MAX_TOKENS) return 'it is too large';
    const refused = REFUSED[type];
    if (refused !== undefined) return refused;
    if (OPENING.has(type)) flowDepth++;
    else if (CLOSING.has(type)) flowDepth--;
    if (type === 'newline') itemsInLine = 0;
    else if (type === 'seq-item-ind' || type === 'map-value-ind') itemsInLine++;
    if (flowDepth > MAX_DEPTH || (flowDepth <= 0 && itemsInLine > MAX_DEPTH)) return 'it is nested too deeply';
  }
  return undefined;
}
