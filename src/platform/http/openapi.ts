import { problemSchema } from '@coorchat/contracts';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import type { BookedRoute, RouteBook } from './route-book.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const PROBLEM_REF = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

type RouteAccessConfig = BookedRoute['config'];
type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  400: 'The input is not valid',
  401: 'No valid credential',
  403: 'The credential lacks a scope',
  404: 'Not there, or not yours',
  default: 'Any other fault',
};

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' });
  return rest;
}

function convert(schema: unknown, { schemaType }: { schemaType: 'input' | 'output' }) {
  return schema instanceof z.ZodType ? { schema: jsonSchema(schema, schemaType) } : undefined;
}

function problemsOf(operation: Operation, access: RouteAccessConfig): string[] {
  const hasInput = operation.requestBody !== undefined || (operation.parameters?.length ?? 0) > 0;
  const hasId = operation.parameters?.some((parameter) => 'in' in parameter && parameter.in === 'path') ?? false;
  return [...(hasInput ? ['400'] : []), ...(access.access ? ['401', '403'] : []), ...(hasId ? ['404'] : []), 'default'];
}

function complete(operation: Operation, access: RouteAccessConfig): void {
  operation.security = access.access ? [{ bearer: [...access.access] }] : [];
  if (access.public)
    operation.description = [operation.description, `Public: ${access.public}.`].filter(Boolean).join('\n\n');
  for (const status of problemsOf(operation, access)) {
    operation.responses[status] ??= { description: DESCRIPTIONS[status] ?? 'Fault', content: PROBLEM_REF };
  }
}

/** OpenAPI 3.1 of all controllers; the same zod schemas check the requests. */
export function openApiDocument(app: INestApplication, routes: RouteBook): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('CoorChat')
    .setDescription('Submit work, follow it, and manage the machines that do it.')
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key (`cck_…`)' }, 'bearer');
  const document = SwaggerModule.createDocument(app, builder.build(), { standardSchemaConverter: convert });
  const schemas = ((document.components ??= {}).schemas ??= {});
  schemas['Problem'] = jsonSchema(problemSchema, 'output');
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      const access = routes.configOf(method, path.replace(/\{(\w+)\}/g, ':$1'));
      if (operation) complete(operation, access ?? {});
    }
  }
  return document;
}
