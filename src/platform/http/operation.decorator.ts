import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
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
}

/** Sets the status of success and tells OpenAPI what the operation does and answers; problems are added everywhere. */
export function Operation({ summary, description, status = 200, response, produces }: OperationDocs): MethodDecorator {
  const answer = produces
    ? ApiResponse({ status, description: summary, content: { [produces]: { schema: { type: 'string' } } } })
    : ApiResponse({ status, description: summary, ...(response ? { standardSchema: response } : {}) });
  return applyDecorators(ApiOperation({ summary, ...(description ? { description } : {}) }), HttpCode(status), answer);
}
