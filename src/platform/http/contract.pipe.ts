import { findUnstorableText } from '@coorchat/kernel';
import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { httpErrors, type InputIssue, type RequestPart } from './http.errors.js';

type Schema = NonNullable<ArgumentMetadata['schema']>;
type Issue = NonNullable<Awaited<ReturnType<Schema['~standard']['validate']>>['issues']>[number];

const PARTS: Readonly<Record<string, RequestPart>> = { body: 'body', query: 'query', param: 'params' };
const MAX_ISSUES = 50;

function branchesOf(issue: Issue): Issue[][] {
  return 'errors' in issue && Array.isArray(issue.errors) ? (issue.errors as Issue[][]) : [];
}

/** Of a union, what is wrong with the form that the value was meant to have; zod itself says only that none fits. */
function unfold(issue: Issue): Issue[] {
  const branches = branchesOf(issue);
  if (branches.length === 0) return [issue];
  const meant = branches.find((branch) => branch.some(({ path = [] }) => path.length > 0));
  if (!meant) return [{ ...issue, message: branches.flatMap((all) => all.map((each) => each.message)).join(', or ') }];
  return meant.flatMap(unfold).map((each) => ({ ...each, path: [...(issue.path ?? []), ...(each.path ?? [])] }));
}

function issueView(issue: Issue, parent: string | undefined): InputIssue {
  const segments = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  return { path: [...(parent === undefined ? [] : [parent]), ...segments].join('.'), message: issue.message };
}

/** Checks what a controller declared with `@Body({ schema })`, `@Query({ schema })`, `@Param('id', { schema })`. */
@Injectable()
export class ContractPipe implements PipeTransform {
  async transform(value: unknown, { schema, type, data }: ArgumentMetadata): Promise<unknown> {
    const part = PARTS[type];
    if (schema === undefined || part === undefined) return value;
    if (part === 'body' && value === undefined) {
      throw httpErrors.invalidInput('body', [{ path: '', message: 'A JSON body is needed.' }]);
    }
    // Bodies were looked at when they were parsed.
    const unstorable = part === 'body' ? undefined : findUnstorableText(value, data === undefined ? [] : [data]);
    if (unstorable) throw httpErrors.unstorableText(part, unstorable);
    const result = await schema['~standard'].validate(value);
    if (result.issues === undefined) return result.value;
    throw httpErrors.invalidInput(
      part,
      result.issues
        .flatMap(unfold)
        .slice(0, MAX_ISSUES)
        .map((issue) => issueView(issue, data)),
    );
  }
}
