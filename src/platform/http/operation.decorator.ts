import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiExtension, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';

export interface OperationDocs {
  /** A few words in the imperative: "Submit work". */
  readonly summary: string;
  readonly description?: string;
  /** Status of success; 200 unless given. */
  readonly status?: number;
  readonly response?: z.ZodType;
  /** Content type of a response that is no JSON. */
  readonly produces?: string;
  /** It is about the person who calls, so that keys and programs have nothing to ask for. */
  readonly forPersons?: true;
}

export const FOR_PERSONS = 'x-coorchat-for-persons';

/** Sets the status of success and tells OpenAPI what the operation does and answers; problems are added everywhere. */
export function Operation(docs: OperationDocs): MethodDecorator {
  const { summary, description, status = 200, response, produces, forPersons } = docs;
  const answer = produces
    ? ApiResponse({ status, description: summary, content: { [produces]: { schema: { type: 'string' } } } })
    : ApiResponse({ status, description: summary, ...(response ? { standardSchema: response } : {}) });
  const parts = [ApiOperation({ summary, ...(description ? { description } : {}) }), HttpCode(status), answer];
  return applyDecorators(...parts, ...(forPersons ? [ApiExtension(FOR_PERSONS, true)] : []));
}
