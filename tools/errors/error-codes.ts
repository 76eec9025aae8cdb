import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** A stable code that the product shows, as the source names it. */
export interface ErrorCode {
  readonly code: string;
  /** Kind of an AppError, HTTP status of a fault of HTTP itself, class of a task's failure; null for a plain reason. */
  readonly kind: string | null;
  /** Message with `<name>` where a value goes; null when the code is made elsewhere from its parts. */
  readonly message: string | null;
  readonly file: string;
}

const CODE = /^[a-z][a-z0-9-]*\.[a-z][a-z0-9_<>]*$/;

/** What a call is about: `scopes.join(', ')` is about scopes, `Math.ceil(x)` about x. */
function subjectOf(expression: ts.Expression): ts.Expression {
  if (!ts.isCallExpression(expression)) return expression;
  const { expression: callee, arguments: values } = expression;
  const owner = ts.isPropertyAccessExpression(callee) ? callee.expression : undefined;
  const isTool = owner === undefined || /^(Math|JSON|Object)$/.test(owner.getText());
  return subjectOf((isTool ? values[0] : owner) ?? callee);
}

/** A template's values as `<last name>`: `${worker.id}` becomes `<id>`. */
function placeholder(expression: ts.Expression): string {
  const names = subjectOf(expression)
    .getText()
    .match(/[A-Za-z]\w*/g) ?? ['value'];
  return `<${names.at(-1)}>`;
}

function textOf(node: ts.Expression | undefined): string | null {
  if (node === undefined) return null;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    return node.head.text + node.templateSpans.map((span) => placeholder(span.expression) + span.literal.text).join('');
  }
  return null;
}

function propertiesOf(node: ts.ObjectLiteralExpression): Map<string, ts.Expression> {
  const found = new Map<string, ts.Expression>();
  for (const property of node.properties) {
    if (ts.isPropertyAssignment(property) && ts.isIdentifier(property.name)) {
      found.set(property.name.text, property.initializer);
    }
  }
  return found;
}

/** `{ code: '…', kind | class: '…', message: … }`, of an AppError, a failure or a reason. */
function ofObject(node: ts.ObjectLiteralExpression, file: string): ErrorCode | undefined {
  const fields = propertiesOf(node);
  const code = textOf(fields.get('code'));
  if (code === null || !CODE.test(code)) return undefined;
  const kind = textOf(fields.get('kind')) ?? textOf(fields.get('class'));
  return { code, kind, message: textOf(fields.get('message')), file };
}

/** `new HttpFault(404, 'http.…', '…')` */
function ofFault(node: ts.NewExpression, file: string): ErrorCode | undefined {
  const [status, code, message] = node.arguments ?? [];
  const text = textOf(code);
  if (node.expression.getText() !== 'HttpFault' || text === null) return undefined;
  return { code: text, kind: status?.getText() ?? null, message: textOf(message), file };
}

export function errorCodesOf(file: string, text = readFileSync(file, 'utf8')): ErrorCode[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: ErrorCode[] = [];
  const visit = (node: ts.Node): void => {
    const code = ts.isObjectLiteralExpression(node)
      ? ofObject(node, file)
      : ts.isNewExpression(node)
        ? ofFault(node, file)
        : undefined;
    if (code) found.push(code);
    node.forEachChild(visit);
  };
  visit(source);
  return found;
}
